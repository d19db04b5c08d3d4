"""What a look-up of one item answers."""

from __future__ import annotations

from dataclasses import dataclass

NOWHERE = "**nowhere**"


@dataclass(frozen=True, slots=True)
class Row:
    """One item of the record: what it says, where that stands, and under which readings."""

    place: str
    says: str
    where: str
    readings: tuple[str, ...] = ()
    found: bool = True
