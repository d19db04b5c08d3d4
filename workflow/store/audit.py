"""Verification over a database: reads every table once, in order, and lets ``ledger.replay`` judge what it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from hashlib import sha256
from itertools import pairwise
from typing import Any, NamedTuple

import sqlalchemy as sa

from workflow.engine.course import Definition
from workflow.errors import WorkflowError
from workflow.ledger.entry import COLUMNS, PEOPLE_CHAIN, TRIAL_CHAIN, Texts, instant
from workflow.ledger.replay import (
    ChainCheck,
    Finding,
    PatientCheck,
    PeopleCheck,
    Report,
    RequestCheck,
    TrialCheck,
    in_use_by,
    is_patient,
)
from workflow.protocol import content as protocols
from workflow.store import log
from workflow.store.schema import APPEND_ONLY, KEPT, chain, content, entry, entry_text, patient, person, request
from workflow.store.transaction import Row, Statement, Transaction

HEADS = Statement(sa.select(chain))
PEOPLE = Statement(sa.select(person))
CONTENTS = Statement(sa.select(content))


class Definitions:
    """The definitions of what is installed, compiled from the bytes in the database, if they hash to their digest."""

    def __init__(self, tx: Transaction) -> None:
        """Read and compile them all, before the work is shared out."""
        self._found: dict[str, Definition] = {}
        for digest, _, _, _, data, _ in _table(tx, CONTENTS):
            if sha256(data).hexdigest() != digest:
                continue  # which is a finding; what was decided under it stays undecided
            try:
                self._found[digest] = _compiled(data, digest)
            except (WorkflowError, LookupError, TypeError, ValueError):
                continue  # no protocol that can be run, whoever put it there

    def __call__(self, digest: str) -> Definition | None:
        return self._found.get(digest)


def _compiled(data: bytes, digest: str) -> Definition:
    definition = Definition(protocols.decode(data), digest=digest)
    for arm in definition.protocol.arms:
        definition.machine(arm.key)
    return definition


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
    sizes = tx.connection.execute(sa.select(patient.c.chain, patient.c.seq).order_by(patient.c.chain)).all()
    share = sum(size for _, size in sizes) / count
    marks: list[str] = []
    taken = 0
    for name, size in sizes:
        if taken >= share * (len(marks) + 1) and len(marks) < count - 1:
            marks.append(name)
        taken += size
    ends = [None, *marks, None]
    return tuple(Span(first, before) for first, before in pairwise(ends))


def verify(
    tx: Transaction,
    span: Span = WHOLE,
    definition_of: Definitions | None = None,
    *,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Check the log, or a span of it. ``progress`` is told how many entries were read.

    What is no chain's - people, protocols, requests, triggers - is checked where the trial's own chain is: in the last
    span.
    """
    report = Report()
    definition_of = definition_of or Definitions(tx)
    in_use = in_use_by(log.bodies(tx, TRIAL_CHAIN))

    def check_of(name: str) -> ChainCheck:
        if is_patient(name):
            return PatientCheck(name, report, in_use, definition_of)
        if name == TRIAL_CHAIN:
            return trial
        if name == PEOPLE_CHAIN:
            return people
        return ChainCheck(name, report, in_use)

    trial = TrialCheck(TRIAL_CHAIN, report, in_use, definition_of)
    people = PeopleCheck(PEOPLE_CHAIN, report, in_use)
    requests = RequestCheck(report)
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
            body = check.take(row[:-2], row[-2], row[-1], texts.pop((name, row[1]), {}) if texts else {})
            if body is not None and body.request is not None:
                requests.take(body)
        if requests.waiting:
            _compare_requests(tx, requests)
        if progress is not None:
            progress(report.entries)
    if check is not None:
        check.finish(rows.pop(check.chain, None))
    if span.before is None:
        for one in (trial, people):
            if one.last == 0 and one.chain not in rows:
                one.find(None, "entries", f"there is no chain {one.chain}, which every database of ours has")
    for name in rows:
        report.findings.append(Finding(name, None, "entries", f"{name} has a row, but no entries"))
    for name, seq in texts:
        report.findings.append(Finding(name, seq, "text", f"there is a text of entry {seq}, which does not exist"))
    _look_up_entries(tx, span, requests)
    if span.before is None:
        _find_foreign_heads(tx, report)
        _compare_contents(tx, trial)
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
    within = span.of(patient.c.chain)
    for row in map(_plain, tx.all(Statement(sa.select(patient).where(within)), span._asdict())):
        values = dict(zip(names, row, strict=True))
        rows[values["chain"]] = values
    if span.before is None:
        for name, seq, head in _table(tx, HEADS):
            if not is_patient(name):  # which is found apart
                rows[name] = {"seq": seq, "head": head}
    return rows


