"""An agent's own small machine: planned, active, held, discontinued; and what adverse events do to it, by days."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from tests.engine.case import Case, at, codes, day, dose
from tests.library.desk import ENROLLED, INDUCTION
from tests.toy import LABEL, TOY
from workflow.engine.agents import AGENT_TABLE, AgentEvent, AgentState
from workflow.engine.course import agent_after
from workflow.engine.decision import Void
from workflow.engine.facts.dose import Dose
from workflow.protocol.model import AgentAction, Protocol, ToxicityRule

pytestmark = pytest.mark.usefixtures("either_toy")

TABLE = {(event, before): after for event, before, after in AGENT_TABLE}


@pytest.mark.parametrize("state", AgentState)
@pytest.mark.parametrize("event", AgentEvent)
def test_the_machine_does_what_the_table_says_and_nothing_else(state: AgentState, event: AgentEvent) -> None:
    assert agent_after(state.value, event) == TABLE.get((event, state), state).value


@pytest.mark.parametrize("event", AgentEvent)
def test_discontinued_is_for_good(event: AgentEvent) -> None:
    assert agent_after("discontinued", event) == "discontinued"


def treated(protocol: Protocol = TOY) -> Case:
    return at(INDUCTION, protocol)


def with_rules(*rules: ToxicityRule) -> Case:
    return treated(replace(TOY, toxicity_rules=rules))


def spans(case: Case, agent: str) -> list[tuple[str, date]]:
    return [(span.state, span.since) for span in case.agent(agent).spans]


# ── given ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_agent_is_planned_until_it_is_first_given() -> None:
    case = treated()
    assert case.agent("alpha").state == "planned"
    first = case.dose(day(3))
    assert case.agent("alpha", day(2)).state == "planned"
    assert case.agent("alpha", day(3))[:3] == ("active", day(3), first)


def test_doses_are_counted_up_to_the_day() -> None:
    case = treated()
    case.dose(day(1))
    case.dose(day(8))
    case.dose(day(8), "beta")
    assert [case.agent("alpha", day(number)).doses for number in (0, 1, 7, 8)] == [0, 1, 1, 2]
    assert spans(case, "alpha") == [("planned", ENROLLED), ("active", day(1))]


def test_the_last_dose_is_the_latest_by_date_not_the_last_told() -> None:
    case = treated()
    case.dose(day(8))
    case.dose(day(1), "beta")
    assert case.then().last_dose_on == day(8)
    assert case.then(day(7)).last_dose_on == day(1)


# ── discontinued ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_of_any_grade_stops_the_agent_for_good_whatever_the_cause() -> None:
    case = treated()
    entry = case.event(day(5), "liver_injury", 1, attributed=())
    assert case.agent("alpha")[:3] == ("discontinued", day(5), entry)
    assert case.agent("alpha", day(4)).state == "planned"
    assert case.agent("beta").state == "planned"


def test_what_was_stopped_stays_stopped_when_the_event_resolves() -> None:
    case = treated()
    entry = case.event(day(5), "liver_injury", 1)
    case.news(entry, day(9), resolved=day(9))
    assert case.agent("alpha").state == "discontinued"


def test_an_event_told_together_with_its_end_stops_the_agent_too() -> None:
    case = treated()
    case.event(day(5), "liver_injury", 1, resolved=day(6))
    assert case.agent("alpha").state == "discontinued"


def test_what_was_stopped_stays_stopped_when_a_dose_is_recorded() -> None:
    case = treated()
    case.event(day(5), "liver_injury", 1)
    case.dose(day(4))
    case.dose(day(7))
    assert (case.agent("alpha").state, case.agent("alpha").doses) == ("discontinued", 2)


def test_an_investigator_stops_an_agent_by_name_from_the_day_they_say() -> None:
    case = treated()
    event = case.event(day(5), grade=1)
    entry = case.news(event, day(9), stops=("beta",))
    assert case.agent("beta", day(8)).state == "planned"
    assert case.agent("beta", day(9))[:3] == ("discontinued", day(9), entry)


def test_a_peak_that_is_told_late_stops_the_agent_from_the_day_it_had() -> None:
    case = with_rules(ToxicityRule("alpha", AgentAction.DISCONTINUE, 4, LABEL, attributed=False))
    entry = case.event(day(5), grade=2)
    case.news(entry, day(12), 1)
    assert case.agent("alpha").state == "planned"
    peak = case.news(entry, day(8), 4)
    assert case.agent("alpha")[:3] == ("discontinued", day(8), peak)
    assert case.agent("alpha", day(7)).state == "planned"


def test_a_peak_of_a_day_that_ended_lower_stops_the_agent_all_the_same() -> None:
    case = with_rules(ToxicityRule("alpha", AgentAction.DISCONTINUE, 4, LABEL, attributed=False))
    entry = case.event(day(5), grade=2)
    case.news(entry, day(8), 4, at="08:00")
    case.news(entry, day(8), 1, at="20:00")
    assert case.then(day(8)).events[0].grade == 1
    assert case.agent("alpha").state == "discontinued"


# ── a stop that asks for an attribution ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("attributed", "state"), [(None, "held"), (("alpha",), "held"), (("beta",), "planned")])
def test_a_stop_by_attribution_is_proposed_and_the_agent_held_until_an_investigator_s_word(
    attributed: tuple[str, ...] | None, state: str
) -> None:
    case = with_rules(ToxicityRule("alpha", AgentAction.DISCONTINUE, 1, LABEL, terms=("liver_injury",)))
    entry = case.event(day(5), "liver_injury", 1, attributed=attributed)
    found = case.agent("alpha")
    assert (found.state, found.proposed) == (state, (entry,) if state == "held" else ())
    if state == "held":
        assert codes(case.ask(dose(), day(5))) == ["dose.stop_proposed"]
        assert case.ask(dose(), day(4)).allowed


def test_a_peak_of_a_day_that_ended_lower_proposes_the_stop_all_the_same() -> None:
    case = with_rules(ToxicityRule("alpha", AgentAction.DISCONTINUE, 4, LABEL, terms=("liver_injury",)))
    entry = case.event(day(5), "liver_injury", 2, attributed=None)
    case.news(entry, day(8), 4, at="08:00")
    case.news(entry, day(8), 1, at="20:00")
    assert case.agent("alpha", day(7)).state == "planned"
    assert case.agent("alpha", day(8)).proposed == (entry,)


def test_a_dose_over_several_days_was_given_up_to_the_day_that_is_asked_about() -> None:
    case = treated()
    given = case.proposal(dose("beta"), day(3)).what
    assert isinstance(given, Dose)
    case.fold(Dose(given.entry, given.on, None, given.agent, until=day(9)), day(3))
    assert [case.then(day(number)).last_dose_on for number in (2, 3, 6, 9, 12)] == [
        None,
        day(3),
        day(6),
        day(9),
        day(9),
    ]


@pytest.mark.parametrize(
    ("word", "state"), [({"stops": ("alpha",)}, "discontinued"), ({"attributed": ("beta",)}, "planned")]
)
def test_the_investigator_s_word_ends_what_was_proposed(word: dict[str, Any], state: str) -> None:
    case = with_rules(ToxicityRule("alpha", AgentAction.DISCONTINUE, 1, LABEL, terms=("liver_injury",)))
    entry = case.event(day(5), "liver_injury", 1, attributed=None)
    case.news(entry, day(7), resolved=day(7))
    assert case.agent("alpha").state == "held"
    case.news(entry, day(9), **word)
    assert case.agent("alpha").state == state


# ── held and released ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_without_terms_is_about_everything_that_is_not_haematological() -> None:
    case = treated()
    case.event(day(5), "neutropenia", 4)
    assert case.agent("beta").state == "planned"
    case.event(day(6), "fever", 3)
    assert case.agent("beta").state == "held"


def test_rules_for_agents_that_the_arm_does_not_give_change_nothing() -> None:
    more = (*TOY.agents, replace(TOY.agents[0], key="gamma", title="Gamma", abbreviations=()))
    rule = ToxicityRule("gamma", AgentAction.DISCONTINUE, 1, LABEL, attributed=False)
    case = treated(replace(TOY, agents=more, toxicity_rules=(rule,)))
    case.event(day(5))
    assert [case.agent(agent).state for agent in ("alpha", "beta")] == ["planned", "planned"]
    assert case.definition.rules_of(case.chart.arm) == {}


def test_three_events_hold_in_turn_and_the_third_is_not_lost() -> None:
    case = treated()
    for first, last in ((5, 12), (8, 10), (20, 25)):
        entry = case.event(day(first), grade=3)
        case.news(entry, day(last), 1)
    assert spans(case, "beta") == [
        ("planned", ENROLLED),
        ("held", day(5)),
        ("planned", day(12)),
        ("held", day(20)),
        ("planned", day(25)),
    ]


def test_an_agent_first_given_after_it_was_let_go_was_planned_meanwhile() -> None:
    case = treated()
    entry = case.event(day(5), grade=3)
    case.news(entry, day(9), 1)
    case.dose(day(12), "beta")
    assert case.agent("beta", day(10)).state == "planned"
    assert case.agent("beta", day(12)).state == "active"


def test_an_agent_first_given_on_the_day_it_is_let_go_is_active_by_that_dose() -> None:
    case = treated()
    entry = case.event(day(5), grade=3)
    case.news(entry, day(9), 1)
    first = case.dose(day(9), "beta")
    assert case.agent("beta")[:3] == ("active", day(9), first)


def test_on_the_day_of_a_hold_the_hold_comes_before_the_dose() -> None:
    case = treated()
    case.event(day(5), grade=3)
    case.dose(day(5), "beta")
    assert spans(case, "beta") == [("planned", ENROLLED), ("held", day(5))]


def test_of_two_reasons_to_stop_an_agent_the_earlier_counts() -> None:
    for order in (1, -1):
        case = treated()
        for on in [day(5), day(9)][::order]:
            case.event(on, "liver_injury", 1)
        assert case.agent("alpha").since == day(5)


def test_a_grade_that_fell_within_its_day_holds_no_agent() -> None:
    case = treated()
    entry = case.event(day(5), grade=3, at="08:00")
    case.news(entry, day(5), 1, at="16:00")
    assert case.agent("beta", day(5)).state == "planned"


def test_an_investigators_stop_counts_from_its_own_day_on_whatever_is_told_of_the_event_later() -> None:
    case = treated()
    entry = case.event(day(5), grade=1, stops=("beta",))
    case.news(entry, day(20), 2)
    assert case.agent("beta", day(5)).state == "discontinued"


def test_taking_an_event_back_lets_its_agents_go() -> None:
    case = treated()
    entry = case.event(day(5), grade=3)
    assert case.agent("beta").state == "held"
    case.do(Void(entry, ""), day(9))
    assert case.agent("beta").state == "planned"


def test_what_one_protocol_makes_of_an_event_is_not_remembered_for_another() -> None:
    case = treated()
    case.event(day(5))
    without = treated(replace(TOY, toxicity_rules=(), edition=2)).definition
    assert case.agent("beta").state == "held"
    assert case.chart.as_of(without, day(9)).agent("beta").state == "planned"
    assert case.agent("beta").state == "held"


@pytest.mark.parametrize(("grade", "state"), [(2, "active"), (3, "held"), (4, "held")])
def test_an_event_from_the_rules_grade_up_holds_the_agent(grade: int, state: str) -> None:
    case = treated()
    case.dose(day(1), "beta")
    case.event(day(5), grade=grade)
    assert case.agent("beta").state == state


def test_an_agent_is_held_from_the_onset_on_by_the_event_that_holds_it() -> None:
    case = treated()
    entry = case.event(day(5))
    assert case.agent("beta", day(4)).state == "planned"
    found = case.agent("beta", day(5))
    assert (found[:3], found.held_by) == (("held", day(5), entry), (entry,))


def test_an_event_that_nobody_has_judged_holds_as_if_the_agent_were_the_cause() -> None:
    case = treated()
    entry = case.event(day(5), attributed=None)
    assert case.agent("beta").held_by == (entry,)
    case.news(entry, day(60), attributed=("alpha",))
    assert (case.agent("beta", day(5)).state, case.agent("beta").held_by) == ("planned", ())


def test_an_event_that_grows_worse_holds_the_agent_from_then_on() -> None:
    case = treated()
    case.dose(day(1), "beta")
    entry = case.event(day(5), grade=2)
    worse = case.news(entry, day(7), 3)
    assert case.agent("beta", day(6)).state == "active"
    assert case.agent("beta")[:3] == ("held", day(7), worse)


def test_below_the_rules_grade_but_above_the_lower_one_the_agent_stays_held() -> None:
    case = treated()
    entry = case.event(day(5), grade=3)
    case.news(entry, day(7), 2)
    assert case.agent("beta").state == "held"


@pytest.mark.parametrize(("given", "state"), [(True, "active"), (False, "planned")])
def test_at_the_lower_grade_the_agent_is_released_to_where_it_was(given: bool, state: str) -> None:
    case = treated()
    if given:
        case.dose(day(1), "beta")
    entry = case.event(day(5), grade=3)
    lower = case.news(entry, day(9), 1)
    assert case.agent("beta", day(8)).state == "held"
    assert (case.agent("beta")[:3], case.agent("beta").held_by) == ((state, day(9), lower), ())


def test_a_hold_that_is_over_is_still_known_of_its_days() -> None:
    case = treated()
    case.dose(day(1), "beta")
    entry = case.event(day(5), grade=3)
    case.news(entry, day(9), 1)
    case.do("stop_treatment", day(20), code="physician")
    assert [case.agent("beta", day(number)).state for number in (4, 5, 8, 9)] == ["active", "held", "held", "active"]
    assert spans(case, "beta") == [("planned", ENROLLED), ("active", day(1)), ("held", day(5)), ("active", day(9))]


def test_an_event_told_together_with_its_end_held_the_agent_between() -> None:
    case = treated()
    case.event(day(5), resolved=day(9))
    assert [case.agent("beta", day(number)).state for number in (4, 5, 8, 9)] == ["planned", "held", "held", "planned"]


def test_resolved_at_any_grade_the_agent_is_released() -> None:
    case = treated()
    entry = case.event(day(5), grade=4)
    case.news(entry, day(9), resolved=day(9))
    assert case.agent("beta").state == "planned"


def test_an_improvement_is_put_off_by_a_peak_that_is_told_late() -> None:
    case = treated()
    entry = case.event(day(5), grade=3)
    case.news(entry, day(9), 1)
    case.news(entry, day(7), 4)
    assert [case.agent("beta", day(number)).state for number in (5, 7, 8, 9)] == ["held", "held", "held", "planned"]


def test_held_by_two_events_the_agent_waits_for_both() -> None:
    case = treated()
    first, second = case.event(day(5)), case.event(day(6), "fever")
    case.news(first, day(9), 1)
    assert (case.agent("beta").state, case.agent("beta").held_by) == ("held", (second,))
    case.news(second, day(10), 1)
    assert case.agent("beta").state == "planned"
    assert spans(case, "beta") == [("planned", ENROLLED), ("held", day(5)), ("planned", day(10))]


def test_an_event_that_begins_on_the_day_another_ends_holds_on_without_a_gap() -> None:
    case = treated()
    case.event(day(5), resolved=day(9))
    case.event(day(9), "fever", resolved=day(12))
    assert case.agent("beta", day(9)).since == day(5)
    assert spans(case, "beta") == [("planned", ENROLLED), ("held", day(5)), ("planned", day(12))]


def test_an_event_within_another_ends_nothing() -> None:
    case = treated()
    case.event(day(5), resolved=day(12))
    case.event(day(6), "fever", resolved=day(9))
    assert spans(case, "beta") == [("planned", ENROLLED), ("held", day(5)), ("planned", day(12))]


def test_after_a_gap_an_agent_is_held_anew() -> None:
    case = treated()
    case.event(day(5), resolved=day(9))
    case.event(day(10), "fever")
    assert spans(case, "beta") == [
        ("planned", ENROLLED),
        ("held", day(5)),
        ("planned", day(9)),
        ("held", day(10)),
    ]


def test_a_rule_without_a_lower_grade_holds_until_the_event_resolves() -> None:
    case = with_rules(ToxicityRule("beta", AgentAction.HOLD, 3, LABEL))
    entry = case.event(day(5), grade=3)
    case.news(entry, day(8), 1)
    assert case.agent("beta").state == "held"
    case.news(entry, day(9), resolved=day(9))
    assert case.agent("beta").state == "planned"


def test_the_lower_grade_is_that_of_the_rules_about_this_event() -> None:
    elsewhere = ToxicityRule("beta", AgentAction.HOLD, 2, LABEL, terms=("liver_injury",))
    case = with_rules(elsewhere, ToxicityRule("beta", AgentAction.HOLD, 3, LABEL, terms=("nausea",), until_grade=2))
    entry = case.event(day(5), grade=3)
    case.news(entry, day(7), 2)
    assert case.agent("beta").state == "planned"


def test_an_event_no_longer_attributed_to_the_agent_lets_go_of_it() -> None:
    case = treated()
    entry = case.event(day(5), grade=3)
    case.news(entry, day(7), attributed=("alpha",))
    assert case.agent("beta").state == "planned"


def test_a_dose_given_while_held_leaves_the_hold_in_place() -> None:
    case = treated()
    case.event(day(5))
    case.dose(day(6), "beta")
    assert (case.agent("beta").state, case.agent("beta").doses) == ("held", 1)


def test_a_held_agent_may_be_stopped_for_good() -> None:
    case = treated()
    entry = case.event(day(5))
    case.news(entry, day(6), 4, stops=("beta",))
    case.news(entry, day(9), resolved=day(9))
    assert case.agent("beta", day(5)).state == "held"
    assert case.agent("beta").state == "discontinued"


def test_a_fatal_event_holds_for_ever() -> None:
    case = treated()
    case.event(day(5), grade=5, resolved=day(7))
    assert case.agent("beta", day(9)).state == "held"
