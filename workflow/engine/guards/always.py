"""What holds everywhere, declared by no protocol: who asks, the dates, whether such a step leads on from here."""

from __future__ import annotations

from collections.abc import Iterable

from workflow.engine.decision import Args, Enrolment, Mode, Reason, Strength, Trigger, Void
from workflow.engine.facts.dose import Dose
from workflow.engine.facts.fact import Fact
from workflow.engine.guards.situation import Reasons, Situation

NEVER = Strength.NEVER


def action_of(what: Trigger | Fact | Void | Enrolment) -> str:
    """The action that a role needs for it, as the protocol's permissions name it."""
    match what:
        case Fact():
            return what.PERMISSION or what.KIND
        case Trigger():
            return what.name
        case Void():
            return "correct"
    return "enroll"


def actions_of(what: Trigger | Fact | Void | Enrolment, mode: Mode) -> tuple[str, ...]:
    """All that a role has to be permitted for it, in this mode."""
    if isinstance(what, Void) and what.instead is not None:
        return (action_of(what), *actions_of(what.instead.what, mode))
    said = what.says() if isinstance(what, Fact) else ()
    if mode is Mode.OVERRIDE:
        said = (*said, "override")
    elif mode is Mode.HAPPENED and isinstance(what, Trigger):
        said = (*said, "step_happened")
    return (action_of(what), *said)


def role(now: Situation) -> Reasons:
    return permitted(actions_of(now.proposal.what, now.proposal.mode), now)


def permitted(actions: Iterable[str], now: Situation) -> Reasons:
    """A reason for each of the actions that the asking role may not ask for."""
    mine, roles = now.proposal.role, now.definition.roles
    if mine is None:
        return
    for action in actions:
        if mine not in roles.get(action, ()):
            args: Args = {"role": mine, "action": action, "roles": list(roles.get(action, ()))}
            yield Reason("role.not_permitted", args, NEVER)


def mode(now: Situation) -> Reasons:
    """An override, and what is said to have happened, need a reason in words; the latter is for steps and doses."""
    asked = now.proposal
    if asked.mode is Mode.ASK:
        return
    if asked.stated is None:
        yield Reason(f"{asked.mode}.reason", {}, NEVER)
    if asked.mode is Mode.HAPPENED and not isinstance(asked.what, Trigger | Dose):
        yield Reason("happened.not_this", {}, NEVER)


def dates(now: Situation) -> Reasons:
    asked, on = now.proposal, now.proposal.on
    if on > asked.today:
        yield Reason("dates.future", {"on": f"{on}", "today": f"{asked.today}"}, NEVER)
    began = now.definition.protocol.study_start
    if on < began:
        yield Reason("dates.before_study", {"on": f"{on}", "began": f"{began}"}, NEVER)
    if isinstance(asked.what, Trigger) and now.chart.steps and on < now.chart.steps[-1].on:
        last = now.chart.steps[-1]
        args: Args = {"on": f"{on}", "since": f"{last.on}", "state": last.target}
        yield Reason("dates.before_previous", args, NEVER, (last.entry,))
    elif isinstance(asked.what, Trigger) and on < now.chart.enrolled_on:
        first: Args = {"on": f"{on}", "since": f"{now.chart.enrolled_on}", "state": now.then.table.initial}
        yield Reason("dates.before_previous", first, NEVER, (1,))


def sequence(now: Situation, trigger: str) -> Reason:
    """The reason why no transition of this name leads on from here."""
    state = now.then.state
    here = [row.trigger for row in now.then.table.outgoing[state]]
    if not here:
        return Reason("sequence.final", {"state": state}, NEVER)
    return Reason("sequence.not_from_here", {"trigger": trigger, "state": state, "here": here}, NEVER)
