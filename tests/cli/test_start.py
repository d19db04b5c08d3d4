"""A command imports what it needs and no more: most of its time is imports."""

from __future__ import annotations

import pytest

from tests.cli.regimen import Regimen

HEAVY = {"sqlalchemy", "alembic", "sqlite3", "rich", "transitions", "importlib.metadata"}
ROOMS = {
    "workflow.engine",
    "workflow.trials",
    "workflow.protocol",
    "workflow.store",
    "workflow.ledger",
    "workflow.desk.trial",
}

PROGRAM = """
import sys
from workflow.cli.main import run
code = run(sys.argv[1:])
print(code, *sys.modules, file=sys.stderr)
"""


def imported(regimen: Regimen, *args: str, code: int = 0, **environment: str) -> set[str]:
    """The modules that ``regimen ARGS`` has imported at its end."""
    ran = regimen.process(*args, program=PROGRAM, env=environment)
    ended, *modules = ran.err.splitlines()[-1].split()
    assert int(ended) == code, ran
    return set(modules)


@pytest.mark.parametrize(
    "args",
    [
        ("--help",),
        ("--version",),
        ("advance", "--help"),
        ("next", "--help"),
        ("record", "--help"),
        ("record", "ae", "--help"),
        ("due", "--help"),
        ("audit", "log", "--help"),
        ("protocol", "show", "--help"),
        ("people", "add", "--help"),
        ("db", "check", "--help"),
        ("init", "--help"),
    ],
    ids=" ".join,
)
def test_help_imports_no_sql_and_no_rules(bare: Regimen, args: tuple[str, ...]) -> None:
    modules = imported(bare, *args)
    assert not modules & (HEAVY | ROOMS)


def test_the_list_of_commands_imports_none_of_them(bare: Regimen) -> None:
    ours = {name for name in imported(bare, "--help") if name.startswith("workflow")}
    assert ours == {
        "workflow",
        "workflow.version",
        "workflow.errors",
        "workflow.cli.screen",
        "workflow.cli.screen.streams",
        *(f"workflow.cli{name}" for name in ("", ".main", ".root", ".lazy", ".options", ".call", ".words")),
    }


@pytest.mark.parametrize(
    "line", ["regimen ", "regimen record ", "regimen audit log --outcome ", "regimen record ae P-1 --"]
)
def test_completion_of_commands_and_options_imports_no_sql_and_no_rules(bare: Regimen, line: str) -> None:
    words = str(len(line.split()) - (not line.endswith(" ")))
    environment = {"_REGIMEN_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": words}
    assert not imported(bare, **environment) & (HEAVY | ROOMS)


def test_completion_of_the_trials_words_imports_neither_rich_nor_alembic(regimen: Regimen) -> None:
    words = {"_REGIMEN_COMPLETE": "bash_complete", "COMP_WORDS": "regimen advance P-001 st", "COMP_CWORD": "3"}
    assert not imported(regimen, **words) & {"rich", "alembic", "mako", "psycopg"}


def test_a_step_imports_neither_rich_nor_alembic(regimen: Regimen) -> None:
    regimen.treated()
    modules = imported(regimen, "advance", "P-001", "--on", "2022-01-20", code=3)
    assert "sqlalchemy" in modules
    assert not modules & {"rich", "alembic", "mako", "psycopg", "rich.console"}
    assert not modules & {
        f"workflow.{room}" for room in ("trials", "protocol.lint", "report.words.entry", "simulation")
    }
    for args in (("next", "P-001"), ("due",), ("show",), ("audit", "log")):
        assert not imported(regimen, *args) & {"rich", "alembic"}


@pytest.mark.parametrize(
    "args", [("list",), ("show",), ("lint",), ("readings",), ("diagram", "--arm", "I")], ids=" ".join
)
def test_the_protocol_is_read_without_sql(bare: Regimen, args: tuple[str, ...]) -> None:
    assert not imported(bare, "protocol", *args) & {"sqlalchemy", "alembic", "sqlite3"}
