"""The trial's zone: which day it is at the site, wherever the clock, the machine and the database are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
import sqlalchemy as sa

from tests.library.desk import ADMIN, COORDINATOR, INVESTIGATOR, Desk, day
from tests.library.test_seen import meanwhile
from workflow import Actor, Filter, Trial
from workflow.desk import site
from workflow.errors import AlreadyExists, InvalidInput, RefusedError, UnknownPerson, UnknownZone
from workflow.ledger import zone as zones
from workflow.ledger.entry import SETTING_CHANGED
from workflow.store.schema import patient

# A zone, a moment, and which day it is there: both ends of the earth, days that begin at one, midnights that come
# twice, a minute of tomorrow before an hour of today, a day that there was not.
THERE = (
    ("Pacific/Kiritimati", "2025-06-15T09:59:59Z", "2025-06-15"),
    ("Pacific/Kiritimati", "2025-06-15T10:00:00Z", "2025-06-16"),
    ("Etc/GMT+12", "2025-06-16T11:59:59Z", "2025-06-15"),
    ("Etc/GMT+12", "2025-06-16T12:00:00Z", "2025-06-16"),
    ("America/Chicago", "2026-11-25T05:59:59Z", "2026-11-24"),
    ("America/Chicago", "2026-11-25T06:00:00Z", "2026-11-25"),
    ("America/Chicago", "2026-07-01T04:59:59Z", "2026-06-30"),
    ("America/Chicago", "2026-07-01T05:00:00Z", "2026-07-01"),
    ("Asia/Kathmandu", "2025-06-15T18:14:59Z", "2025-06-15"),
    ("Asia/Kathmandu", "2025-06-15T18:15:00Z", "2025-06-16"),
    ("America/Sao_Paulo", "2018-11-04T02:59:59Z", "2018-11-03"),  # behind it is 01:00
    ("America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04"),
    ("America/Sao_Paulo", "2018-02-18T01:59:59Z", "2018-02-17"),  # behind it is 23:00 again
    ("America/Sao_Paulo", "2018-02-18T02:00:00Z", "2018-02-17"),
    ("America/Sao_Paulo", "2018-02-18T03:00:00Z", "2018-02-18"),
    ("America/Havana", "2025-11-02T04:00:00Z", "2025-11-02"),
    ("America/Havana", "2025-11-02T05:00:00Z", "2025-11-02"),  # midnight again
    ("Asia/Beirut", "2025-03-29T21:59:59Z", "2025-03-29"),
    ("Asia/Beirut", "2025-03-29T22:00:00Z", "2025-03-30"),
    ("America/St_Johns", "2010-11-07T02:30:30Z", "2010-11-07"),
    ("America/St_Johns", "2010-11-07T02:31:00Z", "2010-11-06"),  # put back to 23:01
    ("America/St_Johns", "2010-11-07T03:30:00Z", "2010-11-07"),
    ("Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29"),
    ("Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-31"),
    ("UTC", "2025-06-15T23:59:59.999999Z", "2025-06-15"),
)
FROM = (UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12)), timezone(timedelta(seconds=20701)))


@pytest.mark.parametrize(("zone", "moment", "there"), THERE)
def test_which_day_it_is_there(zone: str, moment: str, there: str) -> None:
    found = zones.find(zone)
    assert found is not None
    for offset in FROM:  # of the clock that is asked
        now = datetime.fromisoformat(moment).astimezone(offset)
        assert zones.day_in(found, now) == date.fromisoformat(there)
        assert site.Site(lambda now=now: now).moment_in(zone).today == date.fromisoformat(there)


def test_every_zone_there_is_can_be_a_trials() -> None:
    assert {"America/Chicago", "UTC", "Asia/Kolkata", "US/Central"} <= zones.names() <= available_timezones()
    for name in sorted(zones.names()):
        assert site.checked(name) == name
        assert zones.find(name) == ZoneInfo(name)


# ── what is asked goes by it ───────────────────────────────────────────────────────────────────────────────────────

IDS = count(100)
Command = Callable[[Trial, date | None], Any]
OF_THE_DAY: dict[str, Command] = {  # each answers the day that it took for today, or the one that it was given
    "enroll": lambda trial, on: trial.enroll(f"P{next(IDS)}", "A", by=COORDINATOR, version="1", on=on),
    "advance": lambda trial, on: trial.advance("P1", by=INVESTIGATOR, on=on),
    "advance_many": lambda trial, on: trial.advance_many(["P1"], by=INVESTIGATOR, on=on)[0],
    "record": lambda trial, on: trial.record_counts("P1", by=COORDINATOR, anc="2", platelets="99", on=on),
    "hold": lambda trial, on: trial.hold("P1", by=COORDINATOR, code="other", on=on),
}
KIRITIMATI, BAKER, CHICAGO = "Pacific/Kiritimati", "Etc/GMT+12", "America/Chicago"
NOON = datetime(2025, 6, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "hours", "today"), [
    (KIRITIMATI, -1, date(2025, 6, 16)),  # tomorrow by UTC
    (BAKER, -1, date(2025, 6, 14)),  # yesterday by UTC
    (BAKER, 0, date(2025, 6, 15)),
    (CHICAGO, -8, date(2025, 6, 14)),
    (CHICAGO, -7, date(2025, 6, 15)),
])  # fmt: skip
@pytest.mark.parametrize("offset", [UTC, timezone(timedelta(hours=14))], ids=str)
def test_a_command_goes_by_the_day_at_the_site(
    database_url: str, zone: str, hours: int, today: date, offset: timezone
) -> None:
    desk = Desk(database_url, zone=zone, now=NOON - timedelta(days=2))
    trial, said = desk.trial, f"{today} ({zone})"
    desk.walk()
    desk.clock.now = (NOON + timedelta(hours=hours)).astimezone(offset)
    assert (trial.zone(), trial.today()) == (zone, today)
    view = trial.show("P1")
    assert (view.as_of, view.today, view.zone) == (today, today, zone)
    assert (trial.next("P1").on, trial.next("P1", by=COORDINATOR).patient) == (today, view)
    page = trial.due()
    assert (page.on, page.today, page.zone) == (today, today, zone)
    with trial.transaction() as connection:
        assert trial.show("P1", connection=connection).as_of == today
    for name, ask in OF_THE_DAY.items():
        assumed, typed, later = (ask(trial, on) for on in (None, today, today + timedelta(days=1)))
        assert (assumed.occurred_on, assumed.today, assumed.zone) == (today, today, zone), name
        assert not any(reason.code == "dates.future" for reason in (*assumed.reasons, *typed.reasons)), name
        (future,) = (reason for reason in later.reasons if reason.code == "dates.future")
        assert future.message.endswith(f"is in the future; today is {said}"), name
    trial.add_person("nell", "coordinator", by=ADMIN, until=today)
    trial.add_person("otto", "coordinator", by=ADMIN, since=today + timedelta(days=1))
    assert trial.record_consent("P1", by=Actor("nell"), on=day(1)).allowed
    with pytest.raises(UnknownPerson, match=rf"^no role is otto's on {today} \({zone.replace('+', '.')}\)$"):
        trial.record_consent("P1", by=Actor("otto"), on=day(1))
    desk.check()
    desk.close()


def test_every_process_agrees_on_the_day(database_url: str) -> None:
    """Whatever zone its clock gives moments in."""
    desk = Desk(database_url, zone=CHICAGO)
    for offset in FROM:
        with Trial.open(
            database_url, clock=lambda offset=offset: NOON.astimezone(offset) - timedelta(hours=8)
        ) as trial:
            assert trial.today() == date(2025, 6, 14)
    desk.close()


def test_a_request_that_comes_again_answers_the_day_it_was(desk: Desk) -> None:
    desk.walk()
    said = {"by": COORDINATOR, "anc": "2", "platelets": "99", "request_id": "r-1"}
    first = desk.trial.record_counts("P1", **said)
    desk.clock.now += timedelta(days=3)
    again = desk.trial.record_counts("P1", **said)
    assert (again.seq, again.today, again.occurred_on) == (first.seq, date(2025, 6, 15), date(2025, 6, 15))


# ── how it is set ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_init_says_it_on_the_trials_chain(desk: Desk) -> None:
    kinds = [entry.kind for entry in desk.trial.log(Filter(chain="trial"))]
    assert kinds[:4] == ["trial_opened", "software_changed", "setting_changed", "content_installed"]
    (entry,) = desk.trial.log(Filter(kind=SETTING_CHANGED))
    assert (entry.data, entry.words) == ({"name": "zone", "value": "Europe/Berlin"}, "zone Europe/Berlin")
    assert (entry.actor.id, entry.actor.role, entry.outcome) == ("admin", "administrator", "allowed")


@pytest.mark.parametrize(
    ("said", "near"),
    [
        ("america/chicago", "did you mean America/Chicago?"),
        ("Chicago", "did you mean America/Chicago?"),
        ("new york", "did you mean America/New_York?"),
        ("Europe/Berln", "did you mean Europe/Berlin or Europe/Dublin?"),
        ("Mars/Olympus", "a zone is named as in America/Chicago"),
        ("localtime", "a zone is named as in America/Chicago"),
        ("posix/America/Chicago", "did you mean America/Chicago?"),
        ("right/UTC", "did you mean Etc/UTC or UTC?"),
        ("../America/Chicago", "did you mean America/Chicago?"),
        ("/usr/share/zoneinfo/UTC", "did you mean Etc/UTC or UTC?"),
        ("+02:00", "a zone is named as in America/Chicago"),
        ("CST6CDT,M3.2.0,M11.1.0", "a zone is named as in America/Chicago"),
        ("Amerika", "a zone is named as in America/Chicago"),
        ("", "a zone is named as in America/Chicago"),
        ("\x00", "a zone is named as in America/Chicago"),
        ("x" * 10_000, "a zone is named as in America/Chicago"),
    ],
)
def test_a_name_of_no_zone_makes_no_trial(sqlite_url: str, said: str, near: str) -> None:
    with pytest.raises(InvalidInput, match="no time zone") as error:
        Trial.init(sqlite_url, by=ADMIN, zone=said)
    assert error.value.hint == near
    with pytest.raises(InvalidInput, match="a zone is to be a text"):
        Trial.init(sqlite_url, by=ADMIN, zone=5)  # type: ignore[arg-type]
    Trial.init(sqlite_url, by=ADMIN, zone="UTC").close()  # nothing was there


def test_a_zone_that_this_machine_does_not_know_has_no_day(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no other stands in for it; what asks for no day goes on."""
    desk.walk()
    known = zones.find
    monkeypatch.setattr(zones, "find", lambda name: None if name == "Europe/Berlin" else known(name))
    before = desk.everything()
    for ask in (desk.trial.today, lambda: desk.counts("P1"), lambda: desk.trial.show("P1"), desk.trial.due):
        with pytest.raises(UnknownZone, match="zone is 'Europe/Berlin', which the time zone database of this machine"):
            ask()
    assert desk.everything() == before
    assert (desk.trial.zone(), len(desk.trial.log(Filter(patient="P1")))) == ("Europe/Berlin", 5)


