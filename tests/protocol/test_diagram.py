"""The Mermaid diagram: read back as a statechart, it says what the table says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from tests.toy import ARM, EXITS, MAINTENANCE, STATES
from workflow.protocol.diagram import mermaid
from workflow.protocol.model import Arm, Purpose
from workflow.protocol.table import Place, Table, table

END = "[*]"

# ── a reader of what we draw ───────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Chart:
    """A diagram, taken apart. The whole is the box without a name."""

    titles: dict[str, str] = field(default_factory=dict)
    parent: dict[str, str] = field(default_factory=dict)
    entry: dict[str, str] = field(default_factory=dict)
    arrows: list[tuple[str, str, str, list[str]]] = field(default_factory=list)  # box, from, to, triggers
    final: list[str] = field(default_factory=list)

    @property
    def leaves(self) -> list[str]:
        return [name for name in self.titles if name not in self.parent.values()]

    def follow(self, state: str, trigger: str) -> str | None:
        """The state that ``trigger`` leads to, by the arrows of the state and of the boxes around it."""
        item, ended = state, False
        while item:
            for box, source, target, triggers in self.arrows:
                by_end = not triggers or f"◎ {trigger}" in triggers
                if source != item or not (by_end if ended else trigger in triggers):
                    continue
                if target != END:
                    return self.enter(target)
                item, ended = box, True
                break
            else:
                if ended:
                    raise AssertionError(f"{trigger} from {state} ends in {item}, and nothing leads on from there")
                item = self.parent[item]
        return None

    def enter(self, item: str) -> str:
        return self.enter(self.entry[item]) if item in self.entry else item


def read(text: str) -> Chart:
    first, *lines = text.splitlines()
    assert first == "stateDiagram-v2"
    chart, boxes = Chart(), [""]
    for line in lines:
        assert line.startswith("    " * len(boxes)) or line.strip() == "}"
        if state := re.fullmatch(r'state "([^"]+)" as (\w+)( \{)?', line.strip()):
            title, name, opens = state.groups()
            assert name not in chart.titles
            chart.titles[name], chart.parent[name] = title, boxes[-1]
            boxes += [name] if opens else []
        elif arrow := re.fullmatch(r"(\[\*\]|\w+) --> (\[\*\]|\w+)(?:: (.+))?", line.strip()):
            source, target, label = arrow.groups()
            if source == END:
                chart.entry[boxes[-1]] = target
            elif target == END and label is None and source in chart.leaves:
                chart.final.append(source)
            else:
                chart.arrows.append((boxes[-1], source, target, label.split("<br/>") if label else []))
        elif line.strip() == "}":
            boxes.pop()
        else:
            assert line.strip() == "direction LR"
    assert boxes == [""]
    return chart


def drawn(chart: Chart, place: Place) -> str:
    """The drawn state that stands for ``place``."""
    name = place.name.replace(".", "__")
    if name in chart.leaves:
        return name
    phase = name.rpartition("__")[0]
    if phase in chart.leaves:
        return phase
    for leaf in chart.leaves:
        run = re.fullmatch(r"Cycles (\d+) to (\d+)", chart.titles[leaf])
        if run and chart.parent[leaf] == phase and int(run[1]) <= int(name.rpartition("__")[2]) <= int(run[2]):
            return leaf
    raise AssertionError(f"{place.name} is not drawn")


# ── arms to draw ───────────────────────────────────────────────────────────────────────────────────────────────────


def with_long_maintenance() -> Arm:
    cycles = tuple(replace(MAINTENANCE.cycles[0], number=n, position=3 + n, label=str(n)) for n in range(1, 27))
    return replace(ARM, phases=(*ARM.phases[:2], replace(MAINTENANCE, cycles=cycles)))


def with_an_exit_of_one_phase() -> Arm:
    """Treatment then ends by two ways, which lead to different states."""
    early = replace(EXITS[2], trigger="not_treated", leaves=("treatment.induction",), target="off_study")
    late = replace(EXITS[2], trigger="too_late", leaves=("treatment.consolidation.3",), target="follow_up.long_term")
    return replace(ARM, exits=(*EXITS, early, late))


def without_a_calendar_end() -> Arm:
    return replace(ARM, phases=(*ARM.phases[:2], replace(MAINTENANCE, end=None)))


def with_an_exit_from_the_middle_of_a_long_phase() -> Arm:
    arm = with_long_maintenance()
    stop = replace(EXITS[5], trigger="stop_early", leaves=("treatment.maintenance.12",), purpose=Purpose.OTHER)
    return replace(arm, exits=(*EXITS, stop))


ARMS = {
    "toy": ARM,
    "long maintenance": with_long_maintenance(),
    "an exit of one phase": with_an_exit_of_one_phase(),
    "no calendar end": without_a_calendar_end(),
    "an exit from the middle": with_an_exit_from_the_middle_of_a_long_phase(),
}


@pytest.fixture(params=ARMS)
def flat(request: pytest.FixtureRequest) -> Table:
    return table(ARMS[request.param])


@pytest.fixture(params=[True, False], ids=["cycles", "phases"])
def chart(request: pytest.FixtureRequest, flat: Table) -> Chart:
    return read(mermaid(flat, cycles=request.param))


# ── it is true ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_row_of_the_table_is_drawn(flat: Table, chart: Chart) -> None:
    for row in flat.transitions:
        source, target = drawn(chart, flat.by_name[row.source]), drawn(chart, flat.by_name[row.target])
        if row.source == row.target:
            assert f"↻ {row.trigger}" in chart.titles[source].split("<br/>")
        elif source != target:
            assert chart.follow(source, row.trigger) == target, row


def test_nothing_else_is_drawn(flat: Table, chart: Chart) -> None:
    rows = {(drawn(chart, flat.by_name[row.source]), row.trigger) for row in flat.transitions}
    for state in chart.leaves:
        for trigger in flat.triggers:
            if chart.follow(state, trigger) is not None:
                assert (state, trigger) in rows


def test_the_first_state_is_entered_and_the_final_one_left(flat: Table, chart: Chart) -> None:
    assert chart.entry[""] == "screening"
    assert chart.final == ["off_study"]


# ── it is readable ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_exit_declared_for_all_treatment_is_one_arrow() -> None:
    text = mermaid(table(with_long_maintenance()))
    assert text.count("progression") == 1
    assert text.count("complete_treatment") == 1


def test_a_long_run_of_like_cycles_is_drawn_as_one_state() -> None:
    chart = read(mermaid(table(with_long_maintenance())))
    titles = [title for name, title in chart.titles.items() if chart.parent[name] == "treatment__maintenance"]
    assert titles == ["Cycle 1", "Cycles 2 to 25", "Cycle 26"]


def test_a_cycle_that_leads_elsewhere_is_not_lost_in_the_run() -> None:
    chart = read(mermaid(table(with_an_exit_from_the_middle_of_a_long_phase())))
    titles = [title for name, title in chart.titles.items() if chart.parent[name] == "treatment__maintenance"]
    assert titles == ["Cycle 1", "Cycles 2 to 11", "Cycle 12", "Cycles 13 to 25", "Cycle 26"]


def test_a_short_run_is_drawn_in_full() -> None:
    chart = read(mermaid(table(ARM)))
    assert "Cycle 2" in [chart.titles[name] for name in chart.leaves if name.startswith("treatment__maintenance")]


def test_without_cycles_a_phase_is_one_state() -> None:
    chart = read(mermaid(table(ARM), cycles=False))
    inside = [title for name, title in chart.titles.items() if chart.parent[name] == "treatment"]
    assert inside == ["Induction<br/>cycle 1", "Consolidation<br/>cycles 2 to 3", "Maintenance<br/>cycles 1 to 3"]


def test_a_quotation_mark_in_a_title_does_not_end_it() -> None:
    states = (replace(STATES[0], title='The "first" state'), *STATES[1:])
    assert "The 'first' state" in read(mermaid(table(replace(ARM, states=states)))).titles.values()


def test_the_toy_by_its_phases() -> None:
    assert mermaid(table(ARM), cycles=False) == TOY


TREATMENT_EXITS = "progression<br/>relapse<br/>refractory<br/>unacceptable_toxicity<br/>transplant<br/>stop_treatment"
TOY = f"""\
stateDiagram-v2
    state "Screening" as screening
    state "Enrolled" as enrolled
    state "Treatment" as treatment {{
        direction LR
        state "Induction<br/>cycle 1" as treatment__induction
        state "Consolidation<br/>cycles 2 to 3" as treatment__consolidation
        state "Maintenance<br/>cycles 1 to 3" as treatment__maintenance
        [*] --> treatment__induction
        treatment__induction --> treatment__consolidation: start_cycle
        treatment__consolidation --> treatment__maintenance: start_cycle<br/>switch_to_maintenance
        treatment__maintenance --> [*]: complete_treatment
        treatment__induction --> treatment__maintenance: switch_to_maintenance
    }}
    state "Follow up" as follow_up {{
        direction LR
        state "Follow-up, day 30" as follow_up__day_30
        state "Long-term follow-up<br/>↻ visit" as follow_up__long_term
        [*] --> follow_up__day_30
        follow_up__day_30 --> follow_up__long_term: visit
        follow_up__long_term --> [*]: close_study
    }}
    state "Off study" as off_study
    [*] --> screening
    screening --> enrolled: register
    enrolled --> treatment: start_cycle
    follow_up --> off_study
    treatment --> follow_up
    treatment --> follow_up: {TREATMENT_EXITS}
    screening --> off_study: withdraw<br/>lost_to_follow_up<br/>death<br/>screen_failure
    enrolled --> off_study: withdraw<br/>lost_to_follow_up<br/>death
    treatment --> off_study: withdraw<br/>lost_to_follow_up<br/>death
    follow_up --> off_study: withdraw<br/>lost_to_follow_up<br/>death
    off_study --> [*]
"""
