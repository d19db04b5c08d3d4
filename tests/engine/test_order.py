"""Decisions rest on days, never on the order of typing; later days change nothing; nothing ends before what it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.engine.case import (
    DEFINITION,
    Case,
    at,
    consent,
    counts,
    day,
    dose,
    eligible,
    event,
    hold,
    news,
    reason,
    response,
    resume,
)
from tests.engine.stories import Thing, in_order, stories, typed
from tests.library.desk import CONSOLIDATION, DAY_30, INDUCTION, LONG_TERM
from workflow.engine.answer import forward, row_columns
from workflow.engine.decision import Decision, Outcome, Reason, Strength
from workflow.engine.facts import Telling
from workflow.engine.facts.dose import Dose

pytestmark = pytest.mark.usefixtures("either_toy")

SOFT, HARD, NEVER = Strength
TRIGGERS = DEFINITION.table("A").triggers

Story = tuple[date, tuple[Thing, ...]]


def questions(case: Case, on: date) -> Iterator[Decision]:
    """Every step and a dose of every agent, asked of a day."""
    for trigger in TRIGGERS:
        yield case.ask(trigger, on)
    for agent in ("alpha", "beta"):
        yield case.ask(dose(agent), on)


# ── the order of typing ────────────────────────────────────────────────────────────────────────────────────────────


@given(stories(), st.data())
def test_typed_in_any_order_the_same_things_give_the_same_answers(story: Story, data: st.DataObject) -> None:
    on, things = story
    first = typed(things, range(len(things)))
    other = typed(things, in_order(things, data.draw(st.permutations(range(len(things))))))
    for one, two in zip(questions(first.case, on), questions(other.case, on), strict=True):
        assert first.named(one) == other.named(two)


@given(stories(), st.data())
def test_typed_in_any_order_the_same_things_are_due(story: Story, data: st.DataObject) -> None:
    on, things = story
    first = typed(things, range(len(things)))
    other = typed(things, in_order(things, data.draw(st.permutations(range(len(things))))))
    for one, two in zip(_due(first.case, on), _due(other.case, on), strict=True):
        assert one == two


def _due(case: Case, on: date) -> Iterator[object]:
    yield row_columns(case.definitions, case.chart)
    found = forward(case.definition, case.chart, case.proposal("register", on))
    yield found.transition if found is not None else None
    for agent in ("alpha", "beta"):
        status = case.agent(agent, on)
        yield status.state, status.since, status.doses, [(span.state, span.since) for span in status.spans]


# ── later days ─────────────────────────────────────────────────────────────────────────────────────────────────────

# What only says that two things cannot both be.
CONTRADICTIONS = ("order.", "dates.before_previous")


def contradicts(reason: Reason) -> bool:
    return reason.strength is NEVER and reason.code.startswith(CONTRADICTIONS)


@given(stories())
def test_what_is_dated_after_the_day_changes_nothing(story: Story) -> None:
    on, things = story
    kept: list[int] = []
    for number, thing in enumerate(things):
        if (thing.on <= on or thing.judges) and all(before in kept for before in thing.behind):
            kept.append(number)
    everything, known = typed(things, range(len(things))), typed(things, kept)
    for one, two in zip(questions(everything.case, on), questions(known.case, on), strict=True):
        if not any(map(contradicts, (*one.reasons, *two.reasons))):
            assert everything.named(one) == known.named(two)
        else:
            assert one.outcome is Outcome.REFUSED
            rest = [replace(each, reasons=tuple(r for r in each.reasons if not contradicts(r))) for each in (one, two)]
            assert everything.named(rest[0])[3] == known.named(rest[1])[3]


# ── ends ───────────────────────────────────────────────────────────────────────────────────────────────────────────

Do = Callable[[Case, date], int]  # puts something in on a day; its entry
Ask = Callable[[Case, date], Decision]


def a_step(trigger: str, code: str | None = None) -> tuple[Do, Ask]:
    def do(case: Case, on: date) -> int:
        case.do(trigger, on, code=code)
        return case.seq

    return do, lambda case, on: case.ask(trigger, on, code=code)


def a_fact(told: Telling | Callable[[], Telling]) -> tuple[Do, Ask]:
    def made() -> Telling:
        return told() if callable(told) and not isinstance(told, Telling) else told

    return lambda case, on: case.fold(made(), on), lambda case, on: case.ask(made(), on)


FACTS: dict[str, Callable[[], Telling]] = {
    "consent": consent,
    "eligibility": eligible,
    "counts": counts,
    "response": lambda: response("CR"),
    "hold": hold,
    "event": event,
    "dose": dose,
}
AFTER_STUDY = ("event",)  # may be dated after the patient left
WITHDRAWAL, LOSS, DEATH = ("withdraw", "withdrawn"), ("lost_to_follow_up", "lost"), ("death", "disease")
STOPS = [
    ("stop_treatment", "physician"),
    ("relapse", "marrow"),
    ("transplant", "donor_found"),
    ("unacceptable_toxicity", "toxicity"),
]


def pairs() -> Iterator[Any]:
    for state in ("screening", "enrolled", INDUCTION, CONSOLIDATION, DAY_30, LONG_TERM):
        for name, told in FACTS.items():
            if name == "hold" and state in (DAY_30, LONG_TERM):
                continue  # refused there for itself
            ends = [LOSS, DEATH] if name in AFTER_STUDY else [WITHDRAWAL, LOSS, DEATH]
            for end in ends:
                yield pytest.param(state, told, end, name, id=f"{name}-{end[0]}-{state}")
    for state in (INDUCTION, CONSOLIDATION):
        for end in STOPS:
            for name in ("dose", "hold"):
                yield pytest.param(state, FACTS[name], end, name, id=f"{name}-{end[0]}-{state}")


@pytest.mark.parametrize(("state", "told", "end", "name"), [*pairs()])
def test_an_end_is_not_dated_before_what_it_ends_in_either_order_of_typing(
    state: str, told: Callable[[], Telling], end: tuple[str, str], name: str
) -> None:
    trigger, code = end
    first, then = at(state), at(state)
    on = first.since + timedelta(days=3)
    later = on + timedelta(days=1)

    fact = first.fold(told(), later)
    refused = first.ask(trigger, on, code=code, happened=True, reason=True)
    assert refused.outcome is Outcome.REFUSED
    assert [r.evidence for r in refused.reasons if r.strength is NEVER] == [(fact,)]
    assert first.ask(trigger, later, code=code).allowed

    step = then.fold(trigger, on, target=_target(then, trigger), code=code)
    refused = then.ask(told(), later)
    assert refused.outcome is Outcome.REFUSED
    strength = HARD if name == "dose" and end != DEATH else NEVER
    assert strength in {r.strength for r in refused.reasons if step in r.evidence}
    assert (NEVER in {r.strength for r in refused.reasons}) is (strength is NEVER)
    assert all(step not in r.evidence for r in then.ask(told(), on).reasons)


def _target(case: Case, trigger: str) -> str:
    (row,) = (r for r in DEFINITION.table("A").outgoing[case.state] if r.trigger == trigger)
    return row.target


def test_a_dose_over_several_days_ends_before_the_end_of_treatment() -> None:
    first, then = at(INDUCTION), at(INDUCTION)

    def infusion(case: Case, until: date) -> Dose:
        fact = case.proposal(dose("beta"), day(5)).what
        assert isinstance(fact, Dose)
        return Dose(fact.entry, fact.on, None, fact.agent, until=until)

    entry = first.fold(infusion(first, day(10)), day(5))
    assert [r.evidence for r in first.ask("stop_treatment", day(9), code="physician").reasons] == [(entry,)]
    assert first.ask("stop_treatment", day(10), code="physician").allowed
    then.do("stop_treatment", day(9), code="physician")
    assert [(r.code, r.strength, r.evidence) for r in then.ask(infusion(then, day(10)), day(5)).reasons] == [
        ("dose.after_treatment", HARD, (then.seq,))
    ]
    assert then.ask(infusion(then, day(9)), day(5)).allowed


def test_a_visit_may_be_dated_before_a_dose_that_was_given_after_treatment() -> None:
    case = at(DAY_30)
    case.dose(day(245))
    assert case.ask("visit", day(241)).allowed


@pytest.mark.parametrize("end", [LOSS, DEATH])
def test_an_event_does_not_end_after_the_patient_was_last_known(end: tuple[str, str]) -> None:
    first, then = at(INDUCTION), at(INDUCTION)
    entry = first.event(day(5), resolved=day(10))
    refused = first.ask(end[0], day(9), code=end[1])
    assert [(r.strength, r.evidence) for r in refused.reasons] == [(NEVER, (entry,))]
    assert first.ask(end[0], day(10), code=end[1]).allowed
    then.do(end[0], day(9), code=end[1])
    refused = then.ask(event(resolved=day(10)), day(5))
    assert [(r.strength, r.evidence) for r in refused.reasons] == [(NEVER, (then.seq,))]
    assert then.ask(event(resolved=day(9)), day(5)).allowed


def test_many_facts_after_an_end_are_counted_and_the_first_are_named() -> None:
    case = at(INDUCTION)
    taken = [case.counts(day(20 - number)) for number in range(8)]
    (found,) = case.ask("death", day(12), code="disease").reasons
    assert (found.args["count"], found.args["first"]) == (8, f"{day(13)}")
    assert found.evidence == tuple(reversed(taken))[:5]


def test_a_hold_does_not_end_before_it_began() -> None:
    case = at(INDUCTION)
    held = case.hold(day(9))
    for told in (resume(), resume(held)):
        refused = case.ask(told, day(8))
        assert [(r.strength, r.evidence) for r in refused.reasons] == [(NEVER, (held,))]
    assert case.ask(resume(held), day(9)).allowed


def test_an_event_does_not_end_before_it_began() -> None:
    case = at(INDUCTION)
    entry = case.event(day(9))
    for on in (day(8), day(9), day(20)):
        refused = case.ask(news(entry, resolved=day(8)), on)
        assert [(r.strength, r.evidence) for r in refused.reasons] == [(NEVER, (entry,))]
    assert case.ask(news(entry, resolved=day(9)), day(9)).allowed


@pytest.mark.parametrize("resolved", [day(14), day(20)])
def test_news_after_the_end_and_an_end_before_the_news_are_refused(resolved: date) -> None:
    later = resolved + timedelta(days=1)
    first, then = at(INDUCTION), at(INDUCTION)
    event_, end = first.event(day(9)), 0
    end = first.news(event_, resolved, resolved=resolved)
    assert [(r.strength, r.evidence) for r in first.ask(news(event_, 2), later).reasons] == [(NEVER, (end,))]
    assert first.ask(news(event_, 2), resolved).allowed
    event_ = then.event(day(9))
    told = then.news(event_, later, 2)
    assert [(r.strength, r.evidence) for r in then.ask(news(event_, resolved=resolved), later).reasons] == [
        (NEVER, (told,))
    ]
    assert then.ask(news(event_, resolved=later), later).allowed


def test_an_event_ends_once_until_it_is_open_again() -> None:
    case = at(INDUCTION)
    entry = case.event(day(9))
    end = case.news(entry, day(12), resolved=day(12))
    for again in (day(10), day(12), day(14)):
        refused = case.ask(news(entry, resolved=again), day(14))
        assert [(r.strength, r.evidence) for r in refused.reasons] == [(NEVER, (end,))]
    case.news(entry, day(13), 1, reopened=True)
    assert case.ask(news(entry, resolved=day(14)), day(14)).allowed


def test_an_event_comes_back_and_ends_again_from_the_day_it_ended_on() -> None:
    for on in (day(9), day(10)):
        case = at(INDUCTION)
        entry = case.event(day(5), resolved=day(9))
        assert case.ask(news(entry, 3, reopened=True, resolved=day(12)), on).allowed


def test_a_fatal_event_and_its_end_are_refused_in_either_order() -> None:
    first, then = at(INDUCTION), at(INDUCTION)
    entry = first.event(day(9), grade=3)
    fatal = first.news(entry, day(10), 5)
    refused = first.ask(news(entry, resolved=day(11)), day(11))
    assert [(r.code, r.strength, r.evidence) for r in refused.reasons] == [
        ("adverse_event.fatal_resolved", NEVER, (fatal,))
    ]
    entry = then.event(day(9), grade=3)
    end = then.news(entry, day(11), resolved=day(11))
    refused = then.ask(news(entry, 5), day(10))
    assert [(r.code, r.strength, r.evidence) for r in refused.reasons] == [
        ("adverse_event.fatal_resolved", NEVER, (end,))
    ]
    assert [(r.code, r.strength) for r in first.ask(event(grade=5, resolved=day(11)), day(9)).reasons] == [
        ("adverse_event.fatal_resolved", NEVER)
    ]


def test_a_fatal_event_does_not_end_on_the_day_it_was_fatal_in_either_order() -> None:
    fatal, end = {"grade": 5}, {"resolved": day(9)}
    for first, then in ((fatal, end), (end, fatal)):
        case = at(INDUCTION)
        entry = case.event(day(5))
        told = case.news(entry, day(9), **first)  # type: ignore[arg-type]
        found = reason(case.ask(news(entry, **then), day(9)), "adverse_event.fatal_resolved")  # type: ignore[arg-type]
        assert found.evidence == (told,)


def test_a_fatal_grade_and_a_lower_one_after_it_are_refused_in_either_order() -> None:
    first, then = at(INDUCTION), at(INDUCTION)
    entry = first.event(day(9), grade=3)
    fatal = first.news(entry, day(12), 5)
    assert [(r.code, r.strength, r.evidence) for r in first.ask(news(entry, 4), day(13)).reasons] == [
        ("adverse_event.fatal_resolved", NEVER, (fatal,))
    ]
    for on in (day(11), day(12)):
        assert first.ask(news(entry, 4), on).allowed
    entry = then.event(day(9), grade=3)
    lower = then.news(entry, day(12), 4)
    assert [(r.code, r.strength, r.evidence) for r in then.ask(news(entry, 5), day(11)).reasons] == [
        ("adverse_event.fatal_resolved", NEVER, (lower,))
    ]
    for on in (day(12), day(13)):
        assert then.ask(news(entry, 5), on).allowed
    assert then.ask(news(entry, 5), day(8)).reasons[0].code == "adverse_event.before_onset"


def test_a_step_is_not_dated_before_the_step_before_it_and_names_it() -> None:
    case = at(CONSOLIDATION)
    refused = case.ask("stop_treatment", day(28), code="physician")
    found = [r for r in refused.reasons if r.code == "dates.before_previous"]
    assert [(r.strength, r.evidence) for r in found] == [(NEVER, (case.seq,))]
    assert case.ask("stop_treatment", day(29), code="physician").allowed


def test_a_step_after_the_death_names_it_and_one_of_its_day_does_not() -> None:
    case = at(INDUCTION)
    case.do("death", day(9), code="disease")
    assert [r.code for r in case.ask("start_cycle", day(9)).reasons] == ["sequence.final"]
    after = case.ask("start_cycle", day(10)).reasons
    assert [(r.code, r.evidence) for r in after] == [("sequence.final", ()), ("dates.after_death", (case.seq,))]


# ── the faults that were found in use ──────────────────────────────────────────────────────────────────────────────


def test_counts_of_later_days_do_not_hide_those_of_the_day() -> None:
    case = at(INDUCTION)
    case.counts(day(27))
    assert case.ask("start_cycle", day(29)).allowed
    case.counts(day(97))
    assert case.ask("start_cycle", day(29)).allowed


def test_a_dose_inside_a_hold_stays_refused_when_a_later_step_was_taken() -> None:
    case = at(INDUCTION)
    case.hold(day(18))
    case.resume(day(23))
    refused = case.ask(dose(), day(20))
    case.counts(day(28))
    case.do("start_cycle", day(29))
    assert case.ask(dose(), day(20)) == refused
    assert refused.outcome is Outcome.REFUSED


def test_an_event_told_together_with_its_end_holds_back_what_is_dated_between() -> None:
    case = at(INDUCTION)
    case.counts(day(28))
    case.event(day(10), grade=4, resolved=day(41))
    assert not case.ask("start_cycle", day(29)).allowed
    assert not case.ask(dose("beta"), day(20)).allowed


def test_a_peak_told_late_neither_blocks_what_an_improvement_opened_nor_is_forgotten() -> None:
    case = at(INDUCTION)
    case.counts(day(28))
    entry = case.event(day(10), grade=3)
    case.news(entry, day(20), 1)
    case.news(entry, day(15), 4)
    assert case.ask("start_cycle", day(29)).allowed
    assert case.ask(dose("beta"), day(29)).allowed
    assert not case.ask(dose("beta"), day(16)).allowed
