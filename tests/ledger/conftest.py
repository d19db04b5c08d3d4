"""A trial with something in every column of every table, on either database; put back as it was after each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.ledger.tamper import restore, snapshot
from tests.library.desk import ADMIN, AUDITOR, CONSOLIDATION, COORDINATOR, INVESTIGATOR, OFF_STUDY, Desk, day
from tests.toy import ARM, toy
from workflow.engine.facts import contact

Furnished = tuple[Desk, dict[str, list[dict[str, Any]]]]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def furnished(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('ledger')}/regimen.db"
    else:
        url = request.getfixturevalue("postgresql_server").create()
    desk = Desk(url)
    furnish(desk)
    desk.check()
    yield desk, snapshot(url)
    desk.close()
    if request.param == "postgresql":
        request.getfixturevalue("postgresql_server").drop(url)


@pytest.fixture
def desk(furnished: Furnished) -> Iterator[Desk]:
    desk, rows = furnished
    yield desk
    if snapshot(desk.url) != rows:
        restore(desk.url, rows)


def furnished_file(folder: Path) -> Path:
    """A SQLite file with something of everything."""
    file = folder / "regimen.db"
    desk = Desk(f"sqlite:///{file}")
    furnish(desk)
    desk.close()
    return file


def furnish(desk: Desk) -> None:
    trial = desk.trial
    delegated: dict[str, Any] = {"since": date(2024, 1, 1), "until": date(2026, 12, 31)}
    trial.add_person("lena", "coordinator", by=ADMIN, login="lena", **delegated)
    trial.deactivate_person("lena", by=ADMIN)
    trial.add_person("lena", "investigator", by=INVESTIGATOR)  # refused
    trial.add_person("lena", "investigator", by=ADMIN)  # a second role
    trial.enroll("P0", "A", by=AUDITOR, on=day(1))  # refused
    desk.walk("P1", CONSOLIDATION)
    said: dict[str, Any] = {"note": "after a meal", "reason": "told by telephone"}
    event = trial.record_adverse_event(
        "P1", by=INVESTIGATOR, term="nausea", grade=3, attributed=["beta"], on=day(30), **said
    )
    assert event.seq is not None
    trial.update_adverse_event("P1", event.seq, by=INVESTIGATOR, grade=1, on=day(33), request_id="news-1")
    trial.record_dose("P1", by=COORDINATOR, agent="alpha", amount="1.5", unit="mg/m2", on=day(30))
    trial.hold("P1", by=COORDINATOR, code="infection", on=day(31))
    trial.advance("P1", by=COORDINATOR, on=day(57), request_id="step-9")  # refused
    trial.resume("P1", by=COORDINATOR, on=day(40))
    trial.advance("P1", by=INVESTIGATOR, on=day(57), override=True, reason="counts are on their way")
    desk.walk("P2", "screening")
    desk.walk("P3", "enrolled")
    desk.leave("P3", on=day(2))
    _more(desk)
    assert [desk.state(id) for id in ("P1", "P2", "P3")] == ["treatment.consolidation.3", "screening", OFF_STUDY]


def _more(desk: Desk) -> None:
    """Of every kind, what P1 has not: what is taken back, what happened all the same, what follows by itself."""
    trial = desk.trial
    desk.walk("P4")
    said: dict[str, Any] = {"by": INVESTIGATOR, "on": day(3)}
    trial.record_response("P4", response="CR", mrd="negative", **said).or_raise()
    trial.record("P4", contact.telling("unknown", "seen"), **said).or_raise()
    trial.correct("P4", desk.seq("P4"), by=INVESTIGATOR, reason="of another patient").or_raise()
    trial.hold("P4", by=COORDINATOR, code="infection", on=day(4)).or_raise()
    assert trial.record_dose("P4", agent="alpha", by=INVESTIGATOR, on=day(5)).outcome == "refused"
    happened: dict[str, Any] = {"happened": True, "reason": "given before it was known"}
    assert trial.record_dose("P4", agent="alpha", by=INVESTIGATOR, on=day(5), **happened).outcome == "deviated"
    event: dict[str, Any] = {
        "term": "nausea",
        "grade": 4,
        "unacceptable": True,
        "stops": ["beta"],
        "attributed": ["beta"],
    }
    assert trial.record_adverse_event("P4", by=INVESTIGATOR, on=day(6), at="08:30", **event).also
    _others(desk)


def _others(desk: Desk) -> None:
    """In every column of every table another value than the rows above have, so that any can be had by another."""
    trial = desk.trial
    trial.install(toy(edition=2, summary="Corrected."), by=ADMIN)
    trial.install(toy(version="2", arms=(ARM, replace(ARM, key="B", title="Arm B"))), by=ADMIN)
    trial.enroll("P5", "B", by=COORDINATOR, on=day(2), request_id="into-b").or_raise()
