"""The programs in the documents run as they stand there, each page's blocks one after another."""

from __future__ import annotations

import re
import sqlite3
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from docs.generate.terminal import Terminal
from tests.docs.pages import PAGES, ROOT, blocks, name

PROGRAMS = [page for page in PAGES if any(blocks(page, "python runnable"))]


@pytest.mark.parametrize("page", PROGRAMS, ids=name)
def test_the_programs_of_a_page_run(page: Path, tmp_path: Path) -> None:
    terminal, names = Terminal(tmp_path), dict[str, Any]()
    for before in re.findall(r'after\("(.+?)"\)', page.read_text("utf-8")):
        terminal.after(ROOT / before)
    with chdir(tmp_path):
        for program in blocks(page, "python runnable"):
            exec(compile(program, name(page), "exec"), names)  # noqa: S102 - it is ours
    for value in names.values():
        close = {sa.Engine: "dispose", sqlite3.Connection: "close"}.get(type(value))
        if close is not None:
            getattr(value, close)()


def test_there_are_programs() -> None:
    assert {"README.md", "docs/how-to/embed.md"} <= set(map(name, PROGRAMS))
