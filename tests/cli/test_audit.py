"""What auditors see: who did what, when and why; and whether anybody has altered it since."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest

from tests.cli.regimen import Regimen
from workflow.cli.call import login
from workflow.ledger import entry, replay


def alter(regimen: Regimen, *statements: str) -> None:
    """Change the database behind the command's back."""
    with sqlite3.connect(regimen.folder / "regimen.db") as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _, sql in triggers:
            connection.execute(sql)
    connection.close()


def test_an_entry_says_who_what_when_and_why(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("advance", "P-001", "stop_treatment", "--code", "patient_decision", "--on", "2022-01-20",
                 "--reason", "wants to be treated nearer home", "--as", "ivan")  # fmt: skip
    regimen("advance", "P-001", "--on", "2022-01-21")
    out = regimen.done("audit", "log", "--patient", "P-001", "--last", 2).out
    today = datetime.now(UTC).date()
    what, who, code, reason, refused, _, why, *_ = out.splitlines()
    assert what == ("P-001 6  2022-01-20  stop_treatment  allowed  treatment.induction.1 -> follow_up.day_30")
    assert who.startswith(f"    by ivan, investigator (os-shared via {login()}); recorded {today} ")
    assert who.endswith("Z, software 0.1.0")
    assert code == "    code: patient_decision"
    assert reason == "    reason: wants to be treated nearer home"
    assert refused == "P-001 7  2022-01-21  visit  refused  in follow_up.day_30"
    assert why.startswith("    refused: opens on 2022-02-12")
    assert "lifted by: wait until 2022-02-12" in why


@pytest.mark.parametrize(
    ("options", "entries"),
    [
        ("--patient P-001", ["P-001 1", "P-001 2", "P-001 3", "P-001 4", "P-001 5", "P-001 6"]),
        ("--kind counts", ["P-001 6"]),
        ("--trigger start_cycle", ["P-001 5"]),
        ("--outcome refused", ["P-002 2"]),
        ("--actor ivan", ["P-002 2"]),
        ("--from 2022-01-10 --to 2022-01-20", ["P-001 5", "P-001 6", "P-002 2"]),
        ("--patient P-001 --limit 2", ["P-001 1", "P-001 2"]),
        ("--patient P-001 --last 2", ["P-001 5", "P-001 6"]),
        ("--kind trial_opened", ["trial 1"]),
        ("--recorded-to 2022-01-01", []),
    ],
)
def test_the_log_is_searched(regimen: Regimen, options: str, entries: list[str]) -> None:
    regimen.treated()
    regimen.done("record", "counts", "P-001", "--anc", "1", "--platelets", "90", "--on", "2022-01-20")
    regimen.enrolled("P-002")
    regimen("advance", "P-002", "--on", "2022-01-20", "--as", "ivan")
    ran = regimen.done("audit", "log", *options.split())
    firsts = [line for line in ran.out.splitlines() if not line.startswith(" ")]
    assert [line.split("  ")[0] for line in firsts] == entries
    assert ran.err == ("" if entries else "regimen: no entry is like that\n")


def test_a_sound_log_verifies(regimen: Regimen) -> None:
    regimen.treated()
    ran = regimen.done("audit", "verify")
    assert (
        ran.out
        == """\
entries        13 in 3 chains
decided again  5
integrity      checked
differences    0
findings       0
the log        is sound
"""
    )
    assert ran.err == ""


def test_verification_tells_how_far_it_is_where_somebody_sees_it(regimen: Regimen) -> None:
    regimen.treated()
    told = regimen("audit", "verify", terminal=True).err
    assert told.startswith("\rverifying: 0 entries ")
    assert told.endswith("\r" + " " * 40 + "\r")
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("statement", "place", "code"),
    [
        (
            "UPDATE regimen_entry SET actor = 'ivan' WHERE chain = 'patient/p-001' AND seq = 3",
            "patient/p-001 3",
            "column",
        ),
        (
            "UPDATE regimen_entry SET body = CAST(replace(body, 'IN01', 'IN02') AS BLOB) WHERE seq = 3",
            "patient/p-001 3",
            "hash",
        ),
        ("DELETE FROM regimen_entry WHERE chain = 'patient/p-001' AND seq = 4", "patient/p-001 5", "missing"),
        ("UPDATE regimen_patient SET state = 'off_study'", "patient/p-001", "row"),
        ("UPDATE regimen_patient SET chart = replace(chart, '2022-01-10', '2022-01-09')", "patient/p-001", "row"),
        ("UPDATE regimen_person SET role = 'investigator' WHERE id = 'carol'", "people", "person"),
    ],
)
def test_an_altered_log_is_named_by_its_entry(regimen: Regimen, statement: str, place: str, code: str) -> None:
    regimen.treated()
    alter(regimen, statement)
    ran = regimen("audit", "verify")
    findings = [line for line in ran.out.splitlines() if line.startswith("finding ")]
    assert ran.code == 7
    assert any(line.startswith(f"finding  {place}: ") and line.endswith(f"[{code}]") for line in findings)
    assert "the log        does not verify" in ran.out
    assert ran.complaint.startswith("regimen: the audit log does not verify: ")
    as_json = regimen("audit", "verify", "--json")
    assert as_json.code == 7
    assert not as_json.json["sound"]
    assert len(as_json.json["findings"]) == len(findings)


