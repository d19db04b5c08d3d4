"""The decision as a whole: the order of steps, dates, roles, overrides, exits, and what a refusal lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.engine.case import DEFINITION, TODAY, Case, at, codes, day, reason
from tests.library.desk import CONSOLIDATION, DAY_30, ENROLLED, INDUCTION, LONG_TERM, MAINTENANCE, OFF_STUDY
from tests.toy import TOY
from workflow.engine import chart as charts
from workflow.engine.answer import decide_enrolment, forward, possibilities
from workflow.engine.decision import Outcome, Proposal, Reason

TABLE = DEFINITION.table("A")
STATES = [place.name for place in TABLE.places]
EXITS = [row for row in TABLE.transitions if row.kind == "exit"]
NO_GUARD = ("switch_to_maintenance",)  # the one exit that goes on with treatment, and has its conditions


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
    assert found.message == "visit does not lead on from screening"
    assert found.lifted_by == "from here: register, withdraw, lost_to_follow_up, death, screen_failure"
    assert found.hard


def test_from_a_final_state_nothing_leads_on() -> None:
    found = reason(at(OFF_STUDY).ask("start_cycle", TODAY), "sequence.final")
    assert found == Reason("sequence.final", "off_study is final: nothing leads on from it", "nothing", hard=True)


def test_out_of_sequence_is_said_together_with_the_rest() -> None:
    decision = at("screening").ask("start_cycle", TODAY + timedelta(days=1), role="auditor")
    assert codes(decision) == ["sequence.not_from_here", "role.not_permitted", "dates.future"]


# ── all the reasons ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refusal_lists_every_reason_with_its_evidence() -> None:
    case = at(INDUCTION)
    low = case.counts(day(5), anc="0.5", platelets="20")
    progression = case.response(day(6), "PD")
    declared = case.event(day(7), grade=4, unacceptable=True)
    held = case.hold(day(8))
    decision = case.ask("start_cycle", day(15), role="coordinator", override=True)
    assert [(r.code, r.evidence, r.hard) for r in decision.reasons] == [
        ("role.override", (), True),
        ("override.reason", (), True),
        ("progression.progression", (progression,), True),
        ("toxicity.unacceptable", (declared,), True),
        ("hold.open", (held,), True),
        ("interval.early", (), False),
        ("counts.old", (low,), False),
        ("counts.anc", (low,), False),
        ("counts.platelets", (low,), False),
    ]
    assert (decision.outcome, decision.source, decision.target) == (Outcome.REFUSED, INDUCTION, None)


def test_every_reason_says_something_and_what_would_lift_it() -> None:
    case = at(INDUCTION)
    case.hold(day(3))
    for reason_ in case.ask("start_cycle", day(15)).reasons:
        assert reason_.code.count(".") == 1
        assert reason_.message
        assert reason_.lifted_by
        assert reason_.message[-1] != "."


def test_a_decision_leaves_the_chart_as_it_was() -> None:
    case = at(INDUCTION)
    before = charts.dumps(case.chart)
    for trigger in TABLE.triggers:
        case.ask(trigger, day(29))
    assert charts.dumps(case.chart) == before


# ── overrides ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_investigator_passes_soft_guards_with_a_reason() -> None:
    case = at(INDUCTION)
    decision = case.ask("start_cycle", day(20), override=True, reason=True)
    assert (decision.outcome, decision.target) == (Outcome.OVERRIDDEN, CONSOLIDATION)
    assert codes(decision) == ["interval.early", "counts.missing"]


def test_without_a_reason_in_words_there_is_no_override() -> None:
    decision = at(INDUCTION).ask("start_cycle", day(20), override=True)
    assert decision.outcome is Outcome.REFUSED
    assert reason(decision, "override.reason").message == "an override needs a reason"


def test_a_coordinator_does_not_override() -> None:
    decision = at(INDUCTION).ask("start_cycle", day(20), role="coordinator", override=True, reason=True)
    assert decision.outcome is Outcome.REFUSED
    assert reason(decision, "role.override").hard


def test_an_override_that_was_not_needed_is_an_allowed_step() -> None:
    case = at(INDUCTION)
    case.counts(day(28))
    assert case.ask("start_cycle", day(29), override=True, reason=True).outcome is Outcome.ALLOWED


@pytest.mark.parametrize("spoil", ["hold", "progression", "future", "sequence"])
def test_a_hard_reason_is_never_overridden(spoil: str) -> None:
    case = at(INDUCTION)
    case.counts(day(28))
    trigger, on = "start_cycle", day(29)
    match spoil:
        case "hold":
            case.hold(day(10))
        case "progression":
            case.response(day(10), "PD")
        case "future":
            on = TODAY + timedelta(days=1)
        case "sequence":
            trigger = "register"
    assert case.ask(trigger, on, override=True, reason=True).outcome is Outcome.REFUSED


# ── roles ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("trigger", TABLE.triggers)
@pytest.mark.parametrize("role", ["coordinator", "investigator", "auditor", "administrator"])
def test_who_may_ask_is_what_the_protocol_permits(trigger: str, role: str) -> None:
    source = next(row.source for row in TABLE.transitions if row.trigger == trigger)
    decision = at(source).ask(trigger, TODAY, role=role)
    assert ("role.not_permitted" in codes(decision)) is (role not in DEFINITION.roles[trigger])


def test_a_role_that_may_not_ask_is_told_who_may() -> None:
    found = reason(at(INDUCTION).ask("transplant", day(9), role="coordinator"), "role.not_permitted")
    assert found.message == "a person in the role of coordinator may not ask for transplant"
    assert found.lifted_by == "ask a person in the role of investigator"


def test_what_nobody_is_permitted_nobody_may_ask_for() -> None:
    case = Case(replace(TOY, permissions=()))
    assert reason(case.ask("register", TODAY), "role.not_permitted").lifted_by == "ask a person in the role of nobody"


def test_without_a_role_the_answer_is_the_protocols_alone() -> None:
    case = at(INDUCTION)
    case.counts(day(28))
    assert case.ask("start_cycle", day(29), role=None).allowed


# ── dates ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_happens_in_the_future() -> None:
    found = reason(at("screening").ask("withdraw", TODAY + timedelta(days=1)), "dates.future")
    assert (found.message, found.hard) == ("2025-06-16 is in the future; today is 2025-06-15", True)
    assert at("screening").ask("withdraw", TODAY).allowed


def test_nothing_happens_before_the_study_began() -> None:
    case = at("screening")
    assert "dates.before_study" in codes(case.ask("counts", date(2019, 12, 31), {"anc": "1", "platelets": "1"}))
    assert case.ask("counts", date(2020, 1, 1), {"anc": "1", "platelets": "1"}).allowed


def test_a_step_is_not_dated_before_the_step_before_it() -> None:
    found = reason(at(INDUCTION).ask("withdraw", day(0)), "dates.before_previous")
    assert found.message == f"{day(0)} is before the previous step on {day(1)} (treatment.induction.1)"
    assert at(INDUCTION).ask("withdraw", day(1)).allowed


def test_a_fact_may_be_dated_before_the_last_step() -> None:
    assert at(CONSOLIDATION).ask("counts", day(5), {"anc": "1", "platelets": "1"}).allowed


def test_nothing_happens_after_death() -> None:
    case = at(INDUCTION)
    case.do("death", day(10), code="disease")
    late = {"anc": "1", "platelets": "1"}
    assert reason(case.ask("counts", day(11), late), "dates.after_death").message == f"the patient died on {day(10)}"
    assert case.ask("counts", day(10), late).allowed


# ── exits ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "row", [row for row in EXITS if row.trigger not in NO_GUARD], ids=lambda r: f"{r.trigger} {r.source}"
)
def test_an_exit_is_never_held_back_by_how_the_patient_is(row: object) -> None:
    case = at(row.source)  # type: ignore[attr-defined]
    case.chart.consents = []
    case.hold(case.chart.since)
    case.event(case.chart.since, grade=5, unacceptable=True)
    case.response(case.chart.since, "PD")
    case.counts(case.chart.since, "0.1", "5")
    decision = case.ask(row.trigger, case.chart.since, code=row.codes[0])  # type: ignore[attr-defined]
    assert (decision.outcome, decision.target) == (Outcome.ALLOWED, row.target)  # type: ignore[attr-defined]


def test_the_early_switch_to_maintenance_is_treatment_and_has_its_conditions() -> None:
    case = at(CONSOLIDATION)
    case.response(day(30), "PD")
    assert codes(case.ask("switch_to_maintenance", day(40), code="infections")) == ["progression.progression"]


def test_from_maintenance_there_is_no_switch_to_it() -> None:
    assert ("treatment.maintenance.1", "switch_to_maintenance") not in TABLE.by_trigger


# ── enrolment ──────────────────────────────────────────────────────────────────────────────────────────────────────


def enrolment(on: date = ENROLLED, role: str = "coordinator") -> Proposal:
    return Proposal(charts.ENROLMENT, on, TODAY, role, {})


def test_an_enrolment_leads_to_the_arms_first_state() -> None:
    assert decide_enrolment(DEFINITION, enrolment(), "A") == (Outcome.ALLOWED, None, "screening", (), 0)


@pytest.mark.parametrize(
    ("proposal", "code"),
    [
        (enrolment(role="auditor"), "role.not_permitted"),
        (enrolment(on=TODAY + timedelta(days=1)), "dates.future"),
        (enrolment(on=date(2019, 12, 31)), "dates.before_study"),
    ],
)
def test_an_enrolment_is_refused_for_the_role_and_the_dates(proposal: Proposal, code: str) -> None:
    decision = decide_enrolment(DEFINITION, proposal, "A")
    assert (codes(decision), decision.target) == ([code], None)


# ── facts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def given(agent: str = "alpha") -> dict[str, object]:
    return {"agent": agent, "amount": None, "unit": None}


def test_a_dose_is_given_within_treatment() -> None:
    case = at(INDUCTION)
    assert case.ask("dose", day(1), given()).allowed
    assert reason(case.ask("dose", day(0), given()), "dose.before_treatment").lifted_by == f"a date from {day(1)} on"
    assert codes(at("enrolled").ask("dose", day(1), given())) == ["dose.before_treatment"]
    case.do("stop_treatment", day(10), code="patient")
    assert case.ask("dose", day(10), given()).allowed
    assert reason(case.ask("dose", day(11), given()), "dose.after_treatment").hard


def test_an_agent_of_no_arm_is_not_given() -> None:
    more = (*TOY.agents, replace(TOY.agents[0], key="gamma", title="Gamma", abbreviations=()))
    case = at(INDUCTION, replace(TOY, agents=more))
    found = reason(case.ask("dose", day(2), given("gamma")), "dose.not_in_arm")
    assert (found.message, found.hard) == ("Gamma is no agent of arm A", True)


def test_an_agent_stopped_for_good_is_not_given_from_that_day_on() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), "liver_injury", 1, attributed=())
    found = reason(case.ask("dose", day(5), given()), "dose.discontinued")
    assert found.message == f"Alpha was stopped for good on {day(5)}"
    assert (found.evidence, found.hard) == ((entry,), True)
    assert case.ask("dose", day(4), given()).allowed


def test_a_held_agent_is_given_only_with_an_override() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), grade=3)
    found = reason(case.ask("dose", day(6), given("beta")), "dose.held")
    assert (found.message, found.evidence, found.hard) == (f"Beta is held since {day(5)}", (entry,), False)
    assert case.ask("dose", day(6), given("beta"), override=True, reason=True).outcome is Outcome.OVERRIDDEN
    assert case.ask("dose", day(6), given("alpha")).allowed
    assert case.ask("dose", day(4), given("beta")).allowed


def test_a_dose_to_a_patient_on_hold_takes_an_override() -> None:
    case = at(INDUCTION)
    case.hold(day(5))
    assert not reason(case.ask("dose", day(6), given()), "hold.open").hard


def test_only_an_investigator_declares_an_event_unacceptable_or_stops_an_agent() -> None:
    case = at(INDUCTION)
    told = case.told(day(5), unacceptable=True, stops=("alpha",))
    decision = case.ask("adverse_event", day(5), told, role="coordinator")
    assert codes(decision) == ["role.declare_unacceptable", "role.stop_agent"]
    assert case.ask("adverse_event", day(5), told, role="investigator").allowed


def test_an_event_does_not_resolve_in_the_future() -> None:
    case = at(INDUCTION)
    told = case.told(day(5), resolved=TODAY + timedelta(days=1))
    assert "resolved on 2025-06-16" in reason(case.ask("adverse_event", day(5), told), "dates.future").message


def test_news_are_of_an_event_that_is_open() -> None:
    case = at(INDUCTION)
    told = case.told(day(5), of=3)
    assert codes(case.ask("adverse_event", day(5), told)) == ["adverse_event.unknown"]


def test_news_are_not_dated_before_the_onset() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5))
    assert codes(case.ask("adverse_event", day(4), case.told(day(4), of=entry))) == ["adverse_event.before_onset"]
    resolved = case.told(day(9), of=entry, resolved=day(4))
    assert codes(case.ask("adverse_event", day(9), resolved)) == ["adverse_event.before_onset"]


def test_a_patient_is_held_once_and_resumed_once() -> None:
    case = at(INDUCTION)
    assert codes(case.ask("resume", day(5))) == ["hold.none"]
    entry = case.hold(day(5))
    assert reason(case.ask("hold", day(6), {"code": "other"}), "hold.already").evidence == (entry,)
    assert reason(case.ask("resume", day(4)), "hold.before").evidence == (entry,)
    assert case.ask("resume", day(5)).allowed


@pytest.mark.parametrize("state", [DAY_30, LONG_TERM, OFF_STUDY])
def test_after_treatment_there_is_nothing_to_hold(state: str) -> None:
    assert codes(at(state).ask("hold", TODAY, {"code": "other"})) == ["hold.no_treatment"]


@pytest.mark.parametrize("state", STATES)
def test_an_adverse_event_is_recorded_wherever_the_patient_stands(state: str) -> None:
    case = at(state)
    assert case.ask("adverse_event", case.chart.since, case.told(case.chart.since)).allowed


# ── looking ahead ──────────────────────────────────────────────────────────────────────────────────────────────────


def asked(on: date) -> Proposal:
    return Proposal("", on, TODAY, "investigator", {})


def test_every_trigger_from_here_is_answered_as_it_would_be_when_asked() -> None:
    case = at(INDUCTION)
    for found in possibilities(case.definition, case.chart, asked(day(20))):
        code = found.transition.codes[0] if len(found.transition.codes) == 1 else None
        assert found.decision == case.ask(found.transition.trigger, day(20), code=code)


def test_the_step_forward_is_the_next_cycle_while_the_calendar_runs_and_completion_after() -> None:
    case = at(MAINTENANCE)
    before = forward(case.definition, case.chart, asked(date(2025, 3, 31)))
    after = forward(case.definition, case.chart, asked(date(2025, 4, 1)))
    assert before is not None
    assert after is not None
    assert (before.transition.trigger, after.transition.trigger) == ("start_cycle", "complete_treatment")


def test_in_long_term_follow_up_the_step_forward_is_the_visit() -> None:
    case = at(LONG_TERM)
    found = forward(case.definition, case.chart, asked(TODAY))
    assert found is not None
    assert found.transition.trigger == "visit"


def test_from_a_final_state_no_step_leads_forward() -> None:
    case = at(OFF_STUDY)
    assert forward(case.definition, case.chart, asked(TODAY)) is None
