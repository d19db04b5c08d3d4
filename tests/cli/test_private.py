"""A text that looks as if it named somebody is asked about at a terminal, and warned of in a script."""

from __future__ import annotations

import io

import pytest

from tests.cli.regimen import Regimen
from tests.cli.test_help import ALL
from workflow.cli import options
from workflow.cli.private import found_in
from workflow.cli.screen import asking


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Mrs Lovelace called", "a name"),
        ("spoke to Ada Lovelace", "a name"),
        ("sample of patient Lovelace", "a name"),
        ("her name is Ada", "a name"),
        ("born in Austin", "a day of birth"),
        ("DOB: see file", "a day of birth"),
        ("10.12.1955", "a day of birth"),
        ("1955-12-10, female", "a day of birth"),
        ("write to ada@example.org", "an address"),
    ],
)
def test_what_looks_like_somebody_is_said(text: str, what: str) -> None:
    assert what in list(found_in(text))


@pytest.mark.parametrize(
    "text",
    [
        "seen",
        "the laboratory's sheet says 0.41",
        "another patient's sample",
        "given on 2026-01-13 by the night shift",
        "Day 8 of Cycle 2 was a Sunday in January",
        "Ward closed. Given at home.",
        "SOS ruled out by ultrasound, ALT 3 x ULN",
        "Platelets transfused before the procedure",
    ],
)
def test_what_does_not_is_left_alone(text: str) -> None:
    assert list(found_in(text)) == []


def test_a_script_is_told_and_goes_on(regimen: Regimen) -> None:
    regimen.enrolled()
    ran = regimen.done("record", "consent", "P-001", "--note", "signed by Ada Lovelace", "--on", "2022-01-05")
    assert "the note looks as if it held a name" in ran.err
    assert regimen.done("record", "consent", "P-001", "--note", "signed", "--on", "2022-01-05").err == ""


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 2), ("", 2)])
def test_at_a_terminal_it_is_asked_before_anything_is_recorded(
    regimen: Regimen, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    regimen.enrolled()
    before = regimen.entries()
    monkeypatch.setattr(asking, "possible", lambda call: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    ran = regimen("record", "consent", "P-001", "--note", "signed by Ada Lovelace", "--on", "2022-01-05")
    assert (ran.code, regimen.entries() - before) == (code, 1 if code == 0 else 0)
    assert "Record it all the same? [y/N]" in ran.err


def test_every_free_text_is_looked_at() -> None:
    """Whatever command takes one: a reason, a note, a question."""
    texts = [
        (name, param.type)
        for name, command in ALL.items()
        for param in command.params
        if param.name in ("reason", "note", "text")
    ]
    assert len(texts) > 20
    assert [name for name, kind in texts if kind is not options.WORDS] == []


def test_whoever_removes_a_text_is_told_where_it_stands_once_more(regimen: Regimen) -> None:
    """The reason of a correction stands with what takes the place, too."""
    regimen.treated()
    regimen.done("record", "counts", "P-001", "--anc", "0.4", "--platelets", "20", "--on", "2022-01-20")
    regimen.done("correct", "P-001", "6", "--on", "2022-01-21", "--reason", "sample of Mrs Lovelace")
    first = regimen.done("audit", "redact", "P-001", "7", "--reason", "it named somebody", "--as", "root")
    assert "the same text stands in entry 8: regimen audit redact P-001 8 --field reason" in first.err
    second = regimen.done("audit", "redact", "P-001", "8", "--reason", "it named somebody", "--as", "root")
    assert "the same text" not in second.err
    assert "Lovelace" not in regimen.done("audit", "log", "--patient", "P-001").out
