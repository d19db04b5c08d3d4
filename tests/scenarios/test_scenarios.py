"""The scenarios beside this file: patients of the real trial, in the words that the desk types and reads.

A scenario is for a coordinator to hold against the protocol. `WHO$ ...` is what WHO types behind `regimen`; beneath it
stand the lines of the answer that matter, up to an empty line: each is there, word for word, in this order. Where the
first of them tells a refusal, it was refused; everything else is done. `TODAY` stands for the day of typing, with its
zone. All other lines are for the reader.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.regimen import Regimen
from workflow.cli.call import login
from workflow.desk.site import Site, local_now

SCENARIOS = sorted(Path(__file__).parent.glob("*.txt"))
PEOPLE = {
    "lee": "coordinator",
    "max": "investigator",
    "ada": "auditor",
}  # alex, an administrator, gave them these roles
DONE, REFUSED = 0, 3


class Typed(NamedTuple):
    who: str
    command: str
    answer: tuple[str, ...]

    @property
    def code(self) -> int:
        return REFUSED if self.answer[:1] and self.answer[0].startswith("regimen: refused: ") else DONE


def read(text: str) -> Iterator[Typed]:
    for block in text.split("\n\n"):
        for typed in re.split(r"\n(?=\w+\$ )", block.strip()):
            said = re.match(r"(\w+)\$ (.*)", typed)
            if said:
                yield Typed(said[1], said[2], tuple(typed.splitlines()[1:]))


ZONE = "America/Chicago"  # in which the site is


def missing(answer: tuple[str, ...], lines: Iterator[str]) -> list[str]:
    """The lines of ``answer`` that are not among ``lines`` in this order."""
    return [wanted for wanted in answer if wanted not in lines]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "regimen.db"
    command = Regimen(path.parent)
    command.done("init", "--administrator", "alex", "--zone", ZONE, "--database-url", path)
    for person, role in PEOPLE.items():
        more = ("--login", login(), "--as", "alex", "--database-url", path)
        command.done("people", "add", person, "--role", role, *more)
    return path


@pytest.fixture
def regimen(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Regimen:
    monkeypatch.chdir(tmp_path)
    for name in ("REGIMEN_DATABASE_URL", "REGIMEN_AS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    shutil.copy(database, tmp_path)
    return Regimen(tmp_path)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_goes_as_it_is_told(scenario: Path, regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    today = Site(local_now).moment_in(ZONE).today
    for typed in read(scenario.read_text("utf-8")):
        monkeypatch.setenv("REGIMEN_AS", typed.who)
        ran = regimen(*shlex.split(typed.command))
        told = f"{typed.who}$ {typed.command}\n{ran.out}{ran.err}"
        assert ran.code == typed.code, told
        answer = tuple(line.replace("TODAY", f"{today}, today in {ZONE}") for line in typed.answer)
        assert missing(answer, iter((ran.out + ran.err).splitlines())) == [], told


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_ends_with_a_log_that_is_sound(scenario: Path) -> None:
    *before, last = read(scenario.read_text("utf-8"))
    assert last == ("ada", "audit verify", ("the log        is sound",))
    assert sum(1 for typed in before if typed.answer) >= 3


def test_there_are_a_dozen() -> None:
    assert len(SCENARIOS) >= 12


def test_a_line_that_is_not_in_the_answer_or_stands_elsewhere_is_found() -> None:
    assert missing(("a", "c"), iter("abc")) == []
    assert missing(("a", "x"), iter("abc")) == ["x"]
    assert missing(("c", "a"), iter("abc")) == ["a"]


def test_what_is_typed_is_told_from_what_is_for_the_reader() -> None:
    text = (
        "# One\n\nFor the reader.\n\nlee$ show P\nlee$ hold P\nregimen: refused: P hold\n  why\n\nada$ audit verify\n"
    )
    assert list(read(text)) == [
        ("lee", "show P", ()),
        ("lee", "hold P", ("regimen: refused: P hold", "  why")),
        ("ada", "audit verify", ()),
    ]
    assert [typed.code for typed in read(text)] == [DONE, REFUSED, DONE]
