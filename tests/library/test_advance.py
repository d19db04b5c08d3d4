"""Moving a patient on: what a step answers, what it leaves behind, and what a refusal does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from tests.library.desk import (
    ADMIN,
    AUDITOR,
    CONSOLIDATION,
    COORDINATOR,
    INDUCTION,
    INVESTIGATOR,
    LONG_TERM,
    OFF_STUDY,
    Desk,
    day,
)
from workflow import Actor
from workflow.engine.numbers import ENGINE
from workflow.errors import Conflict, InvalidInput, RefusedError, UnknownPatient, UnknownPerson, UnknownTrigger
from workflow.ledger.entry import ProtocolRef
from workflow.store.schema import entry as entry_table
from workflow.version import VERSION


def ready(desk: Desk) -> None:
    """P1 in induction, with counts that allow the next cycle."""
    desk.walk()
    desk.counts("P1", on=day(28))


def test_the_step_forward_needs_no_name(desk: Desk) -> None:
    ready(desk)
    result = desk.trial.advance("P1", by=COORDINATOR, on=day(29))
    assert (result.action, result.outcome, result.source, result.state) == (
        "start_cycle",
        "allowed",
        INDUCTION,
        CONSOLIDATION,
    )
    assert desk.state() == CONSOLIDATION
    desk.check()


def test_the_whole_path_is_walked_and_verifies(desk: Desk) -> None:
    desk.walk("P1", LONG_TERM)
    desk.leave("P1")
    assert desk.state() == OFF_STUDY
    desk.check()


def test_an_entry_says_who_did_what_when_and_how_that_is_known(desk: Desk) -> None:
    ready(desk)
    desk.trial.add_person("ines", "coordinator", by=ADMIN, login="ines-login")
    desk.trial.advance("P1", by=Actor("ines", "os", "ines-login"), on=day(30), reason="  the ward was full ")
    entry = desk.last()
    assert (entry.kind, entry.trigger, entry.outcome) == ("transition", "start_cycle", "allowed")
    assert (entry.source, entry.target, entry.occurred_on, entry.delay) == (INDUCTION, CONSOLIDATION, day(30), 1)
    actor = entry.actor
    assert (actor.id, actor.role, actor.assurance, actor.via) == ("ines", "investigator", "os", "ines-login")
    assert (entry.texts, entry.committed) == ({"reason": "the ward was full"}, ("reason",))
    assert entry.protocol is not None
    named = desk.trial.definition("1")
    assert entry.protocol == ProtocolRef("TOY-1", "1", 1, named.digest)
    assert (entry.engine, entry.software) == (ENGINE, VERSION)


def test_the_moment_is_kept_in_utc_whatever_the_sites_offset(desk: Desk) -> None:
    desk.clock.now = datetime(2025, 6, 16, 0, 30, 0, 0, timezone(timedelta(hours=5, minutes=45)))
    desk.enrol("P1")
    entry = desk.last()
    assert entry.recorded_at == datetime(2025, 6, 15, 18, 45, 0, 1, UTC)
    assert desk.rows()[0]["enrolled_on"] == date(2024, 1, 1)
    desk.check()


def test_a_clock_without_an_offset_is_refused(quick_desk: Desk) -> None:
    quick_desk.clock.now = datetime(2025, 6, 15)  # noqa: DTZ001
    with pytest.raises(InvalidInput, match="without an offset"):
        quick_desk.trial.enroll("P1", "A", by=COORDINATOR)


# ── refused ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refusal_is_an_entry_and_changes_nothing_else(desk: Desk) -> None:
    desk.walk()
    before = desk.trial.show("P1")
    result = desk.trial.advance("P1", by=COORDINATOR, on=day(20))
    after = desk.trial.show("P1")
    assert (result.outcome, result.source, result.state) == ("refused", INDUCTION, INDUCTION)
    assert (after.standing, after.state, after.seq) == (before.standing, before.state, before.seq + 1)
    entry = desk.last()
    assert (entry.outcome, entry.target, entry.reasons) == ("refused", None, result.reasons)
    assert [reason.code for reason in entry.reasons] == ["interval.early", "counts.missing"]
    desk.check()


def test_a_refusal_is_raised_for_those_who_ask(desk: Desk) -> None:
    desk.walk()
    result = desk.trial.advance("P1", by=COORDINATOR, on=day(20))
    with pytest.raises(RefusedError, match=r"P1: start_cycle on 2024-01-27 is refused: opens on .*; no blood counts"):
        result.or_raise()


def test_what_is_allowed_is_handed_on(desk: Desk) -> None:
    ready(desk)
    result = desk.trial.advance("P1", by=COORDINATOR, on=day(29))
    assert result.or_raise() is result


def test_out_of_sequence_is_a_refusal_with_an_entry(desk: Desk) -> None:
    desk.walk()
    result = desk.trial.advance("P1", "visit", by=COORDINATOR)
    assert [reason.code for reason in result.reasons] == ["sequence.not_from_here"]
    assert desk.last().trigger == "visit"
    desk.check()


def test_who_may_only_look_may_not_move(desk: Desk) -> None:
    ready(desk)
    for who in (AUDITOR, ADMIN):
        assert not desk.trial.advance("P1", by=who, on=day(29)).allowed
    assert [entry.actor.role for entry in desk.entries()[-2:]] == ["auditor", "administrator"]
    desk.check()


# ── overridden ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_override_keeps_what_was_passed(desk: Desk) -> None:
    desk.walk()
    result = desk.trial.advance("P1", by=INVESTIGATOR, on=day(20), override=True, reason="the counts come tomorrow")
    assert (result.outcome, result.allowed, result.state) == ("overridden", True, CONSOLIDATION)
    entry = desk.last()
    assert (entry.outcome, entry.target) == ("overridden", CONSOLIDATION)
    assert [reason.code for reason in entry.reasons] == ["interval.early", "counts.missing"]
    desk.check()


# ── codes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_only_code_of_an_exit_is_taken_by_itself(desk: Desk) -> None:
    desk.walk()
    desk.trial.advance("P1", "withdraw", by=COORDINATOR)
    assert desk.last().code == "withdrawn"


def test_one_of_several_codes_must_be_named(quick_desk: Desk) -> None:
    quick_desk.walk()
    with pytest.raises(InvalidInput, match="death needs a coded reason") as error:
        quick_desk.trial.advance("P1", "death", by=COORDINATOR)
    assert error.value.hint == "--code with one of: disease, toxicity, other"


def test_of_two_codes_too_one_must_be_named(quick_desk: Desk) -> None:
    quick_desk.walk(to="screening")
    with pytest.raises(InvalidInput, match="screen_failure needs a coded reason"):
        quick_desk.trial.advance("P1", "screen_failure", by=COORDINATOR)


@pytest.mark.parametrize(
    ("trigger", "code", "said"),
    [
        ("death", "old_age", "no reason code of death 'old_age'; there are: disease, toxicity, other"),
        ("start_cycle", "disease", "start_cycle takes no coded reason"),
        ("screen_failure", "old_age", "no reason code 'old_age'"),
    ],
)
def test_a_code_that_does_not_fit_is_named(quick_desk: Desk, trigger: str, code: str, said: str) -> None:
    quick_desk.walk()
    with pytest.raises(InvalidInput, match=said):
        quick_desk.trial.advance("P1", trigger, by=INVESTIGATOR, code=code)


# ── nothing by that name ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("id", ["P9", "", "x" * 1000, "P1\x00", "\udcff", "Jane Doe", "patient/P1"])
def test_an_unknown_patient_is_named(desk: Desk, id: str) -> None:
    desk.walk()
    for ask in (lambda: desk.trial.advance(id, by=COORDINATOR), lambda: desk.trial.show(id)):
        with pytest.raises(UnknownPatient, match="there is no patient"):
            ask()


def test_an_unknown_trigger_is_named_with_a_near_one(desk: Desk) -> None:
    desk.walk()
    before = desk.everything()
    with pytest.raises(UnknownTrigger, match="no trigger 'start_cylce'") as error:
        desk.trial.advance("P1", "start_cylce", by=COORDINATOR)
    assert error.value.hint == "did you mean start_cycle?"
    assert desk.everything() == before


def test_from_the_end_no_step_leads_forward(desk: Desk) -> None:
    desk.walk()
    desk.leave("P1")
    with pytest.raises(UnknownTrigger, match="no step leads forward from off_study"):
        desk.trial.advance("P1", by=COORDINATOR)


@pytest.mark.parametrize("by", [Actor("nobody"), Actor("\udcff"), Actor("a\x00"), Actor("")])
def test_an_unknown_person_moves_nobody_and_leaves_no_entry(desk: Desk, by: Actor) -> None:
    desk.walk()
    seq = desk.seq()
    with pytest.raises((UnknownPerson, InvalidInput)):
        desk.trial.advance("P1", by=by)
    assert desk.seq() == seq


def test_who_left_acts_no_more(desk: Desk) -> None:
    ready(desk)
    desk.trial.deactivate_person("carl", by=ADMIN)
    with pytest.raises(UnknownPerson, match="carl is no longer active"):
        desk.trial.advance("P1", by=COORDINATOR, on=day(29))


# ── expect ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_command_for_a_patient_who_has_moved_on_is_a_conflict(desk: Desk) -> None:
    ready(desk)
    seen = desk.seq()
    desk.counts("P1", on=day(28))
    with pytest.raises(Conflict, match=f"the last entry is {seen + 1}, not {seen}") as error:
        desk.trial.advance("P1", by=COORDINATOR, on=day(29), expect=seen)
    assert error.value.retry
    assert desk.trial.advance("P1", by=COORDINATOR, on=day(29), expect=seen + 1).allowed


# ── dry run ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_dry_run_answers_as_the_command_would_and_writes_nothing(desk: Desk) -> None:
    ready(desk)
    before = desk.everything()
    dry = desk.trial.advance("P1", by=COORDINATOR, on=day(29), dry_run=True)
    assert (dry.seq, dry.hash) == (None, None)
    assert desk.everything() == before
    real = desk.trial.advance("P1", by=COORDINATOR, on=day(29))
    assert (dry.outcome, dry.source, dry.state, dry.reasons) == (real.outcome, real.source, real.state, real.reasons)


def test_a_dry_run_of_a_refusal_writes_nothing(desk: Desk) -> None:
    desk.walk()
    before = desk.everything()
    assert not desk.trial.advance("P1", by=COORDINATOR, on=day(20), dry_run=True).allowed
    assert desk.everything() == before


# ── texts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("", "the reason is empty"),
        (" \n ", "the reason is empty"),
        ("x" * 4001, "the reason has 4001 characters; 4000 are the most"),
        ("a\x00b", "the reason holds control characters"),
        ("a\x1b[31mb", "the reason holds control characters"),
        ("a\udcff", "the reason holds control characters"),
    ],
)
def test_a_text_is_plain_and_not_too_long(quick_desk: Desk, reason: str, said: str) -> None:
    quick_desk.walk()
    with pytest.raises(InvalidInput, match=said):
        quick_desk.trial.advance("P1", by=COORDINATOR, reason=reason)


def test_any_language_and_several_lines_are_kept_as_they_are(desk: Desk) -> None:
    ready(desk)
    said = "Fieber seit gestern —\n\t熱があった 😀"
    desk.trial.advance("P1", by=COORDINATOR, on=day(31), reason=said)
    assert desk.last().texts == {"reason": said}
    desk.check()


def test_the_text_is_not_in_the_bytes(desk: Desk) -> None:
    ready(desk)
    desk.trial.advance("P1", by=COORDINATOR, on=day(31), reason="Jane Doe was away")
    assert not any(b"Jane" in row["body"] for row in desk.rows(entry_table))
