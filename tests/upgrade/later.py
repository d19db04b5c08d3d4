"""A later release, made of this one: a copy of the package that knows more, to be run as a program of its own.

It has one field more in a fact and one in the protocol language, one kind of fact more, and higher numbers.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

WEIGHT = '''
"""A weight, in kg."""

from __future__ import annotations

from workflow.engine.course import Definition
from workflow.engine.facts.fact import Fact, Telling, When


class Weight(Fact, frozen=True, array_like=True, forbid_unknown_fields=True):
    KIND = "weight"
    TITLE = "weight"

    kg: str

    def words(self, definition: Definition) -> str:
        return f"{self.kg} kg"


def telling(kg: str) -> Telling:
    return Telling(Weight.KIND, {"kg": kg}, lambda definition, _, when: Weight(*when, kg))
'''


def later(folder: Path) -> Path:
    """The folder to put on the path of a program that shall run the later release."""
    package = folder / "workflow"
    shutil.copytree(ROOT / "workflow", package, ignore=shutil.ignore_patterns("__pycache__"))
    facts = package / "engine" / "facts"
    _with_field(facts / "counts.py", "Counts", "lymphocytes: str | None = None")
    _with_field(package / "protocol" / "model.py", "Administration", "remark: str | None = None")
    _replace(facts / "counts.py", r'(    TITLE = "counts"\n)', r"\1    KV = 2\n")
    told = package / "ledger" / "told.py"  # where a field that is there can be told, too
    _replace(told, r"yield (counts\(.*\))", r"yield replace(\1, lymphocytes=fact.lymphocytes)")
    _replace(told, r"(from msgspec import structs\n)", r"\1from msgspec.structs import replace\n")
    (facts / "weight.py").write_text(WEIGHT.lstrip(), "utf-8")
    _replace(facts / "__init__.py", r"(FACTS: .*? = \(\n)", r"\1    Weight,\n")
    _replace(
        facts / "__init__.py",
        r"(from workflow.engine.facts.resume .*\n)",
        r"\1from workflow.engine.facts.weight import Weight\n",
    )
    numbers = package / "engine" / "numbers.py"
    _replace(numbers, r'ENGINE = "(\d+)[^"]*"', lambda found: f'ENGINE = "{int(found[1]) + 1}"')
    _replace(numbers, r"FOLD = (\d+)", lambda found: f"FOLD = {int(found[1]) + 1}")
    return folder


def _with_field(file: Path, name: str, field: str) -> None:
    """The class with one field more at its end."""
    text = file.read_text("utf-8")
    (node,) = [one for one in ast.parse(text).body if isinstance(one, ast.ClassDef) and one.name == name]
    last = [item for item in node.body if isinstance(item, ast.AnnAssign)][-1]
    lines = text.splitlines(keepends=True)
    lines.insert(last.end_lineno or 0, f"    {field}\n")
    file.write_text("".join(lines), "utf-8")


def _replace(file: Path, there: str, instead: Any) -> None:
    text, count = re.subn(there, instead, file.read_text("utf-8"), count=1)
    assert count == 1, f"{file.name} has no {there}"
    file.write_text(text, "utf-8")


def run(folder: Path, *program: str) -> Any:
    """What a program of the later release prints, as JSON."""
    path = os.pathsep.join([str(folder), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", *program], env=environment, cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
