"""Verification over a database: reads every table, a span of chains at a time, and lets ``workflow.ledger`` judge it.

Each span is read in a transaction of its own, and none takes long: whoever writes never waits for a check of the whole.
A chain is judged against its row, and against the people's and the trial's chain, as they were in that transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from itertools import groupby
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from workflow.engine.facts.check import shown
from workflow.errors import (
    RUNBOOK,
    DatabaseError,
    DatabaseMissing,
    DatabaseReadOnly,
    SchemaNewer,
    SchemaOlder,
)
from workflow.ledger.anew import Anew
from workflow.ledger.anew import compare as compare_claims
from workflow.ledger.entry import COLUMNS, NO_TEXTS, PEOPLE_CHAIN, TRIAL_CHAIN, Stored, Texts, chain_of
from workflow.ledger.ground import Ground
from workflow.ledger.replay import is_patient, judge
from workflow.ledger.report import Report
from workflow.ledger.tables import (
    ContentRow,
    Definitions,
    PersonRow,
    RequestCheck,
    check_request,
    compare_contents,
    compare_people,
)
from workflow.store import objects
from workflow.store.engine import create_engine, past_the_schema
from workflow.store.file import file_of
from workflow.store.schema import chain, content, entry, entry_text, patient, person, request
from workflow.store.transaction import Row, Statement, Transaction, Transactions, spoilt

SPAN = 4000  # entries of a span, about
PAGE = 5000  # rows of one query
_PAGE: sa.ColumnElement[int] = sa.literal_column(str(PAGE))
_NONE: sa.ColumnElement[int] = sa.literal_column("0")
INTEGRITY_SECONDS = 5  # for which the database's own check may keep those waiting who write

T = TypeVar("T")
Progress = Callable[[int], None]


# ── spans ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Span(NamedTuple):
    """The chains after ``after`` up to, and with, ``upto``, in the database's own order; None is open.

    With ``only`` it is these chains.
    """

    after: str | None = None
    upto: str | None = None
    only: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        return {"after": self.after, "upto": self.upto, **{f"only_{i}": name for i, name in enumerate(self.only)}}

    @property
    def shape(self) -> tuple[bool, bool, int]:
        return self.after is not None, self.upto is not None, len(self.only)


Shape = tuple[bool, bool, int]


def _within(name: sa.ColumnElement[str], shape: Shape) -> sa.ColumnElement[bool]:
    after, upto, only = shape
    ends = [name > sa.bindparam("after")] if after else []
    ends += [name <= sa.bindparam("upto")] if upto else []
    ends += [name.in_([sa.bindparam(f"only_{i}") for i in range(only)])] if only else []
    return sa.and_(sa.true(), *ends)


_SIZES = sa.select(patient.c.chain, patient.c.seq).order_by(patient.c.chain).limit(_PAGE).offset(_NONE)
FIRST_SIZES = Statement(_SIZES)
NEXT_SIZES = Statement(_SIZES.where(patient.c.chain > sa.bindparam("after")))


def spans(transactions: Transactions) -> Iterator[Span]:
    """The whole log in spans of about ``SPAN`` entries; together they leave out no chain, whoever put it there."""
    after: str | None = None
    last: str | None = None
    taken = 0
    while True:
        try:
            with transactions.reading() as tx:
                sizes = tx.all(FIRST_SIZES if last is None else NEXT_SIZES, {"after": last})
        except DatabaseError as error:
            if error.retry:
                raise
            break  # a name that is none: the rest is one span, in which it is found
        if not sizes:
            break
        for name, size in sizes:
            last = name
            taken += max(size, 1) if isinstance(size, int) else 1
            if taken >= SPAN:
                yield Span(after, name)
                after, taken = name, 0
    yield Span(after)


# ── what is judged against what ────────────────────────────────────────────────────────────────────────────────────


class Case:
    """What every span is judged by: the people's and the trial's chain, and the protocols, as far as they were read."""

    def __init__(self) -> None:
        self.ground = Ground()
        self.definitions = Definitions()

    def catch_up(self, tx: Transaction) -> None:
        """Read what both chains, and the table of contents, have got since."""
        for line in (self.ground.people, self.ground.trial):
            for seq, data, digest in tx.all(_GROUND, {"chain": line.name, "seq": line.last}):
                if type(seq) is int and type(data) is bytes and type(digest) is bytes:
                    self.ground.learn(line.name, seq, data, digest)
        if not all(map(self.definitions.has, self.ground.in_use.installed)):
            for digest, data in tx.all(_CONTENTS, {}):
                self.definitions.add(digest, data)


_GROUND = Statement(
    sa.select(entry.c.seq, entry.c.body, entry.c.hash)
    .where(entry.c.chain == sa.bindparam("chain"), entry.c.seq > sa.bindparam("seq"))
    .order_by(entry.c.seq)
)
_CONTENTS = Statement(sa.select(content.c.digest, content.c.content))


def judge_span(tx: Transaction, case: Case, span: Span) -> Report:
    """The chains of a span: entries, texts, rows, and the ids of requests that lead to them."""
    case.catch_up(tx)
    texts = _texts(tx, span)
    requests = RequestCheck()
    strangers: list[object] = []
    with closing(_entries(tx, span, texts)) as entries:  # whatever happens: a query half read holds the file
        report = judge(entries, _rows(tx, span, strangers), case.ground, case.definitions, requests.take)
    for one in strangers:
        report.find(
            "database", None, "row", f"there is a patient's row of {shown(str(one))}, which is no patient's chain"
        )
    for name, seq in texts:
        report.find(name, seq, "text", f"there is a text of entry {seq}, which does not exist")
    requests.compare(_places(tx, list(requests.waiting.values())), report)
    return report


def _entries(tx: Transaction, span: Span, texts: dict[tuple[str, int], Texts]) -> Generator[Stored]:
    """The entries in order; their texts are taken from ``texts``."""
    for batch in tx.stream(_entry_query(tx.sqlite, span.shape), span.values):
        for row in batch:
            columns = row[:-2]
            told = texts.pop(columns[:2], NO_TEXTS) if texts else NO_TEXTS
            yield Stored(columns[0], columns[1], row[-2], row[-1], told, columns)


def histories(tx: Transaction, span: Span) -> Generator[tuple[str, list[Stored]]]:
    """The patients' chains of a span, one after the other, each whole."""
    texts = _texts(tx, span)
    batches = tx.stream(_history_query(span.shape), span.values)
    rows = (row for batch in batches for row in batch if is_patient(row[0]))
    for name, some in groupby(rows, lambda row: row[0]):
        yield (
            name,
            [Stored(name, seq, data, digest, texts.get((name, seq), NO_TEXTS)) for _, seq, data, digest in some],
        )


