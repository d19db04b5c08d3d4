"""Make the databases that every later release has to open, upgrade, verify and write to.

``make upgrade-fixture`` writes ``toy.sql`` and ``trial.sql`` beside this file: each a whole SQLite database as
SQL text, bytes in hex, made by the software as it is now. They are made once for a release and then kept: a file that
could be made again would show nothing.

Every kind of entry and of fact is in them, every outcome and mode, texts, request ids, corrections, several roles.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from tests.toy import TOY
from workflow import Actor, Result, Trial, trials
from workflow.engine.facts import contact
from workflow.protocol.model import Protocol, Purpose, ResponseMeaning

HERE = Path(__file__).parent

ADMIN = Actor("admin", assurance="os", via="root")
INES = Actor("ines", assurance="os", via="ward")
CARL = Actor("Carl", via="bed-planner")
ADA = Actor("ada")
BOTH = Actor("noor", role="investigator")


@dataclass(frozen=True, slots=True)
class Case:
    """What one of the two databases is about."""

    protocol: Protocol
    routes: dict[str, str]  # by arm
    start: date
    event: str  # a term that holds nothing by itself
    stops: tuple[str, str]  # a term and the agent that it stops


CASES = {
    "toy": Case(TOY, {"A": "IN01"}, date(2024, 1, 8), "nausea", ("liver_injury", "alpha")),
    "trial": Case(
        trials.find("2025-12-18"),
        {"III": "IN01", "II": "IN08", "I": "IN02"},
        date(2024, 1, 8),
        "headache",
        ("sinusoidal_obstruction_syndrome", "inotuzumab"),
    ),
}


class Clock:
    """A new moment each time, always the same ones: the clock of the site, two hours ahead of UTC's date or not."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=61, microseconds=7)
        return self.now


def salts() -> Iterator[bytes]:
    return (number.to_bytes(16, "big") for number in count(1))


