"""People: who takes part in which role. An administrator's to change; every change and every refusal is an entry."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tests.library.desk import ADMIN, COORDINATOR, INVESTIGATOR, Desk, day
from tests.toy import TOY
from workflow import Actor, Filter, Trial
from workflow.desk.trial import Upgraded
from workflow.errors import AlreadyExists, InvalidInput, RefusedError, UnknownPerson
from workflow.ledger.people import Person
from workflow.protocol.model import Protocol


def chain(desk: Desk) -> list[tuple[str, str | None, object]]:
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


def test_nobody_is_given_a_role_that_they_have(desk: Desk) -> None:
    for id in ("ines", "INES"):
        with pytest.raises(AlreadyExists, match="there is a person ines already, in the role of investigator"):
            desk.trial.add_person(id, "investigator", by=ADMIN)


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
    second = replace(TOY, version="2")
    before = desk.everything()
    for install in (lambda: desk.trial.install(second, by=INVESTIGATOR), lambda: upgrade(desk, second, INVESTIGATOR)):
        with pytest.raises(RefusedError, match="may not install a protocol"):
            install()
    assert desk.everything() == before
    assert upgrade(desk, second, ADMIN).installed == ("2",)


def upgrade(desk: Desk, shipped: Protocol, by: Actor) -> Upgraded:
    return desk.trial.upgrade(by=by, protocols=[shipped])


# ── several roles ──────────────────────────────────────────────────────────────────────────────────────────────────

BOTH = Actor("both")
ASKED: dict[str, Any] = {"on": day(3), "anc": "2", "platelets": "100"}


def add(desk: Desk, *roles: str, id: str = "both", **more: Any) -> None:
    for role in roles:
        assert desk.trial.add_person(id, role, by=ADMIN, **more).allowed


def acts(desk: Desk, by: Actor = BOTH) -> str:
    """The role in which counts, which every role but those of the program may record, are recorded."""
    result = desk.trial.record_counts("P1", by=by, **ASKED)
    assert desk.last().actor.role == result.role
    return result.role


@pytest.mark.parametrize("roles", [("coordinator", "investigator"), ("investigator", "coordinator")])
def test_where_several_roles_may_the_first_given_acts(desk: Desk, roles: tuple[str, str]) -> None:
    desk.walk()
    add(desk, *roles)
    assert [person.role for person in desk.trial.people() if person.id == "both"] == list(roles)
    assert acts(desk) == roles[0]
    desk.check()


def test_where_one_role_may_it_acts_wherever_it_stands(desk: Desk) -> None:
    desk.walk()
    add(desk, "administrator", "coordinator", "investigator")
    assert acts(desk) == "coordinator"
    assert desk.trial.advance("P1", "transplant", by=BOTH, on=day(5)).role == "investigator"
    assert desk.trial.add_person("lena", "coordinator", by=BOTH).allowed
    desk.check()


def test_where_none_may_the_refusal_stands_under_the_first(desk: Desk) -> None:
    desk.walk()
    add(desk, "administrator", id="boss")
    result = desk.trial.record_counts("P1", by=Actor("boss"), **ASKED)
    assert (result.outcome, result.role) == ("refused", "administrator")
    desk.check()


def test_where_none_may_the_refusal_stands_under_the_first_of_several(desk: Desk) -> None:
    desk.walk()
    add(desk, "administrator", "coordinator", id="boss")
    result = desk.trial.advance("P1", "transplant", by=Actor("boss"), on=day(5))
    assert (result.outcome, result.role) == ("refused", "administrator")


def test_what_needs_two_permissions_is_done_in_a_role_that_has_both(desk: Desk) -> None:
    desk.walk()
    add(desk, "coordinator", "investigator")
    asked = {"on": day(20), "override": True, "reason": "the counts are good"}
    result = desk.trial.advance("P1", by=BOTH, **asked)
    assert (result.outcome, result.role) == ("overridden", "investigator")


def test_where_no_role_has_both_the_refusal_stands_under_one_that_may_do_the_first(desk: Desk) -> None:
    desk.walk()
    add(desk, "administrator", "coordinator", id="boss")
    result = desk.trial.advance("P1", by=Actor("boss"), on=day(29), override=True, reason="it has to be")
    assert (result.outcome, result.role) == ("refused", "coordinator")


def test_the_role_that_is_meant_can_be_said(desk: Desk) -> None:
    desk.walk()
    add(desk, "coordinator", "investigator")
    assert acts(desk, Actor("both", role="investigator")) == "investigator"
    result = desk.trial.advance("P1", "transplant", by=Actor("both", role="coordinator"), on=day(5))
    assert ([reason.code for reason in result.reasons], result.role) == (["role.not_permitted"], "coordinator")
    desk.check()


@pytest.mark.parametrize("role", ["boss", "auditor", "administrator", "Investigator", ""])
def test_a_role_that_is_not_theirs_is_named(desk: Desk, role: str) -> None:
    desk.walk()
    add(desk, "coordinator", "investigator")
    before = desk.everything()
    with pytest.raises(UnknownPerson, match=f"both is no '{role}' today") as error:
        desk.trial.record_counts("P1", by=Actor("both", role=role), **ASKED)
    assert error.value.hint == "they are: coordinator, investigator"
    assert desk.everything() == before


def test_a_person_is_known_in_any_case_and_shown_as_first_typed(desk: Desk) -> None:
    desk.walk()
    add(desk, "coordinator", id="Lena")
    add(desk, "investigator", id="LENA")
    assert [person.id for person in desk.trial.people() if person.id.casefold() == "lena"] == ["Lena", "Lena"]
    desk.trial.record_counts("P1", by=Actor("lENA"), **ASKED).or_raise()
    assert desk.last().actor.id == "Lena"
    assert desk.trial.deactivate_person("lena", by=ADMIN).person.id == "Lena"
    desk.check()


# ── an auditor is nothing else ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("other", ["coordinator", "investigator", "administrator"])
@pytest.mark.parametrize("auditor_first", [True, False])
def test_an_auditor_has_no_other_role_whichever_came_first(desk: Desk, other: str, auditor_first: bool) -> None:
    first, second = ("auditor", other) if auditor_first else (other, "auditor")
    add(desk, first)
    result = desk.trial.add_person("both", second, by=ADMIN)
    assert [(reason.code, reason.strength) for reason in result.reasons] == [("people.auditor_alone", "never")]
    assert chain(desk)[-1] == ("person_added", "refused", "both")
    assert [person.role for person in desk.trial.people() if person.id == "both"] == [first]
    desk.check()


def test_who_is_auditor_no_more_may_have_another_role(desk: Desk) -> None:
    add(desk, "auditor")
    desk.trial.deactivate_person("both", by=ADMIN)
    add(desk, "coordinator")
    assert not desk.trial.add_person("both", "auditor", by=ADMIN).allowed
    desk.trial.deactivate_person("both", by=ADMIN, role="coordinator")
    add(desk, "auditor")
    desk.check()


# ── days of delegation ─────────────────────────────────────────────────────────────────────────────────────────────

TODAY = date(2025, 6, 15)  # the desk's


@pytest.mark.parametrize(
    ("since", "until", "theirs"),
    [(0, None, True), (1, None, False), (None, 0, True), (None, -1, False), (0, 0, True), (-9, 9, True)],
)
def test_a_role_is_theirs_on_the_days_of_delegation_both_included(
    desk: Desk, since: int | None, until: int | None, theirs: bool
) -> None:
    desk.walk()
    first, last = (TODAY + timedelta(days=n) if n is not None else None for n in (since, until))
    add(desk, "coordinator", since=first, until=last)
    (person,) = (person for person in desk.trial.people() if person.id == "both")
    assert (person.since, person.until) == (first, last)
    if theirs:
        assert acts(desk) == "coordinator"
    else:
        with pytest.raises(UnknownPerson, match="no role is both's on 2025-06-15"):
            acts(desk)
    desk.check()


def test_it_is_the_day_of_asking_that_counts_and_not_the_day_it_is_about(desk: Desk) -> None:
    desk.walk()
    add(desk, "coordinator", since=TODAY)
    assert ASKED["on"] < TODAY
    assert acts(desk) == "coordinator"


def test_a_role_whose_days_are_over_gives_way_to_another(desk: Desk) -> None:
    desk.walk()
    add(desk, "coordinator", until=TODAY)
    add(desk, "investigator")
    assert acts(desk) == "coordinator"
    desk.clock.now += timedelta(days=1)
    assert acts(desk) == "investigator"
    desk.check()


def test_a_delegation_ends_after_it_begins(quick_desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="until 2025-06-14 is before 2025-06-15"):
        quick_desk.trial.add_person("lena", "coordinator", by=ADMIN, since=TODAY, until=TODAY - timedelta(days=1))


# ── deactivated in one role, or in all ─────────────────────────────────────────────────────────────────────────────


def test_one_role_is_ended_and_the_others_stay(desk: Desk) -> None:
    desk.walk()
    add(desk, "coordinator", "investigator")
    result = desk.trial.deactivate_person("both", by=ADMIN, role="coordinator")
    assert (result.person.role, result.person.active, result.also) == ("coordinator", False, ())
    assert acts(desk) == "investigator"
    desk.check()


def test_all_roles_are_ended_each_by_an_entry(desk: Desk) -> None:
    desk.walk()
    add(desk, "coordinator", "investigator")
    result = desk.trial.deactivate_person("both", by=ADMIN)
    assert [one.person.role for one in (result, *result.also)] == ["coordinator", "investigator"]
    assert chain(desk)[-2:] == [("person_deactivated", "allowed", "both")] * 2
    with pytest.raises(UnknownPerson, match="both is no longer active"):
        acts(desk)
    desk.check()


def test_a_role_that_they_do_not_have_is_not_ended(desk: Desk) -> None:
    add(desk, "coordinator")
    with pytest.raises(UnknownPerson, match="no active person 'both' in the role of 'investigator'"):
        desk.trial.deactivate_person("both", by=ADMIN, role="investigator")


def test_who_comes_back_in_a_role_has_it_in_its_old_place(desk: Desk) -> None:
    desk.walk()
    add(desk, "coordinator", "investigator")
    desk.trial.deactivate_person("both", by=ADMIN, role="coordinator")
    add(desk, "coordinator")
    assert acts(desk) == "coordinator"
    desk.check()


@pytest.mark.parametrize("days", [{"until": TODAY}, {"until": TODAY + timedelta(days=9)}, {"since": date(2025, 6, 16)}])
def test_an_administrator_for_a_time_is_no_reason_to_let_the_last_one_go(desk: Desk, days: dict[str, date]) -> None:
    add(desk, "administrator", id="deputy", **days)
    assert [reason.code for reason in desk.trial.deactivate_person("admin", by=ADMIN).reasons] == [
        "people.last_administrator"
    ]


def test_the_last_administrator_keeps_that_role_and_may_lose_others(desk: Desk) -> None:
    add(desk, "coordinator", id="admin")
    for role in (None, "administrator"):
        refused = desk.trial.deactivate_person("admin", by=ADMIN, role=role)
        assert [reason.code for reason in refused.reasons] == ["people.last_administrator"]
    assert desk.trial.deactivate_person("admin", by=ADMIN, role="coordinator").allowed
    assert [person.role for person in desk.trial.people() if person.active and person.id == "admin"] == [
        "administrator"
    ]
    desk.check()


def test_who_may_act_on_a_day_is_told_by_the_days_of_their_roles(desk: Desk) -> None:
    days = {"since": date(2024, 2, 1), "until": date(2024, 2, 29)}
    desk.trial.add_person("lena", "coordinator", by=ADMIN, **days)  # type: ignore[arg-type]
    desk.trial.add_person("lena", "investigator", by=ADMIN, since=date(2024, 2, 29))
    desk.trial.add_person("mia", "auditor", by=ADMIN, until=date(2024, 1, 31))

    def theirs(id: str, on: date) -> list[str]:
        return [one.role for one in desk.trial.people(on=on) if one.id == id]

    assert theirs("lena", date(2024, 1, 31)) == []
    assert theirs("lena", date(2024, 2, 1)) == ["coordinator"]
    assert theirs("lena", date(2024, 2, 29)) == ["coordinator", "investigator"]
    assert theirs("lena", date(2024, 3, 1)) == ["investigator"]
    assert (theirs("mia", date(2024, 1, 31)), theirs("mia", date(2024, 2, 1))) == (["auditor"], [])
    assert theirs("carl", date(1999, 1, 1)) == ["coordinator"]
    desk.trial.deactivate_person("lena", by=ADMIN)
    assert theirs("lena", date(2024, 2, 29)) == []
    assert len([one for one in desk.trial.people() if one.id == "lena"]) == 2


def test_whether_a_login_is_shared_is_said_by_the_people_and_not_by_the_caller(desk: Desk) -> None:
    desk.enrol("P1")
    desk.trial.add_person("ward1", "coordinator", by=ADMIN, login="ward")
    for said in ("os", "os-shared", "service"):
        desk.trial.record_consent("P1", by=Actor("ward1", said, "ward"), on=day(-3))
    desk.trial.add_person("ward2", "coordinator", by=ADMIN, login="ward")
    for said in ("os", "os-shared"):
        desk.trial.record_consent("P1", by=Actor("ward1", said, "ward"), on=day(-3))
    desk.trial.deactivate_person("ward2", by=ADMIN)
    desk.trial.record_consent("P1", by=Actor("ward1", "os-shared", "ward"), on=day(-3))
    kept = [entry.actor.assurance for entry in desk.entries("P1")[1:]]
    assert kept == ["os", "os", "service", "os-shared", "os-shared", "os"]
    desk.check()
