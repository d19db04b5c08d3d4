"""The tables of the documents name what is in the code: every reason of a refusal, every finding of verification."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator

import pytest

from tests.docs.pages import ROOT
from workflow.ledger import ground
from workflow.report.words.reasons import CODES
from workflow.store import objects

REASONS = ROOT / "docs" / "how-to" / "refusals.md"
FINDINGS = ROOT / "docs" / "how-to" / "audit.md"


def modules() -> Iterator[ast.Module]:
    for file in sorted((ROOT / "workflow").rglob("*.py")):
        yield ast.parse(file.read_text("utf-8"))


def calls(module: ast.AST, name: str) -> Iterator[ast.Call]:
    """Every call of a function or method of this name."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and name in (getattr(node.func, "id", None), getattr(node.func, "attr", None)):
            yield node


def codes_of(node: ast.expr, module: ast.Module) -> set[str]:
    """The codes that may stand there: as they are written, put together as it goes, or said elsewhere in the module."""
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    literal = {one.args[0].value for one in calls(module, "Reason") if isinstance(one.args[0], ast.Constant)}
    if isinstance(node, ast.JoinedStr):
        parts = (re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in node.values)
        pattern = "".join(map(str, parts))
        return {code for code in CODES if re.fullmatch(pattern, code)} - literal
    constants = {one.value for one in ast.walk(module) if isinstance(one, ast.Constant)}
    return (constants & set(CODES)) - literal


def strength_of(call: ast.Call) -> str:
    if len(call.args) < 3:
        return "hard"  # the default
    said = ast.unparse(call.args[2]).removeprefix("Strength.")
    return said.lower() if said.isupper() else "depends"


def in_code() -> dict[str, set[str]]:
    """Every code that a guard answers with, and how strong it is."""
    found: dict[str, set[str]] = {}
    for module in modules():
        for call in calls(module, "Reason"):
            if call.args and not isinstance(call.args[0], ast.Attribute):
                for code in codes_of(call.args[0], module):
                    found.setdefault(code, set()).add(strength_of(call))
    return found


IN_CODE = in_code()
ROWS = dict(re.findall(r"^\| `(\w+\.\w+)` \| (.+?) \|", REASONS.read_text("utf-8"), re.MULTILINE))
SAID = {"hard": {"hard"}, "soft": {"soft"}, "never": {"never"}, "hard, soft for a dose": {"depends"}}


def test_every_reason_has_its_sentence_and_every_sentence_its_reason() -> None:
    assert set(IN_CODE) == set(CODES)


def test_every_reason_stands_in_the_tables_and_no_other() -> None:
    assert set(ROWS) == set(CODES)


@pytest.mark.parametrize("code", ROWS)
def test_a_reason_is_as_strong_as_the_table_says(code: str) -> None:
    assert IN_CODE[code] == SAID[ROWS[code]]


def test_the_findings_of_verification_stand_in_their_table() -> None:
    every = [call for module in modules() for name in ("find", "note") for call in calls(module, name)]
    found = {call.args[-2].value for call in every if _is_finding(call)} | set(_handed_on())
    table = FINDINGS.read_text("utf-8").partition("| finding |")[2].partition("\n\n")[0]
    assert found == set(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE))


def _handed_on() -> Iterator[str]:
    """The codes that are said in one module and found in another: pairs of a code and what it says."""
    for module in (ground, objects):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            pair = node.elts if isinstance(node, ast.Tuple) and len(node.elts) == 2 else ()
            chosen = (node.body, node.orelse) if isinstance(node, ast.IfExp) else ()
            if pair and isinstance(pair[1], ast.JoinedStr | ast.Name):
                chosen = (pair[0],)
            said = (one.value for one in chosen if isinstance(one, ast.Constant) and isinstance(one.value, str))
            yield from (code for code in said if re.fullmatch(r"[a-z-]+", code))


def _is_finding(call: ast.Call) -> bool:
    """``find(seq, code, message)``, with the chain before it or not, and ``note(seq, code, what)``."""
    code = call.args[-2] if len(call.args) >= 3 else None
    return isinstance(code, ast.Constant) and isinstance(code.value, str) and code.value != ""
