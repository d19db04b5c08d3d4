"""Replay knows no store: the same checks over a folder of files, one an entry, named by its number and its hash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.library.desk import CONSOLIDATION, Desk
from workflow.ledger.entry import Stored, hash_of
from workflow.ledger.ground import Ground
from workflow.ledger.replay import judge
from workflow.ledger.report import Report
from workflow.ledger.tables import Definitions
from workflow.store.schema import content, entry


@pytest.fixture
def folder(sqlite_url: str, tmp_path: Path) -> Path:
    """A folder for each chain, and one for the protocols."""
    desk = Desk(sqlite_url)
    desk.walk("P1", CONSOLIDATION)
    desk.walk("P2", "enrolled")
    for row in desk.rows(entry):
        file = tmp_path / row["chain"].replace("/", ".") / f"{row['seq']:06}-{row['hash'].hex()}"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(row["body"])
    (tmp_path / "protocols").mkdir()
    for row in desk.rows(content):
        (tmp_path / "protocols" / row["digest"]).write_bytes(row["content"])
    desk.close()
    return tmp_path


def read(folder: Path, name: str) -> Iterator[Stored]:
    for file in sorted((folder / name.replace("/", ".")).iterdir()):
        number, _, digest = file.name.partition("-")
        yield Stored(name, int(number), file.read_bytes(), bytes.fromhex(digest))


def verify(folder: Path) -> Report:
    ground, definitions = Ground(), Definitions()
    for file in (folder / "protocols").iterdir():
        definitions.add(file.name, file.read_bytes())
    for name in ("people", "trial"):
        for one in read(folder, name):
            ground.learn(name, one.seq, one.data, one.hash)
    chains = ("patient/p1", "patient/p2", "people", "trial")
    return judge((one for name in chains for one in read(folder, name)), None, ground, definitions)


def test_a_folder_of_files_verifies(folder: Path) -> None:
    report = verify(folder)
    assert (report.findings, report.chains, report.undecided) == ([], 4, 0)
    assert report.decided > 10


def test_a_file_that_says_something_else_is_found(folder: Path) -> None:
    (file,) = (folder / "patient.p1").glob("000006-*")
    file.write_bytes(file.read_bytes().replace(b'"anc":"2.5"', b'"anc":"9.5"'))
    assert ("patient/p1", 6, "hash") in {(one.chain, one.seq, one.code) for one in verify(folder).findings}


def test_a_file_under_another_name_is_found(folder: Path) -> None:
    (file,) = (folder / "patient.p1").glob("000003-*")
    file.rename(folder / "patient.p2" / f"000099-{hash_of(file.read_bytes()).hex()}")
    assert {"patient/p1", "patient/p2"} <= {one.chain for one in verify(folder).findings}


def test_who_acted_is_held_to_the_files_of_the_people(folder: Path) -> None:
    for file in sorted((folder / "people").iterdir())[1:]:
        file.unlink()
    assert {one.code for one in verify(folder).findings} == {"seen"}
