"""What every kind of fact is made of: the entry that recorded it, its day, and fields of its own.

A fact has two written forms, and one type. In a patient's chart it is an array in the order of its fields, which only
ever grows at the end; in an entry of the log its own fields stand by name, and what equals its default is left out. A
field that comes later needs a default, raises ``KV``, and its default never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

from msgspec import NODEFAULT, Raw, Struct, defstruct, field, structs
from msgspec.json import Decoder

from workflow import canonical
from workflow.engine.decision import Reason

if TYPE_CHECKING:
    from workflow.engine.chart import Chart
    from workflow.engine.course import Definition
    from workflow.engine.guards.situation import Situation


class When(NamedTuple):
    """Where a fact belongs: the number of its entry, its day, and the time of day where one was told (HH:MM)."""

    entry: int
    on: date
    time: str | None = None


def _today(chart: Chart) -> None:
    return None


class Telling(NamedTuple):
    """A fact as a person tells it: its kind, what they said, and what makes the fact of it once the patient is known.

    ``make`` raises ``InvalidInput`` for what is malformed. ``told`` says what was asked for, so that the same request
    can be known again.
    """

    kind: str
    told: Mapping[str, object]
    make: Callable[[Definition, Chart, When], Fact]
    day: Callable[[Chart], date | None] = _today  # whose day it is, where none is told; None is today


class Fact(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One thing that happened to a patient. Subclasses say what they hold, what forbids them, how they read."""

    KIND: ClassVar[str]  # its name in the log and in permissions
    TITLE: ClassVar[str]  # its name in a sentence
    KV: ClassVar[int] = 1  # the version of its payload
    PERMISSION: ClassVar[str | None] = None  # the action that a role needs for it, where it is not its name
    AFTER_STUDY: ClassVar[bool] = False  # may be dated after the patient left the study

    entry: int
    on: date
    time: str | None

    def forbids(self, now: Situation) -> Iterator[Reason]:
        """The reasons, beside those about its date and the asking role, why it cannot be recorded."""
        return iter(())

    def words(self, definition: Definition) -> str:
        """What it says, in a line, but for its day."""
        raise NotImplementedError

    def says(self) -> tuple[str, ...]:
        """What it says that not everybody may who may record it: the actions that a role needs beside its own."""
        return ()

    def refers_to(self) -> tuple[int, ...]:
        """The entries of earlier facts that it makes no sense without."""
        return ()

    @property
    def last_day(self) -> date:
        """The last day that it is about."""
        return self.on

    def payload(self) -> bytes:
        """Its own fields as the canonical bytes of an entry's ``data``."""
        return canonical.encode(named(type(self))(*structs.astuple(self)[OWN:]))

    @classmethod
    def read(cls, when: When, data: Raw) -> Self:
        """The fact of an entry. Raises ``msgspec.ValidationError`` where ``data`` is none of this kind."""
        return cls(*when, *structs.astuple(_decoder(cls).decode(data)))

    def as_said(self) -> dict[str, object]:
        """Its own fields by name, dates as text: for readers of the log."""
        names = self.__struct_fields__[OWN:]
        return {name: plain(value) for name, value in zip(names, structs.astuple(self)[OWN:], strict=True)}


OWN = len(Fact.__struct_fields__)  # from here on the fields are a kind's own


def plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


@cache
def named(kind: type[Fact]) -> type[Struct]:
    """The form of a kind in the log: its own fields by name."""
    own = [_as_declared(field) for field in structs.fields(kind)[OWN:]]
    return defstruct(kind.__name__, own, frozen=True, omit_defaults=True, forbid_unknown_fields=True)


def _as_declared(info: structs.FieldInfo) -> tuple[str, type] | tuple[str, type, Any]:
    if info.default_factory is not NODEFAULT:
        return info.name, info.type, field(default_factory=info.default_factory)
    return (info.name, info.type) if info.default is NODEFAULT else (info.name, info.type, info.default)


@cache
def _decoder(kind: type[Fact]) -> Decoder[Struct]:
    return Decoder(named(kind))