@cache
def _history_query(shape: Shape) -> Statement:
    query = sa.select(entry.c.chain, entry.c.seq, entry.c.body, entry.c.hash).where(_within(entry.c.chain, shape))
    return Statement(query.order_by(entry.c.chain, entry.c.seq))


@cache
def _entry_query(sqlite: bool, shape: Shape) -> Statement:
    columns = (_as_text(entry.c[name], sqlite) for name in COLUMNS)
    query = sa.select(*columns, entry.c.body, entry.c.hash).where(_within(entry.c.chain, shape))
    return Statement(query.order_by(entry.c.chain, entry.c.seq))


def _as_text(column: sa.Column[Any], sqlite: bool) -> sa.ColumnElement[Any]:
    """Days and moments as SQLite keeps them; so that one which is no day of ours ends nothing."""
    if sqlite or not isinstance(column.type, sa.types.TypeDecorator):
        return column
    if isinstance(column.type.impl_instance, sa.DateTime):
        form = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'::text"""
        utc = f"pg_catalog.to_char(pg_catalog.timezone('UTC'::text, {column}), {form})"
        return sa.literal_column(f"coalesce({utc}, {column}::text)")
    return sa.cast(column, sa.Text)


@cache
def _text_query(shape: Shape) -> Statement:
    return Statement(sa.select(entry_text).where(_within(entry_text.c.chain, shape)))


