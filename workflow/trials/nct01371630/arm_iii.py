"""Arm III, for untreated patients of 70 and older: inotuzumab and blinatumomab, little chemotherapy, no maintenance."""

from __future__ import annotations

from workflow.protocol.model import Administration, Continuously, Cycle, OnDays, Phase, Route, Window
from workflow.trials.nct01371630.conditions import COUNTS_FOR_INOTUZUMAB
from workflow.trials.nct01371630.given import (
    CD20_POSITIVE,
    HOUR,
    MINUTES_30,
    blinatumomab,
    give,
    intrathecal,
    rituximab,
)
from workflow.trials.nct01371630.sources import record

CYCLE_1 = record("Arm III, induction (cycle 1)")
PROPHYLAXIS = record("Arm III, intrathecal prophylaxis")
CYCLES_2_TO_5 = record("Arm III, consolidation (cycles 2-5)")

EVERY_42_DAYS = Window(42, 42, warn=42)

# ── intrathecal prophylaxis, cycles 1-4 ────────────────────────────────────────────────────────────────────────────

IN_CYCLES_1_AND_3 = (
    intrathecal("methotrexate", 2, PROPHYLAXIS, readings=("A26",)),
    intrathecal("cytarabine", 8, PROPHYLAXIS, readings=("A26",)),
)

IN_CYCLES_2_AND_4 = (
    intrathecal("cytarabine", 2, PROPHYLAXIS, readings=("A9", "A26")),
    intrathecal("methotrexate", 8, PROPHYLAXIS, readings=("A26",)),
)

# ── phases ─────────────────────────────────────────────────────────────────────────────────────────────────────────

INDUCTION = Phase(
    "induction",
    "Induction",
    cycles=(
        Cycle(
            position=1,
            number=1,
            label="1",
            length=EVERY_42_DAYS,
            source=CYCLE_1,
            administrations=(
                give("dexamethasone", Route.IV_OR_PO, OnDays((1, 2, 3, 4)), CYCLE_1),
                give("vincristine", Route.IV, OnDays((1,)), CYCLE_1, MINUTES_30),
                give("inotuzumab", Route.IV, OnDays((1, 8)), CYCLE_1, HOUR),
                blinatumomab(Continuously(first_day=15, days=14), CYCLE_1, dose=None),
                rituximab((2, 9), CYCLE_1, dose=None, optional=CD20_POSITIVE),
                *IN_CYCLES_1_AND_3,
            ),
            readings=("A24", "A34"),
        ),
    ),
    then="consolidation",
    source=CYCLE_1,
)

BLINATUMOMAB = blinatumomab(Continuously(first_day=1, days=28), CYCLES_2_TO_5, dose=None)

IN_CYCLES_2_TO_4 = (
    give("inotuzumab", Route.IV, OnDays((1, 8)), CYCLES_2_TO_5, HOUR),
    rituximab((2, 9), CYCLES_2_TO_5, dose=None, optional=CD20_POSITIVE),
)


def _cycle(position: int, *administrations: Administration) -> Cycle:
    with_inotuzumab = any(given.agent == "inotuzumab" for given in administrations)
    return Cycle(
        position=position,
        number=position,
        label=str(position),
        length=EVERY_42_DAYS,
        source=CYCLES_2_TO_5,
        administrations=administrations,
        guards=(COUNTS_FOR_INOTUZUMAB,) if with_inotuzumab else (),
        readings=("A34", "A40") if with_inotuzumab else ("A34",),
    )


CONSOLIDATION = Phase(
    "consolidation",
    "Consolidation",
    cycles=(
        _cycle(2, BLINATUMOMAB, *IN_CYCLES_2_TO_4, *IN_CYCLES_2_AND_4),
        _cycle(3, BLINATUMOMAB, *IN_CYCLES_2_TO_4, *IN_CYCLES_1_AND_3),
        _cycle(4, BLINATUMOMAB, *IN_CYCLES_2_TO_4, *IN_CYCLES_2_AND_4),
        _cycle(5, BLINATUMOMAB),
    ),
    then=None,
    source=CYCLES_2_TO_5,
    readings=("A27", "A28"),
)
