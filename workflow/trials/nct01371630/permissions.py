"""Who may ask for what. Auditors and administrators act on the record of the trial, never on a patient.

A coordinator keeps the patient's course; what rests on a clinical judgement is an investigator's.
"""

from __future__ import annotations

from workflow.protocol.model import Permission, Role

COORDINATOR_OR_INVESTIGATOR = (
    # steps
    *("enroll", "register", "start_cycle", "complete_treatment", "visit", "close_study"),
    # exits
    *("withdraw", "lost_to_follow_up", "death", "screen_failure", "never_treated"),
    # holds
    *("hold", "resume"),
    # facts
    *("consent", "eligibility", "adverse_event", "counts", "response", "dose"),
)

INVESTIGATOR = (
    # exits
    *("progression", "relapse", "refractory", "unacceptable_toxicity"),
    *("transplant", "stop_treatment", "switch_to_maintenance"),
    # judgements
    *("override", "declare_unacceptable", "stop_agent"),
)

PERMISSIONS = (
    *(Permission(action, (Role.COORDINATOR, Role.INVESTIGATOR)) for action in COORDINATOR_OR_INVESTIGATOR),
    *(Permission(action, (Role.INVESTIGATOR,)) for action in INVESTIGATOR),
)
