"""By which clock an answer was read, in words."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workflow.desk.trial import Trial

NOW = "by what stands now"


def said(as_of: date | None, known_by: date | None, zone: str | None) -> str | None:
    """None where it is of today, by what stands now. ``zone`` is the one in which the days are."""
    known = known_at(known_by, zone) if known_by is not None else NOW
    if as_of in (None, known_by):
        return known if known_by is not None else None
    return f"as of {as_of}, {known}" if known_by is not None else f"as of {as_of}{_days(zone)}, {known}"


def of(trial: Trial, as_of: date | None, known_by: date | None) -> str | None:
    """The same of an answer that does not say its zone. Who asks about no day need not be told which it is."""
    if as_of is None and known_by is None:
        return None
    return said(as_of, known_by, trial.zone(known_by=known_by))


def known_at(known_by: date, zone: str | None) -> str:
    return f"as known at the end of {known_by}{_days(zone)}"


def _days(zone: str | None) -> str:
    return f" in {zone}" if zone is not None else " by this machine's clock"
