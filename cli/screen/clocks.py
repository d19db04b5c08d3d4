"""By which clock an answer was read, in words."""

from __future__ import annotations

from datetime import date


def said(as_of: date | None, known_by: date | None, zone: str | None) -> str | None:
    """None where it is of today, by what stands now. ``zone`` is the one in which the days are."""
    by = f"in {zone}" if zone is not None else "by this machine's clock"
    if known_by is None:
        return f"as of {as_of} {by}, by what stands now" if as_of is not None else None
    known = f"as known at the end of {known_by} {by}"
    return f"as of {as_of}, {known}" if as_of not in (None, known_by) else known
