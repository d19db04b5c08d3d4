"""One step for many patients in one transaction."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.library.desk import COORDINATOR, INVESTIGATOR, Desk, day
from workflow import Actor
from workflow.errors import UnknownPatient, UnknownPerson, UnknownTrigger
from workflow.store.schema import entry

IDS = ("P3", "P1", "P2")
OWN = ("prev", "at")  # what differs from one trial to another


@pytest.fixture
def ward(desk: Desk) -> Desk:
    return furnish(desk)


def furnish(desk: Desk) -> Desk:
    """P1 and P3 may start the next cycle on day 29; P2 has no counts."""
    for id in IDS:
        desk.walk(id)
    for id in ("P1", "P3"):
        desk.counts(id, on=day(28))
    return desk


def bodies(desk: Desk) -> list[dict[str, Any]]:
    rows = [json.loads(row["body"]) for row in desk.rows(entry) if row["chain"].startswith("patient/")]
    return [{name: value for name, value in body.items() if name not in OWN} for body in rows]


def test_each_patient_is_decided_for_themselves(ward: Desk) -> None:
    results = ward.trial.advance_many(IDS, by=COORDINATOR, on=day(29))
    assert [(r.patient, r.outcome) for r in results] == [("P3", "allowed"), ("P1", "allowed"), ("P2", "refused")]
    ward.check()


def test_in_bulk_is_the_same_as_one_by_one(ward: Desk, sqlite_url: str) -> None:
    other = furnish(Desk(sqlite_url.replace("regimen-", "other-")))
    many = ward.trial.advance_many(IDS, by=INVESTIGATOR, on=day(29))
    ones = [other.trial.advance(id, by=INVESTIGATOR, on=day(29)) for id in IDS]
    for one, of_many in zip(ones, many, strict=True):
        for name in ("patient", "action", "outcome", "occurred_on", "source", "state", "reasons", "delay", "seq"):
            assert getattr(one, name) == getattr(of_many, name)
    assert bodies(ward) == bodies(other)
    for mine, theirs in zip(ward.rows(), other.rows(), strict=True):
        assert {**mine, "head": b""} == {**theirs, "head": b""}
    other.close()


def test_the_entries_of_one_command_have_one_moment(ward: Desk) -> None:
    results = ward.trial.advance_many(IDS, by=COORDINATOR, on=day(29))
    assert len({result.recorded_at for result in results}) == 1


def test_a_patient_named_twice_takes_one_step(ward: Desk) -> None:
    seq = ward.seq("P1")
    first, again = ward.trial.advance_many(["P1", "P1"], by=COORDINATOR, on=day(29))
    assert (first, ward.seq("P1")) == (again, seq + 1)


def test_nobody_is_moved_when_nobody_is_named(ward: Desk) -> None:
    assert ward.trial.advance_many([], by=COORDINATOR) == ()


@pytest.mark.parametrize("missing", ["P9", "Jane Doe", ""])
def test_an_unknown_patient_among_them_stops_all(ward: Desk, missing: str) -> None:
    before = ward.everything()
    with pytest.raises(UnknownPatient):
        ward.trial.advance_many(["P1", missing], by=COORDINATOR, on=day(29))
    assert ward.everything() == before


@pytest.mark.parametrize(
    ("trigger", "by", "error"),
    [("fly", COORDINATOR, UnknownTrigger), (None, Actor("nobody"), UnknownPerson)],
)
def test_an_error_stops_all(ward: Desk, trigger: str | None, by: Actor, error: type[Exception]) -> None:
    before = ward.everything()
    with pytest.raises(error):
        ward.trial.advance_many(["P1", "P3"], trigger, by=by, on=day(29))
    assert ward.everything() == before


def test_more_patients_than_one_query_takes(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow.store.log.CHUNK", 3)
    desk = Desk(database_url)
    ids = [f"P{number:02}" for number in range(10)]
    desk.enrol(*ids)
    results = desk.trial.advance_many(ids, "withdraw", by=COORDINATOR)
    assert [result.state for result in results] == ["off_study"] * 10
    desk.check()
    desk.close()
