"""What the documents promise of verification, and what they say it cannot see, each carried out."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT
from workflow import Actor, Trial
from workflow.ledger.entry import hash_of

PAGE = ROOT / "docs" / "explanation" / "verification.md"
ALEX, LEE = Actor("alex"), Actor("lee")
PATIENT = "patient/P-0001"


def promised() -> dict[str, str]:
    """The rows of the page's table: who, and whether they are seen."""
    table = PAGE.read_text("utf-8").partition("| is it seen |")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| (\w.+?) \| (.+?) \|$", table.replace("**", ""), re.MULTILINE))


class Site:
    """A trial with one patient, and the file it lies in."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @classmethod
    def set_up(cls, file: Path) -> Site:
        with Trial.init(str(file), by=ALEX, clock=lambda: datetime(2026, 2, 1, tzinfo=UTC)) as trial:
            trial.add_person("lee", "coordinator", by=ALEX)
            trial.enroll("P-0001", "I", by=LEE, on=date(2026, 1, 5))
        return cls(file)

    def record(self, platelets: str) -> None:
        with Trial.open(str(self.file)) as trial:
            trial.record_counts("P-0001", by=LEE, anc="1.0", platelets=platelets, on=date(2026, 1, 6), note="seen")
            trial.record_consent("P-0001", by=LEE, on=date(2026, 1, 6), note="signed")

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """The file without its triggers, which are put back; with ``leaf``, the hash of an entry's bytes."""
        with closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
            connection.create_function("leaf", 1, hash_of)
            connection.execute("ATTACH ? AS older", (str(self.file.with_name("older.db")),))
            connection.execute("BEGIN")
            triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                connection.execute(f"DROP TRIGGER main.{name}")
            yield connection
            for _, sql in triggers:
                connection.execute(sql)
            connection.execute("COMMIT")

    @property
    def entries(self) -> list[Any]:
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute("SELECT chain, seq, hash FROM entry ORDER BY chain, seq").fetchall()

    @property
    def sound(self) -> bool:
        with Trial.open(str(self.file)) as trial:
            return trial.verify().sound


def run(*statements: str) -> Callable[[Site], None]:
    def attack(site: Site) -> None:
        with site.opened() as connection:
            for statement in statements:
                connection.execute(statement)

    return attack


def drop_a_trigger(site: Site) -> None:
    with closing(sqlite3.connect(site.file)) as connection:
        connection.execute("DROP TRIGGER entry_no_update")


def truncate(site: Site) -> None:
    """The patient's entries, texts and row as they are in the older copy."""
    with site.opened() as connection:
        for table in ("entry_text", "entry"):
            connection.execute(f"DELETE FROM main.{table} WHERE chain = ?", (PATIENT,))
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM older.{table} WHERE chain = ?", (PATIENT,))
        connection.execute("INSERT OR REPLACE INTO main.patient SELECT * FROM older.patient")


def another_history(site: Site) -> None:
    truncate(site)
    site.record("400")


def older_copy(site: Site) -> None:
    shutil.copy(site.file.with_name("older.db"), site.file)


def under_another_name(site: Site) -> None:
    with Trial.open(str(site.file)) as trial:
        trial.record_response("P-0001", by=LEE, response="CR", on=date(2026, 1, 7)).or_raise()


MIDDLE, LAST = (f"chain = '{PATIENT}' AND seq = {seq}" for seq in (2, 3))
REST = (
    "kind, trigger, outcome, from_state, to_state, occurred_on, recorded_at, actor, role, code, request_id, body, hash"
)
OTHER_COUNTS = """CAST(replace(body, '"40"', '"90"') AS BLOB)"""

ATTACKS: dict[str, list[Callable[[Site], None]]] = {
    "changes a column, a row, a person's role, a reason's text": [
        run("UPDATE entry SET occurred_on = '2026-01-07' WHERE kind = 'counts'"),
        run("UPDATE patient SET state = 'enrolled'"),
        run("UPDATE person SET role = 'investigator' WHERE id = 'lee'"),
        run("UPDATE entry_text SET text = 'not seen' WHERE text = 'seen'"),
    ],
    "changes the bytes of an entry, and its hash": [
        run(f"UPDATE entry SET body = {OTHER_COUNTS} WHERE {MIDDLE}"),
        run(f"UPDATE entry SET body = {OTHER_COUNTS}, hash = leaf({OTHER_COUNTS}) WHERE {MIDDLE}"),
    ],
    "removes, inserts or reorders entries": [
        run(f"DELETE FROM entry_text WHERE {MIDDLE}", f"DELETE FROM entry WHERE {MIDDLE}"),
        run(f"INSERT INTO entry SELECT chain, 4, {REST} FROM entry WHERE {LAST}"),
        run(
            "DELETE FROM entry_text",
            f"UPDATE entry SET seq = 9 WHERE {MIDDLE}",
            f"UPDATE entry SET seq = 2 WHERE {LAST}",
            f"UPDATE entry SET seq = 3 WHERE chain = '{PATIENT}' AND seq = 9",
        ),
    ],
    "removes the last entries of a chain, and leaves the row": [
        run(f"DELETE FROM entry_text WHERE {LAST}", f"DELETE FROM entry WHERE {LAST}"),
    ],
    "drops a trigger": [drop_a_trigger],
    "removes the last entries of a chain and sets the row back to what it was": [truncate],
    "writes a whole chain anew, hashes and row included, so that the engine would decide it so": [another_history],
    "removes a patient whole: every entry and the row": [
        run(
            f"DELETE FROM entry_text WHERE chain = '{PATIENT}'",
            f"DELETE FROM entry WHERE chain = '{PATIENT}'",
            "DELETE FROM patient",
        ),
    ],
    "puts an older copy of the database in place": [older_copy],
    "adds entries, by the rules, under another person's name": [under_another_name],
}
CASES = [(who, attack) for who, attacks in ATTACKS.items() for attack in attacks]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trial, and a copy from before the last entries."""
    folder = tmp_path_factory.mktemp("trial")
    site = Site.set_up(folder / "regimen.db")
    shutil.copy(site.file, folder / "older.db")
    site.record("40")
    assert site.sound
    return folder


@pytest.fixture
def site(made: Path, tmp_path: Path) -> Site:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return Site(tmp_path / "regimen.db")


def test_every_row_of_the_table_is_tried() -> None:
    assert set(promised()) == set(ATTACKS)


@pytest.mark.parametrize(("who", "attack"), CASES, ids=[f"{who[:40]}-{i}" for i, (who, _) in enumerate(CASES)])
def test_it_is_seen_or_not_as_the_page_says(site: Site, who: str, attack: Callable[[Site], None]) -> None:
    before = site.entries
    attack(site)
    if promised()[who] == "no":
        assert site.entries != before
        assert site.sound
    else:
        assert not site.sound
