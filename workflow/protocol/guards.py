"""The guards a protocol can declare, as data: what each asks for and where that stands. The engine evaluates them.

``name`` is the guard's slug, ``source`` where its parameters come from. Sequence, dates, roles and death are not
declared: they hold everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from workflow.protocol.source import Source


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """Written informed consent to the protocol version the patient is under, dated no later than the step."""

    name: ClassVar[str] = "consent"
    source: Source


@dataclass(frozen=True, slots=True)
class EligibilityRecorded:
    """Every criterion answered, and answered so that the patient qualifies for the arm."""

    name: ClassVar[str] = "eligibility"
    source: Source


@dataclass(frozen=True, slots=True)
class NoProgression:
    """No progression and no relapse since treatment began.

    With ``response_after`` a phase, "no response" once that phase has begun holds back the cycles after it too.
    """

    name: ClassVar[str] = "progression"
    source: Source
    response_after: str | None = None


@dataclass(frozen=True, slots=True)
class NoUnacceptableToxicity:
    """No adverse event declared unacceptable, and none open from ``open_grade`` up that is attributed to treatment.

    A non-haematological one whose attribution nobody has recorded counts too.
    """

    name: ClassVar[str] = "toxicity"
    source: Source
    open_grade: int | None = None
    open_grade_source: Source | None = None


@dataclass(frozen=True, slots=True)
class CountsRecovered:
    """Blood counts at or above these levels (x10^9/L), taken at most ``valid_days`` days before the step."""

    name: ClassVar[str] = "counts"
    source: Source
    anc: str
    platelets: str
    valid_days: int


@dataclass(frozen=True, slots=True)
class NoOpenHold:
    """No hold is open."""

    name: ClassVar[str] = "hold"
    source: Source


@dataclass(frozen=True, slots=True)
class CycleInterval:
    """The running cycle's length has passed; where ``late_needs_reason``, a step later than due needs one."""

    name: ClassVar[str] = "interval"
    source: Source
    late_needs_reason: bool = True


@dataclass(frozen=True, slots=True)
class VisitInterval:
    """The visit that the state waits for is open; a visit after its window needs a reason."""

    name: ClassVar[str] = "visit"
    source: Source


@dataclass(frozen=True, slots=True)
class WithinPeriod:
    """``years`` from the first day of ``phase`` are not over: no further cycle starts after them."""

    name: ClassVar[str] = "period"
    source: Source
    phase: str
    years: int


@dataclass(frozen=True, slots=True)
class PeriodEnded:
    """``years`` from the first day of ``phase`` are over: it can end before its last cycle."""

    name: ClassVar[str] = "period"
    source: Source
    phase: str
    years: int


@dataclass(frozen=True, slots=True)
class NotBefore:
    """Not before a calendar date."""

    name: ClassVar[str] = "not_before"
    source: Source
    day: date
    what: str


Guard = (
    ConsentGiven
    | EligibilityRecorded
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
