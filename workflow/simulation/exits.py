"""The ways out: asked for by whoever is at hand, and by an investigator where it takes one."""

from __future__ import annotations

from workflow.protocol.model import Role
from workflow.simulation.patient import Patient

UNAWARE = 0.2  # of the times a coordinator asks for what only an investigator may ask for


def leave(patient: Patient, trigger: str, code: str) -> None:
    """Ask for an exit. It raises what the exit leads to; nothing happens where no such exit leads on from here."""
    roles = patient.definition.roles[trigger]
    if Role.COORDINATOR in roles or patient.chance(UNAWARE):
        result = patient.ask(trigger, by=patient.coordinator, code=code)
        if result.allowed or "role.not_permitted" not in {reason.code for reason in result.reasons}:
            return
    patient.ask(trigger, by=patient.investigator, code=code)


def die(patient: Patient, code: str) -> None:
    """The patient's death; of some the study learns a while later."""
    leave(patient, "death", code)
