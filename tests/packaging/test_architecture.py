"""The house keeps its shape: imports point downwards, and the rules stay pure."""

from __future__ import annotations

import ast
import re
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


SITE = "workflow/desk/site.py"
OF_A_CLOCK = {"now", "today", "utcnow", "fromtimestamp", "utcfromtimestamp", "localtime", "gmtime", "time", "time_ns"}
OF_A_DATABASE = re.compile(r"\b(current_(date|time|timestamp)\b|localtimestamp\b|(now|julianday|unixepoch)\()", re.I)


def test_one_place_asks_which_day_it_is() -> None:
    """The machine's day is not the site's: what has to know asks for a moment of the trial's site."""
    files = modules("workflow", "cli", "migrations")
    assert {str(file.relative_to(TREE)) for file in files if [*clocks(file.read_text())]} == {SITE}


@pytest.mark.parametrize(
    "said",
    [
        "date.today()",
        "datetime.now()",
        "datetime.now(UTC)",
        "datetime.datetime.today()",
        "dt.datetime.utcnow()",
        "moment.astimezone()",
        "moment.astimezone(None)",
        "time.localtime()",
        "x(datetime.fromtimestamp(0))",
        "from time import localtime",
        "ask = date.today",
        "'SELECT CURRENT_DATE'",
        "f'SELECT {x}, now()'",
        "sa.func.now()",
    ],
)
def test_a_clock_that_is_asked_is_found(said: str) -> None:
    assert [*clocks(said)] == [1]
    assert [*clocks("roster.now(tx)\nmoment.astimezone(UTC)\ntrial.today()\nnow.today\n'today'\nperf_counter()")] == []


def clocks(source: str) -> Iterator[int]:
    """The lines that ask a clock, of Python's or of a database's, or for this machine's own zone."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(ast.Name("date" | "datetime" | "time" | "dt" | "func"), attr) if attr in OF_A_CLOCK:
                yield node.lineno
            case ast.Attribute(ast.Attribute(_, "date" | "datetime" | "func"), attr) if attr in OF_A_CLOCK:
                yield node.lineno
            case ast.Call(ast.Attribute(_, "astimezone"), [] | [ast.Constant(None)]):
                yield node.lineno
            case ast.ImportFrom(module="time", names=names) if {name.name for name in names} & OF_A_CLOCK:
                yield node.lineno
            case ast.Constant(str(text)) if OF_A_DATABASE.search(text):
                yield node.lineno


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


def test_no_test_holds_a_thing_against_itself() -> None:
    assert [f"{file}:{line}" for file in modules("tests") for line in in_vain(file.read_text())] == []


@pytest.mark.parametrize(
    "said", ["out == start + out.partition(start)[2]", "x.y == x.y", "out == out[1:]", "(out, 'is empty')", "'said'"]
)
def test_what_cannot_fail_or_hardly_is_found(said: str) -> None:
    assert [*in_vain(f"assert {said}")] == [1]
    assert [*in_vain("assert out == start\nassert f(out) == out\nassert found.x == other.x")] == []


def in_vain(source: str) -> Iterator[int]:
    """The lines of assertions that compare a name with what is made of it, or that hold whatever comes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assert):
            match node.test:
                case ast.Constant() | ast.Tuple() | ast.JoinedStr():
                    yield node.lineno
                case ast.Compare(left, [ast.Eq()], [right]):
                    sides = (left, right), (right, left)
                    if any(_made_of(one, other) for one, other in sides):
                        yield node.lineno


def _made_of(one: ast.expr, other: ast.expr) -> bool:
    """Whether ``other`` is ``one``, or put together from parts of it; what a function makes of it is another thing."""
    if ast.dump(one) == ast.dump(other):
        return isinstance(one, ast.Name | ast.Attribute | ast.Subscript)
    match other:
        case ast.BinOp(left, _, right):
            return _made_of(one, left) or _made_of(one, right)
        case ast.Attribute(part) | ast.Subscript(part) | ast.Call(part):
            return _made_of(one, part)
    return False


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
