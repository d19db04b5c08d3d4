"""What the library says to a row that somebody changed behind its back, and to labels that are no labels."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from tests.ledger.tamper import behind
from tests.library.desk import ADMIN, COORDINATOR, INDUCTION, Desk, day
from workflow.errors import DamagedRow, InvalidInput, NewerSoftwareNeeded, ProtocolChanged, VerificationFailed
from workflow.store.log import Filter
from workflow.store.schema import content, entry, patient


@pytest.mark.parametrize("chart", ["", "[]", "{", '{"version":"1"}', '{"since":"yesterday"}'])
def test_a_row_that_cannot_be_read_is_named_as_damaged(desk: Desk, chart: str) -> None:
    desk.walk("P1", INDUCTION)
    with desk.trial.engine.begin() as connection:
        connection.execute(sa.text("UPDATE regimen_patient SET chart = :chart"), {"chart": chart})
    for look in (desk.trial.show, desk.trial.next):
        with pytest.raises(DamagedRow) as error:
            look("P1")
        assert error.value.message.startswith("patient/p1: ")
        assert "when-it-does-not-verify.md" in (error.value.hint or "")
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


def entries_of(desk: Desk) -> int:
    with desk.plain.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(entry)).scalar() or 0)


POSTGRESQL = {  # what its types allow: what is damaged, and where it is said
    "UPDATE regimen_patient SET due_on = 'infinity' WHERE id = 'P1'": "patient/p1: its row is damaged: due_on holds",
    "UPDATE regimen_patient SET opens_on = '0044-03-15 BC' WHERE id = 'P1'": "patient/p1: its row is damaged: opens_on",
    "UPDATE regimen_patient SET chart = repeat('[', 100000) WHERE id = 'P1'": "patient/p1: a row does not hold",
    "UPDATE regimen_patient SET head = 'x' WHERE id = 'P1'": "patient/p1: its row is damaged: head holds",
    "UPDATE regimen_patient SET state = repeat('x', 100000) WHERE id = 'P1'": "patient/p1: its row is damaged: state",
    "UPDATE regimen_person SET from_day = '-infinity' WHERE id = 'ada'": "people: the row of 'ada', 'auditor', is",
    "UPDATE regimen_person SET active = 7 WHERE id = 'ada'": "people: the row of 'ada', 'auditor', is damaged: active",
    "UPDATE regimen_chain SET head = 'x' WHERE name = 'people'": "people",
}


@pytest.mark.parametrize("statement", POSTGRESQL)
def test_what_postgresql_takes_and_we_do_not_is_named_and_nothing_is_written(
    postgresql_url: str, statement: str
) -> None:
    desk = Desk(postgresql_url)
    desk.walk("P1", INDUCTION)
    desk.enrol("P2")
    with behind(desk.url) as connection:
        connection.exec_driver_sql(statement)
    before = entries_of(desk)
    trial = desk.again()
    said = POSTGRESQL[statement]
    with pytest.raises(DamagedRow) as error:
        trial.record_counts("P1", by=COORDINATOR, anc="2", platelets="100", on=day(3))
    assert error.value.message.startswith(said)
    assert entries_of(desk) == before
    found: list[DamagedRow] = []
    there = [one.id for one in trial.patients(damaged=found.append)]
    assert there == (["P2"] if found else ["P1", "P2"])
    trial.due(until=day(60), damaged=found.append)
    trial.people(damaged=found.append)
    assert found or "head" in statement
    assert len(trial.log(damaged=found.append)) == desk.trial.verify().entries
    assert not desk.trial.verify().sound
    if "patient" in statement:
        trial.record_consent("P2", by=COORDINATOR, on=day(-3)).or_raise()
    trial.close()
    desk.close()


@pytest.mark.parametrize(
    "change",
    [
        "body = 'no JSON'",
        "body = convert_to(repeat('[', 100000), 'UTF8')",
        r"body = '\xff7b'::bytea",
        "hash = 'x'",
    ],
)
def test_an_entry_that_is_none_is_named_in_the_list_of_the_others(postgresql_url: str, change: str) -> None:
    desk = Desk(postgresql_url)
    desk.walk("P1", INDUCTION)
    there = len(desk.trial.log())
    with behind(desk.url) as connection:
        for seq, what in ((3, "recorded_at = 'infinity'"), (4, "occurred_on = '0044-03-15 BC'"), (2, change)):
            connection.exec_driver_sql(f"UPDATE regimen_entry SET {what} WHERE chain = 'patient/p1' AND seq = {seq}")
    found: list[DamagedRow] = []
    assert len(desk.trial.log(damaged=found.append)) == there - 1
    assert [(one.chain, one.seq) for one in found] == [("patient/p1", 2)]
    with pytest.raises(DamagedRow, match="patient/p1, entry 2"):
        desk.trial.log()
    with pytest.raises(VerificationFailed):
        desk.trial.verify().or_raise()
    desk.close()


@pytest.mark.parametrize("chain", ["people", "trial"])
def test_nobody_writes_where_the_last_entry_of_the_people_or_the_trial_is_not_what_was_written(
    desk: Desk, chain: str
) -> None:
    desk.walk("P1", INDUCTION)
    with behind(desk.url) as connection:
        last = sa.select(sa.func.max(entry.c.seq)).where(entry.c.chain == chain).scalar_subquery()
        connection.execute(sa.update(entry).where(entry.c.chain == chain, entry.c.seq == last).values(body=b"{}"))
    before = desk.everything()
    again = desk.again()
    asks: list[Callable[[], object]] = [
        lambda: again.record_counts("P1", by=COORDINATOR, anc="2", platelets="100", on=day(3)),
        lambda: again.enroll("P2", "A", by=COORDINATOR, on=day(1)),
        lambda: again.add_person("lena", "coordinator", by=ADMIN),
    ]
    for ask in asks:
        with pytest.raises(DamagedRow, match=f"{chain}, entry .: it is not what was written"):
            ask()
    assert desk.everything() == before
    assert again.show("P1").state == INDUCTION  # one may look
    again.close()


def test_where_nobody_can_say_the_zone_nobody_can_say_what_today_is(desk: Desk) -> None:
    desk.walk("P1", INDUCTION)
    with behind(desk.url) as connection:
        connection.execute(sa.update(entry).where(entry.c.kind == "setting_changed").values(body=b"{}"))
    again = desk.again()
    asks: list[Callable[[], object]] = [
        again.today,
        again.due,
        lambda: again.show("P1"),
        lambda: again.enroll("P2", "A", by=COORDINATOR),
    ]
    for ask in asks:
        with pytest.raises(DamagedRow, match="trial, entry 3: it is not what was written"):
            ask()
    assert [one.id for one in again.patients()] == ["P1"]
    again.close()


def test_whose_row_is_gone_is_not_enrolled_again(desk: Desk) -> None:
    desk.walk("P1", INDUCTION)
    with behind(desk.url) as connection:
        connection.execute(sa.delete(patient).where(patient.c.id == "P1"))
    before = desk.everything()
    for dry_run in (False, True):
        with pytest.raises(DamagedRow, match="patient/p1: there are entries, but no row") as error:
            desk.trial.enroll("P1", "A", by=COORDINATOR, on=day(1), dry_run=dry_run)
        assert "when-it-does-not-verify.md" in str(error.value.hint)
    assert desk.everything() == before


def test_where_a_protocols_content_is_damaged_it_is_said_what_to_do(desk: Desk) -> None:
    desk.walk("P1", INDUCTION)
    with behind(desk.url) as connection:
        connection.execute(sa.update(content).values(content=b"{}"))
    again = desk.again()
    with pytest.raises(ProtocolChanged, match="is not what was installed") as error:
        again.record_counts("P1", by=COORDINATOR, anc="2", platelets="100", on=day(3))
    assert "when-it-does-not-verify.md" in str(error.value.hint)
    again.close()
