"""No false alarm: whatever was made by the library alone, at random, verifies without a finding."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from tests.conftest import NewDatabase
from tests.library.clean import STUDIES, Study
from workflow import Outcome
from workflow.engine.facts import KINDS
from workflow.engine.facts.dose import Dose
from workflow.ledger.clock import SKEW
from workflow.ledger.entry import (
    CONTENT_INSTALLED,
    ENROLMENT,
    PERSON_ADDED,
    PERSON_DEACTIVATED,
    REMARKS,
    SETTING_CHANGED,
    SOFTWARE_CHANGED,
    TRANSITION,
    TRIAL_OPENED,
    VOID,
)

QUICK, DEEP, TOGETHER = 12, 1000, 20
COMMANDS = 60


def checked(url: str, seed: int, commands: int = COMMANDS, skew: timedelta = timedelta(0)) -> Counter[str]:
    """Make the database of this seed and verify it; how many entries came out how."""
    study = Study(url, seed, skew)
    with study.make(commands) as trial:
        report = trial.verify()
        assert (report.findings, report.differences) == ([], []), f"seed {seed}"
        assert report.sound, f"seed {seed}"
        return Counter(f"{entry.kind} {entry.outcome}" for entry in trial.log())


@pytest.mark.parametrize("seed", range(QUICK))
def test_a_clean_database_has_no_finding(seed: int) -> None:
    checked("sqlite://", seed)


@pytest.mark.parametrize("seed", range(QUICK))
def test_nor_has_one_of_machines_whose_clocks_differ_by_as_much_as_they_may(seed: int) -> None:
    checked("sqlite://", seed, skew=SKEW)


@pytest.mark.parametrize("seed", range(len(STUDIES)))
def test_nor_has_one_on_postgresql(new_postgresql: NewDatabase, seed: int) -> None:
    checked(new_postgresql(), seed)


@pytest.mark.deep
@pytest.mark.parametrize("first", range(QUICK, QUICK + DEEP, TOGETHER))
def test_nor_have_a_thousand_others(first: int) -> None:
    for seed in range(first, first + TOGETHER):
        checked("sqlite://", seed)
        checked("sqlite://", seed, skew=SKEW)


def test_something_of_everything_happens_in_them() -> None:
    """Else they would show little."""
    found = sum((checked("sqlite://", seed, 300) for seed in range(5 * len(STUDIES))), Counter[str]())
    wanted = {
        *(f"{kind} {outcome}" for kind in (TRANSITION, Dose.KIND) for outcome in Outcome),
        *(f"{kind} {outcome}" for kind in (*KINDS, ENROLMENT, VOID, *REMARKS) for outcome in ("allowed", "refused")),
        *(f"{kind} {outcome}" for kind in (PERSON_ADDED, PERSON_DEACTIVATED) for outcome in ("allowed", "refused")),
        *(f"{kind} allowed" for kind in (CONTENT_INSTALLED, SETTING_CHANGED, SOFTWARE_CHANGED, TRIAL_OPENED)),
    }
    assert wanted - set(found) == set()
