"""What is generated in the documents is what would be generated now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docs.generate.terminal import Terminal, commands_of, for_anybody
from tests.docs.pages import PAGES, ROOT, name
from workflow.cli.call import login

GENERATED = [name(page) for page in PAGES if "[[[cog" in page.read_text("utf-8")]


def test_the_pages_are_current() -> None:
    cog = [sys.executable, "-m", "cogapp", "-I", ".", "--check", "--diff", *GENERATED]
    run = subprocess.run(cog, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, f"`make docs` writes them anew\n{run.stdout}{run.stderr}"


# ── the terminal ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_commands_are_read_from_a_block_and_answers_are_not() -> None:
    block = "$ one\nanswer\n$ for day in 1 2; do\n>   two $day\n> done\n> \nanswer\n$ three\n"
    assert list(commands_of(block)) == ["one", "for day in 1 2; do\n  two $day\ndone\n", "three"]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_a_terminal_shows_what_was_typed_and_what_was_answered(terminal: Terminal) -> None:
    first, answer, *rest = terminal.transcript("$ regimen show P-0001\nan old answer\n$ echo $?\n0\n").splitlines()
    assert first == "$ regimen show P-0001"
    assert answer.startswith("regimen: there is no database")
    assert rest == ["$ echo $?", "6"]


def test_a_terminal_takes_nothing_from_the_environment(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGIMEN_DATABASE_URL", "postgresql://elsewhere/other")
    assert "regimen.db" in terminal.transcript("$ regimen show\n")


def test_what_is_exported_is_for_the_commands_after_it(terminal: Terminal) -> None:
    assert "other.db" in terminal.transcript("$ export REGIMEN_DATABASE_URL=other.db\n$ regimen show\n")


def test_a_loop_is_carried_out_for_each_word_and_can_be_piped(terminal: Terminal) -> None:
    loop = "$ for id in A1 A2 A3; do\n>   regimen protocol readings $id\n> done | grep -c '^  place'\n"
    assert terminal.transcript(loop) == f"{loop}3\n"


def test_an_unknown_command_is_an_error(terminal: Terminal) -> None:
    with pytest.raises(ValueError, match="no such command: rm"):
        terminal.transcript("$ rm -r /\n")


def test_what_differs_between_readers_is_not_shown() -> None:
    answer = f"by lee (os-shared via {login()}); recorded 2026-01-02 03:04:05Z, software 0.1.0\n"
    assert for_anybody(answer) == "by lee (os-shared via USER); recorded TIME, software 0.1.0\n"
