"""Maintenance with POMP (mercaptopurine, vincristine, methotrexate, prednisone) and blinatumomab, in Arms I and II.

In the record the four drugs run by the calendar, beside cycles of 42 days that only blinatumomab follows. In the
version of March 2017 they are given in the POMP cycles themselves.
"""

from __future__ import annotations

from workflow.protocol.model import (
    Administration,
    ByCalendar,
    CalendarEnd,
    Continuously,
    Cycle,
    Every,
    OnDays,
    Phase,
    Route,
    Source,
    Window,
)
from workflow.trials.nct01371630.agents import (
    MERCAPTOPURINE,
    METHOTREXATE_WEEKLY,
    PREDNISONE,
    VINCRISTINE,
)
from workflow.trials.nct01371630.given import MINUTES_30, blinatumomab, give
from workflow.trials.nct01371630.sources import judgement, record

WITH_BLINATUMOMAB = (4, 8, 12, 16)

EVERY_42_DAYS = Window(42, 42, warn=42)
EVERY_28_DAYS = Window(28, 28, warn=42)

# ── as in the record: three years ──────────────────────────────────────────────────────────────────────────────────

CYCLES = 26  # whole cycles of 42 days in three years


def three_years(arm: str, *, first_position: int) -> Phase:
    at = record(f"Arm {arm}, maintenance")
    infusion = _blinatumomab(at)
    return Phase(
        "maintenance",
        "Maintenance",
        cycles=tuple(
            Cycle(
                position=first_position + number - 1,
                number=number,
                label=str(number),
                length=EVERY_42_DAYS,
                source=at,
                administrations=(infusion,) if number in WITH_BLINATUMOMAB else (),
                readings=("A34",),
            )
            for number in range(1, CYCLES + 1)
        ),
        then=None,
        source=at,
        administrations=(
            give(
                "mercaptopurine",
                Route.PO,
                ByCalendar(Every.DAY, years=3, times_a_day=2),
                at,
                dose=MERCAPTOPURINE,
                readings=("A15", "A17"),
            ),
            give(
                "methotrexate",
                Route.PO,
                ByCalendar(Every.WEEK, years=3),
                at,
                dose=METHOTREXATE_WEEKLY,
                readings=("A15", "A17"),
            ),
            give(
                "vincristine",
                Route.IV,
                ByCalendar(Every.MONTH, years=1),
                at,
                MINUTES_30,
                dose=VINCRISTINE,
                readings=("A13", "A17"),
            ),
            give(
                "prednisone",
                Route.PO,
                ByCalendar(Every.MONTH, years=1, run_days=5),
                at,
                dose=PREDNISONE,
                readings=("A13", "A17"),
            ),
        ),
        end=CalendarEnd(3, at, readings=("A14", "A17")),
        readings=("A14", "A16"),
    )


# ── as amended in March 2017: sixteen cycles ───────────────────────────────────────────────────────────────────────


def sixteen_cycles(published: Source, *, first_position: int) -> Phase:
    infusion = (_blinatumomab(published),)
    pomp = _pomp(published)
    return Phase(
        "maintenance",
        "Maintenance",
        cycles=tuple(
            Cycle(
                position=first_position + number - 1,
                number=number,
                label=str(number),
                length=EVERY_42_DAYS if number in WITH_BLINATUMOMAB else EVERY_28_DAYS,
                source=published,
                administrations=infusion if number in WITH_BLINATUMOMAB else pomp,
                readings=("A34",) if number in WITH_BLINATUMOMAB else ("A34", "A41"),
            )
            for number in range(1, 17)
        ),
        then=None,
        source=published,
        readings=("A14", "A16"),
    )


def _pomp(published: Source) -> tuple[Administration, ...]:
    """One POMP cycle of 28 days."""
    every_day = tuple(range(1, 29))
    daily = judgement("mercaptopurine on every day of a POMP cycle, as it is without a break in the record")
    return (
        give(
            "vincristine",
            Route.IV,
            OnDays((1,)),
            published,
            MINUTES_30,
            dose=VINCRISTINE,
            readings=("A13", "A43"),
        ),
        give("prednisone", Route.PO, OnDays((1, 2, 3, 4, 5)), published, dose=PREDNISONE, readings=("A13",)),
        give(
            "mercaptopurine",
            Route.PO,
            OnDays(every_day, times_a_day=2),
            daily,
            dose=MERCAPTOPURINE,
            readings=("A15",),
        ),
        give(
            "methotrexate",
            Route.PO,
            OnDays((1, 8, 15, 22)),
            published,
            dose=METHOTREXATE_WEEKLY,
            readings=("A15",),
        ),
    )


def _blinatumomab(at: Source) -> Administration:
    return blinatumomab(Continuously(first_day=1, days=28), at, readings=("A18",))
