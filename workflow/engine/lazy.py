"""Attributes that are worked out when first asked for, and kept: for one question, or from one chart to the next.

``functools.cached_property`` would do for ``lazy``, but for the lock that it takes in the Pythons before 3.12: a
decision asks a dozen such questions of a value that one thread alone has.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

from workflow.engine.subjects import Subject

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801 - it is used as a decorator
    """Kept for as long as the value that it is an attribute of."""

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Self | T:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._work_out(instance)
        return value


class Kept(lazy[T]):
    """Kept for as long as what it follows from is the same, and seen in full: where, the owner's ``kept_of`` says."""

    def __init__(self, subject: Subject, work_out: Callable[[Any], T]) -> None:
        super().__init__(work_out)
        self.subject = subject

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: Any, owner: type) -> Self | T:
        if instance is None:
            return self
        values = instance.kept_of(self.subject)
        name = self._name
        if name in values:
            value: T = values[name]
        else:
            value = values[name] = self._work_out(instance)
        instance.__dict__[name] = value
        return value


def kept(subject: Subject) -> Callable[[Callable[[Any], T]], Kept[T]]:
    """Declare what an attribute follows from; it may ask for nothing else."""
    return lambda work_out: Kept(subject, work_out)
