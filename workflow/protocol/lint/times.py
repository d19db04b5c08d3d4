"""P020-P027: days, windows and calendars."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from workflow.protocol.lint.finding import check
from workflow.protocol.lint.subject import Subject
from workflow.protocol.model import (
    Administration,
    ByCalendar,
    Continuously,
    Cycle,
    Every,
    InfusionTime,
    OnDays,
    OnOneOf,
    Phase,
    State,
    Timing,
    Visit,
    Window,
)
from workflow.protocol.table import Kind

SHORTEST = {Every.DAY: 1, Every.WEEK: 7, Every.MONTH: 28}  # days


@check(
    "P020",
    "window-out-of-order",
    "A window or an infusion time ends before it begins, or a visit before its anchor.",
)
def window_out_of_order(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, window in subject.each(Window):
        if not 1 <= window.earliest <= window.due:
            yield where, f"the window opens after {window.earliest} days and is due after {window.due}"
        if window.warn is not None and window.warn < 0:
            yield where, f"the warning comes {window.warn} days late"
    for where, visit in subject.each(Visit):
        days = _days_until(visit)
        if visit.before < 0 or visit.after < 0 or (_has_interval(visit) and days <= visit.before):
            yield (
                where,
                f"opens {visit.before} days early, closes {visit.after} days late, due after {days} days",
            )
    for where, time in subject.each(InfusionTime):
        if not 0 < time.at_least <= time.at_most:
            yield where, f"an infusion takes {time.at_least} to {time.at_most} minutes"


@check("P021", "administrations-overlap", "An agent is given twice by the same route on the same day of a cycle.")
def administrations_overlap(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, cycle in subject.each(Cycle):
        for one, other in _same_agent(cycle.administrations):
            shared = sorted(set(_days(one.timing)) & set(_days(other.timing)))
            if shared:
                yield where, f"{one.key} and {other.key} both give {one.agent} {one.route} on day {shared[0]}"
    for where, phase in subject.each(Phase):
        for one, other in _same_agent(phase.administrations):
            if isinstance(one.timing, ByCalendar) and isinstance(other.timing, ByCalendar):
                yield (
                    where,
                    f"{one.key} and {other.key} both give {one.agent} {one.route} from day 1 of the phase",
                )
    for where, item in subject.each(Administration):
        days = _days(item.timing)
        if len(set(days)) < len(days):
            yield where, "a day is listed more than once"
        if isinstance(item.timing, ByCalendar) and item.timing.run_days > SHORTEST[item.timing.every]:
            yield where, f"{item.timing.run_days} days in a row do not fit into a {item.timing.every}"


@check("P022", "visits-overlap", "A follow-up visit may open before the one before it is late.")
def visits_overlap(subject: Subject) -> Iterator[tuple[str, str]]:
    for flat in subject.tables:
        for row in flat.transitions:
            here, ahead = flat.by_name.get(row.source), flat.by_name.get(row.target)
            if not (row.kind is Kind.STEP and here and ahead and here.visit and ahead.visit):
                continue
            if not (_has_interval(here.visit) and _has_interval(ahead.visit)):
                continue
            # All visits count from one anchor; one that repeats on its state counts on from where it was due.
            due = 0 if here is ahead else _most_days_until(here.visit)
            late, opens = due + here.visit.after, _days_until(ahead.visit) - ahead.visit.before
            if opens <= late:
                yield (
                    f"arm {flat.arm.key}/{row.target}",
                    f"opens on day {opens}; the visit before is late from day {late}",
                )


@check("P023", "visit-without-interval", "A visit is due after days and months both, or after neither.")
def visit_without_interval(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, state in subject.each(State):
        if state.visit and not _has_interval(state.visit):
            yield (
                where,
                f"the visit is due after days={state.visit.days} and months={state.visit.months}: give one",
            )


@check("P024", "outside-cycle", "An administration falls before day 1 or after the earliest end of its cycle.")
def outside_cycle(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, cycle in subject.each(Cycle):
        last = cycle.length.earliest
        for item in cycle.administrations:
            outside = [day for day in _days(item.timing) if not 1 <= day <= last]
            if not outside:
                continue
            if isinstance(item.timing, Continuously) and item.timing.first_day >= 1:
                end = item.timing.first_day + item.timing.days
                message = f"is disconnected on day {end}, and the cycle may end after day {last}"
            else:
                message = f"is given on day {outside[0]}, and the cycle may end after day {last}"
            yield f"{where}/{item.key}", message


@check(
    "P025",
    "timing-out-of-place",
    "A calendar timing stands in a cycle, or a timing by days of a cycle in a phase.",
)
def timing_out_of_place(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, cycle in subject.each(Cycle):
        for item in cycle.administrations:
            if isinstance(item.timing, ByCalendar):
                yield f"{where}/{item.key}", "runs by the calendar, so it belongs to the phase"
    for where, phase in subject.each(Phase):
        for item in phase.administrations:
            if not isinstance(item.timing, ByCalendar):
                yield f"{where}/{item.key}", "counts days of a cycle, so it belongs to the cycles"


@check("P026", "outlives-phase", "An administration runs by the calendar for longer than its phase does.")
def outlives_phase(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, phase in subject.each(Phase):
        for item in phase.administrations:
            if phase.end and isinstance(item.timing, ByCalendar) and item.timing.years > phase.end.years:
                yield (
                    f"{where}/{item.key}",
                    f"runs for {item.timing.years} years in a phase of {phase.end.years}",
                )


@check("P027", "timing-without-times", "A timing names no day, no time of day or no year.")
def timing_without_times(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, item in subject.each(Administration):
        match item.timing:
            case OnDays(days, times):
                given = bool(days) and times >= 1
            case OnOneOf(days):
                given = bool(days)
            case Continuously():
                given = item.timing.days >= 1
            case ByCalendar():
                given = min(item.timing.years, item.timing.run_days, item.timing.times_a_day) >= 1
        if not given:
            yield where, f"is never given: {item.timing}"


def _same_agent(items: tuple[Administration, ...]) -> Iterator[tuple[Administration, Administration]]:
    return (
        (one, other) for one, other in combinations(items, 2) if (one.agent, one.route) == (other.agent, other.route)
    )


def _days(timing: Timing) -> tuple[int, ...]:
    """The days of the cycle on which it is, or may be, given."""
    match timing:
        case OnDays(days, _) | OnOneOf(days):
            return days
        case Continuously(first, count):
            return tuple(range(first, first + count))
        case ByCalendar():
            return ()


def _has_interval(visit: Visit) -> bool:
    return (visit.days is None) != (visit.months is None)


def _days_until(visit: Visit) -> int:
    """Days from the anchor to the visit, at the least."""
    return visit.days if visit.days is not None else 28 * (visit.months or 0)


def _most_days_until(visit: Visit) -> int:
    return visit.days if visit.days is not None else 31 * (visit.months or 0)