# ── the machine's own ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("America/Chicago", "America/Chicago"),
        (":America/Chicago", "America/Chicago"),
        ("/usr/share/zoneinfo/America/Chicago", "America/Chicago"),
        (":/usr/share/zoneinfo/posix/America/Chicago", "America/Chicago"),
        ("EST5EDT", "EST5EDT"),
        ("", "UTC"),
        (":", "UTC"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", None),
        ("Foo/Bar", None),
        ("/home/me/own.tzif", None),
    ],
)
def test_the_machines_zone_by_the_variable(monkeypatch: pytest.MonkeyPatch, said: str, name: str | None) -> None:
    monkeypatch.setenv("TZ", said)
    if name is not None:
        assert site.of_this_machine() == name
        return
    with pytest.raises(InvalidInput, match="the zone of this machine has no name: TZ is '"):
        site.of_this_machine()


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("/usr/share/zoneinfo/America/Chicago", "America/Chicago"),
        ("../usr/share/zoneinfo/Europe/Berlin", "Europe/Berlin"),
        ("/var/db/timezone/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ("/etc/static/localtime", None),
        ("a copy", None),
        ("nothing", "UTC"),
    ],
)
def test_the_machines_zone_by_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, link: str, name: str | None
) -> None:
    file = tmp_path / "localtime"
    monkeypatch.setattr(site, "LOCALTIME", str(file))
    monkeypatch.delenv("TZ", raising=False)
    if link == "a copy":
        file.write_bytes(b"TZif")
    elif link != "nothing":
        file.symlink_to(link)
    if name is not None:
        assert site.of_this_machine() == name
        return
    with pytest.raises(InvalidInput, match=r"^the zone of this machine has no name: .* is a copy$"):
        site.of_this_machine()


