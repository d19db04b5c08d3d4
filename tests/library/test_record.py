"""Recording facts: what is kept of each, and what follows from it in the same transaction."""

from __future__ import annotations

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
from tests.toy import TOY
from workflow import Result
from workflow.errors import InvalidInput
from workflow.protocol.model import Permission, Purpose


def event(desk: Desk, **more: Any) -> Result:
    told = {"term": "nausea", "grade": 3, "attributed": ["beta"], "on": day(5), **more}
    return desk.trial.record_adverse_event("P1", by=INVESTIGATOR, **told)


# ── each kind ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_fact_is_an_entry_with_its_payload(desk: Desk) -> None:
    trial, on = desk.trial, day(2)
    desk.walk()
    told: list[tuple[Result, str, dict[str, Any]]] = [
        (trial.record_consent("P1", by=COORDINATOR, on=on), "consent", {"version": "1"}),
        (
            trial.record_counts("P1", by=COORDINATOR, anc="1.50", platelets=80, on=on),
            "counts",
            {"anc": "1.50", "platelets": "80"},
        ),
        (
            trial.record_response("P1", by=COORDINATOR, response="cr", mrd="negative", on=on),
            "response",
            {"response": "CR", "mrd": "negative"},
        ),
        (
            trial.record_dose("P1", by=COORDINATOR, agent="A", amount="1.5", unit="mg/m2", on=on),
            "dose",
            {"agent": "alpha", "amount": "1.5", "unit": "mg", "per": "m2"},
        ),
        (trial.hold("P1", by=COORDINATOR, code="counts", on=on), "hold", {"code": "counts"}),
        (trial.resume("P1", by=COORDINATOR, on=on), "resume", {"of": 10}),
    ]
    for result, kind, data in told:
        assert result.outcome == "allowed"
        entry = next(entry for entry in desk.entries() if entry.seq == result.seq)
        said = {name: value for name, value in entry.data.items() if value is not None}
        assert (entry.kind, entry.trigger, said, entry.occurred_on) == (kind, None, data, on)
        assert (entry.source, entry.target) == (INDUCTION, None)
    desk.check()


def test_eligibility_keeps_every_answer(desk: Desk) -> None:
    desk.enrol("P1")
    desk.trial.record_eligibility("P1", by=COORDINATOR, route="IN01", answers={"IN02": True, "EX01": None})
    assert desk.last().data["answers"] == {"IN01": "met", "IN02": "met", "EX01": "unknown"}
    assert desk.last().data["unknown"] == ("EX01",)


def test_a_note_is_kept_apart_from_the_bytes(desk: Desk) -> None:
    desk.walk()
    event(desk, term="other", note="a rash on both arms")
    assert desk.last().texts == {"note": "a rash on both arms"}
    assert "rash" not in str(desk.last().data)
    desk.check()


def test_what_is_malformed_leaves_no_entry(desk: Desk) -> None:
    desk.walk()
    before = desk.everything()
    for wrong in ({"grade": 7}, {"term": "nausia"}, {"attributed": ["gamma"]}, {"grade": 2.0}, {"term": "other"}):
        with pytest.raises(InvalidInput):
            event(desk, **wrong)
    with pytest.raises(InvalidInput):
        desk.trial.record_counts("P1", by=COORDINATOR, anc="2500", platelets="100")
    assert desk.everything() == before


def test_a_refused_fact_is_an_entry_and_changes_no_chart(desk: Desk) -> None:
    desk.walk()
    standing = desk.trial.show("P1").standing
    result = desk.trial.record_counts("P1", by=AUDITOR, anc="1", platelets="100", on=day(3))
    assert (result.outcome, result.state) == ("refused", INDUCTION)
    assert desk.last().outcome == "refused"
    assert desk.trial.show("P1").standing == standing
    desk.check()


def test_what_was_refused_as_of_the_future_is_so_when_it_is_decided_again(desk: Desk) -> None:
    desk.walk()
    tomorrow = desk.clock.now.date() + timedelta(days=1)
    assert not desk.trial.record_counts("P1", by=COORDINATOR, anc="1", platelets="90", on=tomorrow).allowed
    desk.check()


def test_the_time_of_day_is_in_the_row_and_in_what_the_entries_add_up_to(desk: Desk) -> None:
    desk.walk()
    for time, anc in (("16:00", "2.5"), ("08:00", "0.1")):
        desk.trial.record_counts("P1", by=COORDINATOR, anc=anc, platelets="120", on=day(28), at=time).or_raise()
    desk.check()
    assert desk.trial.advance("P1", by=COORDINATOR, on=day(29)).allowed


# ── holds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hold_stops_the_steps_until_the_patient_is_resumed(desk: Desk) -> None:
    desk.walk()
    desk.counts("P1", on=day(28))
    desk.trial.hold("P1", by=COORDINATOR, code="infection", on=day(10)).or_raise()
    assert not desk.trial.advance("P1", by=COORDINATOR, on=day(29)).allowed
    desk.trial.resume("P1", by=COORDINATOR, on=day(20)).or_raise()
    assert desk.trial.advance("P1", by=COORDINATOR, on=day(29)).allowed
    desk.check()


def test_a_hold_is_no_state(desk: Desk) -> None:
    desk.walk()
    assert desk.trial.hold("P1", by=COORDINATOR, code="infection", on=day(10)).state == INDUCTION


