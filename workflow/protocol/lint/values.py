"""P050-P057: single values that cannot be right, whatever else the protocol says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from workflow.protocol import patient_id
from workflow.protocol.guards import CountsRecovered, NoUnacceptableToxicity
from workflow.protocol.lint.finding import check
from workflow.protocol.lint.subject import Subject
from workflow.protocol.model import AgentAction, Arm, Criterion, CriterionKind, Dose, Protocol, ToxicityRule

GRADES = range(1, 6)


@check("P050", "criterion-id", "A criterion's id is not 1 to 8 capitals and digits that begin with a capital.")
def criterion_id(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, criterion in subject.each(Criterion):
        if not re.fullmatch(r"[A-Z][A-Z0-9]{0,7}", criterion.id):  # as SDTM's IETESTCD
            yield where, f"{criterion.id!r} is no id for a criterion"


@check("P051", "criterion-parent", "A part of a criterion has no parent, or a criterion is its own ancestor.")
def criterion_parent(subject: Subject) -> Iterator[tuple[str, str]]:
    parents = {criterion.id: criterion.parent for criterion in subject.protocol.criteria}
    for where, criterion in subject.each(Criterion):
        if criterion.kind is CriterionKind.PART and criterion.parent is None:
            yield where, "is a part, and does not say of which criterion"
        seen, above = {criterion.id}, criterion.parent
        while above is not None and above not in seen:
            seen.add(above)
            above = parents.get(above)
        if above == criterion.id:
            yield where, "is its own ancestor"


@check("P052", "patient-id-pattern", "The pattern of patient ids cannot be used.")
def patient_id_pattern(subject: Subject) -> Iterator[tuple[str, str]]:
    wrong = patient_id.check(subject.protocol.patient_id)
    if wrong is not None:
        yield "", f"{subject.protocol.patient_id!r} {wrong}"


@check(
    "P053",
    "not-an-amount",
    "A dose or a blood count is no positive decimal, or a count is valid for less than no time.",
)
def not_an_amount(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, dose in subject.each(Dose):
        if not _positive(dose.amount):
            yield where, f"{dose.amount!r} is no amount"
    for where, counts in subject.each(CountsRecovered):
        for value in (counts.anc, counts.platelets):
            if not _positive(value):
                yield where, f"{value!r} is no blood count"
        if counts.valid_days < 0:
            yield where, f"counts are valid for {counts.valid_days} days"


@check(
    "P054",
    "grade-out-of-range",
    "A grade is not 1 to 5, or a hold does not end below the grade it begins at.",
)
def grade_out_of_range(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, rule in subject.each(ToxicityRule):
        if rule.grade not in GRADES:
            yield where, f"there is no grade {rule.grade}"
        if rule.until_grade is not None:
            if rule.action is not AgentAction.HOLD:
                yield where, f"stops the agent for good, and yet until grade {rule.until_grade}"
            elif not 0 <= rule.until_grade < rule.grade:
                yield where, f"holds from grade {rule.grade} until grade {rule.until_grade}"
    for where, guard in subject.each(NoUnacceptableToxicity):
        if guard.open_grade is not None and guard.open_grade not in GRADES:
            yield where, f"there is no grade {guard.open_grade}"


@check("P055", "study-period", "The study ends before it starts.")
def study_period(subject: Subject) -> Iterator[tuple[str, str]]:
    start, end = subject.protocol.study_start, subject.protocol.study_end
    if end < start:
        yield "", f"starts on {start} and ends on {end}"


@check(
    "P056",
    "force-outside-study",
    "A version, or an arm of it, is in force before the study starts or only after it ends.",
)
def force_outside_study(subject: Subject) -> Iterator[tuple[str, str]]:
    start, end = subject.protocol.study_start, subject.protocol.study_end
    if end < start:
        return  # P055
    for where, value in subject.each(Protocol, Arm):
        day = value.in_force_from
        if day is not None and not start <= day <= end:
            yield where, f"is in force from {day}, and the study is from {start} to {end}"


@check("P057", "edition", "The edition is not 1 or more.")
def edition(subject: Subject) -> Iterator[tuple[str, str]]:
    if subject.protocol.edition < 1:
        yield "", f"is edition {subject.protocol.edition}: they are counted from 1"


def _positive(amount: str) -> bool:
    try:
        value = Decimal(amount)
    except InvalidOperation:
        return False
    return value.is_finite() and value > 0
