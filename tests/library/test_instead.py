"""A correction with what takes its place: both happen, or neither; by default on the day of what is taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.library.desk import (
    AUDITOR,
    COORDINATOR,
    DAY_30,
    INDUCTION,
    INVESTIGATOR,
    Desk,
    day,
)
from tests.library.test_corrections import FACTS, chart, codes
from workflow import Actor, Result
from workflow.errors import InvalidInput, UnknownEntry

WHY = "the wrong day"


def again(desk: Desk, entry: int | None, by: Actor = COORDINATOR, **more: Any) -> Result:
    assert entry is not None
    return desk.trial.correct("P1", entry, by=by, reason=WHY, **more)


def counts(desk: Desk, corrects: int | None, by: Actor = COORDINATOR, **more: Any) -> Result:
    told = {"anc": "0.41", "platelets": "80", "reason": WHY, **more}
    return desk.trial.record_counts("P1", by=by, corrects=corrects, **told)


@pytest.mark.parametrize("kind", FACTS)
def test_every_fact_is_told_again_of_another_day(desk: Desk, kind: str) -> None:
    desk.walk()
    told = FACTS[kind](desk, "P1", COORDINATOR).or_raise()
    before = desk.last()
    result = again(desk, told.seq, on=day(5)).or_raise()
    void, anew = desk.entries()[-2:]
    assert [result.action, *(one.action for one in result.also)] == ["correct", kind]
    assert (void.kind, void.data["seq"], anew.kind, anew.occurred_on) == ("void", told.seq, kind, day(5))
    assert (anew.data, anew.actor, anew.seq) == (before.data, void.actor, void.seq + 1)
    assert (void.texts, anew.texts) == ({"reason": WHY}, {"reason": WHY})
    desk.check()


def test_another_value_takes_the_place_of_a_wrong_one(desk: Desk) -> None:
    desk.walk()
    wrong = desk.counts("P1", on=day(3))
    result = counts(desk, wrong.seq, note="by telephone").or_raise()
    found = desk.trial.show("P1").standing.counts
    assert found is not None
    assert (found.on, found.anc) == (day(3), "0.41")
    assert [entry.texts for entry in desk.entries()[-2:]] == [{"reason": WHY, "note": "by telephone"}] * 2
    assert desk.entries()[-2].words == f"takes back entry {wrong.seq}; entry {result.also[0].seq} stands in its place"
    desk.check()


def test_a_step_is_taken_again_of_another_day_and_with_another_code(desk: Desk) -> None:
    desk.walk()
    stopped = desk.step("P1", "stop_treatment", on=day(9), code="physician")
    moved = again(desk, stopped.seq, INVESTIGATOR, on=day(10)).or_raise()
    assert (moved.state, desk.last().occurred_on, desk.last().code) == (DAY_30, day(10), "physician")
    coded = again(desk, desk.seq(), INVESTIGATOR, code="patient").or_raise()
    assert (coded.state, desk.last().occurred_on, desk.last().code) == (DAY_30, day(10), "patient")
    desk.check()


def test_another_step_takes_the_place_of_a_wrong_one(desk: Desk) -> None:
    desk.walk()
    wrong = desk.step("P1", "stop_treatment", on=day(9), code="physician")
    result = desk.trial.advance("P1", "withdraw", by=INVESTIGATOR, corrects=wrong.seq, reason="they withdrew")
    assert (result.or_raise().state, desk.last().trigger, desk.last().occurred_on) == ("off_study", "withdraw", day(9))
    desk.check()


def test_what_is_refused_takes_no_place_and_nothing_is_taken_back(desk: Desk) -> None:
    desk.walk()
    wrong = desk.counts("P1", on=day(3))
    before = chart(desk)
    result = counts(desk, wrong.seq, on=day(5000))
    assert (codes(result), result.also, chart(desk)) == (["dates.future"], (), before)
    assert (desk.last().kind, desk.last().outcome) == ("void", "refused")
    assert desk.last().words == f"takes back entry {wrong.seq}, for counts of {day(5000)}"
    step = next(entry.seq for entry in reversed(desk.entries()) if entry.trigger)
    assert codes(again(desk, step, on=day(-100))) == ["sequence.not_from_here", "dates.before_previous"]
    assert (chart(desk), desk.state()) == (before, INDUCTION)
    desk.check()


def test_what_stands_in_the_way_of_taking_back_stands_in_the_way_of_both(desk: Desk) -> None:
    desk.walk()
    wrong = desk.counts("P1", on=day(3))
    counts(desk, wrong.seq).or_raise()
    assert codes(counts(desk, wrong.seq)) == ["correct.nothing"]
    assert codes(counts(desk, desk.seq() - 2, AUDITOR))[0] == "role.not_permitted"
    desk.check()


def test_who_corrects_may_tell_what_takes_the_place(desk: Desk) -> None:
    desk.walk()
    told = FACTS["adverse_event"](desk, "P1", COORDINATOR).or_raise()
    more: dict[str, Any] = {"term": "nausea", "grade": 3, "unacceptable": True, "corrects": told.seq, "reason": WHY}
    assert codes(desk.trial.record_adverse_event("P1", by=COORDINATOR, **more)) == ["role.not_permitted"]
    result = desk.trial.record_adverse_event("P1", by=INVESTIGATOR, **more).or_raise()
    assert [one.action for one in result.also] == ["adverse_event", "unacceptable_toxicity"]
    assert (result.state, desk.last().cause) == (DAY_30, result.also[0].seq)
    desk.check()


def test_a_soft_guard_is_passed_by_what_takes_the_place_and_not_by_the_correction(desk: Desk) -> None:
    desk.walk()
    given = FACTS["dose"](desk, "P1", COORDINATOR).or_raise()
    desk.trial.hold("P1", by=COORDINATOR, code="infection", on=day(4)).or_raise()
    assert codes(again(desk, given.seq, on=day(5))) == ["hold.open"]
    passed = again(desk, given.seq, INVESTIGATOR, on=day(5), override=True)
    assert (passed.outcome, passed.also[0].outcome) == ("allowed", "overridden")
    happened = again(desk, passed.also[0].seq, on=day(6), happened=True)
    assert (happened.outcome, happened.also[0].outcome) == ("allowed", "deviated")
    desk.check()


def test_the_same_request_again_answers_all_of_the_first(desk: Desk) -> None:
    desk.walk()
    wrong = desk.counts("P1", on=day(3))
    first = counts(desk, wrong.seq, request_id="r1")
    second = counts(desk, wrong.seq, request_id="r1")
    assert second.repeated
    assert [one.seq for one in second.also] == [one.seq for one in first.also] == [desk.seq()]
    desk.check()


def test_a_dry_run_shows_both_and_writes_neither(desk: Desk) -> None:
    desk.walk()
    wrong = desk.counts("P1", on=day(3))
    before = desk.everything()
    result = counts(desk, wrong.seq, dry_run=True)
    assert [result.seq, *(one.seq for one in result.also)] == [None, None]
    assert desk.everything() == before


def test_bad_input_is_said(desk: Desk) -> None:
    desk.walk()
    wrong = desk.counts("P1", on=day(3)).seq or 0
    with pytest.raises(InvalidInput, match="a correction needs a reason"):
        counts(desk, wrong, reason=None)
    with pytest.raises(InvalidInput, match="is no step, and has no coded reason"):
        again(desk, wrong, code="physician")
    with pytest.raises(UnknownEntry):
        counts(desk, 99)
    for entry in (0, -1, True, "3"):
        with pytest.raises(InvalidInput, match="not the number of an entry"):
            counts(desk, entry)  # type: ignore[arg-type]
    desk.check()
