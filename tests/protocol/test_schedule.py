"""Days and dates: day 1, calendar months, the windows of cycles and visits."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.toy import RECORD, SITE
from workflow.protocol.model import Visit, Window
from workflow.protocol.schedule import (
    day,
    months_later,
    of_cycle,
    of_visit,
    years_later,
)

DATES = st.dates(date(1990, 1, 1), date(2100, 12, 31))
MONTHS = st.integers(0, 600)

# ── days ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_day_1_is_the_day_it_starts() -> None:
    assert day(date(2024, 2, 28), 1) == date(2024, 2, 28)
    assert day(date(2024, 2, 28), 2) == date(2024, 2, 29)


# ── months ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("start", "months", "later"),
    [
        (date(2024, 1, 15), 1, date(2024, 2, 15)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),  # a leap year
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 4, 30)),
        (date(2024, 10, 31), 4, date(2025, 2, 28)),
        (date(2024, 12, 31), 12, date(2025, 12, 31)),
        (date(2024, 12, 30), 1, date(2025, 1, 30)),  # over the end of a year
        (date(2024, 5, 5), 0, date(2024, 5, 5)),
    ],
)
def test_months_later(start: date, months: int, later: date) -> None:
    assert months_later(start, months) == later


@given(DATES, MONTHS)
def test_months_later_is_in_the_month_so_much_later(start: date, months: int) -> None:
    later = months_later(start, months)
    assert (later.year * 12 + later.month) - (start.year * 12 + start.month) == months


@given(DATES, MONTHS)
def test_months_later_is_the_same_day_or_the_last_of_a_shorter_month(start: date, months: int) -> None:
    later = months_later(start, months)
    assert later.day == min(start.day, monthrange(later.year, later.month)[1])


@given(DATES, MONTHS, MONTHS)
def test_more_months_are_never_earlier(start: date, months: int, more: int) -> None:
    assert months_later(start, months) <= months_later(start, months + more)


@given(DATES, DATES, MONTHS)
def test_who_starts_later_is_never_earlier(start: date, other: date, months: int) -> None:
    first, second = sorted((start, other))
    assert months_later(first, months) <= months_later(second, months)


def test_a_year_after_a_leap_day_is_the_last_of_february() -> None:
    assert years_later(date(2024, 2, 29), 1) == date(2025, 2, 28)
    assert years_later(date(2024, 2, 29), 4) == date(2028, 2, 29)


# ── cycles ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cycle_of_21_to_28_days_opens_the_next_on_day_22_and_is_late_after_day_29() -> None:
    started = date(2024, 3, 1)
    interval = of_cycle(Window(21, 28), started)
    assert interval.opens == day(started, 22)
    assert interval.due == interval.last == day(started, 29)
    assert interval.warn is None


def test_a_long_delay_is_counted_from_the_day_it_was_due() -> None:
    interval = of_cycle(Window(21, 28, warn=42), date(2024, 3, 1))
    assert interval.warn == interval.due + timedelta(days=42)


# ── visits ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_visit_by_days_is_open_before_and_after() -> None:
    interval = of_visit(Visit(7, 14, RECORD, SITE, days=30), date(2024, 1, 1))
    assert (interval.opens, interval.due, interval.last) == (date(2024, 1, 24), date(2024, 1, 31), date(2024, 2, 14))


def test_a_visit_by_months_is_due_on_the_same_day_of_the_month() -> None:
    interval = of_visit(Visit(14, 28, RECORD, SITE, months=4), date(2024, 10, 31))
    assert interval.due == date(2025, 2, 28)


def test_a_repeated_visit_keeps_to_the_day_of_its_anchor() -> None:
    visit = Visit(14, 28, RECORD, SITE, months=4)
    dues = [of_visit(visit, date(2024, 10, 31), count).due for count in (1, 2, 3)]
    assert dues == [date(2025, 2, 28), date(2025, 6, 30), date(2025, 10, 31)]


@given(DATES, st.integers(0, 60), st.integers(0, 60), st.integers(1, 400), st.integers(1, 30))
def test_a_visit_by_days_is_due_so_many_times_so_many_days_later(
    anchor: date, before: int, after: int, days: int, count: int
) -> None:
    interval = of_visit(Visit(before, after, RECORD, SITE, days=days), anchor, count)
    assert interval.due - anchor == timedelta(days=days * count)


@given(DATES, st.integers(0, 60), st.integers(0, 60), st.integers(1, 24), st.integers(1, 30))
def test_a_visit_is_due_within_its_window(anchor: date, before: int, after: int, months: int, count: int) -> None:
    interval = of_visit(Visit(before, after, RECORD, SITE, months=months), anchor, count)
    assert interval.due - interval.opens == timedelta(days=before)
    assert interval.last - interval.due == timedelta(days=after)
    assert interval.due == months_later(anchor, months * count)


@given(DATES, st.integers(1, 30))
def test_visits_every_4_months_never_overlap(anchor: date, count: int) -> None:
    visit = Visit(14, 28, RECORD, SITE, months=4)
    assert of_visit(visit, anchor, count).last < of_visit(visit, anchor, count + 1).opens


# ── periods ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_period_of_three_years_is_over_on_the_day_it_began_three_years_later() -> None:
    assert years_later(date(2021, 6, 1), 3) == date(2024, 6, 1)
