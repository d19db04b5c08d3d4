"""What the library says to a row that somebody changed behind its back, and to labels that are no labels."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from tests.library.desk import COORDINATOR, INDUCTION, Desk, day
from workflow.errors import DamagedRow, InvalidInput, VerificationFailed
from workflow.store.log import Filter


@pytest.mark.parametrize("chart", ["", "[]", "{", '{"version":"1"}', '{"since":"yesterday"}'])
def test_a_row_that_cannot_be_read_is_named_as_damaged(desk: Desk, chart: str) -> None:
    desk.walk("P1", INDUCTION)
    with desk.trial.engine.begin() as connection:
        connection.execute(sa.text("UPDATE regimen_patient SET chart = :chart"), {"chart": chart})
    for look in (desk.trial.show, desk.trial.next):
        with pytest.raises(DamagedRow) as error:
            look("P1")
        assert error.value.hint == "regimen audit verify says what does not fit"
    with pytest.raises(VerificationFailed, match="patient/p1"):
        desk.trial.verify().or_raise()


def test_a_sound_report_is_its_own_answer(desk: Desk) -> None:
    report = desk.trial.verify()
    assert report.or_raise() is report


@pytest.mark.parametrize("label", ["", "Jane Doe, born 1950", "x" * 65, "a\nb"])
def test_how_an_actor_is_known_is_no_free_text(desk: Desk, label: str) -> None:
    desk.walk("P1", INDUCTION)
    with pytest.raises(InvalidInput, match="not a name for how"):
        desk.trial.hold("P1", by=replace(COORDINATOR, assurance=label), code="other", on=day(5))


def test_news_of_an_event_leave_its_seriousness_as_it_was(desk: Desk) -> None:
    desk.walk("P1", INDUCTION)
    by = COORDINATOR
    event = desk.trial.record_adverse_event("P1", by=by, term="nausea", grade=3, serious=True, on=day(5))
    desk.trial.update_adverse_event("P1", event.seq or 0, by=by, grade=2, on=day(6))
    assert [entry.data["serious"] for entry in desk.trial.log(Filter(patient="P1"))[-2:]] == [True, None]
    assert [one.serious for one in desk.trial.show("P1", on=day(6)).standing.events] == [True]
