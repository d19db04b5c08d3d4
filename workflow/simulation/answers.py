"""What people do about a refusal: for each reason, what lifts it.

``get`` asks for a step until it is given. Between two attempts it does what the reasons of the last one call for, as
somebody does who has read them; there is an answer here for every reason that can come up, and no way round one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from workflow.desk.request import Actor
from workflow.report.views import Reason
from workflow.simulation import events, exits
from workflow.simulation.chances import (
    LATE_REASONS,
    LATE_VISIT_REASONS,
    LONG_DELAY_REASONS,
    PROGRESSION_SITES,
    RELAPSE_SITES,
)
from workflow.simulation.patient import Patient

FORGETFUL = 0.4  # of those who are late: give the reason only when asked for it
LONG_DELAY = 21  # days
OVERRIDES_COUNTS = 0.08
OVERRIDES_TOXICITY = 0.15
OVERRIDES_EARLY = 0.15  # where nothing else is against it
SECOND_LOOK = 0.2  # of those without a response: looked at again, and better


@dataclass(slots=True)
class Asking:
    """How a step is asked for; the reasons of a refusal change it."""

    trigger: str | None
    by: Actor
    code: str | None = None
    reason: str | None = None  # as it is told
    override: bool = False
    cause: str = ""  # of a delay, as far as it is known
    against: int = 0  # how many reasons there were


Answer = Callable[[Patient, Reason, Asking], None]


def get(patient: Patient, trigger: str | None, *, code: str | None = None, by: Actor | None = None) -> None:
    """Ask for a step until it is given, or until something else has come to pass meanwhile."""
    asking = Asking(trigger, by or patient.at_desk(), code, reason=_foreseen(patient))
    before = patient.state
    while True:
        result = patient.ask(
            asking.trigger, by=asking.by, code=asking.code, reason=asking.reason, override=asking.override
        )
        if result.allowed:
            return
        asking.against = len(result.reasons)
        called_for: dict[Answer, Reason] = {}
        for reason in result.reasons:
            called_for.setdefault(ANSWERS[reason.code], reason)
        for answer, reason in called_for.items():
            answer(patient, reason, asking)
            if patient.state != before:
                return


def _foreseen(patient: Patient) -> str | None:
    """Who knows that they are late may say why without being asked."""
    late = patient.window is not None and patient.day > patient.window.last
    return _why_late(patient, "") if late and not patient.chance(FORGETFUL) else None


def _why_late(patient: Patient, cause: str) -> str:
    if cause:
        return cause
    if patient.place.visit is not None:
        return patient.dice.choice(LATE_VISIT_REASONS)
    assert patient.window is not None
    long = patient.day > patient.window.last + timedelta(days=LONG_DELAY)
    return patient.dice.choice(LONG_DELAY_REASONS if long else LATE_REASONS)


# ── before treatment ───────────────────────────────────────────────────────────────────────────────────────────────


def consent(patient: Patient) -> None:
    patient.record(patient.trial.record_consent)


def eligibility(patient: Patient, route: str, answered: dict[str, bool | None]) -> None:
    patient.route = route
    patient.record(patient.trial.record_eligibility, route=route, answers=answered, others_in_order=True)


def _consent(patient: Patient, reason: Reason, asking: Asking) -> None:
    consent(patient)


def _unknown(patient: Patient, reason: Reason, asking: Asking) -> None:
    """The results come in after some days; now and then they are bad."""
    patient.wait(patient.later(1, 8))
    bad = patient.chance(0.08)
    eligibility(patient, patient.route, {"EX04": True} if bad else {})


def _not_eligible(patient: Patient, reason: Reason, asking: Asking) -> None:
    patient.wait(patient.later(0, 3))
    exits.leave(patient, "screen_failure", "not_eligible")


def _another_arm(patient: Patient, reason: Reason, asking: Asking) -> None:
    _override(patient, asking, "the arm fits this patient better; discussed with the principal investigator")


# ── blood, toxicity, holds ─────────────────────────────────────────────────────────────────────────────────────────


def take_counts(patient: Patient) -> None:
    """Blood counts of today, low until the marrow has recovered."""
    anc, platelets = patient.dice.uniform(1.0, 6.5), patient.dice.randint(52, 310)
    if patient.day < patient.recovers_on:
        low = patient.pick({"both": 5, "anc": 3, "platelets": 3})
        anc = patient.dice.uniform(0.0, 0.98) if low != "platelets" else anc
        platelets = patient.dice.randint(8, 49) if low != "anc" else platelets
    patient.record(patient.trial.record_counts, anc=f"{anc:.1f}" if anc >= 1 else f"{anc:.2f}", platelets=platelets)


def _no_counts(patient: Patient, reason: Reason, asking: Asking) -> None:
    take_counts(patient)


def _low_counts(patient: Patient, reason: Reason, asking: Asking) -> None:
    asking.cause = "waited for the blood counts to recover"
    if patient.chance(OVERRIDES_COUNTS):
        _override(patient, asking, "counts held down by the disease itself; waiting would do more harm")
        return
    patient.wait(patient.later(3, 7))
    take_counts(patient)


def _open_toxicity(patient: Patient, reason: Reason, asking: Asking) -> None:
    """Wait until the event is over; or an investigator takes it on themselves to go on all the same."""
    asking.cause = "waited for an adverse event to resolve"
    over = patient.events.get(reason.evidence[0], patient.day)
    if patient.chance(OVERRIDES_TOXICITY):
        _override(patient, asking, "stable and under treatment; discussed with the patient, who wishes to go on")
        return
    patient.wait(max(over, patient.later(1, 2)))


def _not_judged(patient: Patient, reason: Reason, asking: Asking) -> None:
    events.judge(patient, reason.evidence[0])


def _on_hold(patient: Patient, reason: Reason, asking: Asking) -> None:
    asking.cause = "treatment was on hold"
    patient.wait(max(patient.hold_until or patient.day, patient.later(1, 2)))


def _unacceptable(patient: Patient, reason: Reason, asking: Asking) -> None:
    exits.leave(patient, "unacceptable_toxicity", "adverse_event")


def _fatal(patient: Patient, reason: Reason, asking: Asking) -> None:
    exits.die(patient, "other")


# ── the disease ────────────────────────────────────────────────────────────────────────────────────────────────────


def _progression(patient: Patient, reason: Reason, asking: Asking) -> None:
    exits.leave(patient, "progression", patient.pick(PROGRESSION_SITES))


def _relapse(patient: Patient, reason: Reason, asking: Asking) -> None:
    exits.leave(patient, "relapse", patient.pick(RELAPSE_SITES))


def _no_response(patient: Patient, reason: Reason, asking: Asking) -> None:
    if patient.chance(SECOND_LOOK):
        asking.cause = "waited for a second look at the marrow"
        patient.wait(patient.later(6, 12))
        patient.remission = True
        patient.record(patient.trial.record_response, response="CRi", mrd="positive")
        return
    exits.leave(patient, "refractory", "no_response")


# ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _early(patient: Patient, reason: Reason, asking: Asking) -> None:
    if asking.against == 1 and patient.on_treatment and patient.chance(OVERRIDES_EARLY):
        _override(patient, asking, "the day unit is closed over the holidays; nothing speaks against these few days")
        return
    assert patient.window is not None
    patient.wait(patient.window.opens)


def _late(patient: Patient, reason: Reason, asking: Asking) -> None:
    asking.reason = _why_late(patient, asking.cause)


def _no_more_cycles(patient: Patient, reason: Reason, asking: Asking) -> None:
    asking.trigger = None  # whatever leads forward


# ── people ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _override(patient: Patient, asking: Asking, reason: str) -> None:
    asking.override, asking.reason = True, reason
    if not patient.chance(exits.UNAWARE):
        asking.by = patient.investigator


def _ask_an_investigator(patient: Patient, reason: Reason, asking: Asking) -> None:
    asking.by = patient.investigator


ANSWERS: dict[str, Answer] = {
    "consent.missing": _consent,
    "counts.anc": _low_counts,
    "counts.missing": _no_counts,
    "counts.old": _no_counts,
    "counts.platelets": _low_counts,
    "eligibility.arm": _another_arm,
    "eligibility.not_met": _not_eligible,
    "eligibility.unknown": _unknown,
    "hold.open": _on_hold,
    "interval.early": _early,
    "interval.late": _late,
    "period.over": _no_more_cycles,
    "progression.no_response": _no_response,
    "progression.progression": _progression,
    "progression.relapse": _relapse,
    "role.not_permitted": _ask_an_investigator,
    "role.override": _ask_an_investigator,
    "sequence.not_from_here": _no_more_cycles,
    "toxicity.fatal": _fatal,
    "toxicity.open": _open_toxicity,
    "toxicity.unacceptable": _unacceptable,
    "toxicity.unattributed": _not_judged,
    "visit.early": _early,
}
