"""The queries of the log: a patient's row, their entries, requests, the heads of the other chains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from workflow.engine.facts.check import shown
from workflow.errors import DamagedRow, LostRace, UnknownPatient
from workflow.ledger.entry import (
    COLUMNS,
    PATIENT_PREFIX,
    PEOPLE_CHAIN,
    TRIAL_CHAIN,
    Sealed,
    Stored,
    chain_of,
    columns_of,
    hash_of,
    instant,
)
from workflow.store.engine import removing_texts
from workflow.store.form import Form, named
from workflow.store.schema import UNUSUAL, VOIDS, Instant, chain, entry, entry_text, patient, request
from workflow.store.transaction import Row, Statement, Transaction

CHUNK = 400  # keys in one query; SQLite before 3.32 takes no more than 999 values

_p, _e, _t = patient.c, entry.c, entry_text.c
T = TypeVar("T")


def _chunks(keys: Sequence[T]) -> Iterator[Sequence[T]]:
    return (keys[first : first + CHUNK] for first in range(0, len(keys), CHUNK))


# ── a patient's row ────────────────────────────────────────────────────────────────────────────────────────────────


class PatientRow(Struct):
    """A patient's row as it stands, and the last entries of the people's and the trial's chains at the same moment."""

    chain: str
    id: str
    digest: str
    arm: str
    state: str
    seq: int
    head: bytes
    fold: int
    chart: str
    opens_on: date | str | None  # as the driver gives it: text on SQLite
    due_on: date | str | None
    recorded_at: datetime | str | None  # the last entry; none, where it was written while the lock was waited for
    people_seq: int
    people_head: bytes
    trial_seq: int
    trial_head: bytes

    @property
    def trial_end(self) -> End:
        return self.trial_seq, self.trial_head


End = tuple[int, bytes | None]  # of a chain: the number of its last entry, and that entry's hash


_people = sa.select(chain.c.seq).where(chain.c.name == sa.literal_column(f"'{PEOPLE_CHAIN}'")).scalar_subquery()
_trial = sa.select(chain.c.seq).where(chain.c.name == sa.literal_column(f"'{TRIAL_CHAIN}'")).scalar_subquery()
_OWN = (_p.chain, _p.id, _p.digest, _p.arm, _p.state, _p.seq, _p.head, _p.fold, _p.chart, _p.opens_on, _p.due_on)


class _as_written(FunctionElement[str]):  # noqa: N801 - it stands where a function of SQL does
    """A moment as entries write it, whatever the session's DateStyle and zone are."""

    type = sa.Text()
    inherit_cache = True


@compiles(_as_written)
def _plain(element: Any, compiler: Any, **more: Any) -> str:
    return str(compiler.process(element.clauses, **more))


