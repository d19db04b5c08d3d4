"""People: who takes part in which role. An administrator's to change; every change and every refusal is an entry."""

from __future__ import annotations

import pytest

from tests.library.desk import ADMIN, COORDINATOR, INVESTIGATOR, Desk
from workflow import Actor, Filter, Trial
from workflow.errors import AlreadyExists, InvalidInput, RefusedError, UnknownPerson
from workflow.store.roster import Person


def chain(desk: Desk) -> list[tuple[str, str, str]]:
    return [(e.kind, e.outcome, e.data["id"]) for e in desk.trial.log(Filter(chain="people"))]


def test_a_new_trial_has_one_administrator(sqlite_url: str) -> None:
    with Trial.init(sqlite_url, by=Actor("root", "os", "root")) as trial:
        assert trial.people() == (Person("root", "administrator", "root", True),)
        assert trial.people_of("root") == trial.people()


def test_an_administrator_adds_people(desk: Desk) -> None:
    result = desk.trial.add_person("lena", "coordinator", by=ADMIN, login="lmeier")
    assert (result.outcome, result.person) == ("allowed", Person("lena", "coordinator", "lmeier", True))
    assert desk.trial.people_of("lmeier") == (result.person,)
    assert desk.trial.people_of("nobody") == ()
    assert chain(desk)[-1] == ("person_added", "allowed", "lena")
    desk.check()


def test_one_login_may_act_as_several_people(desk: Desk) -> None:
    for id in ("b", "a"):
        desk.trial.add_person(id, "coordinator", by=ADMIN, login="shared")
    desk.trial.add_person("c", "coordinator", by=ADMIN, login="shared")
    desk.trial.deactivate_person("c", by=ADMIN)
    assert [person.id for person in desk.trial.people_of("shared")] == ["a", "b"]


@pytest.mark.parametrize("who", [INVESTIGATOR, COORDINATOR])
def test_nobody_else_changes_who_takes_part(desk: Desk, who: Actor) -> None:
    added = desk.trial.add_person("lena", "coordinator", by=who)
    gone = desk.trial.deactivate_person("ines", by=who)
    assert [reason.code for reason in (*added.reasons, *gone.reasons)] == ["role.not_permitted"] * 2
    assert [(kind, outcome) for kind, outcome, _ in chain(desk)[-2:]] == [
        ("person_added", "refused"),
        ("person_deactivated", "refused"),
    ]
    assert "lena" not in [person.id for person in desk.trial.people()]
    desk.check()


def test_who_takes_part_is_not_added_again(desk: Desk) -> None:
    with pytest.raises(AlreadyExists, match="there is a person ines already, in the role of investigator"):
        desk.trial.add_person("ines", "coordinator", by=ADMIN)


def test_who_left_may_come_back_in_another_role(desk: Desk) -> None:
    assert desk.trial.deactivate_person("carl", by=ADMIN).allowed
    assert desk.trial.add_person("carl", "auditor", by=ADMIN).allowed
    assert Person("carl", "auditor", None, True) in desk.trial.people()
    desk.check()


def test_the_last_administrator_stays(desk: Desk) -> None:
    result = desk.trial.deactivate_person("admin", by=ADMIN)
    assert [(reason.code, reason.hard) for reason in result.reasons] == [("people.last_administrator", True)]
    desk.trial.add_person("second", "administrator", by=ADMIN)
    assert desk.trial.deactivate_person("admin", by=ADMIN).allowed
    assert not desk.trial.deactivate_person("second", by=Actor("second")).allowed
    desk.check()


@pytest.mark.parametrize("id", ["nobody", "", "x" * 99, "\udcff", "a b"])
def test_who_is_not_there_is_not_deactivated(quick_desk: Desk, id: str) -> None:
    with pytest.raises((UnknownPerson, InvalidInput)):
        quick_desk.trial.deactivate_person(id, by=ADMIN)


def test_who_left_is_not_deactivated_again(desk: Desk) -> None:
    desk.trial.deactivate_person("carl", by=ADMIN)
    with pytest.raises(UnknownPerson, match="no active person 'carl'"):
        desk.trial.deactivate_person("carl", by=ADMIN)


@pytest.mark.parametrize(
    ("id", "role", "login", "said"),
    [
        ("", "auditor", None, "not a person's id"),
        ("a b", "auditor", None, "not a person's id"),
        ("-a", "auditor", None, "not a person's id"),
        ("x" * 65, "auditor", None, "not a person's id"),
        ("lena", "boss", None, "no role 'boss'; there are: coordinator, investigator, auditor, administrator"),
        ("lena", "auditor", "a b", "not a login"),
    ],
)
def test_what_is_malformed_is_named(quick_desk: Desk, id: str, role: str, login: str | None, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        quick_desk.trial.add_person(id, role, by=ADMIN, login=login)


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    before = desk.everything()
    assert desk.trial.add_person("lena", "auditor", by=ADMIN, dry_run=True).allowed
    assert desk.trial.deactivate_person("carl", by=ADMIN, dry_run=True).allowed
    assert not desk.trial.add_person("lena", "auditor", by=INVESTIGATOR, dry_run=True).allowed
    assert desk.everything() == before


def test_the_entries_of_who_left_keep_their_name(desk: Desk) -> None:
    desk.enrol("P1")
    desk.trial.deactivate_person("carl", by=ADMIN)
    assert (desk.last().actor.id, desk.last().actor.role) == ("carl", "coordinator")
    desk.check()


def test_only_an_administrator_installs_protocols(desk: Desk) -> None:
    with pytest.raises(RefusedError, match="may not install a protocol"):
        desk.trial.install(by=INVESTIGATOR)
    assert desk.trial.install(by=ADMIN) == ()
