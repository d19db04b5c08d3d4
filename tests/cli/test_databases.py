"""A database that is not there, not ours, not open to us, not of this version: exit code 6, and it stays as it was."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.cli.regimen import Regimen
from workflow import trials
from workflow.cli.call import Call
from workflow.store import engine
from workflow.store.schema import REVISIONS

DATABASE, VERIFICATION = 6, 7

READS = (
    ("show",),
    ("due",),
    ("next", "P-001"),
    ("audit", "log"),
    ("audit", "verify"),
    ("people", "list"),
    ("db", "check"),
)
WRITES = (
    ("enroll", "P-002", "--arm", "I"),
    ("advance", "P-001"),
    ("hold", "P-001", "--code", "other"),
    ("people", "add", "bob", "--role", "auditor"),
    ("db", "upgrade"),
)
ALL = [*READS, *WRITES]
NAMES = [" ".join(args[:2]) for args in ALL]


def query(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("args", ALL, ids=NAMES)
def test_a_missing_database_is_not_made(bare: Regimen, args: tuple[str, ...]) -> None:
    ran = bare(*args)
    assert (ran.code, ran.out) == (DATABASE, "")
    assert ran.complaint == "regimen: there is no database at regimen.db (regimen init makes one)"
    assert list(bare.folder.iterdir()) == []


@pytest.mark.parametrize("args", ALL, ids=NAMES)
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the database is empty (regimen init sets it up)"),
        (b"garbage " * 1000, "the file is not a database"),
        (b"SQLite format 3\0" + b"\xff" * 4000, "the file is not a database"),
    ],
    ids=["empty", "garbage", "a spoilt header"],
)
def test_a_file_that_is_no_database(bare: Regimen, args: tuple[str, ...], content: bytes, said: str) -> None:
    file = bare.folder / "regimen.db"
    file.write_bytes(content)
    ran = bare(*args)
    assert (ran.code, ran.out) == (DATABASE, "")
    assert said in ran.complaint
    assert file.read_bytes() == content


@pytest.mark.parametrize("args", [*ALL, ("init",)], ids=[*NAMES, "init"])
def test_a_folder_is_no_database(bare: Regimen, args: tuple[str, ...]) -> None:
    (bare.folder / "regimen.db").mkdir()
    ran = bare(*args)
    assert (ran.code, ran.out) == (DATABASE, "")
    assert "cannot be opened" in ran.complaint


@pytest.mark.parametrize("args", [*ALL, ("init",), ("init", "--dry-run")], ids=[*NAMES, "init", "init --dry-run"])
def test_the_database_of_another_program_is_left_alone(bare: Regimen, args: tuple[str, ...]) -> None:
    file = bare.folder / "regimen.db"
    query(file, "CREATE TABLE songs (title TEXT)")
    before = file.read_bytes()
    ran = bare(*args)
    assert (ran.code, ran.out) == (DATABASE, "")
    assert "the database holds other tables and none of ours" in ran.complaint
    assert file.read_bytes() == before


def set_schema(regimen: Regimen, revision: str) -> None:
    query(regimen.folder / "regimen.db", f"UPDATE regimen_schema SET version_num = '{revision}'")


JUDGE = [("audit", "verify"), ("db", "check")]  # whether a newer schema is one, by all that is there beside its number


@pytest.mark.parametrize("args", JUDGE, ids=" ".join)
def test_a_schema_that_only_says_it_is_newer_is_no_schema_of_newer_software(
    regimen: Regimen, args: tuple[str, ...]
) -> None:
    set_schema(regimen, "9999")
    ran = regimen(*args)
    assert ran.code == (VERIFICATION if args == ("audit", "verify") else DATABASE)
    assert "names other versions than f1" in ran.out


@pytest.mark.parametrize("args", [args for args in ALL if args not in JUDGE], ids=" ".join)
def test_a_newer_schema_is_left_to_newer_software(regimen: Regimen, args: tuple[str, ...]) -> None:
    set_schema(regimen, "9999")
    ran = regimen(*args)
    assert (ran.code, ran.out) == (DATABASE, "")
    assert "has schema 9999, newer than" in ran.complaint


@pytest.mark.parametrize("args", [args for args in ALL if args != ("db", "upgrade")], ids=" ".join)
def test_an_older_schema_asks_for_an_upgrade(
    regimen: Regimen, args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflow.store.upgrade.REVISIONS", (*REVISIONS, "next"))
    ran = regimen(*args)
    assert (ran.code, ran.out) == (DATABASE, "")
    assert ran.complaint == (
        "regimen: the database has schema f1, this software needs next (regimen db upgrade brings it up to date)"
    )


@pytest.mark.parametrize("args", WRITES, ids=[" ".join(args[:2]) for args in WRITES])
def test_a_locked_database_is_busy_and_may_be_tried_again(
    regimen: Regimen, args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    if args == ("db", "upgrade"):
        pytest.skip("there is nothing to upgrade, so nothing is locked")
    regimen.enrolled()
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    locked = sqlite3.connect(regimen.folder / "regimen.db", isolation_level=None)
    locked.execute("BEGIN EXCLUSIVE")
    try:
        more = () if args[0] != "people" else ("--as", "root")
        ran = regimen(*args, *more, "--json")
    finally:
        locked.close()
    assert ran.code == DATABASE
    assert ran.complaint == "regimen: the database is locked by another command (try again in a moment)"
    assert ran.json["error"]["retry"] is True


def test_a_lock_that_is_let_go_of_is_waited_for(regimen: Regimen) -> None:
    locked = sqlite3.connect(regimen.folder / "regimen.db", isolation_level=None, check_same_thread=False)
    locked.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, locked.rollback)
    timer.start()
    regimen.enrolled()
    timer.join()
    locked.close()


@pytest.mark.parametrize(
    "args", [args for args in WRITES if args != ("db", "upgrade")], ids=lambda args: " ".join(args[:2])
)
def test_a_database_that_may_only_be_read(
    regimen: Regimen, args: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    regimen.enrolled()
    (regimen.folder / "regimen.db").chmod(0o400)
    if os.geteuid() == 0:  # whom no file's mode keeps from writing
        usual = engine._on_connect

        def read_only(connection: sqlite3.Connection, record: object) -> None:
            usual(connection, record)
            connection.execute("PRAGMA query_only = ON")

        monkeypatch.setattr(engine, "_on_connect", read_only)
    more = () if args[0] != "people" else ("--as", "root")
    ran = regimen(*args, *more)
    assert (ran.code, ran.out) == (DATABASE, "")
    assert "the database cannot be written to" in ran.complaint
    for reads in READS:
        regimen.done(*reads)


@pytest.mark.parametrize("chart", ["", "{", "[]", "{}", '{"state": 7}', '{"nonsense": true}'])
def test_a_row_that_was_spoilt_is_one_line(regimen: Regimen, chart: str) -> None:
    regimen.treated()
    query(regimen.folder / "regimen.db", f"UPDATE regimen_patient SET chart = '{chart}'")
    for args in (("next", "P-001"), ("show", "P-001"), ("advance", "P-001"), ("due",)):
        ran = regimen(*args)
        assert (ran.code, ran.out) == (DATABASE, "")
        assert "regimen audit verify tells more" in ran.err
        assert "patient/p-001: " in ran.err
    assert regimen("audit", "verify").code == 7


def test_what_the_software_ships_is_not_what_runs(regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content in the database runs, whatever a release has under the same version."""
    regimen.enrolled()
    changed = replace(trials.find("2025-12-18"), title="Another trial")
    monkeypatch.setitem(trials._SHIPPED, "2025-12-18", lambda: changed)
    for args in (("next", "P-001"), ("show", "P-001"), ("db", "check")):
        regimen.done(*args)
    regimen.enrolled("P-002")


