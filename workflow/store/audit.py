"""Verification over a database: reads every table once, in order, and lets ``ledger.verify`` judge what it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from hashlib import sha256
from itertools import pairwise
from typing import Any, NamedTuple

import sqlalchemy as sa

from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.ledger.entry import PATIENT_PREFIX, PEOPLE_CHAIN, TRIAL_CHAIN, Texts, chain_of, instant
from workflow.ledger.replay import (
    COLUMNS,
    ChainCheck,
    Finding,
    PatientCheck,
    PeopleCheck,
    Report,
    TrialCheck,
    is_patient,
)
from workflow.protocol.model import Protocol
from workflow.store.schema import APPEND_ONLY, KEPT, chain, entry, entry_text, patient, person, protocol_version
from workflow.store.transaction import Row, Statement, Transaction

HEADS = Statement(sa.select(chain))
PEOPLE = Statement(sa.select(person))
VERSIONS = Statement(sa.select(protocol_version))

Cached = Callable[[Definition, Chart], dict[str, Any]]


class Definitions:
    """This software's definition of a protocol version, if its content is the one that an entry names; kept."""

    def __init__(self, protocol_of: Callable[[str], Protocol | None]) -> None:
        self._protocol_of = protocol_of
        self._found: dict[tuple[str, str], Definition | None] = {}

    def __call__(self, version: str, digest: str) -> Definition | None:
        key = (version, digest)
        if key not in self._found:
            protocol = self._protocol_of(version)
            found = Definition(protocol, remembers=True) if protocol is not None else None
            self._found[key] = found if found is not None and found.digest == digest else None
        return self._found[key]

    def compile(self, tx: Transaction) -> None:
        """Compile what is installed now, before the work is shared out."""
        for version, _, digest, *_ in tx.all(VERSIONS, {}):
            found = self(version, digest)
            if found is not None:
                for arm in found.protocol.arms:
                    found.machine(arm.key)


