"""The one door: a question about a patient, and everything that follows from the answer. Pure.

``answer`` serves when a person asks, when `next` looks ahead, and when verification decides the past again. Every guard
is evaluated, so that a refusal lists every reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from workflow.engine import chart as charts
from workflow.engine.as_of import AsOf
from workflow.engine.chart import Chart, Step
from workflow.engine.course import Definition
from workflow.engine.decision import (
    ENROLLED,
    Decision,
    Enrolment,
    Mode,
    Outcome,
    Proposal,
    Reason,
    Strength,
    Trigger,
    Void,
)
from workflow.engine.facts.adverse_event import AdverseEvent, AdverseEventNews
from workflow.engine.facts.dose import Dose
from workflow.engine.facts.fact import Fact
from workflow.engine.facts.hold import Hold
from workflow.engine.guards import EVALUATE, always, order, timing, treatment
from workflow.engine.guards.correcting import correcting
from workflow.engine.guards.situation import Reasons, Situation
from workflow.errors import InvalidProtocol
from workflow.protocol.guards import PeriodEnded, WithinPeriod
from workflow.protocol.model import Purpose
from workflow.protocol.table import Kind, Transition

Definitions = Callable[[str], Definition]  # by digest


class Columns(NamedTuple):
    """What a patient's row says of the chart, beside the chart itself."""

    state: str
    opens_on: date | None
    due_on: date | None


class Answer(Struct, frozen=True):
    """``chart`` is the one after it; of a refusal, the one before (none where there was no patient)."""

    decision: Decision
    chart: Chart | None
    definitions: Definitions

    @property
    def columns(self) -> Columns | None:
        """The row's columns after it; None where it leaves them as they are. Worked out when it is asked for."""
        if self.chart is None or not self.decision.allowed:
            return None
        return row_columns(self.definitions, self.chart)


def definition_on(definitions: Definitions, chart: Chart, day: date) -> Definition:
    """The protocol that the patient was under on ``day``."""
    return definitions(chart.digest_on(day))


def answer(definitions: Definitions, chart: Chart | None, proposal: Proposal) -> Answer:
    """Whether ``proposal`` is allowed for the patient of ``chart`` (None: not yet enrolled); every reason if not."""
    if isinstance(proposal.what, Enrolment):
        return _enrolled(definitions, proposal, proposal.what)
    if chart is None:
        raise ValueError("there is no enrolment before it")
    decision = _decide(definition_on(definitions, chart, proposal.on), chart, proposal)
    return Answer(decision, fold(chart, proposal, decision.target) if decision.allowed else chart, definitions)


def fold(chart: Chart, proposal: Proposal, target: str | None) -> Chart:
    """The chart with what was proposed, and allowed, in it."""
    match proposal.what:
        case Trigger() as step:
            assert target is not None
            return chart.with_step(Step(proposal.entry, proposal.on, step.name, target, step.code, proposal.cause))
        case Void() as void:
            return chart.without(void.seq) if void.seq != ENROLLED else chart.in_error(proposal.entry)
        case Fact() as fact:
            return chart.with_fact(fact)
    raise ValueError("an enrolment stands at the beginning alone")


def row_columns(definitions: Definitions, chart: Chart) -> Columns:
    """The row's columns, by everything that stands."""
    last = chart.steps[-1].on if chart.steps else chart.enrolled_on
    now = AsOf(definition_on(definitions, chart, last), chart, date.max)
    window = now.window
    return Columns(now.state, window.opens, window.due) if window is not None else Columns(now.state, None, None)


# ── the decision ───────────────────────────────────────────────────────────────────────────────────────────────────


def _decide(definition: Definition, chart: Chart, proposal: Proposal) -> Decision:
    now = Situation(definition, chart, AsOf(definition, chart, proposal.on), proposal)
    if (taken_back_by := chart.taken_back_by) is not None:
        reason = Reason("correct.entered_in_error", {}, Strength.NEVER, (taken_back_by,))
        return Decision(Outcome.REFUSED, now.then.state, None, (reason,))
    match proposal.what:
        case Trigger() as step:
            return _step(now, step)
        case Void() as void:
            return _taken_back(now, void)
        case Fact() as fact:
            return _recorded(now, _of_fact(now, fact))
    raise ValueError("an enrolment stands at the beginning alone")


def _step(now: Situation, step: Trigger) -> Decision:
    then = now.then
    row = then.table.by_trigger.get((then.state, step.name))
    reasons = [] if row is not None else [always.sequence(now, step.name)]
    for always_asked in (always.role, always.mode, always.dates, order.step_after_an_end):
        reasons.extend(always_asked(now))
    if row is None:
        return Decision(Outcome.REFUSED, then.state, None, tuple(reasons))
    reasons.extend(order.step_before_what_it_ends(row, now))
    if row.kind is Kind.STEP or then.table.by_name[row.target].cycle is not None:
        reasons.extend(treatment.fatal(now))
    for guard in row.guards:
        reasons.extend(EVALUATE[type(guard)](guard, now))
    outcome = _outcome(reasons, now.proposal.mode)
    allowed = outcome is not Outcome.REFUSED
    target = now.definition.machine(now.chart.arm).fire(then.state, step.name, allowed)
    if (target == row.target) is not allowed:
        raise InvalidProtocol(f"the machine goes from {then.state} to {target}, the table to {row.target}")
    delay = timing.days_late(row.guards, now)
    return Decision(outcome, then.state, target, tuple(reasons), delay, _deviations(now.definition, outcome, reasons))


def _of_fact(now: Situation, fact: Fact) -> Reasons:
    yield from order.fact_after_an_end(fact, now)
    yield from fact.forbids(now)


