"""The flat transition table of an arm: the one source for the machine, the static checks, the diagrams and the replay.

Everything that is declared once on a parent - exits from any treatment cycle, the guards before every cycle - is
written out here, one row per transition. Nothing is judged: a broken protocol yields a broken table, and ``lint`` says
where.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from msgspec import Struct

from workflow.protocol.guards import Guard, PeriodEnded, WithinPeriod
from workflow.protocol.model import Arm, ByLabel, Cycle, ExitPath, Phase, Purpose, Visit

TREATMENT = "treatment"


class Kind(StrEnum):
    """Forward along the path, or out of it."""

    STEP = "step"
    EXIT = "exit"


class Place(Struct, frozen=True):
    """A state of the machine: a treatment cycle, or a state around treatment."""

    name: str  # dotted, e.g. "treatment.induction.1"
    title: str
    final: bool = False
    phase: Phase | None = None
    cycle: Cycle | None = None
    visit: Visit | None = None


# Where an enrolment leads that was taken back: in every arm, and no step leads there or on from there.
ENTERED_IN_ERROR = Place("entered_in_error", "Entered in error", final=True)


class Transition(Struct, frozen=True):
    """One row: from ``source`` on ``trigger`` to ``target``, if every guard allows it."""

    trigger: str
    source: str
    target: str
    kind: Kind
    title: str
    guards: tuple[Guard, ...]
    codes: tuple[str, ...] = ()
    purpose: Purpose | None = None
    declared_on: str | None = None  # the parent an exit was declared on


@dataclass(frozen=True)
class Table:
    """All states and transitions of an arm, in the order of the path."""

    arm: Arm
    places: tuple[Place, ...]
    transitions: tuple[Transition, ...]

    @cached_property
    def initial(self) -> str:
        return self.places[0].name

    @cached_property
    def by_name(self) -> dict[str, Place]:
        return {place.name: place for place in (*self.places, ENTERED_IN_ERROR)}

    @cached_property
    def by_trigger(self) -> dict[tuple[str, str], Transition]:
        """(source, trigger) to the transition; where two could fire, the first."""
        rows: dict[tuple[str, str], Transition] = {}
        for row in self.transitions:
            rows.setdefault((row.source, row.trigger), row)
        return rows

    @cached_property
    def outgoing(self) -> dict[str, tuple[Transition, ...]]:
        return {name: tuple(row for row in self.transitions if row.source == name) for name in self.by_name}

    @cached_property
    def triggers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.trigger for row in self.transitions))


def state_of(phase: Phase, cycle: Cycle) -> str:
    """The state's name of a cycle: ``treatment.<phase>.<number>``."""
    return f"{TREATMENT}.{phase.key}.{cycle.number}"


def table(arm: Arm) -> Table:
    """The flat table of ``arm``."""
    places = tuple(_places(arm))
    return Table(arm, places, tuple(_transitions(arm, places)))


def _places(arm: Arm) -> Iterator[Place]:
    first = arm.completes.target
    for state in arm.states:
        if state.key == first:
            yield from _cycle_places(arm)
        yield Place(state.key, state.title, state.final, visit=state.visit)
    if first not in {state.key for state in arm.states}:
        yield from _cycle_places(arm)


def _cycle_places(arm: Arm) -> Iterator[Place]:
    for phase in arm.phases:
        for cycle in phase.cycles:
            yield Place(state_of(phase, cycle), f"{phase.title}, cycle {cycle.number}", phase=phase, cycle=cycle)


def _transitions(arm: Arm, places: tuple[Place, ...]) -> Iterator[Transition]:
    for step in arm.steps:
        target = resolve(arm, step.target)
        guards = (*step.guards, *_guards_of(arm, target))
        yield Transition(step.trigger, step.source, target, Kind.STEP, step.title, guards)
    for phase in arm.phases:
        yield from _through(arm, phase)
    for path in arm.exits:
        yield from _exits(arm, path, places)


def _through(arm: Arm, phase: Phase) -> Iterator[Transition]:
    """From each cycle of ``phase`` to the next, on to the next phase, or out of treatment."""
    for here, following in zip(phase.cycles, (*phase.cycles[1:], None), strict=True):
        source = state_of(phase, here)
        if following is not None:
            guards = (*arm.cycle_guards, *following.guards)
            if phase.end is not None:
                guards = (WithinPeriod(phase.end.source, phase.key, phase.end.years), *guards)
            yield _start(arm, source, state_of(phase, following), guards)
        elif phase.then is not None:
            target = resolve(arm, phase.then)
            yield _start(arm, source, target, (*arm.cycle_guards, *_guards_of(arm, target)))
        if phase.then is None and (following is None or phase.end is not None):
            guards = arm.completes.guards
            if following is not None and phase.end is not None:
                guards = (PeriodEnded(phase.end.source, phase.key, phase.end.years), *guards)
            done = arm.completes
            yield Transition(done.trigger, source, done.target, Kind.STEP, done.title, guards)


def _start(arm: Arm, source: str, target: str, guards: tuple[Guard, ...]) -> Transition:
    return Transition(arm.cycle_trigger, source, target, Kind.STEP, arm.cycle_title, guards)


def _exits(arm: Arm, path: ExitPath, places: tuple[Place, ...]) -> Iterator[Transition]:
    target = resolve(arm, path.target)
    ahead = _phase_of(arm, target)
    for place in places:
        parent = next((name for name in path.leaves if _within(place.name, name)), None)
        if parent is None or place.final or (ahead is not None and place.phase is ahead):
            continue  # a switch to a phase is no exit from that phase
        yield Transition(
            path.trigger,
            place.name,
            target,
            Kind.EXIT,
            path.title,
            path.guards,
            path.codes,
            path.purpose,
            None if parent == place.name else parent,
        )


def _within(state: str, parent: str) -> bool:
    return state == parent or state.startswith(parent + ".")


def resolve(arm: Arm, target: str | ByLabel) -> str:
    """The state that ``target`` means: a phase is its first cycle, a label the first cycle that bears it."""
    if isinstance(target, ByLabel):
        named = ((phase, cycle) for phase in arm.phases for cycle in phase.cycles if cycle.label == target.label)
        found = next(named, None)
        return state_of(*found) if found else f"{TREATMENT}.?{target.label}"
    phase = arm.phase(target)
    return state_of(phase, phase.cycles[0]) if phase and phase.cycles else target


def _phase_of(arm: Arm, state: str) -> Phase | None:
    return next((phase for phase in arm.phases for cycle in phase.cycles if state_of(phase, cycle) == state), None)


def _guards_of(arm: Arm, state: str) -> tuple[Guard, ...]:
    """The guards of the cycle that ``state`` is; none where it is no cycle."""
    guards = (cycle.guards for phase in arm.phases for cycle in phase.cycles if state_of(phase, cycle) == state)
    return next(guards, ())
