"""Ids are compared without case, and shown as they were first typed."""

from __future__ import annotations

import pytest

from tests.library.desk import CONSOLIDATION, COORDINATOR, ENROLLED, INVESTIGATOR, Desk, day
from workflow import Filter
from workflow.errors import AlreadyExists

TYPED = ("P-7", "p-7")


@pytest.mark.parametrize(("first", "second"), [TYPED, TYPED[::-1], TYPED[:1] * 2])
def test_an_id_is_taken_in_every_case(desk: Desk, first: str, second: str) -> None:
    desk.enrol(first)
    before = desk.everything()
    with pytest.raises(AlreadyExists, match=f"patient {first} is enrolled already") as error:
        desk.trial.enroll(second, "A", by=COORDINATOR)
    assert error.value.hint == f"regimen show {first}"
    assert desk.everything() == before


def test_a_patient_is_found_in_any_case_and_shown_as_first_typed(desk: Desk) -> None:
    desk.walk("Pa-7")
    for typed in ("Pa-7", "PA-7", "pa-7"):
        assert desk.trial.show(typed).id == "Pa-7"
        assert desk.trial.next(typed).patient.id == "Pa-7"
        result = desk.trial.record_counts(typed, by=COORDINATOR, anc="2", platelets="120", on=day(28))
        assert result.patient == "Pa-7"
        assert desk.trial.log(Filter(patient=typed)) == desk.entries("Pa-7")
        assert desk.trial.correct(typed, result.seq or 0, by=COORDINATOR, reason="typed twice").patient == "Pa-7"
    assert desk.entries("Pa-7")[0].data["patient"] == "Pa-7"
    assert [row.id for row in desk.trial.patients()] == ["Pa-7"]
    assert desk.trial.due().items[0].patient == "Pa-7"
    assert desk.trial.patient_ids("pA-", limit=9) == ("Pa-7",)
    desk.check()


def test_a_step_for_many_knows_them_in_any_case(desk: Desk) -> None:
    desk.walk("Pa-7")
    desk.counts("Pa-7", on=day(28))
    seq = desk.seq("Pa-7")
    results = desk.trial.advance_many(["PA-7", "pa-7"], by=COORDINATOR, on=day(29))
    assert [(result.patient, result.state) for result in results] == [("Pa-7", CONSOLIDATION)] * 2
    assert desk.seq("Pa-7") == seq + 1
    desk.check()


def test_ids_that_differ_in_case_alone_come_in_one_order_in_every_list(desk: Desk) -> None:
    for id in ("b-1", "A-1", "C-1", "a-2"):
        desk.trial.enroll(id, "A", by=INVESTIGATOR, on=ENROLLED)
    assert [row.id for row in desk.trial.patients()] == ["A-1", "a-2", "b-1", "C-1"]
    assert desk.trial.patient_ids(limit=9) == ("A-1", "a-2", "b-1", "C-1")


def test_a_page_goes_on_behind_a_patient_in_any_case(desk: Desk) -> None:
    for id in ("b-1", "A-1", "C-1"):
        desk.walk(id)
    found, after = [], None
    while True:
        page = desk.trial.due(after=after, limit=1)
        found += [item.patient for item in page.items]
        after = page.after
        if after is None:
            break
        after = after.upper()
    assert found == ["A-1", "b-1", "C-1"]
