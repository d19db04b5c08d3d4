"""The bytes that are hashed: one JSON value, one byte string.

A subset of RFC 8785 (JSON Canonicalization Scheme): object keys are ASCII, values are strings, booleans, null,
integers below 2**53 in magnitude, arrays and objects. There are no floats; decimals travel as strings. On that subset
sorting keys and leaving out white space is all that canonicalization asks for, and the encoder's own sorted order is
that of the RFC. The encoder writes what lies outside the subset all the same (NaN as null, floats, any integer): what
comes from outside goes through ``check`` first, and a reader encodes again and compares.
"""

from __future__ import annotations

import hashlib
from typing import Any

from msgspec import DecodeError
from msgspec.json import Decoder, Encoder

from workflow.errors import InvalidInput

LIMIT = 2**53

_encode = Encoder(order="sorted").encode
_decode = Decoder().decode


def encode(value: Any) -> bytes:
    """The canonical bytes of ``value``, which must already lie within the subset (see :func:`check`)."""
    try:
        return _encode(value)
    except UnicodeEncodeError as error:
        raise InvalidInput(f"text holds a character that is not Unicode: {error.object[error.start]!r}") from None


def is_canonical(data: bytes) -> bool:
    """Whether ``data`` is what ``encode`` makes of what it says: nothing but the subset, no key twice."""
    try:
        value = _decode(data)
        check(value)
        return _encode(value) == data
    except (DecodeError, UnicodeError, InvalidInput, RecursionError):
        return False


def check(value: Any) -> None:
    """Raise ``InvalidInput`` when ``value`` lies outside the subset; for values that came from outside."""
    match value:
        case None | bool():
            return
        case str():
            if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
                raise InvalidInput("text holds a lone surrogate, which is not Unicode")
        case int():
            if abs(value) >= LIMIT:
                raise InvalidInput(f"an integer must stay below 2**53: {value}")
        case list() | tuple():
            for item in value:
                check(item)
        case dict():
            for key, item in value.items():
                if not (isinstance(key, str) and key.isascii()):
                    raise InvalidInput(f"a key must be ASCII text: {key!r}")
                check(item)
        case _:
            raise InvalidInput(f"{type(value).__name__} has no canonical form")


def decode(data: bytes) -> Any:
    return _decode(data)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
