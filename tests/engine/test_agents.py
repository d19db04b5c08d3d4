"""An agent's own small machine: planned, active, held, discontinued; and what adverse events do to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.case import Case, at, day
from tests.library.desk import INDUCTION
from tests.toy import LABEL, TOY
from workflow.engine.agents import AGENT_TABLE, AgentEvent, AgentState
from workflow.engine.course import agent_after
from workflow.protocol.model import AgentAction, Protocol, ToxicityRule

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


# ── given ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_agent_is_planned_until_it_is_first_given() -> None:
    case = treated()
    assert case.agent("alpha") == "planned"
    case.dose(day(1))
    assert case.agent("alpha") == "active"


def test_doses_are_counted() -> None:
    case = treated()
    case.dose(day(1))
    first = case.chart.agent("alpha")
    case.dose(day(8))
    assert case.chart.agent("alpha") == first._replace(doses=2)


def test_the_last_dose_is_the_latest_by_date_not_the_last_told() -> None:
    case = treated()
    case.dose(day(8))
    case.dose(day(1), "beta")
    assert case.chart.last_dose_on == day(8)


# ── discontinued ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_of_any_grade_stops_the_agent_for_good_whatever_the_cause() -> None:
    case = treated()
    entry = case.event(day(5), "liver_injury", 1, attributed=())
    assert case.chart.agent("alpha")[:3] == ("discontinued", entry, day(5))
    assert case.agent("beta") == "planned"


def test_what_was_stopped_stays_stopped_when_the_event_resolves() -> None:
    case = treated()
    entry = case.event(day(5), "liver_injury", 1)
    case.news(entry, day(9), 1, resolved=day(9))
    assert case.agent("alpha") == "discontinued"


def test_what_was_stopped_stays_stopped_when_a_dose_is_recorded() -> None:
    case = treated()
    case.event(day(5), "liver_injury", 1)
    case.dose(day(4))
    assert (case.agent("alpha"), case.chart.agent("alpha").doses) == ("discontinued", 1)


def test_an_investigator_stops_an_agent_by_name() -> None:
    case = treated()
    case.event(day(5), grade=1, stops=("beta",))
    assert case.agent("beta") == "discontinued"


def test_a_rule_for_attributed_events_asks_for_the_attribution() -> None:
    rule = ToxicityRule("alpha", AgentAction.DISCONTINUE, 1, LABEL, terms=("liver_injury",))
    other, own = with_rules(rule), with_rules(rule)
    other.event(day(5), "liver_injury", 1, attributed=("beta",))
    own.event(day(5), "liver_injury", 1, attributed=("alpha",))
    assert (other.agent("alpha"), own.agent("alpha")) == ("planned", "discontinued")


def test_a_rule_without_terms_is_about_everything_that_is_not_haematological() -> None:
    case = treated()
    case.event(day(5), "neutropenia", 4)
    assert case.agent("beta") == "planned"


def test_rules_for_agents_that_the_arm_does_not_give_change_nothing() -> None:
    more = (*TOY.agents, replace(TOY.agents[0], key="gamma", title="Gamma", abbreviations=()))
    rule = ToxicityRule("gamma", AgentAction.DISCONTINUE, 1, LABEL, attributed=False)
    case = treated(replace(TOY, agents=more, toxicity_rules=(rule,)))
    case.event(day(5))
    assert case.chart.agents == {}


# ── held and released ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("grade", "state"), [(2, "active"), (3, "held"), (4, "held")])
def test_an_event_from_the_rules_grade_up_holds_the_agent(grade: int, state: str) -> None:
    case = treated()
    case.dose(day(1), "beta")
    case.event(day(5), grade=grade)
    assert case.agent("beta") == state


def test_the_chart_keeps_what_holds_the_agent() -> None:
    case = treated()
    entry = case.event(day(5))
    assert case.chart.agent("beta")[1:3] == (entry, day(5))
    assert case.chart.agent("beta").held_by == [entry]


def test_an_event_that_grows_worse_holds_the_agent_from_then_on() -> None:
    case = treated()
    case.dose(day(1), "beta")
    entry = case.event(day(5), grade=2)
    worse = case.news(entry, day(7), 3)
    assert case.chart.agent("beta")[:3] == ("held", worse, day(7))


def test_below_the_rules_grade_but_above_the_lower_one_the_agent_stays_held() -> None:
    case = treated()
    entry = case.event(day(5), grade=3)
    case.news(entry, day(7), 2)
    assert case.agent("beta") == "held"


@pytest.mark.parametrize(("given", "state"), [(True, "active"), (False, "planned")])
def test_at_the_lower_grade_the_agent_is_released_to_where_it_was(given: bool, state: str) -> None:
    case = treated()
    if given:
        case.dose(day(1), "beta")
    entry = case.event(day(5), grade=3)
    case.news(entry, day(9), 1)
    assert (case.agent("beta"), case.chart.agent("beta").held_by) == (state, [])


def test_resolved_at_any_grade_the_agent_is_released() -> None:
    case = treated()
    entry = case.event(day(5), grade=4)
    case.news(entry, day(9), 4, resolved=day(9))
    assert case.agent("beta") == "planned"


def test_held_by_two_events_the_agent_waits_for_both() -> None:
    case = treated()
    first, second = case.event(day(5)), case.event(day(6), "fever")
    case.news(first, day(9), 1)
    assert (case.agent("beta"), case.chart.agent("beta").held_by) == ("held", [second])
    case.news(second, day(10), 1)
    assert case.agent("beta") == "planned"


def test_a_rule_without_a_lower_grade_holds_until_the_event_resolves() -> None:
    case = with_rules(ToxicityRule("beta", AgentAction.HOLD, 3, LABEL))
    entry = case.event(day(5), grade=3)
    case.news(entry, day(7), 3)
    case.news(entry, day(8), 1)
    assert case.agent("beta") == "held"
    case.news(entry, day(9), 1, resolved=day(9))
    assert case.agent("beta") == "planned"


def test_the_lower_grade_is_that_of_the_rules_about_this_event() -> None:
    elsewhere = ToxicityRule("beta", AgentAction.HOLD, 2, LABEL, terms=("liver_injury",))
    case = with_rules(elsewhere, ToxicityRule("beta", AgentAction.HOLD, 3, LABEL, terms=("nausea",), until_grade=2))
    entry = case.event(day(5), grade=3)
    case.news(entry, day(7), 2)
    assert case.agent("beta") == "planned"


def test_an_event_no_longer_attributed_to_the_agent_lets_go_of_it() -> None:
    case = treated()
    entry = case.event(day(5), grade=3)
    case.news(entry, day(7), 3, attributed=("alpha",))
    assert case.agent("beta") == "planned"


def test_a_dose_given_while_held_leaves_the_hold_in_place() -> None:
    case = treated()
    case.event(day(5))
    case.dose(day(6), "beta")
    assert (case.agent("beta"), case.chart.agent("beta").doses) == ("held", 1)


def test_a_held_agent_may_be_stopped_for_good() -> None:
    case = treated()
    entry = case.event(day(5))
    case.news(entry, day(6), 4, stops=("beta",))
    case.news(entry, day(9), 1, resolved=day(9))
    assert case.agent("beta") == "discontinued"
