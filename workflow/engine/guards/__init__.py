"""The guards, evaluated: pure functions to the reasons that there are to say no. All of them are asked, always.

A guard sees what is dated up to the day it is asked about: what happened later holds back nothing that had happened
before. A value that a guard needs and does not have, or that is too old, is a reason, never a pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workflow.engine.guards import taking_part, timing, treatment
from workflow.engine.guards.situation import Reasons, Situation
from workflow.protocol import guards as declared

# What a protocol can declare.
EVALUATE: dict[type, Callable[[Any, Situation], Reasons]] = {
    declared.ConsentGiven: taking_part.consent,
    declared.EligibilityRecorded: taking_part.eligibility,
    declared.StillEligible: taking_part.still_eligible,
    declared.NoProgression: treatment.progression,
    declared.NoUnacceptableToxicity: treatment.toxicity,
    declared.CountsRecovered: treatment.counts,
    declared.NoOpenHold: treatment.hold,
    declared.CycleInterval: timing.cycle_interval,
    declared.VisitInterval: timing.visit_interval,
    declared.WithinPeriod: timing.within_period,
    declared.PeriodEnded: timing.period_ended,
    declared.NotBefore: timing.not_before,
}

__all__ = ["EVALUATE", "Reasons", "Situation"]
