"""The trial's own values and rules, present and good, bad, absent, unjudged: what each lets pass."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.engine.case import Case, codes, day, reason
from tests.library.desk import ENROLLED
from workflow import trials
from workflow.engine.decision import Outcome, Strength
from workflow.engine.facts import adverse_event, consent, counts, dose, eligibility, response

SOFT, HARD, NEVER = Strength
REGISTERED = date(2024, 1, 3)
VERSIONS = pytest.mark.parametrize("version", trials.VERSIONS)

CRS = "cytokine_release_syndrome"
SOS = "sinusoidal_obstruction_syndrome"


def screened(version: str, arm: str = "II") -> Case:
    case = Case(trials.find(version), arm)
    case.do(consent.telling(), ENROLLED)
    return case


def answered(case: Case, route: str = "IN08", *, others: bool = True, **answers: bool | None) -> Case:
    case.do(eligibility.telling(route, answers, others=others), ENROLLED)
    return case


def treated(version: str) -> Case:
    """In the first cycle of arm II, in which inotuzumab and blinatumomab are given."""
    case = answered(screened(version))
    case.do("register", REGISTERED)
    case.do("start_cycle", day(1))
    return case


def event(case: Case, on: date, term: str, grade: int, **more: Any) -> int:
    case.do(adverse_event.telling(term=term, grade=grade, **more), on)
    return case.seq


def given(case: Case, agent: str, on: date) -> list[tuple[str, Strength]]:
    return [(r.code, r.strength) for r in case.ask(dose.telling(agent), on).reasons]


# ── eligibility by parts ───────────────────────────────────────────────────────────────────────────────────────────

A, B, C, D = "IN05A", "IN05B", "IN05C", "IN05D"
UNFIT = ("IN02C1", "IN02C2", "IN02C3", "IN02C4", "IN02C5")


@VERSIONS
@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({}, None),
        ({A: True, B: True, C: True}, None),
        ({A: True, B: True, C: True, D: False}, None),
        ({A: False, D: True}, None),
        ({A: False, B: False, C: False, D: True}, None),
        ({A: False, B: False, C: False, D: False}, "eligibility.not_met"),
        ({"IN05": True, A: False, B: False, C: False, D: False}, "eligibility.not_met"),
        ({"IN05": False, D: True}, "eligibility.not_met"),
        ({C: False, D: False}, "eligibility.not_met"),
        ({A: False}, "eligibility.unknown"),
        ({B: None}, "eligibility.unknown"),
        ({A: None, D: False}, "eligibility.unknown"),
        ({"IN05": None}, "eligibility.unknown"),
    ],
)
def test_liver_and_kidneys_are_judged_by_their_parts(
    version: str, answers: dict[str, bool | None], code: str | None
) -> None:
    case = answered(screened(version), **answers)
    decision = case.ask("register", REGISTERED)
    assert codes(decision) == ([code] if code is not None else [])
    if code is not None:
        assert reason(decision, code).args["criteria"] == ["IN05"]


@VERSIONS
@pytest.mark.parametrize("one", UNFIT)
def test_any_one_comorbidity_makes_a_patient_unfit(version: str, one: str) -> None:
    others = {part: False for part in UNFIT if part != one}
    case = answered(screened(version, "I"), "IN02", **{one: True}, **others)
    assert case.ask("register", REGISTERED).allowed


@VERSIONS
@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (dict.fromkeys(UNFIT, False), "eligibility.not_met"),
        ({"IN02": True, **dict.fromkeys(UNFIT, False)}, "eligibility.not_met"),
        ({**dict.fromkeys(UNFIT, False), "IN02C3": None}, "eligibility.unknown"),
        ({"IN02C1": False}, "eligibility.unknown"),
    ],
)
def test_a_patient_without_a_comorbidity_is_not_unfit(version: str, answers: dict[str, bool | None], code: str) -> None:
    case = answered(screened(version, "I"), "IN02", **answers)
    assert codes(case.ask("register", REGISTERED)) == [code]


@VERSIONS
def test_a_route_that_is_made_of_parts_is_not_answered_by_its_name(version: str) -> None:
    case = screened(version, "I")
    told: dict[str, bool | None] = {"IN04": True, "IN05": True, "IN06": True, "IN09": True}
    told |= dict.fromkeys(("EX01", "EX02", "EX03", "EX04", "EX05"), False)
    case.do(eligibility.telling("IN02", told), ENROLLED)
    assert reason(case.ask("register", REGISTERED), "eligibility.unknown").args["criteria"] == ["IN02"]
    case.do(eligibility.telling("IN02", {**told, "IN02C3": True}), ENROLLED + timedelta(days=1))
    assert case.ask("register", REGISTERED).allowed


@VERSIONS
def test_what_was_not_answered_does_not_register(version: str) -> None:
    case = answered(screened(version), others=False)
    found = reason(case.ask("register", REGISTERED), "eligibility.unknown")
    assert found.args["criteria"] == ["IN04", "IN05", "IN06", "IN09", "EX01", "EX02", "EX03", "EX04", "EX05"]


# ── blinatumomab ───────────────────────────────────────────────────────────────────────────────────────────────────


@VERSIONS
@pytest.mark.parametrize("attributed", [None, (), ("blinatumomab",), ("inotuzumab",)])
def test_crs_of_grade_4_stops_blinatumomab_whatever_anybody_says_of_the_cause(
    version: str, attributed: tuple[str, ...] | None
) -> None:
    case = treated(version)
    event(case, day(5), CRS, 4, attributed=attributed)
    assert given(case, "blinatumomab", day(4)) == []
    for on in (day(5), day(6), day(40)):
        assert ("dose.discontinued", HARD) in given(case, "blinatumomab", on)
    refused = case.ask(dose.telling("blinatumomab"), day(6), override=True, reason=True)
    assert refused.outcome is Outcome.REFUSED
    happened = case.ask(dose.telling("blinatumomab"), day(6), happened=True, reason=True)
    assert "after_stopped" in happened.deviations


@VERSIONS
def test_crs_of_grade_4_stays_a_stop_when_it_resolves(version: str) -> None:
    case = treated(version)
    entry = event(case, day(5), CRS, 4)
    case.do(adverse_event.telling_news(entry, resolved=day(8)), day(8))
    assert given(case, "blinatumomab", day(20)) == [("dose.discontinued", HARD)]


@VERSIONS
@pytest.mark.parametrize(
    ("attributed", "held"), [(None, True), (("blinatumomab",), True), ((), False), (("inotuzumab",), False)]
)
def test_crs_of_grade_3_holds_blinatumomab_until_somebody_says_that_it_is_not_the_cause(
    version: str, attributed: tuple[str, ...] | None, held: bool
) -> None:
    case = treated(version)
    entry = event(case, day(5), CRS, 3, attributed=attributed)
    assert given(case, "blinatumomab", day(6)) == ([("dose.held", SOFT)] if held else [])
    case.do(adverse_event.telling_news(entry, attributed=()), day(7))
    assert given(case, "blinatumomab", day(6)) == []


@VERSIONS
@pytest.mark.parametrize(("grade", "found"), [(2, []), (3, ["dose.held"]), (4, ["dose.discontinued"])])
def test_a_seizure_holds_from_grade_3_and_stops_from_grade_4(version: str, grade: int, found: list[str]) -> None:
    case = treated(version)
    event(case, day(5), "seizure", grade, attributed=None)
    assert [code for code, _ in given(case, "blinatumomab", day(6))] == found


# ── inotuzumab ─────────────────────────────────────────────────────────────────────────────────────────────────────


@VERSIONS
@pytest.mark.parametrize("attributed", [None, (), ("inotuzumab",)])
@pytest.mark.parametrize("grade", [2, 3, 4])
def test_sos_stops_inotuzumab_whatever_its_grade_and_cause(
    version: str, grade: int, attributed: tuple[str, ...] | None
) -> None:
    case = treated(version)
    event(case, day(5), SOS, grade, attributed=attributed)
    assert ("dose.discontinued", HARD) in given(case, "inotuzumab", day(5))
    assert ("dose.discontinued", HARD) not in given(case, "inotuzumab", day(4))
    assert ("dose.discontinued", HARD) not in given(case, "vincristine", day(5))


@VERSIONS
def test_after_sos_the_next_cycle_starts_once_it_is_over_and_inotuzumab_stays_stopped(version: str) -> None:
    case = treated(version)
    event(case, day(5), SOS, 3, attributed=("inotuzumab",), resolved=day(20))
    case.do(counts.telling("2", "100"), day(28))
    case.do("start_cycle", day(29))
    assert given(case, "inotuzumab", day(30)) == [("dose.discontinued", HARD)]
    assert given(case, "blinatumomab", day(32)) == []


@VERSIONS
@pytest.mark.parametrize(
    ("term", "attributed", "held"),
    [
        # label values hold whatever the cause
        ("blood_bilirubin_increased", None, True),
        ("blood_bilirubin_increased", (), True),
        ("alanine_aminotransferase_increased", (), True),
        # the rest where it is attributed, or nobody has judged it
        ("nausea", None, True),
        ("nausea", ("inotuzumab",), True),
        ("nausea", (), False),
    ],
)
def test_grade_2_holds_inotuzumab(version: str, term: str, attributed: tuple[str, ...] | None, held: bool) -> None:
    case = treated(version)
    entry = event(case, day(5), term, 2, attributed=attributed)
    assert given(case, "inotuzumab", day(6)) == ([("dose.held", SOFT)] if held else [])
    case.do(adverse_event.telling_news(entry, grade=1), day(8))
    assert given(case, "inotuzumab", day(7)) == ([("dose.held", SOFT)] if held else [])
    assert given(case, "inotuzumab", day(8)) == []


# ── the disease, death, what is found since ────────────────────────────────────────────────────────────────────────


@VERSIONS
@pytest.mark.parametrize(("key", "strength"), [("PD", HARD), ("REL", HARD), ("NR", SOFT)])
def test_no_dose_comes_after_progression_relapse_or_no_response(version: str, key: str, strength: Strength) -> None:
    case = treated(version)
    case.do(response.telling(key), day(10))
    assert given(case, "vincristine", day(10)) == []
    ((code, found),) = given(case, "vincristine", day(11))
    assert (code.partition(".")[0], found) == ("progression", strength)
    assert "after_progression" in case.ask(dose.telling("vincristine"), day(11), happened=True, reason=True).deviations


@VERSIONS
@pytest.mark.parametrize("better", ["CR", "CRp", "CRi", "mCR", "PR"])
def test_of_two_assessments_of_one_day_no_response_counts(version: str, better: str) -> None:
    for told in ((better, "NR"), ("NR", better)):
        case = treated(version)
        for key in told:
            case.do(response.telling(key), day(10))
        assert given(case, "vincristine", day(11)) == [("progression.no_response", SOFT)]


@VERSIONS
@pytest.mark.parametrize("told", [{"grade": 5}, {"grade": 3, "unacceptable": True}])
def test_no_dose_comes_after_a_fatal_or_unacceptable_event(version: str, told: dict[str, Any]) -> None:
    case = treated(version)
    event(case, day(10), "sepsis", attributed=(), **told)
    for agent in ("vincristine", "blinatumomab"):
        assert given(case, agent, day(9)) == []
        for on in (day(10), day(11)):
            ((code, strength),) = [one for one in given(case, agent, on) if one[0].startswith("toxicity.")]
            assert (code, strength) == (f"toxicity.{'fatal' if told['grade'] == 5 else 'unacceptable'}", HARD)


@VERSIONS
def test_what_is_found_not_met_during_treatment_takes_an_investigator_s_word(version: str) -> None:
    case = treated(version)
    case.do(counts.telling("2", "100"), day(28))
    case.do(eligibility.telling("IN08", {"EX05": True}, others=True), day(20))
    assert given(case, "vincristine", day(19)) == []
    assert given(case, "vincristine", day(20)) == [("eligibility.not_met_since", SOFT)]
    decision = case.ask("start_cycle", day(29))
    assert [(r.code, r.strength) for r in decision.reasons] == [("eligibility.not_met_since", SOFT)]
    assert case.ask("start_cycle", day(29), override=True, reason=True).outcome is Outcome.OVERRIDDEN


@pytest.mark.parametrize(("version", "opens"), [("2017-03", day(22)), ("2025-12-18", day(29))])
def test_the_next_cycle_opens_when_its_version_says(version: str, opens: date) -> None:
    case = treated(version)
    case.do(counts.telling("2", "100"), opens - timedelta(days=2))
    assert codes(case.ask("start_cycle", opens - timedelta(days=1))) == ["interval.early"]
    assert case.ask("start_cycle", opens).allowed


@VERSIONS
def test_after_a_fatal_event_the_death_is_recorded_from_its_day_on(version: str) -> None:
    case = treated(version)
    event(case, day(10), "sepsis", 5)
    decision = case.ask("death", day(10), code="infection")
    assert (decision.outcome, decision.target) == (Outcome.ALLOWED, "off_study")
    assert reason(case.ask("death", day(9), code="infection"), "order.death").strength is NEVER
