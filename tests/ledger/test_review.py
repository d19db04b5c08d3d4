"""A review of what was decided: by hand, and over stories in any order of typing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.case import TODAY, Case, consent, counts, dose, eligible, event, hold, news, response
from tests.engine.stories import Entries, Thing, in_order, stories
from tests.library.desk import ENROLLED, PATH, day
from workflow.engine.decision import Enrolment, Instead, Outcome, Proposal, Void
from workflow.engine.facts import Telling, When
from workflow.ledger import review as reviews
from workflow.ledger.compose import Circumstances, of_patient
from workflow.ledger.entry import Body, Signature
from workflow.ledger.review import Corrected, History, Repeat, Reviewed, review, tallied

Story = tuple[date, tuple[Thing, ...]]


class Log:
    """A patient's entries, each answered as it is told; ``today`` is the day of telling."""

    def __init__(self, *, today: date = ENROLLED) -> None:
        self.case = Case()
        self.bodies: list[Body] = []
        what = Enrolment("P1", "A", self.case.definition.digest)
        self._add(Proposal(what, ENROLLED, today, "coordinator", 1), ENROLLED)

    def tell(self, what: str | Telling | Void, on: date, *, today: date | None = None, **more: Any) -> Body:
        today = today if today is not None else max(on, self.bodies[-1].today)
        proposal = self.case.proposal(what, on, today=today, **more)
        return self._add(proposal, on)

    def _add(self, proposal: Proposal, on: date) -> Body:
        seq = len(self.bodies) + 1
        chart = self.case.chart if self.bodies else None
        found = reviews.answer(self.case.definitions, chart, proposal)
        if found.chart is not None:
            self.case.chart = found.chart
        self.case.seq = seq
        who = Signature("ines", proposal.role or "investigator", "service")
        where = Circumstances("patient/p1", seq, None, "2025-06-15T10:00:00.000000Z", proposal.today, who, {})
        self.bodies.append(of_patient(where, proposal, found.decision, self.case.definition))
        return self.bodies[-1]

    def walk(self, steps: int, *, late: int = 0) -> None:
        """``steps`` along the path; each thing told ``late`` days after its day."""
        more = timedelta(late)
        self.tell(consent(), ENROLLED, today=ENROLLED + more)
        self.tell(eligible(), ENROLLED, today=ENROLLED + more)
        for state, trigger, on in PATH[:steps]:
            if state.startswith("treatment.consolidation"):
                self.tell(counts(), on - timedelta(1), today=on - timedelta(1) + more)
            assert self.tell(trigger, on, today=on + more).outcome == "allowed"

    def void(self, seq: int, today: date, instead: Instead | None = None, **more: Any) -> Body:
        return self.tell(Void(seq, "00", instead), today, today=today, reason=True, **more)

    @property
    def reviewed(self) -> Reviewed:
        return review(History(self.bodies), self.case.definitions)

    @property
    def doubts(self) -> list[tuple[int, str, list[str], tuple[int, ...], tuple[int, ...]]]:
        return [
            (one.entry, one.outcome.value, [reason.code for reason in one.reasons], one.learned, one.taken_back)
            for one in self.reviewed.doubts
        ]


# ── decided again ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_progression_told_late_puts_the_cycle_behind_it_in_question() -> None:
    log = Log()
    log.walk(3)
    cycle = log.bodies[-1]
    assert (cycle.trigger, cycle.on) == ("start_cycle", day(29))
    log.tell(dose(), day(29))
    late = log.tell(response("PD"), day(25), today=day(40))
    assert log.doubts == [
        (cycle.seq, "refused", ["progression.progression"], (late.seq,), ()),
        (cycle.seq + 1, "refused", ["progression.progression"], (late.seq,), ()),
    ]
    assert log.reviewed.late == {late.seq: 15}


def test_a_progression_of_a_later_day_puts_nothing_in_question() -> None:
    log = Log()
    log.walk(3)
    log.tell(response("PD"), day(30), today=day(40))
    assert log.doubts == []


def test_a_count_that_is_corrected_puts_the_step_on_it_in_question() -> None:
    log = Log()
    log.walk(3)
    wrong = log.bodies[-2]
    assert wrong.kind == "counts"
    fact = counts("0.2").make(log.case.definition, log.case.chart, When(len(log.bodies) + 2, day(28)))
    void = log.void(wrong.seq, day(30), Instead(fact, day(28)))
    right = log.tell(counts("0.2"), day(28), today=day(30))
    assert log.doubts == [(wrong.seq + 1, "refused", ["counts.anc"], (right.seq,), (wrong.seq,))]
    assert log.reviewed.corrected == (Corrected(void.seq, wrong.seq, right.seq),)


