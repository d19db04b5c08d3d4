"""A value of any type in any column of any table: it is found, and ends nothing. SQLite's types can be got past."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.ledger.conftest import furnished_file
from tests.ledger.tamper import TABLES
from workflow.ledger.report import Report
from workflow.store.audit import verify
from workflow.store.engine import create_engine
from workflow.store.schema import content
from workflow.store.transaction import Transactions

NO_TEXT = "CAST(x'ff' AS TEXT)"
VALUES: dict[str, tuple[str, Any]] = {  # what stands there, as SQL and its value
    "a number": ("?", 77),
    "a large number": ("?", 2**62),
    "a fraction": ("?", 1.5),
    "a text": ("?", "x"),
    "bytes": ("?", b"x"),
    "nothing": ("?", None),
    "no text": (f"coalesce(?, {NO_TEXT})", None),
    "brackets": ("?", "[" * 100_000),
}
COLUMNS = [column for table in TABLES for column in table.columns]


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnished_file(tmp_path_factory.mktemp("hostile"))


def put(file: Path, column: sa.Column[Any], how: str, value: Any) -> bool:
    """Into the last row that has something there, past types and triggers, which are back afterwards; whether it is
    another value."""
    name, table = column.name, column.table.name
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA writable_schema = ON")
        query = "SELECT name, sql FROM sqlite_master WHERE sql LIKE '%regimen%' AND type IN ('table', 'trigger')"
        made = connection.execute(query).fetchall()
        connection.execute("DELETE FROM sqlite_master WHERE type = 'trigger'")
        for one, text in made:
            if text.rstrip().endswith("STRICT"):
                loose = text[: text.rindex("STRICT")].replace("NOT NULL", "")
                connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (loose, one))
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.text_factory = bytes
        here = f"rowid = (SELECT max(rowid) FROM {table})"
        before = connection.execute(f'SELECT quote("{name}") FROM {table} WHERE {here}').fetchone()
        with suppress(sqlite3.IntegrityError):  # another row has that key
            connection.execute(f'UPDATE {table} SET "{name}" = {how} WHERE {here}', (value,))
        after = connection.execute(f'SELECT quote("{name}") FROM {table} WHERE {here}').fetchone()
        connection.execute("PRAGMA writable_schema = ON")
        for one, text in made:
            connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (text, one))
            if text.startswith("CREATE TRIGGER"):
                connection.execute(text)
    return bool(before != after)


def checked(file: Path) -> Report:
    transactions = Transactions(create_engine(f"sqlite:///{file}"))
    report = verify(transactions)
    transactions.close()
    transactions.engine.dispose()
    return report


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_value_of_any_type_is_found_and_ends_nothing(furnished: Path, tmp_path: Path, column: sa.Column[Any]) -> None:
    for what, (how, value) in VALUES.items():
        file = tmp_path / "regimen.db"
        shutil.copy(furnished, file)
        if put(file, column, how, value):
            report = checked(file)
            assert not report.sound, what
            assert report.entries > 25, what  # and the rest was read
            assert not {one.code for one in report.findings} & {"trigger", "schema"}, what  # nothing else was done


def test_what_puts_it_there_leaves_no_trace_of_its_own(furnished: Path, tmp_path: Path) -> None:
    file = tmp_path / "regimen.db"
    shutil.copy(furnished, file)
    put(file, content.c.trial, "coalesce(?, trial)", None)
    assert checked(file).sound
