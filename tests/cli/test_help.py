"""Help, completion, the words they show, and the reference that is made of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import click
import pytest

from tests.cli.regimen import COORDINATOR, Regimen
from tests.toy2 import TOY2
from workflow import Actor, Trial, trials
from workflow.cli import words
from workflow.cli.call import Call
from workflow.cli.commands.audit import log
from workflow.cli.lazy import LazyGroup
from workflow.cli.root import SECTIONS
from workflow.cli.root import regimen as root
from workflow.engine.decision import Outcome
from workflow.protocol.model import Protocol
from workflow.protocol.table import table


def commands(group: click.Group = root, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with its path, the groups too."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


ALL = dict(commands())


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_help(bare: Regimen, path: tuple[str, ...]) -> None:
    out = bare.done(*path, "--help").out
    assert out.startswith(f"Usage: regimen {' '.join(path)} ")
    assert bare.done(*path, "-h").out == out


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_says_what_it_is_for(path: tuple[str, ...]) -> None:
    for parameter in ALL[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


@pytest.mark.parametrize(
    "path", [path for path, command in ALL.items() if not isinstance(command, click.Group)], ids=" ".join
)
def test_every_command_answers_in_json(path: tuple[str, ...]) -> None:
    assert "json" in {parameter.name for parameter in ALL[path].params}


def test_the_list_says_of_a_command_what_the_command_says_of_itself() -> None:
    for path, command in {(): root, **ALL}.items():
        if isinstance(command, LazyGroup):
            for name, lazy in command.known.items():
                help = ALL[*path, name].help
                assert help is not None
                assert help.partition("\n\n")[0].replace("\n", " ") == lazy.help


def test_every_group_imports_its_commands_when_they_are_used() -> None:
    assert all(isinstance(command, LazyGroup) for command in ALL.values() if isinstance(command, click.Group))


def test_the_environment_and_the_defaults_are_in_the_help(bare: Regimen) -> None:
    out = " ".join(bare.done("show", "--help").out.split())
    assert "[env var: REGIMEN_DATABASE_URL; default: regimen.db]" in out
    assert "[env var: REGIMEN_AS]" in " ".join(bare.done("advance", "--help").out.split())
    assert "[default: today]" in " ".join(bare.done("advance", "--help").out.split())


def test_the_commands_are_listed_by_who_uses_them(bare: Regimen) -> None:
    out = bare.done("--help").out
    places = [out.index(f"{heading}:\n") for heading in SECTIONS]
    assert all(a < b for a, b in pairwise(places))


# ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_words_of_the_log_are_those_of_the_rooms_they_are_from() -> None:
    assert tuple(outcome.value for outcome in Outcome) == log.OUTCOMES


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_help_has_no_word_of_one_trial(bare: Regimen, path: tuple[str, ...]) -> None:
    there = set(re.findall(r"[\w.-]+", bare.done(*path, "--help").out.partition("\n")[2]))
    assert not there & {word for version in trials.shipped() for word in of_the_trial(version)}


def of_the_trial(protocol: Protocol) -> Iterator[str]:
    """Whatever is named by the protocol and by nothing before it, but for words of everyday language."""
    yield from (protocol.trial, protocol.version)
    yield from (arm.key for arm in protocol.arms)
    yield from (role.key for role in protocol.roles)
    yield from (criterion.id for criterion in protocol.criteria)
    yield from (response.key for response in protocol.responses)
    yield from (agent.key for agent in protocol.agents)
    for arm in protocol.arms:
        yield from (place.name for place in table(arm).places if place.name not in EVERYDAY)
        yield from (row.trigger for row in table(arm).transitions if row.trigger not in EVERYDAY)


EVERYDAY = {"enrolled", "screening", "visit", "register"}


# ── completion ─────────────────────────────────────────────────────────────────────────────────────────────────────


def completed(regimen: Regimen, line: str, **environment: str) -> list[str]:
    """What bash would be offered at the end of ``line``."""
    position = len(line.split()) - (not line.endswith(" "))
    words = {"_REGIMEN_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(position)}
    ran = regimen.process(env=words | environment)
    assert (ran.code, ran.err) == (0, "")
    return [line.partition(",")[2] for line in ran.out.splitlines() if line]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("regimen ad", ["advance"]),
        ("regimen record co", ["consent", "contact", "counts"]),
        ("regimen audit log --outcome r", ["refused"]),
        ("regimen protocol show --version 2017", ["2017-03"]),
        ("regimen protocol show --arm I", ["I", "II", "III"]),
        ("regimen next P-1 --js", ["--json"]),
    ],
)
def test_completion_offers_commands_options_and_what_is_shipped(bare: Regimen, line: str, offered: list[str]) -> None:
    assert completed(bare, line) == offered


WORDS = [
    ("regimen advance P-1 st", ["start_cycle", "stop_treatment"]),
    ("regimen enroll P-1 --arm I", ["I", "II", "III"]),
    ("regimen enroll P-1 --protocol 2", ["2025-12-18", "2017-03"]),
    ("regimen hold P-1 --code l", ["logistics"]),
    ("regimen record dose P-1 --agent in", ["inotuzumab"]),
    ("regimen record ae P-1 --stops v", ["vincristine"]),
    ("regimen record eligibility P-1 --route IN0", ["IN01", "IN02", "IN03", "IN08"]),
    ("regimen record response P-1 --response CR", ["CR", "CRp", "CRi"]),
    ("regimen record response P-1 --mrd n", ["negative"]),
    ("regimen people add bob --role a", ["auditor", "administrator"]),
    ("regimen audit log --trigger st", ["start_cycle", "stop_treatment"]),
    ("regimen show --arm II", ["II", "III"]),
    ("regimen next P-0", ["P-001"]),
    ("regimen record counts ", ["P-001"]),
    ("regimen audit log --patient P", ["P-001"]),
    ("regimen advance X", []),
]


@pytest.mark.parametrize(("line", "offered"), WORDS)
def test_completion_offers_the_words_and_patients_of_the_database(
    regimen: Regimen, line: str, offered: list[str]
) -> None:
    regimen.treated()
    assert completed(regimen, line) == offered


@pytest.mark.parametrize(("line", "_"), WORDS)
def test_completion_offers_no_word_where_there_is_no_database(bare: Regimen, line: str, _: list[str]) -> None:
    assert completed(bare, line) == []
    assert not (bare.folder / "regimen.db").exists()


def test_completion_offers_nothing_from_what_is_no_database_of_ours(bare: Regimen) -> None:
    (bare.folder / "regimen.db").write_text("a letter to a friend " * 100)
    assert completed(bare, "regimen next ") == completed(bare, "regimen enroll P-1 --arm ") == []


def test_completion_asks_the_database_that_the_call_names(regimen: Regimen) -> None:
    regimen.treated()
    (regimen.folder / "regimen.db").rename(regimen.folder / "other.db")
    assert completed(regimen, "regimen next ") == []
    assert completed(regimen, "regimen --database-url other.db next ") == ["P-001"]
    assert completed(regimen, "regimen next --database-url other.db ") == ["P-001"]
    assert completed(regimen, "regimen next ", REGIMEN_DATABASE_URL="other.db") == ["P-001"]


def test_completion_speaks_the_words_of_another_trial(bare: Regimen) -> None:
    Trial.init("regimen.db", by=Actor("root"), protocols=[TOY2]).close()
    offered = {
        "regimen enroll P-1 --arm ": [arm.key for arm in TOY2.arms],
        "regimen record dose P-1 --agent ": [agent.key for agent in TOY2.agents],
        "regimen hold P-1 --code ": list(TOY2.hold_codes),
        "regimen people add bob --role ": [*(role.key for role in TOY2.roles), "auditor", "administrator"],
    }
    for line, expected in offered.items():
        assert completed(bare, line) == expected


def test_completion_offers_the_first_fifty_patients(regimen: Regimen) -> None:
    with Trial.open("regimen.db") as trial:
        for number in range(words.MOST_PATIENTS + 5):
            trial.enroll(f"P-{number:03}", "I", by=Actor(COORDINATOR), on=date(2022, 1, 3))
    assert words.patients(Call(), "P-") == tuple(f"P-{number:03}" for number in range(words.MOST_PATIENTS))
    assert words.patients(Call(), "P-05") == tuple(f"P-{number:03}" for number in range(50, 55))
    assert words.patients(Call(), "P_") == words.patients(Call(), "%") == ()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shells_get_their_scripts(bare: Regimen, shell: str) -> None:
    ran = bare.process(env={"_REGIMEN_COMPLETE": f"{shell}_source"})
    assert ran.code == 0
    assert "_REGIMEN_COMPLETE" in ran.out
