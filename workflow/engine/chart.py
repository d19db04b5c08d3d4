"""The chart: every dated fact of one patient that stands, and every step they took.

It is a cache of the log, and nothing that is worked out is stored with it: inserting a late fact, taking one back,
moving to another protocol are each one change of what stands, and ``as_of(day)`` works out what that means for a day.
Charts are values: a change makes a new one.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder

from workflow.engine.facts import FACTS
from workflow.engine.facts.adverse_event import AdverseEvent, AdverseEventNews
from workflow.engine.facts.fact import Fact
from workflow.engine.subjects import KINDS, Subject
from workflow.errors import DamagedRow
from workflow.protocol.table import ENTERED_IN_ERROR

if TYPE_CHECKING:
    from workflow.engine.as_of import AsOf
    from workflow.engine.course import Definition

F = TypeVar("F", bound=Fact)
Kept = dict[tuple[Subject, str], tuple[date, dict[Any, Any]]]  # by subject and digest


class Under(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """From this day on, and by this entry, the patient is under the protocol of this digest."""

    since: date
    entry: int
    digest: str


class Step(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A transition that was taken. ``cause`` is the entry from which it followed by itself."""

    entry: int
    on: date
    trigger: str
    target: str
    code: str | None = None
    cause: int | None = None


class Chart:
    """Lists of facts, one for each kind, in the order of their dates; of one day, in the order of their entries.

    A list that was read from a row stays as it was read until somebody asks for it: most questions ask for few, and a
    patient's doses are as many as everything else together.
    """

    __slots__ = ("_kept", "_lists", "arm", "enrolled_on", "events", "steps", "under")

    def __init__(
        self,
        arm: str,
        enrolled_on: date,
        under: tuple[Under, ...],
        steps: tuple[Step, ...] = (),
        lists: dict[str, Sequence[Fact] | Raw] | None = None,
        kept: Kept | None = None,
        events: dict[int, Any] | None = None,
    ) -> None:
        """``lists`` are by the name of the kind.

        ``kept`` and ``events`` are no part of the chart: room for what ``as_of`` works out of it, handed on from one
        chart to the next for as long as it holds. Without ``kept`` nothing is: a chart read from a row is asked once.
        """
        self.arm = arm
        self.enrolled_on = enrolled_on
        self.under = under
        self.steps = steps
        self._lists = lists if lists is not None else {}
        self._kept = kept
        self.events = events if events is not None else {}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Chart):
            return NotImplemented
        return not self.differs_in(other)

    __hash__ = None  # type: ignore[assignment]

    def differs_in(self, other: Chart) -> list[str]:
        """The names of the parts in which two charts differ."""
        names = [
            name for name in ("arm", "enrolled_on", "under", "steps") if getattr(self, name) != getattr(other, name)
        ]
        return names + [kind.KIND for kind in FACTS if list(self.of(kind)) != list(other.of(kind))]

    # ── what stands ──────────────────────────────────────────────────────────────────────────────────────────────

    def of(self, kind: type[F]) -> Sequence[F]:
        """The facts of a kind. Raises ``DamagedRow`` where the row holds something else."""
        found: Any = self._lists.get(kind.KIND, ())
        if type(found) is Raw:
            found = self._lists[kind.KIND] = read_list(kind, found)
        return found  # type: ignore[no-any-return]

    def lists(self) -> dict[str, Sequence[Fact] | Raw]:
        """The lists that are not empty, by the name of the kind; those that nobody asked for as they were read."""
        return {name: facts for name, facts in self._lists.items() if facts}

    def facts(self) -> Iterator[Fact]:
        """Every fact, kind by kind."""
        for kind in FACTS:
            yield from self.of(kind)

    def find(self, entry: int) -> Fact | Step | None:
        """What the entry of this number recorded, if it stands."""
        for step in self.steps:
            if step.entry == entry:
                return step
        return next((fact for fact in self.facts() if fact.entry == entry), None)

    def event(self, entry: int) -> AdverseEvent | None:
        return next((event for event in self.of(AdverseEvent) if event.entry == entry), None)

    def news_of(self, event: int) -> Sequence[AdverseEventNews]:
        return [news for news in self.of(AdverseEventNews) if news.of == event]

    def state_now(self, definition: Definition) -> str:
        """Where the last step led."""
        return self.steps[-1].target if self.steps else definition.table(self.arm).initial

    def digest_on(self, day: date) -> str:
        """The digest of the protocol that the patient was under on ``day``."""
        if len(self.under) > 1:
            for under in reversed(self.under):
                if under.since <= day:
                    return under.digest
        return self.under[0].digest

    @property
    def taken_back_by(self) -> int | None:
        """The entry that took the enrolment back; None while it stands."""
        last = self.steps[-1] if self.steps else None
        return last.entry if last is not None and last.target == ENTERED_IN_ERROR.name else None

    # ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────

    def with_fact(self, fact: Fact) -> Chart:
        kind = type(fact)
        facts = list(self.of(kind))
        if facts and _place(fact) < _place(facts[-1]):
            insort(facts, fact, key=_place)
        else:
            facts.append(fact)
        lists = {**self._lists, fact.KIND: facts}
        kept = self._kept
        if kept is not None and kind in KINDS:  # of no other does anything that is kept follow
            day = max(fact.on, fact.last_day)
            kept = {key: (max(was[0], day), {}) if kind in key[0].kinds else was for key, was in kept.items()}
        return Chart(self.arm, self.enrolled_on, self.under, self.steps, lists, kept, self.events)

    def with_step(self, step: Step) -> Chart:
        kept = self._kept
        if kept is not None:
            kept = {key: (max(was[0], step.on), {}) if key[0].steps else was for key, was in kept.items()}
        return Chart(self.arm, self.enrolled_on, self.under, (*self.steps, step), self._lists, kept, self.events)

    def in_error(self, entry: int) -> Chart:
        """The chart of a patient whose enrolment entry ``entry`` took back; nothing else stands in it."""
        last = Step(entry, self.enrolled_on, "correct", ENTERED_IN_ERROR.name)
        return Chart(self.arm, self.enrolled_on, self.under, (last,), kept={} if self._kept is not None else None)

    def without(self, entry: int) -> Chart:
        """The chart as if ``entry``, and what followed from it by itself, had never been."""
        lists: dict[str, Sequence[Fact] | Raw] = {
            kind.KIND: [fact for fact in self.of(kind) if fact.entry != entry] for kind in FACTS if self.of(kind)
        }
        steps = tuple(step for step in self.steps if entry not in (step.entry, step.cause))
        return Chart(self.arm, self.enrolled_on, self.under, steps, lists, {} if self._kept is not None else None)

    # ── what it means ────────────────────────────────────────────────────────────────────────────────────────────

    def kept_of(self, subject: Subject, digest: str) -> tuple[date, dict[Any, Any]]:
        """The last day that anything of a subject is about, and room for what follows from it under a protocol."""
        if self._kept is None:
            return date.max, {}
        found = self._kept.get((subject, digest))
        if found is None:
            days = [max(fact.on, fact.last_day) for kind in subject.kinds for fact in self.of(kind)]
            if subject.steps and self.steps:
                days.append(self.steps[-1].on)
            found = self._kept[subject, digest] = (max(days, default=date.min), {})
        return found

    def as_of(self, definition: Definition, day: date) -> AsOf:
        """What stood on ``day``: worked out from the facts and steps dated up to it."""
        from workflow.engine.as_of import AsOf

        return AsOf(definition, self, day)


def _place(fact: Fact) -> tuple[date, int]:
    return fact.on, fact.entry


@cache
def _decoder(kind: type[F]) -> Decoder[list[F]]:
    return Decoder(list[kind])  # type: ignore[valid-type]


def read_list(kind: type[F], written: Raw) -> list[F]:
    try:
        return _decoder(kind).decode(written)
    except (DecodeError, UnicodeError, RecursionError):
        raise DamagedRow(hint="regimen audit verify says what does not fit") from None


def opened(arm: str, on: date, digest: str) -> Chart:
    """The chart after the first entry, the enrolment."""
    return Chart(arm, on, (Under(on, 1, digest),), kept={})
