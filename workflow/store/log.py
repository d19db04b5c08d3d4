"""The queries of the log: a patient's row, their entries, the heads of the other chains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from workflow.errors import LostRace
from workflow.ledger.entry import Entry, Sealed, chain_of, read
from workflow.store.schema import chain, entry, entry_text, patient, person
from workflow.store.transaction import Row, Statement, Transaction

CHUNK = 500  # patients locked by one query

_p, _e, _t = patient.c, entry.c, entry_text.c


# ── a patient's row ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class PatientRow:
    """A patient's row as it stands, and the acting person's as it stood at the same moment."""

    id: str
    version: str
    arm: str
    state: str
    seq: int
    head: bytes
    chart: str
    role: str | None = None  # of the acting person; None when there is no such person
    active: int | None = None


_row = sa.select(_p.id, _p.version, _p.arm, _p.state, _p.seq, _p.head, _p.chart, person.c.role, person.c.active)
_joined = _row.select_from(patient.outerjoin(person, person.c.id == sa.bindparam("actor")))
_one = _joined.where(_p.id == sa.bindparam("id"))
READ = Statement(_one)
LOCK = Statement(_one.with_for_update(of=patient))  # SQLite has no such clause and needs none: it locks as it begins

ADD_PATIENT = Statement(patient.insert())
UPDATE_PATIENT = Statement(
    patient.update()
    .where(_p.id == sa.bindparam("b_id"), _p.seq == sa.bindparam("b_seq"))
    .values(
        state=sa.bindparam("state"),
        seq=sa.bindparam("seq"),
        head=sa.bindparam("head"),
        chart=sa.bindparam("chart"),
        opens_on=sa.bindparam("opens_on"),
        due_on=sa.bindparam("due_on"),
    )
)


def patient_row(tx: Transaction, id: str, actor: str | None, *, lock: bool) -> PatientRow | None:
    row = tx.one(LOCK if lock else READ, {"id": id, "actor": actor})
    return PatientRow(*row) if row is not None else None


def lock_many(tx: Transaction, ids: Sequence[str], actor: str) -> dict[str, PatientRow]:
    """The rows of many patients, locked in the order of their ids: two such commands never wait for each other."""
    found: dict[str, PatientRow] = {}
    for first in range(0, len(ids), CHUNK):
        some = ids[first : first + CHUNK]
        query = _joined.where(_p.id.in_(some)).order_by(_p.id).with_for_update(of=patient)
        for row in tx.connection.execute(query, {"actor": actor}):
            found[row[0]] = PatientRow(*row)
    return found


# ── entries ────────────────────────────────────────────────────────────────────────────────────────────────────────

INSERT = Statement(entry.insert())
INSERT_TEXT = Statement(entry_text.insert())


def entry_values(sealed: Sealed) -> dict[str, Any]:
    """The columns of an entry; each says what the bytes say."""
    body = sealed.body
    return {
        "chain": body["chain"],
        "seq": body["seq"],
        "kind": body["kind"],
        "trigger": body["trigger"],
        "outcome": body["outcome"],
        "from_state": body["from"],
        "to_state": body["to"],
        "occurred_on": body["on"],
        "recorded_at": body["at"],
        "actor": body["actor"]["id"],
        "role": body["actor"]["role"],
        "code": body["code"],
        "request_id": body["request"]["id"] if body["request"] is not None else None,
        "body": sealed.data,
        "hash": sealed.hash,
    }


def text_values(sealed: Sealed) -> list[dict[str, Any]]:
    key = {"chain": sealed.body["chain"], "seq": sealed.body["seq"]}
    return [{**key, "field": name, "salt": salt, "text": text} for name, (salt, text) in sealed.texts.items()]


def append(tx: Transaction, sealed: Sealed) -> None:
    tx.run(INSERT, entry_values(sealed))
    if sealed.texts:
        tx.run_many(INSERT_TEXT, text_values(sealed))


def append_many(tx: Transaction, sealed: Sequence[Sealed]) -> None:
    tx.run_many(INSERT, [entry_values(one) for one in sealed])
    texts = [values for one in sealed for values in text_values(one)]
    if texts:
        tx.run_many(INSERT_TEXT, texts)


_columns = (_e.chain, _e.seq, _e.body, _e.hash)
BY_REQUEST = Statement(sa.select(*_columns).where(_e.request_id == sa.bindparam("request_id")))
ONE = Statement(sa.select(*_columns).where(_e.chain == sa.bindparam("chain"), _e.seq == sa.bindparam("seq")))
TEXTS = Statement(
    sa.select(_t.field, _t.text, _t.salt).where(_t.chain == sa.bindparam("chain"), _t.seq == sa.bindparam("seq"))
)


def texts_of(tx: Transaction, chain_name: str, seq: int) -> dict[str, str]:
    return {row[0]: row[1] for row in tx.all(TEXTS, {"chain": chain_name, "seq": seq})}


def salted(tx: Transaction, chain_name: str, seq: int) -> dict[str, tuple[bytes, str]]:
    """The texts of an entry that are still there, with their salts."""
    return {row[0]: (bytes(row[2]), row[1]) for row in tx.all(TEXTS, {"chain": chain_name, "seq": seq})}


def _entry(tx: Transaction, row: Row) -> Entry:
    name, seq, body, digest = row
    found = read(bytes(body), bytes(digest), {})
    return replace(found, texts=texts_of(tx, name, seq)) if found.committed else found


def by_request(tx: Transaction, request_id: str) -> Entry | None:
    row = tx.one(BY_REQUEST, {"request_id": request_id})
    return _entry(tx, row) if row is not None else None


def one(tx: Transaction, chain_name: str, seq: int) -> Entry | None:
    row = tx.one(ONE, {"chain": chain_name, "seq": seq})
    return _entry(tx, row) if row is not None else None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries to list. Dates include both ends; ``recorded_*`` are days in UTC."""

    patient: str | None = None
    chain: str | None = None
    kind: str | None = None
    trigger: str | None = None
    outcome: str | None = None
    actor: str | None = None
    occurred_from: date | None = None
    occurred_to: date | None = None
    recorded_from: date | None = None
    recorded_to: date | None = None


