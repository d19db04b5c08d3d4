"""The bytes that are hashed: one JSON value, one byte string.

A subset of RFC 8785 (JSON Canonicalization Scheme): object keys are ASCII, values are strings, booleans, null,
integers below 2**53 in magnitude, arrays and objects. There are no floats; decimals travel as strings. On that subset
sorting keys and leaving out white space is all that canonicalization asks for.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from workflow.errors import InvalidInput

LIMIT = 2**53

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def dumps(value: Any) -> bytes:
    """The canonical bytes of ``value``, which must already lie within the subset (see :func:`check`)."""
    try:
        return _encode(value).encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(f"text holds a character that is not Unicode: {error.object[error.start]!r}") from None


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


def loads(data: bytes) -> Any:
    return json.loads(data)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