def _texts(tx: Transaction, span: Span) -> dict[tuple[str, int], Texts]:
    found: dict[tuple[str, int], dict[str, tuple[bytes, str]]] = {}
    for name, seq, field, salt, text in tx.all(_text_query(span.shape), span.values):
        found.setdefault((name, seq), {})[field] = (salt, text)
    return dict(found)


_ROW = tuple(column.name for column in patient.columns)


@cache
def _row_query(sqlite: bool, shape: Shape) -> Statement:
    return Statement(sa.select(*(_as_text(c, sqlite) for c in patient.columns)).where(_within(patient.c.chain, shape)))


@cache
def _head_query(shape: Shape) -> Statement:
    return Statement(sa.select(chain).where(_within(chain.c.name, shape)))


def _rows(tx: Transaction, span: Span, strangers: list[object]) -> dict[str, dict[str, Any]]:
    """Chain to the row that caches its end; a patient's among the others is found apart.

    ``strangers`` is told the chains of patients' rows that are no patient's.
    """
    rows: dict[str, dict[str, Any]] = {}
    for name, seq, head in tx.all(_head_query(span.shape), span.values):
        if not is_patient(name):
            rows[name] = {"seq": seq, "head": head}
    for row in tx.all(_row_query(tx.sqlite, span.shape), span.values):
        if is_patient(row[0]):
            rows[row[0]] = dict(zip(_ROW, row, strict=True))
        else:
            strangers.append(row[0])
    return rows


