"""The review over a database: what is told of whom, from when on, and what is damaged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.ledger.tamper import behind
from tests.library.desk import AUDITOR, CONSOLIDATION, COORDINATOR, INVESTIGATOR, Desk, day
from workflow.errors import DamagedRow, InvalidInput, UnknownPatient
from workflow.report.review import PatientReview, Pattern

NEVER = 36500  # days


def of(desk: Desk, id: str = "P1", **more: Any) -> PatientReview:
    (found,) = (one for one in desk.trial.review(late=NEVER, **more) if one.patient == id)
    return found


def told(one: PatientReview) -> list[tuple[str, int]]:
    return [(item.kind, item.entry) for item in one.items]


def question(desk: Desk, id: str = "P1") -> None:
    """A cycle that a progression, told late, puts in question."""
    desk.walk(id, "treatment.consolidation.2")
    desk.trial.record_response(id, by=COORDINATOR, response="PD", on=day(20), note="seen on the ward").or_raise()


def test_a_patient_in_question_is_told_with_what_was_learned(desk: Desk) -> None:
    question(desk)
    desk.walk("P2")
    one = of(desk)
    (item,) = one.items
    assert (item.kind, item.action, item.on, item.by, item.role) == (
        "doubted",
        "start_cycle",
        day(29),
        "ines",
        "investigator",
    )
    assert (item.outcome, item.would_be, [reason.code for reason in item.reasons]) == (
        "allowed",
        "refused",
        ["progression.progression"],
    )
    (learned,) = item.learned
    assert (learned.entry, learned.action, learned.words, learned.on) == (desk.seq(), "response", "PD", day(20))
    assert (one.seq, one.hash) == (desk.seq(), desk.last().hash)
    assert one.wants_an_eye
    assert not of(desk, "P2").wants_an_eye


def test_what_a_correction_took_back_is_told_with_what_stands_instead(desk: Desk) -> None:
    desk.walk("P1", "treatment.consolidation.2")
    wrong = next(entry for entry in desk.entries() if entry.kind == "counts")
    more: dict[str, Any] = {"corrects": wrong.seq, "reason": "misread"}
    desk.trial.record_counts("P1", by=COORDINATOR, anc="0.2", platelets="120", **more).or_raise()
    doubted, corrected = of(desk).items
    assert [one.entry for one in doubted.taken_back] == [wrong.seq]
    assert [one.entry for one in doubted.learned] == [desk.seq()]
    assert doubted.taken_back[0].voided_by == desk.seq() - 1
    assert corrected.of is not None
    assert corrected.instead is not None
    assert (corrected.of.entry, corrected.instead.entry, corrected.reason) == (wrong.seq, desk.seq(), "misread")


def test_what_happened_and_what_was_overridden_is_told_with_what_was_passed_and_why(desk: Desk) -> None:
    desk.walk()
    desk.trial.hold("P1", by=COORDINATOR, code="infection", on=day(3)).or_raise()
    more: dict[str, Any] = {"by": INVESTIGATOR, "agent": "alpha", "reason": "given on the ward"}
    given = desk.trial.record_dose("P1", on=day(4), happened=True, **more).or_raise()
    passed = desk.trial.record_dose("P1", on=day(5), override=True, **more).or_raise()
    one = of(desk)
    assert told(one) == [("overridden", passed.seq), ("deviated", given.seq)]
    assert one.items[1].deviations == given.deviations != ()
    assert {item.reason for item in one.items} == {"given on the ward"}
    assert {reason.code for item in one.items for reason in item.reasons} == {"hold.open"}


def test_people_are_told_behind_the_last_patient(desk: Desk) -> None:
    question(desk)
    desk.trial.advance("P1", "start_cycle", by=COORDINATOR, on=day(30))
    found = desk.trial.review(late=NEVER)
    assert found.people == ()
    assert len(list(found)) == 1
    assert found.entries == desk.seq()
    carl, ines = found.people
    assert (carl.person, carl.refused, ines) == ("carl", 1, Pattern("ines", 3, 0, 0, 0, 0, 0, 0))


def test_from_a_day_on_only_what_was_recorded_since_is_told_and_what_it_puts_in_question(desk: Desk) -> None:
    desk.walk("P1", "treatment.consolidation.2")
    desk.trial.hold("P1", by=COORDINATOR, code="infection", on=day(40)).or_raise()
    more: dict[str, Any] = {"by": INVESTIGATOR, "agent": "alpha", "reason": "given on the ward"}
    desk.trial.record_dose("P1", on=day(41), happened=True, **more).or_raise()
    before = desk.seq()
    desk.clock.now += timedelta(days=10)
    since = desk.clock.now.date()
    assert [one.patient for one in desk.trial.review(since=since)] == []
    desk.trial.record_response("P1", by=COORDINATOR, response="PD", on=day(20)).or_raise()
    one = of(desk, since=since)
    assert ("deviated", before) not in told(one)
    assert {kind for kind, _ in told(one)} == {"doubted"}
    found = desk.trial.review(since=since)
    assert len(list(found)) == 1
    assert found.entries == 1


def test_one_patient_alone_may_be_asked_for(desk: Desk) -> None:
    question(desk)
    desk.walk("P2")
    assert [one.patient for one in desk.trial.review(patient="p1")] == ["P1"]
    with pytest.raises(UnknownPatient):
        desk.trial.review(patient="P9")
    with pytest.raises(InvalidInput):
        desk.trial.review(late=-1)
    with pytest.raises(InvalidInput):
        desk.trial.review(since="2024-01-01")  # type: ignore[arg-type]


def test_more_patients_than_a_span_holds_are_all_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow.store.audit.SPAN", 12)
    for number in range(5):
        desk.walk(f"P{number}")
    assert [one.patient for one in desk.trial.review()] == [f"P{number}" for number in range(5)]


def test_a_damaged_chain_is_named_and_the_others_are_reviewed(quick_desk: Desk) -> None:
    desk = quick_desk
    question(desk)
    question(desk, "P2")
    with behind(desk.url) as connection:
        connection.exec_driver_sql("UPDATE regimen_entry SET body = X'7B7D' WHERE chain = 'patient/p1' AND seq = 3")
    damaged: list[DamagedRow] = []
    assert [one.patient for one in desk.trial.review(damaged=damaged.append)] == ["P2"]
    assert [one.chain for one in damaged] == ["patient/p1"]
    with pytest.raises(DamagedRow):
        list(desk.trial.review())


def test_a_review_writes_nothing(desk: Desk) -> None:
    question(desk)
    before = desk.everything()
    list(desk.trial.review())
    assert desk.everything() == before


def test_what_newer_software_wrote_is_not_reviewed_and_that_is_said(quick_desk: Desk) -> None:
    desk = quick_desk
    question(desk)
    with behind(desk.url) as connection:
        connection.exec_driver_sql(
            'UPDATE regimen_entry SET body = CAST(replace(CAST(body AS TEXT), \'"kind":"response"\','
            " '\"kind\":\"telepathy\"') AS BLOB) WHERE kind = 'response'"
        )
    one = of(desk)
    assert (one.not_understood, one.seq, one.items) == (desk.seq(), desk.seq() - 1, ())
    assert one.wants_an_eye


def test_nor_is_a_chain_of_which_nothing_is_understood(quick_desk: Desk) -> None:
    desk = quick_desk
    desk.walk()
    with behind(desk.url) as connection:
        connection.exec_driver_sql(
            'UPDATE regimen_entry SET body = CAST(replace(CAST(body AS TEXT), \'"kind":"enrolment"\','
            " '\"kind\":\"telepathy\"') AS BLOB) WHERE kind = 'enrolment'"
        )
    one = of(desk)
    assert (one.not_understood, one.seq, one.hash) == (1, 0, "")


def test_what_was_signed_off_comes_again_where_what_answered_for_it_is_taken_back(desk: Desk) -> None:
    """A hold that was told late had an end, and then it had none: the cycle was begun on hold."""
    desk.walk("P1", CONSOLIDATION)
    step = next(one for one in reversed(desk.entries()) if one.trigger == "start_cycle")
    held = desk.trial.hold("P1", by=COORDINATOR, code="infection", on=step.occurred_on - timedelta(days=5)).or_raise()
    on = step.occurred_on - timedelta(days=2)
    resumed = desk.trial.resume("P1", by=COORDINATOR, hold=held.seq, on=on).or_raise()
    last = desk.entries()[-1]
    desk.trial.sign_review("P1", last.seq, last.hash, "in_order", by=AUDITOR).or_raise()
    desk.trial.correct("P1", resumed.seq or 0, by=COORDINATOR, reason="never resumed").or_raise()
    (found,) = desk.trial.review(patient="P1", late=3650)
    (doubt,) = [item for item in found.items if item.would_be is not None]
    assert (doubt.entry, [one.entry for one in doubt.taken_back]) == (step.seq, [resumed.seq])
    assert [reason.code for reason in doubt.reasons] == ["hold.open"]
    desk.check()
