"""Who takes part in the simulated study. All of them are invented."""

from __future__ import annotations

from workflow.desk.request import Actor
from workflow.protocol.words import AUDITOR as AUDITORS_ROLE

SIMULATED = "simulated"  # how their identity is known


def _person(id: str) -> Actor:
    return Actor(id, assurance=SIMULATED)


ADMINISTRATOR = _person("hill")
COORDINATORS = (_person("amari"), _person("brandt"), _person("castro"))
INVESTIGATORS = (_person("dubois"), _person("eriksen"), _person("fontaine"))
AUDITOR = _person("grant")

PEOPLE = (
    *((person, "coordinator") for person in COORDINATORS),
    *((person, "investigator") for person in INVESTIGATORS),
    (AUDITOR, AUDITORS_ROLE),
)
