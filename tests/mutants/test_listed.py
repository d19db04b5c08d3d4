"""The list of mutants is in order; whether the tests kill them, `make test-mutants` finds out."""

from __future__ import annotations

import ast
import re
from itertools import takewhile

import pytest

from tests.mutants.listed import LISTED, TREE, Mutant, read

LEAST = 60
LARGEST = 16  # tokens: a condition


def test_there_are_enough_and_each_is_another() -> None:
    assert len({(mutant.path, mutant.harm) for mutant in LISTED}) == len(LISTED) >= LEAST
    assert len({mutant[:1] + mutant[2:4] for mutant in LISTED}) == len(LISTED)


def test_each_stands_in_its_file_and_is_python_still() -> None:
    sources = {path: (TREE / path).read_text() for path in {mutant.path for mutant in LISTED}}
    for mutant in LISTED:
        ast.parse(mutant.apply(sources[mutant.path]))


def test_each_is_one_small_change() -> None:
    assert [mutant for mutant in LISTED if not 0 < size(mutant) <= LARGEST] == []


def test_the_tests_that_speak_of_a_rule_are_there() -> None:
    assert [mutant for mutant in LISTED if not mutant.tests] == []
    assert [name for mutant in LISTED for name in mutant.tests if not (TREE / name).exists()] == []


def test_a_text_that_is_gone_or_stands_twice_is_named() -> None:
    (mutant,) = read("\n== engine/due.py: engine/test_due\n\nit is late\n- a < b\n+ a <= b\n")
    assert mutant.apply("if a < b:") == "if a <= b:"
    for source, times in (("if b > a:", 0), ("a < b or a < b", 2)):
        with pytest.raises(LookupError, match=f"workflow/engine/due.py has it {times} times: 'a < b'"):
            mutant.apply(source)


def size(mutant: Mutant) -> int:
    """The tokens between where the old and the new text begin and end to differ, in the longer of the two."""
    old, new = (re.findall(r"\w+|[<>=!]=|\S", text) for text in (mutant.old, mutant.new))
    ahead = alike(old, new)
    behind = alike(old[ahead:][::-1], new[ahead:][::-1])
    return max(len(old), len(new)) - ahead - behind


def alike(one: list[str], other: list[str]) -> int:
    """How many of them are the same from the beginning on."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
