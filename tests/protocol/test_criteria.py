"""Criteria made of parts, as tables of truth in three values."""

from __future__ import annotations

from itertools import product

import pytest

from tests.toy import RECORD
from workflow.protocol.criteria import Answer, holds
from workflow.protocol.model import Criterion, CriterionKind
from workflow.trials import find

BOTH = Criterion("IN01", CriterionKind.INCLUSION, "both", RECORD, met_by=(("A", "B"),))
EITHER = Criterion("IN01", CriterionKind.INCLUSION, "either", RECORD, met_by=(("A",), ("B",)))
YES, NO, OPEN = True, False, None
VALUES = (YES, NO, OPEN)


@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (YES, YES, YES, YES),
        (YES, NO, NO, YES),
        (YES, OPEN, OPEN, YES),
        (NO, YES, NO, YES),
        (NO, NO, NO, NO),
        (NO, OPEN, NO, OPEN),
        (OPEN, YES, OPEN, YES),
        (OPEN, NO, NO, OPEN),
        (OPEN, OPEN, OPEN, OPEN),
    ],
)
def test_two_parts(a: Answer, b: Answer, both: Answer, either: Answer) -> None:
    assert holds(BOTH, {"A": a, "B": b}) is both
    assert holds(EITHER, {"A": a, "B": b}) is either


@pytest.mark.parametrize("own", VALUES)
def test_a_criterion_none_of_whose_parts_is_answered_is_answered_itself(own: Answer) -> None:
    for criterion in (BOTH, EITHER, Criterion("IN01", CriterionKind.INCLUSION, "no parts", RECORD)):
        assert holds(criterion, {"IN01": own, "IN02": True}) is own
        assert holds(criterion, {}) is None


@pytest.mark.parametrize("own", VALUES)
def test_where_a_part_is_answered_the_parts_decide(own: Answer) -> None:
    assert holds(BOTH, {"IN01": own, "A": True}) is None
    assert holds(BOTH, {"IN01": own, "A": False}) is False
    assert holds(EITHER, {"IN01": own, "A": True}) is True
    assert holds(EITHER, {"IN01": own, "A": None}) is None


# ── of the trial ───────────────────────────────────────────────────────────────────────────────────────────────────

CRITERIA = {criterion.id: criterion for criterion in find().criteria}


def test_liver_and_kidneys_work_well_enough_by_three_values_or_because_of_the_tumour() -> None:
    for a, b, c, d in product(VALUES, repeat=4):
        found = holds(CRITERIA["IN05"], {"IN05A": a, "IN05B": b, "IN05C": c, "IN05D": d})
        three = NO if NO in (a, b, c) else OPEN if OPEN in (a, b, c) else YES
        assert found is (YES if YES in (three, d) else OPEN if OPEN in (three, d) else NO)


@pytest.mark.parametrize("comorbidity", ["IN02C1", "IN02C2", "IN02C3", "IN02C4", "IN02C5"])
def test_one_comorbidity_makes_unfit_and_none_of_five_does_not(comorbidity: str) -> None:
    none = {f"IN02C{number}": False for number in range(1, 6)}
    assert holds(CRITERIA["IN02"], none) is False
    assert holds(CRITERIA["IN02"], {**none, comorbidity: True}) is True
    assert holds(CRITERIA["IN02"], {comorbidity: False}) is None