@compiles(_as_written, "postgresql")
def _to_char(element: Any, compiler: Any, **more: Any) -> str:
    moment = compiler.process(element.clauses, **more)
    return f"""to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


_recorded = sa.select(_as_written(_e.recorded_at)).where(_e.chain == _p.chain, _e.seq == _p.seq).scalar_subquery()
_RECORDED = Statement(
    sa.select(_as_written(_e.recorded_at)).where(_e.chain == sa.bindparam("chain"), _e.seq == sa.bindparam("seq"))
)
_LAST = sa.Column("recorded_at", _e.recorded_at.type)
_END = (chain.c.seq, _e.hash)  # neither chain is ever empty
_ROW_FORM, _OWN_FORM, _END_FORM = Form(*_OWN, _LAST, *_END, *_END), Form(*_OWN, _LAST), Form(*_END)
_of_trial = chain.alias("trial")
_joined = sa.select(*_OWN, _recorded, chain.c.seq, chain.c.head, _of_trial.c.seq, _of_trial.c.head).select_from(
    patient.join(chain, chain.c.name == sa.literal_column(f"'{PEOPLE_CHAIN}'")).join(
        _of_trial, _of_trial.c.name == sa.literal_column(f"'{TRIAL_CHAIN}'"), isouter=True
    )
)
_one = _joined.where(_p.chain == sa.bindparam("chain"))
READ = Statement(_one)
LOCK = Statement(_one.with_for_update(of=patient))  # SQLite has no such clause and needs none: it locks as it begins

ADD_PATIENT = Statement(patient.insert())
# No row is touched where the patient, who takes part, or the trial has moved on since it was read: a lock waits with
# what it found before.
_update = (
    patient.update()
    .where(
        _p.chain == sa.bindparam("b_chain"),
        _p.seq == sa.bindparam("b_seq"),
        _people == sa.bindparam("b_people_seq"),
        _trial == sa.bindparam("b_trial_seq"),
    )
    .values(
        digest=sa.bindparam("digest"),
        state=sa.bindparam("state"),
        seq=sa.bindparam("seq"),
        head=sa.bindparam("head"),
        fold=sa.bindparam("fold"),
        chart=sa.bindparam("chart"),
        opens_on=sa.bindparam("opens_on"),
        due_on=sa.bindparam("due_on"),
    )
)
UPDATE_PATIENT = Statement(_update)


def patient_row(tx: Transaction, id: str, *, lock: bool) -> PatientRow | None:
    """The row of a patient. Raises ``DamagedRow`` for one that is none."""
    row = tx.one(LOCK if lock else READ, {"chain": chain_of(id)})
    return _patient_row(row) if row is not None else None


def no_patient(tx: Transaction, id: str) -> UnknownPatient | DamagedRow | LostRace:
    """Why there was no row of a patient, with the ends of the two chains that it is read with."""
    name = chain_of(id)
    begun = has_entries(tx, name)  # first: somebody may be enrolling them at this moment
    if ids_of(tx, [name]):
        return (
            LostRace(hint="look again and repeat")
            if has_head(tx, PEOPLE_CHAIN)
            else DamagedRow(_NO_HEAD, chain=PEOPLE_CHAIN)
        )
    if begun:
        return DamagedRow("there are entries, but no row", chain=name)
    return UnknownPatient(f"there is no patient {shown(id)}")


def recorded(tx: Transaction, row: PatientRow) -> str:
    """When a patient's last entry was recorded, as entries write it."""
    found = (
        (row.recorded_at,) if row.recorded_at is not None else tx.one(_RECORDED, {"chain": row.chain, "seq": row.seq})
    )
    if found is None:
        raise DamagedRow("it is missing", chain=row.chain, seq=row.seq)
    written = _written(found[0])
    if not isinstance(written, str):
        raise DamagedRow(f"recorded_at holds {named(written)}", chain=row.chain, seq=row.seq)
    return written


def _patient_row(row: Row) -> PatientRow:
    if _ROW_FORM.wrong(row) is not None:  # asked at once, and of whom it is only then
        _OWN_FORM.require(row[:-4], row[0])
        _END_FORM.require(row[-4:-2], PEOPLE_CHAIN)
        _END_FORM.require(row[-2:], TRIAL_CHAIN)
    if row[0] != chain_of(row[1]):
        raise DamagedRow(f"its row is damaged: id holds {named(row[1])}", chain=row[0])
    return PatientRow(*row)


def lock_many(tx: Transaction, ids: Sequence[str]) -> list[PatientRow]:
    """The rows of many patients, locked in the order of their chains: two such commands never wait for each other."""
    chains = sorted({chain_of(id) for id in ids})
    found: list[PatientRow] = []
    for some in _chunks(chains):
        query = _joined.where(_p.chain.in_(some)).order_by(_p.chain).with_for_update(of=patient)
        found += map(_patient_row, tx.rows(query))
    return found


# ── entries ────────────────────────────────────────────────────────────────────────────────────────────────────────

INSERT = Statement(entry.insert())
INSERT_TEXT = Statement(entry_text.insert())
INSERT_REQUEST = Statement(request.insert())
_NAMES = (*COLUMNS, "body", "hash")
# PostgreSQL does both in one, for two thirds of what they cost apart. Where no row is touched, no entry is added.
_moved = _update.returning(_p.chain, _p.seq, _p.head).cte("moved")
_said: dict[str, Any] = {name: sa.cast(sa.bindparam(name), _e[name].type) for name in _NAMES}
_said |= {"chain": _moved.c.chain, "seq": _moved.c.seq, "hash": _moved.c.head}
MOVE_ON = Statement(entry.insert().from_select(list(_said), sa.select(*_said.values())))


