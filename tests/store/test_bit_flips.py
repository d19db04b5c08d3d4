"""One bit of a SQLite file turned over, anywhere: it is found, or nothing that anybody reads has changed."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.regimen import Regimen
from tests.ledger.conftest import furnished_file
from workflow import Trial
from workflow.errors import DatabaseError, Exit
from workflow.store.schema import VERSION_TABLE, metadata

TABLES = (*metadata.tables, VERSION_TABLE, "sqlite_master")
QUICK, DEEP, TOGETHER = 60, 2000, 250
Read = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnished_file(tmp_path_factory.mktemp("flips"))


def read(file: Path) -> Read:
    """Every row of every table, in the order of its first columns, each value with its type."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        return {name: _rows(connection, name) for name in TABLES}


def _rows(connection: sqlite3.Connection, name: str) -> list[tuple[Any, ...]]:
    columns = "type, name, tbl_name, sql" if name == "sqlite_master" else "*"
    return sorted(connection.execute(f"SELECT {columns} FROM {name}").fetchall(), key=repr)


def flipped(file: Path, copy: Path, seed: int) -> str:
    """A bit of a page, both at random; where it is."""
    data = bytearray(file.read_bytes())
    size = int.from_bytes(data[16:18], "big")
    chance = random.Random(seed)  # noqa: S311 - where a bit turns over is no secret
    page = chance.randrange(len(data) // size)
    at = page * size + chance.randrange(100 if page == 0 and chance.random() < 0.5 else size)
    data[at] ^= 1 << chance.randrange(8)
    copy.write_bytes(data)
    return f"seed {seed}: byte {at - page * size} of page {page + 1}"


def found_in(copy: Path) -> str:
    """How verification says that it is not what it was; nothing where it says that all is well."""
    try:
        with Trial.open(f"sqlite:///{copy}") as trial:
            report = trial.verify()
    except DatabaseError as error:
        return "error" if error.message else "an error without words"
    if report.sound:
        return ""
    return "finding" if {one.code for one in report.findings} - {"integrity"} else "integrity"


def check(file: Path, folder: Path, seeds: range) -> Counter[str]:
    """What was found, how; and of what was not, that nothing is read differently."""
    copy = folder / "copy.db"
    there = read(file)
    counts: Counter[str] = Counter()
    for seed in seeds:
        where = flipped(file, copy, seed)
        how = found_in(copy)
        looked = Regimen(folder)("db", "check", "--database-url", copy)
        assert looked.code in (Exit.DONE, Exit.DATABASE), (where, looked.err)
        assert looked.code == Exit.DATABASE or how in ("finding", ""), where
        if not how:
            now: Read = {}
            with suppress(sqlite3.Error):
                now = read(copy)
            assert now == there, where
        counts[how or "nothing read has changed"] += 1
        for more in folder.glob("copy.db-*"):
            more.unlink()
    return counts


def test_a_bit_turned_over_is_found_or_changes_nothing(file: Path, tmp_path: Path) -> None:
    counts = check(file, tmp_path, range(QUICK))
    assert counts["finding"] > 5


@pytest.mark.deep
@pytest.mark.parametrize("first", range(QUICK, QUICK + DEEP, TOGETHER))
def test_so_are_two_thousand_others(file: Path, tmp_path: Path, first: int) -> None:
    counts = check(file, tmp_path, range(first, first + TOGETHER))
    print(dict(counts))  # noqa: T201 - the figures, for whoever runs it with -s
    assert sum(counts.values()) == TOGETHER


def test_what_the_database_says_of_itself_in_broken_text_is_an_error_of_ours(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    data = file.read_bytes()
    assert data.count(b"regimen_chainregimen_chain") == 1  # as the schema holds a table's name, twice
    copy.write_bytes(data.replace(b"regimen_chainregimen_chain", b"regimen\xf4chainregimen_chain"))
    with pytest.raises(DatabaseError, match="damaged"):
        Trial.open(f"sqlite:///{copy}")
