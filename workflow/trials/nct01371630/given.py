"""How an administration is written in the arms: agent, route, days, place in the record, infusion time."""

from __future__ import annotations

from workflow.protocol.model import (
    Administration,
    Dose,
    InfusionTime,
    OnDays,
    Optional,
    Route,
    Source,
    Timing,
)
from workflow.trials.nct01371630.agents import BLINATUMOMAB, RITUXIMAB
from workflow.trials.nct01371630.sources import UNTREATED_ASH_2023

MINUTES_15_TO_30 = InfusionTime(15, 30)
MINUTES_30 = InfusionTime(30, 30)
HOUR = InfusionTime(60, 60)
ABOUT_1_HOUR = InfusionTime(60, 60, about=True)
ABOUT_2_HOURS = InfusionTime(120, 120, about=True)
HOURS_2_TO_6 = InfusionTime(120, 360)
ABOUT_3_HOURS = InfusionTime(180, 180, about=True)
ABOUT_22_HOURS = InfusionTime(1320, 1320, about=True)
HOURS_24 = InfusionTime(1440, 1440)

CD20_POSITIVE = Optional("CD20 on at least 20 % of the leukaemic cells", UNTREATED_ASH_2023)


def give(
    agent: str,
    route: Route,
    timing: Timing,
    at: Source,
    *over: InfusionTime,
    key: str | None = None,
    dose: Dose | None = None,
    optional: Optional | None = None,
    printed: str = "",
    readings: tuple[str, ...] = (),
) -> Administration:
    """``agent`` by ``route``, as it stands ``at`` that place, infused ``over`` these times one after another."""
    return Administration(
        key=key or agent,
        agent=agent,
        route=route,
        timing=timing,
        source=at,
        steps=over,
        optional=optional,
        dose=dose,
        printed=printed,
        readings=readings,
    )


def intrathecal(agent: str, day: int, at: Source, *, readings: tuple[str, ...] = ()) -> Administration:
    """One intrathecal dose; its key tells it from the same agent's infusions in the cycle."""
    return give(agent, Route.IT, OnDays((day,)), at, key=f"{agent}_it", readings=readings)


def rituximab(
    days: tuple[int, ...],
    at: Source,
    *over: InfusionTime,
    dose: Dose | None = RITUXIMAB,
    optional: Optional | None = None,
) -> Administration:
    return give("rituximab", Route.IV, OnDays(days), at, *over, dose=dose, optional=optional, readings=("A6",))


def blinatumomab(
    timing: Timing,
    at: Source,
    *,
    dose: Dose | None = BLINATUMOMAB,
    printed: str = "",
    readings: tuple[str, ...] = (),
) -> Administration:
    """A continuous infusion; the pump comes off 24 hours after the last day began."""
    return give("blinatumomab", Route.CIVI, timing, at, dose=dose, printed=printed, readings=("A10", *readings))
