"""Version 2017-03: the amendment of March 2017, as published. Arms I and II only; Arm III came later.

Against the later record: inotuzumab in two smaller doses, no chemotherapy after blinatumomab, maintenance of sixteen
cycles in place of three years, and Arm II treated as Arm I. The rest is the same, and shared.
"""

from __future__ import annotations

from datetime import date

from workflow.protocol.model import Administration, Arm, Dose, OnDays, Route, Source
from workflow.trials.nct01371630 import arm_i, maintenance, readings
from workflow.trials.nct01371630.given import ABOUT_1_HOUR, give
from workflow.trials.nct01371630.path import arm
from workflow.trials.nct01371630.readings.amendments import (
    A1_2017,
    A6_2017,
    A13_2017,
    A14_2017,
    A15_2017,
    A23_2017,
    A41,
    A42,
    A43,
)
from workflow.trials.nct01371630.readings.arms import A30
from workflow.trials.nct01371630.readings.conduct import A32, A37, A38, CONDUCT
from workflow.trials.nct01371630.readings.courses import A3, A4, A7, A8, A9, A10, A11, A12
from workflow.trials.nct01371630.readings.eligibility import (
    ELIGIBILITY,
    FOR_ALL,
    FOR_RELAPSED,
    FOR_UNFIT,
    FOR_UNTREATED,
)
from workflow.trials.nct01371630.readings.maintenance import A16, A18
from workflow.trials.nct01371630.sources import RELAPSED_2021, UNTREATED_2023
from workflow.trials.nct01371630.study import protocol

VERSION = "2017-03"

GOVERN_EVERY_ARM = readings.ids(A23_2017, A30, A32, A37, A38, A43, *FOR_ALL)


def _two_doses(published: Source) -> tuple[tuple[Administration, ...], tuple[Administration, ...]]:
    """Inotuzumab of cycle 1, and of each of cycles 2-4."""

    def dose(amount: str, *days: int, key: str) -> Administration:
        return give(
            "inotuzumab",
            Route.IV,
            OnDays(days),
            published,
            ABOUT_1_HOUR,
            key=key,
            dose=Dose(amount, "mg/m2", published, note="each"),
            readings=("A43",),
        )

    cycle_1 = (dose("0.6", 2, key="inotuzumab_day_2"), dose("0.3", 8, key="inotuzumab_day_8"))
    return cycle_1, (dose("0.3", 2, 8, key="inotuzumab"),)


def _arm(
    key: str, title: str, population: str, published: Source, routes: tuple[str, ...], reads: tuple[str, ...]
) -> Arm:
    cycle_1, cycles_2_to_4 = _two_doses(published)
    return arm(
        key,
        title,
        population,
        arm_i.induction(cycle_1),
        arm_i.consolidation(cycles_2_to_4, cycles_2_to_4, cycles_2_to_4),
        arm_i.blinatumomab_cycles(then="maintenance"),
        maintenance.sixteen_cycles(published, first_position=9),
        routes=routes,
        readings=(*GOVERN_EVERY_ARM, *reads),
    )


ARM_I = _arm(
    "I",
    "Untreated: mini-hyper-CVD with inotuzumab, blinatumomab, maintenance",
    "untreated ALL, aged 60 or older, or 18 to 59 and unfit",
    UNTREATED_2023,
    routes=("IN01", "IN02", "IN03"),
    reads=readings.ids(*FOR_UNTREATED, *FOR_UNFIT),
)

ARM_II = _arm(
    "II",
    "Relapsed or refractory: mini-hyper-CVD with inotuzumab, blinatumomab, maintenance",
    "relapsed or refractory ALL, Burkitt lymphoma or high-grade B-cell lymphoma, aged 18 or older",
    RELAPSED_2021,
    routes=("IN08",),
    reads=readings.ids(A42, *FOR_RELAPSED),
)

PROTOCOL = protocol(
    VERSION,
    "The amendment of March 2017 as published: two arms, blinatumomab in place of the later chemotherapy.",
    ARM_I,
    ARM_II,
    readings=(
        *(A1_2017, A3, A4, A6_2017, A7, A8, A9, A10, A11, A12),
        *(A13_2017, A14_2017, A15_2017, A16, A18),
        *(A23_2017, A30),
        *CONDUCT,
        *(A41, A42, A43),
        *ELIGIBILITY,
    ),
    in_force_from=date(2017, 3, 1),
    in_force_source=UNTREATED_2023,
)
