"""What a text looks like that should not be there: a person's name, a day of birth, an address of theirs.

No rule can tell; whoever types is told. A text can be removed for good (`audit redact`), but not out of copies of the
database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_YEAR = r"(?:19\d\d|200\d)"  # of birth, and no day of a trial
_BIRTH = re.compile(
    rf"\b(?:born|birth|d\.?o\.?b\.?|geb(?:oren)?\.?)(?=\W|$)|\b\d{{1,2}}[./]\d{{1,2}}[./]{_YEAR}\b|\b{_YEAR}-\d\d-\d\d\b",
    re.IGNORECASE,
)
_TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Herr|Frau|Sr|Sra|Mme|Monsieur|Madame)\b\.?\s+[A-Z]\w+")
_TWO = re.compile(r"(?<![.!?:]\s)(?<!^)\b([A-Z][a-z]+)\s+([A-Z][a-z]+)\b")
_CALLED = re.compile(r"\b(?:named?|called|name is|patient)\s+([A-Z][a-z]{2,})\b")
_MAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.\w+")
_NO_NAMES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august"
    " september october november december day cycle arm grade phase".title().split()
)


def found_in(text: str, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """What in ``text`` looks like a person: "a day of birth", "a name"... ``known`` are words that are no names."""
    if _BIRTH.search(text):
        yield "a day of birth"
    no_names = _NO_NAMES | known
    called = any(said[1] not in no_names for said in _CALLED.finditer(text))
    two = any(not {*said.groups()} & no_names for said in _TWO.finditer(text))
    if called or two or _TITLED.search(text):
        yield "a name"
    if _MAIL.search(text):
        yield "an address"
