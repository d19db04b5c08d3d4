"""What rests on an entry is told to whoever takes it back; it stays decided."""

from __future__ import annotations

from tests.library.desk import CONSOLIDATION, COORDINATOR, DAY_30, INVESTIGATOR, Desk, day
from tests.library.test_corrections import correct
from workflow import Result


def rested(result: Result) -> list[tuple[int, str, list[str]]]:
    return [(one.entry, one.action, [reason.code for reason in one.reasons]) for one in result.rested]


def step(desk: Desk, trigger: str) -> int:
    return next(entry.seq for entry in reversed(desk.entries()) if entry.trigger == trigger)


def fact(desk: Desk, kind: str) -> int:
    return next(entry.seq for entry in reversed(desk.entries()) if entry.kind == kind)


def test_the_steps_that_rest_on_a_fact_are_named_with_what_is_missing_then(desk: Desk) -> None:
    desk.walk()
    result = correct(desk, fact(desk, "consent")).or_raise()
    assert rested(result)[0] == (step(desk, "register"), "register", ["consent.missing"])
    desk.check()


def test_counts_bear_the_cycle_that_they_opened_and_no_other(desk: Desk) -> None:
    desk.walk("P1", CONSOLIDATION)
    asked = correct(desk, fact(desk, "counts"), dry_run=True)
    assert [entry for entry, _, _ in rested(asked)] == [step(desk, "start_cycle")]
    assert all(code.startswith("counts.") for _, _, codes in rested(asked) for code in codes)
    assert rested(correct(desk, fact(desk, "counts"))) == rested(asked)
    desk.check()


def test_what_is_told_in_its_place_bears_as_well(desk: Desk) -> None:
    desk.walk("P1", CONSOLIDATION)
    counts = fact(desk, "counts")
    more = {"by": COORDINATOR, "corrects": counts, "reason": "misread", "platelets": "120", "dry_run": True}
    assert rested(desk.trial.record_counts("P1", anc="2.4", **more)) == []
    assert len(rested(desk.trial.record_counts("P1", anc="0.1", **more))) == 1
    desk.check()


def test_nothing_rests_on_a_fact_that_spoke_against(desk: Desk) -> None:
    desk.walk()
    told = desk.trial.record_response("P1", by=COORDINATOR, response="PD", on=day(20)).or_raise()
    assert rested(correct(desk, told.seq)) == []
    desk.check()


def test_a_step_that_goes_with_its_cause_is_not_said_to_stay(desk: Desk) -> None:
    desk.walk()
    more = {"by": INVESTIGATOR, "term": "liver_injury", "grade": 4, "on": day(5), "unacceptable": True}
    told = desk.trial.record_adverse_event("P1", **more).or_raise()
    assert desk.state() == DAY_30
    assert rested(correct(desk, told.seq, INVESTIGATOR)) == []
    desk.check()


def test_a_dose_rests_on_the_step_that_put_the_patient_on_treatment(desk: Desk) -> None:
    desk.walk()
    given = desk.trial.record_dose("P1", by=COORDINATOR, agent="alpha", on=day(9)).or_raise()
    result = correct(desk, step(desk, "start_cycle"), INVESTIGATOR).or_raise()
    assert rested(result) == [(given.seq, "dose", ["dose.before_treatment"])]
    desk.check()


def test_an_exit_rests_on_what_it_was_taken_for(desk: Desk) -> None:
    desk.walk()
    told = desk.trial.record_response("P1", by=COORDINATOR, response="PD", on=day(20)).or_raise()
    other = desk.trial.record_response("P1", by=COORDINATOR, response="PD", on=day(21)).or_raise()
    left = desk.step("P1", "progression", on=day(22), code=desk.trial.definition().codes["progression"][0])
    assert rested(correct(desk, told.seq)) == []
    assert rested(correct(desk, other.seq)) == [(left.seq, "progression", [])]
    desk.check()


def test_a_refused_correction_names_nothing(desk: Desk) -> None:
    desk.walk()
    assert correct(desk, step(desk, "register")).rested == ()
