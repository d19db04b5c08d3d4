"""What is said of entries: deviations acknowledged, reviews signed off, queries; and what is held to what."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from tests.ledger.forge import Body, Log
from tests.ledger.tamper import restore
from tests.library.desk import ADMIN, AUDITOR, COORDINATOR, INVESTIGATOR, Desk, day
from tests.library.test_corrections import chart, codes
from tests.toy import TOY, toy
from workflow import Result
from workflow.errors import Conflict, InvalidInput, UnknownEntry, UnknownPatient
from workflow.protocol.model import Permission
from workflow.report.remarks import Deviation, QueryView

P1 = "patient/p1"


def deviated(desk: Desk, id: str = "P1", *, on: int = 4, agent: str = "alpha") -> int:
    told = desk.trial.record_dose(
        id, by=COORDINATOR, agent=agent, on=day(on), happened=True, reason="given on the ward"
    ).or_raise()
    assert told.outcome == "deviated"
    return told.seq or 0


def held(desk: Desk, id: str = "P1") -> None:
    desk.walk(id)
    desk.trial.hold(id, by=COORDINATOR, code="infection", on=day(3)).or_raise()


def deviations(desk: Desk, **more: Any) -> list[tuple[str, int, str | None]]:
    return [
        (one.patient, one.entry, one.acknowledged.assessment if one.acknowledged is not None else None)
        for one in desk.trial.deviations(**more)
    ]


def only(desk: Desk, **more: Any) -> Deviation:
    (one,) = desk.trial.deviations(**more)
    return one


def acknowledge(desk: Desk, *entries: int, by: Any = INVESTIGATOR, word: str = "minor", **more: Any) -> Result:
    return desk.trial.acknowledge("P1", entries, word, by=by, **more)


# ── deviations ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_deviation_is_outstanding_until_it_is_acknowledged(desk: Desk) -> None:
    held(desk)
    entry = deviated(desk)
    one = only(desk, outstanding=True)
    assert (one.patient, one.entry, one.kinds, one.on, one.action) == ("P1", entry, ("while_held",), day(4), "dose")
    assert (one.by, one.role, one.reason, [reason.code for reason in one.reasons]) == (
        "carl",
        "coordinator",
        "given on the ward",
        ["hold.open"],
    )
    before = chart(desk)
    result = acknowledge(desk, entry, reason="no harm done").or_raise()
    assert (result.action, result.seq, result.hash) == ("acknowledge", desk.seq(), desk.last().hash)
    assert chart(desk) == before
    word = only(desk).acknowledged
    assert word is not None
    assert (word.entry, word.by, word.role, word.assessment, word.reason) == (
        desk.seq(),
        "ines",
        "investigator",
        "minor",
        "no harm done",
    )
    assert desk.last().words == f"deviation of entry {entry}: minor"
    assert list(desk.trial.deviations(outstanding=True)) == []
    desk.check()


def test_a_review_says_who_has_acknowledged_what(desk: Desk) -> None:
    held(desk)
    first, second = deviated(desk), deviated(desk, on=5)
    acknowledge(desk, first, word="none").or_raise()
    (one,) = desk.trial.review(late=36500)
    assert [(item.entry, item.acknowledged.assessment if item.acknowledged else None) for item in one.items] == [
        (first, "none"),
        (second, None),
    ]


def test_several_are_acknowledged_at_once_and_judged_anew(desk: Desk) -> None:
    held(desk)
    first, second = deviated(desk), deviated(desk, on=5)
    acknowledge(desk, second, first).or_raise()
    assert deviations(desk) == [("P1", first, "minor"), ("P1", second, "minor")]
    acknowledge(desk, second, word="major").or_raise()
    assert deviations(desk) == [("P1", first, "minor"), ("P1", second, "major")]
    desk.check()


def test_what_is_corrected_is_outstanding_again_for_what_stands_in_its_place(desk: Desk) -> None:
    held(desk)
    first = deviated(desk)
    acknowledge(desk, first).or_raise()
    more: dict[str, Any] = {"on": day(5), "happened": True, "reason": "the wrong day"}
    again = desk.trial.correct("P1", first, by=COORDINATOR, **more).or_raise()
    second = again.also[0].seq or 0
    assert [(one.entry, one.voided_by) for one in desk.trial.deviations()] == [(first, again.seq), (second, None)]
    assert deviations(desk, outstanding=True) == [("P1", second, None)]
    with pytest.raises(InvalidInput, match=f"entry {first} is no deviation that stands"):
        acknowledge(desk, first)
    desk.check()


def test_deviations_are_listed_by_patient_and_day(desk: Desk) -> None:
    for id in ("P1", "P2"):
        held(desk, id)
        deviated(desk, id)
        deviated(desk, id, on=9)
    assert len(deviations(desk)) == 4
    assert {one[0] for one in deviations(desk, patient="p2")} == {"P2"}
    assert [one.on for one in desk.trial.deviations(since=day(5))] == [day(9), day(9)]
    with pytest.raises(UnknownPatient):
        desk.trial.deviations(patient="P9")


def test_a_list_that_is_longer_than_a_page_is_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow.desk.listing.PAGE", 2)
    held(desk)
    found = [deviated(desk, on=4 + number) for number in range(5)]
    assert [one.entry for one in desk.trial.deviations()] == found


@pytest.mark.parametrize("by", [COORDINATOR, AUDITOR, ADMIN])
def test_whoever_may_override_acknowledges_where_the_protocol_says_nothing_of_it(desk: Desk, by: Any) -> None:
    held(desk)
    entry = deviated(desk)
    result = acknowledge(desk, entry, by=by)
    assert codes(result) == ["role.not_permitted"]
    assert result.reasons[0].message.endswith("may not acknowledge a deviation")
    assert desk.last().kind == "acknowledged"
    assert deviations(desk, outstanding=True) == [("P1", entry, None)]
    desk.check()


def test_where_the_protocol_says_who_acknowledges_it_is_they(sqlite_url: str) -> None:
    permissions = (*TOY.permissions, Permission("acknowledge", ("coordinator",)))
    desk = Desk(sqlite_url, protocols=(toy(permissions=permissions),))
    held(desk)
    entry = deviated(desk)
    assert codes(acknowledge(desk, entry)) == ["role.not_permitted"]
    acknowledge(desk, entry, by=COORDINATOR).or_raise()
    desk.check()
    desk.close()


def test_what_cannot_be_acknowledged_is_said(desk: Desk) -> None:
    held(desk)
    entry = deviated(desk)
    before = desk.everything()
    with pytest.raises(InvalidInput, match="entry 2 is no deviation that stands"):
        acknowledge(desk, 2)
    with pytest.raises(UnknownEntry):
        acknowledge(desk, 99)
    with pytest.raises(InvalidInput, match="each once"):
        acknowledge(desk)
    with pytest.raises(InvalidInput, match="assessment"):
        acknowledge(desk, entry, word="grave")
    with pytest.raises(InvalidInput):
        acknowledge(desk, "4")  # type: ignore[arg-type]
    assert desk.everything() == before


def test_a_dry_run_and_the_same_request_again_are_as_everywhere(desk: Desk) -> None:
    held(desk)
    entry = deviated(desk)
    before = desk.everything()
    assert acknowledge(desk, entry, dry_run=True).seq is None
    assert desk.everything() == before
    first = acknowledge(desk, entry, request_id="r1")
    again = acknowledge(desk, entry, request_id="r1")
    assert (again.repeated, again.seq) == (True, first.seq)
    with pytest.raises(Conflict):
        acknowledge(desk, entry, expect=1)
    desk.check()


# ── reviews ────────────────────────────────────────────────────────────────────────────────────────────────────────


def sign(desk: Desk, by: Any = AUDITOR, outcome: str = "in_order", **more: Any) -> list[Result]:
    found = [one for one in desk.trial.review() if one.patient == "P1"]
    return [desk.trial.sign_review("P1", one.seq, one.hash, outcome, by=by, **more) for one in found]


def test_the_next_review_begins_behind_what_was_signed_off(desk: Desk) -> None:
    held(desk)
    deviated(desk)
    (before,) = desk.trial.review()
    (signed,) = sign(desk)
    assert (signed.allowed, signed.action) == (True, "review")
    assert desk.last().words == f"reviewed up to entry {before.seq}: in order"
    assert list(desk.trial.review()) == []
    (whole,) = desk.trial.review(whole=True)
    assert [item.entry for item in whole.items] == [item.entry for item in before.items]
    second = deviated(desk, on=6)
    (after,) = desk.trial.review(late=36500)
    assert (after.since, [item.entry for item in after.items]) == (before.seq, [second])
    sign(desk)
    assert list(desk.trial.review()) == []
    desk.check()


def test_what_was_signed_off_comes_again_where_something_new_puts_it_in_question(desk: Desk) -> None:
    desk.walk("P1", "treatment.consolidation.2")
    step = desk.seq()
    sign(desk)
    desk.trial.record_response("P1", by=COORDINATOR, response="PD", on=day(20)).or_raise()
    (again,) = desk.trial.review(late=36500)
    assert [(item.kind, item.entry) for item in again.items] == [("doubted", step)]


@pytest.mark.parametrize("by", [COORDINATOR, INVESTIGATOR, ADMIN])
def test_only_an_auditor_signs_off(desk: Desk, by: Any) -> None:
    desk.walk()
    (result,) = sign(desk, by)
    assert codes(result) == ["role.not_permitted"]
    assert len(list(desk.trial.review())) == 1
    desk.check()


def test_what_cannot_be_signed_off_is_said(desk: Desk) -> None:
    desk.walk()
    (one,) = desk.trial.review()
    with pytest.raises(Conflict, match="is not the one that was seen"):
        desk.trial.sign_review("P1", one.seq - 1, one.hash, "in_order", by=AUDITOR)
    with pytest.raises(UnknownEntry):
        desk.trial.sign_review("P1", 99, one.hash, "in_order", by=AUDITOR)
    with pytest.raises(InvalidInput, match="says what"):
        desk.trial.sign_review("P1", one.seq, one.hash, "major", by=AUDITOR)
    with pytest.raises(InvalidInput, match="outcome"):
        desk.trial.sign_review("P1", one.seq, one.hash, "fine", by=AUDITOR)
    desk.trial.sign_review("P1", one.seq, one.hash, "major", by=AUDITOR, note="no consent form").or_raise()
    with pytest.raises(InvalidInput, match=f"signed off up to entry {one.seq} before"):
        desk.trial.sign_review("P1", one.seq, one.hash, "in_order", by=AUDITOR)
    desk.check()


# ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────────


def asked(desk: Desk, id: str = "P1", about: int = 2) -> int:
    return desk.trial.ask_query(id, about, "where is the form?", by=AUDITOR).or_raise().seq or 0


def queries(desk: Desk, **more: Any) -> list[QueryView]:
    return list(desk.trial.queries(**more))


def test_a_query_is_asked_answered_and_closed(desk: Desk) -> None:
    desk.walk()
    before = chart(desk)
    query = asked(desk)
    (one,) = queries(desk, open=True)
    assert (one.patient, one.query, one.about, one.by, one.text) == ("P1", query, 2, "ada", "where is the form?")
    assert (one.answers, one.closed) == ((), None)
    desk.trial.answer_query("P1", query, "in the binder", by=COORDINATOR).or_raise()
    desk.trial.answer_query("P1", query, "it is there now", by=INVESTIGATOR).or_raise()
    desk.trial.close_query("P1", query, by=AUDITOR).or_raise()
    (one,) = queries(desk)
    assert [(said.by, said.role, said.text) for said in one.answers] == [
        ("carl", "coordinator", "in the binder"),
        ("ines", "investigator", "it is there now"),
    ]
    assert one.closed is not None
    assert (one.closed.by, one.closed.text) == ("ada", None)
    assert queries(desk, open=True) == []
    assert [entry.words for entry in desk.entries()[-4:]] == [
        "asked, about entry 2",
        f"answered, the query of entry {query}",
        f"answered, the query of entry {query}",
        f"closed, the query of entry {query}",
    ]
    assert chart(desk) == before
    desk.check()


def test_queries_of_all_patients_are_listed(desk: Desk) -> None:
    for id in ("P2", "P1"):
        desk.walk(id)
    numbers = [asked(desk, "P2"), asked(desk, "P1"), asked(desk, "P1", 3)]
    assert [(one.patient, one.query) for one in queries(desk)] == [
        ("P2", numbers[0]),
        ("P1", numbers[1]),
        ("P1", numbers[2]),
    ]
    assert [one.query for one in queries(desk, patient="p1")] == numbers[1:]


def test_queries_of_an_auditor_who_is_gone_are_listed(desk: Desk) -> None:
    desk.walk()
    query = asked(desk)
    desk.trial.deactivate_person("ada", by=ADMIN)
    assert [one.query for one in queries(desk)] == [query]


@pytest.mark.parametrize("by", [COORDINATOR, INVESTIGATOR, ADMIN])
def test_only_an_auditor_asks_and_closes(desk: Desk, by: Any) -> None:
    desk.walk()
    assert codes(desk.trial.ask_query("P1", 2, "why?", by=by)) == ["role.not_permitted"]
    query = asked(desk)
    assert codes(desk.trial.close_query("P1", query, by=by)) == ["role.not_permitted"]
    assert len(queries(desk, open=True)) == 1
    desk.check()


@pytest.mark.parametrize("by", [AUDITOR, ADMIN])
def test_only_who_may_act_on_a_patient_answers(desk: Desk, by: Any) -> None:
    desk.walk()
    query = asked(desk)
    assert codes(desk.trial.answer_query("P1", query, "so", by=by)) == ["role.not_permitted"]
    desk.check()


def test_what_makes_no_query_is_said(desk: Desk) -> None:
    desk.walk()
    desk.walk("P2", "screening")
    query = asked(desk, "P1", 5)
    before = desk.everything()
    with pytest.raises(UnknownEntry):  # another patient's
        desk.trial.ask_query("P2", query, "why?", by=AUDITOR)
    with pytest.raises(UnknownPatient):
        desk.trial.ask_query("P9", 1, "why?", by=AUDITOR)
    with pytest.raises(InvalidInput, match="entry 2 asks nothing"):
        desk.trial.close_query("P1", 2, by=AUDITOR)
    with pytest.raises(InvalidInput, match="entry 2 asks nothing"):
        desk.trial.answer_query("P1", 2, "so", by=COORDINATOR)
    with pytest.raises(InvalidInput):
        desk.trial.ask_query("P1", 2, "", by=AUDITOR)
    assert desk.everything() == before
    desk.trial.close_query("P1", query, by=AUDITOR).or_raise()
    with pytest.raises(InvalidInput, match=f"the query of entry {query} is closed"):
        desk.trial.answer_query("P1", query, "so", by=COORDINATOR)
    with pytest.raises(InvalidInput, match=f"the query of entry {query} is closed"):
        desk.trial.close_query("P1", query, by=AUDITOR)
    desk.check()


def test_a_remark_cannot_be_taken_back(desk: Desk) -> None:
    desk.walk()
    query = asked(desk)
    assert codes(desk.trial.correct("P1", query, by=COORDINATOR, reason="mine")) == ["correct.nothing"]
    desk.check()


def test_life_goes_on_behind_remarks_and_a_chart_is_folded_past_them(desk: Desk) -> None:
    held(desk)
    acknowledge(desk, deviated(desk)).or_raise()
    query = asked(desk)
    sign(desk)
    desk.trial.answer_query("P1", query, "so", by=COORDINATOR, request_id="r9").or_raise()
    assert desk.trial.answer_query("P1", query, "so", by=COORDINATOR, request_id="r9").repeated
    desk.trial.resume("P1", by=COORDINATOR, on=day(9)).or_raise()
    desk.clock.now += timedelta(days=1)
    desk.check()


# ── forged ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def said(quick_desk: Desk) -> Desk:
    """The last four entries: an acknowledgement, a review, a query, its answer."""
    held(quick_desk)
    acknowledge(quick_desk, deviated(quick_desk)).or_raise()
    sign(quick_desk)
    query = asked(quick_desk)
    quick_desk.trial.answer_query("P1", query, "so", by=COORDINATOR).or_raise()
    quick_desk.check()
    return quick_desk


def by_a_coordinator(bodies: list[Body]) -> None:
    bodies[-3]["actor"] = {**bodies[-3]["actor"], "id": "carl", "role": "coordinator"}


def acknowledged_by_a_coordinator(bodies: list[Body]) -> None:
    bodies[-4]["actor"] = {**bodies[-4]["actor"], "id": "carl", "role": "coordinator"}


def of_another_hash(bodies: list[Body]) -> None:
    bodies[-3]["data"]["hash"] = "0" * 64


def acknowledged_under_another_hash(bodies: list[Body]) -> None:
    bodies[-4]["data"]["entries"][0]["hash"] = "0" * 64


def of_what_is_no_deviation(bodies: list[Body]) -> None:
    bodies[-4]["data"]["entries"][0]["seq"] = 2


def of_no_entry(bodies: list[Body]) -> None:
    bodies[-2]["data"]["seq"] = 99


def an_answer_to_nothing(bodies: list[Body]) -> None:
    bodies[-1]["data"] = {**bodies[-1]["data"], "seq": 2}


def of_another_outcome(bodies: list[Body]) -> None:
    bodies[-3]["data"]["outcome"] = "splendid"


def of_another_step(bodies: list[Body]) -> None:
    bodies[-1]["data"]["step"] = "pondered"


def on_another_day(bodies: list[Body]) -> None:
    bodies[-3]["on"] = "2024-01-01"


def that_follows_by_itself(bodies: list[Body]) -> None:
    bodies[-3]["cause"] = 2


def with_a_state(bodies: list[Body]) -> None:
    bodies[-3]["to"] = "off_study"


def at_a_time(bodies: list[Body]) -> None:
    bodies[-3]["time"] = "08:00"


@pytest.mark.parametrize(
    "change",
    [
        by_a_coordinator,
        acknowledged_by_a_coordinator,
        of_another_hash,
        acknowledged_under_another_hash,
        of_what_is_no_deviation,
        of_no_entry,
        an_answer_to_nothing,
        of_another_outcome,
        of_another_step,
        on_another_day,
        that_follows_by_itself,
        with_a_state,
        at_a_time,
    ],
)
def test_a_forged_remark_is_found(said: Desk, change: Callable[[list[Body]], None]) -> None:
    log = Log(said.everything())
    log.chains[P1] = deepcopy(log.chains[P1])
    change(log.chains[P1])
    restore(said.url, log.fit())
    assert [one for one in said.verify().findings if one.chain == P1]


def test_the_same_log_forged_in_nothing_has_no_finding(said: Desk) -> None:
    log = Log(said.everything())
    restore(said.url, log.fit())
    assert said.verify().findings == []
