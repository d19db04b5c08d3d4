"""What all versions share: name and dates, agents, criteria, safety, people. A version adds its arms and readings."""

from __future__ import annotations

from datetime import date

from workflow.protocol.model import Arm, Protocol, Reading, Source
from workflow.trials.nct01371630.agents import AGENTS
from workflow.trials.nct01371630.conditions import STUDY_END, STUDY_START
from workflow.trials.nct01371630.deviations import DEVIATIONS, HOLD_CODES
from workflow.trials.nct01371630.eligibility import CRITERIA
from workflow.trials.nct01371630.permissions import PERMISSIONS, ROLES
from workflow.trials.nct01371630.safety import RESPONSES, TOXICITY_RULES
from workflow.trials.nct01371630.sources import TRIAL, WORKS
from workflow.trials.nct01371630.terms import TERMS

TITLE = "Inotuzumab ozogamicin with low-intensity chemotherapy and blinatumomab in acute lymphoblastic leukaemia"

PATIENT_ID = "*"  # the site's own pseudonyms; the record says nothing of them


def protocol(
    version: str,
    summary: str,
    *arms: Arm,
    readings: tuple[Reading, ...],
    in_force_from: date | None = None,
    in_force_source: Source | None = None,
    registered_on: date | None = None,
) -> Protocol:
    return Protocol(
        trial=TRIAL,
        version=version,
        title=TITLE,
        summary=summary,
        patient_id=PATIENT_ID,
        study_start=STUDY_START,
        study_end=STUDY_END,
        arms=arms,
        agents=AGENTS,
        criteria=CRITERIA,
        responses=RESPONSES,
        terms=TERMS,
        toxicity_rules=TOXICITY_RULES,
        roles=ROLES,
        permissions=PERMISSIONS,
        readings=readings,
        sources=WORKS,
        in_force_from=in_force_from,
        in_force_source=in_force_source,
        registered_on=registered_on,
        hold_codes=HOLD_CODES,
        deviations=DEVIATIONS,
    )
