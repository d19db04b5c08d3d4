"""Each kind of guard: when it lets pass, when it says no, and what it then tells. Both sides of every date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from tests.engine.case import (
    TODAY,
    Case,
    at,
    back,
    codes,
    day,
    dose,
    eligible,
    event,
    lifted_by,
    reason,
    said,
    there,
    with_guards,
)
from tests.library.desk import CONSOLIDATION, DAY_30, ENROLLED, INDUCTION, LONG_TERM, MAINTENANCE, PATH
from tests.toy import RECORD, STUDY_END, TOY
from workflow.engine.answer import follows
from workflow.engine.decision import Decision, Outcome, Reason, Strength
from workflow.engine.facts.dose import Dose
from workflow.engine.guards import EVALUATE
from workflow.protocol import guards
from workflow.protocol.guards import NoProgression
from workflow.protocol.model import Response, ResponseMeaning

pytestmark = pytest.mark.usefixtures("either_toy")

SOFT, HARD, NEVER = Strength
REGISTERED = date(2024, 1, 3)
DUE = day(29)  # cycle 2


def screened() -> Case:
    return at("screening")


def before_cycle_2() -> Case:
    """In induction, with counts that allow the next cycle."""
    case = at(INDUCTION)
    case.counts(day(28))
    return case


def next_cycle(case: Case, on: date = DUE) -> list[str]:
    return codes(case.ask("start_cycle", on, reason=True))


def test_every_guard_that_a_protocol_can_declare_is_evaluated() -> None:
    assert set(EVALUATE) == set(guards.Guard.__args__)


def test_the_walk_passes_every_guard_of_the_path() -> None:
    assert at(LONG_TERM).state == LONG_TERM


# ── consent ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_consent_nobody_is_registered() -> None:
    case = screened()
    case.eligible()
    decision = case.ask("register", REGISTERED)
    assert decision.outcome is Outcome.REFUSED
    assert decision.reasons == (Reason("consent.missing", {"on": f"{REGISTERED}"}, HARD),)


def test_consent_to_another_version_does_not_count() -> None:
    case = screened()
    case.eligible()
    entry = case.consent(version="0")
    found = reason(case.ask("register", REGISTERED), "consent.version")
    assert "protocol version 0, the patient is under 1" in said(found)
    assert lifted_by(found) == "record a consent to version 1"
    assert (found.evidence, found.strength) == ((entry,), HARD)


def test_the_consent_of_the_latest_day_counts_in_whatever_order_they_are_told() -> None:
    for first, then in (("0", "1"), ("1", "0")):
        case = screened()
        case.eligible()
        days = {"0": ENROLLED, "1": ENROLLED + timedelta(days=1)}
        for version in (first, then):
            case.consent(days[version], version)
        assert case.ask("register", REGISTERED).allowed


def test_of_two_consents_of_one_day_the_one_to_another_version_counts() -> None:
    for versions in (("0", "1"), ("1", "0")):
        case = screened()
        case.eligible()
        entries = {version: case.consent(version=version) for version in versions}
        (found,) = case.ask("register", REGISTERED).reasons
        assert (found.code, found.args["consented"]) == ("consent.version", "0")
        assert found.evidence == (entries["0"],)


def test_of_two_consents_of_one_day_to_other_versions_the_same_one_is_named_in_whatever_order_they_are_told() -> None:
    for versions in (("0", "2"), ("2", "0")):
        case = screened()
        case.eligible()
        entries = tuple(case.consent(version=version) for version in versions)
        (found,) = case.ask("register", REGISTERED).reasons
        assert (found.args["consented"], found.evidence) == ("0", entries)


def test_a_later_consent_does_not_take_the_earlier_one_away() -> None:
    case = before_cycle_2()
    case.consent(day(30), version="2")
    assert next_cycle(case, day(29)) == []
    assert next_cycle(case, day(30)) == ["consent.version"]


@pytest.mark.parametrize(("days", "found"), [(-1, []), (0, []), (1, ["consent.missing"])])
def test_consent_counts_from_its_day_on(days: int, found: list[str]) -> None:
    case = screened()
    case.eligible()
    case.consent(REGISTERED + timedelta(days=days))
    assert codes(case.ask("register", REGISTERED)) == found


# ── eligibility ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_eligibility_nobody_is_registered() -> None:
    case = screened()
    case.consent()
    assert codes(case.ask("register", REGISTERED)) == ["eligibility.missing"]


def test_a_failed_criterion_is_named() -> None:
    case = screened()
    case.consent()
    entry = case.eligible(IN02=False)
    found = reason(case.ask("register", REGISTERED), "eligibility.not_met")
    assert found == Reason("eligibility.not_met", {"criteria": ["IN02"]}, HARD, (entry,))
    assert (said(found), lifted_by(found)) == ("not eligible: IN02", "the patient leaves as a screen failure")


def test_an_exclusion_that_applies_is_a_failed_criterion() -> None:
    case = screened()
    case.consent()
    case.eligible(EX01=True)
    assert reason(case.ask("register", REGISTERED), "eligibility.not_met").args["criteria"] == ["EX01"]


def test_an_unknown_answer_blocks_as_a_failed_one_does() -> None:
    case = screened()
    case.consent()
    case.eligible(EX01=None)
    found = reason(case.ask("register", REGISTERED), "eligibility.unknown")
    assert (said(found), found.strength) == ("not yet answered: EX01", HARD)


def test_what_was_not_answered_is_unknown() -> None:
    case = screened()
    case.consent()
    case.eligible(others=False)
    assert reason(case.ask("register", REGISTERED), "eligibility.unknown").args["criteria"] == ["IN02", "EX01"]


def test_a_route_into_another_arm_takes_an_override() -> None:
    elsewhere = replace(TOY, arms=(replace(TOY.arms[0], routes=("IN09",)),))
    case = Case(elsewhere)
    case.consent()
    entry = case.eligible()
    found = reason(case.ask("register", REGISTERED), "eligibility.arm")
    assert said(found) == "eligible by IN01, but arm A is entered by IN09"
    assert (found.evidence, found.strength) == ((entry,), SOFT)
    assert case.ask("register", REGISTERED, override=True, reason=True).outcome is Outcome.OVERRIDDEN


@pytest.mark.parametrize(("days", "found"), [(-1, []), (0, []), (1, ["eligibility.missing"])])
def test_eligibility_counts_from_its_day_on(days: int, found: list[str]) -> None:
    case = screened()
    case.consent()
    case.eligible(REGISTERED + timedelta(days=days))
    assert codes(case.ask("register", REGISTERED)) == found


def test_the_answers_of_the_latest_day_count_in_whatever_order_they_are_told() -> None:
    for order in (1, -1):
        case = screened()
        case.consent()
        told = [(ENROLLED, {"EX01": True}), (REGISTERED, {"EX01": False})][::order]
        for on, answers in told:
            case.eligible(on, **answers)
        assert codes(case.ask("register", REGISTERED)) == []
        assert codes(case.ask("register", REGISTERED - timedelta(days=1))) == ["eligibility.not_met"]


def test_of_several_answers_of_one_day_whatever_speaks_against_counts() -> None:
    for order in (1, -1):
        case = screened()
        case.consent()
        told = [{"EX01": True}, {}, {"IN02": None}][::order]
        entries = tuple(case.eligible(**answers) for answers in told)
        decision = case.ask("register", REGISTERED)
        assert [(r.code, r.args["criteria"], r.evidence) for r in decision.reasons] == [
            ("eligibility.not_met", ["EX01"], entries),
            ("eligibility.unknown", ["IN02"], entries),
        ]


@pytest.mark.parametrize(("on", "held"), [(day(28), True), (day(29), True), (day(30), False)])
def test_what_is_found_not_met_during_treatment_holds_back_the_next_cycle(on: date, held: bool) -> None:
    case = before_cycle_2()
    entry = case.eligible(on, EX01=True)
    decision = case.ask("start_cycle", day(29))
    assert [(r.code, r.args, r.strength, r.evidence) for r in decision.reasons] == (
        [("eligibility.not_met_since", {"criteria": ["EX01"]}, SOFT, (entry,))] if held else []
    )


def test_answers_that_say_otherwise_let_the_next_cycle_pass() -> None:
    case = before_cycle_2()
    case.eligible(day(20), EX01=True)
    case.eligible(day(25))
    assert next_cycle(case) == []


def test_what_is_not_answered_again_during_treatment_is_as_it_was() -> None:
    case = before_cycle_2()
    case.eligible(day(20), others=False)
    assert next_cycle(case) == []


def test_of_answers_of_one_day_with_a_time_each_the_last_stands_during_treatment() -> None:
    for order in (1, -1):
        case = before_cycle_2()
        for time, applies in [("08:00", True), ("16:00", False)][::order]:
            case.fold(eligible(EX01=applies), day(20), at=time)
        assert next_cycle(case) == []


def test_that_an_answer_became_unknown_does_not_lift_what_was_found() -> None:
    case = before_cycle_2()
    entry = case.eligible(day(20), EX01=True)
    case.eligible(day(25), EX01=None)
    assert reason(case.ask("start_cycle", DUE), "eligibility.not_met_since").evidence == (entry,)


@pytest.mark.parametrize(("days", "found"), [(-1, False), (0, True)])
def test_the_first_answers_too_count_from_their_day_on(days: int, found: bool) -> None:
    case = screened()
    case.eligible(REGISTERED, EX01=True)
    asked = case.ask(dose(), REGISTERED + timedelta(days=days))
    assert ("eligibility.not_met_since" in codes(asked)) is found


# ── progression ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("category", "kind"), [("PD", "progression"), ("REL", "relapse")])
def test_progression_and_relapse_end_the_cycles(category: str, kind: str) -> None:
    case = before_cycle_2()
    entry = case.response(day(20), category)
    found = reason(case.ask("start_cycle", day(29)), f"progression.{kind}")
    assert said(found) == f"{kind} on {day(20)} ({category})"
    assert (found.evidence, found.strength) == ((entry,), HARD)


def test_progression_stands_whatever_comes_after_it() -> None:
    case = before_cycle_2()
    case.response(day(20), "PD")
    case.response(day(25), "CR")
    assert next_cycle(case) == ["progression.progression"]


@pytest.mark.parametrize("category", ["PD", "REL", "NR"])
def test_an_assessment_bars_the_cycle_of_its_own_day_and_none_before(category: str) -> None:
    case = before_cycle_2()
    case.response(day(30), category)
    assert next_cycle(case, day(29)) == []
    assert len(next_cycle(case, day(30))) == 1


def test_of_two_progressions_the_first_counts_in_whatever_order_they_are_told() -> None:
    case = before_cycle_2()
    case.response(day(26), "PD")
    case.response(day(20), "REL")
    assert next_cycle(case) == ["progression.relapse"]


def test_of_two_progressions_of_one_day_the_same_one_is_named_in_whatever_order_they_are_told() -> None:
    for order in (1, -1):
        case = before_cycle_2()
        for category in ("PD", "REL")[::order]:
            case.response(day(20), category)
        (found,) = case.ask("start_cycle", day(29)).reasons
        assert found.args["response"] == min(("PD", "REL"), key=there)  # by the protocol's own name for it


@pytest.mark.parametrize("category", ["PD", "REL", "NR"])
@pytest.mark.parametrize(("on", "counts"), [(day(-2), False), (day(0), False), (day(1), True), (day(2), True)])
def test_an_assessment_counts_from_day_1_of_treatment_on(category: str, on: date, counts: bool) -> None:
    case = at("enrolled")
    case.response(on, category)
    case.do("start_cycle", day(1))
    case.counts(day(28))
    assert bool(next_cycle(case)) is counts


def test_progression_told_before_the_step_that_began_treatment_counts_all_the_same() -> None:
    case = at("enrolled")
    entry = case.response(day(20), "PD")
    case.do("start_cycle", day(1))
    case.counts(day(28))
    assert reason(case.ask("start_cycle", day(29)), "progression.progression").evidence == (entry,)


def test_no_response_takes_an_override() -> None:
    case = before_cycle_2()
    entry = case.response(day(27), "NR")
    found = reason(case.ask("start_cycle", day(29)), "progression.no_response")
    assert said(found) == f"no response on {day(27)} (NR)"
    assert (found.evidence, found.strength) == ((entry,), SOFT)


@pytest.mark.parametrize(("on", "found"), [(day(28), []), (day(29), []), (day(30), ["progression.no_response"])])
def test_a_later_response_lifts_it_from_its_day_on(on: date, found: list[str]) -> None:
    case = before_cycle_2()
    case.response(day(27), "NR")
    case.response(on, "CR")
    assert next_cycle(case) == found


@pytest.mark.parametrize("told", [("NR", "CR"), ("CR", "NR")])
def test_of_two_assessments_of_one_day_the_worse_counts(told: tuple[str, str]) -> None:
    case = before_cycle_2()
    for category in told:
        case.response(day(27), category)
    assert next_cycle(case) == ["progression.no_response"]


def test_of_two_assessments_of_one_day_with_a_time_each_the_later_counts() -> None:
    for order in (1, -1):
        case = before_cycle_2()
        for time, category in [("08:00", "NR"), ("16:30", "CR")][::order]:
            case.response(day(27), category, at=time)
        assert next_cycle(case) == []


MORE_RESPONSES = replace(
    TOY,
    responses=(
        *TOY.responses,
        Response("SD", "Stable disease", ResponseMeaning.NONE),
        Response("PR", "Partial remission", ResponseMeaning.PARTIAL),
    ),
)


@pytest.mark.parametrize(("better", "worse"), [("CR", "PR"), ("PR", "NR"), ("NR", "PD"), ("NR", "REL")])
def test_of_a_day_s_assessments_the_worse_is_the_patient_s_response(better: str, worse: str) -> None:
    for order in ((better, worse), (worse, better)):
        assert assessed(*order) == there(worse)


def test_of_two_like_assessments_of_one_day_the_same_one_is_named_in_whatever_order_they_are_told() -> None:
    assert assessed("NR", "SD") == assessed("SD", "NR")


def assessed(*told: str) -> str | None:
    """The response on a day on which these were told."""
    case = at(INDUCTION, MORE_RESPONSES)
    for category in told:
        case.response(day(27), category)
    found = case.then(day(27)).response
    return found.response if found is not None else None


def test_no_response_is_of_no_matter_where_the_protocol_does_not_ask() -> None:
    case = at(DAY_30, with_guards("visit", DAY_30, NoProgression(RECORD)))
    case.response(day(240), "NR")
    assert case.ask("visit", day(241)).allowed
    case = at(DAY_30, with_guards("visit", DAY_30, NoProgression(RECORD, response_after="induction")))
    case.response(day(240), "NR")
    assert codes(case.ask("visit", day(241))) == ["progression.no_response"]


# ── toxicity ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_event_declared_unacceptable_ends_the_cycles() -> None:
    case = before_cycle_2()
    entry = case.event(day(10), grade=2, unacceptable=True)
    found = reason(case.ask("start_cycle", day(29)), "toxicity.unacceptable")
    assert said(found) == f"Nausea grade 2 (entry {entry}) was declared unacceptable"
    assert lifted_by(found) == "the patient leaves treatment: unacceptable_toxicity"
    assert (found.evidence, found.strength) == ((entry,), HARD)


def test_what_is_unacceptable_is_told_once_and_not_as_something_that_may_pass() -> None:
    case = before_cycle_2()
    case.event(day(20), grade=3, unacceptable=True)
    assert next_cycle(case) == ["toxicity.unacceptable"]


def test_unacceptable_is_unacceptable_when_it_resolved_too() -> None:
    case = before_cycle_2()
    entry = case.event(day(10), grade=2, unacceptable=True)
    case.news(entry, day(12), resolved=day(12))
    assert next_cycle(case) == ["toxicity.unacceptable"]


def test_what_is_declared_unacceptable_is_so_from_the_event_s_first_day_on() -> None:
    case = before_cycle_2()
    entry = case.event(day(10), grade=2)
    case.news(entry, day(60), unacceptable=True)
    assert next_cycle(case) == ["toxicity.unacceptable"]


@pytest.mark.parametrize(("on", "ends"), [(day(28), True), (day(29), True), (day(30), False)])
@pytest.mark.parametrize("told", [{"grade": 5}, {"grade": 2, "unacceptable": True}])
def test_a_fatal_or_unacceptable_event_ends_the_cycles_from_its_day_on(
    told: dict[str, object], on: date, ends: bool
) -> None:
    case = before_cycle_2()
    case.event(on, attributed=(), **told)  # type: ignore[arg-type]
    assert bool(next_cycle(case)) is ends


def test_an_event_is_fatal_from_the_day_of_the_news_that_say_so_on() -> None:
    case = before_cycle_2()
    entry = case.event(day(10), grade=2)
    worse = case.news(entry, day(29), 5)
    assert next_cycle(case, day(28)) == []
    found = reason(case.ask("start_cycle", day(29)), "toxicity.fatal")
    assert (found.evidence, lifted_by(found)) == ((worse,), "record the death: death")


def test_a_fatal_event_with_an_end_is_fatal_all_the_same() -> None:
    case = before_cycle_2()
    case.event(day(10), grade=5, resolved=day(15))
    assert next_cycle(case) == ["toxicity.fatal"]


def test_an_open_event_of_grade_3_takes_an_override() -> None:
    case = before_cycle_2()
    entry = case.event(day(10), grade=3)
    found = reason(case.ask("start_cycle", day(29)), "toxicity.open")
    assert said(found) == f"Nausea grade 3, onset {day(10)} (entry {entry}), is not resolved"
    assert "below grade 3" in lifted_by(found)
    assert (found.evidence, found.strength) == ((entry,), SOFT)


def test_every_open_event_is_a_reason_of_its_own() -> None:
    case = before_cycle_2()
    first, second = case.event(day(10)), case.event(day(11), "fever", 4)
    found = case.ask("start_cycle", day(29)).reasons
    assert [each.evidence for each in found] == [(first,), (second,)]


@pytest.mark.parametrize(("on", "open_"), [(day(28), False), (day(29), False), (day(30), True)])
@pytest.mark.parametrize("settled", ["grade fell", "ended", "ended at once"])
def test_an_event_that_ended_or_fell_below_grade_3_lets_pass_from_that_day_on(
    settled: str, on: date, open_: bool
) -> None:
    case = before_cycle_2()
    match settled:
        case "grade fell":
            case.news(case.event(day(10)), on, 2)
        case "ended":
            case.news(case.event(day(10)), on, resolved=on)
        case _:
            case.event(day(10), resolved=on)
    assert next_cycle(case) == (["toxicity.open"] if open_ else [])


@pytest.mark.parametrize(("on", "held"), [(day(28), True), (day(29), True), (day(30), False)])
def test_an_event_holds_back_from_the_day_on_that_it_reached_grade_3(on: date, held: bool) -> None:
    case = before_cycle_2()
    case.news(case.event(day(10), grade=2), on, 3)
    assert next_cycle(case) == (["toxicity.open"] if held else [])


def test_an_event_due_to_no_agent_lets_pass() -> None:
    case = before_cycle_2()
    case.event(day(10), grade=4, attributed=())
    assert next_cycle(case) == []


def test_a_severe_event_whose_cause_nobody_has_judged_holds_the_cycle_back() -> None:
    case = before_cycle_2()
    entry = case.event(day(10), grade=3, attributed=None)
    (found,) = case.ask("start_cycle", day(29)).reasons
    assert (found.code, found.evidence, found.strength) == ("toxicity.unattributed", (entry,), SOFT)
    case.news(entry, day(60), attributed=())
    assert next_cycle(case) == []


def test_a_low_count_that_nobody_has_judged_is_the_disease_s_as_often_as_not_and_lets_pass() -> None:
    case = before_cycle_2()
    case.event(day(10), "neutropenia", 4, attributed=None)
    assert next_cycle(case) == []


def test_without_an_open_grade_only_the_unacceptable_counts() -> None:
    case = at("enrolled")
    case.event(day(-1), grade=4)
    assert case.ask("start_cycle", day(1)).allowed
    case.event(day(1), grade=1, unacceptable=True)
    assert codes(case.ask("start_cycle", day(1))) == ["toxicity.unacceptable"]


# ── what follows by itself ─────────────────────────────────────────────────────────────────────────────────────────


def exit_after(case: Case, on: date, **more: object) -> tuple[date, str] | None:
    """The day and the state of what follows from an unacceptable event."""
    asked = case.proposal(event(**{"unacceptable": True, **more}), on)
    case.do(asked.what, on)  # type: ignore[arg-type]
    found = follows(case.definition, case.chart, asked)
    if found is None:
        return None
    assert (found.cause, found.entry) == (asked.entry, asked.entry + 1)
    (row,) = (r for r in case.then().table.outgoing[case.then().state] if r.trigger == found.what.name)  # type: ignore[union-attr]
    return found.on, back(Decision(Outcome.ALLOWED, None, row.target)).target or ""


def test_an_unacceptable_event_takes_the_patient_off_treatment_on_its_day() -> None:
    assert exit_after(at(INDUCTION), day(9)) == (day(9), DAY_30)


def test_it_does_so_on_the_last_day_that_anything_was_done_since() -> None:
    dosed, held, stepped = at(INDUCTION), at(INDUCTION), at(CONSOLIDATION)
    dosed.dose(day(12))
    held.hold(day(13))
    assert exit_after(dosed, day(9)) == (day(12), DAY_30)
    assert exit_after(held, day(9)) == (day(13), DAY_30)
    assert exit_after(stepped, day(9)) == (day(29), DAY_30)


def test_it_is_asked_no_earlier_than_the_day_that_it_is_about() -> None:
    case = at(INDUCTION)
    given = case.proposal(dose("beta"), day(8)).what
    assert isinstance(given, Dose)
    case.fold(Dose(given.entry, given.on, None, given.agent, until=day(20)), day(8))
    for today, expected in ((day(15), day(20)), (day(25), day(25))):
        asked = case.proposal(event(unacceptable=True), day(9), today=today)
        found = follows(case.definition, case.chart, asked)
        assert found is not None
        assert (found.on, found.today) == (day(20), expected)


@pytest.mark.parametrize("state", ["screening", "enrolled", DAY_30, LONG_TERM])
def test_off_treatment_nothing_follows_from_it(state: str) -> None:
    case = at(state)
    assert exit_after(case, case.since) is None


def test_nothing_follows_from_an_event_that_nobody_declared_unacceptable() -> None:
    assert exit_after(at(INDUCTION), day(9), unacceptable=False, grade=4) is None


# ── counts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_counts_the_cycle_waits_for_them() -> None:
    decision = at(INDUCTION).ask("start_cycle", day(29))
    assert decision.reasons == (Reason("counts.missing", {"first": f"{day(22)}", "last": f"{day(29)}"}, SOFT),)


@pytest.mark.parametrize(
    ("taken", "found"),
    [
        (day(21), ["counts.old"]),
        (day(22), []),
        (day(29), []),
        (day(30), ["counts.missing"]),
    ],
)
def test_counts_hold_for_seven_days_from_their_own(taken: date, found: list[str]) -> None:
    case = at(INDUCTION)
    case.counts(taken)
    assert next_cycle(case) == found


def test_old_counts_are_named_with_their_age() -> None:
    case = at(INDUCTION)
    entry = case.counts(day(20))
    found = reason(case.ask("start_cycle", day(29)), "counts.old")
    assert said(found) == f"the latest counts, of {day(20)}, are 9 days old; they hold for 7 days"
    assert (found.evidence, found.strength) == ((entry,), SOFT)


@pytest.mark.parametrize(
    ("anc", "platelets", "code", "told"),
    [
        ("0.99", "50", "counts.anc", "ANC 0.99 x10^9/L"),
        ("1.0", "49.9", "counts.platelets", "platelets 49.9 x10^9/L"),
    ],
)
def test_a_count_below_its_level_is_named(anc: str, platelets: str, code: str, told: str) -> None:
    case = at(INDUCTION)
    entry = case.counts(day(28), anc, platelets)
    (found,) = case.ask("start_cycle", day(29)).reasons
    assert found.code == code
    assert told in said(found)
    assert (found.evidence, found.strength) == ((entry,), SOFT)


def test_counts_at_their_levels_let_pass() -> None:
    case = at(INDUCTION)
    case.counts(day(28), "1", "50.0")
    assert next_cycle(case) == []


def test_the_latest_counts_decide_in_whatever_order_they_are_told() -> None:
    case = at(INDUCTION)
    case.counts(day(28), anc="0.2")
    case.counts(day(25), anc="3.0")
    assert next_cycle(case) == ["counts.anc"]


def test_of_two_counts_of_one_day_the_lower_of_each_decides() -> None:
    for order in (1, -1):
        case = at(INDUCTION)
        told = [("0.2", "60"), ("2.0", "40")][::order]
        entries = tuple(case.counts(day(28), *values) for values in told)
        decision = case.ask("start_cycle", day(29))
        assert [(r.code, r.args["value"], r.evidence) for r in decision.reasons] == [
            ("counts.anc", "0.2", entries),
            ("counts.platelets", "40", entries),
        ]


def test_of_two_counts_of_one_day_with_a_time_each_the_later_decides() -> None:
    for order in (1, -1):
        case = at(INDUCTION)
        for time, anc in [("07:30", "0.2"), ("18:00", "2.0")][::order]:
            case.counts(day(28), anc, at=time)
        assert next_cycle(case) == []


def test_counts_of_one_day_of_which_one_has_no_time_count_as_the_lower() -> None:
    case = at(INDUCTION)
    case.counts(day(28), "0.2")
    case.counts(day(28), "2.0", at="18:00")
    assert next_cycle(case) == ["counts.anc"]


def test_counts_taken_after_the_step_neither_help_nor_hinder() -> None:
    case = at(INDUCTION)
    case.counts(day(30))
    assert next_cycle(case) == ["counts.missing"]
    case.counts(day(28))
    case.counts(day(31), anc="0.1")
    assert next_cycle(case) == []


def test_counts_of_long_ago_stand_though_later_ones_were_told_since() -> None:
    case = before_cycle_2()
    case.counts(day(28 + 70))
    assert next_cycle(case) == []


# ── hold ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hold_stops_the_cycles_and_cannot_be_overridden() -> None:
    case = before_cycle_2()
    entry = case.hold(day(20))
    found = reason(case.ask("start_cycle", day(29), override=True, reason=True), "hold.open")
    assert found == Reason("hold.open", {"on": f"{day(20)}", "code": "infection"}, HARD, (entry,))
    assert (said(found), lifted_by(found)) == (f"on hold since {day(20)} (infection)", "resume the patient")


@pytest.mark.parametrize(("on", "allowed"), [(day(24), True), (day(25), False), (day(34), False), (day(35), True)])
def test_a_step_dated_inside_a_hold_is_held_back_though_the_hold_has_ended(on: date, allowed: bool) -> None:
    case = before_cycle_2()
    case.counts(day(22))
    case.counts(day(33))
    case.hold(day(25))
    case.resume(day(35))
    assert next_cycle(case, on) == ([] if allowed else ["hold.open"])


def test_of_two_holds_each_is_a_reason_until_its_own_resumption() -> None:
    case = before_cycle_2()
    first, second = case.hold(day(20)), case.hold(day(22), "counts")
    assert [r.evidence for r in case.ask("start_cycle", day(29)).reasons] == [(first,), (second,)]
    case.resume(day(25), first)
    assert [r.evidence for r in case.ask("start_cycle", day(29)).reasons] == [(second,)]
    case.resume(day(29), second)
    assert next_cycle(case) == []


def test_the_end_of_treatment_ends_the_hold() -> None:
    case = before_cycle_2()
    case.hold(day(20))
    case.do("stop_treatment", day(25), code="physician")
    assert case.then(day(24)).hold is not None
    assert case.then(day(25)).hold is None
    case.resume(day(27), case.seq - 1)
    assert [span.until for span in case.then().holds] == [day(25)]


# ── is it time ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cycle_opens_on_day_22() -> None:
    case = at(INDUCTION)
    case.counts(day(20))
    found = reason(case.ask("start_cycle", day(21)), "interval.early")
    assert said(found) == f"opens on {day(22)}, day 22 of the cycle that began on {day(1)}: 1 day too early"
    assert (lifted_by(found), found.strength) == (f"wait until {day(22)}", SOFT)
    assert case.ask("start_cycle", day(22)).allowed


def test_a_cycle_on_the_day_it_is_due_is_not_late() -> None:
    assert before_cycle_2().ask("start_cycle", day(29)) == Decision(Outcome.ALLOWED, INDUCTION, CONSOLIDATION)


@pytest.mark.parametrize(("on", "late"), [(day(30), "1 day"), (day(31), "2 days")])
def test_a_late_cycle_needs_a_reason(on: date, late: str) -> None:
    decision = before_cycle_2().ask("start_cycle", on)
    found = reason(decision, "interval.late")
    assert said(found) == f"was due by {day(29)}: {late} late, and no reason is given"
    assert found.strength is SOFT


def test_with_a_reason_it_is_allowed_and_the_delay_is_kept() -> None:
    decision = before_cycle_2().ask("start_cycle", day(31), reason=True)
    assert (decision.outcome, decision.delay) == (Outcome.ALLOWED, 2)


def test_completing_treatment_late_needs_no_reason_and_the_delay_is_kept() -> None:
    case = at("treatment.maintenance.3")
    decision = case.ask("complete_treatment", day(220))
    assert (decision.outcome, decision.delay) == (Outcome.ALLOWED, 9)


def test_a_window_of_one_day_is_early_before_and_late_after() -> None:
    case = at(MAINTENANCE)
    assert codes(case.ask("start_cycle", day(126))) == ["interval.early"]
    assert case.ask("start_cycle", day(127)).allowed
    assert codes(case.ask("start_cycle", day(128))) == ["interval.late"]


# ── visits ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_visit_opens_seven_days_before_day_30() -> None:
    case = at(DAY_30)
    found = reason(case.ask("visit", day(233)), "visit.early")
    assert f"the visit due {day(241)}, counted from {day(211)}" in said(found)
    assert case.ask("visit", day(234)).allowed


def test_a_visit_after_its_window_needs_a_reason() -> None:
    case = at(DAY_30)
    assert case.ask("visit", day(255)).allowed
    assert codes(case.ask("visit", day(256))) == ["interval.late"]
    assert case.ask("visit", day(256), reason=True).delay == 1


def test_no_visit_comes_after_a_fatal_event() -> None:
    case = at(DAY_30)
    entry = case.event(day(240), grade=5, attributed=())
    assert case.ask("visit", day(239)).allowed
    for on in (day(240), day(241)):
        (found,) = case.ask("visit", on).reasons
        assert (found.code, found.strength, found.evidence) == ("toxicity.fatal", HARD, (entry,))


# ── the calendar ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_calendar_phase_starts_no_cycle_from_its_end_on() -> None:
    case = at(MAINTENANCE)
    end = date(2025, 4, 1)  # a year from day(85)
    assert day(85).replace(year=2025) == end
    found = reason(case.ask("start_cycle", end, reason=True), "period.over")
    assert said(found) == "maintenance ended on 2025-04-01: the cycle that ran then was its last"
    assert found.strength is HARD
    assert case.ask("start_cycle", end - timedelta(days=1), reason=True).allowed


def test_a_calendar_phase_is_not_completed_before_its_end() -> None:
    case = at(MAINTENANCE)
    found = reason(case.ask("complete_treatment", date(2025, 3, 31)), "period.running")
    assert (said(found), found.strength) == ("maintenance lasts until 2025-04-01", HARD)
    assert case.ask("complete_treatment", date(2025, 4, 1)).allowed


def test_the_last_cycle_is_completed_whatever_the_date() -> None:
    assert at("treatment.maintenance.3").ask("complete_treatment", day(211)).allowed


def test_a_phase_entered_early_runs_from_its_own_first_day() -> None:
    case = at(CONSOLIDATION)
    case.do("switch_to_maintenance", day(40), code="infections")
    assert case.then().phase_from == day(40)
    assert codes(case.ask("complete_treatment", day(400))) == ["period.running"]


def test_closing_the_study_waits_for_its_end() -> None:
    case = at(LONG_TERM)
    found = reason(case.ask("close_study", STUDY_END - timedelta(days=1), today=STUDY_END), "not_before.early")
    assert (said(found), lifted_by(found)) == ("the study's end is on 2030-12-31", "wait until 2030-12-31")
    assert case.ask("close_study", STUDY_END, today=STUDY_END).allowed


# ── dates, far out ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("on", [date.min, date.max])
@pytest.mark.parametrize("state", ["screening", *(state for state, _, _ in PATH)])
def test_a_guard_has_an_answer_for_every_date(state: str, on: date) -> None:
    case = at(state)
    for row in case.then().table.outgoing[case.then().state]:
        decision = case.ask(row.trigger, on, code=row.codes[0] if row.codes else None, reason=True)
        assert set(codes(decision)) & {"dates.before_study", "dates.future"}


def test_today_is_the_last_day_that_a_guard_lets_pass() -> None:
    case = at(MAINTENANCE)
    on = day(127)
    assert case.ask("start_cycle", on, today=on).allowed
    assert codes(case.ask("start_cycle", on, today=on - timedelta(days=1))) == ["dates.future"]
    assert on < TODAY
