"""From the protocol's days to dates. Day 1 is the first day; intervals are in whole days or calendar months."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from workflow.protocol.model import Visit, Window


class Interval(NamedTuple):
    """When something may happen: ``opens`` at the earliest, is ``due``, is late after ``last``."""

    opens: date
    due: date
    last: date
    warn: date | None = None  # from here on the delay is shown as long


def day(start: date, number: int) -> date:
    """The date of day ``number`` of what started on ``start``; day 1 is ``start`` itself."""
    return start + timedelta(days=number - 1)


@lru_cache(maxsize=4096)
def months_later(start: date, months: int) -> date:
    """The same day of the month ``months`` later; the last of the month where there is no such day."""
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def years_later(start: date, years: int) -> date:
    return months_later(start, 12 * years)


def of_cycle(window: Window, started: date) -> Interval:
    """When the cycle after the one that ``started`` may begin."""
    first = started.toordinal()
    due = date.fromordinal(first + window.due)
    warn = date.fromordinal(first + window.due + window.warn) if window.warn is not None else None
    return Interval(date.fromordinal(first + window.earliest), due, due, warn)


def of_visit(visit: Visit, anchor: date, count: int = 1) -> Interval:
    """When the visit counted from ``anchor`` may happen; the ``count``-th of a visit that repeats."""
    if visit.months:
        due = months_later(anchor, visit.months * count)
    else:
        due = anchor + timedelta(days=(visit.days or 0) * count)
    return Interval(due - timedelta(days=visit.before), due, due + timedelta(days=visit.after))
