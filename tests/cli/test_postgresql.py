"""The same commands on PostgreSQL."""

from __future__ import annotations

import pytest

from tests.cli.regimen import Regimen
from workflow.cli.call import login


@pytest.fixture
def regimen(bare: Regimen, postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> Regimen:
    monkeypatch.setenv("REGIMEN_DATABASE_URL", postgresql_url)
    bare.done("init", "--administrator", "root")
    for person, role in (("carol", "coordinator"), ("ivan", "investigator")):
        bare.done("people", "add", person, "--role", role, "--login", login(), "--as", "root")
    monkeypatch.setenv("REGIMEN_AS", "carol")
    return bare


def test_a_patient_is_enrolled_treated_shown_and_verified(regimen: Regimen) -> None:
    regimen.treated()
    assert regimen("advance", "P-001", "--on", "2022-01-20").code == 3
    assert "[interval.early]" in regimen.done("next", "P-001", "--on", "2022-01-20").out
    assert regimen.done("due", "--on", "2022-03-25").out.splitlines()[1].split()[:3] == ["P-001", "I", "induction.1"]
    assert regimen.json("show", "P-001")["patient"]["state"] == "treatment.induction.1"
    assert len(regimen.json("audit", "log", "--patient", "P-001")["items"]) == 6
    assert regimen.json("audit", "verify")["sound"]


def test_the_database_is_checked_and_upgraded(regimen: Regimen) -> None:
    checked = regimen("db", "check")
    assert "objects   ok     tables, indexes and triggers are all there, and ours" in checked.out
    assert "protocol  ok     2025-12-18" in checked.out
    assert checked.code == 6  # the tests' server is fast and not safe, and that is found
    assert (
        "synchronous_commit off (on for what commands write), fsync off: commits may be lost when the power fails"
        in checked.out
    )
    assert regimen.done("db", "upgrade").out == "the database is up to date: schema f1\n"
    assert regimen("init").code == 5


def test_a_server_that_does_not_answer_is_one_line(bare: Regimen) -> None:
    ran = bare("show", "--database-url", "postgresql://clerk@localhost:1/none")
    assert ran.code == 6
    assert ran.complaint.startswith("regimen: PostgreSQL: connection")


def test_a_database_that_is_not_there_is_one_line(bare: Regimen, postgresql_url: str) -> None:
    ran = bare("show", "--database-url", postgresql_url)
    assert (ran.code, "the database is empty (regimen init sets it up)" in ran.complaint) == (6, True)
