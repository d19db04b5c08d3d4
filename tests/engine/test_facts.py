"""What a person tells, as a payload: complete, checked, and refused by name where it is malformed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.engine.case import DEFINITION
from tests.toy import RECORD, TOY
from workflow.engine import facts
from workflow.engine.course import Definition
from workflow.errors import InvalidInput
from workflow.protocol.model import Criterion, CriterionKind

ON = date(2024, 1, 10)


def event(**more: Any) -> dict[str, Any]:
    return facts.adverse_event(DEFINITION, **{"term": "nausea", "grade": 2, "on": ON, **more})


# ── eligibility ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_criterion_is_answered_in_the_payload() -> None:
    told = facts.eligibility(DEFINITION, "IN01", {"IN02": True, "EX01": None})
    assert told == {
        "route": "IN01",
        "failed": [],
        "unknown": ["EX01"],
        "answers": {"IN01": "met", "IN02": "met", "EX01": "unknown"},
    }


def test_an_exclusion_is_in_order_when_it_does_not_apply() -> None:
    assert facts.eligibility(DEFINITION, "IN01", {"IN02": True, "EX01": False})["failed"] == []
    assert facts.eligibility(DEFINITION, "IN01", {"IN02": True, "EX01": True})["failed"] == ["EX01"]


def test_with_the_others_in_order_nothing_is_unknown() -> None:
    told = facts.eligibility(DEFINITION, "IN01", {}, others=True)
    assert (told["failed"], told["unknown"]) == ([], [])


def test_a_route_named_and_then_denied_fails() -> None:
    assert facts.eligibility(DEFINITION, "IN01", {"IN01": False}, others=True)["failed"] == ["IN01"]


def test_other_routes_and_parts_are_kept_only_where_they_were_answered() -> None:
    more = (
        Criterion("IN09", CriterionKind.ROUTE, "another way in", RECORD),
        Criterion("IN02A", CriterionKind.PART, "a part", RECORD, parent="IN02"),
    )
    definition = Definition(replace(TOY, criteria=(*TOY.criteria, *more)))
    assert set(facts.eligibility(definition, "IN01", {}, others=True)["answers"]) == {"IN01", "IN02", "EX01"}
    told = facts.eligibility(definition, "IN01", {"IN02A": False, "IN09": None}, others=True)
    assert (told["answers"]["IN02A"], told["answers"]["IN09"]) == ("not_met", "unknown")
    assert (told["failed"], told["unknown"]) == ([], [])


@pytest.mark.parametrize(
    ("route", "answers", "said"),
    [
        ("IN02", {}, "no eligibility route 'IN02'; there are: IN01"),
        ("IN01", {"IN99": True}, "no criterion 'IN99'; there are: IN01, IN02, EX01"),
    ],
)
def test_an_unknown_route_or_criterion_is_named(route: str, answers: dict[str, bool], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        facts.eligibility(DEFINITION, route, answers)


def test_a_near_miss_is_suggested() -> None:
    with pytest.raises(InvalidInput) as error:
        facts.eligibility(DEFINITION, "IN0", {})
    assert error.value.hint == "did you mean IN01?"


# ── numbers ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("value", ["1.5", Decimal("1.5")])
def test_decimals_travel_as_text(value: str | Decimal) -> None:
    assert facts.counts(value, 120) == {"anc": "1.5", "platelets": "120"}


@pytest.mark.parametrize(
    "value", ["", "-1", "1e3", "1,5", "NaN", "Infinity", ".5", " 1", "1_0", "0x1", "1.1234567", "9" * 10]
)
def test_what_is_no_plain_decimal_is_refused_by_name(value: str) -> None:
    with pytest.raises(InvalidInput, match="ANC must be a number such as"):
        facts.counts(value, "100")


@pytest.mark.parametrize("value", [True, 1.5, None])
def test_only_text_integers_and_decimals_are_numbers(value: Any) -> None:
    if value == 1.5:
        assert facts.counts(value, "100")["anc"] == "1.5"  # as it is shown
    else:
        with pytest.raises(InvalidInput):
            facts.counts(value, "100")


def test_counts_per_microlitre_are_refused_with_what_they_would_be() -> None:
    with pytest.raises(InvalidInput, match="ANC 2500 x10") as error:
        facts.counts("2500", "120")
    assert error.value.hint is not None
    assert "2.5 x10^9/L" in error.value.hint
    with pytest.raises(InvalidInput, match="platelets 120000 x10"):
        facts.counts("2.5", "120000")


# ── doses ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["alpha", "Alpha", "A", "a", " ALPHA "])
def test_an_agent_is_known_by_key_title_and_abbreviation(name: str) -> None:
    assert facts.dose(DEFINITION, name, "1.50", "mg/m2") == {"agent": "alpha", "amount": "1.50", "unit": "mg/m2"}


def test_a_dose_needs_no_amount() -> None:
    assert facts.dose(DEFINITION, "beta", None, None) == {"agent": "beta", "amount": None, "unit": None}


@pytest.mark.parametrize(
    ("agent", "amount", "unit", "said"),
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
def test_a_malformed_dose_is_refused_by_name(agent: str, amount: str | None, unit: str | None, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        facts.dose(DEFINITION, agent, amount, unit)


# ── adverse events ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("term", ["nausea", "Nausea", "feeling sick", " Feeling Sick "])
def test_a_term_is_known_by_key_title_and_synonym(term: str) -> None:
    assert event(term=term)["term"] == "nausea"


def test_a_term_that_is_not_known_is_never_guessed() -> None:
    with pytest.raises(InvalidInput, match="no adverse event term 'nausia'") as error:
        event(term="nausia")
    assert error.value.hint is not None
    assert error.value.hint.startswith("did you mean nausea?")


def test_an_event_is_complete_in_its_payload() -> None:
    told = event(attributed=("A", "beta"), serious=True, resolved=date(2024, 1, 12), stops=("Beta",))
    assert told == {
        "of": None,
        "term": "nausea",
        "grade": 2,
        "attributed": ["alpha", "beta"],
        "serious": True,
        "unacceptable": False,
        "resolved": "2024-01-12",
        "stops": ["beta"],
    }


@pytest.mark.parametrize("grade", [0, 6, -1])
def test_grades_are_1_to_5(grade: int) -> None:
    with pytest.raises(InvalidInput, match=f"a CTCAE grade is 1 to 5, not {grade}"):
        event(grade=grade)


def test_an_event_does_not_resolve_before_it_began() -> None:
    with pytest.raises(InvalidInput, match="resolved on 2024-01-09, before 2024-01-10"):
        event(resolved=date(2024, 1, 9))


def test_the_term_other_needs_a_note_that_says_what_it_was() -> None:
    with pytest.raises(InvalidInput, match="needs a note"):
        event(term="other")
    assert event(term="other", described=True)["term"] == "other"


# ── the rest ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_consent_is_to_the_patients_version_unless_another_is_named() -> None:
    assert facts.consent(DEFINITION, None) == {"version": "1"}
    assert facts.consent(DEFINITION, "2017-03") == {"version": "2017-03"}


@pytest.mark.parametrize("version", ["", "Jane Doe", "v1\n", "x" * 33, "\udcff"])
def test_a_consents_version_is_no_free_text(version: str) -> None:
    with pytest.raises(InvalidInput, match="not a protocol version"):
        facts.consent(DEFINITION, version)


@pytest.mark.parametrize("key", ["CR", "cr", "Cr"])
def test_a_response_is_known_in_any_case(key: str) -> None:
    assert facts.response(DEFINITION, key, None) == {"response": "CR", "mrd": None}


def test_mrd_is_negative_or_positive() -> None:
    assert facts.response(DEFINITION, "CR", "negative")["mrd"] == "negative"
    with pytest.raises(InvalidInput, match="no MRD result 'maybe'; there are: negative, positive"):
        facts.response(DEFINITION, "CR", "maybe")


def test_a_hold_has_one_of_the_coded_reasons() -> None:
    assert facts.hold("infection") == {"code": "infection"}
    with pytest.raises(InvalidInput, match="no reason for a hold 'holiday'"):
        facts.hold("holiday")


@pytest.mark.parametrize("text", ["\x1b[31m", "a\nb", "\udcff", "ü", "x" * 1000])
def test_whatever_is_shown_is_one_short_printable_line(text: str) -> None:
    shown = facts.shown(text)
    assert shown.isprintable()
    assert len(shown) <= 40
