"""The written form of a protocol: canonical bytes, what they are called by (a digest), and the reader of such bytes.

Bytes may be foreign: ``read`` takes nothing but what ``write`` would have written, and says where it is otherwise. A
field that equals its default is left out, so that a language with one more field writes old protocols as before; a
default once released therefore never changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from enum import Enum
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from workflow import canonical
from workflow.errors import InvalidProtocol
from workflow.protocol.model import Protocol

LIMIT = 4 * 2**20  # bytes; the shipped versions have a twentieth of it

SHOWN = 200  # characters of a message

# The fields that name something. Names are put together with slashes, in a chain's name for one.
NAMES = frozenset({"key", "id", "trial", "version", "trigger", "cycle_trigger", "action", "codes", "hold_codes"})


# ── writing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def plain(value: Any) -> Any:
    """``value`` as plain JSON: what is default left out, a value that could be of several types naming its own."""
    return _plain(value, {})


def _plain(value: Any, seen: dict[int, Any]) -> Any:
    """``seen`` keeps what was written already: a protocol is made of shared parts."""
    match value:
        case Enum():
            return value.value
        case str() | int() | None:
            return value
        case Struct():
            found = seen.get(id(value))
            if found is None:
                found = seen[id(value)] = _fields(value, seen)
            return found
        case tuple():
            return [_plain(item, seen) for item in value]
        case date():
            return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a protocol")


def _fields(value: Struct, seen: dict[int, Any]) -> dict[str, Any]:
    tag, fields = _form(type(value))
    found = {} if tag is None else {"type": tag}
    for name, default in fields:
        item = getattr(value, name)
        if item is default or (item == default and type(item) is type(default)):
            continue
        found[name] = item if type(item) is str else _plain(item, seen)
    return found


@cache
def _form(kind: type[Struct]) -> tuple[Any, tuple[tuple[str, Any], ...]]:
    """How values of this type are written: the tag, and each field with its default."""
    fields = msgspec.structs.fields(kind)
    return kind.__struct_config__.tag, tuple((field.name, field.default) for field in fields)


def write(protocol: Protocol) -> bytes:
    """The canonical bytes of the whole protocol."""
    return canonical.encode(plain(protocol))


def digest(protocol: Protocol | bytes) -> str:
    """SHA-256 of the canonical bytes, in hex."""
    return canonical.sha256(protocol if isinstance(protocol, bytes) else write(protocol)).hex()


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────


def read(data: bytes) -> Protocol:
    """The protocol that is written in ``data``, of which ``write`` makes the same bytes again.

    Raises ``InvalidProtocol``, in a line that names the place, for anything else.
    """
    if len(data) > LIMIT:
        raise _invalid("$", f"{len(data)} bytes; {LIMIT} are the most")
    try:
        protocol = decode(data)
    except RecursionError:
        raise _invalid("$", "nested too deeply") from None
    _check(protocol, data)
    if write(protocol) != data:
        raise _invalid("$", "not in canonical form: keys sorted, no white space, what is default left out")
    return protocol


_DECODER = msgspec.json.Decoder(Protocol)


def decode(data: bytes) -> Protocol:
    """The protocol in bytes that ``read`` took before, and that have hashed to their digest since.

    Raises ``InvalidProtocol`` for what this software cannot read.
    """
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeError) as error:
        found = _PLACED.fullmatch(str(error))
        said, place = found.groups() if found else (str(error), "$")
        raise _invalid(place, said) from None


_PLACED = re.compile(r"(.*) - at `(\$.*)`", re.DOTALL)  # how msgspec says where


def _check(protocol: Protocol, data: bytes) -> None:
    """Whatever is shown is printable on one line, no name has a slash, no number is beyond what JSON can carry."""
    plainly = data.decode().isprintable() and b"\\" not in data  # no escape, so nothing that cannot be seen
    if plainly and not _LARGE.search(data) and not _SLASHED.search(data):
        return  # which is quick; the walk below finds the place
    for name, value, place in _leaves(protocol, "$", ""):
        if isinstance(value, int):
            if abs(value) >= canonical.LIMIT:
                raise _invalid(place, "an integer must stay below 2**53")
        elif not value.isprintable():
            raise _invalid(place, f"a character that is not printable: {ascii(value)[:60]}")
        elif name in NAMES and "/" in value:
            raise _invalid(place, f"a slash in a name: {ascii(value)[:60]}")


_LARGE = re.compile(rb"[:[,][0-9-]{16}")  # 2**53 has 16 digits
_SLASHED = re.compile(  # a slash in one of the names, or in a list of them
    rb'"(?:%s)":(?:\[(?:"[^"/]*",)*)?"[^"]*/' % b"|".join(name.encode() for name in sorted(NAMES)),
)


def _leaves(value: Any, place: str, name: str) -> Iterator[tuple[str, str | int, str]]:
    """Every text and number in ``value``: the field it stands in, what it is, and its place."""
    match value:
        case str() | int():
            yield name, value, place
        case tuple():
            for index, item in enumerate(value):
                yield from _leaves(item, f"{place}[{index}]", name)
        case Struct():
            for field in value.__struct_fields__:
                yield from _leaves(getattr(value, field), f"{place}.{field}", field)


def _invalid(place: str, said: str) -> InvalidProtocol:
    """The error, in one line: what is foreign in it may be long, and may hold anything."""
    lower = said[:1].lower() + said[1:] if said[1:2].islower() else said
    line = f"{place}: {lower}"
    shown = line if line.isprintable() else ascii(line)[1:-1]
    return InvalidProtocol(shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…")