@pytest.fixture
def decided_otherwise(regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> Regimen:
    """A log in which entry 6 refused a step for two reasons, and software that knows only one of them."""
    from workflow.engine import guards
    from workflow.protocol.guards import CountsRecovered

    regimen.treated()
    regimen("advance", "P-001", "--on", "2022-01-20")
    monkeypatch.setitem(guards.EVALUATE, CountsRecovered, lambda guard, now: iter(()))
    return regimen


def test_another_answer_of_the_same_engine_is_a_finding(decided_otherwise: Regimen) -> None:
    ran = decided_otherwise("audit", "verify")
    assert ran.code == 7
    assert "finding  patient/p-001 6: entry 6 was refused (interval.early, counts.missing); the same engine" in ran.out


def test_another_answer_of_another_engine_is_a_difference(
    decided_otherwise: Regimen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflow.ledger.replay.ENGINE", "2")
    ran = decided_otherwise.done("audit", "verify")
    assert "difference  patient/p-001 6: was refused (interval.early, counts.missing), would be refused" in ran.out
    assert "(software 0.1.0, engine 1 decided it)\n" in ran.out
    assert decided_otherwise("audit", "verify", "--strict").code == 7
    assert "differences    1\nfindings       0\nthe log        is sound\n" in ran.out


def test_a_stale_row_is_neither(regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    regimen.treated()
    monkeypatch.setattr(replay, "FOLD", replay.FOLD + 1)
    ran = regimen.done("audit", "verify")
    assert "stale          1 row: regimen db upgrade folds anew\n" in ran.out
    assert "findings       0\nthe log        is sound\n" in ran.out
    assert regimen.json("audit", "verify")["stale"] == 1
    strict = regimen("audit", "verify", "--strict")
    assert (strict.code, strict.complaint) == (7, "regimen: 0 differences, 1 stale row")


def test_what_newer_software_wrote_is_not_verified(regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry of a kind that was in use, and that this software does not know."""
    regimen.treated()
    regimen.done("record", "counts", "P-001", "--anc", "1.5", "--platelets", "90", "--on", "2022-01-20")
    monkeypatch.delitem(entry.KINDS, "counts")
    ran = regimen("audit", "verify")
    assert (ran.code, ran.complaint) == (7, "regimen: not verified: 1 entry is not understood")
    assert "not understood  1, by newer software\n" in ran.out
    assert ran.out.endswith("findings        0\nthe log         is not verified\n")
    assert regimen("audit", "verify", "--json").json["not_understood"] == 1
    shown = regimen.done("audit", "log", "--patient", "P-001").out
    assert "P-001 6  2022-01-20  counts  not understood\n" in shown
    assert "    of a kind or format that this software does not know\n" in shown


def test_a_note_cannot_write_to_the_terminal(regimen: Regimen) -> None:
    """A note may have lines; an escape code is refused on the way in, and shown as text whatever the way."""
    regimen.treated()
    refused = regimen("record", "counts", "P-001", "--anc", "1", "--platelets", "9", "--note", "\x1b]0;gotcha\x07")
    assert (refused.code, "control characters" in refused.complaint) == (2, True)
    note = "two\nlines \u202e and a turn"
    regimen.done("record", "counts", "P-001", "--anc", "1", "--platelets", "9", "--note", note)
    assert "    note: two\\nlines \\u202e and a turn\n" in regimen.done("audit", "log", "--last", 1).out
    assert regimen.json("audit", "log", "--last", 1)["items"][0]["texts"] == {"note": note}
    with sqlite3.connect(regimen.folder / "regimen.db") as connection:
        connection.execute("DROP TRIGGER regimen_entry_text_no_update")
        connection.execute("UPDATE regimen_entry_text SET text = ?", ("\x1b[2J\x07\x9b31m",))
    connection.close()
    for terminal in (True, False):
        shown = regimen("audit", "log", "--last", 1, terminal=terminal).out
        assert "\\x1b[2J\\x07\\x9b31m" in shown
        assert not [raw for raw in ("\x1b[2J", "\x07", "\x9b") if raw in shown]
