"""Every reason that the engine can give has its words, and where something can happen in spite of it, a kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.toy import TOY
from tests.toy2 import TOY2
from workflow import engine, trials
from workflow.engine.course import OTHER_DEVIATION, Definition
from workflow.engine.decision import Mode, Reason, Strength
from workflow.protocol.model import Protocol, ResponseMeaning
from workflow.report.words.reasons import CODES, lifts

SOURCES = sorted(Path(next(iter(engine.__path__))).rglob("*.py"))

# What stands in the codes that are put together.
PARTS = {
    "asked.mode": [Mode.OVERRIDE.value, Mode.HAPPENED.value],
    "kind": [ResponseMeaning.PROGRESSION.value, ResponseMeaning.RELAPSE.value],
    "name": ["anc", "platelets"],
}
MAKERS = {"Reason": None, "_never": "NEVER", "_later": "NEVER"}  # who makes reasons, and how strong where that is fixed


def reasons() -> Iterator[tuple[str, str]]:
    """Every code that stands in the engine's source, and what is said of its strength there."""
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        for within in ast.walk(tree):
            if not isinstance(within, ast.FunctionDef):
                continue
            for call in ast.walk(within):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MAKERS:
                    said = [ast.unparse(part) for part in (*call.args, *(k.value for k in call.keywords))]
                    fixed = MAKERS[call.func.id]
                    strength = fixed or next((s for s in said[1:] if s.rpartition(".")[2] in STRENGTHS), "HARD")
                    for code in codes(call.args[0], within):
                        yield code, strength.rpartition(".")[2].upper()


STRENGTHS = ("NEVER", "HARD", "SOFT", "strength")


def codes(node: ast.expr, within: ast.FunctionDef) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() as code):
            yield code
        case ast.JoinedStr(values=[ast.Constant(value=str() as start), ast.FormattedValue(value=part)]):
            yield from (f"{start}{filled}" for filled in PARTS[ast.unparse(part)])
        case ast.JoinedStr(values=[ast.FormattedValue(value=part), ast.Constant(value=str() as end)]):
            yield from (f"{filled}{end}" for filled in PARTS[ast.unparse(part)])
        case ast.IfExp(body=one, orelse=other):
            yield from (*codes(one, within), *codes(other, within))
        case ast.Name(id=name):
            for assigned in ast.walk(within):
                if isinstance(assigned, ast.Assign) and ast.unparse(assigned.targets[0]) == name:
                    yield from codes(assigned.value, within)
        case _:
            raise AssertionError(f"a code that this test cannot read: {ast.unparse(node)}")


FOUND = sorted(set(reasons()))
OF_THE_ENGINE = sorted({code for code, _ in FOUND})
PASSED = sorted({code for code, strength in FOUND if strength != "NEVER"})


def test_the_reading_finds_what_there_is() -> None:
    assert len(OF_THE_ENGINE) > 50
    assert {"counts.anc", "progression.relapse", "override.reason", "dose.stop_proposed", "order.loss"} <= {
        *OF_THE_ENGINE
    }
    assert ("hold.open", "STRENGTH") in FOUND
    assert "dates.future" not in PASSED


def test_every_reason_of_the_engine_has_its_two_sentences_and_no_sentence_is_left_over() -> None:
    others = {code for code in CODES if code.startswith("people.")}
    assert set(CODES) - others == set(OF_THE_ENGINE)


@pytest.mark.parametrize(
    "protocol",
    [pytest.param(TOY, id="toy"), pytest.param(TOY2, id="toy2")]
    + [pytest.param(trials.find(version), id=version) for version in trials.VERSIONS],
)
def test_whatever_happens_in_spite_of_a_reason_is_a_deviation_of_some_kind(protocol: Protocol) -> None:
    definition = Definition(protocol)
    assert [code for code in PASSED if definition.deviation_of(code) == OTHER_DEVIATION] == []


def test_a_reason_that_the_protocol_puts_in_no_kind_is_another_deviation() -> None:
    assert Definition(TOY).deviation_of(Reason("people.none").code) == OTHER_DEVIATION


def test_nobodys_override_is_not_offered() -> None:
    late = Reason("interval.late", {"last": "2022-02-07", "late": 3}, Strength.SOFT)
    assert lifts(late, Definition(TOY)).endswith(", or an investigator's override")
    nobody = Definition(replace(TOY, permissions=tuple(one for one in TOY.permissions if one.action != "override")))
    assert "override" not in lifts(late, nobody)
    assert "override" not in lifts(late)
