"""The trial's zone at the command line: set by `init`, shown with every today, the same whatever machine asks."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.cli.regimen import Regimen
from workflow.desk import site

KIRITIMATI, BAKER = "Pacific/Kiritimati", "Etc/GMT+12"  # where it is never the same day
LATE = datetime(2022, 1, 20, 3, 30, tzinfo=UTC)  # still the 19th in Chicago, the 20th in Berlin


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """What the machine's clock says, in a zone of the machine's own."""

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return LATE.astimezone(tz or ZoneInfo("Asia/Tokyo"))

    monkeypatch.setattr(site, "datetime", Stopped)
    monkeypatch.setenv("REGIMEN_TRUST_CLOCK", "1")  # the database was made today
    return LATE


@pytest.fixture
def chicago(regimen: Regimen, at: datetime) -> Regimen:
    """P-001 in cycle 1 since the 10th; the site in Chicago."""
    regimen.treated()
    regimen.done("db", "zone", "America/Chicago", "--reason", "as it was set up", "--as", "root")
    return regimen


def first(text: str) -> str:
    return text.splitlines()[0]


def test_today_is_shown_with_its_zone(chicago: Regimen) -> None:
    for command in ("next P-001", "show P-001"):
        assert first(chicago.done(*command.split()).out).endswith("  as of 2022-01-19 (America/Chicago)")
        assert first(chicago.done(*command.split(), "--on", "2022-01-18").out).endswith("  as of 2022-01-18")
    assert "2022-01-10 (day 10)" in chicago.done("next", "P-001").out
    due = chicago.done("due", "--days", "40")
    assert due.err == "regimen: today is 2022-01-19 (America/Chicago)\n"
    assert "in 19" in due.out
    none = chicago.done("due").err
    assert none == "regimen: nothing is due up to 2022-01-19; today is 2022-01-19 (America/Chicago)\n"
    assert chicago.done("due", "--on", "2022-01-19").err == (
        "regimen: nothing is due up to 2022-01-19; as of 2022-01-19 in America/Chicago, by what stands now\n"
    )


def test_what_is_recorded_of_today_says_so(chicago: Regimen) -> None:
    counts = ("record", "counts", "P-001", "--anc", "1", "--platelets", "90")
    said = chicago.done(*counts).out
    assert said == "P-001 counts of 2022-01-19 recorded (entry 6), today in America/Chicago\n"
    assert chicago.done(*counts, "--on", "2022-01-18").out == "P-001 counts of 2022-01-18 recorded (entry 7)\n"
    assert "today" not in chicago.done("correct", "P-001", "6", "--reason", "mistyped").out


def test_tomorrow_at_the_site_is_refused_though_it_is_today_here(chicago: Regimen) -> None:
    refused = chicago("record", "counts", "P-001", "--anc", "1", "--platelets", "90", "--on", "2022-01-20")
    assert refused.code == 3
    assert "2022-01-20 is in the future; today is 2022-01-19 (America/Chicago) [dates.future]" in refused.complaint
    ahead = chicago.done("next", "P-001", "--on", "2022-01-20").out
    assert "2022-01-20 is in the future" in ahead
    chicago.done("db", "zone", "Europe/Berlin", "--reason", "moved", "--as", "root")
    chicago.done("record", "counts", "P-001", "--anc", "1", "--platelets", "90", "--on", "2022-01-20")


def test_json_says_which_day_was_assumed_and_where(chicago: Regimen) -> None:
    there = {"today": "2022-01-19", "zone": "America/Chicago"}
    for answer in (
        chicago.json("show", "P-001")["patient"],
        chicago.json("next", "P-001")["patient"],
        chicago.json("due"),
        chicago.json("record", "contact", "P-001", "--disease", "in_remission", "--source", "seen"),
        chicago.json("db", "zone"),
        chicago.json("db", "check")["zone"],
    ):
        assert {name: answer[name] for name in there} == there


# ── set ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_init_sets_it_and_says_which_day_it_is(bare: Regimen, at: datetime) -> None:
    said = bare.done("init", "--zone", "America/Chicago").out.splitlines()
    assert said[1:] == ["today is 2022-01-19 (America/Chicago)"]
    assert bare.done("db", "zone").out == "today is 2022-01-19 (America/Chicago)\n"


def test_init_takes_the_zone_of_the_machine_and_says_so(
    bare: Regimen, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    whose = ", by this machine's own zone: --zone names another"
    assert bare.done("init").out.splitlines()[1] == f"today is 2022-01-20 (Asia/Tokyo){whose}"
    assert bare.json("db", "zone")["zone"] == "Asia/Tokyo"


@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--json",)])
def test_init_wants_a_zone_that_there_is(bare: Regimen, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]) -> None:
    wrong = bare("init", "--zone", "Chikago", *more)
    assert (wrong.code, wrong.complaint) == (2, "regimen: no time zone 'Chikago' (did you mean America/Chicago?)")
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    unnamed = bare("init", *more)
    assert (unnamed.code, unnamed.complaint) == (
        2,
        "regimen: the zone of this machine has no name: TZ is 'CET-1CEST,M3.5.0,M10.5.0/3'"
        " (name the zone of the trial's site, as in --zone America/Chicago)",
    )
    assert list(bare.folder.iterdir()) == []
    bare.done("init", "--zone", "Europe/Berlin")


def test_another_zone_is_set_and_what_it_was_is_said(chicago: Regimen) -> None:
    zone = ("db", "zone", "Asia/Tokyo", "--as", "root")
    assert chicago(*zone).complaint == "regimen: another zone needs a --reason (see regimen db zone --help)"
    dry = chicago.done(*zone, "--reason", "moved", "--dry-run")
    assert (dry.out, dry.err) == (
        "today would be 2022-01-20 (Asia/Tokyo); the zone was America/Chicago\n",
        "regimen: dry run, nothing was written\n",
    )
    assert chicago.json("db", "zone")["zone"] == "America/Chicago"
    said = "today is 2022-01-20 (Asia/Tokyo); the zone was America/Chicago\n"
    assert chicago.done(*zone, "--reason", "moved").out == said
    again = chicago(*zone, "--reason", "moved")
    assert (again.code, again.complaint) == (5, "regimen: the trial's zone is Asia/Tokyo already")
    other = chicago("db", "zone", "UTC", "--reason", "moved")  # the coordinator
    assert other.code == 3
    assert "    zone Asia/Tokyo\n    reason: moved\n" in chicago.done("audit", "log", "--kind", "setting_changed").out


def test_a_database_without_one_says_so(bare: Regimen, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(site, "set_zone", lambda *_: None)  # as before there were zones
        bare.done("init", "--administrator", "root")
    check = bare.done("db", "check").out
    assert (
        "zone      LOOK   today is 2022-01-20, by the zone of whichever machine asks:"
        " regimen db zone ZONE --reason TEXT sets the trial's\n"
    ) in check
    none = "today is 2022-01-20, by the zone of whichever machine asks: no zone is set\n"
    assert bare.done("db", "zone").out == none
    assert bare.done("due").err == "regimen: nothing is due up to 2022-01-20\n"
    set_ = bare.done("db", "zone", "America/Chicago", "--reason", "it was never said").out
    assert set_ == "today is 2022-01-19 (America/Chicago); the zone was that of each machine\n"
    assert "zone      ok     today is 2022-01-19 (America/Chicago)\n" in bare.done("db", "check").out


# ── whatever machine asks ──────────────────────────────────────────────────────────────────────────────────────────


def test_every_machine_says_the_same_day(regimen: Regimen) -> None:
    regimen.enrolled()
    regimen.done("db", "zone", "America/Chicago", "--reason", "the site", "--as", "root")
    for asked in (("next", "P-001"), ("due",), ("db", "zone")):
        before = datetime.now(ZoneInfo("America/Chicago")).date()
        said = {f"{regimen.process(*asked, env={'TZ': zone})}" for zone in (KIRITIMATI, BAKER, "UTC", "No/Where")}
        if before == datetime.now(ZoneInfo("America/Chicago")).date():
            assert len(said) == 1
            assert f"{before} (America/Chicago)" in said.pop()


def test_a_machine_without_time_zones_of_its_own_has_those_of_the_package(regimen: Regimen) -> None:
    pytest.importorskip("tzdata")
    nowhere = {"PYTHONTZPATH": "", "TZ": "Europe/Berlin"}
    regimen.done("db", "zone", "America/Chicago", "--reason", "the site", "--as", "root")
    assert "(America/Chicago)" in regimen.process("db", "zone", env=nowhere).out
    made = regimen.process("init", "--database-url", "other.db", env=nowhere)
    assert "(Europe/Berlin), by this machine's own zone" in made.out


def test_a_machine_that_does_not_know_the_zone_names_it(regimen: Regimen, tmp_path: Path) -> None:
    """Here one with neither."""
    regimen.enrolled()
    regimen.done("db", "zone", "America/Chicago", "--reason", "the site", "--as", "root")
    (tmp_path / "tzdata.py").write_text("raise ImportError('no module')")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from workflow.cli.main import main; main()"
    said = "the trial's zone is 'America/Chicago', which the time zone database of this machine does not have"
    for asked in (("next", "P-001"), ("due",), ("record", "consent", "P-001"), ("db", "zone")):
        ran = regimen.process(*asked, program=program, env={"PYTHONTZPATH": ""})
        assert (ran.code, ran.complaint) == (6, f"regimen: {said} (install a newer one: pip install --upgrade tzdata)")
    check = regimen.process("db", "check", program=program, env={"PYTHONTZPATH": ""})
    assert (check.code, f"zone      WRONG  {said}\n" in check.out) == (6, True)
    assert regimen.process("audit", "log", program=program, env={"PYTHONTZPATH": ""}).code == 0
    verified = regimen.process("audit", "verify", program=program, env={"PYTHONTZPATH": ""})
    assert (verified.code, verified.out.count("[zone]")) == (7, 2)  # the one it was set up in, and this one
