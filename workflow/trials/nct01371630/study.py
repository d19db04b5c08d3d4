"""What all versions share: name and dates, agents, criteria, safety, people. A version adds its arms and readings."""

from __future__ import annotations

from workflow.protocol.model import Arm, Protocol, Reading
from workflow.trials.nct01371630.agents import AGENTS
from workflow.trials.nct01371630.conditions import STUDY_END, STUDY_START
from workflow.trials.nct01371630.eligibility import CRITERIA
from workflow.trials.nct01371630.permissions import PERMISSIONS
from workflow.trials.nct01371630.safety import RESPONSES, TOXICITY_RULES
from workflow.trials.nct01371630.sources import TRIAL, WORKS
from workflow.trials.nct01371630.terms import TERMS

TITLE = "Inotuzumab ozogamicin with low-intensity chemotherapy and blinatumomab in acute lymphoblastic leukaemia"

PATIENT_ID = r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9._-]{0,31}"  # with a digit, so that no name passes


def protocol(version: str, summary: str, *arms: Arm, readings: tuple[Reading, ...]) -> Protocol:
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
        permissions=PERMISSIONS,
        readings=readings,
        sources=WORKS,
    )