def _places(tx: Transaction, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Where the rows of these ids lead."""
    found: dict[str, tuple[str, int]] = {}
    for first in range(0, len(ids), 500):
        query = sa.select(request).where(request.c.id.in_(ids[first : first + 500]))
        found.update({id: (name, seq) for id, name, seq in tx.connection.execute(query)})
    return found


def judge_claims(tx: Transaction, claims: Sequence[Anew]) -> Report:
    """Who was enrolled anew, by both chains."""
    report = Report()
    compare_claims(claims, lambda name, seq: tx.one(_BYTES, {"chain": name, "seq": seq}), report)
    return report


_BYTES = Statement(
    sa.select(entry.c.body, entry.c.hash).where(
        entry.c.chain == sa.bindparam("chain"), entry.c.seq == sa.bindparam("seq")
    )
)

# ── what is no span's ──────────────────────────────────────────────────────────────────────────────────────────────


_IDS = "the ids of requests"
_SAME = sa.and_(entry.c.chain == request.c.chain, entry.c.seq == request.c.seq)
_REQUESTS = sa.select(request.c.id, request.c.chain, request.c.seq, entry.c.body).select_from(
    request.outerjoin(entry, _SAME)
)
_SOME = _REQUESTS.order_by(request.c.id).limit(_PAGE).offset(_NONE)
FIRST_REQUESTS = Statement(_SOME)
NEXT_REQUESTS = Statement(_SOME.where(request.c.id > sa.bindparam("after")))
# In no order: there is no index by chain, and one look at every row is much less than to follow that of the ids.
REQUESTS_OF = Statement(_REQUESTS.where(request.c.chain == sa.bindparam("chain")))


def judge_requests_of(tx: Transaction, name: str) -> Report:
    """Every row of a request that leads to this chain."""
    report = Report()
    with closing(tx.stream(REQUESTS_OF, {"chain": name})) as batches:
        for batch in batches:
            for id, chain, seq, data in batch:
                check_request(chain, seq, id, data, report)
    return report


def judge_requests(transactions: Transactions) -> Report:
    """Every row of a request leads to the entry that it was carried out in."""
    report = Report()
    after: str | None = None
    more = True
    while more:
        statement = FIRST_REQUESTS if after is None else NEXT_REQUESTS
        page = _Page(statement, {"after": after})
        report.absorb(carefully(transactions, page.judge, _IDS))
        last = page.rows[-1][0] if page.rows else None
        more = len(page.rows) == PAGE
        if more and after is not None and not str(last) > after:  # a text that is none, and no place to go on from
            report.find("database", None, "unreadable", f"the ids of requests behind {shown(after)} cannot be read")
            more = False
        after = last
    return report


class _Page:
    """Some rows of requests, kept to go on behind them."""

    def __init__(self, statement: Statement, values: dict[str, Any]) -> None:
        self._statement, self._values = statement, values
        self.rows: list[Row] = []

    def judge(self, tx: Transaction) -> Report:
        report = Report()
        self.rows = tx.all(self._statement, self._values)
        for id, name, seq, data in self.rows:
            check_request(name, seq, id, data, report)
        return report


@cache
def _table(table: sa.Table, sqlite: bool) -> Statement:
    return Statement(sa.select(*(_as_text(column, sqlite) for column in table.columns)))


def judge_house(tx: Transaction, case: Case) -> Report:
    """People, protocols, heads: what is beside the chains and no patient's."""
    report = Report()
    case.catch_up(tx)
    for name, _, _ in tx.all(_head_query(Span().shape), {}):
        if is_patient(name):
            report.find(name, None, "row", f"{name} has a row among the chains that are no patient's")
    for line in (case.ground.people, case.ground.trial):
        if not line.last:
            report.find(line.name, None, "entries", f"there is no chain {line.name}, which every database of ours has")
    contents = (ContentRow(*row) for row in tx.all(_table(content, tx.sqlite), {}))
    compare_contents(case.ground, contents, case.definitions, report)
    compare_people(case.ground, (PersonRow(*row) for row in tx.all(_table(person, tx.sqlite), {})), report)
    return report


def judge_objects(tx: Transaction, replaced: list[str]) -> Report:
    """Tables, indexes, triggers: those of ours are as we made them, and nobody else's are on them.

    ``replaced`` is told the tables that are none.
    """
    report = Report()
    found = objects.there(tx)
    for code, message in objects.wrong(tx, found):
        report.find("database", None, code, message)
    replaced[:] = objects.replaced(found)  # anew, where this is the second look
    if replaced:
        what = f"{', '.join(replaced)}: no table of its own, and what is read of it may never end"
        report.find("database", None, "unreadable", f"{what}; the rows of the database are not judged")
    return report


def rows_may_be_read(transactions: Transactions, report: Report) -> bool:
    """Judge the database's own objects, and whether any row may be read behind that."""
    replaced: list[str] = []
    report.absorb(carefully(transactions, lambda tx: judge_objects(tx, replaced), "the database's own objects"))
    return not replaced


# ── the whole ──────────────────────────────────────────────────────────────────────────────────────────────────────


def verify(
    transactions: Transactions,
    *,
    patient: str | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Check the whole log, or one patient's chain and what it rests on.

    ``progress`` is told how many entries were read. With ``workers`` that many processes share the work; they are
    forks, and so not for a process that runs threads.
    """
    report = Report()
    with _readable(transactions, report) as readable:
        workers = workers if readable is transactions else 1
        _verify(readable, report, patient=patient, workers=workers, progress=progress)
    return report


def verify_unopened(url: str, why: DatabaseError) -> Report:
    """The same of a database that cannot be opened, as far as it can be read."""
    return look_unopened(url, why, _verify)


def check_unopened(url: str, why: DatabaseError) -> Report:
    """Of such a database, its objects and pages alone, however long it takes."""

    def look(transactions: Transactions, report: Report) -> None:
        if rows_may_be_read(transactions, report):
            check_integrity(transactions, report, seconds=float("inf"))

    return look_unopened(url, why, look)


def look_unopened(url: str, why: DatabaseError, look: Callable[[Transactions, Report], None]) -> Report:
    """What ``look`` finds in a database that cannot be opened.

    Raises ``why`` where that says enough: nothing of ours is there, or there is other software to read it with.
    """
    if why.retry or isinstance(why, DatabaseMissing | DatabaseReadOnly | SchemaOlder):
        raise why
    transactions = Transactions(create_engine(url))
    report = Report()
    try:
        with _readable(transactions, report) as readable:
            with readable.reading() as tx:
                if not objects.any_of_ours(tx):
                    raise why
                if isinstance(why, SchemaNewer) and not objects.as_made(tx):
                    raise why  # else it is no newer schema: it only says so
            look(readable, report)
    finally:
        transactions.close()
        transactions.engine.dispose()
    if report.sound:
        report.find("database", None, "unreadable", f"the database cannot be opened: {why.message}")
    return report


@contextmanager
def _readable(transactions: Transactions, report: Report) -> Iterator[Transactions]:
    """Where SQLite can make nothing of the schema, which is a finding, others that read the tables of which it can."""
    first = _refused(transactions)
    if first is None:
        yield transactions
        return
    if not spoilt(first.__cause__) or file_of(transactions.engine.url) is None:
        raise first
    others = Transactions(past_the_schema(transactions.engine.url))
    try:
        if _refused(others) is not None:
            said = f"nothing in the file can be judged: {first.message}"
            raise DatabaseError(said, hint=f"if it is the trial's, {RUNBOOK}") from first
        report.find("database", None, "schema", f"the schema cannot be read, nor what it names: {first.message}")
        yield others
    finally:
        others.close()
        others.engine.dispose()


def _refused(transactions: Transactions) -> DatabaseError | None:
    """Why SQLite refuses to read anything at all, if it does."""
    try:
        with transactions.reading() as tx:
            if tx.sqlite:
                tx.plain("SELECT count(*) FROM sqlite_master")
    except DatabaseError as error:
        return error
    return None


def _verify(
    transactions: Transactions,
    report: Report,
    *,
    patient: str | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> None:
    from workflow.store.workers import can_fork, shared

    if not rows_may_be_read(transactions, report):
        return
    case = Case()
    only = (chain_of(patient), TRIAL_CHAIN, PEOPLE_CHAIN) if patient is not None else ()
    work: Iterable[Span] = [Span(only=only)] if only else spans(transactions)
    report.absorb(carefully(transactions, lambda tx: judge_house(tx, case), "the tables beside the log"))
    if workers > 1 and not only and can_fork(transactions.engine):
        parts = shared(transactions.engine.url, case, list(work), workers)
    else:
        parts = (judged(transactions, case, span) for span in work)
    for part in parts:
        report.absorb(part)
        if progress is not None:
            progress(report.entries)
    report.absorb(carefully(transactions, lambda tx: judge_claims(tx, report.claims), "who was enrolled anew"))
    if only:
        report.absorb(carefully(transactions, lambda tx: judge_requests_of(tx, only[0]), _IDS))
    else:
        report.absorb(judge_requests(transactions))
    if not only:
        check_integrity(transactions, report)


def judged(transactions: Transactions, case: Case, span: Span) -> Report:
    """A span in a transaction of its own."""
    what = f"the chains after {span.after!r} up to {span.upto!r}" if span.after or span.upto else "the chains"
    return carefully(transactions, lambda tx: judge_span(tx, case, span), what)


def carefully(transactions: Transactions, work: Callable[[Transaction], Report], what: str) -> Report:
    """``work`` in a transaction of its own; once more where a text is none, and a finding where it cannot be read."""
    try:
        with transactions.reading() as tx:
            return work(tx)
    except DatabaseError as error:
        if error.retry:
            raise
    except Exception as error:  # noqa: BLE001 - whatever stands in a row is a finding, not a crash
        return _unreadable(what, f"{type(error).__name__} {error}"[:200])
    try:
        with transactions.reading() as tx, _any_text(tx):
            return work(tx)
    except DatabaseError as error:
        if error.retry:
            raise
        return _unreadable(what, error.message)
    except Exception as error:  # noqa: BLE001 - as above
        return _unreadable(what, f"{type(error).__name__} {error}"[:200])


def _unreadable(what: str, why: str) -> Report:
    report = Report()
    report.find("database", None, "unreadable", f"{what} cannot be read: {why}")
    return report


@contextmanager
def _any_text(tx: Transaction) -> Iterator[None]:
    """On SQLite, texts that are not UTF-8 read as what their bytes are."""
    raw: Any = tx.connection.connection.driver_connection
    if not tx.sqlite:
        yield
        return
    raw.text_factory = lambda data: data.decode("utf-8", "backslashreplace")
    try:
        yield
    finally:
        raw.text_factory = str


def check_integrity(transactions: Transactions, report: Report, seconds: float = INTEGRITY_SECONDS) -> None:
    """What the database says of its own pages and indexes, timed. On SQLite no table may take longer than ``seconds``.

    Whoever writes to the file waits meanwhile.
    """
    begun = perf_counter()
    sqlite = transactions.engine.dialect.name == "sqlite"
    report.integrity = _sqlite_integrity(transactions, report, seconds) if sqlite else _amcheck(transactions, report)
    report.integrity_ms = round((perf_counter() - begun) * 1000)


def _sqlite_integrity(transactions: Transactions, report: Report, seconds: float) -> str:
    unfinished: list[str] = []
    for table in (entry, entry_text, request, patient, person, chain, content):
        try:
            with transactions.reading() as tx:
                said = _said_of(tx, table.name, perf_counter() + seconds)
        except DatabaseError as error:  # of a page that even the end of the transaction stumbles over
            if error.retry:
                raise
            said = [error.message]
        if said is None:
            unfinished.append(table.name)
        for one in said or ():
            if one != "ok":
                report.find("database", None, "integrity", f"the database's own check: {one}")
    if unfinished:
        names = " and ".join(unfinished)
        return f"not finished: {names} takes more than {seconds:g} s; regimen db check takes its time"
    return "checked"


def _said_of(tx: Transaction, table: str, ends: float) -> list[str] | None:
    """What SQLite says of a table and its indexes; None where it was not done by then."""
    raw: Any = tx.connection.connection.driver_connection
    raw.set_progress_handler(lambda: perf_counter() > ends, 100_000)
    try:
        with closing(raw.cursor()) as cursor:
            return [str(row[0]) for row in cursor.execute(f"PRAGMA integrity_check({table})")]
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            return None
        return [str(error)]
    finally:
        raw.set_progress_handler(None, 0)


def _amcheck(transactions: Transactions, report: Report) -> str:
    with transactions.reading() as tx:
        if not tx.all(_AMCHECK, {}):
            return "not checked: the extension amcheck is not there"
        allowed = tx.all(_MAY_CHECK, {})
        if not allowed:
            return "not checked: this role may not run amcheck's bt_index_check"
        ((schema,),) = allowed
        indexes = tx.all(_INDEXES, {})
    check = f"SELECT {schema}.bt_index_check(%s::pg_catalog.oid::pg_catalog.regclass, true)"
    for oid, name in indexes:
        try:
            with transactions.reading() as tx:
                tx.connection.exec_driver_sql(check, (oid,))
        except DatabaseError as error:
            if error.retry:
                raise
            report.find("database", None, "integrity", f"index {name}: {error.message}")
    return "checked"


_MAY_CHECK = Statement(
    sa.text(
        "SELECT DISTINCT pg_catalog.quote_ident(nspname) FROM pg_catalog.pg_proc p"
        " JOIN pg_catalog.pg_namespace n ON n.oid = pronamespace"
        " JOIN pg_catalog.pg_extension e ON extnamespace = n.oid AND extname = 'amcheck'"
        " WHERE proname = 'bt_index_check' AND proargtypes::text = '2205 16'"  # regclass and boolean
        " AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE'::text)"
    )
)
_AMCHECK = Statement(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'"))
_INDEXES = Statement(
    sa.text(
        "SELECT i.indexrelid, c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " JOIN pg_class t ON t.oid = i.indrelid JOIN pg_am a ON a.oid = c.relam"
        " WHERE a.amname = 'btree' AND t.relname ^@ 'regimen_' AND pg_table_is_visible(t.oid)"
    )
)
