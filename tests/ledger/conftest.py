"""A trial with something in every column of every table, on either database; put back as it was after each test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.ledger.tamper import restore, snapshot
from tests.library.desk import ADMIN, AUDITOR, CONSOLIDATION, COORDINATOR, INVESTIGATOR, OFF_STUDY, Desk, day

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


def furnish(desk: Desk) -> None:
    trial = desk.trial
    delegated: dict[str, Any] = {"since": date(2024, 1, 1), "until": date(2026, 12, 31)}
    trial.add_person("lena", "coordinator", by=ADMIN, login="lena", **delegated)
    trial.deactivate_person("lena", by=ADMIN)
    trial.add_person("lena", "investigator", by=INVESTIGATOR)  # refused
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
    assert [desk.state(id) for id in ("P1", "P2", "P3")] == ["treatment.consolidation.3", "screening", OFF_STUDY]