# ── another one ────────────────────────────────────────────────────────────────────────────────────────────────────


def moved(desk: Desk, zone: str, **more: Any) -> str | None:
    return desk.trial.set_zone(zone, by=ADMIN, reason="the site moved", **more)


def test_another_zone_counts_from_the_next_command_on(desk: Desk) -> None:
    """For every process, and for none before."""
    desk.walk()
    first = desk.counts("P1")
    with desk.again() as other:
        assert other.today() == date(2025, 6, 15)
        desk.clock.now = datetime(2025, 6, 15, 13, tzinfo=UTC)
        assert moved(desk, KIRITIMATI) == "Europe/Berlin"
        assert {desk.trial.today(), other.today()} == {date(2025, 6, 16)}
        second = other.record_counts("P1", by=COORDINATOR, anc="2", platelets="99").or_raise()
    assert (first.occurred_on, second.occurred_on) == (date(2025, 6, 15), date(2025, 6, 16))
    set_, *_ = reversed(desk.trial.log(Filter(kind=SETTING_CHANGED)))
    assert (set_.data, set_.texts) == ({"name": "zone", "value": KIRITIMATI}, {"reason": "the site moved"})
    assert set_.occurred_on == date(2025, 6, 15)  # as it still was
    desk.check()


def test_the_day_goes_back_with_a_zone_and_what_was_recorded_stays(desk: Desk) -> None:
    desk.walk()
    desk.clock.now = datetime(2025, 6, 15, 23, tzinfo=UTC)
    today = desk.counts("P1")  # the 16th in Berlin
    moved(desk, CHICAGO)
    assert desk.trial.today() == date(2025, 6, 15)
    refused = desk.trial.record_counts("P1", by=COORDINATOR, anc="2", platelets="99", on=today.occurred_on)
    assert [reason.code for reason in refused.reasons] == ["dates.future"]
    assert desk.entries()[-2].occurred_on == date(2025, 6, 16)
    desk.clock.now += timedelta(days=1)
    moved(desk, "Europe/Berlin")
    moved(desk, CHICAGO)
    desk.check()


