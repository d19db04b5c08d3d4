"""Version 2025-12-18: the ClinicalTrials.gov record of that date, complete, as the readings take it."""

from __future__ import annotations

from workflow.protocol.model import OnDays, OnOneOf, Protocol, Route
from workflow.trials.nct01371630 import arm_i, arm_ii, arm_iii, maintenance, readings
from workflow.trials.nct01371630.agents import AGENTS
from workflow.trials.nct01371630.conditions import STUDY_END, STUDY_START
from workflow.trials.nct01371630.eligibility import CRITERIA
from workflow.trials.nct01371630.given import ABOUT_1_HOUR, give
from workflow.trials.nct01371630.path import arm
from workflow.trials.nct01371630.people import PERMISSIONS
from workflow.trials.nct01371630.readings.arms import A23, A30, ARM_III, ARMS
from workflow.trials.nct01371630.readings.conduct import A32, A37, A38, CONDUCT
from workflow.trials.nct01371630.readings.courses import COURSES
from workflow.trials.nct01371630.readings.eligibility import (
    ELIGIBILITY,
    FOR_ALL,
    FOR_RELAPSED,
    FOR_UNFIT,
    FOR_UNTREATED,
)
from workflow.trials.nct01371630.readings.maintenance import MAINTENANCE
from workflow.trials.nct01371630.safety import RESPONSES, TOXICITY_RULES
from workflow.trials.nct01371630.sources import TRIAL, WORKS
from workflow.trials.nct01371630.terms import TERMS

VERSION = "2025-12-18"

GOVERN_EVERY_ARM = readings.ids(A23, A30, A32, A37, A38, *FOR_ALL)

# ── Arm I: inotuzumab once in each of cycles 1-4 ───────────────────────────────────────────────────────────────────

INOTUZUMAB_CYCLE_1 = (give("inotuzumab", Route.IV, OnDays((3,)), arm_i.ODD, ABOUT_1_HOUR),)
INOTUZUMAB_CYCLE_3 = (give("inotuzumab", Route.IV, OnOneOf((2, 3)), arm_i.ODD, ABOUT_1_HOUR, readings=("A5",)),)
INOTUZUMAB_CYCLES_2_AND_4 = (give("inotuzumab", Route.IV, OnOneOf((2, 3)), arm_i.EVEN, ABOUT_1_HOUR, readings=("A5",)),)

ARM_I = arm(
    "I",
    "Untreated: mini-hyper-CVD with inotuzumab, blinatumomab, maintenance",
    "untreated ALL, aged 60 to 69, or 18 to 59 and unfit",
    arm_i.induction(INOTUZUMAB_CYCLE_1),
    arm_i.consolidation(INOTUZUMAB_CYCLES_2_AND_4, INOTUZUMAB_CYCLE_3, INOTUZUMAB_CYCLES_2_AND_4),
    arm_i.blinatumomab_cycles(then="late_consolidation"),
    arm_i.late_consolidation(),
    maintenance.three_years("I", first_position=13),
    routes=("IN01", "IN02", "IN03"),
    readings=(*GOVERN_EVERY_ARM, *readings.ids(*FOR_UNTREATED, *FOR_UNFIT)),
)

# ── Arm II ─────────────────────────────────────────────────────────────────────────────────────────────────────────

ARM_II = arm(
    "II",
    "Relapsed or refractory: mini-hyper-CVD with inotuzumab and blinatumomab, maintenance",
    "relapsed or refractory ALL, Burkitt lymphoma or high-grade B-cell lymphoma, aged 18 or older",
    arm_ii.INDUCTION,
    arm_ii.CONSOLIDATION,
    maintenance.three_years("II", first_position=7),
    routes=("IN08",),
    readings=(*GOVERN_EVERY_ARM, *readings.ids(*FOR_RELAPSED)),
)

# ── Arm III ────────────────────────────────────────────────────────────────────────────────────────────────────────

ARM_III_ = arm(
    "III",
    "Untreated, 70 and older: inotuzumab and blinatumomab",
    "untreated ALL, aged 70 or older",
    arm_iii.INDUCTION,
    arm_iii.CONSOLIDATION,
    routes=("IN01", "IN03"),
    readings=(*GOVERN_EVERY_ARM, *readings.ids(*FOR_UNTREATED)),
)

# ── the whole ──────────────────────────────────────────────────────────────────────────────────────────────────────

PROTOCOL = Protocol(
    trial=TRIAL,
    version=VERSION,
    title="Inotuzumab ozogamicin with low-intensity chemotherapy and blinatumomab in acute lymphoblastic leukaemia",
    summary="The ClinicalTrials.gov record of 2025-12-18: three arms, every printed course once.",
    patient_id=r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9._-]{0,31}",
    study_start=STUDY_START,
    study_end=STUDY_END,
    arms=(ARM_I, ARM_II, ARM_III_),
    agents=AGENTS,
    criteria=CRITERIA,
    responses=RESPONSES,
    terms=TERMS,
    toxicity_rules=TOXICITY_RULES,
    permissions=PERMISSIONS,
    readings=(*COURSES, *MAINTENANCE, *ARMS, *ARM_III, *CONDUCT, *ELIGIBILITY),
    sources=WORKS,
)
