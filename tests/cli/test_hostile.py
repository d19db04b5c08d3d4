"""A value of any type in any column of any table: no command ends in a traceback, and every list shows the others."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.cli.regimen import COORDINATOR, Ran, Regimen
from tests.ledger.conftest import furnish
from tests.ledger.test_hostile import COLUMNS, VALUES, put
from tests.library.desk import ADMIN, Desk
from workflow.cli.call import login

HOSTILE = {what: VALUES[what] for what in ("bytes", "nothing", "no text", "brackets")}
COUNTS = ("--anc", "2", "--platelets", "100", "--as", COORDINATOR)
THERE = 3  # patients
HOUSE = ("regimen_chain", "regimen_person")  # where damage means that nobody may write


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("hostile") / "regimen.db"
    desk = Desk(f"sqlite:///{file}")
    furnish(desk)
    for id, role in (("root", "administrator"), (COORDINATOR, "coordinator")):
        desk.trial.add_person(id, role, by=ADMIN, login=login())
    desk.walk("P9", "screening")  # whose entry is the last of all
    desk.close()
    return file


@pytest.fixture
def damaged(furnished: Path, folder: Path) -> Regimen:
    shutil.copy(furnished, folder / "regimen.db")
    return Regimen(folder)


def says_what(ran: Ran) -> bool:
    return ran.code == 6 and "when-it-does-not-verify.md" in ran.err


def number(regimen: Regimen) -> int:
    with closing(sqlite3.connect(regimen.folder / "regimen.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM regimen_entry").fetchone()[0])


@pytest.mark.parametrize("column", COLUMNS, ids=str)
@pytest.mark.parametrize("what", HOSTILE)
def test_a_value_of_any_type_ends_no_command(furnished: Path, folder: Path, column: sa.Column[Any], what: str) -> None:
    file = folder / "regimen.db"
    shutil.copy(furnished, file)
    if not put(file, column, *HOSTILE[what]):
        pytest.skip("the column takes no such value")
    regimen = Regimen(folder)
    for args in (("show",), ("due", "--until", "2030-01-01"), ("audit", "log"), ("people", "list")):
        ran = regimen(*args, "--json")
        assert ran.code == 0 or says_what(ran), (args, ran.err)
        assert bool(ran.json["damaged"]) is (ran.code == 6), args
        others = len(ran.json["items"])  # are shown; who is due, as far as it is known what for
        assert others > (args[0] != "due") or (column.table.name == "regimen_content" and args[0] == "due"), args
    unreached = (column.name, what) == ("login", "nothing")  # as anybody may be
    assert regimen("db", "check").code in (0, 6)
    assert "protocol" in regimen("db", "check").out  # its last line
    assert regimen("audit", "verify").code == 7
    for args in (
        ("show", "P9"),
        ("next", "P9"),
        ("record", "counts", "P9", "--on", "2024-01-09", *COUNTS),
        ("record", "counts", "P1", "--on", "2024-03-10", *COUNTS),
        ("people", "add", "zed", "--role", "coordinator", "--as", "root"),
        ("db", "upgrade", "--as", "root"),
    ):
        before = number(regimen)
        ran = regimen(*args)
        assert ran.code in (0, 6) or (unreached and ran.code == 4), (args, ran)
        assert "unexpected" not in ran.err, (args, ran)
        if ran.code == 6:
            assert number(regimen) == before, args
        if (
            column.table.name in HOUSE
            and args[0] in ("record", "people")
            and (column.name, what) != ("login", "nothing")
        ):
            assert says_what(ran), (args, ran)
        if column.table.name in ("regimen_patient", "regimen_request", "regimen_entry_text") and "P1" in args:
            assert ran.code == 0, ran  # the others go on


@pytest.mark.parametrize("column", ["chart", "state", "seq", "head", "arm", "digest", "due_on", "id", "fold"])
def test_nothing_is_written_for_a_patient_whose_row_is_damaged(damaged: Regimen, column: str) -> None:
    (there,) = (one for one in COLUMNS if str(one) == f"regimen_patient.{column}")
    assert put(damaged.folder / "regimen.db", there, "?", b"x")
    before = number(damaged)
    for args in (
        ("show", "P9"),
        ("next", "P9"),
        ("record", "counts", "P9", "--on", "2024-01-09", *COUNTS),
        ("correct", "P9", "2", "--reason", "x", "--as", COORDINATOR),
    ):
        ran = damaged(*args)
        assert says_what(ran), (args, ran)
        assert ran.complaint.startswith("regimen: patient/p9: "), ran
    assert number(damaged) == before
    if column in ("chart", "seq", "head"):  # which the list does not show
        return
    ran = damaged("show")
    assert ran.code == 6
    assert [line.split()[0] for line in ran.out.splitlines()[1:4]] == ["P1", "P2", "P3"]
    assert ran.err.startswith("regimen: not shown: patient/p9: its row is damaged: ")
