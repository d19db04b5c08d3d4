"""The wheel holds the package whole, and nothing but the package, whichever way it was built."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import workflow

TREE = Path(__file__).parents[2]


@pytest.fixture(scope="module", params=["from the tree", "through the sdist"])
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A copy, because a build leaves files behind that would find their way into the next one.
    source = tmp_path_factory.mktemp("source")
    for name in ("workflow", "cli", "migrations"):
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(TREE / name, source / name, symlinks=True, ignore=skip)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(TREE / name, source)

    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist"]
    if request.param == "from the tree":
        build.append("--wheel")
    subprocess.run(build, cwd=source, check=True)
    (wheel,) = source.glob("dist/*.whl")
    return wheel


@pytest.fixture(scope="module")
def files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_only_workflow_is_installed(files: set[str]) -> None:
    tops = {name.partition("/")[0] for name in files}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"workflow"}


def test_every_file_of_the_tree_is_there(files: set[str]) -> None:
    assert {name for name in files if name.startswith("workflow/")} == tree()


def tree() -> set[str]:
    """The files by their installed names. Each room is walked by itself: a walk does not follow symlinks."""
    rooms = {"workflow": "workflow", "cli": "workflow/cli", "migrations": "workflow/migrations"}
    return {
        f"{installed}/{file.relative_to(TREE / room).as_posix()}"
        for room, installed in rooms.items()
        for file in (TREE / room).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def test_the_version_is_one(wheel: Path) -> None:
    assert wheel.name == f"regimen_workflow-{workflow.__version__}-py3-none-any.whl"


def test_the_tree_reaches_cli_and_migrations_through_symlinks() -> None:
    for name in ("cli", "migrations"):
        link = TREE / "workflow" / name
        assert link.is_symlink()
        assert link.readlink() == Path("..", name)


def test_the_wheel_runs_on_its_own(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = """
import workflow.cli.main
from importlib.resources import files
print(workflow.__file__)
print(any(file.name.endswith(".py") for file in files("workflow.migrations").joinpath("versions").iterdir()))
"""
    python = [sys.executable, "-c", program]
    run = subprocess.run(python, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert run.stdout.split() == [str(tmp_path / "workflow" / "__init__.py"), "True"]
