"""The protocol against the record: every item stands in it as printed, and nothing stands in it besides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from workflow.protocol.model import (
    Administration,
    Arm,
    Continuously,
    Cycle,
    InfusionTime,
    OnDays,
    Optional,
    Phase,
    Protocol,
    Route,
    Source,
    SourceKind,
    Window,
)
from workflow.protocol.table import state_of, table
from workflow.trials import find
from workflow.trials.nct01371630 import coverage
from workflow.trials.nct01371630.coverage.document import markdown
from workflow.trials.nct01371630.coverage.row import Row
from workflow.trials.nct01371630.coverage.treatment import administrations
from workflow.trials.nct01371630.record.treatment import BLOCKS

PROTOCOL = find("2025-12-18")
ROWS = tuple(coverage.rows(PROTOCOL))
GIVEN = tuple((arm.key, state, item.key) for arm in PROTOCOL.arms for state, item in administrations(arm))
DOCUMENT = Path(__file__).parents[2] / "docs" / "record.md"


# ── as it is ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.place}: {row.says}")
def test_an_item_of_the_record_stands_in_the_protocol_as_printed(row: Row) -> None:
    assert row.found


def test_the_protocol_has_nothing_that_the_record_does_not_say() -> None:
    assert coverage.gaps(PROTOCOL) == ()


def test_the_items_are_all_that_the_record_prints() -> None:
    drugs = {(block.arm, block.place): len(block.given) for block in BLOCKS}
    assert drugs == {
        ("I", "cycles 1, 3, 7 and 9"): 8,  # inotuzumab twice: cycle 1 and cycle 3
        ("I", "cycles 2, 4, 8 and 10"): 6,
        ("I", "cycles 5-8"): 3,  # dexamethasone twice: cycle 5 and cycles 6-8
        ("I", "maintenance"): 5,
        ("II", "cycles 1, 3 and 5"): 8,
        ("II", "cycles 2, 4 and 6"): 7,
        ("II", "maintenance"): 5,
        ("III", "induction (cycle 1)"): 5,
        ("III", "intrathecal prophylaxis"): 4,
        ("III", "consolidation (cycles 2-5)"): 3,
    }


def test_the_document_is_current() -> None:
    """``make docs`` writes it anew."""
    assert markdown(PROTOCOL) in DOCUMENT.read_text()


def test_every_reading_named_in_the_document_is_one() -> None:
    assert {reading for row in ROWS for reading in row.readings} <= {r.id for r in PROTOCOL.readings}


# ── each arm's path, written out ───────────────────────────────────────────────────────────────────────────────────


def test_arm_i_gives_every_printed_course_once_and_in_order() -> None:
    assert path("I") == [
        ("treatment.induction.1", 1, "1"),
        ("treatment.consolidation.2", 2, "2"),
        ("treatment.consolidation.3", 3, "3"),
        ("treatment.consolidation.4", 4, "4"),
        ("treatment.blinatumomab.5", 5, "5"),
        ("treatment.blinatumomab.6", 6, "6"),
        ("treatment.blinatumomab.7", 7, "7"),
        ("treatment.blinatumomab.8", 8, "8"),
        ("treatment.late_consolidation.9", 9, "7"),
        ("treatment.late_consolidation.10", 10, "8"),
        ("treatment.late_consolidation.11", 11, "9"),
        ("treatment.late_consolidation.12", 12, "10"),
        *((f"treatment.maintenance.{number}", 12 + number, str(number)) for number in range(1, 27)),
    ]


def test_arm_ii_gives_six_courses_then_maintenance() -> None:
    assert path("II") == [
        ("treatment.induction.1", 1, "1"),
        *((f"treatment.consolidation.{number}", number, str(number)) for number in range(2, 7)),
        *((f"treatment.maintenance.{number}", 6 + number, str(number)) for number in range(1, 27)),
    ]


def test_arm_iii_gives_five_courses_and_no_maintenance() -> None:
    assert path("III") == [
        ("treatment.induction.1", 1, "1"),
        *((f"treatment.consolidation.{number}", number, str(number)) for number in range(2, 6)),
    ]


def path(key: str) -> list[tuple[str, int, str]]:
    """The cycles from the first dose to the end of treatment, as the steps forward lead through them."""
    flat = table(arm_of(PROTOCOL, key))
    state, seen = flat.by_trigger["enrolled", "start_cycle"].target, []
    while True:
        cycle = flat.by_name[state].cycle
        assert cycle is not None
        seen.append((state, cycle.position, cycle.label))
        following = flat.by_trigger.get((state, "start_cycle"))
        if following is None:
            assert flat.by_trigger[state, "complete_treatment"].target == "follow_up.day_30"
            return seen
        state = following.target


def test_blinatumomab_of_cycles_5_to_8_is_printed_to_day_29_and_runs_for_28_days() -> None:
    phase = arm_of(PROTOCOL, "I").phase("blinatumomab")
    assert phase is not None
    for cycle in phase.cycles:
        infusion = cycle.administrations[0]
        assert (infusion.printed, infusion.timing) == ("1-29", Continuously(first_day=1, days=28))


def test_what_is_printed_otherwise_than_it_is_read_names_the_reading() -> None:
    for arm in PROTOCOL.arms:
        for _, item in administrations(arm):
            assert not item.printed or item.readings


# ── with something changed: the comparison notices ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("given", GIVEN, ids=" ".join)
def test_a_removed_administration_is_noticed(given: tuple[str, str, str]) -> None:
    assert any("not found as printed" in gap for gap in coverage.gaps(changed(given, None)))


CHANGES: dict[str, dict[str, Any]] = {
    "another agent": {"agent": "vincristine"},
    "another route": {"route": Route.PO},
    "once a day": {"timing": OnDays((1, 2, 3))},
    "one day less": {"timing": OnDays((1, 2), times_a_day=2)},
    "no infusion time": {"steps": ()},
    "an exact infusion time": {"steps": (InfusionTime(180, 180),)},
    "optional": {"optional": Optional("at will", Source(SourceKind.JUDGEMENT, "none"))},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_administration_is_noticed_from_both_sides(change: dict[str, Any]) -> None:
    gaps = coverage.gaps(changed(("I", "treatment.induction.1", "cyclophosphamide"), change))
    assert any("not found as printed" in gap for gap in gaps)
    assert "Arm I, treatment.induction.1: cyclophosphamide is not in the record" in gaps


def test_an_added_administration_is_noticed() -> None:
    extra = Administration("prednisone", "prednisone", Route.PO, OnDays((1,)), Source(SourceKind.JUDGEMENT, "none"))

    def add(cycle: Cycle) -> Cycle:
        return replace(cycle, administrations=(*cycle.administrations, extra))

    gaps = coverage.gaps(with_cycles("III", "consolidation", add))
    assert "Arm III, treatment.consolidation.5: prednisone is not in the record" in gaps


def test_another_length_of_the_cycles_is_noticed() -> None:
    gaps = coverage.gaps(with_cycles("II", "consolidation", lambda c: replace(c, length=Window(21, 28))))
    assert "Arm II, cycles 2, 4 and 6: a cycle every 28 days: not found as printed" in gaps


def test_a_missing_cycle_is_noticed() -> None:
    protocol = with_phase("I", "late_consolidation", lambda p: replace(p, cycles=p.cycles[:-1]))
    assert "Arm I, cycles 2, 4, 8 and 10: a cycle every 21-28 days: not found as printed" in coverage.gaps(protocol)


def test_another_figure_in_a_criterion_is_noticed() -> None:
    criteria = tuple(replace(c, text=c.text.replace("45", "54")) if c.id == "IN02C4" else c for c in PROTOCOL.criteria)
    assert any("comorbidity 4" in gap for gap in coverage.gaps(replace(PROTOCOL, criteria=criteria)))


def test_a_missing_criterion_is_noticed() -> None:
    for left_out in PROTOCOL.criteria:
        criteria = tuple(c for c in PROTOCOL.criteria if c is not left_out)
        assert coverage.gaps(replace(PROTOCOL, criteria=criteria)), left_out.id


# ── changing one thing of a frozen protocol ────────────────────────────────────────────────────────────────────────


def arm_of(protocol: Protocol, key: str) -> Arm:
    arm = protocol.arm(key)
    assert arm is not None
    return arm


def with_phase(arm_key: str, phase_key: str, change: Any) -> Protocol:
    arm = arm_of(PROTOCOL, arm_key)
    phases = tuple(change(phase) if phase.key == phase_key else phase for phase in arm.phases)
    arms = tuple(replace(arm, phases=phases) if other is arm else other for other in PROTOCOL.arms)
    return replace(PROTOCOL, arms=arms)


def with_cycles(arm_key: str, phase_key: str, change: Any) -> Protocol:
    return with_phase(arm_key, phase_key, lambda phase: replace(phase, cycles=tuple(change(c) for c in phase.cycles)))


def changed(given: tuple[str, str, str], change: dict[str, Any] | None) -> Protocol:
    """The protocol with one administration changed, or, with None, left out."""
    arm_key, state, key = given

    def edit(items: tuple[Administration, ...]) -> tuple[Administration, ...]:
        if change is None:
            return tuple(item for item in items if item.key != key)
        return tuple(replace(item, **change) if item.key == key else item for item in items)

    def in_phase(phase: Phase) -> Phase:
        if state == f"treatment.{phase.key}":
            return replace(phase, administrations=edit(phase.administrations))
        return replace(
            phase,
            cycles=tuple(
                replace(cycle, administrations=edit(cycle.administrations))
                if state_of(phase, cycle) == state
                else cycle
                for cycle in phase.cycles
            ),
        )

    return with_phase(arm_key, state.split(".")[1], in_phase)
