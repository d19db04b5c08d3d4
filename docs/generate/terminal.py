"""A terminal for the documents: the commands of a block are carried out, and what they answer is written.

The block on the page is the source. Its commands (lines that begin with ``$``, continued by ``>``) are read from it and
carried out in a folder that all blocks of the page share; the answers are written anew. To change a block, change its
commands on the page and run ``make docs``.

A terminal knows ``regimen`` (run within this process, stdout and stderr in the order of writing), ``sqlite3 FILE SQL``,
``export``, ``echo $?``, pipes, and ``for`` loops over words. What differs between readers is written as ``USER`` (the
login), ``TODAY`` and ``TIME`` (the moment of recording).
"""

from __future__ import annotations

import atexit
import os
import re
import shlex
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from unittest.mock import patch

from workflow.cli.call import login
from workflow.cli.main import run

TREE = Path(__file__).parents[2]
_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a private folder in it, without a disk
_LOOP = re.compile(r"for (\w+) in (.*?); do\n(.*?)\ndone(.*)", re.DOTALL)


class Terminal:
    """A folder to work in, the variables that were exported, and the exit code of the last command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._exported: dict[str, str] = {}
        self._code = 0

    def transcript(self, block: str) -> str:
        """The commands of ``block``, each followed by what it answers."""
        written = []
        for command in commands_of(block):
            shown = command.replace("\n", "\n> ")
            written.append(f"$ {shown}\n{for_anybody(self._carry_out(command))}")
        return "".join(written)

    def after(self, page: Path) -> None:
        """Carry out what stands on another page, and write nothing."""
        for block in re.findall(r"^```console\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE):
            self.transcript(block)

    def _carry_out(self, command: str) -> str:
        command = command.replace("\\\n", "")
        if loop := _LOOP.fullmatch(command):
            name, words, body, pipe = loop.groups()
            lines = [line.strip() for line in body.splitlines()]
            each = (line.replace(f"${name}", word) for word in words.split() for line in lines)
            return self._piped("".join(map(self._carry_out, each)), pipe.lstrip(" |"))
        words = shlex.split(command.replace("$USER", login()), comments=True)
        match words:
            case ["export", setting]:
                name, _, self._exported[name] = setting.partition("=")
                return ""
            case ["echo", "$?"]:
                return f"{self._code}\n"
            case ["regimen", *_] if "|" in words:
                ours, _, pipe = command.partition(" | ")
                return self._piped(self._carry_out(ours), pipe)
            case ["regimen", *args]:
                return self._regimen(args)
            case ["sqlite3", file, sql]:
                return self._sqlite3(file, sql)
        raise ValueError(f"a terminal knows no such command: {command}")

    def _regimen(self, args: list[str]) -> str:
        there = {name: value for name, value in os.environ.items() if not name.startswith(("REGIMEN_", "_REGIMEN_"))}
        written = StringIO()
        with (
            patch.dict(os.environ, there | self._exported, clear=True),
            chdir(self.folder),
            redirect_stdout(written),
            redirect_stderr(written),
        ):
            self._code = run(args)
        return written.getvalue()

    def _sqlite3(self, file: str, sql: str) -> str:
        """The rows of the last statement, as the program of that name shows them."""
        connection = sqlite3.connect(Path(self.folder, file), isolation_level=None)
        try:
            rows = [connection.execute(statement).fetchall() for statement in sql.split(";") if statement.strip()]
        finally:
            connection.close()
        return "".join("|".join(map(str, row)) + "\n" for row in rows[-1])

    def _piped(self, text: str, pipe: str) -> str:
        if not pipe:
            return text
        shell = ["sh", "-c", pipe]
        return subprocess.run(shell, input=text, capture_output=True, text=True, check=True).stdout


def commands_of(block: str) -> Iterator[str]:
    """The commands of a block, those of several lines with their line ends."""
    current: list[str] = []
    for line in block.splitlines():
        if line.startswith("> ") and current:
            current.append(line.removeprefix("> "))
            continue
        if current:
            yield "\n".join(current)
        current = [line.removeprefix("$ ")] if line.startswith("$ ") else []
    if current:
        yield "\n".join(current)


def for_anybody(answer: str) -> str:
    """An answer as every reader would see it."""
    answer = re.sub(rf"\b(via|login) {re.escape(login())}\b", r"\1 USER", answer)
    answer = re.sub(r"\btoday is \d{4}-\d\d-\d\d", "today is TODAY", answer)
    answer = re.sub(r"\brecorded \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "recorded TIME", answer)
    return re.sub(r"\brecorded \d{4}-\d\d-\d\d\b", "recorded TODAY", answer)


# ── in the documents ───────────────────────────────────────────────────────────────────────────────────────────────

_terminals: dict[str, Terminal] = {}  # page to terminal


def _here() -> Terminal:
    import cog

    if cog.inFile not in _terminals:
        folder = mkdtemp(prefix="regimen-docs-", dir=_MEMORY)
        atexit.register(rmtree, folder)
        _terminals[cog.inFile] = Terminal(Path(folder))
    return _terminals[cog.inFile]


def again() -> None:
    """Write the block that stands here anew."""
    import cog

    cog.out(f"```console\n{_here().transcript(cog.previous)}```\n")


def after(page: str) -> None:
    """Go on where another page ends."""
    _here().after(TREE / page)
