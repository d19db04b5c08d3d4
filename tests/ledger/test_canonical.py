"""The bytes that are hashed: RFC 8785 on a subset of JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from workflow import canonical
from workflow.errors import InvalidInput

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127))
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
SUBSET = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)


@given(SUBSET)
def test_on_the_subset_the_bytes_are_those_of_rfc_8785(value: Any) -> None:
    canonical.check(value)
    assert canonical.dumps(value) == rfc8785.dumps(value)


@given(SUBSET)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert canonical.loads(canonical.dumps(value)) == value


@given(st.dictionaries(KEYS, INTEGERS))
def test_the_order_in_which_keys_were_set_is_of_no_matter(value: dict[str, int]) -> None:
    backwards = dict(reversed(value.items()))
    assert canonical.dumps(value) == canonical.dumps(backwards)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ({}, b"{}"),
        ({"b": [1, None, True], "a": "x"}, b'{"a":"x","b":[1,null,true]}'),
        ({"a": (1, 2)}, b'{"a":[1,2]}'),
        ("ü€😀", '"ü€😀"'.encode()),
        ('"\\/\b\f\n\r\t\x00\x1f\x7f', b'"\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f"'),
        (2**53 - 1, b"9007199254740991"),
    ],
)
def test_known_bytes(value: Any, data: bytes) -> None:
    assert canonical.dumps(value) == data


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.5, "float has no canonical form"),
        ({"a": [1.0]}, "float has no canonical form"),
        (2**53, "below 2\\*\\*53"),
        (-(2**53), "below 2\\*\\*53"),
        ({"ü": 1}, "a key must be ASCII"),
        ({1: 1}, "a key must be ASCII"),
        ("\ud800", "lone surrogate"),
        (b"x", "bytes has no canonical form"),
        ({"a": {1}}, "set has no canonical form"),
    ],
)
def test_what_lies_outside_the_subset_is_named(value: Any, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        canonical.check(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_not_even_unchecked_is_a_number_written_that_json_does_not_have(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical.dumps(value)


def test_text_that_is_not_unicode_has_no_bytes() -> None:
    with pytest.raises(InvalidInput, match="not Unicode"):
        canonical.dumps({"a": "x\udcff"})


@given(st.dictionaries(KEYS, TEXT))
def test_any_reader_of_json_understands_them(value: dict[str, str]) -> None:
    assert json.loads(canonical.dumps(value).decode()) == value
