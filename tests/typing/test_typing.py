"""The package is typed for those who install it: what type-checks, what does not, and what it answers with.

Both checkers see the package as pip puts it into an environment, where `py.typed` alone says that its types count.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TREE = HERE.parents[1]

Errors = dict[tuple[str, int], list[str]]  # by file and line, the checker's names of what is wrong there


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the package in it, and what it needs behind it."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, symlinks=True)
    (site,) = place.glob("lib/python*/site-packages")
    shutil.copytree(TREE / "workflow", site / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    (site / "others.pth").write_text(sysconfig.get_path("purelib"))
    return place


def by_mypy(environment: Path, *files: Path) -> Errors:
    python = environment / "bin" / "python"
    told = ["--strict", "--output=json", "--config-file=", "--python-executable", python]
    found: Errors = {}
    for line in ran([sys.executable, "-m", "mypy", *told, *files], environment).split("\n"):
        said = json.loads(line) if line else {"severity": "none"}
        if said["severity"] == "error":
            found.setdefault((Path(said["file"]).name, said["line"]), []).append(said["code"])
    return found


def by_pyright(environment: Path, *files: Path) -> Errors:
    """By basedpyright, whose wheel carries all that it runs on, under pyright's own rules."""
    (environment / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "standard"}))
    told = ["--outputjson", "--project", environment, "--pythonpath", environment / "bin" / "python"]
    found: Errors = {}
    said = json.loads(ran([Path(sys.executable).with_name("basedpyright"), *told, *files], environment))
    for one in said["generalDiagnostics"]:
        if one["severity"] == "error":
            place = Path(one["file"]).name, one["range"]["start"]["line"] + 1
            found.setdefault(place, []).append(one["rule"])
    return found


def ran(command: Sequence[str | Path], environment: Path) -> str:
    done = subprocess.run(command, cwd=environment, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("name", "check"), [("mypy", by_mypy), ("pyright", by_pyright)])
def test_good_uses_have_no_error_and_bad_ones_theirs(name: str, check: Callable[..., Errors], installed: Path) -> None:
    good, bad = HERE / "good.py", HERE / "bad.py"
    said = (re.search(rf"# .*\b{name}: (\w[\w-]*)", line) for line in bad.read_text().splitlines())
    wanted = {(bad.name, number): [match[1]] for number, match in enumerate(said, start=1) if match}
    assert len(wanted) > 20
    assert check(installed, good, bad) == wanted


def test_without_its_marker_the_package_would_be_untyped(installed: Path, tmp_path: Path) -> None:
    """So that the test above is of the package as it is installed."""
    other = tmp_path / "environment"
    shutil.copytree(installed, other, symlinks=True)
    (marker,) = other.glob("lib/python*/site-packages/workflow/py.typed")
    marker.unlink()
    file = tmp_path / "use.py"
    file.write_text("from workflow import Trial\n")
    assert by_mypy(other, file) == {("use.py", 1): ["import-untyped"]}
