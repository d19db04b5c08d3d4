"""The ways out: asked for by whoever is at hand, and by an investigator where it takes one."""

from __future__ import annotations

from workflow.simulation.patient import Patient

UNAWARE = 0.2  # of the times a coordinator asks for what only an investigator may ask for
HEARD_OF_LATE = 0.5  # of the deaths after treatment


def leave(patient: Patient, trigger: str, code: str, *, known_after: int = 0) -> None:
    """Ask for an exit that leads on from here. Raises what it leads to, unless that is another cycle."""
    for_coordinators = "coordinator" in patient.definition.roles[trigger]
    if for_coordinators or patient.chance(UNAWARE):
        result = patient.ask(trigger, by=patient.at_desk(), code=code, known_after=known_after)
        if for_coordinators or result.allowed:
            return
    patient.ask(trigger, by=patient.investigator, code=code, known_after=known_after)


def die(patient: Patient, code: str) -> None:
    """The patient's death; of some in follow-up the study learns weeks later."""
    heard_of_late = not patient.on_treatment and patient.chance(HEARD_OF_LATE)
    leave(patient, "death", code, known_after=patient.dice.randint(3, 40) if heard_of_late else 0)
