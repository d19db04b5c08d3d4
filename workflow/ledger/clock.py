"""By how much the clocks of two machines may differ: the desk writes by it, and verification holds entries to it.

No clock is asked here. Moments are as entries write them, which sort as text.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from workflow.ledger.entry import instant

SKEW = timedelta(minutes=5)
EVER = ("", "~")  # from before every moment to after


def earlier(at: str) -> str:
    return _moved(at, -SKEW) or EVER[0]


def later(at: str) -> str:
    return _moved(at, SKEW) or EVER[1]


def _moved(at: str, by: timedelta) -> str | None:
    try:
        return instant(datetime.fromisoformat(at).astimezone(UTC) + by)
    except (ValueError, OverflowError):  # it is no moment, which is found where the entry is read
        return None


def is_behind(at: str, last: str) -> bool:
    """Whether it cannot have been this moment when there was an entry of ``last`` already."""
    return at < last and at < earlier(last)  # as few are: the second costs more
