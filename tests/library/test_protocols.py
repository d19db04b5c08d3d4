"""Protocols in the database: what is installed is what runs, in the words and from the day that it says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from tests.ledger.tamper import behind
from tests.library.desk import ADMIN, COORDINATOR, INVESTIGATOR, Desk, day
from tests.toy import ARM, BOTH, RECORD, TOY, toy
from tests.toy2 import TOY2
from workflow import Filter, Trial
from workflow.desk.protocols import Protocols
from workflow.errors import AlreadyExists, InvalidProtocol, ProtocolChanged, RefusedError, UnknownArm, UnknownProtocol
from workflow.ledger.entry import ProtocolRef
from workflow.protocol import content
from workflow.protocol.model import Permission, Role
from workflow.store.schema import content as content_table
from workflow.store.transaction import Transaction

# ── installing ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_protocol_is_installed_by_an_entry_and_a_row(desk: Desk) -> None:
    second = toy(version="2")
    assert desk.trial.install(content.write(second), by=ADMIN) == "2"
    last = desk.trial.log(Filter(chain="trial"))[-1]
    assert (last.kind, last.protocol) == (
        "content_installed",
        ProtocolRef("TOY-1", "2", 1, content.digest(second)),
    )
    assert desk.trial.installed() == ("1", "2")
    assert desk.trial.exported("2") == content.write(second)
    desk.check()


def test_a_protocol_of_another_trial_is_refused(desk: Desk) -> None:
    before = desk.everything()
    with pytest.raises(InvalidProtocol, match="a protocol of 'PLAY-2', and the database is about TOY-1") as error:
        desk.trial.install(TOY2, by=ADMIN)
    assert error.value.hint is not None
    assert desk.everything() == before


def test_what_is_installed_is_not_installed_again(desk: Desk) -> None:
    before = desk.everything()
    with pytest.raises(AlreadyExists, match="version 1, edition 1, is installed already"):
        desk.trial.install(TOY, by=ADMIN)
    with pytest.raises(AlreadyExists, match="is installed with other content") as error:
        desk.trial.install(toy(summary="Other words."), by=ADMIN)
    assert error.value.hint == "a corrected encoding is a new edition"
    assert desk.everything() == before


def test_what_static_analysis_refuses_is_not_installed(desk: Desk) -> None:
    before = desk.everything()
    with pytest.raises(InvalidProtocol, match="of static analysis, the first"):
        desk.trial.install(toy(version="2", permissions=()), by=ADMIN)
    assert desk.everything() == before


def test_the_software_runs_what_is_in_the_database_and_not_what_it_ships(desk: Desk) -> None:
    with desk.again() as trial:
        assert trial.definition().protocol == TOY
        assert trial.definition().digest == content.digest(TOY)


def test_of_what_is_refused_to_who_is_no_administrator_only_the_people_keep_an_entry(desk: Desk) -> None:
    """As the page on the entry says."""
    before = desk.everything()
    with pytest.raises(RefusedError, match="may not install a protocol"):
        desk.trial.install(toy(version="2"), by=COORDINATOR)
    with pytest.raises(RefusedError, match="may not set the trial's zone"):
        desk.trial.set_zone("Asia/Tokyo", by=COORDINATOR, reason="moved")
    assert desk.everything() == before
    assert not desk.trial.add_person("new", "coordinator", by=COORDINATOR).allowed
    last = desk.trial.log(Filter(chain="people"))[-1]
    assert (last.kind, last.outcome, last.actor.id) == ("person_added", "refused", COORDINATOR.id)
    desk.check()


# ── editions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_edition_takes_new_patients_and_leaves_the_others_where_they_are(desk: Desk) -> None:
    desk.walk("P1")
    corrected = toy(edition=2, summary="Corrected.")
    desk.trial.install(corrected, by=ADMIN)
    desk.enrol("P2")
    assert [(view.version, view.edition) for view in map(desk.trial.show, ("P1", "P2"))] == [("1", 1), ("1", 2)]
    desk.counts("P1", on=day(3))
    first, second = (desk.last(id).protocol for id in ("P1", "P2"))
    assert first is not None
    assert second is not None
    assert (first.edition, first.digest) == (1, content.digest(TOY))
    assert (second.edition, second.digest) == (2, content.digest(corrected))
    assert desk.trial.definition("1").digest == content.digest(corrected)
    assert desk.trial.definition_of(desk.trial.show("P1")).digest == content.digest(TOY)
    assert desk.trial.installed() == ("1",)
    desk.check()


def test_each_patient_is_decided_by_the_edition_they_are_under(desk: Desk) -> None:
    """The second edition asks for no counts before a cycle."""
    desk.walk("P1")
    phases = tuple(
        replace(phase, cycles=tuple(replace(cycle, guards=()) for cycle in phase.cycles)) for phase in ARM.phases
    )
    desk.trial.install(toy(edition=2, arms=(replace(ARM, phases=phases),)), by=ADMIN)
    desk.walk("P2")
    first, second = (desk.trial.advance(id, by=COORDINATOR, on=day(29)) for id in ("P1", "P2"))
    assert [reason.code for reason in first.reasons] == ["counts.missing"]
    assert second.allowed
    assert [result.allowed for result in desk.trial.advance_many(["P1", "P2"], "transplant", by=INVESTIGATOR)] == [
        True,
        True,
    ]
    desk.check()


# ── in force ───────────────────────────────────────────────────────────────────────────────────────────────────────

AMENDED = date(2024, 6, 1)


def amended(**changes: Any) -> Any:
    return toy(version="2", in_force_from=AMENDED, **changes)


@pytest.mark.parametrize(
    ("on", "version"),
    [
        (AMENDED - timedelta(days=1), "1"),
        (AMENDED, "2"),
        (AMENDED + timedelta(days=1), "2"),
        (date(2020, 1, 1), "1"),
    ],
)
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_patient_is_enrolled_under_the_version_in_force_on_the_day(
    database_url: str, on: date, version: str, newest_first: bool
) -> None:
    both = (TOY, amended())
    desk = Desk(database_url, protocols=both[::-1] if newest_first else both)
    desk.trial.enroll("P1", "A", by=COORDINATOR, on=on).or_raise()
    assert desk.trial.show("P1").version == version
    desk.check()
    desk.close()


def test_before_any_was_in_force_nobody_is_enrolled_by_default(desk: Desk) -> None:
    with pytest.raises(UnknownProtocol, match="known to have been in force for arm A on 2019-12-31; the first begins"):
        desk.trial.enroll("P1", "A", by=COORDINATOR, on=date(2019, 12, 31))


def test_an_arm_may_have_a_day_of_its_own(database_url: str) -> None:
    later = AMENDED + timedelta(days=30)
    second = amended(
        arms=(replace(ARM, in_force_from=later, in_force_source=RECORD), replace(ARM, key="B", title="Arm B"))
    )
    desk = Desk(database_url, protocols=(TOY, second))
    for id, arm, on in (("P1", "A", AMENDED), ("P2", "A", later), ("P3", "B", AMENDED)):
        desk.trial.enroll(id, arm, by=COORDINATOR, on=on).or_raise()
    assert [desk.trial.show(id).version for id in ("P1", "P2", "P3")] == ["1", "2", "2"]
    with pytest.raises(UnknownProtocol, match="for arm B on 2024-05-31"):
        desk.trial.enroll("P4", "B", by=COORDINATOR, on=AMENDED - timedelta(days=1))
    with pytest.raises(UnknownArm, match="there is no arm 'C'"):
        desk.trial.enroll("P4", "C", by=COORDINATOR, on=AMENDED)
    desk.check()
    desk.close()


def test_a_version_whose_beginning_nobody_knows_is_taken_by_name(database_url: str) -> None:
    desk = Desk(database_url, protocols=(TOY, toy(version="2", in_force_from=None, in_force_source=None)))
    desk.enrol("P1")
    assert desk.trial.show("P1").version == "1"
    desk.trial.enroll("P2", "A", by=COORDINATOR, version="2").or_raise()
    assert desk.trial.show("P2").version == "2"
    desk.check()
    desk.close()


def test_an_amendment_that_came_meanwhile_takes_new_patients_in(desk: Desk) -> None:
    with desk.again() as other:
        other.install(amended(), by=ADMIN)
    desk.trial.enroll("P1", "A", by=COORDINATOR, on=AMENDED)
    assert desk.trial.show("P1").version == "2"


def test_a_patient_under_an_amendment_that_came_meanwhile_is_shown(desk: Desk) -> None:
    with desk.again() as other:
        other.install(amended(), by=ADMIN)
        other.enroll("P1", "A", by=COORDINATOR, on=AMENDED)
    assert desk.trial.show("P1").version == "2"


def test_the_newest_version_is_the_one_that_was_installed_last(desk: Desk) -> None:
    desk.trial.install(amended(), by=ADMIN)
    assert [desk.trial.definition(version).version for version in (None, "1")] == ["2", "1"]


def test_an_upgrade_installs_what_is_not_there_and_nothing_else(desk: Desk) -> None:
    assert desk.trial.upgrade(by=ADMIN, protocols=(TOY, amended())).installed == ("2",)
    assert desk.trial.upgrade(by=ADMIN, protocols=(TOY, amended())).installed == ()
    assert desk.trial.installed() == ("1", "2")


# ── content that was altered ───────────────────────────────────────────────────────────────────────────────────────


def alter(desk: Desk, data: bytes) -> None:
    with behind(desk.url) as connection:
        connection.execute(sa.update(content_table).values(content=data))


OTHER = content.write(toy(summary="Altered."))


@pytest.mark.parametrize("data", [OTHER, b"", b"{}", OTHER[:-1]])
def test_altered_content_stops_commands_by_name_and_is_a_finding(desk: Desk, data: bytes) -> None:
    desk.walk("P1")
    alter(desk, data)
    before = desk.everything()
    with desk.again() as trial:
        for ask in (
            lambda: trial.record_counts("P1", by=COORDINATOR, anc="1", platelets="50", on=day(3)),
            lambda: trial.advance("P1", by=INVESTIGATOR),
            lambda: trial.enroll("P2", "A", by=COORDINATOR, on=day(1)),
            lambda: trial.show("P1"),
            lambda: trial.due(),
            lambda: trial.definition("1"),
        ):
            with pytest.raises(ProtocolChanged, match="the content of protocol version 1, edition 1 is not what was"):
                ask()
        assert not trial.verify().sound
        assert {finding.code for finding in trial.verify().findings} == {"version"}
        assert trial.log(Filter(patient="P1"))
    assert desk.everything() == before


def test_altered_content_stops_the_patients_under_it_alone(desk: Desk) -> None:
    desk.walk("P1")
    desk.trial.install(toy(version="2"), by=ADMIN)
    with behind(desk.url) as connection:
        connection.execute(sa.update(content_table).where(content_table.c.version == "2").values(content=OTHER))
    with desk.again() as trial:
        assert trial.record_counts("P1", by=COORDINATOR, anc="1", platelets="50", on=day(3)).allowed
        with pytest.raises(ProtocolChanged, match="version 2"):
            trial.enroll("P2", "A", by=COORDINATOR, version="2")


def test_content_put_back_runs_again(desk: Desk) -> None:
    desk.walk("P1")
    alter(desk, OTHER)
    alter(desk, content.write(TOY))
    with desk.again() as trial:
        assert trial.record_counts("P1", by=COORDINATOR, anc="1", platelets="50", on=day(3)).allowed
    desk.check()


def test_a_trial_is_set_up_with_protocols_of_one_trial(database_url: str) -> None:
    with pytest.raises(InvalidProtocol, match="another of 'PLAY-2'"):
        Trial.init(database_url, by=ADMIN, protocols=(TOY, TOY2))


def test_a_trial_is_set_up_with_each_protocol_once(database_url: str) -> None:
    with pytest.raises(InvalidProtocol, match="version '1', edition 1, is given twice"):
        Trial.init(database_url, by=ADMIN, protocols=(TOY, toy(summary="Other words.")))


# ── installed by another process ───────────────────────────────────────────────────────────────────────────────────


def test_what_another_process_installs_is_known_to_a_service_that_was_there_before(desk: Desk) -> None:
    """A version, an edition, a role, an arm, a trigger: each is asked about as if the service had begun today."""
    desk.walk("P1")
    with desk.again() as other:
        assert (desk.trial.installed(), desk.trial.definition("1").protocol.edition) == (("1",), 1)
        other.install(toy(edition=2, summary="Corrected."), by=ADMIN)
        assert desk.trial.definition("1").protocol.edition == 2
        nurse = Role("nurse", "Nurse")
        permissions = (
            Permission("contact", (*BOTH, "nurse")),
            *(one for one in TOY.permissions if one.action != "contact"),
        )
        second = toy(version="2", roles=(*TOY.roles, nurse), permissions=permissions, arms=(ARM, replace(ARM, key="C")))
        other.install(second, by=ADMIN)
    assert desk.trial.installed() == ("1", "2")
    assert desk.trial.definition().digest == content.digest(second)
    assert "nurse" in desk.trial.roles()
    desk.trial.add_person("nora", "nurse", by=ADMIN)
    assert desk.trial.due(arm="C").items == ()
    assert desk.trial.patients(arm="C") == ()
    desk.check()


def test_what_is_installed_while_a_patient_enrols_is_seen_or_not_there(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two queries of one command; else they would be under what their entry says that it had not seen."""
    desk = Desk(postgresql_url)
    other, read = desk.again(), Protocols.read

    def late(protocols: Protocols, tx: Transaction) -> None:
        monkeypatch.undo()
        other.install(toy(edition=2, summary="Corrected."), by=ADMIN)
        read(protocols, tx)

    monkeypatch.setattr(Protocols, "read", late)
    desk.enrol("P1")
    assert desk.trial.show("P1").edition == 2
    desk.check()
    other.close()
    desk.close()
