"""From enrolment to registration: consent, eligibility, and who turns out not to take part."""

from __future__ import annotations

from datetime import timedelta

from workflow.simulation import answers, exits
from workflow.simulation.cast import AUDITOR
from workflow.simulation.chances import NEVER_TREATED, SCREEN_FAILURE
from workflow.simulation.patient import Patient, StudyEnded

UNREGISTERED = 0.008  # die before they are registered
IMPATIENT = 0.06  # asked for before what it needs is there
OVERREACHING = 0.04  # of the patients: an auditor tries to lend a hand
PENDING = 0.12  # a result is still awaited when the criteria are gone through
ANOTHER_ROUTE = 0.02

AWAITED = ("EX03", "EX04", "IN05")  # echocardiogram, hepatitis serology, laboratory
FAILED = ("IN04", "IN05", "EX02", "EX03", "EX04", "EX01")


def screen(patient: Patient) -> None:
    """Leads to registration, or raises ``StudyEnded``."""
    fate = patient.pick(SCREEN_FAILURE)
    _enroll(patient)
    patient.day = patient.later(0, 3)
    if fate == "consent_refused":
        exits.leave(patient, "screen_failure", fate)
    if patient.chance(IMPATIENT):
        patient.ask("register", by=patient.at_desk())
    answers.consent(patient)
    patient.day = patient.later(1, 8)
    if patient.chance(UNREGISTERED):
        exits.die(patient, "disease")
    if fate == "other":
        exits.leave(patient, "screen_failure", fate)
    _go_through_criteria(patient, fate)
    answers.get(patient, "register")
    if code := patient.pick(NEVER_TREATED):
        patient.day = patient.later(2, 9)
        exits.leave(patient, "never_treated", code)


def _enroll(patient: Patient) -> None:
    if patient.chance(OVERREACHING):
        patient.enroll(by=AUDITOR)
    if not patient.enroll(by=patient.at_desk()).allowed:
        raise StudyEnded


def _go_through_criteria(patient: Patient, fate: str) -> None:
    route = patient.dice.choice(patient.definition.arm(patient.arm).routes)
    if patient.chance(ANOTHER_ROUTE):
        route = "IN08" if patient.arm != "II" else "IN03"
    answered: dict[str, bool | None] = {}
    if fate == "not_eligible":
        failed = patient.dice.choice(FAILED)
        answered[failed] = failed.startswith("EX")
    elif patient.chance(PENDING):
        awaited = patient.dice.sample(AWAITED, patient.dice.randint(1, 2))
        answered.update(dict.fromkeys(awaited))
    answers.eligibility(patient, route, answered)
    patient.day += timedelta(days=patient.dice.randint(0, 2))
