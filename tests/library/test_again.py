"""What is told again is told as anybody tells it: in the same words, and nothing that nobody can have told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.library.desk import COORDINATOR, INVESTIGATOR, Desk, day
from workflow import Filter, Result
from workflow.errors import InvalidInput


def again(desk: Desk, told: Result, **more: Any) -> Result:
    more = {"by": INVESTIGATOR, "reason": "misread", **more}
    return desk.trial.correct("P1", told.seq or 0, **more)


def event(desk: Desk, **more: Any) -> Result:
    told: dict[str, Any] = {"by": INVESTIGATOR, "term": "nausea", "grade": 3, "on": day(5), **more}
    return desk.trial.record_adverse_event("P1", **told).or_raise()


def last_texts(desk: Desk) -> dict[str, str]:
    return dict(desk.trial.log(Filter(patient="P1"))[-1].texts)


def test_an_event_is_not_moved_behind_the_end_that_was_told_with_it(desk: Desk) -> None:
    desk.walk()
    told, before = event(desk, resolved=day(9)), desk.everything()
    with pytest.raises(InvalidInput, match="resolved on"):
        again(desk, told, on=day(12))
    assert desk.everything() == before
    again(desk, told, on=day(6)).or_raise()
    desk.check()


def test_nor_is_news_moved_behind_its_end(desk: Desk) -> None:
    desk.walk()
    news: dict[str, Any] = {"by": INVESTIGATOR, "grade": 1, "resolved": day(9), "on": day(7)}
    told = desk.trial.update_adverse_event("P1", event(desk).seq or 0, **news).or_raise()
    with pytest.raises(InvalidInput, match="resolved on"):
        again(desk, told, on=day(12))
    desk.check()


def test_a_term_that_needs_words_keeps_them(desk: Desk) -> None:
    desk.walk()
    told = event(desk, term="other", note="tooth abscess")
    again(desk, told, on=day(6)).or_raise()
    assert last_texts(desk) == {"reason": "misread", "note": "tooth abscess"}
    desk.check()


def test_a_note_goes_on_standing_beside_its_value_unless_another_is_given(desk: Desk) -> None:
    desk.walk()
    counts: dict[str, Any] = {"by": COORDINATOR, "anc": "1", "platelets": "90", "on": day(3), "note": "haemolysed"}
    told = desk.trial.record_counts("P1", **counts).or_raise()
    first = again(desk, told, on=day(4)).or_raise()
    assert last_texts(desk)["note"] == "haemolysed"
    again(desk, first.also[0], on=day(5), note="clotted").or_raise()
    assert last_texts(desk)["note"] == "clotted"
    desk.check()


def test_why_a_step_was_late_is_said_by_the_step_and_why_it_is_corrected_by_the_correction(desk: Desk) -> None:
    desk.walk()
    window = desk.trial.show("P1").window
    assert window is not None
    desk.counts("P1", on=window.due)
    on = window.due
    told = desk.trial.advance("P1", by=INVESTIGATOR, on=on, reason="the ward was full").or_raise()
    result = desk.trial.correct("P1", told.seq or 0, by=INVESTIGATOR, on=on, reason="typed twice").or_raise()
    void, step = desk.trial.log(Filter(patient="P1"))[-2:]
    assert (void.texts["reason"], step.texts["reason"]) == ("typed twice", "the ward was full")
    assert result.also[0].action == "start_cycle"
    desk.check()


def test_a_value_takes_the_place_of_one_of_its_kind(desk: Desk) -> None:
    """A digit typed wrong takes back no step, and no event."""
    desk.walk()
    step = next(one.seq for one in desk.trial.log(Filter(patient="P1")) if one.trigger == "start_cycle")
    told, before = event(desk), desk.everything()
    counts: dict[str, Any] = {"by": COORDINATOR, "anc": "1", "platelets": "90", "reason": "misread"}
    with pytest.raises(InvalidInput, match=f"entry {step} is start cycle, and not counts"):
        desk.trial.record_counts("P1", corrects=step, **counts)
    with pytest.raises(InvalidInput, match="is adverse event, and not counts"):
        desk.trial.record_counts("P1", corrects=told.seq, **counts)
    with pytest.raises(InvalidInput, match="is adverse event, and not transition"):
        desk.trial.advance("P1", by=INVESTIGATOR, corrects=told.seq, reason="misread")
    assert desk.everything() == before


def test_a_corrected_end_is_news_of_its_own_day(desk: Desk) -> None:
    desk.walk()
    first = event(desk).seq or 0
    told = desk.trial.update_adverse_event("P1", first, by=INVESTIGATOR, resolved=day(9)).or_raise()
    more: dict[str, Any] = {"by": INVESTIGATOR, "resolved": day(8), "corrects": told.seq, "reason": "misread"}
    result = desk.trial.update_adverse_event("P1", first, **more).or_raise()
    assert result.also[0].occurred_on == day(8)
    desk.check()
