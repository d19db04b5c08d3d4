"""The guards that stand before the steps of every arm, each with where it comes from."""

from __future__ import annotations

from datetime import date

from workflow.protocol.guards import (
    ConsentGiven,
    CountsRecovered,
    CycleInterval,
    EligibilityRecorded,
    Guard,
    NoOpenHold,
    NoProgression,
    NotBefore,
    NoUnacceptableToxicity,
    StillEligible,
    VisitInterval,
)
from workflow.protocol.model import Source, SourceKind
from workflow.trials.nct01371630.sources import judgement, record, site

STUDY_START = date(2011, 8, 26)
STUDY_END = date(2027, 12, 25)

# ── blood counts ───────────────────────────────────────────────────────────────────────────────────────────────────

VALID_DAYS = 7

COUNTS = CountsRecovered(
    site(f"before each chemotherapy cycle but the first; counts hold for {VALID_DAYS} days"),
    anc="1.0",
    platelets="50",
    valid_days=VALID_DAYS,
)

# The label asks this of patients whose counts were at these levels before treatment.
COUNTS_FOR_INOTUZUMAB = CountsRecovered(
    Source(
        SourceKind.LABEL,
        "inotuzumab ozogamicin, prescribing information, dose modifications: counts before the next cycle"
        f" (that counts hold for {VALID_DAYS} days is the site's)",
    ),
    anc="1.0",
    platelets="50",
    valid_days=VALID_DAYS,
)

# ── steps ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_ELIGIBLE: tuple[Guard, ...] = (
    ConsentGiven(record("inclusion 6")),
    EligibilityRecorded(record("eligibility criteria")),
)
_NO_HOLD = NoOpenHold(judgement("a hold stops every step of treatment until it is lifted"))

TO_REGISTER = _ELIGIBLE

TO_START = (
    *_ELIGIBLE,
    NoUnacceptableToxicity(judgement("treatment does not begin on a toxicity declared unacceptable")),
    _NO_HOLD,
)

TO_VISIT = (VisitInterval(record("follow-up after treatment")),)

TO_CLOSE = (NotBefore(record("study completion date"), STUDY_END, "the planned end of the study"),)


def _goes_on(arm: str) -> Source:
    return record(f"Arm {arm}, condition at the end of each treatment block")


def to_next_cycle(arm: str) -> tuple[Guard, ...]:
    """Before every cycle after the first."""
    return (
        ConsentGiven(judgement("after an amendment the patient consents to it before the next cycle")),
        StillEligible(judgement("who no longer meets a criterion goes on if the investigator says so")),
        NoProgression(_goes_on(arm), response_after="induction"),
        NoUnacceptableToxicity(
            _goes_on(arm),
            open_grade=3,
            open_grade_source=site("an unresolved event of grade 3 or more holds back the next cycle"),
        ),
        _NO_HOLD,
        CycleInterval(record(f"Arm {arm}, length of the cycles")),
    )


def to_complete(arm: str) -> tuple[Guard, ...]:
    """After the last cycle. An open toxicity does not keep a finished treatment from being finished."""
    return (
        CycleInterval(
            judgement("the last cycle runs its length; nothing comes after it that could be late"),
            late_needs_reason=False,
        ),
        NoProgression(_goes_on(arm), response_after="induction"),
        NoUnacceptableToxicity(_goes_on(arm)),
        _NO_HOLD,
    )


def to_switch(arm: str) -> tuple[Guard, ...]:
    """Before maintenance begins early. An open toxicity does not forbid it: it is often the reason."""
    return (
        ConsentGiven(judgement("after an amendment the patient consents to it before the next cycle")),
        NoProgression(_goes_on(arm), response_after="induction"),
        NoUnacceptableToxicity(_goes_on(arm)),
        _NO_HOLD,
    )
