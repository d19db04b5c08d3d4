"""The chart: a fold of the entries, kept as one text."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.case import DEFINITION, Case, at, day
from tests.library.desk import CONSOLIDATION, DAY_30, INDUCTION, LONG_TERM, MAINTENANCE, OFF_STUDY
from workflow.engine import chart as charts
from workflow.engine.chart import KEPT_ASSESSMENTS, KEPT_DAYS, Chart, EndedHold
from workflow.protocol.table import Kind

STATES = [place.name for place in DEFINITION.table("A").places]


# ── where the patient stands ───────────────────────────────────────────────────────────────────────────────────────


def test_treatment_is_dated_from_its_first_cycle() -> None:
    case = at(CONSOLIDATION)
    assert (case.chart.treatment_from, case.chart.cycle_from, case.chart.phase_from) == (day(1), day(29), day(29))


def test_the_phase_is_dated_from_its_first_cycle() -> None:
    case = at("treatment.consolidation.3")
    assert (case.chart.phase_from, case.chart.cycle_from) == (day(29), day(57))


def test_leaving_treatment_ends_the_phase_and_keeps_the_first_day_of_the_last_cycle() -> None:
    case = at(DAY_30)
    assert (case.chart.treatment_to, case.chart.phase_from) == (day(211), None)
    assert case.chart.cycle_from == day(169)
    assert not case.chart.on_treatment


def test_an_exit_is_kept_with_its_coded_reason() -> None:
    case = at(INDUCTION)
    case.do("stop_treatment", day(9), code="physician")
    assert (case.chart.left_by, case.chart.left_code) == ("stop_treatment", "physician")


def test_the_date_of_death_is_kept() -> None:
    case = at(INDUCTION)
    case.do("death", day(9), code="disease")
    assert case.chart.died_on == day(9)


# ── adverse events ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_resolved_event_leaves_the_chart() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5))
    case.news(entry, day(9), 1, resolved=day(9))
    assert case.chart.toxicities == []


def test_an_unacceptable_event_stays_though_it_resolved() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), unacceptable=True)
    case.news(entry, day(9), 1, resolved=day(9))
    (kept,) = case.chart.toxicities
    assert (kept.entry, kept.grade, kept.unacceptable, kept.open) == (entry, 1, True, False)


def test_news_of_a_resolved_event_do_not_open_it_again() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), unacceptable=True)
    case.news(entry, day(9), 1, resolved=day(9))
    case.news(entry, day(10), 2)
    (kept,) = case.chart.toxicities
    assert (kept.grade, kept.open) == (2, False)


def test_news_keep_the_events_onset_and_entry() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5))
    case.news(entry, day(9), 4)
    (kept,) = case.chart.toxicities
    assert (kept.entry, kept.on, kept.grade) == (entry, day(5), 4)


def test_unacceptable_once_is_unacceptable_from_then_on() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), unacceptable=True)
    case.news(entry, day(9), 2, unacceptable=False)
    assert case.chart.toxicities[0].unacceptable


# ── what is kept ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_old_counts_drop_out() -> None:
    case = at(INDUCTION)
    case.counts(day(1))
    case.counts(day(1 + KEPT_DAYS))
    assert len(case.chart.counts) == 2
    case.counts(day(2 + KEPT_DAYS))
    assert [counts.on for counts in case.chart.counts] == [day(1 + KEPT_DAYS), day(2 + KEPT_DAYS)]


def test_the_latest_assessments_are_kept() -> None:
    case = at(INDUCTION)
    for number in range(KEPT_ASSESSMENTS + 3):
        case.response(day(5 + number), "CR")
    assert [seen.on for seen in case.chart.assessments] == [day(8 + number) for number in range(KEPT_ASSESSMENTS)]


def test_a_progression_is_kept_however_many_assessments_follow() -> None:
    case = at(INDUCTION)
    case.response(day(4), "PD")
    for number in range(KEPT_ASSESSMENTS + 3):
        case.response(day(5 + number), "CR")
    assert case.chart.progression is not None
    assert case.chart.progression.on == day(4)


# ── the text ───────────────────────────────────────────────────────────────────────────────────────────────────────


def busy(state: str) -> Case:
    """A patient with something in every field."""
    case = at(state)
    since = case.chart.since
    case.event(since, unacceptable=True)
    case.event(since, "liver_injury", 2, attributed=("alpha", "beta"))
    case.response(since, "CR")
    case.response(since, "PD")
    case.counts(since)
    if case.chart.treatment_from is not None:
        case.dose(since)
        case.dose(since, "beta")
    case.hold(since)
    return case


@pytest.mark.parametrize("state", STATES)
def test_what_is_written_is_what_is_read(state: str) -> None:
    for case in (at(state), busy(state)):
        text = charts.dumps(case.chart)
        assert charts.loads(text) == case.chart
        assert charts.dumps(charts.loads(text)) == text


def test_nothing_in_a_chart_escapes_the_text() -> None:
    case = busy(LONG_TERM)
    case.do("visit", date(2025, 1, 4))
    case.do("death", date(2025, 2, 1), code="other")
    missing = set(Chart.__slots__) - set(json.loads(charts.dumps(case.chart)))
    assert missing == {"phase_from", "ended_holds", "ended_code"}  # left behind by steps; completed without a code


def test_what_ended_treatment_stays_when_another_exit_is_taken_later() -> None:
    case = at(INDUCTION)
    case.do("relapse", day(20), code="marrow")
    case.do("death", day(60), code="other")
    chart = case.chart
    assert (chart.ended_by, chart.ended_code) == ("relapse", "marrow")
    assert (chart.left_by, chart.left_code) == ("death", "other")


def test_an_ended_hold_is_kept_until_a_step_leaves_it_behind() -> None:
    case = at(INDUCTION)
    entry = case.hold(day(10))
    case.resume(day(20))
    assert charts.loads(charts.dumps(case.chart)).ended_holds == [EndedHold(entry, day(10), day(20))]
    case.counts(day(28))
    case.do("start_cycle", day(29))
    assert case.chart.ended_holds == []


def test_the_text_of_a_new_patient_holds_what_there_is() -> None:
    assert charts.dumps(Case().chart) == (
        '{"version":"1","arm":"A","state":"screening","since":"2024-01-01","enrolled_on":"2024-01-01"}'
    )


def test_facts_do_not_share_what_they_were_told() -> None:
    """A list in an entry's payload must not become the chart's: the next fact would change the entry."""
    case = at(INDUCTION)
    told = case.told(day(5))
    case.fold(charts.ADVERSE_EVENT, day(5), told)
    kept = case.chart.toxicities[0].attributed
    assert kept == ["beta"]
    kept.append("alpha")
    assert told["attributed"] == ["beta"]


# ── the fold ───────────────────────────────────────────────────────────────────────────────────────────────────────

FACTS = st.lists(
    st.tuples(st.sampled_from(["event", "news", "counts", "response", "dose", "hold", "resume"]), st.integers(1, 90)),
    max_size=12,
)


def folded(facts: list[tuple[str, int]], *, through_text: bool) -> str:
    case = at(CONSOLIDATION)
    for what, number in facts:
        on = day(number)
        match what:
            case "event":
                case.event(on, grade=1 + number % 5, unacceptable=number % 7 == 0)
            case "news" if case.chart.toxicities:
                case.news(case.chart.toxicities[0].entry, on, 1 + number % 5, resolved=on if number % 2 else None)
            case "counts":
                case.counts(on, anc=f"{number}.5")
            case "response":
                case.response(on, ["CR", "NR", "PD", "REL"][number % 4])
            case "dose":
                case.dose(on, ["alpha", "beta"][number % 2])
            case "hold":
                case.hold(on)
            case "resume":
                case.resume(on)
        if through_text:
            case.chart = charts.loads(charts.dumps(case.chart))
    return charts.dumps(case.chart)


@given(FACTS)
def test_the_same_entries_fold_to_the_same_text_kept_or_read_anew_each_time(facts: list[tuple[str, int]]) -> None:
    assert folded(facts, through_text=False) == folded(facts, through_text=True)


@pytest.mark.parametrize("state", STATES)
def test_every_transition_folds_to_its_target(state: str) -> None:
    for row in DEFINITION.table("A").outgoing[state]:
        case = at(state)
        code = row.codes[0] if row.codes else None
        case.fold(row.trigger, case.chart.since, target=row.target, code=code)
        assert case.chart.state == row.target
        assert case.chart.on_treatment is row.target.startswith("treatment.")
        assert (case.chart.left_by == row.trigger) is (row.kind is Kind.EXIT)


def test_a_repeated_visit_is_counted_and_the_first_is_not() -> None:
    case = at(LONG_TERM)
    assert case.chart.visits == 0
    case.do("visit", date(2024, 12, 5))
    assert case.chart.visits == 1


def test_the_final_state_is_no_treatment() -> None:
    assert not at(OFF_STUDY).chart.on_treatment
    assert at(MAINTENANCE).chart.on_treatment
