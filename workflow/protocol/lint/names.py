"""P010-P014: positions, numbers, labels, keys and names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from workflow.protocol.lint.finding import check
from workflow.protocol.lint.subject import Subject
from workflow.protocol.model import Arm, ByLabel, Cycle, ExitPath, Phase, Protocol, Role, State, Step
from workflow.protocol.table import TREATMENT

WORD = r"[a-z][a-z0-9_]*"


@check(
    "P010",
    "positions-not-consecutive",
    "The positions of an arm's cycles are not 1, 2, 3 and so on along the path.",
)
def positions_not_consecutive(subject: Subject) -> Iterator[tuple[str, str]]:
    for arm in subject.protocol.arms:
        places = [(phase, cycle) for phase in arm.phases for cycle in phase.cycles]
        for expected, (phase, cycle) in enumerate(places, start=1):
            if cycle.position != expected:
                yield (
                    f"arm {arm.key}/{phase.key}/cycle {cycle.number}",
                    f"position is {cycle.position}, and this is course {expected} of the arm",
                )


@check("P011", "state-named-twice", "Two cycles of a phase have the same number, or two states the same key.")
def state_named_twice(subject: Subject) -> Iterator[tuple[str, str]]:
    for flat in subject.tables:
        for name in _repeated(place.name for place in flat.places):
            yield f"arm {flat.arm.key}", f"more than one state is named {name}"


@check(
    "P012",
    "label-not-unique",
    "A printed label is used to name a cycle, and no cycle or more than one bears it.",
)
def label_not_unique(subject: Subject) -> Iterator[tuple[str, str]]:
    for arm in subject.protocol.arms:
        labels = Counter(cycle.label for phase in arm.phases for cycle in phase.cycles)
        for where, reference in subject.each(ByLabel, within=arm):
            count = labels[reference.label]
            if count != 1:
                yield where, f"the label {reference.label!r} is printed on {count} cycles of the arm"


@check("P013", "duplicate-key", "A key or id is used twice where it has to be unique.")
def duplicate_key(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, protocol in subject.each(Protocol):
        yield from _twice(where, "arm", (arm.key for arm in protocol.arms))
        yield from _twice(where, "agent", (agent.key for agent in protocol.agents))
        yield from _twice(where, "criterion", (criterion.id for criterion in protocol.criteria))
        yield from _twice(where, "response", (response.key for response in protocol.responses))
        yield from _twice(where, "term", (term.key for term in protocol.terms))
        yield from _twice(where, "permission", (permission.action for permission in protocol.permissions))
        yield from _twice(where, "reading", (reading.id for reading in protocol.readings))
        yield from _twice(where, "role", (role.key for role in protocol.roles))
        yield from _twice(where, "hold code", protocol.hold_codes)
        yield from _twice(where, "deviation", (kind.key for kind in protocol.deviations))
    for arm in protocol.arms:
        where = f"arm {arm.key}"
        yield from _twice(where, "phase", (phase.key for phase in arm.phases))
        for key in {phase.key for phase in arm.phases} & {state.key for state in arm.states}:
            yield where, f"{key} is both a phase and a state"
    for where, part in subject.each(Phase, Cycle):
        yield from _twice(where, "administration", (item.key for item in part.administrations))
    for where, path in subject.each(ExitPath):
        yield from _twice(where, "code", path.codes)


@check(
    "P014",
    "malformed-name",
    "A state, phase, trigger or role is not named in lower-case words, or a state takes a reserved name.",
)
def malformed_name(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, state in subject.each(State):
        if not re.fullmatch(rf"{WORD}(\.{WORD})*", state.key):
            yield where, f"{state.key!r} is no name for a state: lower-case words, joined by dots"
        elif state.key.split(".")[0] == TREATMENT:
            yield where, f"{state.key!r} is reserved for treatment cycles"
    for where, phase in subject.each(Phase):
        if not re.fullmatch(WORD, phase.key):
            yield where, f"{phase.key!r} is no name for a phase: lower-case letters, digits and underscores"
    for where, step in subject.each(Step, ExitPath):
        if not re.fullmatch(WORD, step.trigger):
            yield (
                where,
                f"{step.trigger!r} is no name for a trigger: lower-case letters, digits and underscores",
            )
    for where, arm in subject.each(Arm):
        if not re.fullmatch(WORD, arm.cycle_trigger):
            yield where, f"{arm.cycle_trigger!r} is no name for a trigger: lower-case letters, digits and underscores"
    for where, role in subject.each(Role):
        if not re.fullmatch(WORD, role.key):
            yield where, f"{role.key!r} is no name for a role: lower-case letters, digits and underscores"


def _twice(where: str, what: str, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((where, f"the {what} {key!r} is there more than once") for key in _repeated(keys))


def _repeated(keys: Iterable[str]) -> list[str]:
    return [key for key, count in Counter(keys).items() if count > 1]
