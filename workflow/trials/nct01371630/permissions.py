"""The roles of the trial, and who may ask for what.

A coordinator keeps the patient's course; what rests on a clinical judgement is an investigator's. Auditors and
administrators, whom the program itself knows, act on the record of the trial, never on a patient.
"""

from __future__ import annotations

from workflow.protocol.model import Permission, Role

COORDINATOR = Role("coordinator", "Coordinator")
INVESTIGATOR = Role("investigator", "Investigator")

ROLES = (COORDINATOR, INVESTIGATOR)

FOR_BOTH = (
    # steps
    *("enroll", "register", "start_cycle", "complete_treatment", "visit", "close_study"),
    # exits
    *("withdraw", "lost_to_follow_up", "death", "screen_failure", "never_treated"),
    # holds
    *("hold", "resume"),
    # facts, and what puts them right
    *("consent", "eligibility", "adverse_event", "counts", "response", "dose", "contact", "correct"),
)

FOR_INVESTIGATORS = (
    # exits
    *("progression", "relapse", "refractory", "unacceptable_toxicity"),
    *("transplant", "stop_treatment", "switch_to_maintenance"),
    # judgements
    *("override", "declare_unacceptable", "stop_agent", "step_happened"),
)

PERMISSIONS = (
    *(Permission(action, (COORDINATOR.key, INVESTIGATOR.key)) for action in FOR_BOTH),
    *(Permission(action, (INVESTIGATOR.key,)) for action in FOR_INVESTIGATORS),
)
