"""Who takes part in the simulated study. All of them are invented."""

from __future__ import annotations

from workflow.desk.write import Actor
from workflow.protocol.model import Role

SIMULATED = "simulated"  # how their identity is known


def _person(id: str) -> Actor:
    return Actor(id, assurance=SIMULATED)


ADMINISTRATOR = _person("hill")
COORDINATORS = (_person("amari"), _person("brandt"), _person("castro"))
INVESTIGATORS = (_person("dubois"), _person("eriksen"), _person("fontaine"))
AUDITOR = _person("grant")

PEOPLE = (
    *((person, Role.COORDINATOR) for person in COORDINATORS),
    *((person, Role.INVESTIGATOR) for person in INVESTIGATORS),
    (AUDITOR, Role.AUDITOR),
)