def _table(tx: Transaction, statement: Statement) -> Iterator[Row]:
    return (_plain(row) for row in tx.all(statement, {}))


def _find_foreign_heads(tx: Transaction, report: Report) -> None:
    for name, _, _ in _table(tx, HEADS):
        if is_patient(name):
            report.findings.append(
                Finding(name, None, "row", f"{name} has a row among the chains that are no patient's")
            )


def _compare_requests(tx: Transaction, requests: RequestCheck) -> None:
    """Look the ids up by which entries of one batch were asked for."""
    query = sa.select(request).where(request.c.id.in_(list(requests.waiting.values())))
    requests.compare({id: (name, seq) for id, name, seq in tx.connection.execute(query)})


def _look_up_entries(tx: Transaction, span: Span, requests: RequestCheck) -> None:
    """Look the entries up that the rows of requests name."""
    same = sa.and_(entry.c.chain == request.c.chain, entry.c.seq == request.c.seq)
    query = sa.select(request.c.chain, request.c.seq, request.c.id, entry.c.body)
    query = query.select_from(request.outerjoin(entry, same)).where(span.of(request.c.chain))
    for batch in tx.stream(Statement(query), span._asdict()):
        for name, seq, id, data in batch:
            requests.row(name, seq, id, bytes(data) if data is not None else None)


def _compare_contents(tx: Transaction, trial: TrialCheck) -> None:
    rest = dict(trial.installed)  # where newer software wrote to the chain, what is beside it is not judged
    for digest, name, version, edition, data, installed_at in _table(tx, CONTENTS):
        what = f"protocol version {version}, edition {edition}"
        said = rest.pop(digest, None)
        there = {"trial": name, "version": version, "edition": edition, "installed_at": installed_at}
        if said is None:
            if trial.understood:
                trial.find(None, "version", f"{what} is there, and the log does not say it was installed")
        elif said != there:
            wrong = ", ".join(key for key in there if said[key] != there[key])
            trial.find(None, "version", f"{what}: {wrong} is not what the log says")
        if sha256(data).hexdigest() != digest:
            trial.find(None, "version", f"the content of {what} does not hash to its digest")
    for gone in rest.values():
        what = f"protocol version {gone['version']}, edition {gone['edition']}"
        trial.find(None, "version", f"{what} was installed, and is missing")


def _compare_people(tx: Transaction, check: PeopleCheck) -> None:
    rest = dict(check.people)
    for key, role, id, login, active, place, since, until in _table(tx, PEOPLE):
        said = rest.pop((key, role), None)
        there = {
            "id": id,
            "login": login,
            "active": active,
            "place": place,
            "from_day": since,
            "until_day": until,
        }
        if said is None:
            if check.understood:
                said_nowhere = "and the log does not say they were added"
                check.find(None, "person", f"{id} is among the people as {role}, {said_nowhere}")
        elif check.understood and said != there:
            names = [name for name in there if said[name] != there[name]]
            wrong = ", ".join(f"{name} {there[name]!r}, not {said[name]!r}" for name in names)
            check.find(None, "person", f"{id} has, as {role}, {wrong}")
    for (_, role), gone in rest.items():
        check.find(None, "person", f"{gone['id']} was added as {role}, and is missing")


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
