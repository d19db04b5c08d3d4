"""What is said of entries, as it is typed: acknowledgements, reviews signed off, queries."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from tests.cli.regimen import Regimen
from workflow.cli.commands import acknowledge
from workflow.cli.commands.audit import review
from workflow.ledger.remarks import ASSESSMENTS, OUTCOMES

AUDITOR = ("--as", "ada")


@pytest.fixture
def deviated(regimen: Regimen) -> Regimen:
    """Entry 7 is a dose that was given while treatment was on hold."""
    regimen.treated()
    regimen.done("people", "add", "ada", "--role", "auditor", "--login", login(), "--as", "root")
    regimen.done("hold", "P-001", "--code", "infection", "--on", "2022-01-11")
    regimen.done("record", "dose", "P-001", "--agent", "vincristine", "--on", "2022-01-13", "--happened",
                 "--reason", "given on the ward")  # fmt: skip
    return regimen


def login() -> str:
    from workflow.cli.call import login as ours

    return ours()


def today(regimen: Regimen) -> str:
    return str(regimen.json("db", "zone")["today"])


def test_the_words_are_those_of_the_log() -> None:
    assert acknowledge.ASSESSMENTS == ASSESSMENTS
    assert review.OUTCOMES == OUTCOMES


def test_a_deviation_is_listed_until_it_is_acknowledged(deviated: Regimen) -> None:
    out = deviated.done("deviations", "--outstanding").out
    assert out.splitlines() == [
        "P-001 7  2022-01-13  dose: Vincristine  while_held",
        f"    by carol, coordinator; recorded {today(deviated)}",
        "    against it: on hold since 2022-01-11 (infection) [hold.open] (entry 6)",
        "    reason: given on the ward",
        "    not acknowledged",
    ]
    ran = deviated.done("acknowledge", "P-001", 7, "--assessment", "minor", "--reason", "no harm", "--as", "ivan")
    assert ran.out == "P-001 acknowledgement is recorded (entry 8)\n"
    ran = deviated.done("deviations", "--outstanding")
    assert (ran.out, ran.complaint) == ("", "regimen: no deviation waits to be acknowledged")
    assert deviated.done("deviations").out.splitlines()[-1] == (
        f"    acknowledged, minor: no harm  by ivan, investigator, {today(deviated)}"
    )
    (one,) = deviated.json("deviations")["items"]
    assert (one["outstanding"], one["acknowledged"]["assessment"]) == (False, "minor")


def test_deviations_go_into_a_spreadsheet(deviated: Regimen) -> None:
    header, row = csv.reader(io.StringIO(deviated.done("deviations", "--csv").out))
    said = dict(zip(header, row, strict=True))
    assert (said["patient"], said["entry"], said["kinds"], said["assessment"]) == ("P-001", "7", "while_held", "")


def test_who_may_not_acknowledge_is_refused(deviated: Regimen) -> None:
    ran = deviated("acknowledge", "P-001", 7, "--assessment", "none")
    assert ran.code == 3
    assert ran.complaint.startswith("regimen: refused: P-001 acknowledge on ")
    assert "may not acknowledge a deviation" in ran.err
    assert deviated.json("deviations", "--outstanding")["items"]


def test_a_review_is_signed_off_and_the_next_begins_behind_it(deviated: Regimen) -> None:
    ran = deviated.done("audit", "review", "--sign", "--outcome", "minor", "--note", "one dose on hold", *AUDITOR)
    assert ran.err.splitlines()[-1] == "regimen: 1 patient signed off as reviewed: minor"
    assert "P-001  up to entry 7" in ran.out
    (entry,) = deviated.json("audit", "log", "--kind", "reviewed")["items"]
    assert (entry["words"], entry["texts"]) == ("reviewed up to entry 7: minor", {"note": "one dose on hold"})
    assert deviated.json("audit", "review")["items"] == []
    assert len(deviated.json("audit", "review", "--all")["items"]) == 1
    deviated.done("record", "contact", "P-001", "--disease", "unknown", "--source", "seen", "--on", "2022-01-14")
    (one,) = deviated.json("audit", "review")["items"]
    assert (one["since"], [item["entry"] for item in one["items"]]) == (7, [9])
    deviated.done("audit", "verify")


def test_what_would_be_signed_off_is_told_without_writing(deviated: Regimen) -> None:
    before = state(deviated.folder)
    ran = deviated.done("audit", "review", "--sign", "--outcome", "in_order", "--dry-run", *AUDITOR)
    assert ran.err.splitlines()[-2:] == [
        "regimen: 1 patient would be signed off as reviewed: in order",
        "regimen: dry run, nothing was written",
    ]
    assert state(deviated.folder) == before


def test_only_an_auditor_signs_off(deviated: Regimen) -> None:
    ran = deviated("audit", "review", "--sign", "--outcome", "in_order", "--as", "carol")
    assert ran.code == 3
    assert "may not sign a review off" in ran.err
    assert len(deviated.json("audit", "review")["items"]) == 1


def test_a_query_is_asked_answered_closed_and_listed(deviated: Regimen) -> None:
    ran = deviated.done("query", "ask", "P-001", 7, "--text", "who gave it?", *AUDITOR)
    assert ran.out == "P-001 query is recorded (entry 8)\n"
    deviated.done("query", "answer", "P-001", 8, "--text", "the night shift")
    assert len(deviated.json("query", "list", "--open")["items"]) == 1
    deviated.done("query", "close", "P-001", 8, *AUDITOR)
    day = today(deviated)
    assert deviated.done("query", "list", "--patient", "P-001").out.splitlines() == [
        f"P-001 8  {day}  about entry 7  closed",
        "    ada asks: who gave it?",
        f"    carol answers on {day}: the night shift  (entry 9)",
        f"    ada closes it on {day}  (entry 10)",
    ]
    ran = deviated.done("query", "list", "--open")
    assert (ran.out, ran.complaint) == ("", "regimen: no query is open")
    header, row = csv.reader(io.StringIO(deviated.done("query", "list", "--csv").out))
    said = dict(zip(header, row, strict=True))
    assert (said["query"], said["about entry"], said["last answer"]) == ("8", "7", "the night shift")
    deviated.done("audit", "verify")


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("acknowledge P-001 2 --assessment none --as ivan", 2, "entry 2 is no deviation that stands"),
        ("acknowledge P-001 99 --assessment none --as ivan", 4, "has no entry 99"),
        ("acknowledge P-001 7 --as ivan", 2, "--assessment"),
        ("acknowledge P-001 7 --assessment grave --as ivan", 2, "grave"),
        ("query ask P-001 99 --text why --as ada", 4, "has no entry 99"),
        ("query ask P-9 1 --text why --as ada", 4, "no patient"),
        ("query answer P-001 2 --text so", 2, "entry 2 asks nothing"),
        ("query close P-001 2 --as ada", 2, "entry 2 asks nothing"),
        ("query ask P-001 2 --as ada", 2, "--text"),
        ("query list --patient P-9", 4, "no patient"),
        ("deviations --patient P-9", 4, "no patient"),
        ("deviations --json --csv", 2, "exclude each other"),
        ("audit review --sign --as ada", 2, "--sign needs an --outcome"),
        ("audit review --outcome minor", 2, "are for --sign"),
        ("audit review --dry-run", 2, "are for --sign"),
        ("audit review --sign --outcome in_order --since 2022-01-01 --as ada", 2, "takes no --since"),
        ("audit review --sign --outcome minor --as ada", 2, "says what: a note"),
    ],
)
def test_what_cannot_be_said_is_said(deviated: Regimen, command: str, code: int, said: str) -> None:
    before = state(deviated.folder)
    ran = deviated(*command.split())
    assert (ran.code, said in ran.err) == (code, True), ran
    assert state(deviated.folder) == before


def state(folder: Path) -> Any:
    import sqlite3

    with sqlite3.connect(folder / "regimen.db") as connection:
        found = connection.execute("SELECT chain, seq, hash FROM regimen_entry ORDER BY chain, seq").fetchall()
    connection.close()
    return found
