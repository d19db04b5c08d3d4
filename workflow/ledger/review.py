"""A review of what was decided: every step and every dose that stands asked again, by all that stands now. Pure.

What was decided stays decided. A review says what would have come out otherwise had everything been known that is known
now, and what else of a history wants an eye: late entries, overrides, deviations, corrections, and refusals that were
asked again with another date. What another engine alone would decide otherwise is no part of it: that is a difference,
of which verification tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property

from msgspec import Struct

from workflow.engine.answer import answer
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.decision import Outcome, Proposal, Reason
from workflow.engine.facts.adverse_event import AdverseEventNews
from workflow.engine.facts.dose import Dose
from workflow.engine.resting import Without
from workflow.ledger.entry import TRANSITION, VOID, Body, Voided, payload
from workflow.ledger.fold import fold, proposal_of
from workflow.ledger.standing import taken_back_by

LATE = 7  # days after which an entry is late, unless another number is asked for
DefinitionOf = Callable[[str], Definition]  # by digest


class Doubt(Struct, frozen=True):
    """A step or a dose for which there were reasons that nobody knew: the entry, and what would have come of it.

    ``reasons`` are those that are new; of them ``learned`` are the entries recorded since, and ``taken_back`` are the
    entries that stood then and were taken back since. An override passes the new ones too: it is told all the same.
    """

    entry: int
    outcome: Outcome
    reasons: tuple[Reason, ...]
    learned: tuple[int, ...]
    taken_back: tuple[int, ...]


class Repeat(Struct, frozen=True):
    """``entry`` was carried out with another date than the same that was ``refused``.

    Where it ``waited``, its day was still to come when it was refused; else it was typed again with another date.
    """

    entry: int
    refused: int
    waited: bool


class Corrected(Struct, frozen=True):
    """``entry`` took ``of`` back; ``instead`` stands in its place, where something does."""

    entry: int
    of: int
    instead: int | None


class Reviewed(Struct, frozen=True):
    """What a review has found in one chain. Entries by their numbers; ``late`` with the days, in their order."""

    doubts: tuple[Doubt, ...]
    late: Mapping[int, int]
    overridden: tuple[int, ...]
    deviated: tuple[int, ...]
    corrected: tuple[Corrected, ...]
    repeated: tuple[Repeat, ...]


class History:
    """The entries of one patient's chain, from the first on, and what stands of them: folded when it is asked for.

    Raises ``ValueError`` where they do not add up.
    """

    def __init__(self, bodies: Sequence[Body]) -> None:
        self.bodies = bodies
        self.voided = voided(bodies)

    def on(self, entry: int) -> date:
        return self.bodies[entry - 1].on

    @cached_property
    def chart(self) -> Chart:
        """What stands now."""
        return fold(self.bodies)

    def known_at(self, entry: int) -> Chart:
        """What stood before ``entry``, by what was known then."""
        return fold(self.bodies[: entry - 1])

    @cached_property
    def without(self) -> Without:
        """What stands now, as a proposal was asked of it."""
        return Without(self.chart)


def voided(bodies: Sequence[Body]) -> dict[int, int]:
    """Each entry that was taken back, or followed from one that was, and the one that took it back."""
    found: dict[int, int] = {}
    for body in bodies:
        if body.kind == VOID and body.outcome != Outcome.REFUSED:
            said = payload(body)
            assert isinstance(said, Voided)
            found[said.seq] = body.seq
    gone = ((body.seq, taken_back_by(body.seq, body.cause, found)) for body in bodies) if found else ()
    return {seq: by for seq, by in gone if by is not None}


def review(history: History, definition_of: DefinitionOf, *, late: int = LATE) -> Reviewed:
    """All that there is to see in a history. Raises whatever ``definition_of`` does of a protocol that is not there."""
    done = [body for body in history.bodies if body.outcome != Outcome.REFUSED]
    return Reviewed(
        tuple(_doubts(history, definition_of)),
        {body.seq: days for body in done if (days := (body.today - body.on).days) > late},
        tuple(body.seq for body in done if body.outcome == Outcome.OVERRIDDEN),
        tuple(body.seq for body in done if body.outcome == Outcome.DEVIATED),
        tuple(_corrected(done)),
        tuple(_repeated(history.bodies)),
    )


def _doubts(history: History, definition_of: DefinitionOf) -> Iterator[Doubt]:
    for body in _in_question(history):
        proposal = proposal_of(body)
        decision = answer(definition_of, history.without(proposal), proposal).decision
        if not decision.reasons or decision.reasons == body.reasons:
            continue
        reasons = _new(history, definition_of, body, proposal, decision.reasons)
        if reasons:
            learned, taken_back = _learned(history, body, reasons), _stood_once(history, body)
            yield Doubt(body.seq, decision.outcome, reasons, learned, taken_back)


def _in_question(history: History) -> list[Body]:
    """The steps and doses that stand, and of whose day something was learned since; in their order.

    Of all others it is known what was known then: they come out as they did, under the same engine.
    """
    found: list[Body] = []
    earliest = date.max
    for body in reversed(history.bodies):
        if body.outcome == Outcome.REFUSED:
            continue
        if body.on >= earliest and body.kind in (TRANSITION, Dose.KIND) and body.seq not in history.voided:
            found.append(body)
        earliest = min(earliest, _bears_on(history, body))
    found.reverse()
    return found


def _bears_on(history: History, body: Body) -> date:
    """The first day of which an entry says something that was not known on that day; of most there is none."""
    if body.kind == VOID:
        return min(history.on(seq) for seq, by in history.voided.items() if by == body.seq)
    if body.kind == AdverseEventNews.KIND:
        said = _news(body)
        judged = said.attributed is not None or said.serious is not None or said.unacceptable
        first = history.on(said.of) if judged else min(body.on, said.resolved or body.on)
    else:
        first = body.on
    return first if first < body.today else date.max


def _new(
    history: History, definition_of: DefinitionOf, body: Body, proposal: Proposal, reasons: tuple[Reason, ...]
) -> tuple[Reason, ...]:
    """Those that the entry does not say, and that today's engine would not have said of what was known then.

    Nor what later days alone show, for a decision of a day rests on what is dated up to it; nor what was recorded since
    on its own day, which came after it on that day.
    """
    before = answer(definition_of, history.known_at(body.seq), proposal).decision.reasons
    corrected = bool(_taken_back(history, body))
    return tuple(
        reason
        for reason in reasons
        if reason not in body.reasons
        and reason not in before
        and not (reason.evidence and all(history.on(seq) > body.on for seq in reason.evidence))
        and (corrected or not _came_after(history, body, reason))
    )


def _came_after(history: History, body: Body, reason: Reason) -> bool:
    since = [history.bodies[seq - 1] for seq in reason.evidence if seq > body.seq]
    return bool(since) and all(_bears_on(history, one) == date.max for one in since)


def _learned(history: History, body: Body, reasons: Sequence[Reason]) -> tuple[int, ...]:
    """The entries behind ``body`` that show the reasons; of an event also what was told of it since."""
    shown = {seq for reason in reasons for seq in reason.evidence}
    for one in history.bodies[body.seq :]:
        if one.kind != AdverseEventNews.KIND or one.outcome == Outcome.REFUSED or one.seq in history.voided:
            continue
        if _news(one).of in shown and _bears_on(history, one) <= body.on:
            shown.add(one.seq)
    return tuple(sorted(seq for seq in shown if seq > body.seq))


def _news(body: Body) -> AdverseEventNews:
    said = proposal_of(body).what
    assert isinstance(said, AdverseEventNews)
    return said


def _taken_back(history: History, body: Body) -> tuple[int, ...]:
    """The entries that were known when ``body`` was decided, of days up to its own, and were taken back since."""
    there = history.voided.items()
    return tuple(sorted(seq for seq, by in there if seq < body.seq < by and history.on(seq) <= body.on))


def _stood_once(history: History, body: Body) -> tuple[int, ...]:
    """The same, with those that were recorded behind ``body``: the end of a hold, a value in place of another."""
    there = history.voided.items()
    return tuple(sorted(seq for seq, by in there if seq != body.seq and by > body.seq and history.on(seq) <= body.on))


def _corrected(done: Sequence[Body]) -> Iterator[Corrected]:
    for body in done:
        if body.kind == VOID:
            said = payload(body)
            assert isinstance(said, Voided)
            yield Corrected(body.seq, said.seq, body.seq + 1 if said.instead is not None else None)


def _repeated(bodies: Sequence[Body]) -> Iterator[Repeat]:
    """The first that was carried out behind a refusal of the same, if it is of another day."""
    refused: dict[tuple[object, ...], Body] = {}
    for body in bodies:
        if body.outcome == Outcome.REFUSED:
            refused[_asked(body)] = body
        elif refused and (before := refused.pop(_asked(body), None)) is not None and before.on != body.on:
            yield Repeat(body.seq, before.seq, body.on > before.today)


def _asked(body: Body) -> tuple[object, ...]:
    """What makes two requests the same but for their dates."""
    if body.kind == TRANSITION:
        return body.kind, body.trigger
    if body.kind == Dose.KIND:
        said = proposal_of(body).what
        assert isinstance(said, Dose)
        return body.kind, said.agent
    return body.kind, bytes(body.data)


# ── by person ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Tally(Struct):
    """How often, in what was reviewed, one person did what wants an eye."""

    entries: int = 0
    refused: int = 0
    overridden: int = 0
    deviated: int = 0
    late: int = 0
    corrections: int = 0
    repeated: int = 0


def tallied(history: History, found: Reviewed, fresh: Callable[[Body], bool]) -> dict[str, Tally]:
    """By person, what is theirs of the entries that are ``fresh``; a refusal that was waited out is no repetition."""
    people: dict[str, Tally] = {}
    repeats = {repeat.entry for repeat in found.repeated if not repeat.waited}
    for body in filter(fresh, history.bodies):
        theirs = people.setdefault(body.actor.id, Tally())
        theirs.entries += 1
        theirs.refused += body.outcome == Outcome.REFUSED
        theirs.overridden += body.outcome == Outcome.OVERRIDDEN
        theirs.deviated += body.outcome == Outcome.DEVIATED
        theirs.late += body.seq in found.late
        theirs.corrections += body.kind == VOID and body.outcome != Outcome.REFUSED
        theirs.repeated += body.seq in repeats
    return people
