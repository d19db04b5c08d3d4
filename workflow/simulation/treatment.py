"""Treatment: cycle after cycle, each with its doses, blood counts, adverse events, holds and assessments."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from workflow.protocol.schedule import Interval
from workflow.simulation import answers, doses, events, fates
from workflow.simulation.patient import Patient

EARLY = 0.05  # asked for before the window opens
LATE = 0.1
VERY_LATE = 0.01
SLOW_MARROW = 0.3  # counts still low when the next chemotherapy could begin
COUNTS_FORGOTTEN = 0.06
NADIR = 0.4  # of the cycles of chemotherapy: counts taken in between
HELD = 0.02  # of the cycles, for another reason than an adverse event
HOLD_CODES = {"logistics": 4.0, "patient_request": 4.0, "other": 1.0}
REPORTED_LATE = 0.08  # of the assessments: the report comes when the next cycle may have begun
HASTY = 0.15  # asks for one more cycle where treatment is over
ASSESSED = {"maintenance": 4}  # every so many cycles; elsewhere every second

MYELOSUPPRESSIVE = {"cyclophosphamide", "cytarabine", "inotuzumab"}


def treat(patient: Patient) -> None:
    """From the first cycle on. Raises ``TreatmentEnded`` or ``StudyEnded``."""
    patient.wait(patient.later(1, 10))
    answers.get(patient, "start_cycle")
    fates.draw(patient)
    while True:
        here = patient.state
        _cycle(patient)
        if patient.state == here:
            answers.get(patient, "start_cycle" if patient.chance(HASTY) else None)


def _cycle(patient: Patient) -> None:
    """From day 1 to the day on which the next step is asked for."""
    window, standing = patient.look()
    assert standing.phase_from is not None
    agents = _plan(patient, window, standing.phase_from)
    day = _next_step(patient, window)
    here = patient.state
    patient.wait(max(patient.day, day - timedelta(days=patient.dice.randint(0, 2))))
    if patient.state == here and not patient.chance(COUNTS_FORGOTTEN if agents & MYELOSUPPRESSIVE else 0.4):
        answers.take_counts(patient)
    if patient.state == here:
        patient.wait(day)


def _plan(patient: Patient, window: Interval, phase_from: date) -> set[str]:
    """Put the cycle's course on the agenda; answers the agents that are in it."""
    due = list(doses.of_cycle(patient, phase_from, window))
    agents = {dose.administration.agent for dose in due}
    for dose in due:
        patient.plan(dose.day, partial(doses.give, due=dose), in_cycle=True)
    length = (window.opens - patient.day).days
    for day, event in events.of_cycle(patient, sorted(agents), length):
        patient.plan(day, partial(events.befall, event=event, agents=sorted(agents)), in_cycle=True)
    if agents & MYELOSUPPRESSIVE:
        slow = patient.chance(SLOW_MARROW)
        patient.recovers_on = patient.later(1, 14, window.opens) if slow else patient.later(-6, 0, window.opens)
        if patient.chance(NADIR):
            patient.plan(patient.later(9, 14), answers.take_counts, in_cycle=True)
    if patient.chance(HELD):
        hold = partial(events.hold, code=patient.pick(HOLD_CODES), until=patient.later(length - 5, length + 12))
        patient.plan(patient.later(length - 14, length - 6), hold, in_cycle=True)
    _plan_assessment(patient, window)
    return agents


def _next_step(patient: Patient, window: Interval) -> date:
    """The day on which the next step is asked for."""
    if patient.chance(EARLY):
        return patient.later(-4, -1, window.opens)
    if patient.chance(VERY_LATE):
        return patient.later(43, 60, window.due)
    if patient.chance(LATE):
        return patient.later(1, 12, window.due)
    return patient.later(0, (window.due - window.opens).days, window.opens)


# ── response ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _plan_assessment(patient: Patient, window: Interval) -> None:
    phase, cycle = patient.place.phase, patient.place.cycle
    assert phase is not None
    assert cycle is not None
    if cycle.position == 1 or cycle.number % ASSESSED.get(phase.key, 2) == 0:
        seen_on = patient.later(-4, 0, window.opens)
        heard_on = patient.later(5, 14, seen_on) if patient.chance(REPORTED_LATE) else seen_on
        patient.plan(heard_on, partial(_assess, seen_on=seen_on, first=cycle.position == 1))


def _assess(patient: Patient, seen_on: date, first: bool) -> None:
    if first:
        _answer_to_induction(patient, seen_on)
    elif patient.remission:
        mrd = "negative" if patient.chance(max(patient.chances.mrd_negative, 0.9)) else "positive"
        patient.record(patient.trial.record_response, on=seen_on, response="CR", mrd=mrd)


def _answer_to_induction(patient: Patient, seen_on: date) -> None:
    answer = patient.pick(patient.chances.answer)
    if answer == "PD":
        fates.progresses(patient, answer)
        return
    patient.remission = answer not in ("NR", "PR")
    mrd = None
    if patient.remission:
        mrd = "negative" if patient.chance(patient.chances.mrd_negative) else "positive"
    if answer == "PR":
        patient.plan(patient.later(20, 60), _comes_round)
    patient.record(patient.trial.record_response, on=seen_on, response=answer, mrd=mrd)


def _comes_round(patient: Patient) -> None:
    """A partial response becomes a remission, or does not hold."""
    if patient.chance(0.6):
        patient.remission = True
        patient.record(patient.trial.record_response, response="CRi", mrd="positive")
    else:
        fates.progresses(patient, "PD")
