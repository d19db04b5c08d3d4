"""The treatment blocks and the lists of interventions, looked up in the protocol, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workflow.protocol.model import Administration, Arm, Cycle, Phase, Protocol, Route
from workflow.protocol.table import TREATMENT, state_of
from workflow.trials.nct01371630.coverage.row import NOWHERE, Row
from workflow.trials.nct01371630.coverage.words import days_text, every_text, over_text, times_a_day
from workflow.trials.nct01371630.record.treatment import BLOCKS, INTERVENTIONS, Block, Given

# Which phases of an arm a block of the record became.
PHASES = {
    ("I", "cycles 1, 3, 7 and 9"): ("induction", "consolidation", "late_consolidation"),
    ("I", "cycles 2, 4, 8 and 10"): ("consolidation", "late_consolidation"),
    ("I", "cycles 5-8"): ("blinatumomab",),
    ("I", "maintenance"): ("maintenance",),
    ("II", "cycles 1, 3 and 5"): ("induction", "consolidation"),
    ("II", "cycles 2, 4 and 6"): ("consolidation",),
    ("II", "maintenance"): ("maintenance",),
    ("III", "induction (cycle 1)"): ("induction",),
    ("III", "intrathecal prophylaxis"): ("induction", "consolidation"),
    ("III", "consolidation (cycles 2-5)"): ("consolidation",),
}

# ── one drug of a block ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Found:
    state: str
    administration: Administration


def _as_printed(protocol: Protocol, given: Given, item: Administration) -> bool:
    """Whether the administration says what the record says, in every respect."""
    return (
        _titles(protocol).get(item.agent) == given.drug
        and item.route == given.route
        and (item.printed or days_text(item.timing)) == given.days
        and times_a_day(item.timing) == given.times_a_day
        and over_text(item.steps) == given.over
        and (item.optional is not None) == given.optional
    )


def _titles(protocol: Protocol) -> dict[str, str]:
    return {agent.key: agent.title.lower() for agent in protocol.agents}


def look_up(protocol: Protocol, block: Block, given: Given) -> tuple[Found, ...]:
    """Where ``given`` stands: in each of its cycles, or once in the phase that it runs through."""
    return tuple(
        Found(state, item)
        for phase in _phases(protocol, block)
        for state, items in _places(phase, given)
        for item in items
        if _as_printed(protocol, given, item)
    )


def _places(phase: Phase, given: Given) -> list[tuple[str, tuple[Administration, ...]]]:
    if not given.cycles:
        return [(f"{TREATMENT}.{phase.key}", phase.administrations)]
    return [(state_of(phase, c), c.administrations) for c in phase.cycles if c.label in map(str, given.cycles)]


def _phases(protocol: Protocol, block: Block) -> list[Phase]:
    arm = protocol.arm(block.arm)
    return [phase for phase in arm.phases if phase.key in PHASES[block.arm, block.place]] if arm else []


def _given_row(protocol: Protocol, block: Block, given: Given) -> Row:
    found = look_up(protocol, block, given)
    keys = dict.fromkeys(f"`{item.administration.key}`" for item in found)
    states = dict.fromkeys(item.state for item in found)
    return Row(
        _place(block),
        _says(given),
        f"{', '.join(keys)} in {_names(states)}" if found else NOWHERE,
        tuple(dict.fromkeys(r for item in found for r in item.administration.readings)),
        len(found) == len(states) == max(1, len(given.cycles)),
    )


def _says(given: Given) -> str:
    if given.cycles:
        many = "s" if len(given.cycles) > 1 else ""
        of = f"cycle{many} {', '.join(map(str, given.cycles))}: "
        days = f"day {given.days}" if given.days.isdigit() else f"days {given.days}"
    else:
        of, days = "", given.days
    twice = "twice daily " if given.times_a_day == 2 else ""
    over = f", over {given.over}" if given.over else ""
    return f"{of}{given.drug} {given.route}{' (may be given)' if given.optional else ''}, {twice}{days}{over}"


# ── a block ────────────────────────────────────────────────────────────────────────────────────────────────────────


def block_rows(protocol: Protocol, block: Block) -> Iterator[Row]:
    if block.every:
        yield _length_row(protocol, block)
    if block.ends_on:
        yield _condition_row(protocol, block)
    for given in block.given:
        yield _given_row(protocol, block, given)


def _length_row(protocol: Protocol, block: Block) -> Row:
    labels = tuple(map(str, block.cycles))
    cycles = [
        (phase, cycle)
        for phase in _phases(protocol, block)
        for cycle in phase.cycles
        if not labels or cycle.label in labels
    ]
    complete = bool(cycles) and (not labels or sorted(c.label for _, c in cycles) == sorted(labels))
    found = complete and all(every_text(cycle.length) == block.every for _, cycle in cycles)
    readings = (reading for phase, cycle in cycles for reading in (*phase.readings, *cycle.readings))
    return Row(
        _place(block),
        f"a cycle every {block.every}",
        f"length of {_span(cycles)}" if found else NOWHERE,
        tuple(dict.fromkeys(readings)),
        found,
    )


def _condition_row(protocol: Protocol, block: Block) -> Row:
    arm = protocol.arm(block.arm)
    guards = {guard.name for guard in arm.cycle_guards} if arm else set()
    exits = {path.trigger for path in arm.exits} if arm else set()
    found = {"progression", "toxicity"} <= guards and {"progression", "unacceptable_toxicity"} <= exits
    where = "guards `progression` and `toxicity` before every cycle, exits `progression` and"
    " `unacceptable_toxicity`"
    return Row(_place(block), f"not after {block.ends_on}", where if found else NOWHERE, ("A32",), found)


def _place(block: Block) -> str:
    return f"Arm {block.arm}, {block.place}"


def _span(cycles: list[tuple[Phase, Cycle]]) -> str:
    names = [state_of(phase, cycle) for phase, cycle in cycles]
    return _names(names) if len(names) <= 8 else f"{_names(names[:1])} to {_names(names[-1:])}"


def _names(states: list[str] | dict[str, None]) -> str:
    return ", ".join(f"`{state.removeprefix(TREATMENT + '.')}`" for state in states)


# ── the lists of interventions ─────────────────────────────────────────────────────────────────────────────────────


def intervention_rows(protocol: Protocol) -> Iterator[Row]:
    for key, listed in INTERVENTIONS.items():
        arm = protocol.arm(key)
        used = routes_used(protocol, arm) if arm else {}
        for drug in dict.fromkeys([*listed, *used]):
            routes, given = set(listed.get(drug, ())), used.get(drug, set())
            where = f"given {', '.join(sorted(given))}" if given else NOWHERE
            if routes - given:
                where += f"; the arm's own text has no {' or '.join(sorted(routes - given))}"
            says = f"{drug}, {', '.join(sorted(routes)) or 'not listed'}"
            yield Row(f"Arm {key}, interventions", says, where, found=bool(given) and given <= routes)


def routes_used(protocol: Protocol, arm: Arm) -> dict[str, set[str]]:
    """The agents that the arm gives, each with its routes."""
    titles = _titles(protocol)
    used: dict[str, set[str]] = {}
    for _, item in administrations(arm):
        routes = {"IV", "PO"} if item.route is Route.IV_OR_PO else {item.route.value}
        used.setdefault(titles.get(item.agent, item.agent), set()).update(routes)
    return used


# ── the other way round ────────────────────────────────────────────────────────────────────────────────────────────


def administrations(arm: Arm) -> Iterator[tuple[str, Administration]]:
    """Every administration of the arm with the state, or the phase, that it stands in."""
    for phase in arm.phases:
        for item in phase.administrations:
            yield f"{TREATMENT}.{phase.key}", item
        for cycle in phase.cycles:
            for item in cycle.administrations:
                yield state_of(phase, cycle), item


def unclaimed(protocol: Protocol) -> Iterator[tuple[str, str, str]]:
    """Administrations that no item of the record accounts for: arm, state, key."""
    claimed = {
        (block.arm, found.state, found.administration.key)
        for block in BLOCKS
        for given in block.given
        for found in look_up(protocol, block, given)
    }
    for arm in protocol.arms:
        for state, item in administrations(arm):
            if (arm.key, state, item.key) not in claimed:
                yield arm.key, state, item.key
