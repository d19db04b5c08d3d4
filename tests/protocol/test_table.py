"""The flat table: what an arm's declarations come to, state by state and row by row."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from tests.toy import ARM, CONSOLIDATION, COUNTS, EXITS, INDUCTION, MAINTENANCE, RECORD, STEPS
from workflow.protocol.guards import CountsRecovered, PeriodEnded, WithinPeriod
from workflow.protocol.model import Arm, ByLabel, Purpose
from workflow.protocol.table import Kind, Table, Transition, resolve, state_of, table

TOY = table(ARM)


def arm(*, old: Any = None, **changes: Any) -> Arm:
    """The toy's arm with one phase changed."""
    return replace(ARM, phases=tuple(replace(p, **changes) if p is old else p for p in ARM.phases))


def row(source: str, trigger: str, flat: Table = TOY) -> Transition:
    return flat.by_trigger[source, trigger]


def guards(source: str, trigger: str, flat: Table = TOY) -> list[type]:
    return [type(guard) for guard in row(source, trigger, flat).guards]


# ── states ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_states_stand_in_the_order_of_the_path() -> None:
    assert [place.name for place in TOY.places] == [
        "screening",
        "enrolled",
        "treatment.induction.1",
        "treatment.consolidation.2",
        "treatment.consolidation.3",
        "treatment.maintenance.1",
        "treatment.maintenance.2",
        "treatment.maintenance.3",
        "follow_up.day_30",
        "follow_up.long_term",
        "off_study",
    ]


def test_the_first_state_is_the_initial_one() -> None:
    assert TOY.initial == "screening"


def test_a_cycle_is_named_by_its_number_not_by_its_position() -> None:
    place = TOY.by_name["treatment.maintenance.2"]
    assert place.cycle is not None
    assert (place.cycle.number, place.cycle.position) == (2, 5)
    assert place.title == "Maintenance, cycle 2"
    assert place.phase is MAINTENANCE


def test_a_state_that_waits_for_a_visit_carries_it() -> None:
    visit = TOY.by_name["follow_up.day_30"].visit
    assert visit is not None
    assert visit.days == 30


def test_only_the_last_state_is_final() -> None:
    assert [place.name for place in TOY.places if place.final] == ["off_study"]


# ── from cycle to cycle ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cycle_leads_to_the_next_of_its_phase() -> None:
    assert row("treatment.consolidation.2", "start_cycle").target == "treatment.consolidation.3"


def test_the_last_cycle_of_a_phase_leads_to_the_first_of_the_next() -> None:
    assert row("treatment.induction.1", "start_cycle").target == "treatment.consolidation.2"
    assert row("treatment.consolidation.3", "start_cycle").target == "treatment.maintenance.1"


def test_a_phase_may_lead_on_by_the_label_that_the_record_prints() -> None:
    cycles = tuple(replace(cycle, label=f"M{cycle.label}") for cycle in MAINTENANCE.cycles)
    labelled = arm(old=MAINTENANCE, cycles=cycles)
    labelled = replace(
        labelled,
        phases=(INDUCTION, replace(CONSOLIDATION, then=ByLabel("M2")), labelled.phases[2]),
    )
    assert row("treatment.consolidation.3", "start_cycle", table(labelled)).target == "treatment.maintenance.2"


def test_before_every_cycle_stand_the_guards_of_the_arm_and_the_cycle_s_own() -> None:
    assert row("treatment.induction.1", "start_cycle").guards == (*ARM.cycle_guards, COUNTS)
    assert row("treatment.consolidation.2", "start_cycle").guards == (*ARM.cycle_guards, COUNTS)
    assert row("treatment.consolidation.3", "start_cycle").guards == ARM.cycle_guards


def test_a_cycle_s_own_guards_also_stand_before_the_step_into_treatment() -> None:
    first = replace(INDUCTION.cycles[0], guards=(COUNTS,))
    flat = table(arm(old=INDUCTION, cycles=(first,)))
    step = next(step for step in STEPS if step.source == "enrolled")
    assert row("enrolled", "start_cycle", flat).guards == (*step.guards, COUNTS)


def test_a_phase_that_ends_by_the_calendar_starts_no_cycle_after_its_end() -> None:
    assert guards("treatment.maintenance.1", "start_cycle")[0] is WithinPeriod
    assert guards("treatment.maintenance.2", "start_cycle")[0] is WithinPeriod


def test_the_first_cycle_of_such_a_phase_is_not_bound_by_its_end() -> None:
    assert WithinPeriod not in guards("treatment.consolidation.3", "start_cycle")


