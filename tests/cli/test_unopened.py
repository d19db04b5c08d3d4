"""A database that does not open is verified and checked as far as it can be read; where it cannot, that is said."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.cli.regimen import Regimen

SCHEMA = "UPDATE sqlite_master SET sql = {} WHERE name = '{}'"
SPOILT = {  # what is done, and how many of the patient's entries are still decided again
    "a table that is none": (SCHEMA.format("'CREATE TABLE regimen_person ((('", "regimen_person"), 5),
    "the log, which is none": (SCHEMA.format("'x'", "regimen_entry"), 0),
    "the log without a text": (SCHEMA.format("NULL", "regimen_entry"), 0),
    "a schema that is no text": (SCHEMA.format("CAST(x'ff00ff' AS TEXT)", "regimen_entry"), 0),
    "a trigger that is none": (SCHEMA.format("'CREATE TRIGGER of nothing'", "regimen_entry_no_update"), 5),
    "the log on no page": ("UPDATE sqlite_master SET rootpage = 99999 WHERE name = 'regimen_entry'", 0),
    "a version that is no text": ("UPDATE regimen_schema SET version_num = CAST(x'ff' AS TEXT)", 5),
    "no version": ("DELETE FROM regimen_schema", 5),
    "no table of versions": ("DROP TABLE regimen_schema", 5),
    "a protocol that is no text": (
        "DROP TRIGGER regimen_content_no_update; UPDATE regimen_content SET version = CAST(x'ff' || version AS TEXT);"
        "CREATE TRIGGER regimen_content_no_update BEFORE UPDATE ON regimen_content"
        " BEGIN SELECT RAISE(ABORT, 'regimen_content is append-only'); END",
        5,
    ),
}


def spoil(regimen: Regimen, text: str) -> None:
    with closing(sqlite3.connect(regimen.folder / "regimen.db")) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.executescript(text)


@pytest.mark.parametrize("what", SPOILT)
def test_what_can_be_read_is_judged_and_the_rest_is_a_finding(regimen: Regimen, what: str) -> None:
    regimen.treated()
    statements, decided = SPOILT[what]
    spoil(regimen, statements)
    ran = regimen("audit", "verify", "--json")
    assert ran.code == 7
    assert ran.json["findings"]
    assert ran.json["decided"] >= decided
    assert "does not verify" in ran.err
    shown = regimen("audit", "verify")
    assert (shown.code, "does not verify" in shown.out) == (7, True)


@pytest.mark.parametrize("what", SPOILT)
def test_the_check_says_what_is_wrong(regimen: Regimen, what: str) -> None:
    regimen.treated()
    spoil(regimen, SPOILT[what][0])
    ran = regimen("db", "check", "--json")
    assert (ran.code, ran.json["ok"]) == (6, False)
    shown = regimen("db", "check")
    assert shown.code == 6
    assert "WRONG" in shown.out


SIZE = 4096  # of a page, the first of which names all others


@pytest.mark.parametrize("spoilt", [b"XX", b"SQLite format 3\0" + b"\0" * SIZE], ids=["the name", "the first page"])
@pytest.mark.parametrize("command", ["audit verify", "db check"])
def test_where_sqlite_refuses_the_file_it_is_said_that_nothing_is_judged(
    regimen: Regimen, command: str, spoilt: bytes
) -> None:
    regimen.treated()
    with (regimen.folder / "regimen.db").open("r+b") as file:
        file.write(spoilt)
    ran = regimen(*command.split())
    assert (ran.code, ran.out) == (6, "")
    assert ran.complaint.startswith("regimen: nothing in the file can be judged: ")
    assert "docs/how-to/when-it-does-not-verify.md says what to do" in ran.complaint


def test_a_database_of_newer_software_is_not_judged_by_this_one(regimen: Regimen) -> None:
    regimen.treated()
    spoil(regimen, "UPDATE regimen_schema SET version_num = 'f2'; CREATE INDEX of_newer ON regimen_entry (code)")
    for command in ("audit verify", "db check"):
        ran = regimen(*command.split())
        assert (ran.code, ran.out) == (6, "")
        assert "use the software that it was upgraded with" in ran.complaint
