"""Both clocks at the command line: what a command says of a past day is what it says in a copy that was kept of it."""

from __future__ import annotations

import re
import shutil
from contextlib import chdir
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.cli.regimen import Ran, Regimen
from tests.ledger.tamper import behind
from workflow.cli.call import login
from workflow.desk import site
from workflow.store.schema import entry

BEGIN = datetime(2022, 2, 1, 15, tzinfo=UTC)  # 09:00 in Chicago
ONE, TWO, FOUR = "2022-02-01", "2022-02-02", "2022-02-04"


class Clock:
    """What the machine's clock says."""

    now = BEGIN

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return Clock.now.astimezone(tz or UTC)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of work; of the end of the first and second the copies ``1.db`` and ``2.db``."""
    folder = tmp_path_factory.mktemp("clocks")
    regimen = Regimen(folder)
    with pytest.MonkeyPatch.context() as patch, chdir(folder):
        patch.setattr(site, "datetime", Clock.Stopped)
        patch.setattr(Clock, "now", BEGIN)
        patch.setenv("REGIMEN_AS", "root")
        regimen.done("init", "--administrator", "root", "--zone", "America/Chicago")
        for person, role in (("carol", "coordinator"), ("ivan", "investigator")):
            regimen.done("people", "add", person, "--role", role, "--login", login())
        patch.setenv("REGIMEN_AS", "carol")
        regimen.treated()
        counts = ("record", "counts", "P-001", "--platelets", "90")
        regimen.done(*counts, "--anc", "0.3", "--on", "2022-01-28")
        Clock.now = datetime(2022, 2, 2, 5, 59, tzinfo=UTC)
        shutil.copy("regimen.db", "1.db")
        Clock.now = datetime(2022, 2, 2, 6, 30, tzinfo=UTC)  # half an hour into the next day
        regimen.done(*counts, "--anc", "1.3", "--corrects", "6", "--reason", "a slip")
        regimen.done("advance", "P-001", "--on", "2022-01-31")
        regimen.done("people", "deactivate", "ivan", "--as", "root")
        Clock.now = datetime(2022, 2, 3, 5, 59, tzinfo=UTC)
        shutil.copy("regimen.db", "2.db")
        Clock.now = BEGIN + timedelta(days=3)
        regimen.treated("P-002")
        regimen.done("hold", "P-001", "--code", "counts", "--on", "2022-02-01")
    return folder


@pytest.fixture
def kept(bare: Regimen, history: Path, monkeypatch: pytest.MonkeyPatch) -> Regimen:
    shutil.copytree(history, bare.folder, dirs_exist_ok=True)
    monkeypatch.setattr(site, "datetime", Clock.Stopped)
    monkeypatch.setattr(Clock, "now", BEGIN + timedelta(days=3))
    monkeypatch.setenv("REGIMEN_AS", "carol")
    return bare


COMMANDS = (
    "show",
    "show --arm I --state treatment",
    "show --as-of 2022-01-15",
    "show P-001",
    "show P-001 --as-of 2022-01-21",
    "next P-001",
    "next P-001 --as-of 2022-01-31",
    "due --days 60",
    "due --as-of 2022-01-31 --days 20",
    "audit log",
    "audit log --patient P-001 --last 3",
    "audit log --as-of 2022-01-20",
    "audit log --outcome refused",
    "people list",
    "people list --as-of 2022-02-01",
    "show P-002",
    "audit log --patient P-002",
)
CLOCK = r'.*(by what stands now|as known at the end|today is |"known_by": |"as_of": ).*\n'
SAID = re.compile(rf"{CLOCK}| \(America/Chicago\)")
THEN = re.compile(r"On [-0-9]+, as known then, it was")


def without_clock(ran: Ran) -> tuple[int, str, str]:
    """An answer without the lines that say by which clock it was read, nor what is to be typed now."""
    lines = SAID.sub("", ran.out).replace("a reason:", "a reason").splitlines()
    out = " ".join(word for line in lines if not line.strip().startswith("regimen ") for word in line.split())
    return ran.code, THEN.sub("Today it is", out), "" if ran.code else SAID.sub("", ran.err)


@pytest.mark.parametrize("json", [False, True], ids=["text", "json"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_what_it_says_in_a_copy(kept: Regimen, command: str, json: bool) -> None:
    more = ("--json",) if json else ()
    now = Clock.now
    for copy, day, then in ((1, ONE, BEGIN), (2, TWO, BEGIN + timedelta(days=1))):
        Clock.now = then
        theirs = kept(*command.split(), *more, "--database-url", f"{copy}.db")
        Clock.now = now
        ours = kept(*command.split(), *more, "--known-by", day)
        if ours.code:
            assert (ours.code, theirs.code) == (4, 4)
        else:
            assert without_clock(ours) == without_clock(theirs)
            assert ("as known at the end of" in ours.out + ours.err) is not json


@pytest.mark.parametrize(("command", "said"), [
    ("show P-001 --known-by 2022-02-01", "as known at the end of 2022-02-01 in America/Chicago"),
    ("next P-001 --known-by 2022-02-01", "as known at the end of 2022-02-01 in America/Chicago"),
    ("show P-001 --as-of 2022-01-21", "by what stands now (America/Chicago)"),
    ("next P-001 --on 2022-01-21", "by what stands now (America/Chicago)"),
    ("show --known-by 2022-02-01", "regimen: as known at the end of 2022-02-01 in America/Chicago"),
    ("show --on 2022-01-21", "regimen: as of 2022-01-21 in America/Chicago, by what stands now"),
    (
        "due --as-of 2022-01-31 --known-by 2022-02-01 --days 30",
        "regimen: as of 2022-01-31, as known at the end of 2022-02-01 in America/Chicago",
    ),
    ("audit log --known-by 2022-02-01", "regimen: as known at the end of 2022-02-01 in America/Chicago"),
    (
        "audit log --as-of 2022-02-01",
        "regimen: as of 2022-02-01 in America/Chicago, by what stands now: what stands alone; not what was refused or"
        " taken back, nor corrections",
    ),
    ("people list --known-by 2022-02-02", "regimen: as known at the end of 2022-02-02 in America/Chicago"),
    (
        "people list --on 2022-02-02",
        "regimen: who may act as of 2022-02-02 in America/Chicago, by what stands now: who was deactivated since is not"
        " among them",
    ),
])  # fmt: skip
def test_an_answer_says_by_which_clock_it_was_read(kept: Regimen, command: str, said: str) -> None:
    ran = kept.done(*command.split())
    assert said in (ran.err or ran.out).splitlines()


@pytest.mark.parametrize(("command", "as_of", "known_by"), [
    ("show", None, None),
    ("show --as-of 2022-01-31", "2022-01-31", None),
    ("show --known-by 2022-02-01", ONE, ONE),
    ("due", FOUR, None),
    ("due --known-by 2022-02-01", ONE, ONE),
    ("due --as-of 2022-01-31 --known-by 2022-02-01", "2022-01-31", ONE),
    ("audit log", None, None),
    ("audit log --as-of 2022-01-31 --known-by 2022-02-01", "2022-01-31", ONE),
    ("people list --known-by 2022-02-01", None, ONE),
])  # fmt: skip
def test_json_says_it_too(kept: Regimen, command: str, as_of: str | None, known_by: str | None) -> None:
    found = kept.json(*command.split())
    assert (found["as_of"], found["known_by"]) == (as_of, known_by)


def test_a_patient_in_json_says_it(kept: Regimen) -> None:
    for command in ("show", "next"):
        found = kept.json(command, "P-001", "--as-of", "2022-01-31", "--known-by", ONE)["patient"]
        assert (found["as_of"], found["known_by"], found["today"]) == ("2022-01-31", ONE, ONE)
        assert kept.json(command, "P-001")["patient"]["known_by"] is None


def test_on_is_another_spelling_of_as_of(kept: Regimen) -> None:
    for command in ("show", "show P-001", "next P-001", "due", "people list"):
        asked = command.split()
        assert kept.done(*asked, "--on", "2022-01-31") == kept.done(*asked, "--as-of", "2022-01-31")


def test_by_what_was_known_there_is_nothing_to_type(kept: Regimen) -> None:
    then = kept.done("next", "P-001", "--known-by", TWO).out
    assert "\n             regimen " in kept.done("next", "P-001").out
    assert "regimen " not in then
    assert "blocked  start_cycle" in then


def test_who_acts_is_who_was_there(kept: Regimen) -> None:
    """ivan has no part in it since the second day."""
    assert kept.done("next", "P-001", "--as", "ivan", "--known-by", ONE).code == 0
    gone = kept("next", "P-001", "--as", "ivan", "--known-by", TWO)
    assert (gone.code, "does not act as 'ivan'" in gone.err) == (4, True)


def test_a_page_goes_on_by_the_same_clock(kept: Regimen) -> None:
    page = kept.done("due", "--as-of", "2022-02-03", "--days", "90", "--limit", "1")
    (more,) = re.findall(r"there are more: regimen (.*)", page.err)
    assert "--as-of 2022-02-03" in more
    assert kept.done(*more.split()).out.splitlines()[1].startswith("P-001")


@pytest.mark.parametrize(("command", "code", "said"), [
    ("show P-002 --known-by 2022-02-02", 4, "nobody knew of a patient 'P-002': they were enrolled in the system on"),
    ("audit log --patient P-002 --known-by 2022-02-02", 4, "nobody knew of a patient 'P-002'"),
    ("show P-001 --known-by 2022-02-05", 2, "nobody knows yet; today is 2022-02-04 (America/Chicago)"),
    ("people list --known-by 2022-01-31", 2, "the trial began on 2022-02-01"),
    ("show --known-by 2022-02-01 --known-by 2022-02-02", 2, "--known-by is given twice"),
])  # fmt: skip
def test_what_cannot_be_asked(kept: Regimen, command: str, code: int, said: str) -> None:
    ran = kept(*command.split())
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.complaint


def test_who_asks_about_no_day_is_answered_where_nobody_can_say_the_zone(kept: Regimen) -> None:
    with behind(f"sqlite:///{kept.folder}/regimen.db") as connection:
        connection.execute(sa.update(entry).where(entry.c.kind == "setting_changed").values(body=b"{}"))
    for command in ("show", "audit log --patient P-001", "people list"):
        assert kept(*command.split()).out
        asked = kept(*command.split(), "--known-by", ONE)
        assert (asked.code, asked.out, "trial, entry 3: it is not what was written" in asked.complaint) == (6, "", True)


def test_a_damaged_entry_is_named_beside_the_others(kept: Regimen) -> None:
    with behind(f"sqlite:///{kept.folder}/regimen.db") as connection:
        here = sa.and_(entry.c.chain == "patient/p-001", entry.c.seq == 4)
        connection.execute(sa.update(entry).where(here).values(body=b"{}"))
    Clock.now += timedelta(days=1)
    kept.done("hold", "P-002", "--code", "counts", "--on", "2022-02-01")
    for command in ("show", "due --days 60"):
        asked = kept(*command.split(), "--known-by", TWO)
        assert (asked.code, "patient/p-001" in asked.err) == (6, True)
        asked = kept(*command.split(), "--known-by", FOUR)
        assert (asked.code, "P-002" in asked.out) == (0, True)  # nothing is read of who has not gone on since
    for command in ("show P-001", "next P-001"):
        asked = kept(*command.split(), "--known-by", TWO)
        assert (asked.code, asked.out, "patient/p-001" in asked.complaint) == (6, "", True)
