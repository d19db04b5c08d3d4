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
        " regimen people add dora --role coordinator --login dora)",
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
    assert regimen.done("people", "list").out.splitlines()[1].split() == ["ada", "auditor", "-", "no"]
    assert regimen.json("people", "list")["items"][0] == {
        "id": "ada",
        "role": "auditor",
        "login": None,
        "active": False,
    }


def test_only_an_administrator_says_who_takes_part(regimen: Regimen) -> None:
    refused = regimen("people", "add", "bob", "--role", "auditor")
    assert (refused.code, refused.out) == (3, "")
    assert refused.complaint == (
        "regimen: refused: people add bob: a person in the role of coordinator may not change who takes part"
        " [role.not_permitted]; lifted by: ask an administrator"
    )
    last = regimen("people", "deactivate", "root", "--as", "root")
    assert (last.code, "people.last_administrator" in last.complaint) == (3, True)


def test_a_dry_run_adds_nobody(regimen: Regimen) -> None:
    dry = regimen.done("people", "add", "bob", "--role", "auditor", "--login", "bx", "--as", "root", "--dry-run")
    assert dry.err == "regimen: dry run, nothing was written\n"
    assert "bob" not in regimen.done("people", "list").out


def test_init_makes_the_login_its_first_administrator(bare: Regimen) -> None:
    dry = bare.done("init", "--dry-run")
    assert list(bare.folder.iterdir()) == []
    assert "could be set up" in dry.out
    done = bare.done("init")
    assert done.out == f"regimen.db is set up: protocol versions 2017-03, 2025-12-18; administrator {login()}\n"
    assert "regimen people add NAME --role coordinator --login USER" in done.err
    assert bare.json("people", "list")["items"] == [
        {"id": login(), "role": "administrator", "login": login(), "active": True}
    ]
    assert bare("init", "--dry-run").code == 5


def test_init_with_a_name_that_is_none_makes_nothing(bare: Regimen) -> None:
    for more in ((), ("--dry-run",)):
        ran = bare("init", "--administrator", "a b", *more)
        assert (ran.code, "not a person's id" in ran.complaint) == (2, True)
    assert list(bare.folder.iterdir()) == []