def test_it_counts_as_corrected_on_the_very_day_too() -> None:
    log = Log()
    log.walk(2)
    wrong = log.tell(counts(), day(29), today=day(29))
    step = log.tell("start_cycle", day(29), today=day(29))
    log.void(wrong.seq, day(29))
    right = log.tell(counts("0.2"), day(29), today=day(29))
    assert log.doubts == [(step.seq, "refused", ["counts.anc"], (right.seq,), (wrong.seq,))]


def test_a_consent_that_is_taken_back_puts_every_step_that_asked_for_it_in_question() -> None:
    log = Log()
    log.walk(2)
    log.void(2, day(30))
    assert log.doubts == [(4, "refused", ["consent.missing"], (), (2,)), (5, "refused", ["consent.missing"], (), (2,))]


def test_what_was_taken_back_itself_is_in_no_question() -> None:
    log = Log()
    log.walk(3)
    cycle = log.bodies[-1]
    log.tell(response("PD"), day(25), today=day(40))
    log.void(cycle.seq, day(41))
    assert log.doubts == []


def test_a_hold_put_on_its_own_day_behind_a_dose_of_that_day_puts_it_in_no_question() -> None:
    log = Log()
    log.walk(2)
    log.tell(dose(), day(2))
    log.tell(hold(), day(2), today=day(2))
    assert log.doubts == []


def test_a_hold_put_later_for_the_day_of_a_dose_does() -> None:
    log = Log()
    log.walk(2)
    given = log.tell(dose(), day(2))
    held = log.tell(hold(), day(2), today=day(3))
    assert log.doubts == [(given.seq, "refused", ["hold.open"], (held.seq,), ())]


@pytest.mark.parametrize(("on", "today"), [(3, 5), (6, 6)], ids=["of its first day", "of its own day"])
def test_what_is_judged_later_counts_from_the_event_on(on: int, today: int) -> None:
    log = Log()
    log.walk(2)
    told = log.tell(event("fever", 2), day(3))
    given = log.tell(dose("beta"), day(4))
    judged = log.tell(news(told.seq, unacceptable=True), day(on), today=day(today))
    assert [one[:2] for one in log.doubts] == [(given.seq, "refused")]
    assert log.doubts[0][3] == (judged.seq,)


def test_an_override_that_did_not_know_of_a_reason_is_told_with_that_reason_alone() -> None:
    log = Log()
    log.walk(2)
    log.tell(counts("0.2"), day(28))
    step = log.tell("start_cycle", day(29), override=True, reason=True)
    assert step.outcome == "overridden"
    told = log.tell(event("nausea", 4), day(27), today=day(35))
    assert log.doubts == [(step.seq, "overridden", ["toxicity.open"], (told.seq,), ())]
    assert log.reviewed.overridden == (step.seq,)


def test_what_another_engine_alone_decides_otherwise_is_no_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log()
    log.walk(3)
    log.tell(counts("9.0"), day(28), today=day(40))
    assert log.doubts == []
    real = reviews.answer

    def stricter(definitions: Any, chart: Any, proposal: Proposal) -> Any:
        found = real(definitions, chart, proposal)
        novel = (reviews.Reason("novel.rule"),)
        return type(found)(
            type(found.decision)(Outcome.REFUSED, None, None, (*found.decision.reasons, *novel)), chart, definitions
        )

    monkeypatch.setattr(reviews, "answer", stricter)
    assert log.doubts == []


# ── the rest ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_late_is_so_by_more_than_the_days_that_are_asked_for() -> None:
    log = Log()
    log.walk(2)
    told = log.tell(counts(), day(3), today=day(10))
    assert (told.seq in log.reviewed.late, log.reviewed.late) == (False, {})
    found = review(History(log.bodies), log.case.definitions, late=6)
    assert found.late == {told.seq: 7}


def test_what_is_refused_and_typed_again_with_another_date_is_told() -> None:
    log = Log()
    log.walk(2)
    log.tell(counts("0.2"), day(28))
    log.tell(counts("2.0"), day(30))
    refused = log.tell("start_cycle", day(29), today=day(31))
    done = log.tell("start_cycle", day(30), today=day(31), reason=True)
    assert (refused.outcome, done.outcome) == ("refused", "allowed")
    assert log.reviewed.repeated == (Repeat(done.seq, refused.seq, False),)


def test_who_waits_for_the_day_is_told_apart() -> None:
    log = Log()
    log.walk(2)
    log.tell(counts("0.2"), day(28))
    refused = log.tell("start_cycle", day(29))
    log.tell(counts("2.0"), day(35))
    done = log.tell("start_cycle", day(36), reason=True)
    assert log.reviewed.repeated == (Repeat(done.seq, refused.seq, True),)
    theirs = tallied(History(log.bodies), log.reviewed, lambda body: True)["ines"]
    assert (theirs.refused, theirs.repeated) == (1, 0)


