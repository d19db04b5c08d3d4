"""What the library says to a row that somebody changed behind its back, and to labels that are no labels."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from tests.ledger.tamper import behind
from tests.library.desk import ADMIN, COORDINATOR, INDUCTION, Desk, day
from workflow.errors import DamagedRow, InvalidInput, NewerSoftwareNeeded, VerificationFailed
from workflow.store.log import Filter
from workflow.store.schema import entry, patient


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


@pytest.mark.parametrize(
    ("altered", "error", "said"),
    [
        (lambda data: data.replace(b'"kind":"consent"', b'"kind":"consemt"'), NewerSoftwareNeeded, "kind consemt"),
        (lambda data: data.replace(b'"v":1}', b'"v":2}'), NewerSoftwareNeeded, "format 2"),
        (lambda data: data.replace(b'"version":"1"}', b'"version":1}'), DamagedRow, "do not add up"),
        (lambda data: data[:-1], DamagedRow, "do not add up"),
    ],
    ids=["a kind", "a format", "a payload", "no entry"],
)
def test_entries_that_do_not_add_up_are_named_where_a_row_needs_them(
    desk: Desk, altered: Callable[[bytes], bytes], error: type[Exception], said: str
) -> None:
    """The row is of an earlier fold."""
    desk.walk("P1", "enrolled")
    (consent,) = (row for row in desk.rows(entry) if row["kind"] == "consent")
    body = altered(bytes(consent["body"]))
    assert body != consent["body"]
    with behind(desk.url) as connection:
        connection.execute(sa.update(entry).where(entry.c.kind == "consent").values(body=body))
        connection.execute(sa.update(patient).values(fold=0))
    before = desk.everything()
    for ask in (
        lambda: desk.trial.show("P1"),
        lambda: desk.counts("P1", on=day(3)),
        lambda: desk.trial.upgrade(by=ADMIN, protocols=()),
    ):
        with pytest.raises(error, match=said):
            ask()
    assert desk.everything() == before


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