def entries(tx: Transaction, wanted: Filter, *, limit: int | None = None, last: bool = False) -> Iterator[Entry]:
    """Entries in the order they were recorded; with ``last`` the newest ``limit`` of them."""
    query = sa.select(_e.chain, _e.seq, _e.body, _e.hash)
    name = chain_of(wanted.patient) if wanted.patient is not None else wanted.chain
    for column, value in ((_e.chain, name), (_e.kind, wanted.kind), (_e.trigger, wanted.trigger)):
        if value is not None:
            query = query.where(column == value)
    for column, value in ((_e.outcome, wanted.outcome), (_e.actor, wanted.actor)):
        if value is not None:
            query = query.where(column == value)
    if wanted.occurred_from is not None:
        query = query.where(_e.occurred_on >= wanted.occurred_from)
    if wanted.occurred_to is not None:
        query = query.where(_e.occurred_on <= wanted.occurred_to)
    if wanted.recorded_from is not None:
        query = query.where(_e.recorded_at >= _midnight(wanted.recorded_from))
    if wanted.recorded_to is not None and wanted.recorded_to < date.max:
        query = query.where(_e.recorded_at < _midnight(wanted.recorded_to + timedelta(days=1)))
    # A clock may be set back; within a chain the numbers alone are the order.
    order = (_e.seq,) if name is not None else (_e.recorded_at, _e.chain, _e.seq)
    query = query.order_by(*(column.desc() for column in order) if last else order).limit(limit)
    rows = tx.connection.execute(query).all()
    for row in reversed(rows) if last else rows:
        yield _entry(tx, tuple(row))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


# ── the chains that are no patient's ───────────────────────────────────────────────────────────────────────────────

_head = sa.select(chain.c.seq, chain.c.head).where(chain.c.name == sa.bindparam("name"))
LOCK_HEAD = Statement(_head.with_for_update())
ADD_HEAD = Statement(chain.insert())
MOVE_HEAD = Statement(
    chain.update()
    .where(chain.c.name == sa.bindparam("b_name"), chain.c.seq == sa.bindparam("b_seq"))
    .values(seq=sa.bindparam("seq"), head=sa.bindparam("head"))
)


def lock_head(tx: Transaction, name: str) -> tuple[int, bytes | None]:
    """The last entry's number and hash; the chain's row is locked until the transaction ends."""
    row = tx.one(LOCK_HEAD, {"name": name})
    if row is None:
        return 0, None
    return row[0], bytes(row[1]) if row[1] is not None else None


def move_head(tx: Transaction, name: str, before: int, sealed: Sealed) -> None:
    values = {"b_name": name, "b_seq": before, "seq": before + 1, "head": sealed.hash}
    if tx.run(MOVE_HEAD, values) != 1:
        raise LostRace(hint="look again and repeat")


def has_head(tx: Transaction, name: str) -> bool:
    return tx.one(LOCK_HEAD, {"name": name}) is not None


def add_head(tx: Transaction, name: str) -> None:
    tx.run(ADD_HEAD, {"name": name, "seq": 0, "head": None})


# ── lists of patients ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class DueRow:
    id: str
    version: str
    arm: str
    state: str
    chart: str
    opens_on: date
    due_on: date


def due_rows(tx: Transaction, until: date, arm: str | None, after: tuple[date, str] | None, limit: int) -> list[DueRow]:
    """Patients by due date, read off the index, from behind ``after`` on."""
    query = sa.select(_p.id, _p.version, _p.arm, _p.state, _p.chart, _p.opens_on, _p.due_on)
    query = query.where(_p.due_on <= until)
    if arm is not None:
        query = query.where(_p.arm == arm)
    if after is not None:
        query = query.where(sa.tuple_(_p.due_on, _p.id) > sa.tuple_(*after))
    rows = tx.connection.execute(query.order_by(_p.due_on, _p.id).limit(limit))
    return [DueRow(*row) for row in rows]


_BEHIND = "\x7f"  # comes after every character that an id may have


def ids(tx: Transaction, beginning: str, limit: int) -> tuple[str, ...]:
    """The first ids that begin so, in order."""
    begins = _p.id.startswith(beginning, autoescape=True)
    if tx.sqlite:  # whose LIKE reads the whole index, and takes no heed of case
        begins = sa.and_(_p.id >= beginning, _p.id < beginning + _BEHIND)
    return tuple(tx.connection.execute(sa.select(_p.id).where(begins).order_by(_p.id).limit(limit)).scalars())


def summaries(tx: Transaction, arm: str | None) -> list[Row]:
    query = sa.select(_p.id, _p.version, _p.arm, _p.state, _p.enrolled_on, _p.due_on).order_by(_p.id)
    if arm is not None:
        query = query.where(_p.arm == arm)
    return [tuple(row) for row in tx.connection.execute(query)]
