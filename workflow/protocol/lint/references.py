"""P030-P038: what one part of a protocol says of another - states, agents, terms, criteria, phases, actions."""

from __future__ import annotations

from collections.abc import Iterator

from workflow.protocol.guards import CycleInterval, NoProgression, PeriodEnded, VisitInterval, WithinPeriod
from workflow.protocol.lint.finding import check
from workflow.protocol.lint.subject import Subject, some
from workflow.protocol.model import (
    Administration,
    Arm,
    Criterion,
    CriterionKind,
    ExitPath,
    Permission,
    Protocol,
    Step,
    ToxicityRule,
)
from workflow.protocol.table import Table, resolve

# What a person may ask for beside the triggers and the recording of facts.
ACTIONS = frozenset(
    {"enroll", "override", "declare_unacceptable", "stop_agent", "correct", "step_happened", "acknowledge"}
)


@check(
    "P030",
    "unknown-state",
    "A step, an exit or a phase leads from or to something that is no state of the arm.",
)
def unknown_state(subject: Subject) -> Iterator[tuple[str, str]]:
    for flat in subject.tables:
        arm, done = flat.arm, flat.arm.completes
        for step in arm.steps:
            if step.source not in flat.by_name:
                yield f"arm {arm.key}/step {step.trigger}", f"leaves {step.source}, which is no state"
            yield from _target(flat, f"step {step.trigger}", step.target)
        if not _branch(flat, done.source):
            yield f"arm {arm.key}/step {done.trigger}", f"leaves {done.source}, which is no state"
        yield from _target(flat, f"step {done.trigger}", done.target)
        for phase in arm.phases:
            if isinstance(phase.then, str):  # a label that leads nowhere is P012
                yield from _target(flat, phase.key, phase.then)
        for path in arm.exits:
            for name in path.leaves:
                if not _branch(flat, name):
                    yield (
                        f"arm {arm.key}/exit {path.trigger}",
                        f"leaves {name}, which is no state nor a branch of them",
                    )
            yield from _target(flat, f"exit {path.trigger}", path.target)


@check(
    "P031",
    "unknown-agent",
    "An administration or a toxicity rule names an agent that the protocol does not list.",
)
def unknown_agent(subject: Subject) -> Iterator[tuple[str, str]]:
    known = {agent.key for agent in subject.protocol.agents}
    for where, value in subject.each(Administration, ToxicityRule):
        if value.agent not in known:
            yield where, f"there is no agent {value.agent!r}"


@check("P032", "unknown-term", "A toxicity rule names an adverse event term that the protocol does not list.")
def unknown_term(subject: Subject) -> Iterator[tuple[str, str]]:
    known = {term.key for term in subject.protocol.terms}
    for where, rule in subject.each(ToxicityRule):
        for term in rule.terms:
            if term not in known:
                yield where, f"there is no term {term!r}"


@check("P033", "unknown-reading", "Something refers to a reading that the protocol does not list.")
def unknown_reading(subject: Subject) -> Iterator[tuple[str, str]]:
    known = {reading.id for reading in subject.protocol.readings}
    for where, reading in readings_used(subject):
        if reading not in known:
            yield where, f"there is no reading {reading!r}"


@check(
    "P034",
    "unknown-criterion",
    "An arm's route is no criterion of that kind, or a criterion's parent is none.",
)
def unknown_criterion(subject: Subject) -> Iterator[tuple[str, str]]:
    kinds = {criterion.id: criterion.kind for criterion in subject.protocol.criteria}
    for arm in subject.protocol.arms:
        for route in arm.routes:
            if kinds.get(route) is not CriterionKind.ROUTE:
                yield f"arm {arm.key}", f"{route!r} is no criterion that brings a patient in"
    for where, criterion in subject.each(Criterion):
        if criterion.parent is not None and criterion.parent not in kinds:
            yield where, f"there is no criterion {criterion.parent!r}"


@check(
    "P035",
    "unknown-phase",
    "A guard names a phase that the arm does not have, or that has no end by the calendar.",
)
def unknown_phase(subject: Subject) -> Iterator[tuple[str, str]]:
    for arm in subject.protocol.arms:
        for where, response in subject.each(NoProgression, within=arm):
            if response.response_after is not None and arm.phase(response.response_after) is None:
                yield where, f"there is no phase {response.response_after!r}"
        for where, period in subject.each(WithinPeriod, PeriodEnded, within=arm):
            phase = arm.phase(period.phase)
            if phase is None:
                yield where, f"there is no phase {period.phase!r}"
            elif phase.end is None:
                yield where, f"the phase {period.phase!r} has no end by the calendar"


@check("P036", "unknown-action", "A permission is for something that nobody can ask for.")
def unknown_action(subject: Subject) -> Iterator[tuple[str, str]]:
    known = ACTIONS.union(subject.facts, triggers(subject))
    for where, permission in subject.each(Permission):
        if permission.action not in known:
            yield where, f"there is no action {permission.action!r}"


@check("P037", "nobody-may-ask", "No role may ask for a trigger.")
def nobody_may_ask(subject: Subject) -> Iterator[tuple[str, str]]:
    permitted = {permission.action for permission in subject.protocol.permissions if permission.roles}
    for trigger in triggers(subject):
        if trigger not in permitted:
            yield "", f"no role may ask for {trigger}"


@check(
    "P038",
    "guard-out-of-place",
    "A guard on a cycle's or a visit's interval stands where no cycle runs or no visit waits.",
)
def guard_out_of_place(subject: Subject) -> Iterator[tuple[str, str]]:
    for flat in subject.tables:
        misplaced: dict[tuple[str, str], list[str]] = {}
        for row in flat.transitions:
            place = flat.by_name.get(row.source)
            for guard in row.guards if place else ():
                lacking = place and (
                    (isinstance(guard, CycleInterval) and place.cycle is None)
                    or (isinstance(guard, VisitInterval) and place.visit is None)
                )
                if lacking:
                    misplaced.setdefault((row.trigger, guard.name), []).append(row.source)
        for (trigger, name), sources in misplaced.items():
            yield (
                f"arm {flat.arm.key}",
                f"{trigger} is guarded by {name}, which means nothing in {some(sources)}",
            )


def readings_used(subject: Subject) -> Iterator[tuple[str, str]]:
    """Every reference to a reading, with its place."""
    for where, value in subject.values:
        if not isinstance(value, Protocol):  # whose readings are the readings themselves
            for reading in getattr(value, "readings", ()):
                yield where, reading


def triggers(subject: Subject) -> tuple[str, ...]:
    """Every trigger of the protocol, each once."""
    declared = (step.trigger for _, step in subject.each(Step, ExitPath))
    cycles = (arm.cycle_trigger for _, arm in subject.each(Arm) if any(phase.cycles for phase in arm.phases))
    return tuple(dict.fromkeys((*declared, *cycles)))


def _target(flat: Table, where: str, target: str) -> Iterator[tuple[str, str]]:
    if resolve(flat.arm, target) not in flat.by_name:
        yield f"arm {flat.arm.key}/{where}", f"leads to {target}, which is no state and no phase with cycles"


def _branch(flat: Table, name: str) -> bool:
    """Is this a state, or the parent of some?"""
    return any(state == name or state.startswith(f"{name}.") for state in flat.by_name)
