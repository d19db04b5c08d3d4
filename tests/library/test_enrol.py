"""Enrolment: entry 1 of a patient's chain, or a refusal in the trial's."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from msgspec.structs import replace

from tests.library.desk import ADMIN, AUDITOR, COORDINATOR, ENROLLED, INVESTIGATOR, Desk
from tests.toy import TOY
from workflow import Actor, Filter
from workflow.errors import AlreadyExists, InvalidInput, UnknownArm, UnknownPatient, UnknownPerson, UnknownProtocol
from workflow.ledger.entry import ProtocolRef


def test_an_enrolled_patient_stands_in_screening_with_one_entry(desk: Desk) -> None:
    result = desk.trial.enroll("P1", "A", by=COORDINATOR, on=ENROLLED)
    assert (result.outcome, result.state, result.seq, result.occurred_on) == ("allowed", "screening", 1, ENROLLED)
    view = desk.trial.show("P1")
    assert (view.trial, view.version, view.arm, view.state, view.title) == ("TOY-1", "1", "A", "screening", "Screening")
    (entry,) = desk.entries("P1")
    assert (entry.seq, entry.kind, entry.prev, entry.hash) == (1, "enrolment", None, result.hash)
    assert entry.data == {"patient": "P1", "arm": "A", "instead_of": None}
    assert entry.protocol == ProtocolRef("TOY-1", "1", 1, desk.trial.definition("1").digest)
    desk.check()


def test_today_is_the_sites_date(desk: Desk) -> None:
    assert desk.trial.enroll("P1", "A", by=COORDINATOR).occurred_on == date(2025, 6, 15)


def test_the_same_id_again_is_taken(desk: Desk) -> None:
    desk.enrol("P1")
    with pytest.raises(AlreadyExists, match="patient P1 is enrolled already") as error:
        desk.trial.enroll("P1", "A", by=COORDINATOR)
    assert not error.value.retry
    assert desk.seq("P1") == 1


def test_a_refused_enrolment_is_an_entry_of_the_trials_chain(desk: Desk) -> None:
    result = desk.trial.enroll("P1", "A", by=AUDITOR)
    assert (result.outcome, result.state) == ("refused", None)
    assert [reason.code for reason in result.reasons] == ["role.not_permitted"]
    last = desk.trial.log(Filter(chain="trial"))[-1]
    assert (last.kind, last.outcome, last.seq, last.data["patient"]) == ("enrolment", "refused", result.seq, "P1")
    with pytest.raises(UnknownPatient):
        desk.trial.show("P1")
    desk.check()


def test_a_refused_id_is_free_for_another_try(desk: Desk) -> None:
    desk.trial.enroll("P1", "A", by=AUDITOR)
    desk.enrol("P1")
    desk.check()


@pytest.mark.parametrize("id", ["", "Jane", "P 1", "P1\n", "-1", "Pä1", "P" * 40 + "1", "P1;", "\udcff1", "1\x00"])
def test_an_id_is_a_pseudonym(quick_desk: Desk, id: str) -> None:
    with pytest.raises(InvalidInput, match="not a patient id"):
        quick_desk.trial.enroll(id, "A", by=COORDINATOR)


def test_an_unknown_arm_is_named_with_those_there_are(quick_desk: Desk) -> None:
    with pytest.raises(UnknownArm, match="there is no arm 'B'") as error:
        quick_desk.trial.enroll("P1", "B", by=COORDINATOR)
    assert error.value.hint == "the arms are A"


def test_an_unknown_version_is_named_with_those_there_are(quick_desk: Desk) -> None:
    with pytest.raises(UnknownProtocol, match="no protocol version '2' is installed; there are: 1"):
        quick_desk.trial.enroll("P1", "A", by=COORDINATOR, version="2")


@pytest.mark.parametrize("id", ["nobody", "", "x" * 1000, "ines\x00", "ines\n"])
def test_an_unknown_person_enrols_nobody(desk: Desk, id: str) -> None:
    with pytest.raises((UnknownPerson, InvalidInput)):
        desk.trial.enroll("P1", "A", by=Actor(id))
    assert desk.trial.patients() == ()


def test_a_moment_is_no_date(quick_desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="a date is asked for, not a moment"):
        quick_desk.trial.enroll("P1", "A", by=COORDINATOR, on=datetime(2024, 1, 1, 9))  # noqa: DTZ001


def test_a_dry_run_answers_and_writes_nothing(desk: Desk) -> None:
    before = desk.everything()
    result = desk.trial.enroll("P1", "A", by=COORDINATOR, dry_run=True)
    assert (result.outcome, result.state, result.seq, result.hash) == ("allowed", "screening", None, None)
    assert desk.trial.enroll("P1", "A", by=AUDITOR, dry_run=True).outcome == "refused"
    assert desk.everything() == before


def test_patients_stay_under_the_version_that_they_were_enrolled_under(desk: Desk) -> None:
    desk.enrol("P1")
    assert desk.trial.install(replace(TOY, version="2", summary="Changed."), by=ADMIN) == "2"
    desk.trial.enroll("P2", "A", by=INVESTIGATOR)
    desk.trial.enroll("P3", "A", by=INVESTIGATOR, version="1")
    assert [(p.id, p.version) for p in desk.trial.patients()] == [("P1", "1"), ("P2", "2"), ("P3", "1")]
    desk.check()


def test_a_version_that_somebody_else_installed_meanwhile_is_found(desk: Desk) -> None:
    with desk.again() as other:
        other.install(replace(TOY, version="2", summary="Changed."), by=ADMIN)
        other.enroll("P2", "A", by=INVESTIGATOR)
    assert desk.trial.advance("P2", "withdraw", by=COORDINATOR, dry_run=True).allowed
    assert desk.trial.enroll("P3", "A", by=INVESTIGATOR, version="2").allowed
    desk.check()
