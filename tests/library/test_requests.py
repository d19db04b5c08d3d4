"""The same request again: what was carried out answers its first result, and another under its id is refused.

A refusal owns no id: it is answered again while nothing that it rested on has moved, and decided anew after that.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.library.desk import (
    ADMIN,
    AUDITOR,
    CONSOLIDATION,
    COORDINATOR,
    DAY_30,
    INDUCTION,
    INVESTIGATOR,
    Desk,
    day,
)
from workflow import Result
from workflow.errors import AlreadyExists, InvalidInput, RequestIdReused
from workflow.store.schema import request as request_table


def same(first: Result, again: Result) -> None:
    """``again`` is the first result, marked as repeated."""
    unmarked = replace(again, repeated=False, also=tuple(replace(one, repeated=False) for one in again.also))
    assert again.repeated
    assert unmarked == first


def twice(desk: Desk, ask: Any) -> tuple[Result, Result]:
    first = ask()
    before = desk.everything()
    again = ask()
    assert desk.everything() == before
    return first, again


def test_a_step_is_taken_once(desk: Desk) -> None:
    desk.walk()
    desk.counts("P1", on=day(28))
    same(
        *twice(
            desk,
            lambda: desk.trial.advance("P1", by=COORDINATOR, on=day(30), reason="late bus", request_id="r-1"),
        )
    )
    assert desk.state() == CONSOLIDATION


def test_an_enrolment_is_made_once(desk: Desk) -> None:
    same(*twice(desk, lambda: desk.trial.enroll("P1", "A", by=COORDINATOR, request_id="r-1")))


def test_a_refusal_is_answered_again(desk: Desk) -> None:
    desk.walk()
    first, again = twice(desk, lambda: desk.trial.advance("P1", by=COORDINATOR, on=day(20), request_id="r-1"))
    same(first, again)
    assert [reason.code for reason in again.reasons] == ["interval.early", "counts.missing"]


def test_a_refused_enrolment_is_answered_again(desk: Desk) -> None:
    same(*twice(desk, lambda: desk.trial.enroll("P1", "A", by=AUDITOR, request_id="r-1")))


def test_an_override_is_answered_again(desk: Desk) -> None:
    desk.walk()
    ask: dict[str, Any] = {"on": day(20), "override": True, "reason": "counts come tomorrow", "request_id": "r-1"}
    same(*twice(desk, lambda: desk.trial.advance("P1", by=INVESTIGATOR, **ask)))


@pytest.mark.parametrize("kind", ["consent", "counts", "response", "dose", "hold", "eligibility"])
def test_a_fact_is_recorded_once(desk: Desk, kind: str) -> None:
    desk.walk()
    trial = desk.trial
    ask: dict[str, Any] = {"by": COORDINATOR, "on": day(3), "request_id": "r-1", "note": "as told"}
    asks = {
        "consent": lambda: trial.record_consent("P1", **ask),
        "counts": lambda: trial.record_counts("P1", anc="1.5", platelets=80, **ask),
        "response": lambda: trial.record_response("P1", response="CR", **ask),
        "dose": lambda: trial.record_dose("P1", agent="alpha", **ask),
        "hold": lambda: trial.hold("P1", code="other", **ask),
        "eligibility": lambda: trial.record_eligibility("P1", route="IN01", answers={"EX01": False}, **ask),
    }
    same(*twice(desk, asks[kind]))
    desk.check()


def test_an_event_and_the_exit_that_followed_are_answered_together(desk: Desk) -> None:
    desk.walk()
    first, again = twice(
        desk,
        lambda: desk.trial.record_adverse_event(
            "P1", by=INVESTIGATOR, term="nausea", grade=4, on=day(5), unacceptable=True, request_id="r-1"
        ),
    )
    same(first, again)
    assert (again.state, len(again.also)) == (DAY_30, 1)


def test_news_and_the_exit_that_followed_are_answered_together(desk: Desk) -> None:
    desk.walk()
    event = desk.trial.record_adverse_event("P1", by=INVESTIGATOR, term="nausea", grade=4, on=day(5))
    entry = event.seq or 0
    ask: dict[str, Any] = {"by": INVESTIGATOR, "unacceptable": True, "on": day(6), "request_id": "r-1"}
    same(*twice(desk, lambda: desk.trial.update_adverse_event("P1", entry, **ask)))


def test_the_first_answer_is_given_whatever_happened_since(desk: Desk) -> None:
    desk.walk()
    first = desk.trial.record_dose("P1", by=COORDINATOR, agent="alpha", on=day(2), request_id="r-1")
    desk.leave("P1", on=day(5))
    same(first, desk.trial.record_dose("P1", by=COORDINATOR, agent="alpha", on=day(2), request_id="r-1"))


def test_a_fact_of_an_earlier_cycle_is_answered_with_where_the_patient_stood_after_it(desk: Desk) -> None:
    desk.walk("P1", CONSOLIDATION)
    first = desk.trial.record_dose("P1", by=COORDINATOR, agent="alpha", on=day(2), request_id="r-1")
    assert (first.source, first.state) == (INDUCTION, CONSOLIDATION)
    same(first, desk.trial.record_dose("P1", by=COORDINATOR, agent="alpha", on=day(2), request_id="r-1"))
    refused = desk.trial.record_dose("P1", by=AUDITOR, agent="alpha", on=day(2), request_id="r-2")
    same(refused, desk.trial.record_dose("P1", by=AUDITOR, agent="alpha", on=day(2), request_id="r-2"))


def test_without_a_date_the_request_is_the_same_on_the_next_day(desk: Desk) -> None:
    first = desk.trial.enroll("P1", "A", by=COORDINATOR, request_id="r-1")
    desk.clock.now = desk.clock.now.replace(day=16)
    same(first, desk.trial.enroll("P1", "A", by=COORDINATOR, request_id="r-1"))


def test_a_retry_with_an_expectation_is_no_conflict_with_itself(desk: Desk) -> None:
    desk.walk()
    ask: dict[str, Any] = {"by": COORDINATOR, "on": day(20), "request_id": "r-1", "expect": desk.seq()}
    same(*twice(desk, lambda: desk.trial.advance("P1", **ask)))


DOSE: dict[str, Any] = {"by": COORDINATOR, "agent": "alpha", "on": day(2), "note": "in the morning"}


OTHERS: list[dict[str, Any]] = [
    {"agent": "beta"},
    {"on": day(3)},
    {"on": None},
    {"by": INVESTIGATOR},
    {"note": "in the evening"},
    {"note": None},
    {"amount": "1", "unit": "mg"},
    {"reason": "by mistake"},
    {"override": True},
    {"expect": 7},
    {"happened": True},
    {"at": "08:30"},
]


def test_the_same_id_with_another_content_is_a_conflict(desk: Desk) -> None:
    desk.walk()
    first = desk.trial.record_dose("P1", **DOSE, request_id="r-1")
    before = desk.everything()
    for other in OTHERS:
        with pytest.raises(RequestIdReused, match="request id 'r-1' was used for another request") as error:
            desk.trial.record_dose("P1", **{**DOSE, **other}, request_id="r-1")
        assert error.value.hint == f"it is entry {first.seq} of patient/p1"
        assert not error.value.retry
    assert desk.everything() == before


def test_the_same_id_for_another_patient_or_command_is_a_conflict(desk: Desk) -> None:
    desk.walk()
    desk.enrol("P2")
    desk.trial.record_dose("P1", **DOSE, request_id="r-1")
    with pytest.raises(RequestIdReused):
        desk.trial.record_dose("P2", **DOSE, request_id="r-1")
    with pytest.raises(RequestIdReused):
        desk.trial.advance("P1", by=COORDINATOR, on=day(2), request_id="r-1")
    with pytest.raises(RequestIdReused):
        desk.trial.enroll("P3", "A", by=COORDINATOR, request_id="r-1")


def test_an_enrolment_into_another_version_is_another_request(desk: Desk) -> None:
    desk.trial.enroll("P1", "A", by=COORDINATOR, request_id="r-1")
    with pytest.raises(RequestIdReused):
        desk.trial.enroll("P1", "A", by=COORDINATOR, version="1", request_id="r-1")


@pytest.mark.parametrize("id", ["", " ", "a b", "x" * 101, "ü", "a\n"])
def test_a_request_id_is_short_and_printable(quick_desk: Desk, id: str) -> None:
    with pytest.raises(InvalidInput, match="not a request id"):
        quick_desk.trial.enroll("P1", "A", by=COORDINATOR, request_id=id)


def test_the_entry_keeps_the_id_and_not_the_content(desk: Desk) -> None:
    desk.walk()
    desk.trial.record_dose("P1", **DOSE, request_id="r-1")
    request = desk.last().request
    assert request is not None
    assert request.id == "r-1"
    assert request.__struct_fields__ == ("id", "sha256")
    assert len(request.sha256) == 64
    desk.check()


# ── what was refused owns no id ────────────────────────────────────────────────────────────────────────────────────


def refused(desk: Desk, request_id: str = "r-1", **other: Any) -> Result:
    """A step of day 29 without counts."""
    asked: dict[str, Any] = {"by": COORDINATOR, "on": day(29), "request_id": request_id, **other}
    return desk.trial.advance("P1", **asked)


def fact(desk: Desk) -> None:
    desk.trial.record_response("P1", by=COORDINATOR, response="CR", on=day(20)).or_raise()


def another_refusal(desk: Desk) -> None:
    assert not desk.trial.advance("P1", "visit", by=COORDINATOR).allowed


def somebody_joins(desk: Desk) -> None:
    desk.trial.add_person("lena", "coordinator", by=ADMIN)


def the_day_passes(desk: Desk) -> None:
    desk.clock.now += timedelta(days=1)


@pytest.mark.parametrize(
    "moves", [fact, another_refusal, somebody_joins, the_day_passes], ids=lambda each: str(each.__name__)
)
def test_a_refusal_is_decided_anew_once_anything_it_rested_on_has_moved(desk: Desk, moves: Any) -> None:
    desk.walk()
    first = refused(desk)
    moves(desk)
    before = desk.seq()
    again = refused(desk)
    assert (again.outcome, again.repeated, again.seq) == ("refused", False, before + 1)
    assert again.reasons == first.reasons
    desk.check()


def test_another_engine_decides_a_refusal_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.walk()
    first = refused(desk)
    monkeypatch.setattr("workflow.desk.requests.ENGINE", "2")
    assert (refused(desk).repeated, desk.seq()) == (False, (first.seq or 0) + 1)


def test_what_was_refused_is_carried_out_under_its_id_when_the_cause_is_gone(desk: Desk) -> None:
    desk.walk()
    assert not refused(desk).allowed
    desk.counts("P1", on=day(28))
    first = refused(desk)
    assert (first.outcome, first.state, first.repeated) == ("allowed", CONSOLIDATION, False)
    same(first, refused(desk))
    desk.check()


def test_another_content_under_the_id_of_a_refusal_is_a_new_request(desk: Desk) -> None:
    desk.walk()
    refused(desk)
    put_right = refused(desk, by=INVESTIGATOR, override=True, reason="counts come tomorrow")
    assert (put_right.outcome, put_right.repeated) == ("overridden", False)
    with pytest.raises(RequestIdReused):
        refused(desk)
    desk.check()


def test_a_refusal_under_another_id_is_decided_by_itself(desk: Desk) -> None:
    desk.walk()
    first = refused(desk)
    other = refused(desk, "r-2")
    assert (other.repeated, other.seq) == (False, (first.seq or 0) + 1)


def test_a_refusal_leaves_no_request(desk: Desk) -> None:
    desk.walk()
    refused(desk)
    desk.trial.enroll("P2", "A", by=AUDITOR, request_id="r-2")
    assert desk.rows(request_table) == []
    desk.counts("P1", on=day(28))
    done = refused(desk)
    assert desk.rows(request_table) == [{"id": "r-1", "chain": "patient/p1", "seq": done.seq}]


def test_a_refused_enrolment_is_decided_anew_for_somebody_who_may(desk: Desk) -> None:
    desk.trial.enroll("P1", "A", by=AUDITOR, request_id="r-1")
    assert desk.trial.enroll("P1", "A", by=COORDINATOR, request_id="r-1").allowed
    with pytest.raises(RequestIdReused):
        desk.trial.enroll("P1", "A", by=AUDITOR, request_id="r-1")
    desk.check()


def test_an_enrolment_refused_before_is_a_conflict_once_the_patient_is_there(desk: Desk) -> None:
    desk.trial.enroll("P1", "A", by=AUDITOR, request_id="r-1")
    desk.enrol("P1")
    with pytest.raises(AlreadyExists):
        desk.trial.enroll("P1", "A", by=AUDITOR, request_id="r-1")


def test_a_correction_is_carried_out_once(desk: Desk) -> None:
    desk.walk()
    wrong = desk.counts("P1", on=day(3)).seq or 0
    ask: dict[str, Any] = {"by": COORDINATOR, "reason": "another patient's", "request_id": "r-1"}
    same(*twice(desk, lambda: desk.trial.correct("P1", wrong, **ask)))
    with pytest.raises(RequestIdReused):
        desk.trial.correct("P1", wrong - 1, **ask)


def test_what_happened_is_recorded_once(desk: Desk) -> None:
    desk.walk("P1", "enrolled")
    told: dict[str, Any] = {"by": COORDINATOR, "agent": "alpha", "on": day(1), "request_id": "r-1"}
    assert not desk.trial.record_dose("P1", **told).allowed
    same(*twice(desk, lambda: desk.trial.record_dose("P1", **told, happened=True, reason="given on the ward")))
    with pytest.raises(RequestIdReused):
        desk.trial.record_dose("P1", **told)


def test_the_same_request_is_known_in_any_case_of_the_patients_id(desk: Desk) -> None:
    desk.walk()
    first = desk.trial.record_dose("P1", **DOSE, request_id="r-1")
    same(first, desk.trial.record_dose("p1", **DOSE, request_id="r-1"))
