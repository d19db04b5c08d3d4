"""P001-P007: the path through the states - what can be reached, left and finished."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from workflow.protocol.lint.finding import check
from workflow.protocol.lint.subject import Subject, some
from workflow.protocol.model import Phase, Purpose
from workflow.protocol.table import Kind, Table

NEEDED = (Purpose.PROGRESSION, Purpose.TOXICITY, Purpose.WITHDRAWAL, Purpose.DEATH)


@check("P001", "unreachable-state", "A state that no path leads to.")
def unreachable_state(subject: Subject) -> Iterator[tuple[str, str]]:
    for flat in subject.tables:
        reached = _closure({place.name for place in flat.places[:1]}, _steps(flat))
        for place in flat.places:
            if place.name not in reached:
                yield f"arm {flat.arm.key}", f"{place.name} cannot be reached from {flat.initial}"


@check("P002", "no-way-to-an-end", "A state from which no path leads to a final state.")
def no_way_to_an_end(subject: Subject) -> Iterator[tuple[str, str]]:
    for flat in subject.tables:
        final = {place.name for place in flat.places if place.final}
        if not final:
            yield f"arm {flat.arm.key}", "no state is final"
            continue
        ending = _closure(final, ((target, source) for source, target in _steps(flat)))
        for place in flat.places:
            if place.name not in ending:
                yield f"arm {flat.arm.key}", f"no path leads from {place.name} to a final state"


@check(
    "P003",
    "treatment-without-exit",
    "A treatment cycle that cannot be left on progression, unacceptable toxicity, withdrawal or death.",
)
def treatment_without_exit(subject: Subject) -> Iterator[tuple[str, str]]:
    for flat in subject.tables:
        cycles = [place.name for place in flat.places if place.cycle]
        inside = set(cycles)
        ways = {(row.source, row.purpose) for row in flat.transitions if row.target not in inside}
        for purpose in NEEDED:
            without = [name for name in cycles if (name, purpose) not in ways]
            if without:
                yield f"arm {flat.arm.key}", f"no exit for {purpose} from {some(without)}"


@check("P004", "ambiguous-transition", "Two transitions leave one state on the same trigger, so both could fire.")
def ambiguous_transition(subject: Subject) -> Iterator[tuple[str, str]]:
    for flat in subject.tables:
        named = Counter(place.name for place in flat.places)
        rows = Counter((row.trigger, row.source) for row in flat.transitions)
        twice: defaultdict[str, list[str]] = defaultdict(list)
        for (trigger, source), count in rows.items():
            if count > 1 and named[source] == 1:  # a state named twice is P011
                twice[trigger].append(source)
        for trigger, sources in twice.items():
            yield f"arm {flat.arm.key}", f"{trigger} has more than one transition from {some(sources)}"


@check("P005", "transition-from-final-state", "A transition leads out of a final state.")
def transition_from_final_state(subject: Subject) -> Iterator[tuple[str, str]]:
    for flat in subject.tables:
        final = {place.name for place in flat.places if place.final}
        for row in flat.transitions:
            if row.source in final:
                yield f"arm {flat.arm.key}", f"{row.trigger} leaves {row.source}, which is final"


@check("P006", "endless-treatment", "A treatment cycle from which the planned steps never lead out of treatment.")
def endless_treatment(subject: Subject) -> Iterator[tuple[str, str]]:
    for flat in subject.tables:
        cycles = [place.name for place in flat.places if place.cycle]
        steps = [(row.source, row.target) for row in flat.transitions if row.kind is Kind.STEP]
        outside = {target for _, target in steps} - set(cycles)
        done = _closure(outside, ((target, source) for source, target in steps))
        endless = [name for name in cycles if name not in done]
        if endless:
            yield f"arm {flat.arm.key}", f"no planned step leads out of treatment from {some(endless)}"


@check(
    "P007",
    "calendar-end-midway",
    "A phase that ends by the calendar is not the last: nothing leads on at its end.",
)
def calendar_end_midway(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, phase in subject.each(Phase):
        if phase.end is not None and phase.then is not None:
            yield where, "a phase with a calendar end has to be the last of its path (then=None)"


def _steps(flat: Table) -> Iterator[tuple[str, str]]:
    return ((row.source, row.target) for row in flat.transitions)


def _closure(start: set[str], edges: Iterable[tuple[str, str]]) -> set[str]:
    """``start`` and all that the edges lead to from there."""
    ahead: defaultdict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        ahead[source].append(target)
    reached, waiting = set(start), list(start)
    while waiting:
        for target in ahead[waiting.pop()]:
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
