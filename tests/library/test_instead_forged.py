"""A correction and what takes its place are one: neither is there alone, and the one says what the other is."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.ledger.forge import Body, Log
from tests.ledger.tamper import restore
from tests.library.desk import COORDINATOR, Desk, day

P1 = "patient/p1"
WHY = "the laboratory's sheet says so"


@pytest.fixture
def corrected(quick_desk: Desk) -> Desk:
    """The last three entries are wrong counts, the correction, the right ones; the one before was refused."""
    quick_desk.walk()
    told: dict[str, Any] = {"by": COORDINATOR, "platelets": "80"}
    wrong = quick_desk.trial.record_counts("P1", anc="4.1", on=day(3), **told).seq or 0
    more = {"corrects": wrong, "reason": WHY, **told}
    assert not quick_desk.trial.record_counts("P1", anc="0.41", on=day(5000), **more).allowed
    quick_desk.trial.record_counts("P1", anc="0.41", **more).or_raise()
    quick_desk.check()
    return quick_desk


def without_the_second(bodies: list[Body]) -> None:
    del bodies[-1]


def another_value(bodies: list[Body]) -> None:
    bodies[-1]["data"]["anc"] = "4.1"


def another_day(bodies: list[Body]) -> None:
    bodies[-1]["on"] = bodies[-3]["on"][:-1] + "9"


def another_promise(bodies: list[Body]) -> None:
    bodies[-2]["data"]["instead"]["data"]["anc"] = "4.1"


def no_promise(bodies: list[Body]) -> None:
    """Then it is a correction, and counts that somebody told at the same moment: which is a true history."""
    del bodies[-2]["data"]["instead"]


def by_somebody_else(bodies: list[Body]) -> None:
    bodies[-1]["actor"] = {**bodies[-1]["actor"], "id": "ines", "role": "investigator"}


def later(bodies: list[Body]) -> None:
    bodies[-1]["at"] = bodies[-1]["at"][:-2] + "9Z"


def asked_for(bodies: list[Body]) -> None:
    bodies[-1]["request"] = {"id": "r1", "sha256": "0" * 64}


def unexplained(bodies: list[Body]) -> None:
    del bodies[-1]["texts"], bodies[-1]["stated"]


def nobody_can_tell(bodies: list[Body]) -> None:
    bodies[-3]["data"]["instead"]["data"]["anc"] = "4,1"


def refused_for_nothing(bodies: list[Body]) -> None:
    bodies[-3]["data"]["instead"]["on"] = bodies[-4]["on"]


def refused_for_what_it_is_not(bodies: list[Body]) -> None:
    bodies[-3]["data"]["instead"] |= {"kind": "telepathy"}


@pytest.mark.parametrize(
    "change",
    [
        without_the_second,
        another_value,
        another_day,
        another_promise,
        by_somebody_else,
        later,
        asked_for,
        unexplained,
        nobody_can_tell,
        refused_for_nothing,
        refused_for_what_it_is_not,
    ],
)
def test_the_two_fit_one_another(corrected: Desk, change: Callable[[list[Body]], None]) -> None:
    assert found_after(corrected, change)


def test_both_apart_are_what_somebody_may_have_done(corrected: Desk) -> None:
    assert not found_after(corrected, no_promise)


def found_after(desk: Desk, change: Callable[[list[Body]], None]) -> list[Any]:
    log = Log(desk.everything())
    log.chains[P1] = deepcopy(log.chains[P1])
    change(log.chains[P1])
    restore(desk.url, log.fit())
    return [one for one in desk.verify().findings if one.chain == P1]
