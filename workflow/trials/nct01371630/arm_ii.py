"""Arm II, for relapsed or refractory disease: chemotherapy, inotuzumab and blinatumomab in the same cycles."""

from __future__ import annotations

from workflow.protocol.model import Administration, Continuously, Cycle, OnDays, Phase, Route, Window
from workflow.trials.nct01371630.agents import (
    CYCLOPHOSPHAMIDE,
    CYTARABINE,
    DEXAMETHASONE,
    METHOTREXATE,
    VINCRISTINE,
)
from workflow.trials.nct01371630.conditions import COUNTS
from workflow.trials.nct01371630.given import (
    ABOUT_3_HOURS,
    HOUR,
    HOURS_2_TO_6,
    HOURS_24,
    MINUTES_30,
    blinatumomab,
    give,
    intrathecal,
    rituximab,
)
from workflow.trials.nct01371630.sources import record

ODD = record("Arm II, cycles 1, 3 and 5")
EVEN = record("Arm II, cycles 2, 4 and 6")

DAYS_4_TO_21 = Continuously(first_day=4, days=18)
DAYS_2_AND_8 = OnDays((2, 8))

# ── the odd cycles ─────────────────────────────────────────────────────────────────────────────────────────────────

COURSE_A = (
    give(
        "cyclophosphamide",
        Route.IV,
        OnDays((1, 2, 3), times_a_day=2),
        ODD,
        ABOUT_3_HOURS,
        dose=CYCLOPHOSPHAMIDE,
        readings=("A7",),
    ),
    give("vincristine", Route.IV, OnDays((1,)), ODD, MINUTES_30, dose=VINCRISTINE, readings=("A21",)),
    give("dexamethasone", Route.IV_OR_PO, OnDays((1, 2, 3, 4)), ODD, dose=DEXAMETHASONE),
    blinatumomab(DAYS_4_TO_21, ODD, dose=None, readings=("A20",)),
)

INOTUZUMAB_WITH_A = give("inotuzumab", Route.IV, DAYS_2_AND_8, ODD, HOUR, readings=("A20",))
INOTUZUMAB_IN_CYCLE_5 = give("inotuzumab", Route.IV, DAYS_2_AND_8, ODD, HOUR, readings=("A19", "A20"))

WITH_COURSE_A = (
    INOTUZUMAB_WITH_A,
    rituximab((1, 8), ODD, HOURS_2_TO_6),
    intrathecal("methotrexate", 2, ODD),
    intrathecal("cytarabine", 8, ODD),
)

# ── the even cycles ────────────────────────────────────────────────────────────────────────────────────────────────

COURSE_B = (
    give("methotrexate", Route.IV, OnDays((1,)), EVEN, HOURS_24, dose=METHOTREXATE, readings=("A8",)),
    give(
        "cytarabine",
        Route.IV,
        OnDays((2, 3), times_a_day=2),
        EVEN,
        ABOUT_3_HOURS,
        dose=CYTARABINE,
        readings=("A7",),
    ),
    blinatumomab(DAYS_4_TO_21, EVEN, dose=None, readings=("A20",)),
)

WITH_COURSE_B = (
    give("inotuzumab", Route.IV, DAYS_2_AND_8, EVEN, HOUR, readings=("A20",)),
    rituximab((1, 8), EVEN, HOURS_2_TO_6),
    intrathecal("cytarabine", 2, EVEN, readings=("A9",)),
    intrathecal("methotrexate", 8, EVEN),
)

# ── phases ─────────────────────────────────────────────────────────────────────────────────────────────────────────

EVERY_4_WEEKS = Window(28, 28, warn=42)


def _cycle(position: int, *administrations: Administration) -> Cycle:
    return Cycle(
        position=position,
        number=position,
        label=str(position),
        length=EVERY_4_WEEKS,
        source=ODD if position % 2 else EVEN,
        administrations=administrations,
        guards=() if position == 1 else (COUNTS,),
        readings=("A34",) if position == 1 else ("A34", "A40"),
    )


INDUCTION = Phase(
    "induction",
    "Induction",
    cycles=(_cycle(1, *COURSE_A, *WITH_COURSE_A),),
    then="consolidation",
    source=ODD,
)

CONSOLIDATION = Phase(
    "consolidation",
    "Consolidation",
    cycles=(
        _cycle(2, *COURSE_B, *WITH_COURSE_B),
        _cycle(3, *COURSE_A, *WITH_COURSE_A),
        _cycle(4, *COURSE_B, *WITH_COURSE_B),
        _cycle(5, *COURSE_A, INOTUZUMAB_IN_CYCLE_5),
        _cycle(6, *COURSE_B),
    ),
    then="maintenance",
    source=EVEN,
    readings=("A22",),
)