def test_the_same_day_again_is_no_other_date() -> None:
    log = Log()
    log.walk(2)
    log.tell("start_cycle", day(29))
    log.tell(counts(), day(29))
    log.tell("start_cycle", day(29))
    assert log.reviewed.repeated == ()


def test_of_two_agents_the_one_is_not_the_others_repetition() -> None:
    log = Log()
    log.walk(2)
    log.tell(hold(), day(2))
    refused = log.tell(dose("alpha"), day(3), today=day(9))
    log.tell(dose("beta"), day(1), today=day(9))
    done = log.tell(dose("alpha"), day(1), today=day(9))
    assert log.reviewed.repeated == (Repeat(done.seq, refused.seq, False),)


def test_what_happened_against_the_rules_is_listed() -> None:
    log = Log()
    log.walk(2)
    log.tell(hold(), day(2))
    given = log.tell(dose(), day(3), happened=True, reason=True)
    assert log.reviewed.deviated == (given.seq,)
    assert log.doubts == []


def test_by_person_only_what_is_fresh_is_counted() -> None:
    log = Log()
    log.walk(3)
    whole = tallied(History(log.bodies), log.reviewed, lambda body: True)["ines"]
    some = tallied(History(log.bodies), log.reviewed, lambda body: body.seq > 4)["ines"]
    assert (whole.entries, some.entries) == (len(log.bodies), len(log.bodies) - 4)


def test_entries_that_do_not_add_up_are_no_history_to_review() -> None:
    log = Log()
    log.walk(2)
    log.tell(response("PD"), day(-1), today=day(9))
    with pytest.raises(ValueError, match="no enrolment"):
        review(History([body for body in log.bodies if body.seq > 1]), log.case.definitions)


# ── over stories ───────────────────────────────────────────────────────────────────────────────────────────────────


def told(things: Sequence[Thing], order: Sequence[int], today: date | None) -> tuple[Log, dict[int, int]]:
    """The things in this order, as far as they are not refused; each on its own day, or all on one."""
    log, entries = Log(today=today or ENROLLED), {}
    for number in order:
        thing = things[number]
        if not all(before in entries for before in thing.behind):
            continue
        known: Entries = {one: entries[one] for one in thing.behind}
        on = today or max(thing.on, log.bodies[-1].today)
        body = log.tell(thing.what(known), thing.on, today=on, code=thing.code, at=thing.time)
        if body.outcome == "allowed":
            entries[number] = body.seq
    return log, entries


def every(history: History) -> list[Body]:
    """All that could be in question."""
    kinds = ("transition", "dose")
    stand = (body for body in history.bodies if body.outcome != "refused" and body.seq not in history.voided)
    return [body for body in stand if body.kind in kinds]


@given(stories(), st.data())
def test_what_is_not_asked_again_would_come_out_as_it_did(story: Story, data: st.DataObject) -> None:
    """Only what something was learned of is decided again: deciding everything again finds no more."""
    _, things = story
    order = in_order(things, data.draw(st.permutations(range(len(things)))))
    log, entries = told(things, order, data.draw(st.sampled_from((None, TODAY))))
    voided = data.draw(st.sampled_from((None, *entries.values())))
    if voided is not None:
        log.void(voided, TODAY)
    few = log.reviewed.doubts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reviews, "_in_question", every)
        assert log.reviewed.doubts == few


@given(stories())
def test_a_history_that_was_told_day_by_day_has_nothing_in_question(story: Story) -> None:
    _, things = story
    days = sorted(range(len(things)), key=lambda number: things[number].on)
    log, _ = told(things, in_order(things, days), None)
    late = [body for body in log.bodies if body.today > body.on]
    if not late and not any(thing.judges for thing in things):
        assert log.reviewed.doubts == ()


@given(stories(), st.data())
def test_typed_in_another_order_the_same_is_in_question(story: Story, data: st.DataObject) -> None:
    _, things = story
    one, first = told(things, range(len(things)), TODAY)
    order = in_order(things, data.draw(st.permutations(range(len(things)))))
    other, second = told(things, order, TODAY)
    if first.keys() != second.keys():
        return  # another history: something was refused in one of the two
    assert named(one, first) == named(other, second)


def named(log: Log, entries: dict[int, int]) -> dict[int, tuple[str, list[str]]]:
    """What is in question, by what it is and not by its entry."""
    numbers = {seq: number for number, seq in entries.items()}
    return {
        numbers[one.entry]: (one.outcome.value, sorted(reason.code for reason in one.reasons))
        for one in log.reviewed.doubts
    }
