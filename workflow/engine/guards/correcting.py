"""May an entry be taken back. Only structure stands in the way: what rests on it, and that it recorded something."""

from __future__ import annotations

from workflow.engine.chart import Step
from workflow.engine.decision import ENROLLED, Mode, Reason, Strength, Trigger, Void
from workflow.engine.facts.adverse_event import resting_on
from workflow.engine.facts.fact import Fact
from workflow.engine.guards.always import actions_of, permitted
from workflow.engine.guards.order import NAMED
from workflow.engine.guards.situation import Reasons, Situation

NEVER = Strength.NEVER


def correcting(void: Void, now: Situation) -> Reasons:
    """Facts are taken back, and the last step; what followed from it by itself goes with it.

    The enrolment is where nothing else stands: an enrolment in the wrong arm, of the wrong person.
    """
    if void.seq == ENROLLED:
        standing = (*(step.entry for step in now.chart.steps), *(fact.entry for fact in now.chart.facts()))
        if standing:
            yield Reason("correct.enrolment", {"count": len(standing)}, NEVER, tuple(sorted(standing)[:NAMED]))
        yield from permitted(("enroll",), now)
        return
    found = now.chart.find(void.seq)
    if found is None:
        yield Reason("correct.nothing", {"entry": void.seq}, NEVER)
        return
    if isinstance(found, Step) and found.cause is not None:
        yield Reason("correct.its_cause", {"entry": void.seq, "cause": found.cause}, NEVER, (found.cause,))
        return
    what = Trigger(found.trigger) if isinstance(found, Step) else found
    yield from permitted(actions_of(what, Mode.ASK), now)
    if isinstance(found, Fact):
        referring = (fact.entry for fact in now.chart.facts() if void.seq in fact.refers_to())
        resting = tuple(sorted({*referring, *resting_on(found, now)}))
        if resting:
            yield Reason("correct.referred_to", {"entry": void.seq}, NEVER, resting)
    steps = now.chart.steps
    first = next((index for index, step in enumerate(steps) if void.seq in (step.entry, step.cause)), len(steps))
    after = tuple(step.entry for step in steps[first:] if void.seq not in (step.entry, step.cause))
    if after:
        yield Reason("correct.stands_on", {"entry": void.seq}, NEVER, after)
