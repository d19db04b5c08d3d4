"""What must hold of the trial's parts: readings, sources, eligibility, safety, people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import Struct

from workflow.protocol.guards import CountsRecovered, NoUnacceptableToxicity
from workflow.protocol.model import (
    AgentAction,
    CriterionKind,
    Cycle,
    Dose,
    ExitPath,
    Grade,
    Protocol,
    Source,
    SourceKind,
    ToxicityRule,
    Visit,
)
from workflow.protocol.table import table
from workflow.trials import find, shipped
from workflow.trials.nct01371630.coverage.study import cited

PROTOCOL = find()

every_version = pytest.mark.parametrize("protocol", shipped(), ids=lambda protocol: protocol.version)


def values(value: Any) -> Iterator[Any]:
    """``value`` and everything in it."""
    yield value
    if isinstance(value, tuple):
        for item in value:
            yield from values(item)
    elif isinstance(value, Struct):
        for field in value.__struct_fields__:
            yield from values(getattr(value, field))


# ── readings ───────────────────────────────────────────────────────────────────────────────────────────────────────


@every_version
def test_every_reading_offers_a_choice_and_takes_one_of_it(protocol: Protocol) -> None:
    for reading in protocol.readings:
        keys = [option.key for option in reading.options]
        assert len(keys) == len(set(keys)) >= 2, reading.id
        assert reading.taken in keys, reading.id
        assert all((reading.place, reading.question, reading.why)), reading.id


@every_version
def test_every_reading_is_referred_to_and_every_reference_is_to_one(protocol: Protocol) -> None:
    known = [reading.id for reading in protocol.readings]
    named = {id for value in values(protocol.arms) for id in getattr(value, "readings", ())}
    assert len(known) == len(set(known))
    assert named == set(known)


def test_every_open_point_of_the_record_has_a_reading() -> None:
    treatment = {*range(1, 25), 26, 27, 28, 30, 31, 32, 34, 35, *range(37, 41)}
    ids = [f"A{number}" for number in sorted(treatment)] + [f"E{number}" for number in range(1, 14)]
    assert {reading.id for reading in PROTOCOL.readings} == set(ids)


def test_a_reading_of_the_site_is_graded_so() -> None:
    assert {r.id for r in PROTOCOL.readings if r.grade is Grade.SITE} == {"A34", "A39", "A40"}


@every_version
def test_the_notes_of_criteria_name_readings_and_criteria_that_exist(protocol: Protocol) -> None:
    readings, criteria = {r.id for r in protocol.readings}, {c.id for c in protocol.criteria}
    for criterion in protocol.criteria:
        assert set(cited(criterion.note)) <= readings, criterion.id
        assert set(re.findall(r"\b(?:IN|EX)\d\w*", criterion.note)) <= criteria, criterion.id


# ── sources ────────────────────────────────────────────────────────────────────────────────────────────────────────


@every_version
def test_what_the_record_does_not_say_does_not_cite_it(protocol: Protocol) -> None:
    for value in values(protocol):
        match value:
            case Dose() | CountsRecovered() | ToxicityRule():
                assert value.source.kind is not SourceKind.RECORD, value
            case Visit():
                assert value.window_source.kind is SourceKind.SITE, value
            case NoUnacceptableToxicity(open_grade=int()):
                assert value.open_grade_source is not None
                assert value.open_grade_source.kind is SourceKind.SITE, value
            case Cycle():
                assert value.length.warn is None or "A34" in value.readings, value


@every_version
def test_a_place_in_the_record_is_cited_with_its_number(protocol: Protocol) -> None:
    cited = {value for value in values(protocol) if isinstance(value, Source)}
    assert {source for source in cited if source.cite.startswith("NCT01371630")} == {
        source for source in cited if source.kind is SourceKind.RECORD
    }


def test_no_dose_where_none_was_published_for_what_is_given() -> None:
    without = {
        (arm.key, item.agent, item.route.value)
        for arm in PROTOCOL.arms
        for phase in arm.phases
        for item in (*phase.administrations, *(i for cycle in phase.cycles for i in cycle.administrations))
        if item.dose is None
    }
    assert without == {
        *((arm, agent, "IT") for arm in ("I", "II", "III") for agent in ("methotrexate", "cytarabine")),
        *((arm, "inotuzumab", "IV") for arm in ("I", "II", "III")),
        ("I", "dexamethasone", "IV"),  # before blinatumomab
        ("II", "blinatumomab", "CIVI"),  # days 4-21
        *(("III", "blinatumomab", "CIVI"), ("III", "rituximab", "IV")),
        *(("III", "dexamethasone", "IV or PO"), ("III", "vincristine", "IV")),
    }


# ── eligibility ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_routes_lead_into_the_arms() -> None:
    assert {arm.key: arm.routes for arm in PROTOCOL.arms} == {
        "I": ("IN01", "IN02", "IN03"),
        "II": ("IN08",),
        "III": ("IN01", "IN03"),
    }


def test_what_a_patient_is_asked_for() -> None:
    kinds = {kind: tuple(c.id for c in PROTOCOL.criteria if c.kind is kind) for kind in CriterionKind if kind != "part"}
    assert kinds == {
        CriterionKind.ROUTE: ("IN01", "IN02", "IN03", "IN08"),
        CriterionKind.INCLUSION: ("IN04", "IN05", "IN06", "IN09"),
        CriterionKind.EXCLUSION: ("EX01", "EX02", "EX03", "EX04", "EX05"),
    }


@pytest.mark.parametrize(
    ("one", "other"), [("IN02C4", "IN05C"), ("IN02C5", "IN05A"), ("IN02C2", "EX03"), ("IN08", "EX01")]
)
def test_criteria_at_odds_with_each_other_say_so(one: str, other: str) -> None:
    notes = {criterion.id: criterion.note for criterion in PROTOCOL.criteria}
    assert other in notes[one]
    assert one in notes[other]


# ── safety ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_word_for_an_adverse_event_means_one_term() -> None:
    words = Counter(
        word
        for term in PROTOCOL.terms
        for word in {term.key, term.key.replace("_", " "), term.title.casefold(), *term.synonyms}
    )
    assert [word for word, count in words.items() if count > 1] == []
    assert all(word == word.casefold() for term in PROTOCOL.terms for word in term.synonyms)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("vod", "sinusoidal_obstruction_syndrome"),
        ("sos/vod", "sinusoidal_obstruction_syndrome"),
        ("veno-occlusive disease", "sinusoidal_obstruction_syndrome"),
        ("crs", "cytokine_release_syndrome"),
        ("icans", "encephalopathy"),
        ("neutropenia", "neutrophil_count_decreased"),
        ("mds", "myelodysplastic_syndrome"),
    ],
)
def test_what_people_type_finds_the_term(typed: str, key: str) -> None:
    assert [term.key for term in PROTOCOL.terms if typed in term.synonyms] == [key]


def test_sinusoidal_obstruction_stops_inotuzumab_for_good_whatever_its_grade_and_cause() -> None:
    rules = [r for r in PROTOCOL.toxicity_rules if "sinusoidal_obstruction_syndrome" in r.terms]
    assert [(r.agent, r.action, r.grade, r.attributed) for r in rules] == [
        ("inotuzumab", AgentAction.DISCONTINUE, 1, False)
    ]


def test_neurological_rules_reach_seizures_and_encephalopathy() -> None:
    rules = [r for r in PROTOCOL.toxicity_rules if {"seizure", "encephalopathy"} <= set(r.terms)]
    assert {(r.agent, r.action, r.grade) for r in rules} == {
        ("blinatumomab", AgentAction.HOLD, 3),
        ("blinatumomab", AgentAction.DISCONTINUE, 4),
    }


@every_version
def test_a_hold_says_when_it_ends_and_a_rule_names_what_exists(protocol: Protocol) -> None:
    terms, agents = {term.key for term in protocol.terms}, {agent.key for agent in protocol.agents}
    for rule in protocol.toxicity_rules:
        assert (rule.until_grade is not None) == (rule.action is AgentAction.HOLD)
        assert rule.agent in agents
        assert set(rule.terms) <= terms


# ── exits and people ───────────────────────────────────────────────────────────────────────────────────────────────


@every_version
def test_nothing_holds_back_an_exit_but_the_switch_to_maintenance(protocol: Protocol) -> None:
    exits = {path for arm in protocol.arms for path in arm.exits}
    assert {path.trigger for path in exits if path.guards} == {"switch_to_maintenance"}


@every_version
def test_a_patient_can_withdraw_be_lost_or_die_in_every_state_but_the_last(protocol: Protocol) -> None:
    for arm in protocol.arms:
        flat = table(arm)
        for place in flat.places:
            triggers = {row.trigger for row in flat.outgoing[place.name]}
            assert place.final or {"withdraw", "lost_to_follow_up", "death"} <= triggers, place.name


@every_version
def test_every_treatment_cycle_can_be_left_for_disease_toxicity_and_transplant(protocol: Protocol) -> None:
    off = {"progression", "relapse", "refractory", "unacceptable_toxicity", "transplant", "stop_treatment"}
    for arm in protocol.arms:
        flat = table(arm)
        for place in flat.places:
            if place.cycle is not None:
                assert off <= {row.trigger for row in flat.outgoing[place.name]}, place.name


def test_only_arm_iii_may_give_fewer_cycles_and_only_the_others_switch_to_maintenance() -> None:
    codes = {arm.key: [code for path in arm.exits for code in path.codes] for arm in PROTOCOL.arms}
    assert [key for key, all_codes in codes.items() if "fewer_cycles" in all_codes] == ["III"]
    triggers = {arm.key: {path.trigger for path in arm.exits} for arm in PROTOCOL.arms}
    assert [key for key, found in triggers.items() if "switch_to_maintenance" in found] == ["I", "II"]


@every_version
def test_every_trigger_has_somebody_who_may_ask_for_it(protocol: Protocol) -> None:
    allowed = {permission.action for permission in protocol.permissions}
    for arm in protocol.arms:
        assert set(table(arm).triggers) <= allowed


def test_what_rests_on_a_clinical_judgement_is_an_investigators() -> None:
    alone = {p.action for p in PROTOCOL.permissions if p.roles == ("investigator",)}
    assert alone == {
        *("progression", "relapse", "refractory", "unacceptable_toxicity", "transplant"),
        *("stop_treatment", "switch_to_maintenance"),
        *("override", "declare_unacceptable", "stop_agent", "step_happened"),
    }
    assert {role for p in PROTOCOL.permissions for role in p.roles} == {"coordinator", "investigator"}


@every_version
def test_an_exit_is_declared_once(protocol: Protocol) -> None:
    for arm in protocol.arms:
        triggers = [path.trigger for path in arm.exits if isinstance(path, ExitPath)]
        assert len(triggers) == len(set(triggers))
