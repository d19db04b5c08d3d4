"""What is due next for a patient, and when it opens."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from workflow.protocol import schedule
from workflow.protocol.model import Visit
from workflow.protocol.schedule import Interval

if TYPE_CHECKING:
    from workflow.engine.as_of import AsOf


def of_state(then: AsOf) -> Interval | None:
    """When the step after the state opens, is due and becomes late; None where the protocol sets no time."""
    place = then.place
    if place.cycle is not None and then.cycle_from is not None:
        return schedule.of_cycle(place.cycle.length, then.cycle_from)
    if place.visit is not None:
        return of_visit(place.visit, then)
    return None


def anchor(then: AsOf) -> date:
    """What follow-up counts from: the last dose of the last cycle.

    Where no dose of that cycle is recorded, doses were not recorded to the end: then the day treatment ended.
    """
    dose, last_cycle = then.last_dose_on, then.cycle_from
    if dose is not None and last_cycle is not None and dose >= last_cycle:
        return dose
    return then.treatment_to or then.since


def of_visit(visit: Visit, then: AsOf) -> Interval:
    """The visit that is awaited. A repeating one keeps its rhythm from the anchor; dates passed by a visit drop out."""
    start = anchor(then)
    if visit.months is None:
        return schedule.of_visit(visit, start)
    count = max(1, (then.since - start).days // 31 // visit.months)
    while (interval := schedule.of_visit(visit, start, count)).opens <= then.since:
        count += 1
    return interval