# ── adverse events ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_news_name_the_event_they_are_of(desk: Desk) -> None:
    desk.walk()
    first = event(desk)
    assert first.seq is not None
    result = desk.trial.update_adverse_event("P1", first.seq, by=INVESTIGATOR, grade=2, on=day(9))
    assert desk.last().data["of"] == first.seq
    (now,) = desk.trial.show("P1", on=day(9)).standing.events
    assert (now.entry, now.term, now.grade, now.attributed) == (first.seq, "nausea", 2, ("beta",))
    again = desk.trial.update_adverse_event("P1", first.seq, by=INVESTIGATOR, resolved=day(12), on=day(12))
    assert (result.allowed, again.allowed) == (True, True)
    assert desk.trial.show("P1").standing.events == ()
    desk.check()


@pytest.mark.parametrize("entry", [1, 2, 99])
def test_news_of_what_is_no_event_are_refused(desk: Desk, entry: int) -> None:
    desk.walk()
    event(desk)
    result = desk.trial.update_adverse_event("P1", entry, by=INVESTIGATOR, grade=2)
    assert [(reason.code, reason.args) for reason in result.reasons] == [("adverse_event.unknown", {"entry": entry})]
    assert not result.may_have_happened
    desk.check()


@pytest.mark.parametrize(
    ("told", "on"),
    [
        ({"grade": 3}, date(2025, 6, 15)),
        ({"stops": ("alpha",)}, date(2025, 6, 15)),
        ({"attributed": ("alpha",)}, day(3)),
        ({"resolved": day(20)}, day(20)),
    ],
)
def test_without_a_date_an_end_is_of_its_day_a_judgement_of_the_first_and_other_news_of_today(
    quick_desk: Desk, told: dict[str, Any], on: date
) -> None:
    quick_desk.walk()
    seq = event(quick_desk, on=day(3)).seq
    assert seq is not None
    quick_desk.trial.update_adverse_event("P1", seq, by=INVESTIGATOR, **told).or_raise()
    assert quick_desk.last().occurred_on == on


def test_an_unacceptable_event_takes_the_patient_off_treatment_in_the_same_transaction(desk: Desk) -> None:
    desk.walk()
    result = event(desk, unacceptable=True)
    assert (result.action, result.state) == ("adverse_event", DAY_30)
    (after,) = result.also
    assert (after.action, after.outcome, after.state, after.occurred_on) == (
        "unacceptable_toxicity",
        "allowed",
        DAY_30,
        day(5),
    )
    declared, left = desk.entries()[-2:]
    assert (declared.seq, left.seq) == (result.seq, after.seq)
    assert (left.trigger, left.code, left.cause) == ("unacceptable_toxicity", "toxicity", result.seq)
    assert left.recorded_at == declared.recorded_at
    desk.check()


def test_an_event_declared_unacceptable_later_takes_the_patient_off_then(desk: Desk) -> None:
    desk.walk()
    first = event(desk)
    assert first.seq is not None
    result = desk.trial.update_adverse_event("P1", first.seq, by=INVESTIGATOR, unacceptable=True, on=day(8))
    assert (result.state, result.also[0].occurred_on) == (DAY_30, day(8))
    assert desk.last().cause == result.seq
    desk.check()


def test_an_unacceptable_event_told_late_takes_the_patient_off_no_earlier_than_the_last_step(desk: Desk) -> None:
    desk.walk("P1", CONSOLIDATION)
    assert event(desk, unacceptable=True).also[0].occurred_on == day(29)
    desk.check()


@pytest.mark.parametrize("state", ["enrolled", LONG_TERM])
def test_outside_treatment_an_unacceptable_event_moves_nobody(desk: Desk, state: str) -> None:
    desk.walk("P1", state)
    result = event(desk, unacceptable=True)
    assert (result.allowed, result.also, result.state) == (True, (), state)
    desk.check()


def test_a_refused_declaration_moves_nobody(desk: Desk) -> None:
    desk.walk()
    result = desk.trial.record_adverse_event("P1", by=COORDINATOR, term="nausea", grade=3, unacceptable=True, on=day(5))
    assert (result.outcome, result.also, desk.state()) == ("refused", (), INDUCTION)
    desk.check()


def test_a_dry_run_tells_what_would_follow_and_writes_nothing(desk: Desk) -> None:
    desk.walk()
    before = desk.everything()
    dry = event(desk, unacceptable=True, dry_run=True)
    assert [(r.action, r.state, r.seq, r.hash) for r in (dry, *dry.also)] == [
        ("adverse_event", DAY_30, None, None),
        ("unacceptable_toxicity", DAY_30, None, None),
    ]
    assert desk.everything() == before


def test_facts_told_in_follow_up_are_kept(desk: Desk) -> None:
    desk.walk("P1", LONG_TERM)
    assert event(desk, term="liver_injury", on=day(300)).allowed
    assert desk.trial.record_response("P1", by=COORDINATOR, response="REL", on=day(310)).allowed
    desk.check()


def test_an_unacceptable_event_takes_the_exit_of_the_patients_own_arm(sqlite_url: str) -> None:
    (arm, *_) = TOY.arms
    exits = tuple(replace(out, trigger="too_toxic") if out.purpose is Purpose.TOXICITY else out for out in arm.exits)
    arms = (arm, replace(arm, key="B", title="Arm B", exits=exits))
    permissions = (*TOY.permissions, Permission("too_toxic", ("investigator",)))
    desk = Desk(sqlite_url, protocols=[replace(TOY, arms=arms, permissions=permissions)])
    for id, key, trigger in (("P1", "A", "unacceptable_toxicity"), ("P2", "B", "too_toxic")):
        desk.walk(id, arm=key)
        result = desk.trial.record_adverse_event(
            id, by=INVESTIGATOR, term="nausea", grade=4, attributed=["beta"], unacceptable=True, on=day(5)
        )
        assert [step.action for step in result.also] == [trigger]
