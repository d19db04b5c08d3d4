"""Protocols in files: exported, looked at, installed, and a trial set up from them that nobody here ever heard of."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.cli.regimen import Regimen
from tests.toy import TOY
from tests.toy2 import TOY2
from workflow import trials
from workflow.cli.call import login
from workflow.protocol import content
from workflow.protocol.model import Protocol

SHIPPED = trials.find("2025-12-18")


def written(regimen: Regimen, protocol: Protocol, name: str = "protocol.json") -> str:
    (regimen.folder / name).write_bytes(content.write(protocol))
    return name


# ── out ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_exported_are_the_bytes_that_were_installed(regimen: Regimen) -> None:
    ran = regimen.process("protocol", "export", "2025-12-18", text=False)
    assert (ran.code, ran.out) == (0, content.write(SHIPPED))
    told = regimen.done("protocol", "export", "2025-12-18", "-o", "out.json")
    assert told.out == f"out.json: version 2025-12-18, edition 1, digest {content.digest(SHIPPED)}\n"
    assert (regimen.folder / "out.json").read_bytes() == content.write(SHIPPED)


def test_no_file_is_written_over(regimen: Regimen) -> None:
    (regimen.folder / "out.json").write_text("a letter")
    ran = regimen("protocol", "export", "2025-12-18", "-o", "out.json")
    assert (ran.code, ran.complaint) == (5, "regimen: there is a file 'out.json' already (name another)")
    assert (regimen.folder / "out.json").read_text() == "a letter"
    nowhere = regimen("protocol", "export", "2025-12-18", "-o", "nowhere/out.json")
    assert (nowhere.code, "cannot be written: No such file" in nowhere.complaint) == (2, True)


def test_only_what_is_installed_is_exported(regimen: Regimen) -> None:
    ran = regimen("protocol", "export", "1999")
    assert (ran.code, "no protocol version '1999' is installed" in ran.complaint) == (4, True)


# ── in ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_version_is_installed_and_patients_are_enrolled_under_it(regimen: Regimen) -> None:
    later = replace(SHIPPED, version="2026-05")
    ran = regimen.done("protocol", "install", written(regimen, later), "--as", "root")
    assert ran.out == f"version 2026-05, edition 1, is installed: digest {content.digest(later)}\n"
    regimen.done("enroll", "P-001", "--arm", "I", "--protocol", "2026-05", "--on", "2022-01-03")
    assert regimen.json("show", "P-001")["patient"]["version"] == "2026-05"
    assert regimen.json("audit", "verify")["sound"]


def test_a_corrected_encoding_is_a_new_edition(regimen: Regimen) -> None:
    corrected = replace(SHIPPED, title="Corrected", edition=2)
    told = regimen.json("protocol", "install", written(regimen, corrected), "--as", "root")
    assert told == {"version": "2025-12-18", "edition": 2, "digest": content.digest(corrected)}


def test_only_an_administrator_installs(regimen: Regimen) -> None:
    ran = regimen("protocol", "install", written(regimen, replace(SHIPPED, version="2026-05")))
    assert (ran.code, ran.out) == (3, "")
    assert ran.complaint == (
        "regimen: a person in the role of coordinator may not install a protocol, nor upgrade (ask an administrator)"
    )


def cut(folder: Path) -> None:
    (folder / "p.json").write_bytes(content.write(SHIPPED)[:-1000])


def of_another_trial(folder: Path) -> None:
    (folder / "p.json").write_bytes(content.write(TOY))


def with_an_unknown_word(folder: Path) -> None:
    (folder / "p.json").write_bytes(content.write(SHIPPED).replace(b'"summary":', b'"sumary":'))


def with_other_content(folder: Path) -> None:
    (folder / "p.json").write_bytes(content.write(replace(SHIPPED, title="Another title")))


def installed_already(folder: Path) -> None:
    (folder / "p.json").write_bytes(content.write(SHIPPED))


def with_findings(folder: Path) -> None:
    twice = replace(SHIPPED, version="2026-05", readings=(*SHIPPED.readings, SHIPPED.readings[0]))
    (folder / "p.json").write_bytes(content.write(twice))


def too_long(folder: Path) -> None:
    with (folder / "p.json").open("wb") as file:
        file.truncate(50 * 2**20)


def with_control_characters(folder: Path) -> None:
    (folder / "p.json").write_bytes(content.write(replace(SHIPPED, version="2026\x1b[2J")))


def in_another_form(folder: Path) -> None:
    (folder / "p.json").write_bytes(content.write(SHIPPED) + b"\n")


def not_text(folder: Path) -> None:
    (folder / "p.json").write_bytes(os.urandom(1000))


def a_directory(folder: Path) -> None:
    (folder / "p.json").mkdir()


def not_there(folder: Path) -> None:
    pass


BAD: tuple[tuple[Callable[[Path], None], int, str], ...] = (
    (not_there, 4, "there is no file 'p.json'"),
    (a_directory, 2, "the file 'p.json' cannot be read: Is a directory"),
    (cut, 2, "the file 'p.json' is no protocol: $: input data was truncated"),
    (not_text, 2, "the file 'p.json' is no protocol: $: "),
    (too_long, 2, "the file 'p.json' is no protocol: it has more than 4,194,304 bytes"),
    (with_an_unknown_word, 2, "the file 'p.json' is no protocol: $: object contains unknown field `sumary`"),
    (with_control_characters, 2, "the file 'p.json' is no protocol: $.version: a character that is not printable"),
    (in_another_form, 2, "the file 'p.json' is no protocol: $: not in canonical form"),
)
AGAINST_WHAT_IS_THERE: tuple[tuple[Callable[[Path], None], int, str], ...] = (
    (of_another_trial, 2, "this is a protocol of 'TOY-1', and the database is about NCT01371630"),
    (with_other_content, 5, "version 2025-12-18, edition 1, is installed with other content"),
    (installed_already, 5, "version 2025-12-18, edition 1, is installed already"),
)


def called(value: object) -> str | None:
    """A case by what is wrong with the file."""
    return getattr(value, "__name__", None) if callable(value) else ""


FINDINGS = (with_findings, 2, "of static analysis, the first P")


@pytest.mark.parametrize(("make", "code", "said"), [*BAD, *AGAINST_WHAT_IS_THERE, FINDINGS], ids=called)
def test_a_file_that_cannot_be_installed_is_one_line(
    regimen: Regimen, make: Callable[[Path], None], code: int, said: str
) -> None:
    make(regimen.folder)
    before = regimen.entries()
    ran = regimen("protocol", "install", "p.json", "--as", "root")
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.complaint
    assert ran.complaint.isprintable()
    assert regimen.entries() == before


@pytest.mark.parametrize(("make", "code", "said"), [*BAD, FINDINGS], ids=called)
def test_a_database_is_not_set_up_from_such_a_file(
    bare: Regimen, make: Callable[[Path], None], code: int, said: str
) -> None:
    make(bare.folder)
    for more in (("--dry-run",), ()):
        ran = bare("init", "--protocol", "p.json", *more)
        assert (ran.code, ran.out) == (code, "")
        assert said in ran.complaint
    assert not (bare.folder / "regimen.db").exists()


@pytest.mark.parametrize(("make", "code", "said"), BAD, ids=called)
@pytest.mark.parametrize("command", [("lint",), ("show",), ("readings",), ("diagram",)], ids=" ".join)
def test_such_a_file_is_not_looked_at_either(
    bare: Regimen, command: tuple[str, ...], make: Callable[[Path], None], code: int, said: str
) -> None:
    make(bare.folder)
    ran = bare("protocol", *command, "--file", "p.json")
    assert (ran.code, ran.out, said in ran.complaint) == (code, "", True)


# ── looked at ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_checked_for_mistakes(bare: Regimen) -> None:
    assert bare.done("protocol", "lint", "--file", written(bare, TOY2)).out.endswith("nothing found\n")
    with_findings(bare.folder)
    ran = bare("protocol", "lint", "--file", "p.json")
    assert (ran.code, ran.out.startswith("P")) == (7, True)
    assert "of static analysis, the first P" in bare("protocol", "show", "--file", "p.json").complaint


def test_a_file_is_shown_as_a_shipped_version_is(bare: Regimen) -> None:
    file = written(bare, SHIPPED)
    for command in (("show", "--arm", "II"), ("show", "--criteria", "--roles"), ("readings",), ("diagram",), ("lint",)):
        assert bare.done("protocol", *command, "--file", file).out == bare.done("protocol", *command).out
    both = bare("protocol", "show", "--file", file, "--version", "2017-03")
    assert (both.code, "exclude each other" in both.complaint) == (2, True)


# ── a trial that this software never heard of ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def other(bare: Regimen) -> Regimen:
    """A database of TOY2, in which no word is the shipped trial's, with somebody in each of its roles."""
    made = bare.done("init", "--administrator", "root", "--protocol", written(bare, TOY2))
    assert f"protocol versions {TOY2.version}; administrator root" in made.out
    for role in TOY2.roles:
        assert f"regimen people add NAME --role {role.key} --login USER" in made.err
        bare.done("people", "add", f"p-{role.key}", "--role", role.key, "--login", login(), "--as", "root")
    return bare