def _taken_back(now: Situation, void: Void) -> Decision:
    """It is refused as well where what is to take its place would be; how that is asked is of that alone."""
    instead = in_its_place(now.proposal)
    if instead is None:
        return _recorded(now, correcting(void, now))
    asked = replace(now.proposal, what=void._replace(instead=None), mode=Mode.ASK)
    alone = Situation(now.definition, now.chart, now.then, asked)
    decision = _recorded(alone, correcting(void, alone))
    if not decision.allowed:
        return decision
    then = _decide(now.definition, fold(now.chart, asked, None), instead)
    return decision if then.allowed else replace(decision, outcome=Outcome.REFUSED, reasons=then.reasons)


def in_its_place(asked: Proposal) -> Proposal | None:
    """What takes the place of what is taken back, as it is asked in the entry behind."""
    if not isinstance(asked.what, Void) or asked.what.instead is None:
        return None
    return replace(asked, what=asked.what.instead.what, on=asked.what.instead.on, entry=asked.entry + 1)


def _recorded(now: Situation, own: Iterator[Reason]) -> Decision:
    reasons = [*always.role(now), *always.mode(now), *always.dates(now), *own]
    outcome = _outcome(reasons, now.proposal.mode)
    deviations = _deviations(now.definition, outcome, reasons)
    return Decision(outcome, now.then.state, None, tuple(reasons), 0, deviations)


def _enrolled(definitions: Definitions, proposal: Proposal, what: Enrolment) -> Answer:
    """There is no chart yet, so only the role and the dates can say no."""
    definition = definitions(what.digest)
    chart = charts.opened(what.arm, proposal.on, what.digest)
    now = Situation(definition, chart, AsOf(definition, chart, proposal.on), proposal)
    reasons = [*always.role(now), *always.mode(now), *always.dates(now)]
    outcome = _outcome(reasons, proposal.mode)
    if outcome is Outcome.REFUSED:
        return Answer(Decision(outcome, None, None, tuple(reasons)), None, definitions)
    return Answer(Decision(outcome, None, now.then.state, tuple(reasons)), chart, definitions)


def _outcome(reasons: list[Reason], mode: Mode) -> Outcome:
    if not reasons:
        return Outcome.ALLOWED
    worst = {reason.strength for reason in reasons}
    if mode is Mode.OVERRIDE and worst == {Strength.SOFT}:
        return Outcome.OVERRIDDEN
    if mode is Mode.HAPPENED and Strength.NEVER not in worst:
        return Outcome.DEVIATED
    return Outcome.REFUSED


def _deviations(definition: Definition, outcome: Outcome, reasons: list[Reason]) -> tuple[str, ...]:
    """The protocol's coded kinds of what happened against its rules, each once."""
    if outcome is not Outcome.DEVIATED:
        return ()
    return tuple(dict.fromkeys(definition.deviation_of(reason.code) for reason in reasons))


# ── what follows by itself ─────────────────────────────────────────────────────────────────────────────────────────


def follows(definition: Definition, chart: Chart, asked: Proposal) -> Proposal | None:
    """What follows from an allowed ``asked``, in the same transaction; ``chart`` is the one after it.

    Behind a correction stands what takes the place of what it took back. An event declared unacceptable takes a patient
    who is on treatment off it: on its first day, or on the last day that anything was done since.
    """
    fact = asked.what
    if isinstance(fact, Void):
        return in_its_place(asked)
    if not isinstance(fact, AdverseEvent | AdverseEventNews) or not fact.unacceptable:
        return None
    now = AsOf(definition, chart, date.max)
    if not now.on_treatment:
        return None
    done = (f.last_day for kind in (Dose, Hold) for f in chart.of(kind))
    on = max(fact.on, now.since, *done)
    row = next((row for row in now.table.outgoing[now.state] if row.purpose is Purpose.TOXICITY), None)
    if row is None:
        return None  # no exit leads on from here: the event holds treatment back
    what = Trigger(row.trigger, row.codes[0] if row.codes else None)
    return Proposal(what, on, max(on, asked.today), asked.role, asked.entry + 1, cause=asked.entry)


# ── looking ahead ──────────────────────────────────────────────────────────────────────────────────────────────────


class Possibility(NamedTuple):
    """One trigger that exists from here, and the answer it would get."""

    transition: Transition
    decision: Decision


def possibilities(definition: Definition, chart: Chart, asked: Proposal) -> tuple[Possibility, ...]:
    """Every trigger that leads on from where the patient stood on the day, each decided as ``asked`` would be on it."""
    now = AsOf(definition, chart, asked.on)
    return tuple(Possibility(row, _decide(definition, chart, _of(row, asked))) for row in now.table.outgoing[now.state])


def forward(definition: Definition, chart: Chart, asked: Proposal) -> Possibility | None:
    """The step forward from where the patient stood on the day.

    The first that the protocol's course leaves open, else the first; None at the end.
    """
    now = AsOf(definition, chart, asked.on)
    rows = [row for row in now.table.outgoing[now.state] if row.kind is Kind.STEP]
    if not rows:
        return None
    situation = Situation(definition, chart, now, asked)
    row = next((row for row in rows if _in_course(row, situation)), rows[0])
    return Possibility(row, _decide(definition, chart, _of(row, asked)))


def _in_course(row: Transition, now: Situation) -> bool:
    """Whether the protocol's course leads this way: no period that is over, or still runs, says otherwise."""
    periods = (guard for guard in row.guards if isinstance(guard, WithinPeriod | PeriodEnded))
    return not any(True for guard in periods for _ in EVALUATE[type(guard)](guard, now))


def _of(row: Transition, asked: Proposal) -> Proposal:
    return replace(asked, what=Trigger(row.trigger, row.codes[0] if len(row.codes) == 1 else None))
