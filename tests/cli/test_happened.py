"""What was refused and did happen all the same: the hint, the command, and the question on a terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.regimen import Regimen, Terminal

Typing = Callable[[str], None]

STOPPED = ("record", "ae", "P-001", "--term", "VOD", "--grade", "3", "--attributed", "InO", "--on", "2022-01-15")
DOSE = ("record", "dose", "P-001", "--agent", "InO", "--on", "2022-01-16")
HELD = ("record", "dose", "P-001", "--agent", "vincristine", "--on", "2022-01-16")


@pytest.fixture
def stopped(regimen: Regimen) -> Regimen:
    """P-001, whose inotuzumab was stopped for good on the 15th, and who has been on hold since."""
    regimen.treated()
    regimen.done(*STOPPED)
    regimen.done("hold", "P-001", "--code", "infection", "--on", "2022-01-15")
    return regimen


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Typing:
    """Somebody sits at the terminal."""
    return lambda text: monkeypatch.setattr("sys.stdin", Terminal(text))


# ── in a script ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refused_dose_says_how_it_is_told_that_it_was_given(stopped: Regimen) -> None:
    refused = stopped(*DOSE, "--amount", "0.6", "--unit", "mg/m2", "--at", "08:30", "--note", "it's")
    assert (refused.code, refused.out) == (3, "")
    hint = refused.err.splitlines()[-1]
    assert hint == (
        "regimen: where it did happen: regimen record dose P-001 --agent InO --amount 0.6 --unit mg/m2 --at 08:30"
        """ --note 'it'"'"'s' --happened --reason TEXT --on 2022-01-16"""
    )


def test_what_the_hint_says_is_done_and_kept_as_a_deviation(stopped: Regimen) -> None:
    hint = stopped(*DOSE).err.splitlines()[-1].partition("regimen: where it did happen: regimen ")[2]
    told = stopped.done(*hint.replace("TEXT", "already-hung").split())
    assert told.out == "P-001 dose of 2022-01-16 recorded (entry 9), against the rules: after_stopped, while_held\n"
    assert told.err.splitlines() == [
        "regimen: deviated: 2 reasons against it, kept with it",
        "  Inotuzumab ozogamicin was stopped for good on 2022-01-15 [dose.discontinued]",
        "  on hold since 2022-01-15 (infection) [hold.open]",
    ]
    entry = stopped.json("audit", "log", "--outcome", "deviated")["items"][0]
    assert (entry["mode"], entry["deviations"]) == ("happened", ["after_stopped", "while_held"])
    shown = stopped.done("audit", "log", "--last", 1).out
    assert "P-001 9  2022-01-16  dose  deviated" in shown
    assert "    deviation: after_stopped, while_held\n    reason: already-hung\n    against it: Inotuzumab" in shown
    agents = stopped.json("show", "P-001")["patient"]["standing"]["agents"]
    assert next((a["state"], a["doses"]) for a in agents if a["key"] == "inotuzumab") == ("discontinued", 1)


def test_it_needs_a_reason_and_nothing_contradicts_it(stopped: Regimen) -> None:
    future = (*DOSE[:-1], "2199-01-01", "--reason", "x")
    for told, said in ((DOSE, "happened.reason"), (future, "dates.future")):
        refused = stopped(*told, "--happened")
        assert (refused.code, said in refused.err) == (3, True)
        assert "where it did happen" not in refused.err


def test_a_dry_run_is_a_question_and_has_no_such_hint(stopped: Regimen) -> None:
    refused = stopped(*DOSE, "--dry-run")
    assert (refused.code, "where it did happen" in refused.err) == (3, False)


def test_a_step_that_happened_is_told_by_whom_the_protocol_lets(regimen: Regimen) -> None:
    regimen.treated()
    asked = ("advance", "P-001", "--on", "2022-01-20")
    assert "where it did happen" not in regimen(*asked).err  # a coordinator may not say so
    assert "may not say that a step happened all the same" in regimen(*asked, "--happened", "--reason", "x").err
    hint = regimen(*asked, "--as", "ivan").err.splitlines()[-1]
    typed = "regimen advance P-001 --happened --reason TEXT --on 2022-01-20 --as ivan"
    assert hint == f"regimen: where it did happen: {typed}"
    told = regimen.done(*typed.replace("TEXT", "elsewhere").split()[1:])
    assert "(start_cycle, entry 9, deviated, " in told.out
    assert regimen.json("show", "P-001", "--on", "2022-01-20")["patient"]["state"] == "treatment.consolidation.2"
    assert regimen.json("audit", "verify")["sound"]


def test_who_may_say_so_in_another_of_their_roles_is_told_which(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("people", "add", "carol", "--role", "investigator", "--as", "root")
    asked = ("advance", "P-001", "--on", "2022-01-20")
    assert regimen(*asked).err.splitlines()[-1].endswith("--on 2022-01-20 --role investigator")
    told = regimen.done(*asked, "--happened", "--reason", "elsewhere")  # the role that may is taken by itself, too
    assert told.out.endswith(", as investigator\n")


def test_a_script_is_never_asked(stopped: Regimen, monkeypatch: pytest.MonkeyPatch, typing: Typing) -> None:
    typing("P-001\nbecause\n")
    assert stopped(*DOSE).code == 3  # stderr is no terminal
    assert stopped(*DOSE, "--json", terminal=True).json["outcome"] == "refused"
    monkeypatch.setattr("sys.stdin", None)
    assert stopped(*DOSE, terminal=True).code == 3


# ── on a terminal ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_where_all_can_be_overridden_a_yes_is_enough(stopped: Regimen, typing: Typing) -> None:
    typing("y\nthe pump ran already\n")
    ran = stopped(*HELD, terminal=True)
    assert ran.code == 0
    assert "was it given all the same? [y/N] why, in words: " in ran.err
    assert "P-001 dose of 2022-01-16 recorded (entry 9), against the rules: " in ran.out
    entry = stopped.json("audit", "log", "--last", 1)["items"][0]
    assert (entry["outcome"], entry["texts"]) == ("deviated", {"reason": "the pump ran already"})


@pytest.mark.parametrize("typed", ["p-001\nalready hung\n", "P-001\nalready hung\n"])
def test_where_something_cannot_be_overridden_the_id_is_typed_back(
    stopped: Regimen, typed: str, typing: Typing
) -> None:
    typing(typed)
    ran = stopped(*DOSE, terminal=True)
    assert ran.code == 0
    assert "was it given all the same? then type the patient's id, P-001: why, in words: " in ran.err


@pytest.mark.parametrize(
    ("command", "typed"),
    [(HELD, "n\n"), (HELD, "\n"), (HELD, ""), (HELD, "y\n\n"), (DOSE, "y\nwhy\n"), (DOSE, "P-002\nwhy\n"), (DOSE, "")],
)
def test_any_other_answer_leaves_it_refused(
    stopped: Regimen, command: tuple[str, ...], typed: str, typing: Typing
) -> None:
    typing(typed)
    ran = stopped(*command, terminal=True)
    assert (ran.code, ran.out) == (3, "")
    assert [e["outcome"] for e in stopped.json("audit", "log", "--patient", "P-001", "--last", 1)["items"]] == [
        "refused"
    ]


def test_what_contradicts_something_is_not_asked(stopped: Regimen, typing: Typing) -> None:
    typing("P-001\nwhy\n")
    ran = stopped("record", "dose", "P-001", "--agent", "InO", "--on", "2199-01-01", terminal=True)
    assert (ran.code, "all the same" in ran.err) == (3, False)
