"""The parts of a protocol in words: when, how long, under which condition, from which source."""

from __future__ import annotations

from collections.abc import Sequence

from workflow.protocol.guards import (
    ConsentGiven,
    CountsRecovered,
    CycleInterval,
    EligibilityRecorded,
    Guard,
    NoOpenHold,
    NoProgression,
    NotBefore,
    NoUnacceptableToxicity,
    PeriodEnded,
    StillEligible,
    VisitInterval,
    WithinPeriod,
)
from workflow.protocol.model import (
    ByCalendar,
    ByLabel,
    Continuously,
    Cycle,
    InfusionTime,
    OnDays,
    OnOneOf,
    Source,
    SourceKind,
    Timing,
    Visit,
    Window,
)
from workflow.protocol.table import Table
from workflow.report.words.grammar import numbers, several

# ── when ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def timing(when: Timing) -> str:
    """On which days of the cycle, and how often on each."""
    match when:
        case OnDays(days, times):
            return f"{'day' if len(days) == 1 else 'days'} {numbers(days)}{_times(times)}"
        case OnOneOf(days):
            return f"day {' or '.join(map(str, days))}, one dose"
        case Continuously(first, days):
            return f"from day {first} without a break for {days} days, off on day {first + days}"
        case ByCalendar(every, years, run, times):
            each = f"on {run} days in a row every {every.value}" if run > 1 else f"every {every.value}"
            return f"{each}{_times(times)}, for {several(years, 'year')} from day 1 of the phase"


def _times(count: int) -> str:
    """ ", twice a day"; nothing where it is once, which the record does not say."""
    return {1: "", 2: ", twice a day"}.get(count, f", {count} times a day")


def infusion(steps: Sequence[InfusionTime]) -> str:
    """How long the infusions of one dose run, one after another."""
    if not steps:
        return ""
    return "over " + ", then ".join(_step(step) for step in steps)


def _step(step: InfusionTime) -> str:
    low, high = step.at_least, step.at_most
    unit, per = ("h", 60) if low % 60 == 0 and high % 60 == 0 else ("min", 1)
    span = f"{low // per}" if low == high else f"{low // per} to {high // per}"
    return f"{'about ' if step.about else ''}{span} {unit}"


def length(window: Window) -> str:
    """How long a cycle is, and when the next may begin."""
    if window.earliest == window.due:
        span, due = f"{window.due} days", f"the next opens and is due on day {window.due + 1}"
    else:
        span = f"{window.earliest} to {window.due} days"
        due = f"the next opens on day {window.earliest + 1} and is due on day {window.due + 1}"
    long = f"; from {window.warn} days late a long delay (site default)" if window.warn is not None else ""
    return f"{span}: {due}{long}"


def visit(found: Visit) -> str:
    after = f"{found.months} months" if found.months else f"{found.days} days"
    again = " (every time)" if found.months else ""
    return f"due {after} after the last dose{again}, from {found.before} days before to {found.after} days after"


# ── where from ─────────────────────────────────────────────────────────────────────────────────────────────────────

_KINDS = {
    SourceKind.PUBLICATION: "published: ",
    SourceKind.LABEL: "label: ",
    SourceKind.STANDARD: "standard: ",
    SourceKind.SITE: "site default: ",
    SourceKind.JUDGEMENT: "our reading: ",
}


def source(found: Source) -> str:
    """The place in the record; anything else says what it is."""
    return _KINDS.get(found.kind, "record: ") + found.cite


# ── under which condition ──────────────────────────────────────────────────────────────────────────────────────────


def guard(found: Guard) -> str:
    """What a guard asks for."""
    match found:
        case StillEligible():
            return "no criterion was found not met at the latest assessment"
        case ConsentGiven():
            return "consent to this protocol version"
        case EligibilityRecorded():
            return "every eligibility criterion answered and in order"
        case NoProgression():
            after = found.response_after
            return "no progression and no relapse" + (
                f"; after {after} no assessment without response either" if after is not None else ""
            )
        case NoUnacceptableToxicity():
            if found.open_grade is None:
                return "no toxicity declared unacceptable"
            at = found.open_grade_source
            return (
                f"no toxicity declared unacceptable; none open at grade {found.open_grade} or above that is attributed"
                " to treatment or not judged yet" + (f" ({source(at)})" if at is not None else "")
            )
        case CountsRecovered():
            return (
                f"ANC {found.anc} and platelets {found.platelets} x10^9/L or above, taken at most"
                f" {found.valid_days} days before"
            )
        case NoOpenHold():
            return "no open hold"
        case CycleInterval():
            late = "; a late one needs a reason" if found.late_needs_reason else ""
            return f"the running cycle's days have passed{late}"
        case VisitInterval():
            return "the visit's window is open; a late one needs a reason"
        case WithinPeriod():
            return f"{several(found.years, 'year')} of {found.phase} have not passed"
        case PeriodEnded():
            return f"{several(found.years, 'year')} of {found.phase} have passed"
        case NotBefore():
            return f"{found.what}, {found.day}, has come"


def target(found: str | ByLabel | None) -> str:
    if found is None:
        return "the end of treatment"
    return f"the cycle printed {found.label}" if isinstance(found, ByLabel) else found.replace("_", " ")


# ── where a patient is ─────────────────────────────────────────────────────────────────────────────────────────────


def state_name(table: Table, state: str) -> str:
    """ "induction.1" for a cycle, by its phase and number; any other state by its own name."""
    place = table.by_name.get(state)
    if place is None or place.phase is None or place.cycle is None:
        return state
    return f"{place.phase.key}.{place.cycle.number}"


def phase_name(table: Table, state: str) -> str:
    """ "induction" for a cycle of that phase; a state outside treatment stands for itself."""
    place = table.by_name.get(state)
    return state if place is None or place.phase is None else place.phase.key


# ── cycles ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def alike(cycles: Sequence[Cycle]) -> list[list[Cycle]]:
    """The cycles, those together that differ in nothing but their number."""
    groups: list[list[Cycle]] = []
    for cycle in cycles:
        same = next((group for group in groups if _content(group[0]) == _content(cycle)), None)
        if same is not None:
            same.append(cycle)
        else:
            groups.append([cycle])
    return groups


def _content(cycle: Cycle) -> tuple[object, ...]:
    return cycle.length, cycle.source, cycle.administrations, cycle.guards, cycle.readings


def cycle_names(cycles: Sequence[Cycle]) -> str:
    """ "Cycles 9, 11 (printed 7, 9)"."""
    said = f"{'Cycle' if len(cycles) == 1 else 'Cycles'} {numbers(cycle.number for cycle in cycles)}"
    labels = [cycle.label for cycle in cycles]
    if labels != [str(cycle.number) for cycle in cycles]:
        said += f" (printed {_joined(labels)})"
    if [cycle.position for cycle in cycles] != [cycle.number for cycle in cycles]:
        said += f" (at {'position' if len(cycles) == 1 else 'positions'} {numbers(cycle.position for cycle in cycles)})"
    return said


def _joined(labels: Sequence[str]) -> str:
    if all(label.isdigit() for label in labels):
        return numbers(map(int, labels))
    return ", ".join(labels)
