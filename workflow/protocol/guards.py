"""The guards a protocol can declare, as data: what each asks for and where that stands. The engine evaluates them.

``name`` is the guard's slug, ``source`` where its parameters come from. Sequence, dates, roles and death are not
declared: they hold everywhere.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from workflow.protocol.source import Source
from workflow.protocol.value import Tagged


class ConsentGiven(Tagged, frozen=True):
    """Written informed consent to the protocol version the patient is under, dated no later than the step."""

    name: ClassVar[str] = "consent"
    source: Source


class EligibilityRecorded(Tagged, frozen=True):
    """Every criterion answered, and answered so that the patient qualifies for the arm."""

    name: ClassVar[str] = "eligibility"
    source: Source


class StillEligible(Tagged, frozen=True):
    """Nothing was found not met at the latest eligibility assessment. What was found since, an investigator weighs."""

    name: ClassVar[str] = "eligibility"
    source: Source


class NoProgression(Tagged, frozen=True):
    """No progression and no relapse since treatment began.

    With ``response_after`` a phase, "no response" once that phase has begun holds back the cycles after it too.
    """

    name: ClassVar[str] = "progression"
    source: Source
    response_after: str | None = None


class NoUnacceptableToxicity(Tagged, frozen=True):
    """No adverse event declared unacceptable, and none open from ``open_grade`` up that is attributed to treatment.

    A non-haematological one whose attribution nobody has recorded counts too.
    """

    name: ClassVar[str] = "toxicity"
    source: Source
    open_grade: int | None = None
    open_grade_source: Source | None = None


class CountsRecovered(Tagged, frozen=True):
    """Blood counts at or above these levels (x10^9/L), taken at most ``valid_days`` days before the step."""

    name: ClassVar[str] = "counts"
    source: Source
    anc: str
    platelets: str
    valid_days: int


class NoOpenHold(Tagged, frozen=True):
    """No hold is open."""

    name: ClassVar[str] = "hold"
    source: Source


class CycleInterval(Tagged, frozen=True):
    """The running cycle's length has passed; where ``late_needs_reason``, a step later than due needs one."""

    name: ClassVar[str] = "interval"
    source: Source
    late_needs_reason: bool = True


class VisitInterval(Tagged, frozen=True):
    """The visit that the state waits for is open; a visit after its window needs a reason."""

    name: ClassVar[str] = "visit"
    source: Source


class WithinPeriod(Tagged, frozen=True):
    """``years`` from the first day of ``phase`` are not over: no further cycle starts after them."""

    name: ClassVar[str] = "period"
    source: Source
    phase: str
    years: int


class PeriodEnded(Tagged, frozen=True):
    """``years`` from the first day of ``phase`` are over: it can end before its last cycle."""

    name: ClassVar[str] = "period"
    source: Source
    phase: str
    years: int


class NotBefore(Tagged, frozen=True):
    """Not before a calendar date."""

    name: ClassVar[str] = "not_before"
    source: Source
    day: date
    what: str


Guard = (
    ConsentGiven
    | EligibilityRecorded
    | StillEligible
    | NoProgression
    | NoUnacceptableToxicity
    | CountsRecovered
    | NoOpenHold
    | CycleInterval
    | VisitInterval
    | WithinPeriod
    | PeriodEnded
    | NotBefore
)