def test_it_runs_by_the_words_of_its_file(other: Regimen) -> None:
    arm = TOY2.arms[0]
    may = {action.action: action.roles for action in TOY2.permissions}
    person = ("--as", f"p-{may['enroll'][0]}")
    patient = TOY2.patient_id.replace("#", "1").replace("*", "1")
    day = TOY2.study_start
    other.done("enroll", patient, "--arm", arm.key, "--protocol", TOY2.version, "--on", day, *person)
    other.done("record", "consent", patient, "--on", day, *person)
    route = arm.routes[0]
    other.done("record", "eligibility", patient, "--route", route, "--others-in-order", "--on", day, *person)
    first = other.done("next", patient, "--on", day, *person).out
    assert arm.steps[0].trigger in first
    moved = other.json("advance", patient, "--on", day, *person)
    assert (moved["action"], moved["outcome"]) == (arm.steps[0].trigger, "allowed")
    shown = other.done("show", patient).out
    assert not {agent.title for agent in SHIPPED.agents} & set(shown.split("\n"))
    assert other.json("audit", "verify")["sound"]
    assert "up to date" in other.done("db", "upgrade", "--as", "root").out  # the shipped trial does not come in
    assert other.done("db", "check").out.count("protocol  ok") == 1


def test_who_may_override_is_called_as_the_file_calls_them(other: Regimen) -> None:
    ran = other("people", "add", "x", "--role", "investigator", "--as", "root")
    assert (ran.code, "there are: " + ", ".join(role.key for role in TOY2.roles) in ran.complaint) == (2, True)


def test_several_files_are_versions_of_one_trial(bare: Regimen) -> None:
    first, second = written(bare, SHIPPED, "a.json"), written(bare, replace(SHIPPED, version="2026-05"), "b.json")
    bare.done("init", "--protocol", first, "--protocol", second, "--database-url", "one.db")
    assert bare.json("init", "--protocol", first, "--protocol", second)["installed"] == ["2025-12-18", "2026-05"]
    twice = bare("init", "--protocol", first, "--protocol", first, "--database-url", "two.db")
    assert (twice.code, "is given twice" in twice.complaint) == (2, True)
    mixed = bare("init", "--protocol", first, "--protocol", written(bare, TOY2), "--database-url", "two.db")
    assert (mixed.code, "another of " in mixed.complaint) == (2, True)
    assert not (bare.folder / "two.db").exists()
