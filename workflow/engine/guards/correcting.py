"""May an entry be taken back. Only structure stands in the way: what rests on it, and that it recorded something."""

from __future__ import annotations

from workflow.engine.chart import Step
from workflow.engine.decision import Reason, Strength, Void
from workflow.engine.facts.adverse_event import resting_on
from workflow.engine.guards.always import permitted
from workflow.engine.guards.situation import Reasons, Situation

NEVER = Strength.NEVER


def correcting(void: Void, now: Situation) -> Reasons:
    """Facts alone are taken back; a step that followed from one by itself goes with it, while nothing stands on it."""
    if void.seq == 1:
        yield Reason("correct.enrolment", {}, NEVER, (1,))
        return
    found = now.chart.find(void.seq)
    if found is None:
        yield Reason("correct.nothing", {"entry": void.seq}, NEVER)
        return
    if isinstance(found, Step):
        if found.cause is not None:
            yield Reason("correct.its_cause", {"entry": void.seq, "cause": found.cause}, NEVER, (found.cause,))
        else:
            yield Reason("correct.step", {"entry": void.seq, "trigger": found.trigger}, NEVER)
        return
    yield from permitted(found.says(), now)
    referring = (fact.entry for fact in now.chart.facts() if void.seq in fact.refers_to())
    resting = tuple(sorted({*referring, *resting_on(found, now)}))
    if resting:
        yield Reason("correct.referred_to", {"entry": void.seq}, NEVER, resting)
    steps = now.chart.steps
    caused = next((index for index, step in enumerate(steps) if step.cause == void.seq), len(steps))
    after = tuple(step.entry for step in steps[caused:] if step.cause != void.seq)
    if after:
        yield Reason("correct.stands_on", {"entry": void.seq}, NEVER, after)
