"""Who acts: the kernel's user, as one of the people that an administrator tied to that login."""

from __future__ import annotations

import os

import pytest

from tests.cli.regimen import Regimen
from workflow.cli import call
from workflow.cli.call import login


def actors(regimen: Regimen, patient: str) -> list[dict[str, str]]:
    return [entry["actor"] for entry in regimen.json("audit", "log", "--patient", patient)["items"]]


def test_the_login_is_the_kernels_and_not_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "LOGNAME", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "mallory")
    pwd = pytest.importorskip("pwd")
    assert login() == pwd.getpwuid(os.geteuid()).pw_name != "mallory"


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 987654)
    assert login() == "uid987654"


def test_the_only_person_of_a_login_acts(bare: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    bare.done("init", "--administrator", "root")
    bare.done("people", "add", "carol", "--role", "coordinator", "--login", "cx")
    monkeypatch.setattr(call, "login", lambda: "cx")
    bare.enrolled()
    assert actors(bare, "P-001") == [{"id": "carol", "role": "coordinator", "assurance": "os", "via": "cx"}]
    bare.done("hold", "P-001", "--code", "other", "--as", "carol")


def test_of_several_people_one_has_to_be_named(regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REGIMEN_AS")
    asked = regimen("enroll", "P-001", "--arm", "I")
    assert (asked.code, asked.complaint) == (
        2,
        f"regimen: the login {login()} acts for several people: carol, ivan, root (choose one with --as or REGIMEN_AS)",
    )
    regimen.done("enroll", "P-001", "--arm", "I", "--as", "ivan")
    assert actors(regimen, "P-001") == [
        {"id": "ivan", "role": "investigator", "assurance": "os-shared", "via": login()}
    ]


@pytest.mark.parametrize("before", [True, False])
def test_as_and_the_database_stand_before_the_command_or_after_it(regimen: Regimen, before: bool) -> None:
    (regimen.folder / "regimen.db").rename(regimen.folder / "other.db")
    options = ("--as", "ivan", "--database-url", "other.db")
    command = ("enroll", "P-001", "--arm", "I")
    regimen.done(*((*options, *command) if before else (*command, *options)))
    shown = regimen.json("audit", "log", "--patient", "P-001", "--database-url", "other.db")
    assert shown["items"][0]["actor"]["id"] == "ivan"


def test_what_stands_after_the_command_has_precedence(regimen: Regimen) -> None:
    regimen.done("--as", "nobody", "--database-url", "none.db", "enroll", "P-001", "--arm", "I", "--as", "ivan",
                 "--database-url", "regimen.db")  # fmt: skip


def test_the_environment_comes_after_what_is_typed(regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGIMEN_DATABASE_URL", "none.db")
    assert regimen("show").complaint.startswith("regimen: there is no database at none.db")
    regimen.done("--database-url", "regimen.db", "show")
    monkeypatch.setenv("REGIMEN_DATABASE_URL", "")
    regimen.done("show")


def test_nobody_acts_as_somebody_of_another_login(regimen: Regimen) -> None:
    regimen.done("people", "add", "bob", "--role", "coordinator", "--login", "bx", "--as", "root")
    for name in ("bob", "nobody"):
        asked = regimen("enroll", "P-001", "--arm", "I", "--as", name)
        assert (asked.code, asked.complaint) == (
            4,
            f"regimen: the login {login()} does not act as '{name}' (it acts as carol or ivan or root)",
        )


def test_a_stranger_is_told_how_they_are_added(regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call, "login", lambda: "dora")
    monkeypatch.delenv("REGIMEN_AS")
    asked = regimen("enroll", "P-001", "--arm", "I")
    assert (asked.code, asked.complaint) == (
        4,
        "regimen: no active person is tied to the login dora (an administrator adds one:"
        " regimen people add NAME --role ROLE --login dora;"
        " ROLE is one of coordinator, investigator, auditor, administrator)",
    )


def test_looking_needs_no_person(regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    regimen.enrolled()
    monkeypatch.setattr(call, "login", lambda: "dora")
    monkeypatch.delenv("REGIMEN_AS")
    for command in ("next P-001", "show P-001", "show", "due", "audit log", "audit verify", "people list", "db check"):
        regimen.done(*command.split())


def test_next_looks_with_the_eyes_of_who_would_act(regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    regimen.treated()

    def relapse(*more: str) -> bool:
        choices = regimen.json("next", "P-001", "--on", "2022-01-20", *more)["choices"]
        return bool(next(choice["open"] for choice in choices if choice["trigger"] == "relapse"))

    assert not relapse()  # the coordinator's, by REGIMEN_AS
    assert relapse("--as", "ivan")
    monkeypatch.delenv("REGIMEN_AS")
    assert relapse()  # nobody's in particular


def test_people_come_and_go(regimen: Regimen) -> None:
    added = regimen.done("people", "add", "ada", "--role", "auditor", "--as", "root")
    assert added.out == "ada is an auditor now\n"
    assert added.err == "regimen: no login acts as ada; to use this command they need one (--login)\n"
    assert regimen.done("people", "deactivate", "ada", "--as", "root").out == "ada takes no part any more\n"
    assert regimen.done("people", "list").out.splitlines()[1].split() == ["ada", "auditor", "-", "-", "-", "no"]
    assert regimen.json("people", "list")["items"][0] == {
        "id": "ada",
        "role": "auditor",
        "login": None,
        "active": False,
        "since": None,
        "until": None,
    }


def test_only_an_administrator_says_who_takes_part(regimen: Regimen) -> None:
    refused = regimen("people", "add", "bob", "--role", "auditor")
    assert (refused.code, refused.out) == (3, "")
    assert refused.complaint == (
        "regimen: refused: people add bob: a person in the role of coordinator may not change who takes part"
        " [role.not_permitted]; lifted by: ask a person in the role of administrator"
    )
    last = regimen("people", "deactivate", "root", "--as", "root")
    assert (last.code, "people.last_administrator" in last.complaint) == (3, True)


def test_a_dry_run_adds_nobody(regimen: Regimen) -> None:
    dry = regimen.done("people", "add", "bob", "--role", "auditor", "--login", "bx", "--as", "root", "--dry-run")
    assert dry.err == "regimen: dry run, nothing was written\n"
    assert "bob" not in regimen.done("people", "list").out


def test_init_makes_the_login_its_first_administrator(bare: Regimen) -> None:
    dry = bare.done("init", "--dry-run", "--zone", "Asia/Tokyo")
    assert list(bare.folder.iterdir()) == []
    assert "could be set up" in dry.out
    done = bare.done("init")
    assert (
        done.out.splitlines()[0]
        == f"regimen.db is set up: protocol versions 2017-03, 2025-12-18; administrator {login()}"
    )
    assert done.err.splitlines()[1:] == [
        f"  regimen people add NAME --role {role} --login USER" for role in ("coordinator", "investigator", "auditor")
    ]
    assert bare.json("people", "list")["items"] == [
        {
            "id": login(),
            "role": "administrator",
            "login": login(),
            "active": True,
            "since": None,
            "until": None,
        }
    ]
    assert bare("init", "--dry-run").code == 5


def test_init_with_a_name_that_is_none_makes_nothing(bare: Regimen) -> None:
    for more in ((), ("--dry-run",)):
        ran = bare("init", "--administrator", "a b", *more)
        assert (ran.code, "not a person's id" in ran.complaint) == (2, True)
    assert list(bare.folder.iterdir()) == []


# ── several roles ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def both(regimen: Regimen) -> Regimen:
    """P-001 is treated, and Carol is an investigator too."""
    regimen.treated()
    ran = regimen.done("people", "add", "carol", "--role", "investigator", "--as", "root")
    assert (ran.out, ran.err) == ("carol is an investigator now\n", "")  # her login acts as her already
    return regimen


def test_whoever_has_several_roles_acts_in_the_first_that_may(both: Regimen) -> None:
    recorded = both.done("hold", "P-001", "--code", "other", "--on", "2022-01-11")
    assert recorded.out == "P-001 is on hold from 2022-01-11 (entry 6), as coordinator\n"
    stop = ("advance", "P-001", "stop_treatment", "--code", "patient_decision", "--on", "2022-01-20")
    assert both.done(*stop).out.endswith(", as investigator\n")
    assert both.json("resume", "P-001", "--on", "2022-01-20")["role"] == "coordinator"


def test_an_override_is_asked_for_in_the_role_that_may(both: Regimen) -> None:
    asked = ("advance", "P-001", "--on", "2022-02-01", "--override", "--reason", "recovering")
    assert "as coordinator" in both(*asked, "--role", "coordinator").err
    assert both.json(*asked)["role"] == "investigator"


def test_the_role_can_be_said(both: Regimen) -> None:
    asked = ("hold", "P-001", "--code", "other", "--on", "2022-01-20")
    assert both.json("--role", "investigator", *asked, "--dry-run")["role"] == "investigator"
    assert both.json(*asked, "--role", "investigator")["role"] == "investigator"
    none = both("resume", "P-001", "--role", "administrator")
    assert (none.code, none.complaint) == (
        4,
        "regimen: carol is no 'administrator' today (they are: coordinator, investigator)",
    )


def test_next_looks_with_the_eyes_of_all_roles(both: Regimen) -> None:
    choices = both.json("next", "P-001", "--on", "2022-01-20")["choices"]
    assert {choice["trigger"] for choice in choices if choice["open"]} > {"relapse", "withdraw"}
    alone = both.json("next", "P-001", "--on", "2022-01-20", "--role", "coordinator")["choices"]
    assert not next(choice["open"] for choice in alone if choice["trigger"] == "relapse")


def test_a_role_is_taken_back_alone_or_with_all_others(both: Regimen) -> None:
    one = both.done("people", "deactivate", "carol", "--role", "investigator", "--as", "root")
    assert one.out == "carol takes no part as investigator any more\n"
    roles = {one["role"]: one["active"] for one in both.json("people", "list")["items"] if one["id"] == "carol"}
    assert roles == {"coordinator": True, "investigator": False}
    both.done("people", "add", "carol", "--role", "investigator", "--as", "root")
    gone = both.json("people", "deactivate", "carol", "--as", "root")
    assert [gone["person"]["role"], *(one["person"]["role"] for one in gone["also"])] == ["coordinator", "investigator"]


def test_an_auditor_has_no_other_role(regimen: Regimen) -> None:
    refused = regimen("people", "add", "carol", "--role", "auditor", "--as", "root")
    assert (refused.code, "people.auditor_alone" in refused.complaint) == (3, True)


def test_a_role_is_somebodys_for_its_days(regimen: Regimen) -> None:
    days = ("--from", "2022-01-01", "--until", "2022-12-31")
    added = regimen.done("people", "add", "dora", "--role", "coordinator", "--login", login(), *days, "--as", "root")
    assert added.out == "dora is a coordinator now from 2022-01-01 until 2022-12-31\n"
    (listed,) = (line for line in regimen.done("people", "list").out.splitlines() if line.startswith("dora"))
    assert listed.split() == ["dora", "coordinator", "2022-01-01", "2022-12-31", login(), "yes"]
    late = regimen("enroll", "P-001", "--arm", "I", "--as", "dora")
    assert (late.code, late.complaint.startswith("regimen: no role is dora's on 20")) == (4, True)


def test_a_person_is_known_whatever_the_case(regimen: Regimen) -> None:
    assert regimen.json("enroll", "P-001", "--arm", "II", "--as", "CAROL")["role"] == "coordinator"
    assert actors(regimen, "p-001")[0]["id"] == "carol"


def test_who_may_act_on_a_day(regimen: Regimen) -> None:
    days = ("--from", "2022-02-01", "--until", "2022-02-28")
    regimen.done("people", "add", "lena", "--role", "coordinator", *days, "--as", "root")
    assert "lena    coordinator    2022-02-01  2022-02-28" in regimen.done("people", "list", "--on", "2022-02-28").out
    assert "lena" not in regimen.done("people", "list", "--on", "2022-03-01").out
    assert "lena" in regimen.done("people", "list").out
    assert {one["id"] for one in regimen.json("people", "list", "--on", "2022-02-01")["items"]} >= {"lena", "carol"}


def test_a_role_whose_days_are_over_and_one_that_is_there_already_are_said(regimen: Regimen) -> None:
    ran = regimen.done("people", "add", "nora", "--role", "coordinator", "--until", "2020-12-31", "--as", "root")
    assert "2020-12-31 is past: the role is theirs no more" in ran.err
    again = regimen("people", "add", "carol", "--role", "coordinator", "--login", "carol", "--as", "root")
    assert (again.code, "deactivate, and add them again" in again.complaint) == (5, True)


def test_who_may_act_on_a_day_says_by_what(regimen: Regimen) -> None:
    assert "by what stands now" in regimen.done("people", "list", "--on", "2022-01-01").err