def entry_values(sealed: Sealed) -> dict[str, Any]:
    """The columns of an entry; each says what the bytes say."""
    return dict(zip(_NAMES, (*columns_of(sealed.body), sealed.data, sealed.hash), strict=True))


def text_values(sealed: Sealed) -> list[dict[str, Any]]:
    key = {"chain": sealed.body.chain, "seq": sealed.body.seq}
    return [{**key, "field": name, "salt": salt, "text": text} for name, (salt, text) in sealed.texts.items()]


def append(tx: Transaction, sealed: Sealed) -> None:
    """Add an entry, the texts beside it, and the request id that it owns if it was carried out."""
    tx.run(INSERT, entry_values(sealed))
    _append_beside(tx, sealed)


def move_on(tx: Transaction, sealed: Sealed, values: Mapping[str, Any]) -> None:
    """The same for a patient's next entry, whose row moves on with it to ``values``.

    Raises ``LostRace`` where the row is no longer where it was seen.
    """
    if tx.sqlite:
        tx.run(INSERT, entry_values(sealed))
        moved = tx.run(UPDATE_PATIENT, values)
    else:
        moved = tx.run(MOVE_ON, {**entry_values(sealed), **values})
    if moved != 1:
        raise LostRace
    _append_beside(tx, sealed)


def _append_beside(tx: Transaction, sealed: Sealed) -> None:
    if sealed.texts:
        tx.run_many(INSERT_TEXT, text_values(sealed))
    body = sealed.body
    if body.request is not None and body.outcome != "refused":
        tx.run(INSERT_REQUEST, {"id": body.request.id, "chain": body.chain, "seq": body.seq})


REMOVE_TEXT = Statement(
    entry_text.delete().where(
        entry_text.c.chain == sa.bindparam("chain"),
        entry_text.c.seq == sa.bindparam("seq"),
        entry_text.c.field == sa.bindparam("field"),
    )
)


def remove_text(tx: Transaction, chain: str, seq: int, field: str) -> None:
    """Remove a text for good, its salt with it; the entry that says so is there already, or the database refuses."""
    with removing_texts(tx.connection):
        tx.run(REMOVE_TEXT, {"chain": chain, "seq": seq, "field": field})


def append_many(tx: Transaction, sealed: Sequence[Sealed]) -> None:
    """Add entries that no request id belongs to."""
    tx.run_many(INSERT, [entry_values(one) for one in sealed])
    texts = [values for one in sealed for values in text_values(one)]
    if texts:
        tx.run_many(INSERT_TEXT, texts)


Texts = dict[str, tuple[bytes, str]]  # field to (salt, text)

_columns = (_e.chain, _e.seq, _e.body, _e.hash)
ONE = Statement(sa.select(*_columns).where(_e.chain == sa.bindparam("chain"), _e.seq == sa.bindparam("seq")))
OF_CHAIN = Statement(sa.select(_e.body).where(_e.chain == sa.bindparam("chain")).order_by(_e.seq))
_PLACE_FORM = Form(request.c.chain, request.c.seq)
ANY_OF_CHAIN = Statement(sa.select(_e.seq).where(_e.chain == sa.bindparam("chain")))
BY_REQUEST = Statement(sa.select(request.c.chain, request.c.seq).where(request.c.id == sa.bindparam("id")))
TEXTS = Statement(
    sa.select(_t.field, _t.text, _t.salt).where(_t.chain == sa.bindparam("chain"), _t.seq == sa.bindparam("seq"))
)
OF_KIND = Statement(
    sa.select(_e.seq, _e.body)
    .where(_e.chain == sa.bindparam("chain"), _e.kind == sa.bindparam("kind"))
    .order_by(_e.seq.desc())
)

_NEVER = sa.literal_column(str(2**31 - 1), sa.Integer)  # no entry has this number


