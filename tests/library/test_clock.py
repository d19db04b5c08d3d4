"""A clock that is behind the log: nothing is written that verification would find for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.library.desk import ADMIN, AUDITOR, COORDINATOR, Desk, day
from tests.toy import toy
from workflow import Result, Trial
from workflow.errors import ClockBehind

MINUTES = timedelta(minutes=1)
ASKS: dict[str, Callable[[Trial], Any]] = {
    "step": lambda trial: trial.advance("P1", by=COORDINATOR, on=day(3)),  # refused
    "fact": lambda trial: trial.record_dose("P1", by=COORDINATOR, agent="alpha"),
    "dry run": lambda trial: trial.record_dose("P1", by=COORDINATOR, agent="alpha", dry_run=True),
    "many": lambda trial: trial.advance_many(["P1"], by=COORDINATOR, on=day(3)),
    "correct": lambda trial: trial.correct("P1", 3, by=COORDINATOR, reason="typed twice"),
    "enrol": lambda trial: trial.enroll("P2", "A", by=COORDINATOR),
    "refused enrolment": lambda trial: trial.enroll("P2", "A", by=AUDITOR),
    "person": lambda trial: trial.add_person("new", "coordinator", by=ADMIN),
    "zone": lambda trial: trial.set_zone("Asia/Tokyo", by=ADMIN, reason="moved"),
    "protocol": lambda trial: trial.install(toy(version="2"), by=ADMIN),
}


def last_moves(desk: Desk, chain: str) -> None:
    """An entry at the end of a chain, three hours after all others."""
    desk.clock.now += timedelta(hours=3)
    if chain == "people":
        desk.trial.add_person("lena", "coordinator", by=ADMIN)
    elif chain == "trial":
        desk.trial.install(toy(edition=2), by=ADMIN)
    else:
        desk.counts("P1", on=day(2))


@pytest.mark.parametrize(
    ("chain", "ask"),
    [(chain, ask) for chain in ("people", "trial") for ask in ASKS] + [("P1", ask) for ask in list(ASKS)[:5]],
)
def test_a_clock_that_is_behind_the_log_writes_nothing(desk: Desk, chain: str, ask: str) -> None:
    desk.walk()
    last_moves(desk, chain)
    before, end = desk.everything(), desk.clock.now
    desk.clock.now = end - timedelta(days=2)
    with pytest.raises(ClockBehind) as error:
        ASKS[ask](desk.trial)
    assert error.value.message == (
        "this machine's clock says 2025-06-13 13:00 UTC, and an entry was recorded at 2025-06-15 13:00 UTC"
    )
    assert desk.everything() == before
    desk.clock.now = end
    ASKS[ask](desk.trial)
    desk.check()


def test_what_is_refused_is_what_verification_would_find(desk: Desk) -> None:
    """By as much as clocks may differ it is neither; a microsecond more is both."""
    desk.walk()
    moment = timedelta(microseconds=1)  # by which each reading of the clock is later
    last = desk.last().recorded_at
    desk.clock.now = last - 5 * MINUTES - moment
    desk.counts("P1", on=day(2))
    desk.check()
    last = desk.last().recorded_at + 5 * MINUTES
    desk.clock.now = last - moment
    desk.counts("P1", on=day(2))
    too_early = last - 5 * MINUTES - 2 * moment
    desk.clock.now = too_early
    with pytest.raises(ClockBehind):
        desk.counts("P1", on=day(2))
    desk.clock.now = too_early
    with desk.again(trust_clock=True) as trial:
        trial.record_counts("P1", by=COORDINATOR, anc="2.5", platelets="120", on=day(2)).or_raise()
    found = [(one.chain, one.seq, one.code) for one in desk.verify().findings]
    assert found == [("patient/p1", desk.seq(), "clock")]


def test_the_same_request_is_answered_by_whatever_clock(desk: Desk) -> None:
    desk.walk()

    def asked() -> Result:
        return desk.trial.record_dose("P1", by=COORDINATOR, agent="alpha", request_id="r1")

    first = asked()
    desk.clock.now -= timedelta(days=1)
    again = asked()
    assert (again.seq, again.repeated, first.repeated) == (first.seq, True, False)
