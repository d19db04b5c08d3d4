"""A review as a reader sees it: what there is to look at, patient by patient, and how often it was whose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from workflow.engine.decision import Outcome
from workflow.ledger.entry import ACKNOWLEDGED, Body, Stored, action_in
from workflow.ledger.review import Doubt, History, Reviewed
from workflow.report.entries import entry_of
from workflow.report.reasons import shown
from workflow.report.remarks import Acknowledgement, said_in
from workflow.report.views import Reason

if TYPE_CHECKING:
    from workflow.engine.course import Definition

# What there is to look at, in the order in which it is shown.
DOUBTED, LATE, OVERRIDDEN, DEVIATED, CORRECTED, REPEATED = KINDS = (
    "doubted",
    "late",
    "overridden",
    "deviated",
    "corrected",
    "repeated",
)


class Mention(Struct, frozen=True):
    """Another entry that an item speaks of. ``voided_by`` is the correction that took it back."""

    entry: int
    action: str
    words: str
    on: date
    recorded_on: date
    by: str
    voided_by: int | None = None


class ReviewItem(Struct, frozen=True):
    """One thing to look at: ``kind`` says why, ``entry`` and what follows which entry it is about.

    Of one that is ``doubted``, ``would_be`` is how it would be decided by all that stands now, ``reasons`` are those
    that nobody knew, ``learned`` the entries since that show them, ``taken_back`` those that stood then. Of what was
    ``overridden`` or ``deviated`` the reasons are those that were passed; ``acknowledged`` is the last word on a
    deviation. ``of`` is what a correction took back
    (``instead`` stands in its place), or the refusal that was ``repeated`` with another date; where it ``waited``, that
    day was still to come when it was refused. ``reason`` is what was stated, in words.
    """

    kind: str
    entry: int
    action: str
    words: str
    on: date
    recorded_on: date
    by: str
    role: str
    outcome: Outcome
    days_late: int
    reason: str | None = None
    would_be: Outcome | None = None
    reasons: tuple[Reason, ...] = ()
    learned: tuple[Mention, ...] = ()
    taken_back: tuple[Mention, ...] = ()
    deviations: tuple[str, ...] = ()
    acknowledged: Acknowledgement | None = None
    of: Mention | None = None
    instead: Mention | None = None
    waited: bool = False
    voided_by: int | None = None


class PatientReview(Struct, frozen=True):
    """What there is to look at in a patient's entries, up to ``seq``, whose hash is ``hash``.

    ``since`` is the last entry that was signed off as reviewed, if any. What stands from entry ``not_understood`` on
    was written by newer software, and is not reviewed.
    """

    patient: str
    seq: int
    hash: str
    since: int | None
    items: tuple[ReviewItem, ...]
    not_understood: int | None = None

    @property
    def wants_an_eye(self) -> bool:
        """Whether there is anything but refusals that were waited out."""
        return self.not_understood is not None or any(not item.waited for item in self.items)


class Pattern(Struct, frozen=True):
    """How often, in the entries that were reviewed, one person's were such."""

    person: str
    entries: int
    refused: int
    overridden: int
    deviated: int
    late: int
    corrections: int
    repeated: int


class Telling:
    """Tells of one history's entries, each in the words of the protocol that it names."""

    def __init__(
        self, history: History, stored: Sequence[Stored], definition_of: Callable[[str], Definition | None]
    ) -> None:
        self._history = history
        self._stored = stored
        self._definition_of = definition_of

    def _body(self, entry: int) -> Body:
        return self._history.bodies[entry - 1]

    def _definition(self, entry: int) -> Definition | None:
        said = self._body(entry).protocol
        return self._definition_of(said.digest) if said is not None else None

    def _words(self, entry: int) -> str:
        return entry_of(self._stored[entry - 1], self._definition(entry)).words

    @cached_property
    def acknowledged(self) -> Mapping[int, Acknowledgement]:
        """What was said last of each deviation."""
        both = zip(self._stored, self._history.bodies, strict=False)
        return said_in([one for one, body in both if body.kind == ACKNOWLEDGED]).acknowledged

    def mention(self, entry: int) -> Mention:
        body, by = self._body(entry), self._history.voided.get(entry)
        return Mention(entry, action_in(body), self._words(entry), body.on, body.today, body.actor.id, by)

    def item(self, kind: str, entry: int, **more: object) -> ReviewItem:
        body = self._body(entry)
        texts = {name: text for name, (_, text) in self._stored[entry - 1].texts.items()}
        return ReviewItem(
            kind,
            entry,
            action_in(body),
            self._words(entry),
            body.on,
            body.today,
            body.actor.id,
            body.actor.role,
            Outcome(body.outcome),
            (body.today - body.on).days,
            texts.get("reason"),
            voided_by=self._history.voided.get(entry),
            **more,  # type: ignore[arg-type]
        )

    def reasons(self, doubt: Doubt) -> tuple[Reason, ...]:
        return shown(doubt.reasons, self._definition(doubt.entry))

    def passed(self, entry: int) -> tuple[Reason, ...]:
        return shown(self._body(entry).reasons, self._definition(entry))


def items_of(
    found: Reviewed, history: History, telling: Telling, fresh: Callable[[Body], bool]
) -> Iterator[ReviewItem]:
    """Those of which any entry is ``fresh``: what was signed off before comes again where something new bears on it."""

    def new(*entries: int) -> bool:
        return any(fresh(history.bodies[entry - 1]) for entry in entries)

    for doubt in found.doubts:
        since = (history.voided[entry] for entry in doubt.taken_back)
        if new(doubt.entry, *doubt.learned, *since):
            yield telling.item(
                DOUBTED,
                doubt.entry,
                would_be=doubt.outcome,
                reasons=telling.reasons(doubt),
                learned=tuple(map(telling.mention, doubt.learned)),
                taken_back=tuple(map(telling.mention, doubt.taken_back)),
            )
    for entry in filter(new, found.late):
        yield telling.item(LATE, entry)
    for entry in filter(new, found.overridden):
        yield telling.item(OVERRIDDEN, entry, reasons=telling.passed(entry))
    for entry in filter(new, found.deviated):
        yield telling.item(
            DEVIATED,
            entry,
            reasons=telling.passed(entry),
            deviations=history.bodies[entry - 1].deviations,
            acknowledged=telling.acknowledged.get(entry),
        )
    for correction in found.corrected:
        if new(correction.entry):
            instead = telling.mention(correction.instead) if correction.instead is not None else None
            yield telling.item(CORRECTED, correction.entry, of=telling.mention(correction.of), instead=instead)
    for repeat in found.repeated:
        if new(repeat.entry):
            refused = telling.mention(repeat.refused)
            reasons = telling.passed(repeat.refused)
            yield telling.item(REPEATED, repeat.entry, of=refused, reasons=reasons, waited=repeat.waited)


def patterns(people: Mapping[str, Sequence[int]]) -> tuple[Pattern, ...]:
    """By person, in the order of their names."""
    return tuple(Pattern(person, *people[person]) for person in sorted(people))
