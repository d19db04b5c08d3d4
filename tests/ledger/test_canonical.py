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

# ── writing ────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(SUBSET)
def test_on_the_subset_the_bytes_are_those_of_rfc_8785(value: Any) -> None:
    canonical.check(value)
    assert canonical.encode(value) == rfc8785.dumps(value)


@given(SUBSET)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert canonical.decode(canonical.encode(value)) == value


@given(st.dictionaries(KEYS, INTEGERS))
def test_the_order_in_which_keys_were_set_is_of_no_matter(value: dict[str, int]) -> None:
    backwards = dict(reversed(value.items()))
    assert canonical.encode(value) == canonical.encode(backwards)


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
    assert canonical.encode(value) == data


def test_text_that_is_not_unicode_has_no_bytes() -> None:
    with pytest.raises(InvalidInput, match="not Unicode"):
        canonical.encode({"a": "x\udcff"})


@given(st.dictionaries(KEYS, TEXT))
def test_any_reader_of_json_understands_them(value: dict[str, str]) -> None:
    assert json.loads(canonical.encode(value).decode()) == value


# ── what comes from outside ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1.5, "float has no canonical form"),
        ({"a": [1.0]}, "float has no canonical form"),
        (float("nan"), "float has no canonical form"),
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


@given(SUBSET)
def test_what_is_written_is_canonical(value: Any) -> None:
    assert canonical.is_canonical(canonical.encode(value))


@given(SUBSET)
def test_the_same_value_with_white_space_is_not(value: Any) -> None:
    loose = json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
    assert canonical.is_canonical(loose) is (loose == canonical.encode(value))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'{"a":1,"a":1}', id="a key twice"),
        pytest.param(b'{"b":1,"a":1}', id="keys out of order"),
        pytest.param(b'{"a": 1}', id="white space inside"),
        pytest.param(b'{"a":1}\n', id="white space behind"),
        pytest.param(b"1.0", id="a float"),
        pytest.param(b"1e3", id="an exponent"),
        pytest.param(b"-0", id="minus zero"),
        pytest.param(b"NaN", id="not a number"),
        pytest.param(b"Infinity", id="infinity"),
        pytest.param(b"9007199254740992", id="2 to the 53"),
        pytest.param(b"1" * 5000, id="a number of 5000 digits"),
        pytest.param(b'"\\u0041"', id="an escape that is not needed"),
        pytest.param(b'"\\/"', id="an escaped slash"),
        pytest.param(b'"\\u000A"', id="a long escape"),
        pytest.param(b'"\\ud800"', id="a lone surrogate, escaped"),
        pytest.param(b'"\xed\xa0\x80"', id="a lone surrogate, as bytes"),
        pytest.param(b'"\xff"', id="no UTF-8"),
        pytest.param('{"ü":1}'.encode(), id="a key that is not ASCII"),
        pytest.param(b"\xef\xbb\xbf{}", id="a byte order mark"),
        pytest.param(b"[" * 10**5, id="very deep"),
        pytest.param(b"[" * 900 + b"]" * 900 + b"]", id="one bracket more"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"{} {}", id="two values"),
    ],
)
def test_bytes_that_nobody_writes_are_not_canonical(data: bytes) -> None:
    assert not canonical.is_canonical(data)
