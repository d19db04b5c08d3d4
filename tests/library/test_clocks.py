"""Both clocks: what was true on a day by what stands, and what was known when it ended.

What decides is a copy of the database, made when the day ended and asked on that day: the last database is asked for
what was known by then, and has to answer the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.library.copies import all_reads, asked_at, copied, require_same
from tests.library.desk import ADMIN, AUDITOR, COORDINATOR, INVESTIGATOR, Desk
from tests.toy import toy
from workflow import Actor

BERLIN, CHICAGO, KIRITIMATI = "Europe/Berlin", "America/Chicago", "Pacific/Kiritimati"
NEW, LEAVER = Actor("nell"), Actor("leo")
PEOPLE = (ADMIN, COORDINATOR, INVESTIGATOR, AUDITOR, NEW, LEAVER)
PATIENTS = ("P1", "P2", "P3", "p4", "P9")
FIRST = date(2024, 1, 1)
Work = Callable[[Desk], Any]


def on(number: int) -> date:
    """Day ``number`` of the history; the first is 1 January 2024."""
    return FIRST + timedelta(days=number - 1)


def as_told(entry: int, **more: Any) -> dict[str, Any]:
    return {"by": COORDINATOR, "corrects": entry, "reason": "mistyped", **more}


def admit(desk: Desk, id: str, number: int) -> None:
    """Enrolled, consented, eligible, registered and on treatment, all on one day."""
    trial = desk.trial
    trial.enroll(id, "A", by=COORDINATOR, on=on(number), version="1").or_raise()
    trial.record_consent(id, by=COORDINATOR, on=on(number)).or_raise()
    trial.record_eligibility(id, by=COORDINATOR, route="IN01", others_in_order=True, on=on(number)).or_raise()
    desk.step(id, "register", on=on(number))
    desk.step(id, "start_cycle", on=on(number))


def event(desk: Desk, id: str, number: int, **more: Any) -> Any:
    told = {"term": "nausea", "grade": 3, "attributed": ["alpha"], **more}
    return desk.trial.record_adverse_event(id, by=INVESTIGATOR, on=on(number), **told)


# What is done on which day: late facts, corrections of each kind, refusals, people and protocols that come and go.
HISTORY: dict[int, tuple[Work, ...]] = {
    1: (
        lambda d: admit(d, "P1", 1),
        lambda d: d.trial.enroll("P2", "A", by=COORDINATOR, on=on(1), version="1"),
        lambda d: d.trial.add_person("leo", "coordinator", by=ADMIN),
    ),
    2: (
        lambda d: d.trial.advance("P1", by=INVESTIGATOR, on=on(2)),  # too early
        lambda d: d.counts("P1", on=on(2), anc="0.4"),
        lambda d: d.trial.record_dose("P1", by=LEAVER, agent="alpha", amount="1", unit="mg", on=on(1)),
    ),
    3: (
        lambda d: d.trial.record_counts("P1", anc="1.4", platelets="120", **as_told(7)),  # another value in its place
        lambda d: d.trial.hold("P1", by=COORDINATOR, code="other", on=on(2)),
        lambda d: d.trial.deactivate_person("leo", by=ADMIN),
        lambda d: d.trial.record_consent("P2", by=LEAVER if d.trial.people_of("x") else COORDINATOR, on=on(1)),
    ),
    5: (
        lambda d: d.trial.add_person("nell", "investigator", by=ADMIN, since=on(4), until=on(60)),
        lambda d: d.trial.resume("P1", by=COORDINATOR, on=on(4)),
        lambda d: event(d, "P1", 3),
        lambda d: admit(d, "P3", 4),
    ),
    6: (
        lambda d: d.trial.correct("P1", 13, by=COORDINATOR, reason="of another patient"),  # refused: not theirs to do
        lambda d: d.trial.correct("P3", 5, by=INVESTIGATOR, reason="not begun", on=on(5)),  # a step, of another day
        lambda d: d.trial.set_zone(CHICAGO, by=ADMIN, reason="the site moved"),
    ),
    20: (
        lambda d: d.trial.correct("P1", 13, by=INVESTIGATOR, reason="of another patient"),
        lambda d: event(d, "P3", 6, grade=4, unacceptable=True, attributed=None),  # and off treatment
        lambda d: d.trial.install(toy(version="2"), by=ADMIN),
        lambda d: d.trial.enroll("p4", "A", by=COORDINATOR, on=on(15), version="2"),
    ),
    21: (
        lambda d: d.trial.correct("P3", d.seq("P3") - 1, by=INVESTIGATOR, reason="it was not"),  # with its consequence
        lambda d: d.trial.add_person("leo", "coordinator", by=ADMIN, login="leo"),
    ),
    30: (
        lambda d: d.counts("P1", on=on(29)),
        lambda d: d.step("P1", "start_cycle", on=on(29)),
        lambda d: d.counts("P1", on=on(28), anc="0.1"),  # late: it would have been refused
        lambda d: d.trial.record_dose(
            "P1", by=INVESTIGATOR, agent="beta", on=on(29), happened=True, reason="it was given"
        ),
    ),
    31: (lambda d: d.trial.set_zone(KIRITIMATI, by=ADMIN, reason="a day ahead"),),
    33: (
        lambda d: d.trial.set_zone(BERLIN, by=ADMIN, reason="back"),
        lambda d: d.leave("P2", on=on(32)),
        lambda d: d.trial.correct("P2", d.seq("P2"), by=INVESTIGATOR, reason="not them"),
    ),
}
HOURS = (8, 12, 18)


Copies = dict[date, tuple[str, datetime]]  # day to the last copy that was made on it, and when that was


def told(desk: Desk, history: dict[int, tuple[Work, ...]], copy: Callable[[date], str]) -> Copies:
    """The history told to ``desk``: a copy before each change, and when the day ends; the last of a day counts."""
    copies: Copies = {}

    def keep() -> None:
        copies[desk.trial.today()] = copy(desk.trial.today()), desk.clock.now

    for number in range(1, max(history) + 2):
        for place, work in enumerate(history.get(number, ())):
            zone = ZoneInfo(desk.trial.zone() or "UTC")
            then = datetime.combine(on(number), time(HOURS[place % 3]), zone).astimezone(UTC)
            end_day(desk, then, keep)
            desk.clock.now = max(desk.clock.now, then)
            keep()
            work(desk)
    end_day(desk, datetime.max.replace(tzinfo=UTC), keep)
    return copies


def end_day(desk: Desk, then: datetime, keep: Callable[[], None]) -> None:
    """On to the last moment of the day, if ``then`` is behind it."""
    zone = ZoneInfo(desk.trial.zone() or "UTC")
    midnight = datetime.combine(desk.trial.today() + timedelta(days=1), time(), zone).astimezone(UTC)
    if midnight <= then:
        desk.clock.now = midnight - timedelta(seconds=1)
        keep()


@pytest.fixture
def lively(sqlite_url: str) -> Iterator[tuple[Desk, Copies]]:
    """A desk after the whole history, and long after; and the copies."""
    desk = Desk(sqlite_url, now=datetime(2024, 1, 1, 7, tzinfo=ZoneInfo(BERLIN)))
    copies = told(desk, HISTORY, lambda day: copied(sqlite_url, f"copy-{day}.db"))
    desk.clock.now = datetime(2024, 6, 1, 12, tzinfo=UTC)
    desk.counts("P1", on=on(3), anc="0.2")  # long after, of a day long before
    desk.trial.enroll("P9", "A", by=COORDINATOR, on=on(2), version="1").or_raise()
    yield desk, copies
    desk.close()


def test_it_answers_what_a_copy_of_that_day_answers(lively: tuple[Desk, Copies]) -> None:
    desk, copies = lively
    desk.check()
    assert len(copies) == 11
    for day, (url, moment) in copies.items():
        with asked_at(url, moment) as copy:
            theirs = all_reads(copy, day, patients=PATIENTS, people=PEOPLE)
        ours = all_reads(desk.trial, day, patients=PATIENTS, people=PEOPLE, known_by=day)
        require_same(ours, theirs, day)
