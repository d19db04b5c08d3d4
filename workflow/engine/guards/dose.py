"""May a dose be given on a day: what stands in its way, whether it is asked before it is given or told afterwards."""

from __future__ import annotations

from workflow.engine.agents import AgentState, is_barred
from workflow.engine.decision import Args, Reason, Strength
from workflow.engine.facts.dose import Dose
from workflow.engine.guards.situation import Reasons, Situation
from workflow.engine.guards.taking_part import found_ineligible
from workflow.engine.guards.treatment import declared_unacceptable, fatal, not_responded, on_hold, progressed

HARD, SOFT = Strength.HARD, Strength.SOFT


def may_be_given(dose: Dose, now: Situation) -> Reasons:
    arm, then = now.chart.arm, now.then
    if dose.agent not in now.definition.agents_of(arm):
        yield Reason("dose.not_in_arm", {"agent": dose.agent, "arm": arm})
    if then.treatment_from is None:
        yield Reason("dose.before_treatment", {"on": f"{dose.on}"}, HARD)
    yield from _after_the_end(dose, now)
    yield from _agent(dose, now)
    free, day = then.of_bars
    if day not in free:
        bars = tuple(_any_dose(now))
        if not bars:
            free[day] = True
        yield from bars


def _any_dose(now: Situation) -> Reasons:
    """What bars a dose of whatever agent: a progression from the day after it, a fatal event from its day on.

    Nothing here goes by a length of time: what bars no dose on a day behind all that is known bars none on a later one.
    """
    yield from progressed(now, before=True)
    yield from not_responded(now, before=True)
    yield from declared_unacceptable(now)
    yield from fatal(now)
    yield from found_ineligible(now)
    yield from on_hold(now, SOFT)


def _after_the_end(dose: Dose, now: Situation) -> Reasons:
    """Dated after the end of treatment, or after the patient left the study: both are named."""
    last = dose.last_day
    then = now.then if last <= now.proposal.on else now.chart.as_of(now.definition, last)
    ends = [step for step in (then.end_of_treatment, then.off_study) if step is not None and last > step.on]
    if ends:
        entries = tuple(dict.fromkeys(step.entry for step in ends))
        yield Reason("dose.after_treatment", {"ended": f"{ends[0].on}"}, HARD, entries)


def _agent(dose: Dose, now: Situation) -> Reasons:
    if dose.agent not in now.then.touched or not is_barred(now.then, dose.agent):
        return
    status = now.then.agent(dose.agent)
    args: Args = {"agent": dose.agent, "since": f"{status.since}"}
    if status.state == AgentState.DISCONTINUED:
        yield Reason("dose.discontinued", args, HARD, (status.entry,))
    elif status.state == AgentState.HELD:
        code = "dose.stop_proposed" if status.proposed else "dose.held"
        yield Reason(code, args, SOFT, status.held_by)
