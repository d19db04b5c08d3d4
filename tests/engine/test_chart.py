"""The chart: what stands, what it means on a day, and the one text that it is kept as."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.case import DEFINITION, Case, at, codes, counts, day, event, news, reason, there
from tests.library.desk import CONSOLIDATION, DAY_30, ENROLLED, INDUCTION, LONG_TERM, MAINTENANCE, OFF_STUDY
from workflow.engine import stored
from workflow.engine.answer import row_columns
from workflow.engine.as_of import HoldSpan
from workflow.engine.chart import Chart, Step, Under
from workflow.engine.decision import Void
from workflow.engine.facts import FACTS, KINDS, contact
from workflow.engine.facts.adverse_event import AdverseEvent
from workflow.engine.facts.counts import Counts
from workflow.engine.facts.dose import Dose
from workflow.engine.facts.response import Response
from workflow.errors import DamagedRow, NewerSoftwareNeeded
from workflow.protocol.table import Kind

pytestmark = pytest.mark.usefixtures("either_toy")

STATES = [place.name for place in DEFINITION.table("A").places]


# ── where the patient stood ────────────────────────────────────────────────────────────────────────────────────────


def test_treatment_is_dated_from_its_first_cycle() -> None:
    then = at(CONSOLIDATION).then()
    assert (then.treatment_from, then.cycle_from, then.phase_from) == (day(1), day(29), day(29))


def test_the_phase_is_dated_from_its_first_cycle() -> None:
    then = at("treatment.consolidation.3").then()
    assert (then.phase_from, then.cycle_from) == (day(29), day(57))


def test_leaving_treatment_ends_the_phase_and_keeps_the_first_day_of_the_last_cycle() -> None:
    then = at(DAY_30).then()
    assert (then.treatment_to, then.phase_from) == (day(211), None)
    assert then.cycle_from == day(169)
    assert not then.on_treatment


def test_the_patient_stood_where_the_steps_up_to_the_day_led() -> None:
    case = at(LONG_TERM)
    walked = [(ENROLLED, "screening"), (day(0), "enrolled"), (day(1), INDUCTION), (day(28), INDUCTION)]
    for on, state in [*walked, (day(29), CONSOLIDATION), (day(210), "treatment.maintenance.3"), (day(211), DAY_30)]:
        assert case.then(on).state == there(state)


def test_the_end_of_treatment_is_known_from_its_day_on() -> None:
    case = at(DAY_30)
    assert (case.then(day(210)).treatment_to, case.then(day(211)).treatment_to) == (None, day(211))


def test_an_exit_is_kept_with_its_coded_reason() -> None:
    case = at(INDUCTION)
    case.do("stop_treatment", day(9), code="physician")
    left = case.then().left
    assert left is not None
    assert (left.trigger, left.code, left.on) == (there("stop_treatment"), there("physician"), day(9))
    assert case.then(day(8)).left is None


def test_the_death_is_known_from_its_day_on() -> None:
    case = at(INDUCTION)
    case.do("death", day(9), code="disease")
    assert case.then(day(8)).death is None
    death = case.then(day(9)).death
    assert death is not None
    assert death.on == day(9)


def test_what_ended_treatment_stays_when_another_exit_is_taken_later() -> None:
    case = at(INDUCTION)
    case.do("relapse", day(20), code="marrow")
    case.do("death", day(60), code="other")
    then = case.then()
    assert then.end_of_treatment is not None
    assert then.left is not None
    assert (then.end_of_treatment.trigger, then.end_of_treatment.code) == (there("relapse"), there("marrow"))
    assert (then.left.trigger, then.left.code) == (there("death"), there("other"))


@pytest.mark.parametrize("state", STATES)
def test_every_transition_leads_to_its_target(state: str) -> None:
    for row in DEFINITION.table("A").outgoing[state]:
        case = at(state)
        code = row.codes[0] if row.codes else None
        before = case.then().left
        case.fold(row.trigger, case.since, target=row.target, code=code)
        then = case.then()
        assert (case.state, then.on_treatment) == (row.target, row.target.startswith("treatment."))
        assert (then.left is not before) is (row.kind is Kind.EXIT)


def test_a_repeated_visit_is_counted_and_the_first_is_not() -> None:
    case = at(LONG_TERM)
    assert case.then().visits == 0
    case.do("visit", date(2024, 12, 5))
    assert case.then().visits == 1
    case.do("withdraw", date(2024, 12, 6), code="withdrawn")
    assert case.then().visits == 1


def test_the_final_state_is_no_treatment() -> None:
    assert not at(OFF_STUDY).then().on_treatment
    assert at(MAINTENANCE).then().on_treatment


# ── adverse events ─────────────────────────────────────────────────────────────────────────────────────────────────


def course(case: Case) -> list[tuple[date, int, bool]]:
    (found,) = case.then().events
    return [(point.day, point.grade, point.open) for point in found.course]


def test_an_event_is_known_from_its_onset_on() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5))
    assert case.then(day(4)).events == []
    (found,) = case.then(day(5)).events
    assert (found.entry, found.on, found.grade, found.open, found.told_by) == (entry, day(5), 3, True, entry)


def test_an_event_is_closed_from_the_day_of_its_end_on() -> None:
    case = at(INDUCTION)
    case.news(case.event(day(5)), day(12), resolved=day(9))
    assert [case.then(day(number)).events[0].open for number in (5, 8, 9, 12)] == [True, True, False, False]


def test_news_are_sorted_in_by_their_day() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), grade=2)
    last = case.news(entry, day(11), 1)
    case.news(entry, day(8), 4)
    assert course(case) == [(day(5), 2, True), (day(8), 4, True), (day(11), 1, True)]
    assert case.then().events[0].told_by == last
    assert case.then(day(10)).events[0].grade == 4


def test_the_worst_grade_of_a_day_is_that_day_s_in_whatever_order_it_is_told() -> None:
    for grades in ((2, 4), (4, 2)):
        case = at(INDUCTION)
        entry = case.event(day(5), grade=1)
        for grade in grades:
            case.news(entry, day(8), grade)
        assert course(case) == [(day(5), 1, True), (day(8), 4, True)]


def test_news_of_the_day_of_onset_count_where_they_are_worse() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), grade=2)
    case.news(entry, day(5), 1)
    assert course(case) == [(day(5), 2, True)]
    case.news(entry, day(5), 3)
    assert course(case) == [(day(5), 3, True)]


def test_of_news_of_one_day_with_a_time_each_the_last_counts_and_the_worst_is_kept() -> None:
    for order in (1, -1):
        case = at(INDUCTION)
        entry = case.event(day(5), grade=2)
        for time, grade in [("06:00", 4), ("22:00", 1)][::order]:
            case.news(entry, day(8), grade, at=time)
        point = case.then().events[0].course[-1]
        assert (point.grade, point.worst) == (1, 4)


def test_of_news_of_one_day_and_time_the_worse_counts() -> None:
    for grades in ((1, 3), (3, 1)):
        case = at(INDUCTION)
        entry = case.event(day(5), grade=2)
        for grade in grades:
            case.news(entry, day(8), grade, at="08:00")
        assert case.then().events[0].grade == 3


@pytest.mark.parametrize("told", [{"grade": 2}, {"resolved": day(9)}])
def test_nothing_comes_after_a_fatal_grade(told: dict[str, object]) -> None:
    for order in (1, -1):
        case = at(INDUCTION)
        entry = case.event(day(5))
        for on, news_ in [(day(7), {"grade": 5}), (day(9), told)][::order]:
            case.news(entry, on, **news_)  # type: ignore[arg-type]
        assert course(case) == [(day(5), 3, True), (day(7), 5, True)]


def test_of_one_day_the_fatal_grade_counts_whatever_the_times() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5))
    case.news(entry, day(8), 5, at="06:00")
    case.news(entry, day(8), 1, at="22:00")
    assert case.then().events[0].fatal


def test_an_unacceptable_event_stays_so_though_it_resolved() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), unacceptable=True)
    case.news(entry, day(9), 1, resolved=day(9))
    (kept,) = case.then().events
    assert (kept.entry, kept.grade, kept.unacceptable, kept.open) == (entry, 1, True, False)


def test_unacceptable_once_is_unacceptable_from_then_on() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), unacceptable=True)
    case.news(entry, day(9), 2, unacceptable=False)
    assert case.then().events[0].unacceptable


def test_of_two_judgements_the_one_typed_last_stands_whatever_the_days() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), attributed=None)
    case.news(entry, day(12), attributed=("beta",))
    case.news(entry, day(8), attributed=())
    assert case.then(day(5)).events[0].attributed == ()


def test_an_ended_event_goes_on_only_where_it_is_said_to_be_open_again() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5))
    case.news(entry, day(9), resolved=day(9))
    assert codes(case.ask(news(entry, 2), day(10))) == ["adverse_event.ended"]
    assert case.ask(news(entry, 2), day(9)).allowed
    case.do(news(entry, 2, reopened=True), day(12))
    assert codes(case.ask(news(entry, 1), day(11))) == ["adverse_event.ended"]
    assert case.ask(news(entry, 1), day(12)).allowed
    assert course(case) == [(day(5), 3, True), (day(9), 3, False), (day(12), 2, True)]
    case.do(news(entry, 3), day(13))
    case.do(news(entry, resolved=day(14)), day(14))
    assert course(case)[3:] == [(day(13), 3, True), (day(14), 3, False)]


def test_an_event_that_ended_and_opened_again_on_one_day_is_open() -> None:
    for order in (1, -1):
        case = at(INDUCTION)
        entry = case.event(day(5))
        for told in [{"resolved": day(9)}, {"grade": 2, "reopened": True}][::order]:
            case.news(entry, day(9), **told)
        assert course(case) == [(day(5), 3, True), (day(9), 2, True)]
        assert case.ask(news(entry, 4), day(9)).allowed
        assert case.ask(news(entry, 4), day(10)).allowed
        assert case.ask(news(entry, resolved=day(11)), day(11)).allowed


def test_an_event_that_opened_again_and_ended_on_one_day_has_ended() -> None:
    for order in (1, -1):
        case = at(INDUCTION)
        entry = case.event(day(5), resolved=day(7))
        for told in [{"resolved": day(9)}, {"grade": 2, "reopened": True}][::order]:
            case.news(entry, day(9), **told)
        assert course(case) == [(day(5), 3, True), (day(7), 3, False), (day(9), 2, False)]


def test_a_closed_event_can_be_put_right_inside_its_span() -> None:
    case = at(INDUCTION)
    entry = case.event(day(5), resolved=day(9))
    case.do(news(entry, 4), day(7))
    assert course(case) == [(day(5), 3, True), (day(7), 4, True), (day(9), 4, False)]


# ── holds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hold_s_span_is_half_open_and_kept() -> None:
    case = at(INDUCTION)
    entry = case.hold(day(10))
    case.resume(day(20))
    code = there("infection")
    assert case.then(day(9)).holds == ()
    assert case.then(day(19)).holds == [HoldSpan(entry, day(10), code, None)]
    assert case.then(day(20)).holds == [HoldSpan(entry, day(10), code, day(20))]
    case.counts(day(28))
    case.do("start_cycle", day(29))
    assert case.then(day(19)).hold == HoldSpan(entry, day(10), code, None)


# ── what is kept ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_drops_out() -> None:
    case = at(INDUCTION)
    for number in range(200):
        case.counts(day(number))
        case.response(day(number), "CR")
    assert len(case.chart.of(Counts)) == len(case.chart.of(Response)) == 200


def test_facts_stand_in_the_order_of_their_days_and_of_their_entries() -> None:
    case = at(INDUCTION)
    late, early, same = case.counts(day(9)), case.counts(day(3)), case.counts(day(9))
    assert [one.entry for one in case.chart.of(Counts)] == [early, late, same]


def test_a_chart_is_a_value() -> None:
    case = at(INDUCTION)
    before = case.chart
    text = stored.dumps(before)
    case.counts(day(3))
    case.do("stop_treatment", day(9), code="physician")
    assert stored.dumps(before) == text
    assert case.chart != before


# ── taken back ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fact_that_is_taken_back_was_never_there() -> None:
    case = at(INDUCTION)
    case.counts(day(2))
    before = case.chart
    entry = case.counts(day(3))
    case.do(Void(entry, ""), day(4))
    assert case.chart == before


def test_what_followed_from_a_fact_by_itself_goes_with_it() -> None:
    case = at(INDUCTION)
    before = case.chart
    entry = case.event(day(9), unacceptable=True)
    case.do("unacceptable_toxicity", day(9), code="toxicity", cause=entry)
    case.do(Void(entry, ""), day(10))
    assert case.chart == before


def test_only_structure_stands_in_the_way_of_taking_back() -> None:
    case = at(INDUCTION)
    step = case.seq
    taken = case.counts(day(28))
    case.do("start_cycle", day(29))
    assert case.ask(Void(taken, ""), day(30)).allowed  # a step rested on it: that is for a review
    entry = case.event(day(30))
    later = case.news(entry, day(31), 2)
    assert [(r.code, r.evidence) for r in case.ask(Void(entry, ""), day(32)).reasons] == [
        ("correct.referred_to", (later,))
    ]
    assert reason(case.ask(Void(step, ""), day(32)), "correct.stands_on").evidence == (step + 2,)
    assert codes(case.ask(Void(1, ""), day(32))) == ["correct.enrolment"]
    assert codes(case.ask(Void(99, ""), day(32))) == ["correct.nothing"]
    case.do(Void(later, ""), day(32))
    assert codes(case.ask(Void(later, ""), day(32))) == ["correct.nothing"]
    assert case.ask(Void(entry, ""), day(32)).allowed


def test_the_last_step_is_taken_back_and_the_patient_stands_where_they_stood() -> None:
    case = at(INDUCTION)
    before = case.chart
    case.do("stop_treatment", day(20), code="physician")
    step = case.seq
    case.do("visit", day(50))
    assert reason(case.ask(Void(step, ""), day(51)), "correct.stands_on").evidence == (case.seq,)
    case.do(Void(case.seq, ""), day(51))
    case.do(Void(step, ""), day(51))
    assert case.chart == before


def test_every_step_of_a_path_can_be_taken_back_one_by_one_but_the_enrolment() -> None:
    case = at(LONG_TERM)
    for step in reversed(case.chart.steps):
        assert case.chart.state_now(case.definition) == step.target
        case.do(Void(step.entry, ""), day(400))
    assert case.chart.state_now(case.definition) == case.definition.table(case.chart.arm).initial
    assert codes(case.ask(Void(1, ""), day(400))) == ["correct.enrolment"]


def test_who_takes_a_step_back_may_take_it() -> None:
    case = at(INDUCTION)
    case.do("stop_treatment", day(20), code="physician")
    assert codes(case.ask(Void(case.seq, ""), day(21), role="coordinator")) == ["role.not_permitted"]
    assert case.ask(Void(case.seq, ""), day(21), role="investigator").allowed


def test_a_fact_of_a_step_that_is_taken_back_stays() -> None:
    """What is wrong with it then is for a review to say."""
    case = at(INDUCTION)
    first = case.chart.steps[-1].entry
    given = case.dose(day(2))
    case.do(Void(first, ""), day(3))
    assert [dose.entry for dose in case.chart.of(Dose)] == [given]


def test_a_hold_that_was_resumed_is_not_taken_back_before_its_resumption() -> None:
    case = at(INDUCTION)
    held = case.hold(day(5))
    resumed = case.resume(day(6))
    assert [r.evidence for r in case.ask(Void(held, ""), day(7)).reasons] == [(resumed,)]
    case.do(Void(resumed, ""), day(7))
    assert case.ask(Void(held, ""), day(7)).allowed


def test_a_step_that_followed_goes_with_its_cause_alone_and_while_nothing_stands_on_it() -> None:
    case = at(INDUCTION)
    entry = case.event(day(9), unacceptable=True)
    case.do("unacceptable_toxicity", day(9), code="toxicity", cause=entry)
    followed = case.seq
    assert [(r.code, r.evidence) for r in case.ask(Void(followed, ""), day(10)).reasons] == [
        ("correct.its_cause", (entry,))
    ]
    case.do("visit", day(39))
    assert [(r.code, r.evidence) for r in case.ask(Void(entry, ""), day(40)).reasons] == [
        ("correct.stands_on", (case.seq,))
    ]


# ── the text ───────────────────────────────────────────────────────────────────────────────────────────────────────


def busy(state: str) -> Case:
    """A patient with something of every kind."""
    case = at(state)
    since = case.since
    case.consent(since)
    case.eligible(since)
    first = case.event(since, unacceptable=True, at="08:15", serious=True, resolved=since, stops=("beta",))
    case.event(since, "liver_injury", 2, attributed=("alpha", "beta"))
    case.news(first, since, 2, reopened=True, attributed=())
    case.response(since, "CR")
    case.response(since, "PD")
    case.counts(since)
    case.dose(since)
    case.dose(since, "beta")
    case.hold(since)
    case.resume(since)
    case.fold(contact.telling("unknown", "seen"), since)
    return case


@pytest.mark.parametrize("state", STATES)
def test_what_is_written_is_what_is_read(state: str) -> None:
    for case in (at(state), busy(state)):
        text = stored.dumps(case.chart)
        assert stored.loads(text) == case.chart
        assert stored.dumps(stored.loads(text)) == text


def test_every_kind_of_fact_has_its_place_in_the_text() -> None:
    text = json.loads(stored.dumps(busy(LONG_TERM).chart))
    assert list(text) == ["arm", "enrolled_on", "under", "steps", *KINDS]
    assert all(text[kind.KIND] for kind in FACTS)


def test_the_text_of_a_new_patient_holds_what_there_is() -> None:
    case = Case()
    assert stored.dumps(case.chart) == (
        f'{{"arm":"{there("A")}","enrolled_on":"2024-01-01","under":[["2024-01-01",1,"{case.definition.digest}"]]}}'
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 100_000,
        '{"arm":"A","enrolled_on":"2024-01-01","under":[],"more":1}',
        '{"arm":"A","enrolled_on":"infinity","under":[]}',
        '{"arm":"A","enrolled_on":"2024-01-01","under":[],"counts":[[1,"2024-01-01",null,"1"]]}',
        '{"arm":"A","enrolled_on":"2024-01-01","under":[],"counts":[[1,"2024-01-01",null,"1","2","3"]]}',
        '{"arm":"\udcff"}',
    ],
)
def test_anything_else_is_a_damaged_row(text: str) -> None:
    with pytest.raises(DamagedRow):
        stored.loads(text).of(Counts)


def test_a_list_that_nobody_asks_for_stays_as_it_was_read() -> None:
    text = '{"arm":"A","enrolled_on":"2024-01-01","under":[],"counts":[[7,"2024-01-02",null,"1","2"]]}'
    chart = stored.loads(text)
    assert stored.dumps(chart) == text
    assert [one.entry for one in chart.of(Counts)] == [7]
    assert stored.dumps(chart) == text


def test_a_row_of_a_newer_fold_is_not_ours_and_one_of_an_older_is_stale() -> None:
    assert stored.is_stale(stored.FOLD - 1)
    assert not stored.is_stale(stored.FOLD)
    with pytest.raises(NewerSoftwareNeeded):
        stored.is_stale(stored.FOLD + 1)


# ── the fold ───────────────────────────────────────────────────────────────────────────────────────────────────────

TYPED = st.lists(
    st.tuples(st.sampled_from(["event", "news", "counts", "response", "dose", "hold", "resume"]), st.integers(1, 90)),
    max_size=12,
)


def folded(facts: list[tuple[str, int]], *, through_text: bool) -> Chart:
    case = at(CONSOLIDATION)
    for what, number in facts:
        on = day(number)
        told = case.chart.of(AdverseEvent)
        match what:
            case "event":
                case.event(on, grade=1 + number % 5, unacceptable=number % 7 == 0)
            case "news" if told:
                case.news(told[0].entry, on, 1 + number % 5, resolved=on if number % 2 else None)
            case "counts":
                case.counts(on, anc=f"{number}.5")
            case "response":
                case.response(on, ["CR", "NR", "PD", "REL"][number % 4])
            case "dose":
                case.dose(on, ["alpha", "beta"][number % 2])
            case "hold":
                case.hold(on)
            case "resume":
                case.resume(on, case.seq)
        if through_text:
            case.chart = stored.loads(stored.dumps(case.chart))
    return case.chart


@given(TYPED)
def test_the_same_entries_fold_to_the_same_chart_kept_or_read_anew_each_time(facts: list[tuple[str, int]]) -> None:
    kept, read = folded(facts, through_text=False), folded(facts, through_text=True)
    assert kept == read
    assert stored.dumps(kept) == stored.dumps(read)


@given(st.data())
def test_the_same_facts_put_in_in_any_order_are_one_text(data: st.DataObject) -> None:
    chart = folded(data.draw(TYPED), through_text=False)
    bare = at(CONSOLIDATION).chart
    for kind in FACTS:
        for fact in bare.of(kind):
            bare = bare.without(fact.entry)
    facts = data.draw(st.permutations(list(chart.facts())))
    for fact in facts:
        bare = bare.with_fact(fact)
    assert stored.dumps(bare) == stored.dumps(chart)


def test_the_row_is_what_its_entries_add_up_to() -> None:
    case = at(INDUCTION)
    for what, on in ((counts(), day(3)), (event(), day(4)), ("stop_treatment", day(9))):
        answered = case.answer(what, on, code="physician")
        case.fold(what, on, target=DAY_30, code="physician")
        assert answered.chart == case.chart
        assert answered.columns == row_columns(case.definitions, case.chart)


def test_what_an_entry_recorded_is_found_by_its_number() -> None:
    case = at(INDUCTION)
    step = case.seq
    counted = case.counts(day(-9))
    assert case.chart.find(counted) == case.chart.of(Counts)[-1]
    assert case.chart.without(counted).find(counted) is None
    assert case.chart.find(step) == Step(step, day(1), there("start_cycle"), there(INDUCTION))


def test_a_patient_is_under_another_protocol_from_the_day_of_the_change_on() -> None:
    chart = at(INDUCTION).chart
    amended = Chart(chart.arm, chart.enrolled_on, (*chart.under, Under(day(9), 7, "amended")), chart.steps)
    days = (ENROLLED - timedelta(days=1), ENROLLED, day(8), day(9), day(10))
    first = chart.under[0].digest
    assert [amended.digest_on(on) for on in days] == [first, first, first, "amended", "amended"]
