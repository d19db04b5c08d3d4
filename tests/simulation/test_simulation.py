"""The simulated study: the same for a seed, in order of time, and never past a guard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from workflow.desk.trial import Trial
from workflow.protocol.table import TREATMENT
from workflow.report.views import Entry
from workflow.report.words.protocol import phase_name
from workflow.simulation import CUT_OFF, PATIENTS, Clock, Summary, is_simulated, let_in, set_up, simulate

SMALL = 12

Study = tuple[Trial, Summary]
Whole = tuple[Trial, Summary, list[Entry]]


def study(url: str, **options: Any) -> Study:
    clock = Clock()
    trial = set_up(url, clock)
    return trial, simulate(trial, clock, **options)


def on_patients(trial: Trial) -> list[Entry]:
    return [entry for entry in trial.log() if entry.patient is not None]


# ── a small study ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    trial, summary = study(str(tmp_path_factory.mktemp("small") / "small.db"), patients=SMALL)
    with trial:
        yield trial, summary


def told(trial: Trial) -> list[tuple[Any, ...]]:
    """All that entries say, but what the salts of free text change."""
    return [
        (
            *(entry.chain, entry.seq, entry.kind, entry.trigger, entry.outcome, entry.source, entry.target),
            *(entry.occurred_on, entry.recorded_at, entry.actor, entry.code, entry.data, entry.reasons, entry.delay),
            entry.texts,
        )
        for entry in trial.log()
    ]


def test_the_same_seed_gives_the_same_study_on_every_database(small: Study, database_url: str) -> None:
    trial, summary = small
    again, summary_again = study(database_url, patients=SMALL)
    with again:
        assert told(again) == told(trial)
        assert again.patients() == trial.patients()
        assert summary_again.exits == summary.exits


def test_another_seed_gives_another_study(small: Study) -> None:
    other, _ = study("sqlite://", patients=SMALL, seed=2)
    with other:
        assert told(other) != told(small[0])


def test_the_summary_counts_what_is_in_the_log(small: Study) -> None:
    trial, summary = small
    entries = [entry for entry in trial.log() if entry.patient is not None or entry.kind == "enrolment"]
    assert summary.entries == len(entries)
    assert summary.outcomes == Counter(entry.outcome for entry in entries)
    assert [story.patient for story in summary.stories] == [patient.id for patient in trial.patients()]


def test_progress_is_told_after_each_patient() -> None:
    seen: list[tuple[int, int]] = []
    trial, _ = study("sqlite://", patients=3, progress=lambda done, total: seen.append((done, total)))
    trial.close()
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_simulated_trial_is_known_as_one(small: Study) -> None:
    assert is_simulated(small[0])


def test_a_real_person_may_be_let_in_when_the_data_have_ended() -> None:
    clock = Clock()
    with set_up("sqlite://", clock) as trial:
        let_in(trial, clock, "visitor", "somebody")
        assert [person.role for person in trial.people_of("somebody")] == ["investigator"]
        assert trial.log()[-1].recorded_at.date() == CUT_OFF


# ── the whole study ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """Slow, as tests go: some seconds."""
    trial, summary = study(str(tmp_path_factory.mktemp("whole") / "whole.db"))
    with trial:
        yield trial, summary, on_patients(trial)


def test_the_log_verifies_and_every_decision_is_taken_again_alike(whole: Whole) -> None:
    trial, _, entries = whole
    report = trial.verify()
    assert report.sound, report.findings[:5]
    assert not report.differences
    assert (report.undecided, report.stale, report.not_understood) == (0, 0, 0)
    assert report.decided >= len(entries)


def test_no_step_was_taken_without_passing_the_guards(whole: Whole) -> None:
    """Nothing stood against an allowed step; what stood against another was soft, and an investigator gave a reason.

    What happened all the same was a dose, with a reason, and is kept as a deviation.
    """
    for entry in whole[2]:
        if entry.outcome == "allowed":
            assert not entry.reasons
        elif entry.outcome == "overridden":
            assert entry.reasons
            assert not any(reason.hard for reason in entry.reasons)
            assert entry.actor.role == "investigator"
            assert "reason" in entry.committed
        elif entry.outcome == "deviated":
            assert entry.kind == "dose"
            assert entry.deviations
            assert "reason" in entry.committed
        else:
            assert entry.target is None


def test_every_kind_of_outcome_is_there(whole: Whole) -> None:
    outcomes = whole[1].outcomes
    assert outcomes["refused"] > 500
    assert outcomes["overridden"] > 20
    assert outcomes["deviated"] > 1
    assert outcomes["allowed"] > 20_000


def test_people_come_up_against_most_of_the_guards(whole: Whole) -> None:
    refused_by = {reason.code.partition(".")[0] for entry in whole[2] for reason in entry.reasons}
    assert refused_by >= {
        *("consent", "eligibility", "progression", "toxicity", "counts", "hold", "interval", "not_before"),
        *("dose", "role"),
    }


def test_every_exit_is_taken_by_somebody(whole: Whole) -> None:
    trial, summary, _ = whole
    declared = {path.trigger for arm in trial.definition().protocol.arms for path in arm.exits}
    assert {trigger for _, trigger, _ in summary.exits} == declared


def test_death_and_relapse_come_in_several_ways(whole: Whole) -> None:
    codes = {(trigger, code) for _, trigger, code in whole[1].exits}
    assert codes >= {("death", code) for code in ("disease", "infection", "transplant_related")}
    assert len({code for trigger, code in codes if trigger == "relapse"}) > 1


def test_at_the_end_there_are_people_in_every_phase_of_treatment_and_after_it(whole: Whole) -> None:
    trial, _, _ = whole
    phases = {phase.key for arm in trial.definition().protocol.arms for phase in arm.phases}
    there = {
        phase_name(trial.definition(patient.version).table(patient.arm), patient.state) for patient in trial.patients()
    }
    assert there >= {*phases, "follow_up.long_term", "off_study"}


def test_there_are_patients_in_all_arms_and_under_both_versions(whole: Whole) -> None:
    patients = whole[0].patients()
    assert len(patients) == PATIENTS
    assert {(patient.version, patient.arm) for patient in patients} == {
        *(("2017-03", arm) for arm in ("I", "II")),
        *(("2025-12-18", arm) for arm in ("I", "II", "III")),
    }


def test_entries_are_recorded_in_order_and_not_before_they_happened(whole: Whole) -> None:
    last: dict[str, Entry] = {}
    for entry in whole[2]:
        assert entry.occurred_on <= entry.recorded_at.date() <= CUT_OFF
        if entry.chain in last:
            assert entry.recorded_at >= last[entry.chain].recorded_at
        last[entry.chain] = entry


def test_some_facts_become_known_late(whole: Whole) -> None:
    late = [entry for entry in whole[2] if entry.recorded_at.date() - entry.occurred_on > timedelta(days=4)]
    assert {entry.kind for entry in late} >= {"adverse_event", "response", "transition"}


def test_liver_injury_stops_inotuzumab_while_treatment_goes_on(whole: Whole) -> None:
    injured: set[str] = set()
    went_on, refused = set(), set()
    for entry in whole[2]:
        if entry.kind == "adverse_event" and entry.data["term"] == "sinusoidal_obstruction_syndrome":
            injured.add(entry.chain)
        if entry.chain in injured and entry.trigger == "start_cycle" and entry.allowed:
            went_on.add(entry.chain)
        if entry.chain in injured and entry.kind == "dose" and entry.data["agent"] == "inotuzumab":
            assert not entry.allowed
            refused.add(entry.chain)
    assert went_on
    assert refused


def test_after_transplant_come_relapse_liver_injury_and_death(whole: Whole) -> None:
    transplanted: set[str] = set()
    after = set()
    for entry in whole[2]:
        if entry.chain in transplanted:
            after.add(entry.data.get("response") or entry.data.get("term") or entry.trigger)
        if entry.trigger == "transplant" and entry.allowed:
            transplanted.add(entry.chain)
    assert after >= {"REL", "sinusoidal_obstruction_syndrome", "death"}


def test_a_toxicity_declared_unacceptable_takes_the_patient_off_treatment(whole: Whole) -> None:
    entries = whole[2]
    declared = [
        (one, following)
        for one, following in pairwise(entries)
        if one.kind in ("adverse_event", "adverse_event_news") and one.data["unacceptable"] and one.allowed
    ]
    assert declared
    for one, following in declared:
        assert one.actor.role == "investigator"
        assert (following.chain, following.trigger) == (one.chain, "unacceptable_toxicity")
        assert following.cause == one.seq


def test_nothing_but_follow_up_happens_after_treatment(whole: Whole) -> None:
    ended: set[str] = set()
    for entry in whole[2]:
        if entry.chain in ended:
            assert not (entry.kind == "dose" and entry.allowed)
        if entry.target is not None and (entry.source or "").startswith(TREATMENT) and "follow_up" in entry.target:
            ended.add(entry.chain)
