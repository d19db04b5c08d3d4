"""What befalls a patient once in their life, drawn when treatment begins: relapse, transplant, liver injury, death...

Each fate waits on the agenda, and looks when its day has come whether it still applies.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from workflow.simulation import answers, events, exits
from workflow.simulation.chances import (
    DEATH_AFTER_TRANSPLANT,
    DEATH_IN_REMISSION,
    EARLY_DEATH,
    MAINTENANCE_CODES,
    RELAPSE_SITES,
    SECOND_MALIGNANCIES,
    SOS,
    SOS_GRADES,
    UNACCEPTABLE,
)
from workflow.simulation.patient import Action, Patient

DIES_OF_RELAPSE = 0.75
RELAPSE_TAKEN_UP_AT_ONCE = 0.6  # else it is met with when the next cycle is asked for
FATAL_SOS = 0.35  # of grade 4
AFTER_TRANSPLANT = {"sos": 0.14, "relapse": 0.25, "death": 0.2}
WITHDRAWAL_CODES = {"consent_withdrawn": 6.0, "moved_away": 3.0, "other": 1.0}
FATAL = 5


def draw(patient: Patient) -> None:
    """Plan what will befall a patient whose treatment begins today."""
    chances = patient.chances
    once: tuple[tuple[float, int, int, Action], ...] = (
        (chances.early_death, 5, 55, _die_early),
        (chances.sos, 18, 150, _liver_injury),
        (chances.transplant, 75, 200, _transplant),
        (chances.unacceptable, 12, 300, _unacceptable),
        (chances.early_maintenance, 75, 260, _go_to_maintenance),
        (chances.stop, 60, 400, _stop),
    )
    a_year: tuple[tuple[float, Action], ...] = (
        (chances.relapse_a_year, _relapse),
        (chances.death_a_year, _die_in_remission),
        (chances.withdrawal_a_year, _withdraw),
        (chances.loss_a_year, _lose),
    )
    for share, first, last, fate in once:
        if patient.chance(share):
            patient.plan(patient.later(first, last), fate)
    for rate, fate in a_year:
        years = min(patient.dice.expovariate(rate), 20)
        patient.plan(patient.later(40, 60) + timedelta(days=int(365 * years)), fate)


# ── the disease comes back ─────────────────────────────────────────────────────────────────────────────────────────


def _relapse(patient: Patient) -> None:
    if not patient.remission:
        return
    progresses(patient, "REL")
    if patient.on_treatment and patient.chance(RELAPSE_TAKEN_UP_AT_ONCE):
        patient.plan(patient.later(1, 6), _leave_by_relapse)


def progresses(patient: Patient, response: str) -> None:
    """Disease that comes back or grows is recorded; most die of it."""
    patient.remission = False
    if patient.chance(DIES_OF_RELAPSE):
        patient.plan(patient.later(30, 700), partial(exits.die, code="disease"))
    patient.record(patient.trial.record_response, response=response)


def _leave_by_relapse(patient: Patient) -> None:
    if patient.on_treatment:
        exits.leave(patient, "relapse", patient.pick(RELAPSE_SITES))


# ── another way of treatment ───────────────────────────────────────────────────────────────────────────────────────


def _transplant(patient: Patient) -> None:
    if not (patient.on_treatment and patient.remission):
        return
    if patient.chance(AFTER_TRANSPLANT["sos"]):
        patient.plan(patient.later(8, 50), _liver_injury)
    if patient.chance(AFTER_TRANSPLANT["relapse"]):
        patient.plan(patient.later(90, 700), _relapse)
    if patient.chance(AFTER_TRANSPLANT["death"]):
        patient.plan(patient.later(30, 400), _die_after_transplant)
    exits.leave(patient, "transplant", patient.chances.transplant_code)


def _go_to_maintenance(patient: Patient) -> None:
    table = patient.definition.table(patient.arm)
    if patient.on_treatment and patient.remission and (patient.state, "switch_to_maintenance") in table.by_trigger:
        by = patient.at_desk() if patient.chance(exits.UNAWARE) else patient.investigator
        answers.get(patient, "switch_to_maintenance", code=patient.pick(MAINTENANCE_CODES), by=by)


def _stop(patient: Patient) -> None:
    if patient.on_treatment:
        exits.leave(patient, "stop_treatment", patient.pick(patient.chances.stop_codes))


# ── injury ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _liver_injury(patient: Patient) -> None:
    """Sinusoidal obstruction syndrome: inotuzumab stops for good, treatment goes on."""
    grade = patient.pick(SOS_GRADES)
    entry = events.begin(patient, SOS, grade, ["inotuzumab"], patient.later(20, 60))
    if entry is not None and grade > events.SEVERE and patient.chance(FATAL_SOS):
        patient.plan(patient.later(2, 12), partial(_die_of_liver_injury, entry=entry))


def _die_of_liver_injury(patient: Patient, entry: int) -> None:
    if entry in patient.events:
        patient.record(patient.trial.update_adverse_event, entry=entry, grade=FATAL)
    exits.die(patient, SOS)


def _unacceptable(patient: Patient) -> None:
    """An event that an investigator judges to be too much, at once or some days later."""
    if patient.on_treatment:
        event = patient.dice.choices(UNACCEPTABLE, [event.weight for event in UNACCEPTABLE])[0]
        entry = events.befall(patient, event, patient.definition.agents_of(patient.arm))
        if entry is not None:
            patient.plan(patient.later(0, 3), partial(_declare, entry=entry))


def _declare(patient: Patient, entry: int) -> None:
    if patient.on_treatment and entry in patient.events:
        declare = partial(patient.record, patient.trial.update_adverse_event, entry=entry, unacceptable=True)
        if patient.chance(exits.UNAWARE):
            declare(by=patient.at_desk())
        declare(by=patient.investigator)


# ── out of the study ───────────────────────────────────────────────────────────────────────────────────────────────


def _die_early(patient: Patient) -> None:
    _die(patient, patient.pick(EARLY_DEATH))


def _die_in_remission(patient: Patient) -> None:
    if not patient.remission:
        return
    cause = "infection" if patient.on_treatment else patient.pick(DEATH_IN_REMISSION)
    if cause == "secondary_malignancy":
        patient.plan(patient.later(60, 300), partial(exits.die, code=cause))
        events.begin(patient, patient.dice.choice(SECOND_MALIGNANCIES), 4, [], None)
    else:
        _die(patient, cause)


def _die_after_transplant(patient: Patient) -> None:
    _die(patient, patient.pick(DEATH_AFTER_TRANSPLANT))


def _die(patient: Patient, cause: str) -> None:
    if cause == "infection":
        term = patient.dice.choice(("sepsis", "lung_infection"))
        patient.record(patient.trial.record_adverse_event, term=term, grade=FATAL, serious=True)
    exits.die(patient, cause)


def _withdraw(patient: Patient) -> None:
    exits.leave(patient, "withdraw", patient.pick(WITHDRAWAL_CODES))


def _lose(patient: Patient) -> None:
    if not patient.on_treatment:
        exits.leave(patient, "lost_to_follow_up", "no_contact")