class Span(NamedTuple):
    """The chains from ``first`` up to, and without, ``before``; None is open."""

    first: str | None = None
    before: str | None = None

    def of(self, name: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        ends = [name >= sa.bindparam("first")] if self.first is not None else []
        ends += [name < sa.bindparam("before")] if self.before is not None else []
        return sa.and_(sa.true(), *ends)


WHOLE = Span()


def spans(tx: Transaction, count: int) -> tuple[Span, ...]:
    """``count`` spans with about as many entries each."""
    sizes = tx.connection.execute(sa.select(patient.c.id, patient.c.seq).order_by(patient.c.id)).all()
    share = sum(size for _, size in sizes) / count
    marks: list[str] = []
    taken = 0
    for id, size in sizes:
        if taken >= share * (len(marks) + 1) and len(marks) < count - 1:
            marks.append(chain_of(id))
        taken += size
    ends = [None, *marks, None]
    return tuple(Span(first, before) for first, before in pairwise(ends))


def verify(
    tx: Transaction,
    definition_of: Definitions,
    cached: Cached,
    span: Span = WHOLE,
    *,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Check the log, or a span of it. ``progress`` is told how many entries were read.

    What is no chain's - people, protocol versions, triggers - is checked where the trial's own chain is: in the last
    span.
    """
    report = Report()

    def check_of(name: str) -> ChainCheck:
        if is_patient(name):
            return PatientCheck(name, report, definition_of, cached)
        if name == TRIAL_CHAIN:
            return trial
        if name == PEOPLE_CHAIN:
            return people
        return ChainCheck(name, report)

    trial, people = TrialCheck(TRIAL_CHAIN, report, definition_of), PeopleCheck(PEOPLE_CHAIN, report)
    texts = _texts(tx, span)
    rows = _rows(tx, span)
    names = (*(entry.c[name] for name in COLUMNS), entry.c.body, entry.c.hash)
    entries = sa.select(*names).where(span.of(entry.c.chain)).order_by(entry.c.chain, entry.c.seq)
    check: ChainCheck | None = None
    for batch in tx.stream(Statement(entries), span._asdict()):
        for row in batch if tx.sqlite else map(_plain, batch):
            name = row[0]
            if check is None or check.chain != name:
                if check is not None:
                    check.finish(rows.pop(check.chain, None))
                check = check_of(name)
            check.take(row[:-2], row[-2], row[-1], texts.pop((name, row[1]), {}) if texts else {})
        if progress is not None:
            progress(report.entries)
    if check is not None:
        check.finish(rows.pop(check.chain, None))
    for name in rows:
        report.findings.append(Finding(name, None, "entries", f"{name} has a row, but no entries"))
    for name, seq in texts:
        report.findings.append(Finding(name, seq, "text", f"there is a text of entry {seq}, which does not exist"))
    if span.before is None:
        _compare_versions(tx, trial)
        _compare_people(tx, people)
        _check_triggers(tx, report)
    return report


def _plain(row: Row) -> Row:
    """A row of PostgreSQL as SQLite gives it: dates and moments as text, bytes as bytes."""
    return tuple(_plain_value(value) for value in row)


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return bytes(value) if isinstance(value, memoryview) else value


def _texts(tx: Transaction, span: Span) -> dict[tuple[str, int], Texts]:
    found: dict[tuple[str, int], dict[str, tuple[bytes, str]]] = {}
    query = sa.select(entry_text).where(span.of(entry_text.c.chain))
    for name, seq, field, salt, text in tx.all(Statement(query), span._asdict()):
        found.setdefault((name, seq), {})[field] = (bytes(salt), text)
    return dict(found)


def _rows(tx: Transaction, span: Span) -> dict[str, dict[str, Any]]:
    """Chain to the row that caches its end."""
    names = [column.name for column in patient.columns]
    rows = {}
    within = span.of(sa.literal_column(f"'{PATIENT_PREFIX}'", sa.Text) + patient.c.id)
    for row in map(_plain, tx.all(Statement(sa.select(patient).where(within)), span._asdict())):
        values = dict(zip(names, row, strict=True))
        rows[PATIENT_PREFIX + values["id"]] = values
    if span.before is None:
        for name, seq, head in _table(tx, HEADS):
            rows[name] = {"seq": seq, "head": head}
    return rows


def _table(tx: Transaction, statement: Statement) -> Iterator[Row]:
    return (_plain(row) for row in tx.all(statement, {}))


def _compare_versions(tx: Transaction, trial: TrialCheck) -> None:
    rest = dict(trial.installed)
    for version, name, digest, content, installed_at in _table(tx, VERSIONS):
        said = rest.pop(version, None)
        there = {"trial": name, "version": version, "digest": digest, "installed_at": installed_at}
        if said is None:
            trial.find(
                None, "version", f"protocol version {version} is there, and the log does not say it was installed"
            )
        elif said != there:
            wrong = ", ".join(key for key in there if said[key] != there[key])
            trial.find(None, "version", f"protocol version {version}: {wrong} is not what the log says")
        if sha256(content).hexdigest() != digest:
            trial.find(None, "version", f"the content of protocol version {version} does not hash to its digest")
    for version in rest:
        trial.find(None, "version", f"protocol version {version} was installed, and is missing")


def _compare_people(tx: Transaction, check: PeopleCheck) -> None:
    rest = dict(check.people)
    for id, role, login, active in _table(tx, PEOPLE):
        said = rest.pop(id, None)
        there = {"role": role, "login": login, "active": active}
        if said is None:
            check.find(None, "person", f"{id} is among the people, and the log does not say they were added")
        elif said != there:
            wrong = ", ".join(f"{key} {there[key]!r}, not {said[key]!r}" for key in there if said[key] != there[key])
            check.find(None, "person", f"{id} has {wrong}")
    for id in rest:
        check.find(None, "person", f"{id} was added, and is missing")


def missing_triggers(tx: Transaction) -> tuple[str, ...]:
    """The triggers that close the log to change and are not there, or not enabled."""
    if tx.sqlite:
        there = {row[0] for row in tx.all(_SQLITE_TRIGGERS, {})}
        wanted = [f"{table}_no_delete" for table in (*APPEND_ONLY, *KEPT)]
        wanted += [f"{table}_{what}" for table in APPEND_ONLY for what in ("no_update", "no_replace")]
    else:
        there = {row[0] for row in tx.all(_POSTGRESQL_TRIGGERS, {})}
        wanted = [f"{table}_{what}" for table in (*APPEND_ONLY, *KEPT) for what in ("no_change", "no_truncate")]
    return tuple(name for name in wanted if name not in there)


_SQLITE_TRIGGERS = Statement(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
_POSTGRESQL_TRIGGERS = Statement(
    sa.text(
        "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal AND tgenabled = 'A' AND pg_table_is_visible(pg_class.oid)"
    )
)


def _check_triggers(tx: Transaction, report: Report) -> None:
    for name in missing_triggers(tx):
        report.findings.append(
            Finding("database", None, "trigger", f"the trigger {name} is missing: the log was open to change")
        )
