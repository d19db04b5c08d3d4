"""What is being analysed: the protocol, every value in it with its place, each arm's table, and the kinds of facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from typing import Any, TypeVar, overload

from msgspec import Struct

from workflow.protocol import model
from workflow.protocol.model import Arm, Protocol
from workflow.protocol.table import Table, table

T = TypeVar("T")
U = TypeVar("U")

# How a value is named in a place. What is not listed here adds nothing to it.
LABELS: dict[type, str] = {
    model.Arm: "arm {0.key}",
    model.Phase: "{0.key}",
    model.Cycle: "cycle {0.number}",
    model.Administration: "{0.key}",
    model.State: "{0.key}",
    model.Step: "step {0.trigger}",
    model.ExitPath: "exit {0.trigger}",
    model.Visit: "visit",
    model.CalendarEnd: "end",
    model.Dose: "dose",
    model.Optional: "optional",
    model.Agent: "agent {0.key}",
    model.Criterion: "criterion {0.id}",
    model.Response: "response {0.key}",
    model.Term: "term {0.key}",
    model.ToxicityRule: "toxicity rule {0.agent}",
    model.Permission: "permission {0.action}",
    model.Role: "role {0.key}",
    model.DeviationKind: "deviation {0.key}",
    model.Reading: "reading {0.id}",
}


class Subject:
    """A protocol under analysis."""

    def __init__(self, protocol: Protocol, facts: Collection[str]) -> None:
        self.protocol = protocol
        self.facts = facts

    @overload
    def each(self, kind: type[T], /, *, within: Arm | None = None) -> Iterator[tuple[str, T]]: ...
    @overload
    def each(self, kind: type[T], other: type[U], /, *, within: Arm | None = None) -> Iterator[tuple[str, T | U]]: ...
    def each(self, *kinds: type, within: Arm | None = None) -> Iterator[tuple[str, Any]]:
        """Every value of these types with its place, in the whole protocol or in one arm."""
        for kind in kinds:
            for where, value, arm in self._by_type[kind]:
                if within is None or arm is within:
                    yield where, value

    @cached_property
    def values(self) -> list[tuple[str, Any]]:
        """Every value with its place."""
        return [(where, value) for where, value, _ in self._values]

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The table of each arm of which one can be made."""
        return tuple(flat for flat, _, _ in self._tabled if flat is not None)

    @cached_property
    def untabled(self) -> tuple[tuple[Arm, str], ...]:
        """The other arms, each with what is in the way."""
        return tuple((arm, error) for flat, arm, error in self._tabled if flat is None)

    @cached_property
    def _values(self) -> list[tuple[str, Any, Arm | None]]:
        return list(_walk(self.protocol, "", None))

    @cached_property
    def _by_type(self) -> defaultdict[type, list[tuple[str, Any, Arm | None]]]:
        sorted_out = defaultdict(list)
        for row in self._values:
            sorted_out[type(row[1])].append(row)
        return sorted_out

    @cached_property
    def _tabled(self) -> list[tuple[Table | None, Arm, str]]:
        return [_table(arm) for arm in self.protocol.arms]


def _table(arm: Arm) -> tuple[Table | None, Arm, str]:
    try:
        return table(arm), arm, ""
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the arm is the finding
        return None, arm, repr(error)


def _walk(value: Any, place: str, arm: Arm | None) -> Iterator[tuple[str, Any, Arm | None]]:
    if isinstance(value, tuple):
        for item in value:
            yield from _walk(item, place, arm)
    elif isinstance(value, Struct):
        if type(value) is Arm:
            arm = value
        label = LABELS.get(type(value), "").format(value)
        place = f"{place}/{label}" if place and label else place or label
        yield place, value, arm
        for name in value.__struct_fields__:
            yield from _walk(getattr(value, name), place, arm)


def some(names: Iterable[str]) -> str:
    """The first of ``names``, and how many more there are."""
    first, *others = dict.fromkeys(names)
    return f"{first} and {len(others)} more" if len(others) > 1 else " and ".join((first, *others))
