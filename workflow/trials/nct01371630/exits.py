"""The ways out of the planned path, each declared once for all the states it leaves, each with its coded reasons.

An exit reports what has happened, so no clinical guard holds it back. The switch to maintenance is another matter: it
goes on with treatment, and treatment has its conditions.
"""

from __future__ import annotations

from workflow.protocol.model import ExitPath, Purpose, Source
from workflow.trials.nct01371630.conditions import to_switch
from workflow.trials.nct01371630.sources import RELAPSED_2023, UNTREATED_2023, judgement, record

ON_STUDY = ("screening", "enrolled", "treatment", "follow_up")


def _off_treatment(
    trigger: str, title: str, codes: tuple[str, ...], purpose: Purpose, source: Source, *readings: str
) -> ExitPath:
    return ExitPath(trigger, ("treatment",), "follow_up.day_30", title, codes, purpose, source, readings=readings)


def _off_study(
    trigger: str,
    leaves: tuple[str, ...],
    title: str,
    codes: tuple[str, ...],
    purpose: Purpose,
    source: Source,
    *readings: str,
) -> ExitPath:
    return ExitPath(trigger, leaves, "off_study", title, codes, purpose, source, readings=readings)


# ── disease ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _disease(arm: str) -> tuple[ExitPath, ...]:
    goes_on = record(f"Arm {arm}, condition at the end of each treatment block")
    return (
        _off_treatment(
            "progression",
            "Disease progression",
            ("marrow", "extramedullary", "cns"),
            Purpose.PROGRESSION,
            goes_on,
            "A32",
        ),
        _off_treatment(
            "relapse",
            "Relapse",
            ("marrow", "extramedullary", "cns", "combined"),
            Purpose.PROGRESSION,
            judgement("disease that comes back is progression of another kind, counted apart"),
            "A32",
        ),
        _off_treatment(
            "refractory",
            "No response after induction",
            ("no_response",),
            Purpose.PROGRESSION,
            judgement("no response after induction ends treatment as progression does"),
            "A32",
        ),
        _off_treatment(
            "unacceptable_toxicity",
            "Unacceptable toxicity",
            ("adverse_event",),
            Purpose.TOXICITY,
            goes_on,
            "A32",
        ),
    )


# ── another way of treatment ───────────────────────────────────────────────────────────────────────────────────────

TRANSPLANT = _off_treatment(
    "transplant",
    "Stem cell transplant",
    ("first_remission", "later_remission", "other"),
    Purpose.OTHER,
    RELAPSED_2023,
    "A35",
)

STOP_CODES = ("patient_decision", "physician_decision", "intercurrent_illness")

STOP = _off_treatment(
    "stop_treatment",
    "Treatment stopped early",
    STOP_CODES,
    Purpose.OTHER,
    judgement("a patient may stop treatment and stay in follow-up"),
    "A31",
)

STOP_ARM_III = _off_treatment(
    "stop_treatment",
    "Treatment stopped early",
    (*STOP_CODES, "fewer_cycles"),
    Purpose.OTHER,
    record("Arm III, consolidation (cycles 2-5), number of cycles"),
    "A27",
    "A31",
)


def _switch(arm: str) -> ExitPath:
    return ExitPath(
        "switch_to_maintenance",
        ("treatment",),
        "maintenance",
        "Switch to maintenance early",
        ("poor_function", "infections", "prolonged_myelosuppression", "other"),
        Purpose.OTHER,
        UNTREATED_2023,
        guards=to_switch(arm),
    )


# ── off the study ──────────────────────────────────────────────────────────────────────────────────────────────────

_LEAVES_STUDY = judgement("follow-up lasts until death, withdrawal, loss to follow-up or the end of the study")

OFF_STUDY = (
    _off_study(
        "withdraw",
        ON_STUDY,
        "Withdrawal from the study",
        ("consent_withdrawn", "moved_away", "other"),
        Purpose.WITHDRAWAL,
        _LEAVES_STUDY,
        "A31",
    ),
    _off_study(
        "lost_to_follow_up",
        ON_STUDY,
        "Lost to follow-up",
        ("no_contact",),
        Purpose.LOSS,
        _LEAVES_STUDY,
        "A31",
    ),
    _off_study(
        "death",
        ON_STUDY,
        "Death",
        (
            "disease",
            "infection",
            "sinusoidal_obstruction_syndrome",
            "transplant_related",
            "secondary_malignancy",
            "other",
            "unknown",
        ),
        Purpose.DEATH,
        _LEAVES_STUDY,
        "A31",
    ),
    _off_study(
        "screen_failure",
        ("screening",),
        "Screening failed",
        ("not_eligible", "consent_refused", "other"),
        Purpose.OTHER,
        record("eligibility criteria"),
    ),
    _off_study(
        "never_treated",
        ("enrolled",),
        "Treatment never began",
        ("patient_decision", "physician_decision", "disease", "other"),
        Purpose.OTHER,
        judgement("a registered patient may not come to treatment; there is no last dose to follow up from"),
    ),
)

# ── by arm ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def exits(arm: str, *, maintenance: bool) -> tuple[ExitPath, ...]:
    """The ways out of an arm; one with maintenance can switch to it early, one without may give fewer cycles."""
    if maintenance:
        return (*_disease(arm), TRANSPLANT, STOP, _switch(arm), *OFF_STUDY)
    return (*_disease(arm), TRANSPLANT, STOP_ARM_III, *OFF_STUDY)
