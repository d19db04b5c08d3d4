"""Version 2025-12-18: the ClinicalTrials.gov record of that date, complete, as the readings take it."""

from __future__ import annotations

from datetime import date

from workflow.protocol.model import OnDays, OnOneOf, Route
from workflow.trials.nct01371630 import arm_i, arm_ii, arm_iii, maintenance, readings
from workflow.trials.nct01371630.given import ABOUT_1_HOUR, give
from workflow.trials.nct01371630.path import arm
from workflow.trials.nct01371630.readings.arms import A23, A30, ARMS
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
from workflow.trials.nct01371630.sources import ARM_II_BY_2021, ARM_III_BY_2020
from workflow.trials.nct01371630.study import protocol

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
    in_force_from=date(2021, 9, 1),
    in_force_source=ARM_II_BY_2021,
)

# ── Arm III ────────────────────────────────────────────────────────────────────────────────────────────────────────

ARM_III = arm(
    "III",
    "Untreated, 70 and older: inotuzumab and blinatumomab",
    "untreated ALL, aged 70 or older",
    arm_iii.INDUCTION,
    arm_iii.CONSOLIDATION,
    routes=("IN01", "IN03"),
    readings=(*GOVERN_EVERY_ARM, *readings.ids(*FOR_UNTREATED)),
    in_force_from=date(2020, 1, 1),
    in_force_source=ARM_III_BY_2020,
)

# ── the whole ──────────────────────────────────────────────────────────────────────────────────────────────────────

PROTOCOL = protocol(
    VERSION,
    "The ClinicalTrials.gov record of 2025-12-18: three arms, every printed course once.",
    ARM_I,
    ARM_II,
    ARM_III,
    readings=(*COURSES, *MAINTENANCE, *ARMS, *CONDUCT, *ELIGIBILITY),
    registered_on=date(2025, 12, 18),  # the record's last update; from when Arm I is in force is not known
)
