"""What is due next, and the rhythm of follow-up."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from tests.engine.case import Case, at, day, dose
from tests.library.desk import CONSOLIDATION, DAY_30, INDUCTION, LONG_TERM, MAINTENANCE, OFF_STUDY
from workflow.engine import due
from workflow.engine.answer import row_columns
from workflow.engine.chart import Chart, Under
from workflow.engine.course import Definition
from workflow.protocol.model import Window
from workflow.protocol.schedule import Interval

pytestmark = pytest.mark.usefixtures("either_toy")


def window(case: Case, on: date = date.max) -> Interval | None:
    return due.of_state(case.then(on))


@pytest.mark.parametrize("state", ["screening", "enrolled", OFF_STUDY])
def test_a_state_without_a_time_has_nothing_due(state: str) -> None:
    assert window(at(state)) is None


def test_a_cycle_of_21_to_28_days_opens_on_day_22_and_is_due_on_day_29() -> None:
    assert window(at(INDUCTION)) == Interval(day(22), day(29), day(29), day(29 + 42))


def test_a_cycle_counts_from_its_own_first_day() -> None:
    assert window(at(MAINTENANCE)) == Interval(day(127), day(127), day(127), day(127 + 42))


def test_what_was_due_on_a_day_is_what_its_state_waited_for() -> None:
    case = at(MAINTENANCE)
    assert window(case, day(84)) == Interval(day(78), day(85), day(85), day(85 + 42))
    assert window(case, day(85)) == window(case)


@pytest.mark.parametrize("state", ["screening", INDUCTION, MAINTENANCE, DAY_30, LONG_TERM])
def test_the_row_says_what_is_due_by_everything_that_stands(state: str) -> None:
    case = at(state)
    found = window(case)
    expected = (found.opens, found.due) if found is not None else (None, None)
    assert row_columns(case.definitions, case.chart) == (case.then().state, *expected)


def test_the_row_of_who_changed_protocols_says_what_is_due_by_the_one_of_the_last_step() -> None:
    case = at(CONSOLIDATION)
    arm = case.definition.protocol.arms[0]
    weekly = Window(earliest=7, due=7)
    phases = tuple(replace(p, cycles=tuple(replace(c, length=weekly) for c in p.cycles)) for p in arm.phases)
    later = Definition(replace(case.definition.protocol, edition=2, arms=(replace(arm, phases=phases),)))
    chart = case.chart
    under = (*chart.under, Under(day(20), 9, later.digest))
    moved = Chart(chart.arm, chart.enrolled_on, under, chart.steps)
    known = {case.definition.digest: case.definition, later.digest: later}
    assert row_columns(known.__getitem__, moved).due_on == day(29) + timedelta(days=7)


def test_follow_up_counts_from_the_end_of_treatment_where_no_dose_is_recorded() -> None:
    assert window(at(DAY_30)) == Interval(day(234), day(241), day(255))


def test_follow_up_counts_from_the_last_dose() -> None:
    case = at("treatment.maintenance.3")
    case.dose(day(190))
    case.dose(day(170))
    case.do("complete_treatment", day(211))
    assert window(case) == Interval(day(213), day(220), day(234))


@pytest.mark.parametrize(("on", "anchor"), [(day(168), day(211)), (day(169), day(169)), (day(170), day(170))])
def test_a_dose_anchors_follow_up_from_day_1_of_the_last_cycle_on(on: date, anchor: date) -> None:
    case = at("treatment.maintenance.3")
    case.dose(on)
    case.do("complete_treatment", day(211))
    assert due.anchor(case.then()) == anchor


def test_a_dose_told_late_moves_the_visit() -> None:
    case = at(DAY_30)
    case.dose(day(190))
    assert window(case) == Interval(day(213), day(220), day(234))


def test_a_dose_given_after_the_end_moves_the_visit_from_its_day_on() -> None:
    case = at(DAY_30)
    case.do(dose(), day(214), happened=True, reason=True)
    assert due.anchor(case.then(day(213))) == day(211)
    assert due.anchor(case.then(day(214))) == day(214)


def test_long_term_visits_come_every_four_months_from_the_anchor() -> None:
    case = at(LONG_TERM)
    assert case.then().treatment_to == date(2024, 8, 5)
    seen = []
    for _ in range(4):
        found = window(case)
        assert found is not None
        seen.append(found.due)
        case.do("visit", found.due, today=date(2027, 1, 1))
    assert seen == [date(2024, 12, 5), date(2025, 4, 5), date(2025, 8, 5), date(2025, 12, 5)]
    assert case.then().visits == 4


def test_a_visit_early_or_late_in_its_window_does_not_shift_the_next() -> None:
    early, late = at(LONG_TERM), at(LONG_TERM)
    early.do("visit", date(2024, 11, 21))
    late.do("visit", date(2025, 1, 2))
    assert window(early) == window(late)
    assert window(early) == Interval(date(2025, 3, 22), date(2025, 4, 5), date(2025, 5, 3))


@pytest.mark.parametrize(
    ("on", "then_due"), [(date(2025, 3, 21), date(2025, 4, 5)), (date(2025, 3, 22), date(2025, 8, 5))]
)
def test_a_visit_so_late_that_it_falls_in_the_next_window_stands_for_both(on: date, then_due: date) -> None:
    case = at(LONG_TERM)
    case.do("visit", on, reason=True)
    found = window(case)
    assert found is not None
    assert found.due == then_due


def test_the_day_of_the_month_is_kept_where_there_is_one() -> None:
    case = at("treatment.maintenance.3")
    case.do("complete_treatment", date(2024, 10, 31))
    case.do("visit", date(2024, 11, 30))
    first = window(case)
    case.do("visit", date(2025, 2, 28))
    second = window(case)
    assert first is not None
    assert second is not None
    assert (first.due, second.due) == (date(2025, 2, 28), date(2025, 6, 30))
