"""What makes a protocol version the same or another: its canonical form and the digest of it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

from workflow import canonical
from workflow.protocol.model import Protocol


def plain(value: Any) -> Any:
    """``value`` as plain JSON: a frozen value becomes an object that names its type, a date its ISO form."""
    return _plain(value, {})


def _plain(value: Any, seen: dict[int, Any]) -> Any:
    """``seen`` keeps what was written already: a protocol is made of shared parts."""
    if is_dataclass(value) and not isinstance(value, type):
        found = seen.get(id(value))
        if found is None:
            found = {"type": type(value).__name__} | {
                f.name: _plain(getattr(value, f.name), seen) for f in fields(value)
            }
            seen[id(value)] = found
        return found
    match value:
        case Enum():
            return value.value
        case date():
            return value.isoformat()
        case tuple() | list():
            return [_plain(item, seen) for item in value]
        case None | str() | bool() | int():
            return value
    raise TypeError(f"{type(value).__name__} has no place in a protocol")


def content(protocol: Protocol) -> bytes:
    """The canonical bytes of the whole protocol."""
    return canonical.dumps(plain(protocol))


def digest(protocol: Protocol) -> str:
    """SHA-256 of the canonical bytes, in hex."""
    return canonical.sha256(content(protocol)).hex()
