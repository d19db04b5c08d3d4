"""`make engine-row`: which sources decide, by their digest, and under which engine number they did. Append-only.

A row is added whenever those sources change: with another number where an answer can change, else with the reason why
none can.
"""

from __future__ import annotations

import json
import os
import sys
from hashlib import sha256
from pathlib import Path

from tests.corpus.recorded import HERE
from workflow.engine.numbers import ENGINE, FOLD

PATH = HERE / "engine.json"
ROOT = HERE.parents[1]
PROTOCOL = ("criteria", "guards", "schedule", "table", "words")

Row = dict[str, str | int]


def deciding() -> list[Path]:
    """The files on which an answer, or a fold, rests."""
    files = [*ROOT.glob("workflow/engine/**/*.py"), ROOT / "workflow" / "ledger" / "fold.py"]
    return sorted([*files, *(ROOT / "workflow" / "protocol" / f"{name}.py" for name in PROTOCOL)])


def digest() -> str:
    found = sha256()
    for path in deciding():
        content = path.read_bytes()
        found.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()


def rows() -> list[Row]:
    found: list[Row] = json.loads(PATH.read_text()) if PATH.exists() else []
    return found


def added(before: list[Row], why: str) -> list[Row]:
    """The rows with one for the present sources. Raises ``ValueError`` where it would say nothing new."""
    row: Row = {"engine": ENGINE, "fold": FOLD, "sources": digest()}
    if before and before[-1] == {**before[-1], **row}:
        raise ValueError("the last row is of these sources")
    if why:
        row["why"] = why
    elif before and before[-1]["engine"] == ENGINE:
        raise ValueError(f'engine {ENGINE} has a row: raise the number, or say WHY="..." no answer can change')
    return [*before, row]


def text(found: list[Row]) -> str:
    return "[\n" + ",\n".join(json.dumps(row) for row in found) + "\n]\n"


if __name__ == "__main__":
    try:
        PATH.write_text(text(added(rows(), os.environ.get("WHY", "").strip())))
    except ValueError as error:
        sys.exit(f"error: {error}")
