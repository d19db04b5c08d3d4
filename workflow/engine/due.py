"""What is due next for a patient, and when it opens."""

from __future__ import annotations

from datetime import date

from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.protocol import schedule
from workflow.protocol.model import Visit
from workflow.protocol.schedule import Interval


def of_state(definition: Definition, chart: Chart) -> Interval | None:
    """When the step after the present state opens, is due and becomes late; None where the protocol sets no time."""
    place = definition.table(chart.arm).by_name[chart.state]
    if place.cycle is not None and chart.cycle_from is not None:
        return schedule.of_cycle(place.cycle.length, chart.cycle_from)
    if place.visit is not None:
        return of_visit(place.visit, chart)
    return None


def anchor(chart: Chart) -> date:
    """What follow-up counts from: the last dose of the last cycle.

    Where no dose of that cycle is recorded, doses were not recorded to the end: then the day treatment ended.
    """
    dose, last_cycle = chart.last_dose_on, chart.cycle_from
    if dose is not None and last_cycle is not None and dose >= last_cycle:
        return dose
    return chart.treatment_to or chart.since


def of_visit(visit: Visit, chart: Chart) -> Interval:
    """The visit that is awaited. A repeating one keeps its rhythm from the anchor; dates passed by a visit drop out."""
    start = anchor(chart)
    if visit.months is None:
        return schedule.of_visit(visit, start)
    count = 1
    while (interval := schedule.of_visit(visit, start, count)).opens <= chart.since:
        count += 1
    return interval
