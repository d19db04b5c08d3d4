"""Follow-up: a visit 30 days after treatment, then every 4 months, until the patient is gone or the data end."""

from __future__ import annotations

from datetime import date

from workflow.protocol.schedule import Interval
from workflow.simulation import answers, exits
from workflow.simulation.patient import Patient

EARLY = 0.06
LATE = 0.1
MISSED = 0.05
GIVEN_UP = 0.12  # of those who missed a visit
ASSESSED = 0.5  # of the visits in remission
TIDY = 0.01  # somebody asks to close the patient's study, years too soon


def follow(patient: Patient) -> None:
    """Raises ``StudyEnded`` or ``DataCutOff``."""
    while True:
        window, _ = patient.look()
        patient.wait(max(patient.day, _visit(patient, window)))
        if patient.remission and patient.chance(ASSESSED):
            patient.record(patient.trial.record_response, response="CR", mrd="negative")
        answers.get(patient, "visit")
        if patient.place.visit is not None and patient.chance(TIDY):
            patient.ask("close_study", by=patient.at_desk())


def _visit(patient: Patient, window: Interval) -> date:
    """The day on which the patient is seen, or asked about."""
    if patient.chance(EARLY):
        return patient.later(-6, -1, window.opens)
    if patient.chance(MISSED):
        return _missed(patient, window)
    if patient.chance(LATE):
        return patient.later(1, 25, window.last)
    return patient.later(0, (window.last - window.opens).days, window.opens)


def _missed(patient: Patient, window: Interval) -> date:
    """Not seen; next time they are, or are given up."""
    if patient.chance(GIVEN_UP):
        patient.plan(patient.later(60, 150, window.last), _give_up)
        return patient.later(300, 400, window.last)
    return patient.later(60, 110, window.last)


def _give_up(patient: Patient) -> None:
    exits.leave(patient, "lost_to_follow_up", "no_contact")
