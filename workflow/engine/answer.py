"""The decision: every guard evaluated, so that a refusal lists every reason. Pure.

The same functions decide when a person asks, when `next` looks ahead, and when verification decides the past again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workflow.engine import chart as facts
from workflow.engine import guards
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.decision import Decision, Outcome, Proposal, Reason
from workflow.engine.guards import EVALUATE, Reasons, Situation
from workflow.errors import InvalidProtocol
from workflow.protocol.table import Kind, Transition

_FACT_GUARDS: dict[str, Callable[[Situation], Reasons]] = {
    facts.DOSE: guards.dose,
    facts.ADVERSE_EVENT: guards.adverse_event,
    facts.HOLD: guards.put_on_hold,
    facts.RESUME: guards.resume,
}


def decide(definition: Definition, chart: Chart, proposal: Proposal) -> Decision:
    """Whether ``proposal`` is allowed for the patient of ``chart``; all the reasons if not.

    ``proposal.action`` is one of the protocol's triggers or of the facts in ``chart.FACTS``.
    """
    if proposal.action in facts.FACTS:
        return _decide_fact(definition, chart, proposal)
    return _decide_step(definition, chart, proposal)


def _decide_step(definition: Definition, chart: Chart, proposal: Proposal) -> Decision:
    now = Situation(definition, chart, proposal)
    row = definition.table(chart.arm).by_trigger.get((chart.state, proposal.action))
    reasons = [] if row is not None else [guards.sequence(now)]
    reasons.extend(guards.role(now))
    reasons.extend(guards.dates(now, step=True))
    if row is None:
        return Decision(Outcome.REFUSED, chart.state, None, tuple(reasons))
    for guard in row.guards:
        reasons.extend(EVALUATE[type(guard)](guard, now))
    outcome = _outcome(reasons, proposal)
    allowed = outcome is not Outcome.REFUSED
    target = definition.machine(chart.arm).fire(chart.state, proposal.action, allowed=allowed)
    if (target == row.target) is not allowed:
        raise InvalidProtocol(f"the machine goes from {chart.state} to {target}, the table to {row.target}")
    return Decision(outcome, chart.state, target, tuple(reasons), now.delay)


def _decide_fact(definition: Definition, chart: Chart, proposal: Proposal) -> Decision:
    now = Situation(definition, chart, proposal)
    reasons = [*guards.role(now), *guards.dates(now, step=False)]
    more = _FACT_GUARDS.get(proposal.action)
    if more is not None:
        reasons.extend(more(now))
    return Decision(_outcome(reasons, proposal), chart.state, None, tuple(reasons))


def decide_enrolment(definition: Definition, proposal: Proposal, arm: str) -> Decision:
    """Whether a patient may be enrolled: there is no chart yet, so only the role and the dates can say no."""
    initial = definition.table(arm).initial
    now = Situation(definition, facts.enrolled(definition, arm, proposal.on), proposal)
    reasons = [*guards.role(now), *guards.dates(now, step=False)]
    outcome = _outcome(reasons, proposal)
    return Decision(outcome, None, None if outcome is Outcome.REFUSED else initial, tuple(reasons))


def _outcome(reasons: list[Reason], proposal: Proposal) -> Outcome:
    if not reasons:
        return Outcome.ALLOWED
    if proposal.override and not any(reason.hard for reason in reasons):
        return Outcome.OVERRIDDEN
    return Outcome.REFUSED


# ── looking ahead ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Possibility:
    """One trigger that exists from here, and the answer it would get."""

    transition: Transition
    decision: Decision


def possibilities(definition: Definition, chart: Chart, asked: Proposal) -> tuple[Possibility, ...]:
    """Every trigger that leads on from the patient's state, each decided as ``asked`` would be on it."""
    rows = definition.table(chart.arm).outgoing[chart.state]
    return tuple(
        Possibility(row, decide(definition, chart, asked._replace(action=row.trigger, code=_only(row)))) for row in rows
    )


def forward(definition: Definition, chart: Chart, asked: Proposal) -> Possibility | None:
    """The step forward from here: the first that the protocol's course leaves open, else the first; None at the end."""
    rows = [row for row in definition.table(chart.arm).outgoing[chart.state] if row.kind is Kind.STEP]
    steps = [Possibility(row, decide(definition, chart, asked._replace(action=row.trigger))) for row in rows]
    in_course = (step for step in steps if not any(r.code.startswith("period.") for r in step.decision.reasons))
    return next(in_course, steps[0] if steps else None)


def _only(row: Transition) -> str | None:
    return row.codes[0] if len(row.codes) == 1 else None
