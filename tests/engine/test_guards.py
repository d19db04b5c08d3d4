"""Each kind of guard: when it lets pass, when it says no, and what it then tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.engine.case import Case, at, codes, day, reason, with_guards
from tests.library.desk import CONSOLIDATION, DAY_30, ENROLLED, INDUCTION, LONG_TERM, MAINTENANCE, PATH
from tests.toy import RECORD, STUDY_END, TOY
from workflow.engine.decision import Outcome, Reason
from workflow.engine.guards import EVALUATE
from workflow.protocol import guards
from workflow.protocol.guards import NoProgression

REGISTERED = date(2024, 1, 3)


def screened() -> Case:
    return at("screening")


def before_cycle_2() -> Case:
    """In induction, with counts that allow the next cycle."""
    case = at(INDUCTION)
    case.counts(day(28))
    return case


def test_every_guard_that_a_protocol_can_declare_is_evaluated() -> None:
    assert set(EVALUATE) == set(guards.Guard.__args__)


def test_the_walk_passes_every_guard_of_the_path() -> None:
    assert at(LONG_TERM).chart.state == LONG_TERM


# ── consent ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_consent_nobody_is_registered() -> None:
    case = screened()
    case.eligible()
    decision = case.ask("register", REGISTERED)
    assert decision.outcome is Outcome.REFUSED
    assert decision.reasons == (
        Reason("consent.missing", "no informed consent is recorded", "record the consent", hard=True),
    )


def test_consent_to_another_version_does_not_count() -> None:
    case = screened()
    case.eligible()
    entry = case.consent(version="0")
    found = reason(case.ask("register", REGISTERED), "consent.version")
    assert "protocol version 0, the patient is under 1" in found.message
    assert found.lifted_by == "record a consent to version 1"
    assert (found.evidence, found.hard) == ((entry,), True)


def test_the_last_consent_counts() -> None:
    case = screened()
    case.eligible()
    case.consent(version="0")
    case.consent(version="1")
    assert case.ask("register", REGISTERED).allowed


def test_consent_dated_after_the_step_does_not_count() -> None:
    case = screened()
    case.eligible()
    entry = case.consent(REGISTERED + timedelta(days=1))
    found = reason(case.ask("register", REGISTERED), "consent.later")
    assert "2024-01-04" in found.message
    assert (found.evidence, found.hard) == ((entry,), True)


def test_a_later_consent_does_not_take_the_earlier_one_away() -> None:
    case = before_cycle_2()
    case.consent(day(40))
    assert case.ask("start_cycle", day(29)).allowed


def test_of_several_consents_after_the_step_the_first_is_named() -> None:
    case = screened()
    case.eligible()
    for days in (9, 5, 7):
        case.consent(REGISTERED + timedelta(days=days))
    assert "2024-01-08" in reason(case.ask("register", REGISTERED), "consent.later").message


def test_consent_on_the_day_of_the_step_counts() -> None:
    case = screened()
    case.eligible()
    case.consent(REGISTERED)
    assert case.ask("register", REGISTERED).allowed


# ── eligibility ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_eligibility_nobody_is_registered() -> None:
    case = screened()
    case.consent()
    assert codes(case.ask("register", REGISTERED)) == ["eligibility.missing"]


def test_a_failed_criterion_is_named() -> None:
    case = screened()
    case.consent()
    entry = case.eligible(IN02=False)
    found = reason(case.ask("register", REGISTERED), "eligibility.not_met")
    assert found == Reason(
        "eligibility.not_met", "not eligible: IN02", "the patient leaves as a screen failure", (entry,), hard=True
    )


def test_an_exclusion_that_applies_is_a_failed_criterion() -> None:
    case = screened()
    case.consent()
    case.eligible(EX01=True)
    assert "EX01" in reason(case.ask("register", REGISTERED), "eligibility.not_met").message


def test_an_unknown_answer_blocks_as_a_failed_one_does() -> None:
    case = screened()
    case.consent()
    case.eligible(EX01=None)
    found = reason(case.ask("register", REGISTERED), "eligibility.unknown")
    assert (found.message, found.hard) == ("not yet answered: EX01", True)


def test_what_was_not_answered_is_unknown() -> None:
    case = screened()
    case.consent()
    case.eligible(others=False)
    assert "IN02, EX01" in reason(case.ask("register", REGISTERED), "eligibility.unknown").message


def test_a_route_into_another_arm_takes_an_override() -> None:
    elsewhere = replace(TOY, arms=(replace(TOY.arms[0], routes=("IN09",)),))
    case = Case(elsewhere)
    case.consent()
    entry = case.eligible()
    found = reason(case.ask("register", REGISTERED), "eligibility.arm")
    assert found.message == "eligible by IN01, but arm A is entered by IN09"
    assert (found.evidence, found.hard) == ((entry,), False)
    assert case.ask("register", REGISTERED, override=True, reason=True).outcome is Outcome.OVERRIDDEN


def test_eligibility_dated_after_the_step_does_not_count() -> None:
    case = screened()
    case.consent()
    case.eligible(REGISTERED + timedelta(days=1))
    found = reason(case.ask("register", REGISTERED), "eligibility.later")
    assert ("2024-01-04" in found.message, found.hard) == (True, True)


def test_a_later_answer_does_not_change_the_one_of_the_day() -> None:
    case = screened()
    case.consent()
    case.eligible(ENROLLED)
    case.eligible(REGISTERED + timedelta(days=1), EX01=True)
    assert case.ask("register", REGISTERED).allowed
    assert codes(case.ask("register", REGISTERED + timedelta(days=1))) == ["eligibility.not_met"]


# ── progression ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("category", "kind"), [("PD", "progression"), ("REL", "relapse")])
def test_progression_and_relapse_end_the_cycles(category: str, kind: str) -> None:
    case = before_cycle_2()
    entry = case.response(day(20), category)
    found = reason(case.ask("start_cycle", day(29)), f"progression.{kind}")
    assert found.message == f"{kind} on {day(20)} ({category})"
    assert (found.evidence, found.hard) == ((entry,), True)


def test_progression_stands_whatever_comes_after_it() -> None:
    case = before_cycle_2()
    case.response(day(20), "PD")
    case.response(day(25), "CR")
    assert codes(case.ask("start_cycle", day(29))) == ["progression.progression"]


def test_progression_after_the_step_does_not_hold_it_back() -> None:
    case = before_cycle_2()
    case.response(day(30), "PD")
    assert case.ask("start_cycle", day(29)).allowed
    assert not case.ask("start_cycle", day(30)).allowed


def test_of_two_progressions_the_first_counts_in_whatever_order_they_are_told() -> None:
    case = before_cycle_2()
    case.response(day(40), "PD")
    case.response(day(20), "REL")
    assert codes(case.ask("start_cycle", day(29))) == ["progression.relapse"]


def test_the_disease_before_treatment_is_no_progression() -> None:
    case = at("enrolled")
    case.response(day(-2), "PD")
    case.do("start_cycle", day(1))
    case.counts(day(28))
    assert case.ask("start_cycle", day(29)).allowed


def test_progression_told_before_the_step_that_began_treatment_counts_all_the_same() -> None:
    case = at("enrolled")
    entry = case.response(day(20), "PD")
    case.do("start_cycle", day(1))
    case.counts(day(28))
    assert reason(case.ask("start_cycle", day(29)), "progression.progression").evidence == (entry,)


def test_no_response_after_induction_takes_an_override() -> None:
    case = before_cycle_2()
    entry = case.response(day(27), "NR")
    found = reason(case.ask("start_cycle", day(29)), "progression.no_response")
    assert found.message == f"no response on {day(27)} (NR)"
    assert (found.evidence, found.hard) == ((entry,), False)


def test_a_later_response_lifts_it() -> None:
    case = before_cycle_2()
    case.response(day(27), "NR")
    case.response(day(28), "CR")
    assert case.ask("start_cycle", day(29)).allowed


def test_no_response_is_of_no_matter_where_the_protocol_does_not_ask() -> None:
    case = screened()
    case.response(ENROLLED, "NR")
    open_to_all = with_guards("register", "screening", NoProgression(RECORD))
    other = Case(open_to_all)
    other.response(ENROLLED, "NR")
    assert other.ask("register", REGISTERED).allowed


# ── toxicity ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_event_declared_unacceptable_ends_the_cycles() -> None:
    case = before_cycle_2()
    entry = case.event(day(10), grade=2, unacceptable=True)
    found = reason(case.ask("start_cycle", day(29)), "toxicity.unacceptable")
    assert found.message == f"Nausea grade 2 (entry {entry}) was declared unacceptable"
    assert (found.evidence, found.hard) == ((entry,), True)


def test_unacceptable_is_unacceptable_when_it_resolved_too() -> None:
    case = before_cycle_2()
    entry = case.event(day(10), grade=2, unacceptable=True)
    case.news(entry, day(12), 2, resolved=day(12))
    assert codes(case.ask("start_cycle", day(29))) == ["toxicity.unacceptable"]


def test_grade_5_asks_for_the_death_to_be_recorded() -> None:
    case = before_cycle_2()
    entry = case.event(day(10), grade=5)
    found = reason(case.ask("start_cycle", day(29)), "toxicity.fatal")
    assert (found.lifted_by, found.evidence, found.hard) == ("record the death", (entry,), True)


def test_an_open_event_of_grade_3_takes_an_override() -> None:
    case = before_cycle_2()
    entry = case.event(day(10), grade=3)
    found = reason(case.ask("start_cycle", day(29)), "toxicity.open")
    assert found.message == f"Nausea grade 3 since {day(10)} (entry {entry}) is not resolved"
    assert "below grade 3" in found.lifted_by
    assert (found.evidence, found.hard) == ((entry,), False)


def test_every_open_event_is_a_reason_of_its_own() -> None:
    case = before_cycle_2()
    first, second = case.event(day(10)), case.event(day(11), "fever", 4)
    found = case.ask("start_cycle", day(29)).reasons
    assert [each.evidence for each in found] == [(first,), (second,)]


@pytest.mark.parametrize(
    "settled",
    [
        pytest.param({"grade": 2}, id="grade fell"),
        pytest.param({"grade": 3, "resolved": day(20)}, id="resolved"),
    ],
)
def test_an_event_that_resolved_or_fell_below_grade_3_lets_pass(settled: dict[str, object]) -> None:
    case = before_cycle_2()
    entry = case.event(day(10), grade=3)
    case.news(entry, day(20), **settled)  # type: ignore[arg-type]
    assert case.ask("start_cycle", day(29)).allowed


def test_an_event_due_to_no_agent_lets_pass() -> None:
    case = before_cycle_2()
    case.event(day(10), grade=4, attributed=())
    assert case.ask("start_cycle", day(29)).allowed


@pytest.mark.parametrize(("on", "allowed"), [(day(24), True), (day(25), False), (day(34), False), (day(35), True)])
def test_a_step_dated_inside_a_hold_is_held_back_though_the_hold_has_ended(on: date, allowed: bool) -> None:
    case = before_cycle_2()
    case.counts(day(22))
    case.counts(day(33))
    entry = case.hold(day(25))
    case.resume(day(35))
    decision = case.ask("start_cycle", on, reason=True)
    assert decision.allowed is allowed
    if not allowed:
        (reason,) = decision.reasons
        assert (reason.code, reason.evidence, reason.hard) == ("hold.then", (entry,), True)


def test_a_severe_event_whose_cause_nobody_has_judged_holds_the_cycle_back() -> None:
    case = before_cycle_2()
    entry = case.event(day(10), grade=3, attributed=None)
    (reason,) = case.ask("start_cycle", day(29)).reasons
    assert (reason.code, reason.evidence, reason.hard) == ("toxicity.unattributed", (entry,), False)
    case.news(entry, day(12), 3, attributed=())
    assert case.ask("start_cycle", day(29)).allowed


def test_a_low_count_that_nobody_has_judged_is_the_disease_s_as_often_as_not_and_lets_pass() -> None:
    case = before_cycle_2()
    case.event(day(10), "neutropenia", 4, attributed=None)
    assert case.ask("start_cycle", day(29)).allowed


def test_an_event_after_the_step_does_not_hold_it_back() -> None:
    case = before_cycle_2()
    case.event(day(30), grade=4, unacceptable=True)
    assert case.ask("start_cycle", day(29)).allowed


def test_without_an_open_grade_only_the_unacceptable_counts() -> None:
    case = at("enrolled")
    case.event(day(-1), grade=4)
    assert case.ask("start_cycle", day(1)).allowed


# ── counts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_counts_the_cycle_waits_for_them() -> None:
    decision = at(INDUCTION).ask("start_cycle", day(29))
    assert decision.reasons == (
        Reason("counts.missing", "no blood counts are recorded", f"counts taken from {day(22)} to {day(29)}"),
    )


@pytest.mark.parametrize(("taken", "allowed"), [(day(22), True), (day(21), False)])
def test_counts_hold_for_seven_days(taken: date, allowed: bool) -> None:
    case = at(INDUCTION)
    case.counts(taken)
    assert case.ask("start_cycle", day(29)).allowed is allowed


def test_old_counts_are_named_with_their_age() -> None:
    case = at(INDUCTION)
    entry = case.counts(day(20))
    found = reason(case.ask("start_cycle", day(29)), "counts.old")
    assert found.message == f"the latest counts, of {day(20)}, are 9 days old; they hold for 7 days"
    assert (found.evidence, found.hard) == ((entry,), False)


@pytest.mark.parametrize(
    ("anc", "platelets", "code", "said"),
    [
        ("0.99", "50", "counts.anc", "ANC 0.99 x10^9/L"),
        ("1.0", "49.9", "counts.platelets", "platelets 49.9 x10^9/L"),
    ],
)
def test_a_count_below_its_level_is_named(anc: str, platelets: str, code: str, said: str) -> None:
    case = at(INDUCTION)
    entry = case.counts(day(28), anc, platelets)
    (found,) = case.ask("start_cycle", day(29)).reasons
    assert found.code == code
    assert said in found.message
    assert (found.evidence, found.hard) == ((entry,), False)


def test_counts_at_their_levels_let_pass() -> None:
    case = at(INDUCTION)
    case.counts(day(28), "1", "50.0")
    assert case.ask("start_cycle", day(29)).allowed


def test_the_latest_counts_decide_in_whatever_order_they_are_told() -> None:
    case = at(INDUCTION)
    case.counts(day(28), anc="0.2")
    case.counts(day(25), anc="3.0")
    assert codes(case.ask("start_cycle", day(29))) == ["counts.anc"]


def test_of_two_counts_of_one_day_the_one_told_last_decides() -> None:
    case = at(INDUCTION)
    case.counts(day(28), anc="0.2")
    case.counts(day(28), anc="2.0")
    assert case.ask("start_cycle", day(29)).allowed


def test_counts_taken_after_the_step_neither_help_nor_hinder() -> None:
    case = at(INDUCTION)
    case.counts(day(30))
    assert codes(case.ask("start_cycle", day(29))) == ["counts.missing"]
    case.counts(day(28))
    case.counts(day(31), anc="0.1")
    assert case.ask("start_cycle", day(29)).allowed


# ── hold ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hold_stops_the_cycles_and_cannot_be_overridden() -> None:
    case = before_cycle_2()
    entry = case.hold(day(20))
    found = reason(case.ask("start_cycle", day(29), override=True, reason=True), "hold.open")
    assert found == Reason("hold.open", f"on hold since {day(20)} (infection)", "resume the patient", (entry,), True)


def test_resumed_the_patient_goes_on() -> None:
    case = before_cycle_2()
    case.hold(day(20))
    case.resume(day(25))
    assert case.ask("start_cycle", day(29)).allowed


def test_a_hold_that_began_after_the_step_does_not_hold_it_back() -> None:
    case = before_cycle_2()
    case.hold(day(30))
    assert case.ask("start_cycle", day(29)).allowed


def test_the_end_of_treatment_ends_the_hold() -> None:
    case = before_cycle_2()
    case.hold(day(20))
    case.do("stop_treatment", day(25), code="physician")
    assert case.chart.hold is None


# ── is it time ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cycle_opens_on_day_22() -> None:
    case = at(INDUCTION)
    case.counts(day(20))
    found = reason(case.ask("start_cycle", day(21)), "interval.early")
    assert found.message == f"opens on {day(22)}, day 22 of the cycle that began on {day(1)}: 1 day too early"
    assert (found.lifted_by, found.hard) == (f"wait until {day(22)}", False)
    assert case.ask("start_cycle", day(22)).allowed


def test_a_cycle_on_the_day_it_is_due_is_not_late() -> None:
    assert before_cycle_2().ask("start_cycle", day(29)) == (Outcome.ALLOWED, INDUCTION, CONSOLIDATION, (), 0)


def test_a_late_cycle_needs_a_reason() -> None:
    case = before_cycle_2()
    decision = case.ask("start_cycle", day(31))
    found = reason(decision, "interval.late")
    assert found.message == f"was due by {day(29)}: 2 days late, and no reason is given"
    assert not found.hard


def test_with_a_reason_it_is_allowed_and_the_delay_is_kept() -> None:
    decision = before_cycle_2().ask("start_cycle", day(31), reason=True)
    assert (decision.outcome, decision.delay) == (Outcome.ALLOWED, 2)


def test_completing_treatment_late_needs_no_reason_and_the_delay_is_kept() -> None:
    case = at("treatment.maintenance.3")
    decision = case.ask("complete_treatment", day(220))
    assert (decision.outcome, decision.delay) == (Outcome.ALLOWED, 9)


def test_a_window_of_one_day_is_early_before_and_late_after() -> None:
    case = at(MAINTENANCE)
    assert codes(case.ask("start_cycle", day(126))) == ["interval.early"]
    assert case.ask("start_cycle", day(127)).allowed
    assert codes(case.ask("start_cycle", day(128))) == ["interval.late"]


# ── visits ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_visit_opens_seven_days_before_day_30() -> None:
    case = at(DAY_30)
    found = reason(case.ask("visit", day(233)), "interval.early")
    assert f"the visit due {day(241)}, counted from {day(211)}" in found.message
    assert case.ask("visit", day(234)).allowed


def test_a_visit_after_its_window_needs_a_reason() -> None:
    case = at(DAY_30)
    assert case.ask("visit", day(255)).allowed
    assert codes(case.ask("visit", day(256))) == ["interval.late"]
    assert case.ask("visit", day(256), reason=True).delay == 1


# ── the calendar ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_calendar_phase_starts_no_cycle_after_its_end() -> None:
    case = at(MAINTENANCE)
    end = date(2025, 4, 1)  # a year from day(85)
    assert day(85).replace(year=2025) == end
    found = reason(case.ask("start_cycle", end, reason=True), "period.over")
    assert found.message == "maintenance ended on 2025-04-01: the cycle that ran then was its last"
    assert found.hard
    assert case.ask("start_cycle", end - timedelta(days=1), reason=True).allowed


def test_a_calendar_phase_is_not_completed_before_its_end() -> None:
    case = at(MAINTENANCE)
    found = reason(case.ask("complete_treatment", date(2025, 3, 31)), "period.running")
    assert (found.message, found.hard) == ("maintenance lasts until 2025-04-01", True)
    assert case.ask("complete_treatment", date(2025, 4, 1)).allowed


def test_the_last_cycle_is_completed_whatever_the_date() -> None:
    assert at("treatment.maintenance.3").ask("complete_treatment", day(211)).allowed


def test_a_phase_entered_early_runs_from_its_own_first_day() -> None:
    case = at(CONSOLIDATION)
    case.do("switch_to_maintenance", day(40), code="infections")
    assert case.chart.phase_from == day(40)
    assert codes(case.ask("complete_treatment", day(400))) == ["period.running"]


def test_closing_the_study_waits_for_its_end() -> None:
    case = at(LONG_TERM)
    found = reason(case.ask("close_study", STUDY_END - timedelta(days=1), today=STUDY_END), "not_before.early")
    assert (found.message, found.lifted_by) == ("the study's end is on 2030-12-31", "wait until 2030-12-31")
    assert case.ask("close_study", STUDY_END, today=STUDY_END).allowed


# ── dates, far out ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("on", [date.min, date.max])
@pytest.mark.parametrize("state", ["screening", *(state for state, _, _ in PATH)])
def test_a_guard_has_an_answer_for_every_date(state: str, on: date) -> None:
    case = at(state)
    for row in case.definition.table("A").outgoing[state]:
        decision = case.ask(row.trigger, on, code=row.codes[0] if row.codes else None, reason=True)
        assert set(codes(decision)) & {"dates.before_study", "dates.future"}
