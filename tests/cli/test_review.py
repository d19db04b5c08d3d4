"""What an auditor is shown to look at: as a page, as JSON, as comma-separated values."""

from __future__ import annotations

import csv
import io

import pytest

from tests.cli.regimen import Regimen
from workflow.cli.screen import csv as lines


@pytest.fixture
def reviewed(regimen: Regimen) -> Regimen:
    """A patient with a dose on a day for which a hold was put later, and one of whom there is nothing to say."""
    regimen.treated()
    regimen.enrolled("P-002")
    regimen.done("record", "dose", "P-001", "--agent", "vincristine", "--on", "2022-01-12")
    regimen.done("hold", "P-001", "--code", "infection", "--on", "2022-01-11")
    regimen.done("record", "dose", "P-001", "--agent", "vincristine", "--on", "2022-01-13", "--happened",
                 "--reason", "=given on the ward")  # fmt: skip
    return regimen


def test_the_page_says_what_there_is_to_look_at(reviewed: Regimen) -> None:
    ran = reviewed.done("audit", "review", "--late", 36500)
    assert ran.out.splitlines()[:12] == [
        "P-001  up to entry 8",
        "  would have come out otherwise, by what stands now",
        f"    6  2022-01-12  dose: Vincristine  by carol, coordinator; recorded {today(reviewed)}",
        "        it would be refused:",
        "        on hold since 2022-01-11 (infection) [hold.open] (entry 7)",
        f"        learned since: entry 7, hold of 2022-01-11: infection; recorded {today(reviewed)} by carol",
        "  happened against the rules",
        f"    8  2022-01-13  dose: Vincristine  by carol, coordinator; recorded {today(reviewed)}",
        "        deviation: while_held",
        "        on hold since 2022-01-11 (infection) [hold.open] (entry 7)",
        "        reason: =given on the ward",
        "        not acknowledged",
    ]
    assert ran.out.splitlines()[-2:] == [
        "person  entries  refused  overridden  deviated  late  corrections  repeated",
        "carol         9        0           0         1     0            0         0",
    ]
    assert ran.err.splitlines() == [
        "regimen: recorded more than 36500 days after its day is late",
        "regimen: 9 entries of 2 patients reviewed; 1 to look at",
    ]


def today(regimen: Regimen) -> str:
    return str(regimen.json("db", "zone")["today"])


def test_what_is_late_is_so_after_seven_days_unless_told_otherwise(reviewed: Regimen) -> None:
    (one, other) = reviewed.json("audit", "review")["items"]
    assert [item["kind"] for item in one["items"]].count("late") == 8
    assert [item["kind"] for item in other["items"]] == ["late"]


def test_json_holds_patients_and_people(reviewed: Regimen) -> None:
    found = reviewed.json("audit", "review", "--late", 36500)
    (one,) = found["items"]
    assert [(item["kind"], item["entry"]) for item in one["items"]] == [("doubted", 6), ("deviated", 8)]
    assert [person["person"] for person in found["people"]] == ["carol"]
    assert found["damaged"] == []


def test_a_spreadsheet_takes_no_text_for_a_formula(reviewed: Regimen) -> None:
    ran = reviewed.done("audit", "review", "--late", 36500, "--csv")
    header, *rows = csv.reader(io.StringIO(ran.out))
    assert [dict(zip(header, row, strict=True))["kind"] for row in rows] == ["doubted", "deviated"]
    assert dict(zip(header, rows[1], strict=True))["reason"] == "'=given on the ward"
    assert dict(zip(header, rows[0], strict=True))["learned since"] == "7"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t1", "\r1", "\n1", "'1", "\uff1d1"])
def test_each_beginning_of_a_formula_gets_a_mark(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines.show(("a",), [(text,)])
    (_, (cell,)) = csv.reader(io.StringIO(capsys.readouterr().out, newline=""))
    assert cell == f"'{text}"


def test_numbers_stay_numbers_and_nothing_stays_empty(capsys: pytest.CaptureFixture[str]) -> None:
    lines.show(("a", "b", "c"), [(-1, None, "x")])
    assert capsys.readouterr().out == '"a","b","c"\n"-1","","x"\n'


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ("--json --csv", 2, "--json and --csv exclude each other"),
        ("--patient P-9", 4, "there is no patient 'P-9'"),
        ("--late -1", 2, "-1"),
        ("--since 2022-13-01", 2, "not in the calendar"),
    ],
)
def test_what_cannot_be_asked_is_said(reviewed: Regimen, options: str, code: int, said: str) -> None:
    ran = reviewed("audit", "review", *options.split())
    assert ran.code == code
    assert said in ran.err
