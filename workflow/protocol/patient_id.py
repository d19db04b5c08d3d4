"""Patient ids: what an id must be for the program, and the small patterns by which a protocol narrows it.

A pattern is no regular expression: a foreign one could take exponential time. Letters, digits, dots, underscores and
dashes stand for themselves, whatever their case; ``#`` is one digit; ``*`` is any run of these characters, also none.
"P-####" is P-0001, "*" every id.
"""

from __future__ import annotations

import re

LONGEST = 32

# Whatever the pattern: with a digit, so that no name passes, and without a slash, which chains' names are made with.
_ID = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_PATTERN = re.compile(r"[A-Za-z0-9#*][A-Za-z0-9#*._-]*")


def matches(pattern: str, id: str) -> bool:
    """Is ``id`` an id for the program, and one of this pattern? In time of the order of both lengths multiplied."""
    return _ID.fullmatch(id) is not None and _covers(pattern.lower(), id.lower())


def check(pattern: str) -> str | None:
    """What is wrong with a pattern; None where it can be used."""
    if not _PATTERN.fullmatch(pattern):
        return "is made of letters, digits, dots, underscores, dashes, # and *, and begins with no dot nor dash"
    if len(pattern.replace("*", "")) > LONGEST:
        return f"asks for more than the {LONGEST} characters that an id can have"
    if not re.search(r"[0-9#*]", pattern):
        return "has no place for a digit, and an id has at least one"
    return None


def _covers(pattern: str, id: str) -> bool:
    """Left to right; where it does not fit, the last ``*`` takes one character more, and no other is tried again."""
    at, here = 0, 0  # in the pattern, in the id
    star, after = -1, 0  # the last * met, and how far it reaches
    while here < len(id):
        if at < len(pattern) and pattern[at] == "*":
            star, after = at, here
            at += 1
        elif at < len(pattern) and _one(pattern[at], id[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            after += 1
            at, here = star + 1, after
        else:
            return False
    return pattern[at:].strip("*") == ""


def _one(sign: str, character: str) -> bool:
    return character in "0123456789" if sign == "#" else sign == character
