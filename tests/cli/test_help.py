"""Help, completion, the words they show, and the reference that is made of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import click
import pytest

from tests.cli.regimen import Regimen
from workflow import trials
from workflow.cli import words
from workflow.cli.lazy import LazyGroup
from workflow.cli.root import SECTIONS
from workflow.cli.root import regimen as root
from workflow.engine import chart, facts
from workflow.engine.decision import Outcome
from workflow.ledger import entry
from workflow.protocol.model import CriterionKind, Role
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


def test_the_words_of_help_are_those_of_the_rooms_they_are_from() -> None:
    protocol = trials.find()
    versions = trials.shipped()
    assert words.VERSIONS == trials.VERSIONS
    assert tuple(arm.key for arm in protocol.arms) == words.ARMS
    assert tuple(role.value for role in Role) == words.ROLES
    assert words.HOLDS == facts.HOLD_CODES
    assert tuple(response.key for response in protocol.responses) == words.RESPONSES
    assert words.MRD == facts.MRD
    assert tuple(c.id for c in protocol.criteria if c.kind is CriterionKind.ROUTE) == words.ROUTES
    assert tuple(agent.key for agent in protocol.agents) == words.AGENTS
    assert tuple(outcome.value for outcome in Outcome) == words.OUTCOMES
    triggers = {row.trigger for version in versions for arm in version.arms for row in table(arm).transitions}
    assert sorted(words.TRIGGERS) == sorted(triggers)
    kinds = {entry.ENROLMENT, entry.TRANSITION, *chart.FACTS}
    kinds |= {entry.TRIAL_OPENED, entry.PROTOCOL_INSTALLED, entry.PERSON_ADDED, entry.PERSON_DEACTIVATED}
    assert sorted(words.KINDS) == sorted(kinds)


# ── completion ─────────────────────────────────────────────────────────────────────────────────────────────────────


def completed(regimen: Regimen, line: str) -> list[str]:
    """What bash would be offered at the end of ``line``."""
    position = len(line.split()) - (not line.endswith(" "))
    environment = {"_REGIMEN_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(position)}
    ran = regimen.process(env=environment)
    assert (ran.code, ran.err) == (0, "")
    return [line.partition(",")[2] for line in ran.out.splitlines()]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("regimen ad", ["advance"]),
        ("regimen record co", ["consent", "counts"]),
        ("regimen advance P-1 st", ["start_cycle", "stop_treatment"]),
        ("regimen enroll P-1 --arm I", ["I", "II", "III"]),
        ("regimen hold P-1 --code l", ["logistics"]),
        ("regimen record dose P-1 --agent in", ["inotuzumab"]),
        ("regimen record response P-1 --response CR", ["CR", "CRp", "CRi"]),
        ("regimen people add bob --role a", ["auditor", "administrator"]),
        ("regimen audit log --outcome r", ["refused"]),
        ("regimen protocol show --version 2017", ["2017-03"]),
        ("regimen next P-1 --js", ["--json"]),
    ],
)
def test_completion_offers_commands_options_and_words(bare: Regimen, line: str, offered: list[str]) -> None:
    assert completed(bare, line) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shells_get_their_scripts(bare: Regimen, shell: str) -> None:
    ran = bare.process(env={"_REGIMEN_COMPLETE": f"{shell}_source"})
    assert ran.code == 0
    assert "_REGIMEN_COMPLETE" in ran.out