# ── completion ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_treatment_is_complete_after_the_last_cycle() -> None:
    done = row("treatment.maintenance.3", "complete_treatment")
    assert done.target == "follow_up.day_30"
    assert done.guards == ARM.completes.guards
    assert ("treatment.maintenance.3", "start_cycle") not in TOY.by_trigger


def test_or_after_any_cycle_once_the_calendar_says_so() -> None:
    done = row("treatment.maintenance.1", "complete_treatment")
    assert done.guards[0] == PeriodEnded(RECORD, "maintenance", 1)
    assert done.guards[1:] == ARM.completes.guards


def test_without_an_end_by_the_calendar_only_the_last_cycle_completes() -> None:
    flat = table(arm(old=MAINTENANCE, end=None))
    assert [r.source for r in flat.transitions if r.trigger == "complete_treatment"] == ["treatment.maintenance.3"]


def test_no_earlier_phase_completes_treatment() -> None:
    assert ("treatment.consolidation.3", "complete_treatment") not in TOY.by_trigger


# ── exits ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_exit_declared_on_treatment_leaves_every_cycle() -> None:
    leaving = [r for r in TOY.transitions if r.trigger == "progression"]
    assert [r.source for r in leaving] == [place.name for place in TOY.places if place.cycle]
    assert {r.target for r in leaving} == {"follow_up.day_30"}
    assert {r.declared_on for r in leaving} == {"treatment"}


def test_an_exit_declared_on_a_state_is_declared_on_no_parent() -> None:
    assert row("screening", "withdraw").declared_on is None
    assert row("follow_up.day_30", "withdraw").declared_on == "follow_up"


def test_an_exit_keeps_its_codes_and_its_purpose() -> None:
    death = row("enrolled", "death")
    assert death.kind is Kind.EXIT
    assert death.codes == ("disease", "toxicity", "other")
    assert death.purpose is Purpose.DEATH


def test_an_exit_declared_on_one_phase_leaves_no_other() -> None:
    early = replace(EXITS[0], leaves=("treatment.induction",))
    flat = table(replace(ARM, exits=(early,)))
    assert [r.source for r in flat.transitions if r.kind is Kind.EXIT] == ["treatment.induction.1"]


def test_a_switch_to_a_phase_is_no_exit_from_that_phase() -> None:
    leaving = [r for r in TOY.transitions if r.trigger == "switch_to_maintenance"]
    assert [r.source for r in leaving] == [
        "treatment.induction.1",
        "treatment.consolidation.2",
        "treatment.consolidation.3",
    ]
    assert {r.target for r in leaving} == {"treatment.maintenance.1"}


def test_a_switch_asks_for_what_the_exit_says_and_no_more() -> None:
    flat = table(arm(old=MAINTENANCE, cycles=(replace(MAINTENANCE.cycles[0], guards=(COUNTS,)),)))
    assert CountsRecovered not in guards("treatment.induction.1", "switch_to_maintenance", flat)


def test_nothing_leaves_a_final_state() -> None:
    everywhere = tuple(replace(path, leaves=(*path.leaves, "off_study")) for path in EXITS)
    assert table(replace(ARM, exits=everywhere)).outgoing["off_study"] == ()


# ── look-ups ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_row_is_found_from_its_source() -> None:
    assert [r for place in TOY.places for r in TOY.outgoing[place.name]] == sorted(
        TOY.transitions, key=lambda r: [place.name for place in TOY.places].index(r.source)
    )


def test_of_two_rows_that_could_both_fire_the_first_is_found() -> None:
    flat = table(replace(ARM, steps=(*STEPS, replace(STEPS[0], target="off_study"))))
    assert row("screening", "register", flat).target == "enrolled"


def test_the_triggers_are_those_of_the_arm_each_once() -> None:
    declared = {step.trigger for step in STEPS} | {path.trigger for path in EXITS}
    assert set(TOY.triggers) == declared | {"start_cycle", "complete_treatment"}
    assert len(set(TOY.triggers)) == len(TOY.triggers)


def test_a_target_is_a_state_or_a_phase_or_a_label() -> None:
    assert resolve(ARM, "enrolled") == "enrolled"
    assert resolve(ARM, "consolidation") == state_of(CONSOLIDATION, CONSOLIDATION.cycles[0])
    assert resolve(ARM, ByLabel("3")) == "treatment.consolidation.3"  # the first that bears it


def test_a_target_that_does_not_exist_is_left_for_lint_to_find() -> None:
    flat = table(arm(old=CONSOLIDATION, then=ByLabel("9")))
    assert row("treatment.consolidation.3", "start_cycle", flat).target not in flat.by_name
