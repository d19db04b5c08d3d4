"""What was refused as a question and did happen: kept as a deviation, coded by the protocol, releasing nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.library.desk import (
    AUDITOR,
    CONSOLIDATION,
    COORDINATOR,
    DAY_30,
    INDUCTION,
    INVESTIGATOR,
    LONG_TERM,
    Desk,
    day,
)
from tests.toy import LABEL, TOY, toy
from workflow import Actor, Result
from workflow.errors import InvalidInput
from workflow.protocol.model import Agent, AgentAction, ToxicityRule

# With an agent that no cycle gives, and one that a rule stops where it is to blame.
WARD = toy(
    agents=(*TOY.agents, Agent("gamma", "Gamma")),
    toxicity_rules=(*TOY.toxicity_rules, ToxicityRule("beta", AgentAction.DISCONTINUE, 4, LABEL, terms=("fever",))),
)


@pytest.fixture
def ward(database_url: str) -> Any:
    desk = Desk(database_url, protocols=(WARD,))
    yield desk
    desk.close()


def event(desk: Desk, term: str = "nausea", grade: int = 3, **more: Any) -> Result:
    more = {"on": day(5), **more}
    return desk.trial.record_adverse_event("P1", by=INVESTIGATOR, term=term, grade=grade, **more).or_raise()


def response(desk: Desk, seen: str) -> None:
    desk.trial.record_response("P1", by=COORDINATOR, response=seen, on=day(7)).or_raise()


def declared_unacceptable(desk: Desk) -> None:
    """Before treatment, where it moves nobody."""
    event(desk, grade=4, unacceptable=True, on=day(0))


def found_ineligible(desk: Desk) -> None:
    desk.trial.record_eligibility(
        "P1", by=COORDINATOR, route="IN01", answers={"EX01": True}, others_in_order=True, on=day(5)
    ).or_raise()


def held(desk: Desk) -> None:
    desk.trial.hold("P1", by=COORDINATOR, code="infection", on=day(5)).or_raise()


def left(desk: Desk) -> None:
    desk.step("P1", "stop_treatment", code="patient", on=day(6))


def gone(desk: Desk) -> None:
    desk.leave("P1", on=day(6))


# What comes before; where from; the agent; the reasons of the refusal, their strength, and the kinds of deviation.
DOSES: dict[str, tuple[Callable[[Desk], object] | None, str, str, list[str], str, list[str]]] = {
    "another agent": (None, INDUCTION, "gamma", ["dose.not_in_arm"], "hard", ["wrong_agent"]),
    "before treatment": (None, "enrolled", "alpha", ["dose.before_treatment"], "hard", ["before_the_start"]),
    "after treatment": (left, INDUCTION, "alpha", ["dose.after_treatment"], "hard", ["after_the_end"]),
    "off study": (gone, INDUCTION, "alpha", ["dose.after_treatment"], "hard", ["after_the_end"]),
    "stopped": (
        lambda desk: event(desk, "liver_injury"),
        INDUCTION,
        "alpha",
        ["dose.discontinued"],
        "hard",
        ["after_stopped"],
    ),
    "held": (lambda desk: event(desk), INDUCTION, "beta", ["dose.held"], "soft", ["while_held"]),
    "stop proposed": (
        lambda desk: event(desk, "fever", 4),
        INDUCTION,
        "beta",
        ["dose.stop_proposed"],
        "soft",
        ["while_held"],
    ),
    "progression": (
        lambda desk: response(desk, "PD"),
        INDUCTION,
        "alpha",
        ["progression.progression"],
        "hard",
        ["after_progression"],
    ),
    "relapse": (
        lambda desk: response(desk, "REL"),
        INDUCTION,
        "alpha",
        ["progression.relapse"],
        "hard",
        ["after_progression"],
    ),
    "no response": (
        lambda desk: response(desk, "NR"),
        INDUCTION,
        "alpha",
        ["progression.no_response"],
        "soft",
        ["after_progression"],
    ),
    "unacceptable": (
        declared_unacceptable,
        "enrolled",
        "alpha",
        ["dose.before_treatment", "toxicity.unacceptable"],
        "hard",
        ["before_the_start", "after_toxicity"],
    ),
    "fatal": (
        lambda desk: event(desk, grade=5, attributed=[]),
        INDUCTION,
        "alpha",
        ["toxicity.fatal"],
        "hard",
        ["after_toxicity"],
    ),
    "ineligible": (found_ineligible, INDUCTION, "alpha", ["eligibility.not_met_since"], "soft", ["not_eligible"]),
    "on hold": (held, INDUCTION, "alpha", ["hold.open"], "soft", ["while_held"]),
}


def dose(desk: Desk, agent: str = "alpha", by: Actor = COORDINATOR, **more: Any) -> Result:
    return desk.trial.record_dose("P1", by=by, agent=agent, **{"on": day(8), **more})


def did(desk: Desk, agent: str = "alpha", by: Actor = COORDINATOR, **more: Any) -> Result:
    return dose(desk, agent, by, **{"happened": True, "reason": "given on the ward", **more})


def codes(result: Result) -> list[str]:
    return [reason.code for reason in result.reasons]


@pytest.mark.parametrize("why", DOSES)
def test_a_dose_that_was_refused_and_was_given_is_a_deviation(ward: Desk, why: str) -> None:
    before, state, agent, reasons, strength, kinds = DOSES[why]
    ward.walk("P1", state)
    if before is not None:
        before(ward)
    asked = dose(ward, agent)
    assert (asked.outcome, codes(asked), {str(reason.strength) for reason in asked.reasons}) == (
        "refused",
        reasons,
        {strength},
    )
    assert asked.may_have_happened
    assert asked.deviations == ()
    here = ward.trial.show("P1")
    result = did(ward, agent)
    assert (result.outcome, codes(result), list(result.deviations)) == ("deviated", reasons, kinds)
    entry = ward.last()
    assert (entry.outcome, entry.mode, list(entry.deviations), codes_of(entry)) == (
        "deviated",
        "happened",
        kinds,
        reasons,
    )
    after = ward.trial.show("P1")
    assert after.standing.last_dose_on == day(8)  # it counts as given
    assert after.state == here.state
    assert [(one.key, one.doses) for one in after.standing.agents if one.key == agent] in ([(agent, 1)], [])
    assert dose(ward, agent, on=day(9)).outcome == "refused"  # and releases nothing
    assert codes(dose(ward, agent)) == reasons
    ward.check()


def codes_of(entry: Any) -> list[str]:
    return [reason.code for reason in entry.reasons]


@pytest.mark.parametrize(("why", "state"), [("stopped", "discontinued"), ("held", "held"), ("stop proposed", "held")])
def test_an_agent_that_was_stopped_or_held_stays_so(ward: Desk, why: str, state: str) -> None:
    before, _, agent, *_ = DOSES[why]
    ward.walk()
    assert before is not None
    before(ward)
    assert did(ward, agent).outcome == "deviated"
    (after,) = (one for one in ward.trial.show("P1").standing.agents if one.key == agent)
    assert (after.state, after.doses) == (state, 1)


def test_follow_up_counts_from_a_dose_given_after_treatment(ward: Desk) -> None:
    ward.walk()
    left(ward)
    window = ward.trial.show("P1").window
    assert window is not None
    assert window.due == day(6) + timedelta(days=30)
    assert did(ward).outcome == "deviated"
    window = ward.trial.show("P1").window
    assert window is not None
    assert window.due == day(8) + timedelta(days=30)
    assert ward.trial.due(until=date(2030, 1, 1)).items[0].due_on == window.due
    ward.check()


def test_several_reasons_are_one_deviation_of_each_kind(ward: Desk) -> None:
    ward.walk()
    held(ward)
    event(ward, "liver_injury", attributed=[])
    response(ward, "PD")
    result = did(ward)
    assert codes(result) == ["dose.discontinued", "progression.progression", "hold.open"]
    assert result.deviations == ("after_stopped", "after_progression", "while_held")
    ward.check()


def test_reasons_of_one_kind_are_one_deviation(ward: Desk) -> None:
    ward.walk()
    held(ward)
    event(ward)
    result = did(ward, "beta")
    assert codes(result) == ["dose.held", "hold.open"]
    assert result.deviations == ("while_held",)


def test_another_protocol_has_other_kinds_of_deviation(database_url: str) -> None:
    kinds = tuple(replace(kind, key=f"{kind.key}_2") for kind in TOY.deviations)
    desk = Desk(database_url, protocols=(toy(deviations=kinds),))
    desk.walk("P1", "enrolled")
    assert did(desk).deviations == ("before_the_start_2",)
    desk.check()
    desk.close()


def test_where_nothing_is_against_it_what_happened_is_allowed(ward: Desk) -> None:
    ward.walk()
    result = did(ward)
    assert (result.outcome, result.reasons, result.deviations) == ("allowed", (), ())
    assert ward.last().mode == "happened"
    ward.check()


# ── what stays refused ─────────────────────────────────────────────────────────────────────────────────────────────


def died(desk: Desk) -> None:
    desk.step("P1", "death", code="disease", on=day(6))


@pytest.mark.parametrize(
    ("before", "on", "code"),
    [
        (None, date(2025, 6, 16), "dates.future"),
        (None, date(2019, 12, 31), "dates.before_study"),
        (died, day(8), "dates.after_death"),
    ],
)
def test_what_cannot_be_did_not_happen(ward: Desk, before: Callable[[Desk], None] | None, on: date, code: str) -> None:
    ward.walk()
    if before is not None:
        before(ward)
    for result in (dose(ward, on=on), did(ward, on=on)):
        assert result.outcome == "refused"
        assert code in codes(result)
        assert not result.may_have_happened
    assert ward.trial.show("P1").standing.last_dose_on is None
    ward.check()


def test_that_it_happened_needs_a_reason(ward: Desk) -> None:
    ward.walk("P1", "enrolled")
    result = did(ward, reason=None)
    assert (result.outcome, codes(result)) == ("refused", ["happened.reason", "dose.before_treatment"])
    assert not did(ward, reason=None, note="on the ward").allowed
    ward.check()


def test_an_override_and_what_happened_are_two_things(quick_desk: Desk) -> None:
    quick_desk.walk("P1", "enrolled")
    with pytest.raises(InvalidInput, match="an override is for what is asked"):
        did(quick_desk, override=True)


@pytest.mark.parametrize(
    "tell",
    [
        lambda trial, **more: trial.record_counts("P1", anc="1", platelets="50", **more),
        lambda trial, **more: trial.hold("P1", code="infection", **more),
        lambda trial, **more: trial.record_response("P1", response="CR", **more),
        lambda trial, **more: trial.record_adverse_event("P1", term="nausea", grade=1, **more),
        lambda trial, **more: trial.record_consent("P1", **more),
    ],
    ids=["counts", "hold", "response", "adverse_event", "consent"],
)
def test_only_doses_and_steps_happen_all_the_same(ward: Desk, tell: Callable[..., Result]) -> None:
    ward.walk()
    result = tell(ward.trial, by=INVESTIGATOR, on=day(3), happened=True, reason="it was so")
    assert codes(result) == ["happened.not_this"]
    ward.check()


def test_who_may_not_record_a_dose_does_not_say_that_one_happened(ward: Desk) -> None:
    ward.walk("P1", "enrolled")
    result = did(ward, by=AUDITOR)
    assert (result.outcome, codes(result)) == ("refused", ["role.not_permitted", "dose.before_treatment"])
    ward.check()


def test_an_override_passes_what_is_soft_and_not_what_is_hard(ward: Desk) -> None:
    ward.walk()
    held(ward)
    over: dict[str, Any] = {"by": INVESTIGATOR, "override": True, "reason": "as discussed"}
    assert (dose(ward, **over).outcome, ward.last().deviations) == ("overridden", ())
    ward.step("P1", "stop_treatment", code="patient", on=day(8))
    assert dose(ward, on=day(9), **over).outcome == "refused"
    ward.check()


# ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def step(desk: Desk, trigger: str = "start_cycle", by: Actor = INVESTIGATOR, **more: Any) -> Result:
    told = {"on": day(10), "happened": True, "reason": "the ward began on its own", **more}
    return desk.trial.advance("P1", trigger, by=by, **told)


def test_a_step_that_did_happen_is_a_deviation_and_is_taken(ward: Desk) -> None:
    ward.walk()
    held(ward)
    result = step(ward)
    assert codes(result) == ["hold.open", "interval.early", "counts.missing"]
    assert (result.outcome, result.state) == ("deviated", CONSOLIDATION)
    assert result.deviations == ("while_held", "wrong_day", "counts_not_recovered")
    assert ward.trial.show("P1").standing.holds  # it releases nothing
    ward.check()


@pytest.mark.parametrize(
    ("state", "trigger", "on", "kinds"),
    [
        ("screening", "register", day(-3), ("without_consent", "not_eligible")),
        (INDUCTION, "start_cycle", day(10), ("wrong_day", "counts_not_recovered")),
        (DAY_30, "visit", day(212), ("wrong_day",)),
        (LONG_TERM, "close_study", day(300), ("wrong_day",)),
    ],
)
def test_the_deviations_of_a_step_are_those_of_its_guards(
    ward: Desk, state: str, trigger: str, on: date, kinds: tuple[str, ...]
) -> None:
    ward.walk("P1", state)
    assert not ward.trial.advance("P1", trigger, by=INVESTIGATOR, on=on).allowed
    result = step(ward, trigger, on=on)
    assert (result.outcome, result.deviations) == ("deviated", kinds)
    ward.check()


def test_only_an_investigator_says_that_a_step_happened(ward: Desk) -> None:
    ward.walk()
    result = step(ward, by=COORDINATOR)
    assert result.outcome == "refused"
    assert [reason.args["action"] for reason in result.reasons if reason.code == "role.not_permitted"] == [
        "step_happened"
    ]
    assert ward.state() == INDUCTION
    ward.check()


def test_a_step_that_leads_nowhere_did_not_happen(ward: Desk) -> None:
    ward.walk()
    result = step(ward, "visit")
    assert (result.outcome, codes(result), result.may_have_happened) == ("refused", ["sequence.not_from_here"], False)
    ward.check()


def test_a_step_dated_before_the_last_one_or_in_the_future_did_not_happen(ward: Desk) -> None:
    ward.walk()
    for on, code in ((day(0), "dates.before_previous"), (date(2025, 6, 16), "dates.future")):
        result = step(ward, on=on)
        assert result.outcome == "refused"
        assert code in codes(result)
    ward.check()
