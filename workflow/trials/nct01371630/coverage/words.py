"""The protocol's timings and times in the words of the record, so that the two can be compared."""

from __future__ import annotations

from workflow.protocol.model import ByCalendar, Continuously, Every, InfusionTime, OnDays, OnOneOf, Timing, Window


def days_text(timing: Timing) -> str:
    """Days of the cycle ("1-4, 11-14", "2 or 3"), or how often by the calendar ("once a week for 3 years")."""
    match timing:
        case OnDays(days):
            return _ranges(days)
        case OnOneOf(days):
            return " or ".join(str(day) for day in days)
        case Continuously(first, count):
            return f"{first}-{first + count - 1}"
        case ByCalendar(every, years, run_days):
            span = f"for {years} year{'s' if years > 1 else ''}"
            if every is Every.DAY:
                return f"every day {span}"
            return f"once a {every} {span}" if run_days == 1 else f"{run_days} days a {every} {span}"


def _ranges(days: tuple[int, ...]) -> str:
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][1] + 1:
            runs[-1][1] = day
        else:
            runs.append([day, day])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def times_a_day(timing: Timing) -> int:
    return timing.times_a_day if isinstance(timing, OnDays | ByCalendar) else 1


def over_text(steps: tuple[InfusionTime, ...]) -> str:
    """Infusion times ("about 2 h, then about 22 h")."""
    return ", then ".join(_time(step) for step in steps)


def _time(step: InfusionTime) -> str:
    unit, size = ("h", 60) if step.at_least % 60 == 0 and step.at_most % 60 == 0 else ("min", 1)
    low, high = step.at_least // size, step.at_most // size
    span = str(low) if low == high else f"{low}-{high}"
    return f"{'about ' if step.about else ''}{span} {unit}"


def every_text(length: Window) -> str:
    """The length of a cycle ("21-28 days")."""
    days = str(length.due) if length.earliest == length.due else f"{length.earliest}-{length.due}"
    return f"{days} days"
