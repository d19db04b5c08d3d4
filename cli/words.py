"""Words that help texts and completion show without importing the rooms they are from; a test compares the two."""

from __future__ import annotations

ARMS = ("I", "II", "III")
VERSIONS = ("2017-03", "2025-12-18")
ROLES = ("coordinator", "investigator", "auditor", "administrator")
HOLDS = ("toxicity", "infection", "counts", "logistics", "patient_request", "other")
RESPONSES = ("CR", "CRp", "CRi", "mCR", "PR", "NR", "PD", "REL")
MRD = ("negative", "positive")
ROUTES = ("IN01", "IN02", "IN03", "IN08")
AGENTS = (
    "blinatumomab",
    "cyclophosphamide",
    "cytarabine",
    "dexamethasone",
    "inotuzumab",
    "mercaptopurine",
    "methotrexate",
    "prednisone",
    "rituximab",
    "vincristine",
)
OUTCOMES = ("allowed", "overridden", "refused")
KINDS = (
    "enrolment",
    "transition",
    "consent",
    "eligibility",
    "adverse_event",
    "counts",
    "response",
    "dose",
    "hold",
    "resume",
    "trial_opened",
    "protocol_installed",
    "person_added",
    "person_deactivated",
)
TRIGGERS = (
    "register",
    "start_cycle",
    "complete_treatment",
    "visit",
    "close_study",
    "progression",
    "relapse",
    "refractory",
    "unacceptable_toxicity",
    "transplant",
    "stop_treatment",
    "switch_to_maintenance",
    "withdraw",
    "lost_to_follow_up",
    "death",
    "screen_failure",
    "never_treated",
)