def _first_since(chain_name: sa.ColumnElement[str], end: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    """The number of a chain's first entry that was recorded at ``end`` or later."""
    later = entry.alias("later").c
    return (
        sa.select(sa.func.min(later.seq)).where(later.chain == chain_name, later.recorded_at >= end).scalar_subquery()
    )


_numbered = sa.select(_e.seq, _e.body).where(_e.chain == sa.bindparam("chain")).order_by(_e.seq)
NUMBERED = Statement(_numbered)
BEFORE = Statement(
    _numbered.where(
        _e.seq < sa.func.coalesce(_first_since(sa.bindparam("chain"), sa.bindparam("end", type_=Instant)), _NEVER)
    )
)

_ENTRY_FORM, _TEXT_FORM = Form(*_columns), Form(_t.field, _t.text, _t.salt)
_KIND_FORM, _BODY_FORM = Form(_e.seq, _e.body), Form(_e.body)
_TEXTS = b'"texts":'  # in the bytes of an entry that has any


def texts_of(tx: Transaction, chain_name: str, seq: int) -> Texts:
    found: Texts = {}
    for row in tx.rows(TEXTS, {"chain": chain_name, "seq": seq}):
        _TEXT_FORM.require(row, chain_name, seq)
        found[row[0]] = (row[2], row[1])
    return found


def _stored(tx: Transaction, row: Row) -> Stored:
    _ENTRY_FORM.require(row, row[0], row[1])
    name, seq, data, digest = row
    texts = texts_of(tx, name, seq) if _TEXTS in data else {}
    return Stored(name, seq, data, digest, texts)


def has_entries(tx: Transaction, chain_name: str) -> bool:
    return tx.one(ANY_OF_CHAIN, {"chain": chain_name}) is not None


def one(tx: Transaction, chain_name: str, seq: int) -> Stored | None:
    if not 0 < seq < 2**31:  # which no entry has, and PostgreSQL takes for no number at all
        return None
    row = tx.one(ONE, {"chain": chain_name, "seq": seq})
    return _stored(tx, row) if row is not None else None


def by_request(tx: Transaction, request_id: str) -> Stored | None:
    """The entry in which a request was carried out."""
    row = tx.one(BY_REQUEST, {"id": request_id})
    if row is None:
        return None
    _PLACE_FORM.require(row, f"request {request_id}")
    return one(tx, row[0], row[1])


def bodies(tx: Transaction, chain_name: str) -> list[bytes]:
    """The bytes of every entry of a chain, in order."""
    rows = tx.rows(OF_CHAIN, {"chain": chain_name})
    for seq, row in enumerate(rows, 1):
        _BODY_FORM.require(row, chain_name, seq)
    return [row[0] for row in rows]


def first_rows(tx: Transaction, chain_name: str, end: datetime | None) -> list[Row]:
    """The number and the bytes of a chain's entries before the first recorded at ``end`` or later, whatever they hold.

    Without ``end`` of all.
    """
    if end is None:
        return tx.rows(NUMBERED, {"chain": chain_name})
    return tx.rows(BEFORE, {"chain": chain_name, "end": instant(end)})


def bodies_of(rows: Iterable[Row], chain_name: str) -> list[bytes]:
    """The bytes of a chain's first entries. Raises ``DamagedRow`` where one is none, or missing."""
    found = []
    for place, row in enumerate(rows, 1):
        _KIND_FORM.require(row, chain_name, row[0])
        if row[0] != place:
            raise DamagedRow("it is missing", chain=chain_name, seq=place)
        found.append(row[1])
    return found


def of_kind(tx: Transaction, chain_name: str, kind: str) -> list[Row]:
    """The number and the bytes of every entry of a kind, the newest first."""
    rows = tx.rows(OF_KIND, {"chain": chain_name, "kind": kind})
    for row in rows:
        _KIND_FORM.require(row, chain_name, row[0])
    return rows


Words = str | Sequence[str] | None  # one, or any of several


class Filter(Struct, frozen=True):
    """Which entries to list. Dates include both ends; ``recorded_*`` are days in UTC."""

    patient: str | None = None
    chain: str | None = None
    kind: Words = None
    trigger: Words = None
    outcome: Words = None
    actor: Words = None
    occurred_from: date | None = None
    occurred_to: date | None = None
    recorded_from: date | None = None
    recorded_to: date | None = None


class Mark(NamedTuple):
    """An entry, as the place in a list from behind which the next page begins."""

    chain: str
    seq: int


def page(
    tx: Transaction, wanted: Filter, after: Mark | None, limit: int, end: datetime | None = None
) -> list[Stored | DamagedRow]:
    """The first ``limit`` entries in the order they were recorded, from behind ``after`` on.

    With ``end`` only what of each chain comes before the first entry that was recorded then or later.
    """
    query = _wanted(tx, wanted, *_columns, after=after, end=end).order_by(*_order(wanted)).limit(limit)
    rows = tx.rows(query)
    texts: dict[tuple[str, int], list[Row]] = {
        (row[0], row[1]): [] for row in rows if _ENTRY_FORM.wrong(row) is None and _TEXTS in row[2]
    }
    _add_texts(tx, texts)
    return [_listed(row, texts.get((row[0], row[1]), ())) for row in rows]


def _listed(row: Row, texts: Iterable[Row]) -> Stored | DamagedRow:
    try:
        _ENTRY_FORM.require(row, *_place(row))
        for one in texts:
            _TEXT_FORM.require(one, *_place(row))
    except DamagedRow as damaged:
        return damaged
    name, seq, data, digest = row
    return Stored(name, seq, data, digest, {field: (salt, text) for field, text, salt in texts})


def _place(row: Row) -> tuple[str, int | None]:
    """Which entry a row is, as far as can be said."""
    return (row[0] if isinstance(row[0], str) else named(row[0])), (row[1] if type(row[1]) is int else None)


def _add_texts(tx: Transaction, places: Mapping[tuple[str, int], list[Row]]) -> None:
    """Add the texts of these entries, from all those of their chains: an index answers that on either database."""
    for some in _chunks(sorted({name for name, _ in places})):
        query = sa.select(_t.chain, _t.seq, _t.field, _t.text, _t.salt).where(_t.chain.in_(some))
        for name, seq, *text in tx.rows(query):
            if (texts := places.get((name, seq))) is not None:
                texts.append(tuple(text))


def mark_of(found: Sequence[Stored | DamagedRow]) -> Mark:
    """The place of the last entry of a page that has one. Raises ``DamagedRow`` where none has."""
    for one in reversed(found):
        if one.chain is not None and one.seq is not None and one.chain.isprintable():
            return Mark(one.chain, one.seq)
    assert isinstance(found[-1], DamagedRow)
    raise found[-1]


def before_last(tx: Transaction, wanted: Filter, count: int, end: datetime | None = None) -> Mark | None:
    """The entry behind which the newest ``count`` begin; None where there are no more than these."""
    query = _wanted(tx, wanted, _e.chain, _e.seq, end=end).order_by(*(column.desc() for column in _order(wanted)))
    row = tx.connection.execute(query.offset(count).limit(1)).first()
    return Mark(*row) if row is not None else None


def _chain(wanted: Filter) -> str | None:
    return chain_of(wanted.patient) if wanted.patient is not None else wanted.chain


def _order(wanted: Filter) -> tuple[sa.Column[Any], ...]:
    """A clock may be set back; within a chain the numbers alone are the order."""
    return (_e.seq,) if _chain(wanted) is not None else (_e.recorded_at, _e.chain, _e.seq)


def _wanted(
    tx: Transaction, wanted: Filter, *columns: sa.Column[Any], after: Mark | None = None, end: datetime | None = None
) -> sa.Select[tuple[Any, ...]]:
    query = sa.select(*columns)
    name, actor = _chain(wanted), wanted.actor
    if end is not None:
        query = query.where(*_before(end, name))
    for column, value in ((_e.chain, name), (_e.kind, wanted.kind), (_e.trigger, wanted.trigger)):
        if value is not None:
            query = query.where(_is(column, value))
    if wanted.outcome is not None:
        query = query.where(_is(_e.outcome, wanted.outcome))
    if name is None and after is None and _by_days_of_the_unusual(wanted):
        query = query.where(UNUSUAL)
        if actor is not None and tx.sqlite:  # which would take the index of what one person did, a far longer list
            query, actor = query.where(_is(_e.actor.op("||")(""), actor)), None
    if actor is not None:
        query = query.where(_is(_e.actor, actor))
    if wanted.occurred_from is not None:
        query = query.where(_e.occurred_on >= wanted.occurred_from)
    if wanted.occurred_to is not None:
        query = query.where(_e.occurred_on <= wanted.occurred_to)
    if wanted.recorded_from is not None:
        query = query.where(_e.recorded_at >= _midnight(wanted.recorded_from))
    if wanted.recorded_to is not None and wanted.recorded_to < date.max:
        query = query.where(_e.recorded_at < _midnight(wanted.recorded_to + timedelta(days=1)))
    if after is not None and name is not None:
        query = query.where(_e.seq > after.seq)
    elif after is not None:
        earlier = entry.alias().c
        moment = sa.select(earlier.recorded_at).where(earlier.chain == after.chain, earlier.seq == after.seq)
        place = sa.tuple_(moment.scalar_subquery(), sa.literal(after.chain, sa.Text), after.seq)
        query = query.where(sa.tuple_(_e.recorded_at, _e.chain, _e.seq) > place)
    return query


def _before(end: datetime, name: str | None = None) -> tuple[sa.ColumnElement[bool], ...]:
    """Of each chain, or of the one of that name, what comes before its first entry recorded at ``end`` or later."""
    if name is not None:  # asked once for the chain, not for each of its entries
        return (_e.seq < sa.func.coalesce(_first_since(sa.literal(name), sa.literal(end, Instant)), _NEVER),)
    later = entry.alias("later").c
    behind = sa.exists().where(later.chain == _e.chain, later.seq < _e.seq, later.recorded_at >= end)
    return _e.recorded_at < end, ~behind


def _by_days_of_the_unusual(wanted: Filter) -> bool:
    """Whether the index of what was not simply allowed, by its days, is the way to what is wanted."""
    days = wanted.occurred_from is not None or wanted.occurred_to is not None
    return days and wanted.outcome is not None and "allowed" not in (wanted.outcome, *wanted.outcome)


def _is(column: sa.ColumnElement[Any], value: str | Sequence[str]) -> sa.ColumnElement[bool]:
    return column == value if isinstance(value, str) else column.in_(value)


def has_actor(tx: Transaction, id: str, end: datetime | None = None) -> bool:
    """Whether anything was asked for under this name; with ``end`` before it."""
    query = sa.select(_e.seq).where(_e.actor == id, *(_before(end) if end is not None else ()))
    return tx.connection.execute(query.limit(1)).first() is not None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


# ── the chains that are no patient's ───────────────────────────────────────────────────────────────────────────────

_HEAD_FORM = Form(chain.c.seq, chain.c.head)
_NO_HEAD = "the row that names its last entry is missing"
_head = sa.select(chain.c.seq, chain.c.head).where(chain.c.name == sa.bindparam("name"))
HEAD = Statement(_head)
LOCK_HEAD = Statement(_head.with_for_update())
SHARE_HEAD = Statement(_head.with_for_update(read=True))
ADD_HEAD = Statement(chain.insert())
MOVE_HEAD = Statement(
    chain.update()
    .where(chain.c.name == sa.bindparam("b_name"), chain.c.seq == sa.bindparam("b_seq"))
    .values(seq=sa.bindparam("seq"), head=sa.bindparam("head"))
)


def lock_head(tx: Transaction, name: str) -> End:
    """The last entry's number and hash; the chain's row is locked until the transaction ends."""
    return _head_of(tx.one(LOCK_HEAD, {"name": name}), name)


def share_head(tx: Transaction, name: str, seq: int) -> None:
    """Keep a chain's last entry at ``seq`` until the transaction ends. Raises ``LostRace`` where it has moved on.

    SQLite does so for whoever writes.
    """
    if not tx.sqlite and _head_of(tx.one(SHARE_HEAD, {"name": name}), name)[0] != seq:
        raise LostRace(hint="look again and repeat")


def _head_of(row: Row | None, name: str) -> End:
    if row is None:
        raise DamagedRow(_NO_HEAD, chain=name)
    _HEAD_FORM.require(row, name)
    return row[0], row[1]


def next_place(tx: Transaction, name: str) -> tuple[int, bytes | None]:
    """The number of the next entry and the hash of the last; the chain's row is locked."""
    seq, head = lock_head(tx, name)
    return seq + 1, head


def move_head(tx: Transaction, name: str, before: int, sealed: Sealed) -> None:
    values = {"b_name": name, "b_seq": before, "seq": before + 1, "head": sealed.hash}
    if tx.run(MOVE_HEAD, values) != 1:
        raise LostRace(hint="look again and repeat")


def head(tx: Transaction, name: str) -> End:
    """The last entry's number and hash, as they are now."""
    return _head_of(head_as_it_is(tx, name), name)


def head_as_it_is(tx: Transaction, name: str) -> Row | None:
    """The same, whatever the row holds."""
    return tx.one(HEAD, {"name": name})


def require_end(tx: Transaction, name: str, end: End) -> None:
    """Raise ``DamagedRow`` unless a chain's last entry is the one that its head names, as it was written."""
    seq, digest = end
    found = one(tx, name, seq)
    if found is None:
        raise DamagedRow("it is missing" if seq else "its head names no entry", chain=name, seq=seq or None)
    if not hash_of(found.data) == found.hash == digest:
        raise DamagedRow("it is not what was written", chain=name, seq=seq)


_LAST_OF_HOUSE = Statement(
    sa.select(_as_written(sa.func.max(_e.recorded_at))).join_from(
        chain, entry, (_e.chain == chain.c.name) & (_e.seq == chain.c.seq)
    )
)


def last_of_house(tx: Transaction) -> str:
    """The later of the moments at which the people's and the trial's last entries were recorded; "" without any."""
    row = tx.one(_LAST_OF_HOUSE, {})
    written = _written(row[0]) if row is not None else ""
    return written if isinstance(written, str) else ""  # whose chain is damaged, which is found where it is read


def _written(moment: Any) -> Any:
    return instant(moment) if isinstance(moment, datetime) else moment


def has_head(tx: Transaction, name: str) -> bool:
    return head_as_it_is(tx, name) is not None


def add_head(tx: Transaction, name: str) -> None:
    tx.run(ADD_HEAD, {"name": name, "seq": 0, "head": None})


# ── lists of patients ──────────────────────────────────────────────────────────────────────────────────────────────


class DueRow(NamedTuple):
    chain: str
    id: str
    digest: str
    arm: str
    state: str
    fold: int
    chart: str
    opens_on: date
    due_on: date


_DUE = (_p.chain, _p.id, _p.digest, _p.arm, _p.state, _p.fold, _p.chart, _p.opens_on, _p.due_on)
DUE_FORM = Form(*_DUE)
_ID_FORM = Form(_p.id)
_MARK_FORM = Form(_p.chain, _p.enrolled_on)  # a day that is there


def due_rows(tx: Transaction, until: date, arm: str | None, after: tuple[date, str] | None, limit: int) -> list[DueRow]:
    """Patients by due date, read off the index, from behind ``after`` (a date and a patient's id) on.

    Whatever the rows hold: see ``DUE_FORM``.
    """
    query = sa.select(*_DUE).where(_p.due_on <= until)
    if arm is not None:
        query = query.where(_p.arm == arm)
    if after is not None:
        query = query.where(
            sa.tuple_(_p.due_on, _p.chain) > sa.tuple_(after[0], sa.literal(chain_of(after[1]), sa.Text))
        )
    return [DueRow(*row) for row in tx.rows(query.order_by(_p.due_on, _p.chain).limit(limit))]


def due_mark(rows: Sequence[DueRow]) -> str:
    """Behind which the next page begins. Raises ``DamagedRow`` where no row of this one says so."""
    for row in reversed(rows):
        if _MARK_FORM.wrong((row.chain, row.due_on)) is None:
            return f"{row.due_on}/{row.id if _ID_FORM.wrong((row.id,)) is None else row.chain[len(PATIENT_PREFIX) :]}"
    raise DamagedRow("no row of this page says when it is due", chain=ascii(rows[-1].chain))


_BEHIND = "\x7f"  # comes after every character that an id may have


def ids(tx: Transaction, beginning: str, limit: int) -> tuple[str, ...]:
    """The first ids that begin so, whatever their case, in order."""
    first = chain_of(beginning)
    begins = _p.chain.startswith(first, autoescape=True)
    if tx.sqlite:  # whose LIKE reads the whole index
        begins = sa.and_(_p.chain >= first, _p.chain < first + _BEHIND)
    found = tx.rows(sa.select(_p.id).where(begins).order_by(_p.chain).limit(limit))
    return tuple(row[0] for row in found if _ID_FORM.wrong(row) is None)


def voids(tx: Transaction, chains: Iterable[str], end: datetime | None = None) -> list[bytes]:
    """The bytes of the corrections in these chains; with ``end`` of those before it."""
    found: list[bytes] = []
    for some in _chunks(sorted(chains)):
        query = sa.select(_e.body).where(_e.chain.in_(some), VOIDS, *(_before(end) if end is not None else ()))
        found += [row[0] for row in tx.rows(query) if _BODY_FORM.wrong(row) is None]
    return found


def said_of(tx: Transaction, chains: Iterable[str], kinds: Sequence[str]) -> list[Stored]:
    """The entries of these kinds in these chains, with their texts, chain by chain and in order."""
    found: list[Row] = []
    for some in _chunks(sorted(chains)):
        query = sa.select(*_columns).where(_e.chain.in_(some), _e.kind.in_(kinds)).order_by(_e.chain, _e.seq)
        found += [row for row in tx.rows(query) if _ENTRY_FORM.wrong(row) is None]
    texts: dict[tuple[str, int], list[Row]] = {(row[0], row[1]): [] for row in found if _TEXTS in row[2]}
    _add_texts(tx, texts)
    listed = (_listed(row, texts.get((row[0], row[1]), ())) for row in found)
    return [one for one in listed if isinstance(one, Stored)]


def ids_of(tx: Transaction, chains: Iterable[str]) -> dict[str, str]:
    """Chain to the id of its patient, for those that are a patient's; as first typed, where the row says so."""
    found: dict[str, str] = {}
    for some in _chunks(sorted(chains)):
        query = sa.select(_p.chain, _p.id).where(_p.chain.in_(some))
        for name, id in tx.rows(query):
            found[name] = id if _ID_FORM.wrong((id,)) is None else name.removeprefix(PATIENT_PREFIX)
    return found


class Kept(NamedTuple):
    """A patient's row. ``until`` is the number of their first entry that was recorded at the moment asked or later."""

    chain: str
    id: str
    digest: str
    arm: str
    state: str
    seq: int
    fold: int
    chart: str
    until: int | None


_KEPT = (_p.chain, _p.id, _p.digest, _p.arm, _p.state, _p.seq, _p.fold, _p.chart)
KEPT_FORM = Form(*_KEPT)


def kept(tx: Transaction, end: datetime | None) -> Iterator[Kept]:
    """Everybody's row in the order of their ids, whatever it holds (see ``KEPT_FORM``); a chunk in memory at a time."""
    until = sa.null() if end is None else _first_since(_p.chain, sa.literal(end, Instant))
    query = sa.select(*_KEPT, until).order_by(_p.chain).limit(CHUNK)
    after: str | None = ""
    while after is not None:
        some = tx.rows(query.where(_p.chain > after))
        yield from (Kept(*row) for row in some)
        named_ones = (row[0] for row in reversed(some) if isinstance(row[0], str) and row[0].isprintable())
        after = next(named_ones, None) if len(some) == CHUNK else None


def count_up_to(tx: Transaction, id: str) -> int:
    """How many patients there are up to this one, and with them, in the order of their ids."""
    query = sa.select(sa.func.count()).select_from(patient).where(_p.chain <= chain_of(id))
    return int(tx.connection.execute(query).scalar() or 0)


_SUMMARY = (_p.chain, _p.id, _p.digest, _p.arm, _p.state, _p.enrolled_on, _p.due_on, _p.fold)
SUMMARY_FORM = Form(*_SUMMARY)


def summaries(tx: Transaction, arm: str | None) -> list[Row]:
    """Everybody, whatever their rows hold: see ``SUMMARY_FORM``."""
    query = sa.select(*_SUMMARY).order_by(_p.chain)
    if arm is not None:
        query = query.where(_p.arm == arm)
    return tx.rows(query)


def stale(tx: Transaction, fold: int, limit: int) -> list[str]:
    """Ids of patients whose rows were written by an earlier fold, ``limit`` of them, as their chains have them."""
    query = sa.select(_p.chain).where(_p.fold < fold).order_by(_p.chain).limit(limit)
    return [str(row[0]).removeprefix(PATIENT_PREFIX) for row in tx.rows(query)]


def count_stale(tx: Transaction, fold: int) -> int:
    return int(tx.connection.execute(sa.select(sa.func.count()).where(_p.fold < fold)).scalar() or 0)
