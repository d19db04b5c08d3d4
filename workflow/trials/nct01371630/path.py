"""What surrounds treatment in every arm: screening, registration, follow-up, the end of the study."""

from __future__ import annotations

from datetime import date

from workflow.protocol.model import Arm, Phase, Source, State, Step, Visit
from workflow.trials.nct01371630.conditions import (
    TO_CLOSE,
    TO_REGISTER,
    TO_START,
    TO_VISIT,
    to_complete,
    to_next_cycle,
)
from workflow.trials.nct01371630.exits import exits
from workflow.trials.nct01371630.sources import record, site

_AFTER_TREATMENT = record("follow-up after treatment")

DAY_30 = Visit(
    days=30,
    before=7,
    after=14,
    source=_AFTER_TREATMENT,
    window_source=site("the visit at 30 days: from 7 days before to 14 days after"),
)

EVERY_4_MONTHS = Visit(
    months=4,
    before=14,
    after=28,
    source=_AFTER_TREATMENT,
    window_source=site("the visits every 4 months: from 14 days before to 28 days after"),
)

STATES = (
    State("screening", "Screening"),
    State("enrolled", "Registered, not yet treated"),
    State("follow_up.day_30", "Follow-up, 30 days after treatment", visit=DAY_30, readings=("A31", "A39")),
    State(
        "follow_up.long_term",
        "Follow-up, every 4 months",
        visit=EVERY_4_MONTHS,
        readings=("A31", "A39"),
    ),
    State("off_study", "Off study", final=True, readings=("A31",)),
)

STEPS = (
    Step("register", "screening", "enrolled", "Register the patient", TO_REGISTER),
    Step("start_cycle", "enrolled", "induction", "Start treatment", TO_START),
    Step("visit", "follow_up.day_30", "follow_up.long_term", "Visit at 30 days", TO_VISIT),
    Step("visit", "follow_up.long_term", "follow_up.long_term", "Visit after 4 more months", TO_VISIT),
    Step("close_study", "follow_up.long_term", "off_study", "The study ends", TO_CLOSE),
)


def arm(
    key: str,
    title: str,
    population: str,
    *phases: Phase,
    routes: tuple[str, ...],
    readings: tuple[str, ...],
    in_force_from: date | None = None,
    in_force_source: Source | None = None,
) -> Arm:
    """An arm of these phases, in their order, with all that surrounds treatment."""
    return Arm(
        key=key,
        title=title,
        population=population,
        states=STATES,
        steps=STEPS,
        phases=phases,
        exits=exits(key, maintenance=any(phase.key == "maintenance" for phase in phases)),
        completes=Step("complete_treatment", "treatment", "follow_up.day_30", "Complete treatment", to_complete(key)),
        cycle_guards=to_next_cycle(key),
        routes=routes,
        source=record(f"Arm {key}"),
        readings=readings,
        in_force_from=in_force_from,
        in_force_source=in_force_source,
    )
