"""Doses: what the protocol has given in a cycle, as the site enters it, and how one is recorded.

So that the demonstration stays quick, one entry stands for the doses of consecutive days (on the first of them), for
each bag of a continuous infusion (seven days), and for what was taken at home in a cycle (on its last day).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from workflow.protocol import schedule
from workflow.protocol.model import Administration, ByCalendar, Continuously, Every, OnDays, OnOneOf
from workflow.protocol.schedule import Interval
from workflow.simulation.patient import Patient

BAG_DAYS = 7
TRIED_ON_HOLD = 0.1  # asked for although the patient is on hold
GIVEN_ALL_THE_SAME = 0.08  # an investigator gives an agent that is held
GIVEN_UNAWARE = 0.2  # of the doses refused for the disease: given before the ward had heard of it


@dataclass(frozen=True, slots=True)
class Due:
    """One dose to be given in the running cycle."""

    day: date
    administration: Administration


def of_cycle(patient: Patient, phase_from: date, window: Interval) -> Iterator[Due]:
    """What is due in the cycle that begins today; an optional agent where the patient qualifies for it."""
    phase, cycle = patient.place.phase, patient.place.cycle
    assert phase is not None
    assert cycle is not None
    for one in (*cycle.administrations, *phase.administrations):
        if one.optional is None or patient.cd20:
            for day in _days(patient, one, phase_from, window):
                yield Due(day, one)


def _days(patient: Patient, one: Administration, phase_from: date, window: Interval) -> Iterator[date]:
    start = patient.day
    match one.timing:
        case OnDays(days):
            yield from (schedule.day(start, number) for number in days if number - 1 not in days)
        case OnOneOf(days):
            yield schedule.day(start, patient.dice.choice(days))
        case Continuously(first, days):
            yield from (schedule.day(start, number) for number in range(first, first + days, BAG_DAYS))
        case ByCalendar(Every.MONTH, years):
            dates = (schedule.months_later(phase_from, number) for number in range(12 * years))
            yield from (day for day in dates if start <= day < window.opens)
        case ByCalendar(_, years):
            last = window.opens - timedelta(days=1)
            if last < schedule.years_later(phase_from, years):
                yield last


def give(patient: Patient, due: Due) -> None:
    """Record the dose, unless it is known that it may not be given."""
    agent, dose = due.administration.agent, due.administration.dose
    if agent in patient.stopped or agent in patient.withheld:
        return
    if patient.hold_until is not None and not patient.chance(TRIED_ON_HOLD):
        return
    told: dict[str, Any] = {
        "agent": agent,
        "amount": dose.amount if dose else None,
        "unit": dose.unit if dose else None,
    }
    result = patient.record(patient.trial.record_dose, **told)
    why = {reason.code for reason in result.reasons}
    if "dose.discontinued" in why:
        patient.stopped.add(agent)
    elif "dose.held" in why:
        if patient.chance(GIVEN_ALL_THE_SAME):
            reason = "the event is fading; the dose was cleared by telephone"
            patient.record(patient.trial.record_dose, by=patient.investigator, override=True, reason=reason, **told)
        else:
            patient.withheld.add(agent)
    elif result.may_have_happened and patient.chance(GIVEN_UNAWARE):
        reason = "given in the morning, before the result was known on the ward"
        patient.record(patient.trial.record_dose, happened=True, reason=reason, **told)