def test_the_same_zone_again_is_said(desk: Desk) -> None:
    before = desk.everything()
    for dry in (False, True):
        with pytest.raises(AlreadyExists, match="the trial's zone is Europe/Berlin already"):
            moved(desk, "Europe/Berlin", dry_run=dry)
    assert desk.everything() == before


def test_it_is_an_administrators_to_set_with_a_reason_and_a_name(desk: Desk) -> None:
    before = desk.everything()
    for by in (COORDINATOR, INVESTIGATOR):
        with pytest.raises(RefusedError, match="may not set the trial's zone"):
            desk.trial.set_zone(CHICAGO, by=by, reason="it is late here")
    with pytest.raises(UnknownPerson):
        desk.trial.set_zone(CHICAGO, by=Actor("nobody"), reason="it is late here")
    with pytest.raises(InvalidInput, match="the reason is empty"):
        desk.trial.set_zone(CHICAGO, by=ADMIN, reason=" ")
    with pytest.raises(InvalidInput, match="no time zone 'Chikago'") as error:
        moved(desk, "Chikago")
    assert error.value.hint == "did you mean America/Chicago?"
    assert moved(desk, CHICAGO, dry_run=True) == "Europe/Berlin"
    assert desk.everything() == before


def test_of_two_who_set_it_at_once_the_second_is_told(desk: Desk) -> None:
    said = together(desk, lambda trial: trial.set_zone(CHICAGO, by=ADMIN, reason="the site moved"))
    assert sorted(said) == ["AlreadyExists", "Europe/Berlin"]
    assert len(desk.trial.log(Filter(kind=SETTING_CHANGED))) == 2
    desk.check()


