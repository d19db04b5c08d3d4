"""A trial at work on the toy protocol: people at a desk, a clock that the test sets, patients walked to a state.

The calendar of everybody who is walked: enrolled on 1 January 2024, treated from 8 January (``day(1)``) on, every cycle
on the day it is due.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from tests.toy import TOY
from workflow import Actor, Entry, Filter, PatientView, Result, Trial
from workflow.ledger.report import Report
from workflow.protocol.model import Protocol
from workflow.store.schema import patient as patient_table

ADMIN = Actor("admin")
INVESTIGATOR = Actor("ines")
COORDINATOR = Actor("carl")
AUDITOR = Actor("ada")
ROLES = {INVESTIGATOR: "investigator", COORDINATOR: "coordinator", AUDITOR: "auditor"}

START = date(2024, 1, 8)
ENROLLED = date(2024, 1, 1)


def day(number: int) -> date:
    """Day ``number`` of treatment; day 1 is the first."""
    return START + timedelta(days=number - 1)


# Where the step before leads, which step that is, and when it is taken; counts are taken on the day before.
PATH = (
    ("enrolled", "register", date(2024, 1, 3)),
    ("treatment.induction.1", "start_cycle", day(1)),
    ("treatment.consolidation.2", "start_cycle", day(29)),
    ("treatment.consolidation.3", "start_cycle", day(57)),
    ("treatment.maintenance.1", "start_cycle", day(85)),
    ("treatment.maintenance.2", "start_cycle", day(127)),
    ("treatment.maintenance.3", "start_cycle", day(169)),
    ("follow_up.day_30", "complete_treatment", day(211)),
    ("follow_up.long_term", "visit", day(241)),
)
INDUCTION = "treatment.induction.1"
CONSOLIDATION = "treatment.consolidation.2"
MAINTENANCE = "treatment.maintenance.1"
DAY_30 = "follow_up.day_30"
LONG_TERM = "follow_up.long_term"
OFF_STUDY = "off_study"


class Clock:
    """Stands still until it is told otherwise; each reading is one microsecond later than the one before."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now


class Desk:
    """A new trial at ``url``, with its people. Dates default to the day that it is in ``zone``, 15 June 2025."""

    def __init__(
        self,
        url: str | sa.Engine,
        *,
        protocols: Iterable[Protocol] = (TOY,),
        zone: str = "Europe/Berlin",
        now: datetime = datetime(2025, 6, 15, 12, tzinfo=timezone(timedelta(hours=2))),
    ) -> None:
        self.url = url if isinstance(url, str) else url.url.render_as_string(hide_password=False)
        self.clock = Clock(now)
        self.trial = Trial.init(url, by=ADMIN, protocols=protocols, zone=zone, clock=self.clock)
        for who, role in ROLES.items():
            self.trial.add_person(who.id, role, by=ADMIN)

    def again(self, **more: Any) -> Trial:
        """The same trial, opened once more with connections of its own."""
        return Trial.open(self.url, clock=self.clock, **more)

    def close(self) -> None:
        self.trial.close()

    # ── patients ─────────────────────────────────────────────────────────────────────────────────────────────────

    def enrol(self, *ids: str, arm: str = "A", connection: sa.Connection | None = None) -> None:
        for id in ids:
            self.trial.enroll(id, arm, by=COORDINATOR, on=ENROLLED, connection=connection).or_raise()

    def walk(self, id: str = "P1", to: str = INDUCTION, *, arm: str = "A") -> PatientView:
        """Enrol a patient and take them along the path as far as ``to``."""
        self.enrol(id, arm=arm)
        if to != "screening":
            self.trial.record_consent(id, by=COORDINATOR, on=ENROLLED).or_raise()
            self.trial.record_eligibility(
                id, by=COORDINATOR, route="IN01", others_in_order=True, on=ENROLLED
            ).or_raise()
            self.onward(id, to)
        return self.trial.show(id)

    def onward(self, id: str, to: str) -> None:
        """From wherever the patient stands along the path to ``to``."""
        names = [state for state, _, _ in PATH]
        here = self.trial.show(id).state
        first = names.index(here) + 1 if here in names else 0
        for state, trigger, on in PATH[first : names.index(to) + 1]:
            if state.startswith("treatment.consolidation"):
                self.counts(id, on=on - timedelta(days=1))
            self.step(id, trigger, on=on)

    def step(self, id: str, trigger: str, *, on: date | None = None, **more: Any) -> Result:
        return self.trial.advance(id, trigger, by=INVESTIGATOR, on=on, **more).or_raise()

    def counts(self, id: str, *, on: date | None = None, anc: str = "2.5", platelets: str = "120") -> Result:
        return self.trial.record_counts(id, by=COORDINATOR, anc=anc, platelets=platelets, on=on).or_raise()

    def leave(self, id: str, *, on: date | None = None) -> Result:
        """Off the study, for good."""
        return self.step(id, "withdraw", on=on)

    # ── what is there ────────────────────────────────────────────────────────────────────────────────────────────

    def state(self, id: str = "P1") -> str:
        return self.trial.show(id).state

    def seq(self, id: str = "P1") -> int:
        return self.trial.show(id).seq

    def entries(self, id: str = "P1") -> tuple[Entry, ...]:
        return self.trial.log(Filter(patient=id))

    def last(self, id: str = "P1") -> Entry:
        return self.entries(id)[-1]

    @cached_property
    def plain(self) -> sa.Engine:
        """The database over connections that are not the library's."""
        return sa.create_engine(self.url, poolclass=sa.NullPool)

    def rows(self, table: sa.Table = patient_table) -> list[dict[str, Any]]:
        """A table's rows as they are stored."""
        with self.plain.connect() as connection:
            return rows(connection, table)

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table: what a command that writes nothing leaves as it was."""
        with self.plain.connect() as connection:
            return {name: rows(connection, table) for name, table in patient_table.metadata.tables.items()}

    def verify(self) -> Report:
        return self.trial.verify()

    def check(self) -> None:
        """The log is sound, and decides today as it did then."""
        report = self.verify()
        assert (report.findings, report.differences, report.undecided) == ([], [], 0)


def rows(connection: sa.Connection, table: sa.Table) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()]
