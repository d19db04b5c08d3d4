"""Arm I, for untreated patients: mini-hyper-CVD with inotuzumab, then blinatumomab.

Odd cycles are course A (cyclophosphamide, vincristine, dexamethasone), even ones course B (methotrexate, cytarabine).
The phases take inotuzumab, and the phase that follows, from the protocol version: there the versions differ.
"""

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
    ABOUT_2_HOURS,
    ABOUT_3_HOURS,
    ABOUT_22_HOURS,
    CD20_POSITIVE,
    MINUTES_15_TO_30,
    MINUTES_30,
    blinatumomab,
    give,
    intrathecal,
    rituximab,
)
from workflow.trials.nct01371630.sources import record

Administrations = tuple[Administration, ...]

ODD = record("Arm I, cycles 1, 3, 7 and 9")
EVEN = record("Arm I, cycles 2, 4, 8 and 10")
CYCLES_5_TO_8 = record("Arm I, cycles 5-8")

# ── course A, the odd cycles ───────────────────────────────────────────────────────────────────────────────────────

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
    give("vincristine", Route.IV, OnDays((1, 8)), ODD, MINUTES_30, dose=VINCRISTINE),
    give(
        "dexamethasone",
        Route.IV_OR_PO,
        OnDays((1, 2, 3, 4, 11, 12, 13, 14)),
        ODD,
        dose=DEXAMETHASONE,
        readings=("A4",),
    ),
)

WITH_COURSE_A = (
    intrathecal("methotrexate", 2, ODD),
    intrathecal("cytarabine", 8, ODD),
    rituximab((1, 8), ODD, optional=CD20_POSITIVE),
)

# ── course B, the even cycles ──────────────────────────────────────────────────────────────────────────────────────

COURSE_B = (
    give(
        "methotrexate",
        Route.IV,
        OnDays((1,)),
        EVEN,
        ABOUT_2_HOURS,
        ABOUT_22_HOURS,
        dose=METHOTREXATE,
        readings=("A8",),
    ),
    give(
        "cytarabine",
        Route.IV,
        OnDays((2, 3), times_a_day=2),
        EVEN,
        ABOUT_3_HOURS,
        dose=CYTARABINE,
        readings=("A7",),
    ),
)

WITH_COURSE_B = (
    intrathecal("cytarabine", 5, EVEN, readings=("A9",)),
    intrathecal("methotrexate", 8, EVEN),
    rituximab((1, 8), EVEN, optional=CD20_POSITIVE),
)

# ── phases ─────────────────────────────────────────────────────────────────────────────────────────────────────────

EVERY_3_TO_4_WEEKS = Window(21, 28, warn=42)
EVERY_42_DAYS = Window(42, 42, warn=42)


def _chemotherapy(position: int, label: str, *administrations: Administration) -> Cycle:
    return Cycle(
        position=position,
        number=position,
        label=label,
        length=EVERY_3_TO_4_WEEKS,
        source=ODD if position % 2 else EVEN,
        administrations=administrations,
        guards=() if position == 1 else (COUNTS,),
        readings=("A3", "A34") if position == 1 else ("A3", "A34", "A40"),
    )


def induction(inotuzumab: Administrations) -> Phase:
    """Cycle 1."""
    return Phase(
        "induction",
        "Induction",
        cycles=(_chemotherapy(1, "1", *COURSE_A, *inotuzumab, *WITH_COURSE_A),),
        then="consolidation",
        source=ODD,
    )


def consolidation(cycle_2: Administrations, cycle_3: Administrations, cycle_4: Administrations) -> Phase:
    """Cycles 2-4, each with its inotuzumab."""
    return Phase(
        "consolidation",
        "Consolidation",
        cycles=(
            _chemotherapy(2, "2", *COURSE_B, *cycle_2, *WITH_COURSE_B),
            _chemotherapy(3, "3", *COURSE_A, *cycle_3, *WITH_COURSE_A),
            _chemotherapy(4, "4", *COURSE_B, *cycle_4, *WITH_COURSE_B),
        ),
        then="blinatumomab",
        source=EVEN,
        readings=("A1",),
    )


def blinatumomab_cycles(*, then: str) -> Phase:
    """Four cycles of blinatumomab, printed 5-8: 28 days of infusion, 14 of rest."""
    infusion = blinatumomab(Continuously(first_day=1, days=28), CYCLES_5_TO_8, printed="1-29")

    def dexamethasone(*days: int) -> Administration:
        return give("dexamethasone", Route.IV, OnDays(days), CYCLES_5_TO_8, MINUTES_15_TO_30, readings=("A11",))

    first, later = dexamethasone(1, 3), dexamethasone(1)
    return Phase(
        "blinatumomab",
        "Blinatumomab",
        cycles=tuple(
            Cycle(
                position=position,
                number=position,
                label=str(position),
                length=EVERY_42_DAYS,
                source=CYCLES_5_TO_8,
                administrations=(infusion, first if position == 5 else later),
                readings=("A12", "A34"),
            )
            for position in (5, 6, 7, 8)
        ),
        then=then,
        source=CYCLES_5_TO_8,
        readings=("A1",),
    )


def late_consolidation() -> Phase:
    """Four more cycles of chemotherapy alone, printed 7-10."""
    return Phase(
        "late_consolidation",
        "Late consolidation",
        cycles=(
            _chemotherapy(9, "7", *COURSE_A),
            _chemotherapy(10, "8", *COURSE_B),
            _chemotherapy(11, "9", *COURSE_A),
            _chemotherapy(12, "10", *COURSE_B),
        ),
        then="maintenance",
        source=ODD,
        readings=("A1", "A2"),
    )
