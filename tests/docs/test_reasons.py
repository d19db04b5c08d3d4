"""The tables of the documents name what is in the code: every reason of a refusal, every finding of verification."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

REASONS = ROOT / "docs" / "how-to" / "refusals.md"
FINDINGS = ROOT / "docs" / "how-to" / "audit.md"


def calls(name: str) -> Iterator[ast.Call]:
    """Every call of a function or method of this name in the package."""
    for file in (ROOT / "workflow").glob("*/*.py"):
        yield from _calls(file, name)
    for file in (ROOT / "workflow").glob("*.py"):
        yield from _calls(file, name)


def _calls(file: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and name in (getattr(node.func, "id", None), getattr(node.func, "attr", None)):
            yield node


def pattern(node: ast.expr) -> str:
    """A regular expression for a text that is written out, or is put together as it goes."""
    if isinstance(node, ast.JoinedStr):
        return "".join(re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in node.values)
    assert isinstance(node, ast.Constant), ast.dump(node)
    return re.escape(node.value)


def hardness(call: ast.Call) -> str:
    value = next((keyword.value for keyword in call.keywords if keyword.arg == "hard"), ast.Constant(False))
    return str(value.value) if isinstance(value, ast.Constant) else "depends"


IN_CODE = {
    (pattern(call.args[0]), hardness(call))
    for call in calls("Reason")
    if call.args and isinstance(call.args[0], ast.Constant | ast.JoinedStr)
}
ROWS = dict(re.findall(r"^\| `(\w+\.\w+)` \| (.+?) \|", REASONS.read_text("utf-8"), re.MULTILINE))


def test_the_code_has_reasons() -> None:
    assert len(IN_CODE) > 30


@pytest.mark.parametrize("code", sorted({code for code, _ in IN_CODE}))
def test_a_reason_of_the_code_stands_in_the_table(code: str) -> None:
    assert [row for row in ROWS if re.fullmatch(code, row)]


@pytest.mark.parametrize("row", ROWS)
def test_a_reason_of_the_table_is_in_the_code_and_as_hard_as_it_says(row: str) -> None:
    exactly = {hard for code, hard in IN_CODE if code == re.escape(row)}
    hard = exactly or {hard for code, hard in IN_CODE if re.fullmatch(code, row)}
    said = {"hard": {"True"}, "soft": {"False"}, "hard, soft for a dose": {"depends"}}
    assert hard == said[ROWS[row]]


def test_the_findings_of_verification_stand_in_their_table() -> None:
    found = {call.args[-2].value for call in (*calls("find"), *calls("Finding")) if _is_finding(call)}
    table = FINDINGS.read_text("utf-8").partition("| finding |")[2].partition("\n\n")[0]
    assert found == set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))


def _is_finding(call: ast.Call) -> bool:
    """``find(seq, code, message)`` and ``Finding(chain, seq, code, message)`` of verification."""
    code = call.args[-2] if len(call.args) >= 3 else None
    return isinstance(code, ast.Constant) and isinstance(code.value, str)
