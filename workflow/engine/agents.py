"""An agent's own small machine: planned until first given, then active; held and released; discontinued for good.

Its spans are worked out from what stands: the first dose, the events that hold it by a rule or until somebody has
judged them, and what stops it for good.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from workflow.protocol.model import AgentAction, ToxicityRule

if TYPE_CHECKING:
    from workflow.engine.as_of import AsOf, Event
    from workflow.engine.course import Definition


T = TypeVar("T")


class AgentState(StrEnum):
    PLANNED = "planned"
    ACTIVE = "active"
    HELD = "held"
    DISCONTINUED = "discontinued"


class AgentEvent(StrEnum):
    GIVE = "give"
    HOLD = "hold"
    RELEASE = "release"  # back to active: it had been given before
    RELEASE_UNUSED = "release_unused"  # back to planned: it had not
    DISCONTINUE = "discontinue"


# One row per transition: event, from, to. A dose given while held is a recorded deviation and leaves the hold in place.
AGENT_TABLE: tuple[tuple[AgentEvent, AgentState, AgentState], ...] = (
    (AgentEvent.GIVE, AgentState.PLANNED, AgentState.ACTIVE),
    (AgentEvent.GIVE, AgentState.ACTIVE, AgentState.ACTIVE),
    (AgentEvent.GIVE, AgentState.HELD, AgentState.HELD),
    (AgentEvent.HOLD, AgentState.PLANNED, AgentState.HELD),
    (AgentEvent.HOLD, AgentState.ACTIVE, AgentState.HELD),
    (AgentEvent.HOLD, AgentState.HELD, AgentState.HELD),
    (AgentEvent.RELEASE, AgentState.HELD, AgentState.ACTIVE),
    (AgentEvent.RELEASE_UNUSED, AgentState.HELD, AgentState.PLANNED),
    (AgentEvent.DISCONTINUE, AgentState.PLANNED, AgentState.DISCONTINUED),
    (AgentEvent.DISCONTINUE, AgentState.ACTIVE, AgentState.DISCONTINUED),
    (AgentEvent.DISCONTINUE, AgentState.HELD, AgentState.DISCONTINUED),
)


class HoldOfAgent(NamedTuple):
    """An event held an agent from ``since`` on, by what entry ``entry`` says of it; up to, and without, ``until``.

    ``proposed``: a rule would stop the agent for good, if the event is the agent's doing; that is for an investigator
    to say, and until then it is held.
    """

    event: int
    entry: int
    since: date
    until: date | None = None
    until_entry: int = 0  # whose word ended it
    proposed: bool = False


class AgentSpan(NamedTuple):
    """The agent was in ``state`` from ``since`` on, by what ``entry`` says; until the next span."""

    state: str
    since: date
    entry: int


class AgentAsOf(NamedTuple):
    """An agent on a day. ``held_by`` are the adverse events that hold it; ``proposed`` those that may end it."""

    state: str
    since: date
    entry: int
    doses: int
    held_by: tuple[int, ...]
    proposed: tuple[int, ...]
    spans: tuple[AgentSpan, ...]


def on_day(then: AsOf, key: str) -> AgentAsOf:
    """The agent on the day of ``then``, by what stood on that day."""
    from workflow.engine.course import agent_after

    doses = [dose for dose in then.doses if dose.agent == key]
    planned = AgentSpan(AgentState.PLANNED.value, then.chart.enrolled_on, 0)
    if key not in then.touched:  # as most are
        spans = [planned, AgentSpan(AgentState.ACTIVE.value, doses[0].on, doses[0].entry)] if doses else [planned]
        return AgentAsOf(*spans[-1], len(doses), (), (), tuple(spans))
    holds, stopped = holds_of(then, key), stopped_by(then, key)
    happened: list[tuple[date, int, AgentEvent, int]] = []
    if doses:
        happened.append((doses[0].on, 2, AgentEvent.GIVE, doses[0].entry))
    for start, end in _merged(holds):
        happened.append((start.since, 1, AgentEvent.HOLD, start.entry))
        if end is not None:
            given = bool(doses) and doses[0].on < end.since
            release = AgentEvent.RELEASE if given else AgentEvent.RELEASE_UNUSED
            happened.append((end.since, 0, release, end.entry))
    if stopped is not None:
        happened.append((stopped[0], 3, AgentEvent.DISCONTINUE, stopped[1]))
    spans = [planned]
    for day, _, event, entry in sorted(happened):
        after = agent_after(spans[-1].state, event)
        if after != spans[-1].state:
            spans.append(AgentSpan(after, day, entry))
    now = spans[-1]
    open_now = [hold for hold in holds if hold.until is None] if now.state == AgentState.HELD else []
    return AgentAsOf(
        now.state,
        now.since,
        now.entry,
        len(doses),
        tuple(hold.event for hold in open_now),
        tuple(hold.event for hold in open_now if hold.proposed),
        tuple(spans),
    )


class _Edge(NamedTuple):
    since: date
    entry: int


def _merged(holds: list[HoldOfAgent]) -> list[tuple[_Edge, _Edge | None]]:
    """The stretches in which at least one event holds the agent."""
    stretches: list[tuple[_Edge, _Edge | None]] = []
    for hold in sorted(holds, key=lambda hold: (hold.since, hold.entry)):
        end = _Edge(hold.until, hold.until_entry) if hold.until is not None else None
        if stretches:
            start, before = stretches[-1]
            if before is None:
                continue
            if hold.since <= before.since:
                later = None if end is None else max(before, end)
                stretches[-1] = (start, later)
                continue
        stretches.append((_Edge(hold.since, hold.entry), end))
    return stretches


# ── what rules make of events ──────────────────────────────────────────────────────────────────────────────────────


def matches(definition: Definition, rule: ToxicityRule, event: Event, grade: int) -> bool:
    """Whether ``rule`` applies to ``event`` at ``grade``."""
    return grade >= rule.grade and concerns(definition, rule, event)


def concerns(definition: Definition, rule: ToxicityRule, event: Event) -> bool:
    """Whether ``rule`` is about events such as ``event``, at some grade. A cause that nobody has judged counts."""
    if rule.attributed and event.attributed is not None and rule.agent not in event.attributed:
        return False
    return definition.is_about(rule, event.term)


def _kept(work_out: Callable[[AsOf, str], T]) -> Callable[[AsOf, str], T]:
    """Kept for as long as nothing else is known of any event; one protocol's answer is not another's."""

    @wraps(work_out)
    def found(then: AsOf, key: str) -> T:
        values, asked = then.of_events, (work_out.__name__, key)
        if asked not in values:
            values[asked] = work_out(then, key)
        value: T = values[asked]
        return value

    return found


def touched(then: AsOf) -> frozenset[str]:
    """The agents that an event may have held or stopped. Of the others none did, whatever was judged of its cause."""
    definition, arm, found = then.definition, then.chart.arm, set[str]()
    for event in then.events:
        for _, _, stops in event.stops:
            found.update(stops)
        worst = max(point.worst for point in event.course)
        found.update(rule.agent for rule in definition.rules_about(arm, event.term) if worst >= rule.grade)
    return frozenset(found)


@_kept
def is_barred(then: AsOf, key: str) -> bool:
    """Whether an event holds the agent on the day, or has stopped it."""
    return stopped_by(then, key) is not None or any(hold.until is None for hold in holds_of(then, key))


@_kept
def stopped_by(then: AsOf, key: str) -> tuple[date, int] | None:
    """Since when, and by which entry, the agent is stopped for good.

    By an investigator's word, or by a rule that asks for no attribution; a peak stops it however late it was told. A
    rule that does ask for one writes nothing by itself: the agent is held, and the word is an investigator's.
    """
    definition, found = then.definition, []
    rules = [
        rule
        for rule in definition.rules_of(then.chart.arm).get(key, ())
        if rule.action is AgentAction.DISCONTINUE and not rule.attributed
    ]
    for event in then.events:
        found += [(day, entry) for day, entry, stops in event.stops if key in stops]
        for rule in rules:
            peak = next((p for p in event.course if matches(definition, rule, event, p.worst)), None)
            if peak is not None:
                found.append((peak.day, peak.entry))
    return min(found, default=None)


@_kept
def holds_of(then: AsOf, key: str) -> list[HoldOfAgent]:
    """Every stretch in which an event held the agent. It lets go at the lower grade, or when the event has ended."""
    definition, found = then.definition, []
    rules = definition.rules_of(then.chart.arm).get(key, ())
    for event in then.events if rules else ():
        bearing = [rule for rule in rules if concerns(definition, rule, event)]
        holding = [rule for rule in bearing if rule.action is AgentAction.HOLD]
        proposing = [rule for rule in bearing if rule.action is AgentAction.DISCONTINUE and rule.attributed]
        since: tuple[date, int] | None = None
        for point in event.course:
            if since is None:
                if point.open and any(point.grade >= rule.grade for rule in holding):
                    since = (point.day, point.entry)
            elif not point.open or all(
                rule.until_grade is not None and point.grade <= rule.until_grade for rule in holding
            ):
                found.append(HoldOfAgent(event.entry, since[1], since[0], point.day, point.entry))
                since = None
        if since is not None:
            found.append(HoldOfAgent(event.entry, since[1], since[0]))
        peak = next((p for p in event.course if any(p.worst >= rule.grade for rule in proposing)), None)
        if peak is not None:
            found.append(HoldOfAgent(event.entry, peak.entry, peak.day, proposed=True))
    return found