def together(desk: Desk, ask: Callable[[Trial], str | None]) -> list[str]:
    """What two say who ask at the same time, each in a thread with a trial of its own."""
    start = Barrier(2)

    def one() -> str:
        with desk.again() as trial:
            trial.zone()
            start.wait()
            try:
                return str(ask(trial))
            except AlreadyExists as error:
                return type(error).__name__

    with ThreadPoolExecutor(2) as pool:
        return [done.result() for done in [pool.submit(one) for _ in range(2)]]


def test_a_zone_set_while_a_command_waits_counts(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a lock waited with was read before; on SQLite nobody can write between the two."""
    desk = Desk(postgresql_url)
    desk.walk()
    desk.clock.now = datetime(2025, 6, 15, 13, tzinfo=UTC)
    with desk.again() as other:
        decided = meanwhile(monkeypatch, lambda trial: trial.set_zone(KIRITIMATI, by=ADMIN, reason="moved"), other)
        result = desk.counts("P1")
    assert (len(decided), result.today, result.zone) == (2, date(2025, 6, 16), KIRITIMATI)
    desk.check()
    desk.close()


def test_a_zone_set_while_a_command_waits_for_the_lock_counts(postgresql_url: str) -> None:
    desk = Desk(postgresql_url)
    desk.walk()
    desk.clock.now = datetime(2025, 6, 15, 13, tzinfo=UTC)
    with desk.again() as waits, ThreadPoolExecutor(1) as pool:
        with desk.plain.begin() as holds:
            holds.execute(sa.select(patient.c.chain).with_for_update())
            done = pool.submit(waits.record_counts, "P1", by=COORDINATOR, anc="2", platelets="99")
            waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            with desk.plain.connect() as watch:
                while not watch.execute(waiting).scalar():
                    watch.rollback()
            moved(desk, KIRITIMATI)
        assert done.result().or_raise().today == date(2025, 6, 16)
    desk.check()
    desk.close()


def test_what_was_rolled_back_is_not_remembered(desk: Desk) -> None:
    """The trial's chain got an entry, was read with it, and lost it again; another takes its number."""
    desk.walk()
    with desk.trial.transaction() as connection:
        assert not desk.trial.enroll("P2", "A", by=Actor("ada"), on=day(1), connection=connection).allowed
        assert desk.trial.show("P1", connection=connection).zone == "Europe/Berlin"
        connection.rollback()
    desk.clock.now = datetime(2025, 6, 15, 13, tzinfo=UTC)
    with desk.again() as other:
        other.set_zone(KIRITIMATI, by=ADMIN, reason="moved")
    assert desk.counts("P1").today == date(2025, 6, 16)
    desk.check()


# ── where none is set ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def earlier(database_url: str) -> Iterator[Desk]:
    """A database as it was made before there were zones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "set_zone", lambda *_: None)
        desk = Desk(database_url)
    yield desk
    desk.close()


def test_without_one_the_day_is_the_clocks_own(earlier: Desk) -> None:
    earlier.walk()
    for offset, today in ((14, date(2025, 6, 16)), (-12, date(2025, 6, 15))):
        earlier.clock.now = datetime(2025, 6, 16, 9, tzinfo=UTC).astimezone(timezone(timedelta(hours=offset)))
        result = earlier.counts("P1")
        assert (result.today, result.zone, earlier.trial.zone()) == (today, None, None)
        assert earlier.trial.today() == today
    future = earlier.trial.record_counts("P1", by=COORDINATOR, anc="1", platelets="9", on=date(2030, 1, 1))
    assert future.reasons[0].message == "2030-01-01 is in the future; today is 2025-06-15"
    earlier.check()


def test_an_upgrade_invents_none_and_one_can_be_set(earlier: Desk) -> None:
    earlier.walk()
    earlier.trial.upgrade(by=ADMIN, protocols=())
    assert earlier.trial.zone() is None
    earlier.clock.now = datetime(2025, 6, 16, 13, tzinfo=UTC)
    earlier.counts("P1")
    assert moved(earlier, KIRITIMATI) is None
    assert earlier.counts("P1").today == date(2025, 6, 17)
    earlier.check()