def test_a_protocol_that_changed_under_its_digest(regimen: Regimen) -> None:
    regimen.treated()
    swapped = "UPDATE regimen_content SET content = CAST(replace(content, 'Inotuzumab', 'Inotuzumax') AS BLOB)"
    query(regimen.folder / "regimen.db", "DROP TRIGGER regimen_content_no_update", swapped)
    for args in (("next", "P-001"), ("advance", "P-001"), ("enroll", "P-002", "--arm", "I"), ("show", "P-001")):
        ran = regimen(*args)
        assert (ran.code, ran.out) == (DATABASE, "")
        assert "the content of protocol version 20" in ran.complaint
        assert "edition 1 is not what was installed: its digest is not" in ran.complaint
    checked = regimen("db", "check")
    assert checked.code == DATABASE
    assert "WRONG  2025-12-18  edition 1: the content does not hash to its digest" in checked.out
    assert regimen("audit", "verify").code == 7


def test_a_database_without_a_version_gets_it_by_an_upgrade(bare: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.delitem(trials._SHIPPED, "2025-12-18")
        bare.done("init")
    assert "2025-12-18  edition 1: not installed: regimen db upgrade installs it" in bare.done("db", "check").out
    dry = bare.done("db", "upgrade", "--dry-run")
    assert "protocol versions installed: 2025-12-18" in dry.out
    assert "protocol versions installed: 2025-12-18" in bare.done("db", "upgrade").out
    assert bare.done("db", "upgrade").out == "the database is up to date: schema f1\n"
    assert bare.json("audit", "log", "--kind", "content_installed")["items"][-1]["protocol"]["version"] == "2025-12-18"


def test_only_an_administrator_upgrades(regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(trials._SHIPPED, "later", lambda: replace(trials.find("2025-12-18"), version="later"))
    refused = regimen("db", "upgrade")
    assert (refused.code, refused.out) == (3, "")
    assert refused.complaint == (
        "regimen: a person in the role of coordinator may not install a protocol, nor upgrade (ask an administrator)"
    )
    assert "installed: later" in regimen.done("db", "upgrade", "--as", "root").out


# ── what an earlier version of the software wrote ──────────────────────────────────────────────────────────────────


@pytest.fixture
def stale(regimen: Regimen) -> Regimen:
    """A database with a patient whose row an earlier fold wrote, and its chart in a form that nobody knows any more."""
    regimen.treated()
    query(regimen.folder / "regimen.db", "UPDATE regimen_patient SET fold = 0, chart = '{\"old\": 1}'")
    return regimen


def test_a_stale_row_is_shown_as_its_entries_say_and_marked(stale: Regimen) -> None:
    shown = stale.done("show", "P-001").out
    assert "treatment.induction.1" in shown
    assert "their row is of an earlier version of the software" in shown
    assert stale.json("show", "P-001")["patient"]["stale"] is True
    assert stale.json("next", "P-001", "--on", "2022-01-20")["forward"] == "start_cycle"
    past = stale.done("due", "--on", "2022-02-10")
    assert past.out.splitlines()[1].endswith("2022-02-07  3          counts.missing")  # folded anew, as a patient is
    due = stale.done("due")
    assert due.out.splitlines()[1].endswith("not known: stale")
    assert due.err.endswith("regimen: 1 row of another version of the software: regimen db upgrade\n")
    assert due.err.endswith(stale.done("show").err)
    assert stale.json("show")["items"][0]["stale"] is True
    assert "rows      ok     1 patient stale: regimen db upgrade folds anew" in stale.done("db", "check").out


def test_an_upgrade_folds_stale_rows_anew(stale: Regimen) -> None:
    assert "1 patient folded anew" in stale.done("db", "upgrade", "--dry-run", "--as", "root").out
    ran = stale("db", "upgrade", "--as", "root", terminal=True)
    assert "1 patient folded anew" in ran.out
    assert "folding anew" in ran.err
    assert stale.json("db", "upgrade", "--as", "root")["folded"] == 0
    assert "rows      ok     none is stale" in stale.done("db", "check").out
    assert stale.json("audit", "verify")["stale"] == 0


def test_an_upgrade_that_was_interrupted_goes_on_where_it_was(stale: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    stale.treated("P-002")
    query(stale.folder / "regimen.db", "UPDATE regimen_patient SET fold = 0")
    with monkeypatch.context() as interrupted:

        def interrupt(done: int, total: int) -> None:
            assert (done, total) == (1, 2)
            raise KeyboardInterrupt

        interrupted.setattr("workflow.cli.screen.progress.bar", lambda doing, what: nullcontext(interrupt))
        assert stale("db", "upgrade", "--as", "root").code == 130
    assert stale.json("db", "upgrade", "--as", "root")["folded"] == 1
    assert stale.json("audit", "verify")["sound"]


def test_a_command_folds_its_own_patient_anew(stale: Regimen) -> None:
    stale.done("record", "counts", "P-001", "--anc", "1.5", "--platelets", "90", "--on", "2022-02-01")
    assert stale.json("show", "P-001")["patient"]["stale"] is False


def test_the_numbers_in_use_are_told(regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "software  ok     engine 1, fold 1, format 1\n" in regimen.done("db", "check").out
    monkeypatch.setattr("workflow.ledger.entry.FOLD", 0)
    ran = regimen("db", "check")
    assert ran.code == DATABASE
    assert "software  WRONG  " in ran.out
    enrol = regimen("enroll", "P-001", "--arm", "I", "--protocol", "2025-12-18")
    assert (enrol.code, "newer software has written to this database" in enrol.complaint.lower()) == (DATABASE, True)
    regimen.done("show")


def test_a_missing_trigger_is_found(regimen: Regimen) -> None:
    query(regimen.folder / "regimen.db", "DROP TRIGGER regimen_entry_no_update")
    checked = regimen("db", "check")
    assert checked.code == DATABASE
    said = "the trigger regimen_entry_no_update is missing: the log was open to change"
    assert f"WRONG  {said}" in checked.out
    assert regimen("db", "check", "--json").json["objects"] == {"wrong": [said], "ok": False}


def test_an_unsafe_journal_is_found(regimen: Regimen) -> None:
    if engine.WAL_IS_SOUND:
        pytest.skip("this SQLite has a sound WAL")
    query(regimen.folder / "regimen.db", "PRAGMA journal_mode = wal")
    checked = regimen("db", "check")
    assert checked.code == DATABASE
    assert "it should be journal delete, synchronous extra" in checked.out


def test_a_file_that_is_open_to_everybody_or_on_a_share_is_warned_of(
    bare: Regimen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflow.store.file.share_of", lambda path: "nfs4")
    began = bare("init", "--administrator", "root")
    assert began.code == 0
    assert "regimen: it lies on a network share (nfs4)" in began.err
    (bare.folder / "regimen.db").chmod(0o644)
    checked = bare("db", "check")
    assert checked.code == 0
    assert "LOOK   everybody on this machine may read it: chmod o-rwx regimen.db" in checked.out
    assert "LOOK   it lies on a network share (nfs4)" in checked.out
    assert len(bare("db", "check", "--json").json["storage"]["warnings"]) == 2


@pytest.mark.parametrize(
    ("code", "url"),
    [(DATABASE, "postgresql://clerk:s3cret@localhost:1/none"), (2, "postgresql://clerk:s3cret@host:port/none")],
)
def test_no_password_is_shown(bare: Regimen, code: int, url: str) -> None:
    ran = bare("show", "--database-url", url, "--json")
    assert (ran.code, len(ran.err.splitlines())) == (code, 1)
    assert "s3cret" not in ran.err + ran.out


def test_a_command_to_type_has_no_password() -> None:
    typed = Call(url="postgresql://clerk:s3cr%40et@host/none").typed("show")
    assert typed == "regimen show --database-url 'postgresql://clerk:***@host/none'"
