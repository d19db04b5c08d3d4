"""Taking back what was recorded by mistake: the log keeps both entries, the chart is as if it had never been."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.library.desk import (
    ADMIN,
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
from workflow import Actor, Result
from workflow.errors import Conflict, InvalidInput, UnknownEntry

Tell = Callable[..., Result]

FACTS: dict[str, Tell] = {
    "consent": lambda desk, id, by: desk.trial.record_consent(id, by=by, on=day(3), version="0"),
    "eligibility": lambda desk, id, by: desk.trial.record_eligibility(
        id, by=by, on=day(3), route="IN01", answers={"EX01": True}, others_in_order=True
    ),
    "adverse_event": lambda desk, id, by: desk.trial.record_adverse_event(
        id, by=by, on=day(3), term="liver_injury", grade=3
    ),
    "counts": lambda desk, id, by: desk.trial.record_counts(id, by=by, on=day(28), anc="0.1", platelets="9"),
    "response": lambda desk, id, by: desk.trial.record_response(id, by=by, on=day(20), response="PD"),
    "dose": lambda desk, id, by: desk.trial.record_dose(id, by=by, on=day(3), agent="alpha"),
    "hold": lambda desk, id, by: desk.trial.hold(id, by=by, on=day(3), code="infection"),
}


def correct(desk: Desk, entry: int | None, by: Actor = COORDINATOR, id: str = "P1", **more: Any) -> Result:
    assert entry is not None
    return desk.trial.correct(id, entry, by=by, reason="another patient's", **more)


def codes(result: Result) -> list[str]:
    return [reason.code for reason in result.reasons]


def chart(desk: Desk, id: str = "P1") -> str:
    (found,) = (row["chart"] for row in desk.rows() if row["id"] == id)
    return str(found)


# ── what goes ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", FACTS)
def test_the_chart_is_that_of_a_patient_who_never_had_it(desk: Desk, kind: str) -> None:
    """To the other patient it was refused, so that their entries have the same numbers."""
    for id in ("P1", "P2"):
        desk.walk(id)
    told = FACTS[kind](desk, "P1", COORDINATOR).or_raise()
    FACTS[kind](desk, "P2", AUDITOR)
    for id in ("P1", "P2"):
        desk.counts(id, on=day(27))
    assert chart(desk, "P1") != chart(desk, "P2")
    assert correct(desk, told.seq).allowed
    assert not correct(desk, told.seq, id="P2").allowed
    assert chart(desk, "P1") == chart(desk, "P2")
    one, other = (desk.trial.next(id, on=day(29)) for id in ("P1", "P2"))
    assert (one.patient.standing, one.choices) == (other.patient.standing, other.choices)
    for id in ("P1", "P2"):
        desk.onward(id, LONG_TERM)
    assert chart(desk, "P1") == chart(desk, "P2")
    desk.check()


def test_a_resumption_and_news_are_taken_back_too(desk: Desk) -> None:
    desk.walk()
    desk.trial.hold("P1", by=COORDINATOR, code="infection", on=day(3)).or_raise()
    event = desk.trial.record_adverse_event("P1", by=COORDINATOR, term="nausea", grade=3, on=day(3)).seq or 0
    before = chart(desk)
    for tell in (
        lambda: desk.trial.resume("P1", by=COORDINATOR, on=day(9)),
        lambda: desk.trial.update_adverse_event("P1", event, by=COORDINATOR, resolved=day(9)),
    ):
        told = tell()
        assert chart(desk) != before
        assert correct(desk, told.seq).allowed
        assert chart(desk) == before
    desk.check()


def test_an_amended_value_is_taken_back_and_told_anew(desk: Desk) -> None:
    desk.walk()
    wrong = desk.counts("P1", on=day(28), anc="0.25")
    assert not desk.trial.advance("P1", by=COORDINATOR, on=day(29)).allowed
    correct(desk, wrong.seq).or_raise()
    assert codes(desk.trial.advance("P1", by=COORDINATOR, on=day(29))) == ["counts.missing"]
    desk.counts("P1", on=day(28), anc="2.5")
    assert desk.trial.advance("P1", by=COORDINATOR, on=day(29)).allowed
    desk.check()


def test_what_was_decided_on_it_stays_decided(desk: Desk) -> None:
    desk.walk()
    rests_on = desk.counts("P1", on=day(28))
    desk.step("P1", "start_cycle", on=day(29))
    assert correct(desk, rests_on.seq).allowed
    assert desk.state() == CONSOLIDATION
    desk.check()


def test_the_log_keeps_both_and_the_correction_names_the_entry_by_its_hash(desk: Desk) -> None:
    desk.walk()
    wrong = desk.counts("P1", on=day(28))
    result = correct(desk, wrong.seq)
    assert (result.action, result.outcome, result.state, result.occurred_on) == (
        "correct",
        "allowed",
        INDUCTION,
        date(2025, 6, 15),
    )
    kept, entry = desk.entries()[-2:]
    assert (kept.seq, kept.hash) == (wrong.seq, wrong.hash)
    assert (entry.kind, entry.data) == ("void", {"seq": wrong.seq, "hash": wrong.hash, "instead": None, "anew": None})
    assert entry.texts == {"reason": "another patient's"}
    desk.check()


def test_a_dose_against_the_rules_is_taken_back_as_any_other(desk: Desk) -> None:
    desk.walk("P1", "enrolled")
    before = chart(desk)
    told = desk.trial.record_dose("P1", by=COORDINATOR, agent="alpha", on=day(1), happened=True, reason="on the ward")
    assert told.outcome == "deviated"
    assert correct(desk, told.seq).allowed
    assert chart(desk) == before
    desk.check()


def test_an_agent_that_an_event_stopped_goes_on(desk: Desk) -> None:
    desk.walk()
    stopped = FACTS["adverse_event"](desk, "P1", COORDINATOR)
    dose: dict[str, Any] = {"by": COORDINATOR, "agent": "alpha", "on": day(8)}
    assert codes(desk.trial.record_dose("P1", **dose)) == ["dose.discontinued"]
    correct(desk, stopped.seq).or_raise()
    assert desk.trial.record_dose("P1", **dose).allowed
    desk.check()


def test_once_left_a_patient_can_still_be_put_right(desk: Desk) -> None:
    desk.walk()
    wrong = desk.counts("P1", on=day(28))
    desk.step("P1", "death", code="disease", on=day(30))
    assert correct(desk, wrong.seq).allowed
    desk.check()


# ── an event that took the patient off treatment ───────────────────────────────────────────────────────────────────


def unacceptable(desk: Desk) -> tuple[int, int]:
    """The event and the exit that followed it."""
    desk.walk()
    event = desk.trial.record_adverse_event(
        "P1", by=INVESTIGATOR, term="nausea", grade=4, on=day(5), unacceptable=True
    ).or_raise()
    (exit,) = event.also
    assert event.seq is not None
    assert exit.seq is not None
    return event.seq, exit.seq


def test_the_exit_goes_with_the_event_that_caused_it(desk: Desk) -> None:
    event, _ = unacceptable(desk)
    assert desk.state() == DAY_30
    result = correct(desk, event, by=INVESTIGATOR)
    assert (result.allowed, result.state, desk.state()) == (True, INDUCTION, INDUCTION)
    view = desk.trial.show("P1")
    assert (view.standing.treatment_to, view.standing.events, view.standing.on_treatment) == (None, (), True)
    assert desk.trial.due().items[0].trigger == "start_cycle"
    desk.onward("P1", LONG_TERM)
    desk.check()


def test_the_exit_alone_is_not_taken_back(desk: Desk) -> None:
    event, exit = unacceptable(desk)
    result = correct(desk, exit)
    assert [(reason.code, reason.evidence) for reason in result.reasons] == [("correct.its_cause", (event,))]
    assert desk.state() == DAY_30
    desk.check()


def test_once_a_step_stands_on_the_exit_the_event_stays(desk: Desk) -> None:
    event, _ = unacceptable(desk)
    visit = desk.step("P1", "visit", on=day(35))
    result = correct(desk, event, INVESTIGATOR)
    assert [(reason.code, reason.evidence) for reason in result.reasons] == [("correct.stands_on", (visit.seq,))]
    assert desk.state() == LONG_TERM
    correct(desk, visit.seq).or_raise()
    assert correct(desk, event, INVESTIGATOR).state == INDUCTION
    desk.check()


def test_the_exit_goes_with_the_news_that_caused_it_and_the_event_stays(desk: Desk) -> None:
    desk.walk()
    event = desk.trial.record_adverse_event("P1", by=COORDINATOR, term="nausea", grade=4, on=day(5)).seq or 0
    before = chart(desk)
    news = desk.trial.update_adverse_event("P1", event, by=INVESTIGATOR, unacceptable=True, on=day(6))
    assert desk.state() == DAY_30
    assert codes(correct(desk, event)) == ["correct.referred_to"]
    assert correct(desk, news.seq, INVESTIGATOR).state == INDUCTION
    assert chart(desk) == before
    assert correct(desk, event).allowed
    desk.check()


# ── what does not go ───────────────────────────────────────────────────────────────────────────────────────────────


def refusals(desk: Desk, entry: int | None, by: Actor = COORDINATOR) -> list[str]:
    """The reasons why it stays; the refusal is an entry and changes nothing else."""
    before = chart(desk)
    seq = desk.seq()
    result = correct(desk, entry, by=by)
    assert (result.outcome, result.seq, chart(desk)) == ("refused", seq + 1, before)
    assert not result.may_have_happened
    desk.check()
    return codes(result)


def test_an_enrolment_stays_while_anything_stands_on_it(desk: Desk) -> None:
    desk.walk()
    assert refusals(desk, 1) == ["correct.enrolment"]


def test_a_step_stays_while_another_stands_on_it(desk: Desk) -> None:
    desk.walk()
    step = next(entry.seq for entry in desk.entries() if entry.trigger == "register")
    assert refusals(desk, step) == ["correct.stands_on"]


def test_the_last_step_is_taken_back_and_taken_anew(desk: Desk) -> None:
    desk.walk()
    before, last = chart(desk), desk.trial.due().items
    stopped = desk.step("P1", "stop_treatment", on=day(9), code="physician")
    assert desk.state() == DAY_30
    result = correct(desk, stopped.seq, by=INVESTIGATOR)
    assert (result.allowed, result.state, chart(desk), desk.trial.due().items) == (True, INDUCTION, before, last)
    assert [entry.voided_by for entry in desk.entries()][-2:] == [result.seq, None]
    desk.check()
    desk.onward("P1", LONG_TERM)
    desk.check()


def test_steps_are_taken_back_down_to_the_enrolment(desk: Desk) -> None:
    desk.walk()
    for entry in reversed([entry for entry in desk.entries() if entry.kind == "transition"]):
        assert correct(desk, entry.seq, by=INVESTIGATOR).state == entry.source
        desk.check()
    assert refusals(desk, 1, INVESTIGATOR) == ["correct.enrolment"]


def test_of_a_refusal_there_is_nothing_to_take_back(desk: Desk) -> None:
    desk.walk()
    refused = desk.trial.record_counts("P1", by=AUDITOR, anc="1", platelets="50", on=day(3))
    assert refusals(desk, refused.seq) == ["correct.nothing"]


def test_what_was_taken_back_is_not_taken_back_again_nor_is_the_correction(desk: Desk) -> None:
    desk.walk()
    wrong = desk.counts("P1", on=day(3))
    void = correct(desk, wrong.seq)
    assert refusals(desk, wrong.seq) == ["correct.nothing"]
    assert refusals(desk, void.seq) == ["correct.nothing"]


def test_what_another_fact_is_about_stays_and_the_fact_is_named(desk: Desk) -> None:
    desk.walk()
    event = desk.trial.record_adverse_event("P1", by=COORDINATOR, term="nausea", grade=3, on=day(3)).seq
    assert event is not None
    news = desk.trial.update_adverse_event("P1", event, by=COORDINATOR, grade=1, on=day(5))
    hold = desk.trial.hold("P1", by=COORDINATOR, code="infection", on=day(3))
    resumed = desk.trial.resume("P1", by=COORDINATOR, on=day(9))
    for first, later in ((event, news), (hold.seq, resumed)):
        result = correct(desk, first)
        assert [(reason.code, reason.evidence) for reason in result.reasons] == [("correct.referred_to", (later.seq,))]
        correct(desk, later.seq).or_raise()
        assert correct(desk, first).allowed
    desk.check()


def test_an_entry_of_another_patient_is_none_of_this_one(desk: Desk) -> None:
    desk.walk("P1")
    desk.walk("P2")
    theirs = desk.counts("P2", on=day(3)).seq or 0
    before = desk.everything()
    with pytest.raises(UnknownEntry, match=f"P1 has no entry {theirs}") as error:
        correct(desk, theirs)
    assert error.value.hint == "regimen audit log --patient P1 lists them"
    assert desk.everything() == before


@pytest.mark.parametrize("entry", [0, -1, True, "3", None, 2.0])
def test_what_is_no_number_of_an_entry_is_refused_at_the_door(quick_desk: Desk, entry: Any) -> None:
    quick_desk.walk()
    with pytest.raises(InvalidInput, match="not the number of an entry"):
        quick_desk.trial.correct("P1", entry, by=COORDINATOR, reason="wrong")


def test_a_correction_says_why(quick_desk: Desk) -> None:
    quick_desk.walk()
    wrong = quick_desk.counts("P1", on=day(3)).seq or 0
    for more in ({}, {"note": "wrong"}):
        with pytest.raises(InvalidInput, match="a correction needs a reason"):
            quick_desk.trial.correct("P1", wrong, by=COORDINATOR, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("who", [AUDITOR, ADMIN])
def test_who_may_only_look_takes_nothing_back(desk: Desk, who: Actor) -> None:
    desk.walk()
    wrong = desk.counts("P1", on=day(3))
    assert refusals(desk, wrong.seq, who) == ["role.not_permitted"] * 2  # to correct, and to record such a fact


def test_a_correction_did_not_happen_all_the_same(desk: Desk) -> None:
    desk.walk()
    result = correct(desk, 1, happened=True)
    assert codes(result) == ["happened.not_this", "correct.enrolment"]
    desk.check()


def test_a_dry_run_and_an_expectation_serve_for_corrections_too(desk: Desk) -> None:
    desk.walk()
    wrong = desk.counts("P1", on=day(3))
    before = desk.everything()
    dry = correct(desk, wrong.seq, dry_run=True)
    assert (dry.allowed, dry.seq, desk.everything()) == (True, None, before)
    with pytest.raises(Conflict):
        correct(desk, wrong.seq, expect=(wrong.seq or 0) - 1)
    assert correct(desk, wrong.seq, expect=wrong.seq).allowed
