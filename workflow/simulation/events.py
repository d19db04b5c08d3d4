"""Adverse events: their onset, the hold that some call for, how they fade and resolve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial

from workflow.simulation.chances import EVENTS, EVENTS_A_CYCLE, NOTES, Event
from workflow.simulation.patient import Patient

BLAMED = 0.8  # of the agents that may be the cause, given in the cycle
REPORTED_LATE = 0.08
NOTED = 0.1  # have a note
UNJUDGED = 0.12  # of the events of grade 3 and more: recorded before anybody has said what caused them
HOLDS = 0.22  # of the events of grade 3 and more
FADES_FIRST = 0.3  # of the milder ones; the others resolve from the grade they began with
STAYS = 0.04  # fades, and never quite resolves
STOPS_AGENT = 0.05  # of the attributed events of grade 3 and more
SEVERE = 3


def of_cycle(patient: Patient, agents: Sequence[str], days: int) -> Iterator[tuple[date, Event]]:
    """What will befall the patient in a cycle of so many days in which these agents are given."""
    likely = [event for event in EVENTS if not event.agents or any(agent in agents for agent in event.agents)]
    for _ in range(patient.pick(EVENTS_A_CYCLE)):
        event = patient.dice.choices(likely, [event.weight for event in likely])[0]
        yield patient.later(1, days - 2), event


def befall(patient: Patient, event: Event, agents: Sequence[str]) -> int | None:
    """An event of today, or of some days ago where nobody had told; one of ``agents`` may be blamed. As ``begin``."""
    grade = patient.pick(event.grades)
    blamed = [agent for agent in event.agents if agent in agents and patient.chance(BLAMED)]
    onset = patient.day
    if patient.chance(REPORTED_LATE):
        onset = max(patient.later(-6, -1), patient.since)
    return begin(patient, event.term, grade, blamed, patient.later(*event.days), onset=onset)


def begin(
    patient: Patient, term: str, grade: int, blamed: Sequence[str], over: date | None, *, onset: date | None = None
) -> int | None:
    """Record an event and plan how it goes on: until ``over``, or for good.

    Answers the entry that names it; None where it was not accepted.
    """
    unjudged = grade >= SEVERE and patient.chance(UNJUDGED)
    result = patient.record(
        patient.trial.record_adverse_event,
        on=onset,
        term=term,
        grade=grade,
        attributed=None if unjudged else blamed,
        serious=grade > SEVERE or (grade == SEVERE and patient.chance(0.4)),
        note=patient.dice.choice(NOTES) if patient.chance(NOTED) else None,
    )
    entry = result.seq
    if not result.allowed or entry is None:
        return None
    if over is None:
        return entry
    if unjudged:
        patient.unjudged[entry] = blamed
        patient.plan(patient.later(3, 30), partial(judge, entry=entry))
    stays, fades = patient.chance(STAYS), over
    if grade >= SEVERE:
        fades = min(over, patient.later(3, 18))
    elif patient.chance(FADES_FIRST):
        fades = min(over, patient.later(1, 10))
    if grade > 1 and (fades < over or stays):
        patient.plan(fades, partial(_fade, entry=entry, grade=patient.dice.randint(1, min(grade - 1, 2))))
    if not stays:
        patient.plan(over, partial(_resolve, entry=entry))
    patient.events[entry] = fades
    if grade >= SEVERE and blamed and patient.chance(STOPS_AGENT):
        patient.plan(patient.later(1, 3), partial(_stop_agent, entry=entry, agent=patient.dice.choice(blamed)))
    if grade >= SEVERE and patient.on_treatment and patient.chance(HOLDS):
        system = patient.definition.terms[term].system
        code = "infection" if "nfection" in system or term == "febrile_neutropenia" else "toxicity"
        hold(patient, code, max(fades, patient.later(2, 4)))
    return entry


def judge(patient: Patient, entry: int) -> None:
    """An investigator says what the event is attributed to."""
    if entry in patient.unjudged:
        blamed = patient.unjudged.pop(entry)
        if entry in patient.events:
            update = patient.trial.update_adverse_event
            patient.record(update, by=patient.investigator, entry=entry, attributed=blamed)


def _fade(patient: Patient, entry: int, grade: int) -> None:
    if entry in patient.events:
        patient.record(patient.trial.update_adverse_event, entry=entry, grade=grade)
        patient.withheld.clear()  # whatever was held is asked for again


def _resolve(patient: Patient, entry: int) -> None:
    if patient.events.pop(entry, None) is not None:
        patient.record(patient.trial.update_adverse_event, entry=entry, resolved=patient.day)
        patient.withheld.clear()


def _stop_agent(patient: Patient, entry: int, agent: str) -> None:
    if entry in patient.events and agent not in patient.stopped and patient.on_treatment:
        patient.record(patient.trial.update_adverse_event, by=patient.investigator, entry=entry, stops=[agent])


# ── holds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def hold(patient: Patient, code: str, until: date) -> None:
    """Hold treatment, unless it is held already."""
    if patient.hold_until is None:
        patient.hold_until = until
        patient.record(patient.trial.hold, code=code)
        patient.plan(until, _resume)


def _resume(patient: Patient) -> None:
    if patient.hold_until is not None:
        patient.hold_until = None
        patient.record(patient.trial.resume)
