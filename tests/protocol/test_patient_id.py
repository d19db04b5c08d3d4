"""Patient ids: what every id must be, what a pattern asks for beside it, and that no pattern takes long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.protocol.patient_id import check, matches

SIGNS = "aB1-._#*"


@pytest.mark.parametrize("id", ["P-0001", "P1", "P-001", "D-000001", "1", "p.1_a-2", "P" * 31 + "1"])
def test_a_star_takes_every_pseudonym(id: str) -> None:
    assert matches("*", id)


@pytest.mark.parametrize("id", ["", "LEE", "Lee Smith 1", "P/1", "-P1", ".1", "P" * 32 + "1", "P1\n", "Pé1", "P١"])
def test_what_is_no_id_is_none_under_any_pattern(id: str) -> None:
    assert not matches("*", id)
    assert not matches(id or "*", id)


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("P-####", ["P-0001", "p-9999"], ["P-001", "P-00001", "Q-0001", "P-000a", "XP-0001", "P-0001-"]),
        ("site.*-##", ["SITE.-01", "site.berlin-12", "site.a-1-12"], ["site-12", "site.berlin-1", "site.berlin-12a"]),
        ("*1", ["1", "x1", "11"], ["x12", "2"]),
        ("a*b*c#", ["abc1", "axxbyyc1", "abbc1", "abcabc1"], ["ab1", "acb1", "abc"]),
        ("***", ["P1"], ["LEE"]),
    ],
)
def test_a_pattern_takes_what_it_says(pattern: str, fits: list[str], does_not: list[str]) -> None:
    assert check(pattern) is None
    assert [id for id in fits if not matches(pattern, id)] == []
    assert [id for id in does_not if matches(pattern, id)] == []


@pytest.mark.parametrize("pattern", ["", "P 1", "[A-Z]1", r"P-\d", "P/#", "-#", "é#", "P#\n", "P", "P-x", "#" * 33])
def test_what_cannot_be_a_pattern_is_said(pattern: str) -> None:
    assert check(pattern) is not None


@given(st.text(SIGNS, max_size=8), st.text("aAbB1-._", max_size=8))
def test_a_pattern_is_what_the_same_regular_expression_is(pattern: str, id: str) -> None:
    written = "".join({"#": "[0-9]", "*": "[a-z0-9._-]*"}.get(sign, re.escape(sign)) for sign in pattern)
    also = re.fullmatch(r"(?=.*\d)[a-z0-9][a-z0-9._-]{0,31}", id, re.IGNORECASE)
    assert matches(pattern, id) is bool(also and re.fullmatch(written, id, re.IGNORECASE))


@pytest.mark.parametrize("pattern", ["*a" * 30 + "b", "*" * 30, "*a*1" * 8, "*" * 4000 + "b"])
def test_no_pattern_takes_long(pattern: str) -> None:
    began = time.perf_counter()
    for _ in range(100):
        matches(pattern, "a" * 31 + "1")
    assert time.perf_counter() - began < 1
