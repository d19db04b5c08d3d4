"""What a person tells, as a fact: complete, checked, refused by name where it is malformed; and its written forms."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec import Raw, ValidationError
from msgspec.structs import replace

from tests.engine.case import DEFINITION, at, day, hold, resume
from tests.library.desk import INDUCTION
from tests.toy import RECORD, TOY
from workflow.engine.course import Definition
from workflow.engine.facts import BY_KIND, FACTS, Fact, When
from workflow.engine.facts.adverse_event import AdverseEvent, AdverseEventNews, adverse_event, news
from workflow.engine.facts.check import shown
from workflow.engine.facts.consent import Consent, consent
from workflow.engine.facts.contact import Contact
from workflow.engine.facts.counts import Counts, counts
from workflow.engine.facts.dose import Dose, dose
from workflow.engine.facts.eligibility import Eligibility, eligibility
from workflow.engine.facts.fact import OWN
from workflow.engine.facts.hold import Hold
from workflow.engine.facts.hold import hold as held
from workflow.engine.facts.response import Response, response
from workflow.engine.facts.resume import Resume
from workflow.errors import InvalidInput
from workflow.protocol.model import Criterion, CriterionKind

ON = date(2024, 1, 10)
WHEN = When(7, ON)


def event(**more: Any) -> AdverseEvent:
    return adverse_event(DEFINITION, WHEN, **{"term": "nausea", "grade": 2, **more})


def answered(answers: dict[str, bool | None], *, others: bool = False) -> Eligibility:
    return eligibility(DEFINITION, WHEN, "IN01", answers, others=others)


# ── eligibility ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_criterion_is_answered_in_the_fact() -> None:
    assert answered({"IN02": True, "EX01": None}) == Eligibility(
        7, ON, None, "IN01", (), ("EX01",), {"EX01": "unknown", "IN01": "met", "IN02": "met"}
    )


def test_an_exclusion_is_in_order_when_it_does_not_apply() -> None:
    assert answered({"IN02": True, "EX01": False}).failed == ()
    assert answered({"IN02": True, "EX01": True}).failed == ("EX01",)


def test_with_the_others_in_order_nothing_is_unknown() -> None:
    told = answered({}, others=True)
    assert (told.failed, told.unknown) == ((), ())


def test_a_route_named_and_then_denied_fails() -> None:
    assert answered({"IN01": False}, others=True).failed == ("IN01",)


def test_other_routes_and_parts_are_kept_only_where_they_were_answered() -> None:
    more = Criterion("IN09", CriterionKind.ROUTE, "another way in", RECORD)
    definition = Definition(replace(TOY, criteria=(*TOY.criteria, more)))
    assert set(eligibility(definition, WHEN, "IN01", {}, others=True).answers) == {"IN01", "IN02", "EX01"}
    told = eligibility(definition, WHEN, "IN01", {"IN02C": False, "IN09": None}, others=True)
    assert (told.answers["IN02C"], told.answers["IN09"]) == ("not_met", "unknown")
    assert (told.failed, told.unknown) == ((), ())


@pytest.mark.parametrize(
    ("answers", "others", "found"),
    [
        # A and B, or C
        ({"IN02A": True, "IN02B": True}, False, "met"),
        ({"IN02C": True}, False, "met"),
        ({"IN02A": False, "IN02C": True}, False, "met"),
        ({"IN02A": False, "IN02B": True}, False, "unknown"),
        ({"IN02A": False, "IN02B": True, "IN02C": False}, False, "not_met"),
        ({"IN02A": True, "IN02B": None, "IN02C": False}, False, "unknown"),
        ({"IN02A": None}, False, "unknown"),
        # the others in order: so is the first way in which it is met, and no other
        ({"IN02A": True}, True, "met"),
        ({"IN02C": False}, True, "met"),
        ({"IN02A": False}, True, "unknown"),
        ({"IN02B": None}, True, "unknown"),
        ({"IN02A": False, "IN02C": True}, True, "met"),
        ({"IN02A": False, "IN02C": False}, True, "not_met"),
        ({"IN02A": False, "IN02B": False, "IN02C": False}, True, "not_met"),
        # said of the whole
        ({"IN02": True, "IN02A": False, "IN02B": False, "IN02C": False}, False, "not_met"),
        ({"IN02": None, "IN02C": True}, False, "met"),
        ({"IN02": False, "IN02C": True}, False, "not_met"),
        ({"IN02": True}, False, "met"),
        ({}, False, "unknown"),
        ({}, True, "met"),
    ],
)
def test_a_criterion_made_of_parts_is_decided_by_those_that_were_answered(
    answers: dict[str, bool | None], others: bool, found: str
) -> None:
    told = answered({"EX01": False, **answers}, others=others)
    assert told.answers["IN02"] == found
    assert told.failed == (("IN02",) if found == "not_met" else ())
    assert told.unknown == (("IN02",) if found == "unknown" else ())


@pytest.mark.parametrize(
    ("route", "answers", "told"),
    [
        ("IN02", {}, "no eligibility route 'IN02'; there are: IN01"),
        ("IN01", {"IN99": True}, "no criterion 'IN99'; there are: IN01, IN02, IN02A, IN02B, IN02C, EX01"),
    ],
)
def test_an_unknown_route_or_criterion_is_named(route: str, answers: dict[str, bool], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        eligibility(DEFINITION, WHEN, route, answers)


def test_a_near_miss_is_suggested() -> None:
    with pytest.raises(InvalidInput) as error:
        eligibility(DEFINITION, WHEN, "IN0", {})
    assert error.value.hint == "did you mean IN01?"


# ── numbers ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", ["1.5", Decimal("1.5")])
def test_decimals_travel_as_text(value: str | Decimal) -> None:
    assert counts(WHEN, value, 120) == Counts(7, ON, None, "1.5", "120")


@pytest.mark.parametrize(
    "value", ["", "-1", "1e3", "1,5", "NaN", "Infinity", ".5", " 1", "1_0", "0x1", "1.1234567", "9" * 10]
)
def test_what_is_no_plain_decimal_is_refused_by_name(value: str) -> None:
    with pytest.raises(InvalidInput, match="ANC must be a number such as"):
        counts(WHEN, value, "100")


@pytest.mark.parametrize("value", [True, None])
def test_only_numbers_are_numbers(value: Any) -> None:
    with pytest.raises(InvalidInput):
        counts(WHEN, value, "100")


@pytest.mark.parametrize(("anc", "platelets"), [("200", "5000"), ("0", "0")])
def test_the_highest_and_the_lowest_counts_that_can_be(anc: str, platelets: str) -> None:
    assert counts(WHEN, anc, platelets) == Counts(7, ON, None, anc, platelets)


def test_counts_per_microlitre_are_refused_with_what_they_would_be() -> None:
    with pytest.raises(InvalidInput, match="ANC 2500 x10") as error:
        counts(WHEN, "2500", "120")
    assert error.value.hint is not None
    assert "2.5 x10^9/L" in error.value.hint
    with pytest.raises(InvalidInput, match="platelets 120000 x10"):
        counts(WHEN, "2.5", "120000")
    for values in (("200.1", "1"), ("1", "5001")):
        with pytest.raises(InvalidInput, match="cannot be"):
            counts(WHEN, *values)


# ── doses ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["alpha", "Alpha", "A", "a", " ALPHA "])
def test_an_agent_is_known_by_key_title_and_abbreviation(name: str) -> None:
    assert dose(DEFINITION, WHEN, name, "1.50", "mg/m2") == Dose(7, ON, None, "alpha", "1.50", "mg", "m2")


def test_a_unit_that_is_per_something_else_is_kept_as_it_was_said() -> None:
    assert dose(DEFINITION, WHEN, "alpha", "9", "ug/day") == Dose(7, ON, None, "alpha", "9", "ug/day")


def test_a_dose_needs_no_amount() -> None:
    assert dose(DEFINITION, WHEN, "beta", None, None) == Dose(7, ON, None, "beta")


@pytest.mark.parametrize(
    ("agent", "amount", "unit", "told"),
    [
        ("gamma", None, None, "no agent 'gamma'; there are: alpha, beta"),
        ("alpha", "1", None, "an amount needs its unit"),
        ("alpha", None, "mg", "an amount needs its unit"),
        ("alpha", "0", "mg", "the amount must be above zero"),
        ("alpha", "x", "mg", "the amount must be a number"),
        ("alpha", "1", "mg; drop", "not a unit"),
        ("alpha", "1", "", "not a unit"),
    ],
)
def test_a_malformed_dose_is_refused_by_name(agent: str, amount: str | None, unit: str | None, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        dose(DEFINITION, WHEN, agent, amount, unit)


# ── adverse events ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("term", ["nausea", "Nausea", "feeling sick", " Feeling Sick "])
def test_a_term_is_known_by_key_title_and_synonym_and_what_was_typed_is_kept(term: str) -> None:
    told = event(term=term)
    assert (told.term, told.said) == ("nausea", None if term == "nausea" else term.strip())


def test_a_term_that_is_not_known_is_never_guessed() -> None:
    with pytest.raises(InvalidInput, match="no adverse event term 'nausia'") as error:
        event(term="nausia")
    assert error.value.hint is not None
    assert error.value.hint.startswith("did you mean nausea?")


def test_an_event_is_complete() -> None:
    told = event(attributed=("A", "beta"), serious=True, resolved=date(2024, 1, 12), stops=("Beta",))
    expected = AdverseEvent(
        7, ON, None, "nausea", 2, date(2024, 1, 12), ("alpha", "beta"), True, False, ("beta",), None
    )
    assert told == expected
    assert event() == AdverseEvent(7, ON, None, "nausea", 2)


def test_a_cause_that_nobody_judged_is_not_the_same_as_none() -> None:
    assert event().attributed is None
    assert event(attributed=()).attributed == ()


@pytest.mark.parametrize("grade", [0, 6, -1, True, "3"])
def test_grades_are_1_to_5(grade: Any) -> None:
    with pytest.raises(InvalidInput, match=f"a CTCAE grade is 1 to 5, not {grade}"):
        event(grade=grade)
    with pytest.raises(InvalidInput, match=f"a CTCAE grade is 1 to 5, not {grade}"):
        news(DEFINITION, WHEN, 3, grade=grade)


def test_an_event_does_not_resolve_before_it_began() -> None:
    with pytest.raises(InvalidInput, match="resolved on 2024-01-09, before 2024-01-10"):
        event(resolved=date(2024, 1, 9))
    assert event(resolved=ON).resolved == ON


def test_the_term_other_needs_a_note_that_says_what_it_was() -> None:
    with pytest.raises(InvalidInput, match="needs a note"):
        event(term="other")
    assert event(term="other", described=True).term == "other"


def test_news_say_what_is_new_and_leave_the_rest() -> None:
    assert news(DEFINITION, WHEN, 3, grade=1) == AdverseEventNews(7, ON, None, 3, 1)
    assert news(DEFINITION, WHEN, 3, attributed=()) == AdverseEventNews(7, ON, None, 3, None, None, ())


def test_news_that_say_nothing_are_refused() -> None:
    with pytest.raises(InvalidInput, match="nothing is said about the adverse event of entry 3"):
        news(DEFINITION, WHEN, 3)


def test_an_event_that_is_open_again_has_a_grade() -> None:
    with pytest.raises(InvalidInput, match="has a grade"):
        news(DEFINITION, WHEN, 3, attributed=(), reopened=True)


# ── the rest ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_consent_is_to_the_patients_version_unless_another_is_named() -> None:
    assert consent(DEFINITION, WHEN, None) == Consent(7, ON, None, "1")
    assert consent(DEFINITION, WHEN, "2017-03") == Consent(7, ON, None, "2017-03")


@pytest.mark.parametrize("version", ["", "Jane Doe", "v1\n", "x" * 33, "\udcff"])
def test_a_consents_version_is_no_free_text(version: str) -> None:
    with pytest.raises(InvalidInput, match="not a protocol version"):
        consent(DEFINITION, WHEN, version)


@pytest.mark.parametrize("key", ["CR", "cr", "Cr"])
def test_a_response_is_known_in_any_case(key: str) -> None:
    assert response(DEFINITION, WHEN, key, None) == Response(7, ON, None, "CR")


def test_mrd_is_negative_or_positive() -> None:
    assert response(DEFINITION, WHEN, "CR", "negative").mrd == "negative"
    with pytest.raises(InvalidInput, match="no MRD result 'maybe'; there are: negative, positive"):
        response(DEFINITION, WHEN, "CR", "maybe")


def test_a_hold_has_one_of_the_protocol_s_coded_reasons() -> None:
    assert held(DEFINITION, WHEN, "infection") == Hold(7, ON, None, "infection")
    with pytest.raises(InvalidInput, match="no reason for a hold 'holiday'"):
        held(DEFINITION, WHEN, "holiday")


@pytest.mark.usefixtures("either_toy")
def test_a_resumption_is_of_the_hold_of_its_day_unless_another_is_named() -> None:
    case = at(INDUCTION)

    def meant(on: date, of: int | None = None) -> int | None:
        fact = case.proposal(resume(of), on).what
        assert isinstance(fact, Resume)
        return fact.of

    assert meant(day(5)) is None
    first = case.hold(day(5))
    assert [meant(day(number)) for number in (4, 5, 9)] == [first] * 3
    second = case.hold(day(7))
    assert (meant(day(6)), meant(day(8), second)) == (first, second)
    with pytest.raises(InvalidInput, match=f"2 holds are open on {day(7)}: entries {first}, {second}"):
        meant(day(7))
    case.do(resume(first), day(8))
    assert meant(day(9)) == second
    case.do(resume(), day(9))
    assert meant(day(9)) is None
    assert case.ask(hold(), day(9)).allowed


@pytest.mark.parametrize("text", ["\x1b[31m", "a\nb", "\udcff", "ü", "x" * 1000])
def test_whatever_is_shown_is_one_short_printable_line(text: str) -> None:
    line = shown(text)
    assert line.isprintable()
    assert len(line) <= 40


# ── the written forms ──────────────────────────────────────────────────────────────────────────────────────────────

LEAST: tuple[Fact, ...] = (
    Consent(7, ON, None, "1"),
    Eligibility(7, ON, None, "IN01"),
    AdverseEvent(7, ON, None, "nausea", 2),
    AdverseEventNews(7, ON, None, 3),
    Counts(7, ON, None, "1.5", "120"),
    Response(7, ON, None, "CR"),
    Dose(7, ON, None, "alpha"),
    Hold(7, ON, None, "infection"),
    Resume(7, ON, None),
    Contact(7, ON, None, "unknown", "seen"),
)
MOST: tuple[Fact, ...] = (
    Consent(7, ON, "09:30", "1"),
    Eligibility(7, ON, "09:30", "IN01", ("IN02",), ("EX01",), {"EX01": "unknown", "IN02": "not_met"}),
    AdverseEvent(7, ON, "09:30", "nausea", 2, ON, ("alpha",), True, True, ("beta",), "feeling sick"),
    AdverseEventNews(7, ON, "09:30", 3, 4, ON, (), False, True, ("beta",), True),
    Counts(7, ON, "09:30", "1.5", "120"),
    Response(7, ON, "09:30", "CR", "negative"),
    Dose(7, ON, "09:30", "alpha", "1", "mg", "m2", "iv", "alpha", 4, ON, "1/2"),
    Hold(7, ON, "09:30", "infection"),
    Resume(7, ON, "09:30", 4),
    Contact(7, ON, "09:30", "unknown", "seen"),
)
WRITTEN = [
    b'{"version":"1"}',
    b'{"route":"IN01"}',
    b'{"grade":2,"term":"nausea"}',
    b'{"of":3}',
    b'{"anc":"1.5","platelets":"120"}',
    b'{"response":"CR"}',
    b'{"agent":"alpha"}',
    b'{"code":"infection"}',
    b"{}",
    b'{"disease":"unknown","source":"seen"}',
]


def named(fact: Fact) -> str:
    return f"{fact.KIND} {'least' if fact.time is None else 'most'}"


def test_there_is_an_example_of_every_kind() -> None:
    assert tuple(map(type, LEAST)) == tuple(map(type, MOST)) == FACTS


@pytest.mark.parametrize(("fact", "data"), [*zip(LEAST, WRITTEN, strict=True)])
def test_what_was_not_said_is_absent_from_the_log(fact: Fact, data: bytes) -> None:
    assert fact.payload() == data


@pytest.mark.parametrize("fact", [*LEAST, *MOST], ids=named)
def test_a_fact_is_read_from_the_log_as_it_was_written(fact: Fact) -> None:
    data = Raw(fact.payload())
    assert BY_KIND[fact.KIND].read(When(fact.entry, fact.on, fact.time), data) == fact


@pytest.mark.parametrize("fact", MOST, ids=named)
def test_every_field_is_said_in_the_log_by_its_name(fact: Fact) -> None:
    own = set(fact.__struct_fields__[OWN:])
    assert {name.decode() for name in fact.payload().split(b'"') if name.decode() in own} == own
    assert set(fact.as_said()) == own


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.KIND)
def test_an_unknown_field_is_none_of_this_kind(kind: type[Fact]) -> None:
    with pytest.raises(ValidationError):
        kind.read(WHEN, Raw(b'{"sooner":1}'))


@pytest.mark.parametrize("fact", [*LEAST, *MOST], ids=named)
def test_a_fact_reads_as_one_line(fact: Fact) -> None:
    line = fact.words(DEFINITION)
    assert line.isprintable()
    assert line


@pytest.mark.parametrize(
    ("fact", "last"),
    [
        (AdverseEvent(7, ON, None, "nausea", 2), ON),
        (AdverseEvent(7, ON, None, "nausea", 2, date(2024, 1, 12)), date(2024, 1, 12)),
        (AdverseEventNews(7, ON, None, 3, None, date(2024, 1, 12)), date(2024, 1, 12)),
        (AdverseEventNews(7, ON, None, 3, None, date(2024, 1, 8)), ON),
        (Dose(7, ON, None, "alpha"), ON),
        (Dose(7, ON, None, "alpha", until=date(2024, 1, 12)), date(2024, 1, 12)),
    ],
)
def test_the_last_day_that_a_fact_is_about(fact: Fact, last: date) -> None:
    assert fact.last_day == last
