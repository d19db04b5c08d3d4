"""The decision as a whole: the order of steps, dates, roles, overrides, exits, and what a refusal lists."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.engine.case import (
    DEFINITION,
    TODAY,
    Case,
    at,
    back,
    codes,
    counts,
    day,
    dose,
    event,
    hold,
    lifted_by,
    news,
    reason,
    response,
    resume,
    said,
    there,
)
from tests.library.desk import CONSOLIDATION, DAY_30, ENROLLED, INDUCTION, LONG_TERM, MAINTENANCE, OFF_STUDY
from tests.toy import TOY
from workflow.engine import stored
from workflow.engine.answer import Answer, answer, forward, possibilities
from workflow.engine.decision import Decision, Enrolment, Outcome, Reason, Strength, Void
from workflow.engine.facts.consent import Consent
from workflow.engine.guards.always import action_of
from workflow.errors import InvalidInput
from workflow.protocol.table import Transition

pytestmark = pytest.mark.usefixtures("either_toy")

SOFT, HARD, NEVER = Strength
TABLE = DEFINITION.table("A")
STATES = [place.name for place in TABLE.places]
EXITS = [row for row in TABLE.transitions if row.kind == "exit"]
NO_GUARD = ("switch_to_maintenance",)  # the one exit that goes on with treatment, and has its conditions
ROLES = ["coordinator", "investigator", "auditor", "administrator"]


# ── the order of steps ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", STATES)
def test_from_every_state_only_the_tables_triggers_lead_on(state: str) -> None:
    case = at(state)
    here = {row.trigger for row in TABLE.outgoing[state]}
    for trigger in TABLE.triggers:
        code = "sequence.final" if state == OFF_STUDY else "sequence.not_from_here"
        assert (code in codes(case.ask(trigger, TODAY))) is (trigger not in here)


def test_out_of_sequence_tells_what_leads_on_from_here() -> None:
    found = reason(at("screening").ask("visit", TODAY), "sequence.not_from_here")
    assert said(found) == "visit does not lead on from screening"
    assert lifted_by(found) == "from here: register, withdraw, lost_to_follow_up, death, screen_failure"
    assert found.strength is NEVER


def test_from_a_final_state_nothing_leads_on() -> None:
    found = reason(at(OFF_STUDY).ask("start_cycle", TODAY), "sequence.final")
    assert found == Reason("sequence.final", {"state": "off_study"}, NEVER)
    assert said(found) == "off_study is final: nothing leads on from it"


def test_out_of_sequence_is_said_together_with_the_rest() -> None:
    decision = at("screening").ask("start_cycle", TODAY + timedelta(days=1), role="auditor")
    assert codes(decision) == ["sequence.not_from_here", "role.not_permitted", "dates.future"]


def test_what_leads_on_from_here_is_said_of_the_day_that_is_asked_about() -> None:
    case = at(CONSOLIDATION)
    assert reason(case.ask("register", day(28)), "sequence.not_from_here").args["state"] == INDUCTION
    assert reason(case.ask("register", day(29)), "sequence.not_from_here").args["state"] == CONSOLIDATION


# ── all the reasons ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refusal_lists_every_reason_with_its_evidence() -> None:
    case = at(INDUCTION)
    low = case.counts(day(5), anc="0.5", platelets="20")
    progression = case.response(day(6), "PD")
    declared = case.event(day(7), grade=4, unacceptable=True)
    held = case.hold(day(8))
    unfit = case.eligible(day(9), EX01=True)
    decision = case.ask("start_cycle", day(15), role="coordinator", override=True)
    assert [(r.code, r.evidence, r.strength) for r in decision.reasons] == [
        ("role.not_permitted", (), NEVER),
        ("override.reason", (), NEVER),
        ("eligibility.not_met_since", (unfit,), SOFT),
        ("progression.progression", (progression,), HARD),
        ("toxicity.unacceptable", (declared,), HARD),
        ("hold.open", (held,), HARD),
        ("interval.early", (), SOFT),
        ("counts.old", (low,), SOFT),
        ("counts.anc", (low,), SOFT),
        ("counts.platelets", (low,), SOFT),
    ]
    assert (decision.outcome, decision.source, decision.target) == (Outcome.REFUSED, INDUCTION, None)


def test_a_refusal_changes_nothing() -> None:
    case = at(INDUCTION)
    found = case.answer("start_cycle", day(15))
    assert (found.decision.outcome, found.chart, found.columns) == (Outcome.REFUSED, case.chart, None)


def test_an_answer_leaves_the_chart_that_it_was_asked_about_as_it_was() -> None:
    case = at(INDUCTION)
    before = stored.dumps(case.chart)
    for trigger in TABLE.triggers:
        case.ask(trigger, day(29), override=True, reason=True)
    case.ask(event(unacceptable=True), day(9))
    assert stored.dumps(case.chart) == before


# ── overrides ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_investigator_passes_soft_guards_with_a_reason() -> None:
    case = at(INDUCTION)
    decision = case.ask("start_cycle", day(20), override=True, reason=True)
    assert (decision.outcome, decision.target) == (Outcome.OVERRIDDEN, CONSOLIDATION)
    assert codes(decision) == ["interval.early", "counts.missing"]
    assert decision.deviations == ()


def test_without_a_reason_in_words_there_is_no_override() -> None:
    decision = at(INDUCTION).ask("start_cycle", day(20), override=True)
    assert decision.outcome is Outcome.REFUSED
    assert said(reason(decision, "override.reason")) == "an override needs a reason"


def test_a_coordinator_does_not_override() -> None:
    decision = at(INDUCTION).ask("start_cycle", day(20), role="coordinator", override=True, reason=True)
    assert decision.outcome is Outcome.REFUSED
    found = reason(decision, "role.not_permitted")
    assert (found.args["action"], found.strength) == ("override", NEVER)


def test_an_override_that_was_not_needed_is_an_allowed_step() -> None:
    case = at(INDUCTION)
    case.counts(day(28))
    assert case.ask("start_cycle", day(29), override=True, reason=True).outcome is Outcome.ALLOWED


@pytest.mark.parametrize("spoil", ["hold", "progression", "fatal", "future", "sequence"])
def test_a_hard_reason_is_never_overridden(spoil: str) -> None:
    case = at(INDUCTION)
    case.counts(day(28))
    trigger, on = "start_cycle", day(29)
    match spoil:
        case "hold":
            case.hold(day(10))
        case "progression":
            case.response(day(10), "PD")
        case "fatal":
            case.event(day(10), grade=5)
        case "future":
            on = TODAY + timedelta(days=1)
        case "sequence":
            trigger = "register"
    assert case.ask(trigger, on, override=True, reason=True).outcome is Outcome.REFUSED


# ── what happened all the same ─────────────────────────────────────────────────────────────────────────────────────


def test_a_dose_that_hard_reasons_speak_against_is_kept_as_a_deviation_when_it_was_given() -> None:
    case = at(INDUCTION)
    case.response(day(10), "PD")
    assert case.ask(dose(), day(11), override=True, reason=True).outcome is Outcome.REFUSED
    decision = case.do(dose(), day(11), happened=True, reason=True, role="coordinator")
    assert (decision.outcome, decision.deviations) == (Outcome.DEVIATED, ("after_progression",))
    assert codes(decision) == ["progression.progression"]
    assert case.then().last_dose_on == day(11)


def test_a_step_that_was_taken_against_hard_reasons_is_taken() -> None:
    case = before_cycle_2()
    case.hold(day(20))
    case.counts(day(28), anc="0.4")
    decision = case.do("start_cycle", day(29), happened=True, reason=True)
    assert (decision.outcome, decision.target) == (Outcome.DEVIATED, CONSOLIDATION)
    assert decision.deviations == ("while_held", "counts_not_recovered")


def test_each_kind_of_deviation_is_named_once() -> None:
    case = at(INDUCTION)
    case.counts(day(28), anc="0.4", platelets="10")
    case.hold(day(20))
    case.hold(day(21))
    decision = case.ask("start_cycle", day(29), happened=True, reason=True)
    assert decision.deviations == ("while_held", "counts_not_recovered")


def test_what_nothing_speaks_against_is_allowed_though_it_is_said_to_have_happened() -> None:
    assert at(INDUCTION).ask(dose(), day(2), happened=True, reason=True).outcome is Outcome.ALLOWED


def test_what_happened_needs_a_reason() -> None:
    decision = at(INDUCTION).ask(dose(), day(0), happened=True)
    assert (decision.outcome, codes(decision)[0]) == (Outcome.REFUSED, "happened.reason")


@pytest.mark.parametrize(("role", "permitted"), [("coordinator", False), ("investigator", True)])
def test_who_may_say_that_a_step_happened_is_what_the_protocol_permits(role: str, permitted: bool) -> None:
    decision = before_cycle_2().ask("start_cycle", day(20), happened=True, reason=True, role=role)
    assert decision.allowed is permitted


def test_what_cannot_be_did_not_happen() -> None:
    decision = at(INDUCTION).ask("start_cycle", TODAY + timedelta(days=1), happened=True, reason=True)
    assert decision.outcome is Outcome.REFUSED


def test_only_steps_and_doses_happen_against_the_rules() -> None:
    case = at(INDUCTION)
    for fact in (counts(), event(), response("CR"), hold()):
        assert codes(case.ask(fact, day(5), happened=True, reason=True)) == ["happened.not_this"]
    for what in (dose(), "stop_treatment"):
        assert case.ask(what, day(5), code="patient", happened=True, reason=True).allowed


# ── roles ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("trigger", TABLE.triggers)
@pytest.mark.parametrize("role", ROLES)
def test_who_may_ask_is_what_the_protocol_permits(trigger: str, role: str) -> None:
    source = next(row.source for row in TABLE.transitions if row.trigger == trigger)
    decision = at(source).ask(trigger, TODAY, role=role)
    assert ("role.not_permitted" in codes(decision)) is (role not in DEFINITION.roles[trigger])


@pytest.mark.parametrize("role", ROLES)
def test_who_may_record_a_fact_or_take_it_back_is_what_the_protocol_permits(role: str) -> None:
    case = at(INDUCTION)
    taken = case.counts(day(3))
    for what in (counts(), event(), dose(), hold(), response("CR"), Void(taken, "")):
        decision = case.ask(what, day(5), role=role)
        asked = case.proposal(what, day(5)).what
        assert ("role.not_permitted" in codes(decision)) is (role not in DEFINITION.roles[action_of(asked)])


def test_a_role_that_may_not_ask_is_told_who_may() -> None:
    found = reason(at(INDUCTION).ask("transplant", day(9), role="coordinator"), "role.not_permitted")
    assert said(found) == "a person in the role of coordinator may not ask for transplant"
    assert lifted_by(found) == "ask a person in the role of investigator"


def test_what_nobody_is_permitted_nobody_may_ask_for() -> None:
    case = Case(replace(TOY, permissions=()))
    found = reason(case.ask("register", TODAY), "role.not_permitted")
    assert (found.args["roles"], lifted_by(found)) == ([], "ask a person in the role of nobody")


def test_without_a_role_the_answer_is_the_protocols_alone() -> None:
    case = at(INDUCTION)
    case.counts(day(28))
    assert case.ask("start_cycle", day(29), role=None).allowed


def test_only_an_investigator_declares_an_event_unacceptable_or_stops_an_agent() -> None:
    case = at(INDUCTION)
    entry = case.event(day(4))
    for told in (event(unacceptable=True, stops=("alpha",)), news(entry, unacceptable=True, stops=("alpha",))):
        decision = case.ask(told, day(5), role="coordinator")
        assert [r.args["action"] for r in decision.reasons] == ["declare_unacceptable", "stop_agent"]
        assert case.ask(told, day(5), role="investigator").allowed


# ── dates ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_happens_in_the_future() -> None:
    found = reason(at("screening").ask("withdraw", TODAY + timedelta(days=1), code="withdrawn"), "dates.future")
    assert said(found) == "2025-06-16 is in the future; today is 2025-06-15"
    assert found.strength is NEVER
    assert at("screening").ask("withdraw", TODAY, code="withdrawn").allowed


def test_an_event_does_not_resolve_in_the_future() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5))
    for told in (event(resolved=TODAY + timedelta(days=1)), news(entry, resolved=TODAY + timedelta(days=1))):
        assert reason(case.ask(told, day(6)), "dates.future").args["on"] == "2025-06-16"
    assert case.ask(news(entry, resolved=TODAY), day(6)).allowed


def test_nothing_happens_before_the_study_began() -> None:
    case = at("screening")
    assert "dates.before_study" in codes(case.ask(counts(), date(2019, 12, 31)))
    assert case.ask(counts(), date(2020, 1, 1)).allowed


def test_a_step_is_not_dated_before_the_step_before_it() -> None:
    found = reason(at(INDUCTION).ask("withdraw", day(0), code="withdrawn"), "dates.before_previous")
    assert said(found) == f"{day(0)} is before the previous step on {day(1)} (treatment.induction.1)"
    assert found.strength is NEVER
    assert at(INDUCTION).ask("withdraw", day(1), code="withdrawn").allowed


def test_the_first_step_is_not_dated_before_the_enrolment() -> None:
    case = at("screening")
    found = reason(case.ask("withdraw", ENROLLED - timedelta(days=1), code="withdrawn"), "dates.before_previous")
    assert (found.args["state"], found.evidence) == ("screening", (1,))
    assert case.ask("withdraw", ENROLLED, code="withdrawn").allowed


def test_a_fact_may_be_dated_before_the_last_step() -> None:
    assert at(CONSOLIDATION).ask(counts("1", "1"), day(5)).allowed


# ── exits ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "row", [row for row in EXITS if row.trigger not in NO_GUARD], ids=lambda r: f"{r.trigger} {r.source}"
)
def test_an_exit_is_never_held_back_by_how_the_patient_is(row: Transition) -> None:
    case = at(row.source)
    on = case.since
    for given in case.chart.of(Consent):
        case.chart = case.chart.without(given.entry)
    case.hold(on)
    case.event(on, grade=5, unacceptable=True)
    case.eligible(on, EX01=True)
    case.response(on, "PD")
    case.counts(on, "0.1", "5")
    decision = case.ask(row.trigger, on, code=row.codes[0])
    assert (decision.outcome, decision.target) == (Outcome.ALLOWED, row.target)


def test_the_early_switch_to_maintenance_is_treatment_and_has_its_conditions() -> None:
    case = at(CONSOLIDATION)
    case.response(day(30), "PD")
    assert codes(case.ask("switch_to_maintenance", day(40), code="infections")) == ["progression.progression"]


def test_from_maintenance_there_is_no_switch_to_it() -> None:
    assert ("treatment.maintenance.1", "switch_to_maintenance") not in TABLE.by_trigger


# ── enrolment ──────────────────────────────────────────────────────────────────────────────────────────────────────


def enrolled(on: date = ENROLLED, role: str = "coordinator", **more: Any) -> Answer:
    case = at("screening")
    asked = case.proposal("register", on, role=role, **more)
    what = Enrolment("P1", there("A"), case.definition.digest)
    return answer(case.definitions, None, replace(asked, what=what, entry=1))


def test_an_enrolment_leads_to_the_arms_first_state() -> None:
    found = enrolled()
    assert back(found.decision) == Decision(Outcome.ALLOWED, None, "screening")
    assert found.chart == Case().chart
    assert found.columns == (there("screening"), None, None)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"role": "auditor"}, "role.not_permitted"),
        ({"on": TODAY + timedelta(days=1)}, "dates.future"),
        ({"on": date(2019, 12, 31)}, "dates.before_study"),
        ({"happened": True, "reason": True}, "happened.not_this"),
    ],
)
def test_an_enrolment_is_refused_for_the_role_the_dates_and_the_mode(asked: dict[str, Any], code: str) -> None:
    found = enrolled(**asked)
    assert (codes(found.decision), found.decision.target, found.chart) == ([code], None, None)


@pytest.mark.parametrize("on", [TODAY, date(2020, 1, 1)])
def test_an_enrolment_is_allowed_from_the_study_s_first_day_to_today(on: date) -> None:
    assert enrolled(on).decision.allowed


def test_without_an_enrolment_there_is_nothing_to_ask_about() -> None:
    case = Case()
    with pytest.raises(ValueError, match="no enrolment before it"):
        answer(case.definitions, None, case.proposal("register", TODAY))


# ── doses ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def before_cycle_2() -> Case:
    case = at(INDUCTION)
    case.counts(day(28))
    return case


def test_a_dose_is_given_within_treatment() -> None:
    case = at(INDUCTION)
    assert case.ask(dose(), day(1)).allowed
    assert reason(case.ask(dose(), day(0)), "dose.before_treatment").strength is HARD
    assert codes(at("enrolled").ask(dose(), day(1))) == ["dose.before_treatment"]
    case.do("stop_treatment", day(10), code="patient")
    assert case.ask(dose(), day(10)).allowed
    assert reason(case.ask(dose(), day(11)), "dose.after_treatment").strength is HARD


def test_an_agent_of_no_arm_is_not_given() -> None:
    more = (*TOY.agents, replace(TOY.agents[0], key="gamma", title="Gamma", abbreviations=()))
    case = at(INDUCTION, replace(TOY, agents=more))
    found = reason(case.ask(dose("gamma"), day(2)), "dose.not_in_arm")
    assert (found.args, found.strength) == ({"agent": "gamma", "arm": "A"}, HARD)
    assert case.ask(dose("gamma"), day(2), happened=True, reason=True).deviations == ("wrong_agent",)


def test_who_left_before_treatment_is_given_no_dose() -> None:
    case = at("screening")
    left = case.seq + 1
    case.do("withdraw", ENROLLED, code="withdrawn")
    assert "dose.after_treatment" not in codes(case.ask(dose(), ENROLLED))
    found = reason(case.ask(dose(), ENROLLED + timedelta(days=1)), "dose.after_treatment")
    assert found.evidence == (left,)


@pytest.mark.parametrize("category", ["PD", "REL"])
def test_a_dose_may_be_given_on_the_day_of_progression_and_not_the_day_after(category: str) -> None:
    case = at(INDUCTION)
    entry = case.response(day(10), category)
    assert case.ask(dose(), day(10)).allowed
    (found,) = case.ask(dose(), day(11)).reasons
    assert (found.code.partition(".")[0], found.strength, found.evidence) == ("progression", HARD, (entry,))


@pytest.mark.parametrize(("second", "lifted"), [("NR", False), ("PD", False), ("CR", True)])
def test_another_bad_assessment_opens_no_dose_of_its_day(second: str, lifted: bool) -> None:
    case = at(INDUCTION)
    case.response(day(20), "NR")
    case.response(day(25), second)
    assert codes(case.ask(dose(), day(24))) == ["progression.no_response"]
    assert codes(case.ask(dose(), day(25))) == ([] if lifted else ["progression.no_response"])


def test_a_dose_after_no_response_takes_an_override() -> None:
    case = at(INDUCTION)
    case.response(day(10), "NR")
    assert case.ask(dose(), day(10)).allowed
    assert reason(case.ask(dose(), day(11)), "progression.no_response").strength is SOFT
    assert case.ask(dose(), day(11), override=True, reason=True).outcome is Outcome.OVERRIDDEN


@pytest.mark.parametrize("told", [{"grade": 5}, {"grade": 2, "unacceptable": True}])
def test_no_dose_from_the_day_of_a_fatal_or_unacceptable_event_on(told: dict[str, Any]) -> None:
    case = at(INDUCTION)
    entry = case.event(day(10), attributed=(), **told)
    assert case.ask(dose(), day(9)).allowed
    for on in (day(10), day(11)):
        (found,) = case.ask(dose(), on).reasons
        assert (found.code.partition(".")[0], found.strength, found.evidence) == ("toxicity", HARD, (entry,))


def test_a_dose_from_the_day_on_that_a_criterion_is_found_not_met_takes_an_override() -> None:
    case = at(INDUCTION)
    entry = case.eligible(day(10), EX01=True)
    assert case.ask(dose(), day(9)).allowed
    for on in (day(10), day(11)):
        (found,) = case.ask(dose(), on).reasons
        assert (found.code, found.strength, found.evidence) == ("eligibility.not_met_since", SOFT, (entry,))


def test_an_agent_stopped_for_good_is_not_given_from_that_day_on() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), "liver_injury", 1, attributed=())
    found = reason(case.ask(dose(), day(5)), "dose.discontinued")
    assert said(found) == f"Alpha was stopped for good on {day(5)}"
    assert (found.evidence, found.strength) == ((entry,), HARD)
    assert case.ask(dose(), day(4)).allowed


def test_a_held_agent_is_given_only_with_an_override() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), grade=3)
    for on in (day(5), day(6)):
        found = reason(case.ask(dose("beta"), on), "dose.held")
        assert said(found) == f"Beta is held since {day(5)}"
        assert (found.evidence, found.strength) == ((entry,), SOFT)
    assert case.ask(dose("beta"), day(6), override=True, reason=True).outcome is Outcome.OVERRIDDEN
    assert case.ask(dose("alpha"), day(6)).allowed
    assert case.ask(dose("beta"), day(4)).allowed


@pytest.mark.parametrize(("on", "allowed"), [(day(4), True), (day(5), False), (day(8), False), (day(9), True)])
def test_a_dose_while_the_patient_is_on_hold_takes_an_override(on: date, allowed: bool) -> None:
    case = at(INDUCTION)
    entry = case.hold(day(5))
    case.resume(day(9))
    decision = case.ask(dose(), on)
    assert decision.allowed is allowed
    assert [(r.code, r.strength, r.evidence) for r in decision.reasons] == (
        [] if allowed else [("hold.open", SOFT, (entry,))]
    )


# ── other facts ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_news_are_of_an_event_that_stands() -> None:
    case = at(INDUCTION)
    other = case.counts(day(3))
    for entry in (other, 99):
        assert codes(case.ask(news(entry, 2), day(5))) == ["adverse_event.unknown"]


def test_news_are_not_dated_before_the_onset() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5))
    found = reason(case.ask(news(entry, 2), day(4)), "adverse_event.before_onset")
    assert (found.strength, found.evidence) == (NEVER, (entry,))
    assert codes(case.ask(news(entry, resolved=day(4)), day(9))) == ["adverse_event.before_onset"]
    assert case.ask(news(entry, 2), day(5)).allowed
    assert case.ask(news(entry, resolved=day(5)), day(5)).allowed


def test_a_mild_event_hides_no_severe_one() -> None:
    case = before_cycle_2()
    case.event(day(5), grade=1, attributed=("alpha",))
    severe = case.event(day(6), grade=4, attributed=("alpha",))
    assert reason(case.ask("start_cycle", day(29)), "toxicity.open").evidence == (severe,)


def test_of_two_grades_of_a_day_of_which_one_has_no_time_the_worse_counts() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), grade=1)
    case.news(entry, day(9), 4)
    case.news(entry, day(9), 1, at="18:00")
    assert case.then().events[0].grade == 4


def test_another_grade_of_the_day_does_not_undo_that_an_event_is_open_again() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5))
    case.news(entry, day(8), resolved=day(8))
    case.news(entry, day(10), 3, reopened=True)
    case.news(entry, day(10), 2)
    assert case.then().events[0].open


def test_news_do_not_contradict_themselves() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), grade=2)
    with pytest.raises(InvalidInput, match="before it was grade 4"):
        case.ask(news(entry, 4, resolved=day(8)), day(9))
    assert codes(case.ask(news(entry, 5, resolved=day(9)), day(9))) == ["adverse_event.fatal_resolved"]
    assert case.ask(news(entry, 4, resolved=day(9)), day(9)).allowed


def test_an_event_that_was_open_again_can_turn_fatal() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5))
    case.news(entry, day(8), resolved=day(8))
    assert codes(case.ask(news(entry, 5), day(12))) == ["adverse_event.ended"]
    assert case.copy().ask(news(entry, 5, reopened=True), day(12)).allowed
    case.news(entry, day(10), 3, reopened=True)
    assert case.ask(news(entry, 5), day(12)).allowed
    case.news(entry, day(12), 5)
    assert case.then().events[0].fatal
    assert codes(case.ask(news(entry, resolved=day(13)), day(13))) == ["adverse_event.fatal_resolved"]


def test_an_event_opens_again_and_ends_in_one_saying() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5))
    case.news(entry, day(8), resolved=day(8))
    case.do(news(entry, 4, resolved=day(12), reopened=True), day(10))
    course = [(point.day, point.open) for point in case.then().events[0].course]
    assert course == [(day(5), True), (day(8), False), (day(10), True), (day(12), False)]


def test_what_opens_an_event_again_is_not_taken_back_under_what_came_after() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5))
    case.news(entry, day(8), resolved=day(8))
    opened = case.news(entry, day(10), 3, reopened=True)
    assert case.ask(Void(opened, ""), day(20)).allowed
    worse = case.news(entry, day(12), 4)
    found = reason(case.ask(Void(opened, ""), day(20)), "correct.referred_to")
    assert found.evidence == (worse,)
    assert case.ask(Void(worse, ""), day(20)).allowed


def test_nor_is_it_under_an_end_of_the_same_day() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), resolved=day(7))
    opened = case.news(entry, day(9), 3, reopened=True)
    ended = case.news(entry, day(9), resolved=day(9))
    assert reason(case.ask(Void(opened, ""), day(9)), "correct.referred_to").evidence == (ended,)


@pytest.mark.parametrize(
    ("more", "action"), [({"unacceptable": True}, "declare_unacceptable"), ({"stops": ("alpha",)}, "stop_agent")]
)
def test_an_investigators_word_is_taken_back_by_who_may_say_it(more: dict[str, Any], action: str) -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), **more)
    found = reason(case.ask(Void(entry, ""), day(9), role=there("coordinator")), "role.not_permitted")
    assert found.args["action"] == action


def test_a_hold_is_put_again_on_the_day_that_it_was_resumed() -> None:
    case = at(INDUCTION)
    first = case.hold(day(5))
    case.resume(day(5), first)
    case.do(hold(), day(5))
    assert case.then(day(6)).hold is not None
    assert codes(case.ask(hold(), day(5))) == ["hold.already"]


def test_a_hold_is_not_put_twice_and_another_one_is() -> None:
    case = at(INDUCTION)
    entry = case.hold(day(5))
    assert reason(case.ask(hold(), day(5)), "hold.already").evidence == (entry,)
    assert case.ask(hold("counts"), day(5)).allowed
    assert case.ask(hold(), day(6)).allowed
    assert case.ask(hold(), day(4)).allowed


def test_a_hold_of_the_day_that_treatment_ended_may_be_typed_before_the_end_and_after_it() -> None:
    case = at(INDUCTION)
    case.do("stop_treatment", day(9), code="physician")
    assert case.ask(hold(), day(9)).allowed
    (found,) = case.ask(hold(), day(10)).reasons
    assert (found.code, found.strength, found.evidence) == ("hold.no_treatment", NEVER, (case.seq,))


def test_a_hold_is_resumed_once_and_not_before_it_began() -> None:
    case = at(INDUCTION)
    assert codes(case.ask(resume(), day(5))) == ["resume.none"]
    entry = case.hold(day(5))
    assert reason(case.ask(resume(), day(4)), "resume.before").evidence == (entry,)
    assert case.ask(resume(), day(5)).allowed
    ended = case.resume(day(7))
    again = reason(case.ask(resume(entry), day(9)), "resume.already")
    assert (again.evidence, again.strength) == ((ended, entry), NEVER)


@pytest.mark.parametrize("state", [DAY_30, LONG_TERM, OFF_STUDY])
def test_after_treatment_there_is_nothing_to_hold(state: str) -> None:
    assert reason(at(state).ask(hold(), TODAY), "hold.no_treatment").args == {"ended": f"{day(211)}"}


@pytest.mark.parametrize("state", STATES)
def test_an_adverse_event_is_recorded_wherever_the_patient_stands(state: str) -> None:
    case = at(state)
    assert case.ask(event(), case.since).allowed
    assert case.ask(event(), case.since + timedelta(days=1), today=date(2026, 1, 1)).allowed


# ── looking ahead ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_trigger_from_here_is_answered_as_it_would_be_when_asked() -> None:
    case = at(INDUCTION)
    asked = case.proposal("register", day(20))
    found = possibilities(case.definition, case.chart, asked)
    assert len(found) == len(TABLE.outgoing[INDUCTION])
    for each, row in zip(found, TABLE.outgoing[INDUCTION], strict=True):
        code = row.codes[0] if len(row.codes) == 1 else None
        assert back(each.decision) == case.ask(row.trigger, day(20), code=code)


def leads_to(case: Case, on: date) -> str | None:
    found = forward(case.definition, case.chart, case.proposal("register", on))
    return found.transition.trigger if found is not None else None


def test_the_step_forward_is_the_next_cycle_while_the_calendar_runs_and_completion_after() -> None:
    case = at(MAINTENANCE)
    assert leads_to(case, date(2025, 3, 31)) == there("start_cycle")
    assert leads_to(case, date(2025, 4, 1)) == there("complete_treatment")


def test_in_long_term_follow_up_the_step_forward_is_the_visit() -> None:
    assert leads_to(at(LONG_TERM), TODAY) == there("visit")


def test_from_a_final_state_no_step_leads_forward() -> None:
    assert leads_to(at(OFF_STUDY), TODAY) is None
