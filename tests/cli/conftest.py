"""A folder with a database, its people, and the command to use it with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.regimen import COORDINATOR, INVESTIGATOR, Regimen
from workflow.cli.call import login


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, in an environment that says nothing."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "REGIMEN_DATABASE_URL",
        "REGIMEN_AS",
        "REGIMEN_TRACEBACK",
        "REGIMEN_TRUST_CLOCK",
        "NO_COLOR",
        "COLUMNS",
        "FORCE_COLOR",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return tmp_path


@pytest.fixture
def bare(folder: Path) -> Regimen:
    """The command where there is no database yet."""
    return Regimen(folder)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database with an administrator, a coordinator and an investigator, all of this login."""
    path = tmp_path_factory.mktemp("database") / "regimen.db"
    regimen = Regimen(path.parent)
    regimen.done("init", "--administrator", "root", "--database-url", path)
    for person, role in ((COORDINATOR, "coordinator"), (INVESTIGATOR, "investigator")):
        more = ("--as", "root", "--database-url", path)
        regimen.done("people", "add", person, "--role", role, "--login", login(), *more)
    return path


@pytest.fixture(scope="session")
def prepared(database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a patient P-001 whose first cycle in arm I began on 2022-01-10."""
    folder = tmp_path_factory.mktemp("prepared")
    shutil.copy(database, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("REGIMEN_AS", COORDINATOR)
        Regimen(folder).treated()
    return folder / "regimen.db"


@pytest.fixture
def regimen(database: Path, prepared: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Regimen:
    """The command at a database with people; the coordinator acts unless another is named."""
    shutil.copy(database, folder / "regimen.db")
    monkeypatch.setenv("REGIMEN_AS", COORDINATOR)
    return Regimen(folder, prepared)