class Study:
    """One trial, and the people who run it."""

    def __init__(self, file: Path, case: Case) -> None:
        self.case = case
        self.trial = Trial.init(str(file), by=ADMIN, protocols=[case.protocol], zone="UTC", clock=Clock())
        self.definition = self.trial.definition()
        self.exits = {
            purpose: self.definition.triggers_for(purpose)[0]
            for purpose in (Purpose.WITHDRAWAL, Purpose.LOSS, Purpose.DEATH, Purpose.PROGRESSION)
        }

    def run(self) -> None:
        self.people()
        arms = tuple(self.case.routes)
        for number, arm in enumerate(arms if len(arms) > 1 else 3 * arms):
            self.whole_course(f"P-{number + 1:04}", arm)
            self.troubles(f"q-{number + 1:04}", arm)
            self.ends(number, arm)
        self.said()
        self.trial.close()

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────

    def people(self) -> None:
        trial = self.trial
        trial.add_person("ines", "investigator", by=ADMIN, login="ward", since=date(2024, 1, 1))
        trial.add_person("Carl", "coordinator", by=ADMIN)
        trial.add_person("ada", "auditor", by=ADMIN, login="ada", until=date(2040, 12, 31))
        trial.add_person("noor", "coordinator", by=ADMIN)
        trial.add_person("noor", "investigator", by=ADMIN)
        trial.add_person("gone", "coordinator", by=ADMIN, login="gone")
        trial.deactivate_person("gone", by=ADMIN)
        trial.add_person("gone", "investigator", by=INES)  # refused
        trial.add_person("ada", "coordinator", by=ADMIN)  # refused: an auditor does nothing else

    # ── patients ─────────────────────────────────────────────────────────────────────────────────────────────────

    def enrolled(self, id: str, arm: str) -> None:
        trial, day = self.trial, self.case.start - timedelta(days=7)
        trial.enroll(id, arm, by=CARL, on=day, version=self.case.protocol.version).or_raise()
        trial.record_consent(id, by=CARL, on=day, at="09:15", note="signed at the ward; ü €").or_raise()
        said: dict[str, Any] = {"route": self.case.routes[arm], "others_in_order": True}
        trial.record_eligibility(id, by=INES, on=day + timedelta(days=1), **said).or_raise()
        self.step(id, day + timedelta(days=2))
        self.step(id, self.case.start)

    def step(self, id: str, on: date, **more: Any) -> Result:
        return self.trial.advance(id, by=INES, on=on, **more).or_raise()

    def counts(self, id: str, on: date, anc: str = "2.5", **more: Any) -> Result:
        return self.trial.record_counts(id, by=CARL, anc=anc, platelets="120", on=on, **more).or_raise()

    def cycle(self, id: str) -> date:
        """On to the next cycle on the day it is due, with counts of the day before; the day."""
        window = self.trial.show(id).window
        assert window is not None
        self.counts(id, window.due - timedelta(days=1))
        self.step(id, window.due)
        return window.due

    def whole_course(self, id: str, arm: str) -> None:
        """Through all cycles into follow-up and to its end, with a dose in each cycle."""
        self.enrolled(id, arm)
        trial = self.trial
        agents = self.definition.agents_of(arm)
        for number in count():
            view = trial.show(id)
            if not view.standing.on_treatment or number == 6:
                break
            agent = agents[number % len(agents)]
            day = view.standing.cycle_from
            assert day is not None
            trial.record_dose(id, by=CARL, agent=agent, amount="1.5", unit="mg/m2", on=day).or_raise()
            self.cycle(id)
        if trial.show(id).standing.on_treatment:
            on = trial.show(id).standing.since + timedelta(days=5)
            code = self.definition.codes["stop_treatment"][0]
            trial.advance(id, "stop_treatment", by=INES, on=on, code=code, reason="by their wish").or_raise()
        for _ in range(2):
            view = trial.show(id)
            assert view.window is not None
            on = max(view.window.due, view.standing.since)
            trial.advance(id, by=CARL, on=on, reason="by appointment", request_id=f"visit/{id}/{on}").or_raise()
        trial.record_response(id, by=INES, response=self.response(ResponseMeaning.REMISSION), mrd="negative")
        trial.record(id, contact.telling("in_remission", "telephone"), by=CARL)

    def response(self, meaning: ResponseMeaning) -> str:
        return next(one.key for one in self.definition.protocol.responses if one.meaning is meaning)

    def troubles(self, id: str, arm: str) -> None:
        """Everything that can go wrong on the way, and its repair."""
        trial, start, agents = self.trial, self.case.start, self.definition.agents_of(arm)
        day = [start + timedelta(days=number) for number in range(60)]
        trial.enroll("x-0001", arm, by=ADA, on=start, version=self.case.protocol.version)  # refused
        self.enrolled(id, arm)

        trial.advance(id, by=CARL, on=day[9], request_id=f"early/{id}")  # refused: too early, and no counts
        self.counts(id, day[20], anc="0.3", request_id=f"counts/{id}")
        self.counts(id, day[20], anc="0.4", request_id=f"counts/{id}/2", at="16:00")
        wrong = self.counts(id, day[27])
        trial.correct(id, wrong.seq or 0, by=CARL, reason="another patient's sample").or_raise()
        trial.correct(id, 1, by=CARL, reason="to see it refused")  # refused
        self.step(id, day[28], override=True, reason="counts are on their way")

        said: dict[str, Any] = {"term": self.case.event, "grade": 3, "attributed": [agents[0]], "serious": True}
        event = trial.record_adverse_event(id, by=INES, on=day[30], **said, note="in the night").or_raise()
        news: dict[str, Any] = {"by": INES, "on": day[33], "grade": 1, "attributed": []}
        trial.update_adverse_event(id, event.seq or 0, **news, request_id=f"news/{id}").or_raise()
        trial.update_adverse_event(id, event.seq or 0, by=CARL, resolved=day[36]).or_raise()
        trial.hold(id, by=CARL, code="infection", on=day[37]).or_raise()
        trial.hold(id, by=CARL, code="infection", on=day[37])  # refused
        trial.advance(id, by=CARL, on=day[56])  # refused: on hold
        trial.resume(id, by=CARL, on=day[40]).or_raise()
        trial.resume(id, by=CARL, on=day[41])  # refused: nothing to resume
        window = trial.show(id).window
        assert window is not None
        late = window.due + timedelta(days=7)
        self.counts(id, late - timedelta(days=3))
        trial.advance(id, by=BOTH, on=late, reason="the ward was full").or_raise()
        day = [late + timedelta(days=number) for number in range(60)]

        term, agent = self.case.stops
        trial.record_adverse_event(id, by=CARL, term=term, grade=2, on=day[7]).or_raise()
        if agent in agents:
            trial.record_dose(id, by=CARL, agent=agent, on=day[8])  # refused: stopped, or held
            kept: dict[str, Any] = {"happened": True, "reason": "given before the result was known"}
            trial.record_dose(id, by=CARL, agent=agent, amount="0.3", unit="mg/m2", on=day[8], **kept).or_raise()
        trial.advance(id, by=INES, on=day[12], happened=True, reason="it was begun at another site").or_raise()
        trial.record_response(id, by=INES, response=self.response(ResponseMeaning.PROGRESSION), on=day[17])
        trial.advance(id, by=INES, on=day[37])  # refused: progression
        exit = self.exits[Purpose.PROGRESSION]
        code = self.definition.codes[exit][0]
        left = trial.advance(id, exit, by=INES, on=day[38], code=code, note="seen on the scan").or_raise()
        trial.correct(id, left.seq or 0, by=INES, on=day[39], reason="a day later").or_raise()
        trial.redact(id, left.seq or 0, by=ADMIN, reason="it said more than it should").or_raise()
        trial.redact(id, (left.seq or 0) + 1, by=CARL, field="reason", reason="to see it refused")  # refused

    def said(self) -> None:
        """What is said of entries: deviations acknowledged, a query, a review signed off."""
        trial = self.trial
        for one in list(trial.deviations()):
            trial.acknowledge(one.patient, [one.entry], "minor", by=INES, reason="no harm done").or_raise()
        trial.acknowledge(one.patient, [one.entry], "none", by=CARL)  # refused
        query = trial.ask_query(one.patient, one.entry, "who gave it?", by=ADA).or_raise().seq or 0
        trial.answer_query(one.patient, query, "the night shift", by=CARL, request_id="answer").or_raise()
        trial.close_query(one.patient, query, by=ADA).or_raise()
        for review in trial.review():
            trial.sign_review(
                review.patient, review.seq, review.hash, "minor", by=ADA, note="see the queries"
            ).or_raise()

    def ends(self, number: int, arm: str) -> None:
        """The other ways a patient leaves."""
        trial, start = self.trial, self.case.start
        ids = [f"E-{number}{end}" for end in range(5)]
        for id in ids:
            self.enrolled(id, arm)
        unacceptable: dict[str, Any] = {"term": self.case.event, "grade": 4, "attributed": [], "unacceptable": True}
        trial.record_adverse_event(ids[0], by=INES, on=start + timedelta(days=4), **unacceptable).or_raise()
        for id, purpose in zip(ids[1:4], (Purpose.WITHDRAWAL, Purpose.LOSS, Purpose.DEATH), strict=True):
            exit = self.exits[purpose]
            code = self.definition.codes[exit][0]
            on = start + timedelta(days=12)
            trial.advance(id, exit, by=CARL, on=on, code=code).or_raise()
        fatal: dict[str, Any] = {"term": self.case.event, "grade": 5, "attributed": []}
        trial.record_adverse_event(ids[4], by=INES, on=start + timedelta(days=3), **fatal).or_raise()
        trial.advance_many(ids[4:], by=CARL, on=start + timedelta(days=25))  # refused
        trial.enroll(f"S-{number}", arm, by=CARL, on=start, version=self.case.protocol.version).or_raise()
        anew: dict[str, Any] = {"by": CARL, "on": start, "version": self.case.protocol.version}
        trial.enroll(f"W-{number}", arm, instead_of=f"S-{number}", reason="a wrong number", **anew).or_raise()


def made(name: str, file: Path) -> None:
    """The database of a case, in a SQLite file."""
    number = salts()
    with patch("os.urandom", lambda size: next(number)[-size:]):
        Study(file, CASES[name]).run()


def dumped(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return "\n".join(connection.iterdump()) + "\n"


def main(folder: Path) -> None:
    with TemporaryDirectory() as temporary:
        for name in CASES:
            file = Path(temporary) / f"{name}.db"
            made(name, file)
            (folder / f"{name}.sql").write_text(dumped(file), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
