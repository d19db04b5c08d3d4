"""The house keeps its shape: imports point downwards, and the rules stay pure."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workflow import trials
from workflow.protocol.model import Protocol
from workflow.protocol.table import TREATMENT, table

TREE = Path(__file__).parents[2]
PURE = ("protocol", "trials", "engine", "ledger")


def test_the_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([lint, "--no-cache", "--no-logo"], cwd=TREE, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_nothing_imports_cli_or_migrations_by_their_other_name() -> None:
    for file in modules("workflow", "cli", "migrations", "tests"):
        assert not imports(file) & {"cli", "migrations"}, file


def test_the_rules_ask_no_clock() -> None:
    for file in modules(*(f"workflow/{room}" for room in PURE)):
        called = {node.func for node in nodes(file) if isinstance(node, ast.Call)}
        methods = {function.attr for function in called if isinstance(function, ast.Attribute)}
        assert not methods & {"now", "today", "utcnow"}, file


def test_the_command_holds_no_word_of_one_trial() -> None:
    """It asks the definition. A word that the language or the log has as well may stand in it."""
    shared = {"adverse_event", "enrolled", "no_response", "progression", "unknown"}
    theirs = {word for protocol in trials.shipped() for word in words_of(protocol)} - shared
    for file in modules("cli"):
        texts = {node.value for node in nodes(file) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        assert not {text.rstrip(".") for text in texts} & {*theirs, TREATMENT}, file


def words_of(protocol: Protocol) -> Iterator[str]:
    yield from (protocol.trial, protocol.version)
    for named in (protocol.agents, protocol.arms, protocol.responses, *(arm.phases for arm in protocol.arms)):
        yield from (one.key for one in named)
    yield from (criterion.id for criterion in protocol.criteria)
    for arm in protocol.arms:
        yield from (place.name for place in table(arm).places)
        for row in table(arm).transitions:
            yield from (row.trigger, *row.codes)


@pytest.mark.parametrize("name", ["workflow", "workflow.cli.main"])
def test_importing_loads_no_sql(name: str) -> None:
    """A service that only decides needs none, and it is most of what a command's start would take."""
    program = f"import sys, {name}; print(*sys.modules)"
    python = [sys.executable, "-c", program]
    run = subprocess.run(python, cwd=TREE, check=True, capture_output=True, text=True)
    assert not set(run.stdout.split()) & {"sqlalchemy", "alembic", "sqlite3", "psycopg"}


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (TREE / folder).rglob("*.py")


def nodes(file: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def imports(file: Path) -> set[str]:
    """The top-level names that a file imports absolutely."""
    found = set()
    for node in nodes(file):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
