"""One command, one transaction: the unit of work that every read and write of the log goes through.

Statements are written in SQLAlchemy Core, compiled once per dialect, and run on the driver's own cursor (on PostgreSQL,
on ``direct``): an advance is two or three of them, and the engine's own machinery per statement costs more than the
statement does (``make bench`` has the figures). Values go in and come out as the driver knows them; dates and moments
go in as ISO text, which both databases accept.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from operator import itemgetter
from os import getpid
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import sqlalchemy as sa

from workflow.errors import (
    RUNBOOK,
    WHAT_TO_DO,
    ConnectionLost,
    DamagedRow,
    DatabaseBusy,
    DatabaseError,
    DatabaseReadOnly,
    InvalidInput,
    LostRace,
    NotOurDatabase,
    WorkflowError,
)
from workflow.store import engine as engines
from workflow.store.engine import BEGIN, WRITES

if TYPE_CHECKING:
    from workflow.store.direct import Direct

KEPT = "regimen_kept"  # execution option of the connections that threads keep

Row = tuple[Any, ...]
Picker = Callable[[Mapping[str, Any]], Row]  # positional parameters out of named ones


class Statement:
    """A Core statement and its compiled text for each dialect it has run on."""

    def __init__(self, clause: sa.ClauseElement) -> None:
        self._clause = clause
        self._texts: dict[str, tuple[str, Picker | None]] = {}

    def compiled(self, dialect: sa.Dialect) -> tuple[str, Picker | None]:
        """The text, and for positional parameters what picks them in order from a mapping."""
        found = self._texts.get(dialect.paramstyle)
        if found is None:
            compiled = self._clause.compile(dialect=dialect)
            names: list[str] = getattr(compiled, "positiontup", None) or []
            picker: Picker | None = None
            if names:
                picker = itemgetter(*names) if len(names) > 1 else _one(names[0])
            found = self._texts[dialect.paramstyle] = (str(compiled), picker)
        return found


def _one(name: str) -> Picker:
    return lambda values: (values[name],)


class Transaction:
    """An open transaction on one connection."""

    def __init__(self, connection: sa.Connection, ours: Direct | None = None) -> None:
        self.connection = connection
        self.dialect = self._written = connection.dialect
        self._ours = ours
        if ours is not None:
            self._written = ours.dialect
        self._cursor: Any = ours or connection.connection.cursor()

    @property
    def sqlite(self) -> bool:
        return self.dialect.name == "sqlite"

    def start(self) -> None:
        """Begin now. On PostgreSQL it would begin with the first statement of ours, which saves a trip."""
        if self._ours is not None:
            self._ours.start()

    def run(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """Execute; the number of rows touched."""
        text, picker = statement.compiled(self._written)
        self._cursor.execute(text, picker(values) if picker else values)
        return int(self._cursor.rowcount)

    def run_many(self, statement: Statement, values: Sequence[Mapping[str, Any]]) -> int:
        self.start()
        text, picker = statement.compiled(self.dialect)
        cursor = self.connection.connection.cursor()
        cursor.executemany(text, [picker(v) for v in values] if picker else values)
        touched = int(cursor.rowcount)
        cursor.close()
        return touched

    def one(self, statement: Statement, values: Mapping[str, Any]) -> Row | None:
        """The first row of a query, whatever it holds."""
        text, picker = statement.compiled(self._written)
        try:
            self._cursor.execute(text, picker(values) if picker else values)
            row: Row | None = self._cursor.fetchone()
        except Exception as error:
            if not unreadable(error):
                raise
            return next(iter(self.rows(statement, values)), None)
        return row

    def rows(self, query: Statement | sa.Select[Any], values: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a query, whatever they hold: a value that none of its type can be ends no list.

        It comes as a text that ``store.form`` knows to be wrong.
        """

        def found() -> list[Row]:
            if isinstance(query, Statement):
                return self.all(query, values or {})
            return [tuple(row) for row in self.connection.execute(query)]

        try:
            return found()
        except Exception as error:
            if not unreadable(error):
                raise
        with engines.reading_anything(self.connection):
            kept = self._cursor, self._written
            self._cursor, self._written = self.connection.connection.cursor(), self.dialect
            try:
                return found()
            finally:
                self._cursor.close()
                self._cursor, self._written = kept

    def all(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        text, picker = statement.compiled(self._written)
        self._cursor.execute(text, picker(values) if picker else values)
        return list(self._cursor.fetchall())

    def stream(self, statement: Statement, values: Mapping[str, Any], size: int = 2000) -> Generator[list[Row]]:
        """The rows a batch at a time, never all of them in memory."""
        self.start()
        text, picker = statement.compiled(self.dialect)
        raw = self.connection.connection
        cursor = raw.cursor() if self.sqlite else raw.cursor(name="regimen_stream")
        try:
            cursor.execute(text, picker(values) if picker else values)
            while rows := list(cursor.fetchmany(size)):
                yield rows
        finally:
            cursor.close()

    def plain(self, text: str) -> None:
        self._cursor.execute(text)

    def first(self, text: str) -> Row:
        """The row of a query without values, which other statements may follow in the same message."""
        self._cursor.execute(text)
        row: Row | None = self._cursor.fetchone()
        assert row is not None
        return row

    def close(self) -> None:
        self._cursor.close()


def _status(connection: sa.Connection) -> str:
    """Whether the driver knows of a transaction: IDLE, INTRANS, INERROR (failed, and only to be rolled back)..."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        return "INTRANS" if raw.in_transaction else "IDLE"
    return str(raw.info.transaction_status.name)


def _gone(connection: sa.Connection) -> bool:
    """Whether a kept connection is of no more use."""
    return (
        connection.closed
        or connection.invalidated
        or bool(getattr(connection.connection.driver_connection, "closed", False))
    )


@contextmanager
def _alone(connection: sa.Connection) -> Iterator[None]:
    """For a command on the caller's connection: no other thread's is under way on it."""
    lock = engines.lock_of(connection)
    if not lock.acquire(blocking=False):
        raise InvalidInput(
            "another thread's command is under way on this connection",
            hint="give each thread a connection and a transaction of its own",
        )
    try:
        yield
    finally:
        lock.release()


def _require_open(connection: sa.Connection) -> None:
    """Raise for a connection that ``Trial.transaction`` gave out, and that is no longer the caller's."""
    if connection.get_execution_options().get(KEPT) and _status(connection) == "IDLE":
        raise InvalidInput("the transaction of this connection has ended", hint="begin another: Trial.transaction()")


_HAD = (
    "search_path",
    "DateStyle",
    "TimeZone",
    "quote_all_identifiers",
    "lock_timeout",
)  # what a caller's transaction gets back after each command


def _settle(tx: Transaction, savepoint: str) -> str:
    """Begin a savepoint in the caller's transaction, set as ours are; what gives them back what they had there.

    Their commit stays ours too: it waits until what it keeps is on the disk.
    """
    if tx.sqlite or BEGIN in tx.connection.get_execution_options():
        tx.plain(savepoint)
        return ""
    names = ("transaction_isolation", "synchronous_commit", *_HAD)
    asked = ", ".join(f"pg_catalog.current_setting('{name}')" for name in names)
    level, commit, *had = tx.first(f"SELECT {asked}; {savepoint}; {engines.settings_of_a_guest()}")
    before = dict(zip(_HAD, had, strict=True))
    if commit == "remote_apply":
        before["synchronous_commit"] = commit
    if level != "read committed":
        tx.plain(f"ROLLBACK TO {savepoint}")
        tx.plain(f"RELEASE {savepoint}")
        raise engines.foreign_isolation(level)
    return f"{engines.setting(before)}; "


@contextmanager
def _looking(tx: Transaction) -> Iterator[None]:
    """For a reading in the caller's transaction: look where ours do, and then again where they had it."""
    if tx.sqlite or BEGIN in tx.connection.get_execution_options():
        yield
        return
    (path,) = tx.first(f"SELECT pg_catalog.current_setting('search_path'); {engines.path_of_a_guest()}")
    try:
        yield
    finally:
        if _status(tx.connection) == "INTRANS":  # else it has failed or is lost, and nothing is looked for any more
            tx.plain(engines.setting({"search_path": path}))


def _inside() -> InvalidInput:
    return InvalidInput(
        "a command inside a transaction must be part of it", hint="give it the transaction's connection"
    )


def _direct(connection: sa.Connection) -> Direct | None:
    options = connection.get_execution_options()
    if not (BEGIN in options and options[WRITES]):
        return None
    from workflow.store.direct import direct  # which imports psycopg

    return direct(connection)


class _ByHand:
    """BEGIN and COMMIT on the driver's own connection: the engine's cost as much as two of our statements.

    A statement that does go through the engine joins the transaction, and then it is the engine that ends it.
    """

    __slots__ = ("_direct", "_own", "_raw", "_tx")

    def __init__(self, own: sa.Connection) -> None:
        self._own = own
        self._raw: Any = own.connection.driver_connection
        self._direct = _direct(own)

    def __enter__(self) -> Transaction:
        if self._own.in_transaction() or _status(self._own) != "IDLE":
            raise _inside()
        try:
            if self._direct is None:
                self._raw.execute("BEGIN IMMEDIATE")
            else:
                self._direct.begin(self._own.get_execution_options()[BEGIN])
        except Exception as error:
            raise in_our_words(error) or error from error
        self._tx = Transaction(self._own, self._direct)
        return self._tx

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        with engines.lock_of(self._own):
            self._end(error)

    def _end(self, error: BaseException | None) -> None:
        self._tx.close()  # a query that is half read would go on holding the file
        if error is None:
            try:
                if _status(self._own) == "INERROR":  # whose COMMIT would be a silent ROLLBACK
                    raise DatabaseError(
                        "a statement in the transaction had failed: nothing of it is kept",
                        hint="do what may fail in a savepoint: connection.begin_nested()",
                    )
                self._end_by("commit")
            except BaseException as failed:  # noqa: BLE001 - raised below, in our words
                error = failed
            else:
                return
        try:
            self._end_by("rollback")
        except (sa.exc.SQLAlchemyError, self._own.dialect.loaded_dbapi.Error):  # the connection was lost: and with it,
            self._own.invalidate()  # the transaction
        ours = in_our_words(error) if isinstance(error, Exception) and not isinstance(error, WorkflowError) else None
        if ours is not None:
            raise ours from error
        raise error

    def _end_by(self, word: str) -> None:
        if self._own.in_transaction():
            getattr(self._own, word)()
        elif self._direct is not None:
            self._direct.end(word.upper())
        else:
            getattr(self._raw, word)()


class Transactions:
    """Where transactions come from: a connection kept per thread, or the caller's own.

    A connection that a thread kept goes back when the thread ends. After a fork the parent's are left alone, neither
    used nor closed: the child makes its own.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._pid = getpid()
        self._kept = threading.local()
        self._open: WeakSet[sa.Connection] = WeakSet()
        self._inherited: list[sa.Connection] = []

    def _connection(self, *, writes: bool) -> sa.Connection:
        self._after_fork()
        slot = "writes" if writes else "reads"
        if any(_gone(kept) for kept in self._kept.__dict__.values()):
            self._discard()
        connection: sa.Connection | None = getattr(self._kept, slot, None)
        if connection is None:
            connection = self._connected().execution_options(**{WRITES: writes, KEPT: True})
            if self.engine.dialect.name == "postgresql":
                try:
                    connection = engines.ours(connection, writes=writes)
                except BaseException:
                    connection.close()
                    raise
            setattr(self._kept, slot, connection)
            self._open.add(connection)
        return connection

    def _connected(self) -> sa.Connection:
        try:
            with translated():
                return self.engine.connect()
        except ConnectionLost as error:
            raise ConnectionLost(error.message, hint=_NOT_SENT) from error.__cause__

    def _discard(self) -> None:
        """Let this thread's connections go: what ended one of them has ended the other."""
        for slot, connection in list(self._kept.__dict__.items()):
            if _gone(connection) or _status(connection) == "IDLE":
                delattr(self._kept, slot)
                self._open.discard(connection)
                if not connection.closed and not connection.invalidated:
                    connection.invalidate()
                connection.close()

    def _after_fork(self) -> None:
        if self._pid != getpid():
            self._pid = getpid()
            self._inherited += self._open  # kept alive, for what is collected is closed
            self._open = WeakSet()
            self._kept = threading.local()
            self.engine.dispose(close=False)

    def writing(self, connection: sa.Connection | None = None) -> AbstractContextManager[Transaction]:
        """A transaction of our own, committed at the end; or a savepoint in the caller's, whose commit it shares."""
        if connection is not None:
            return self._within(connection)
        with translated():
            return _ByHand(self._connection(writes=True))

    @contextmanager
    def _within(self, connection: sa.Connection) -> Iterator[Transaction]:
        with _alone(connection), translated():
            _require_open(connection)
            if not connection.in_transaction():
                connection.execution_options(**{WRITES: True})
                connection.begin()
            if connection.dialect.name != "sqlite":
                engines.require_fit(connection)
            elif _status(connection) == "IDLE":  # our savepoint would be the transaction, and its end a commit
                raise InvalidInput(
                    "the connection's transactions do not begin when they should",
                    hint="take one from an engine that was given to Trial, or from workflow.store.engine.prepare",
                )
            tx = Transaction(connection, _direct(connection))
            savepoint = f"SAVEPOINT regimen_{threading.get_ident()}"  # which no other thread rolls back
            back = _settle(tx, savepoint)
            try:
                yield tx
                tx.plain(f"{back}RELEASE {savepoint}")
            except BaseException:
                tx.plain(f"ROLLBACK TO {savepoint}")
                tx.plain(f"RELEASE {savepoint}")
                raise
            finally:
                tx.close()

    @contextmanager
    def reading(self, connection: sa.Connection | None = None) -> Iterator[Transaction]:
        """A transaction that only reads: its queries, and those of readings inside it, see one state."""
        if connection is not None:
            with _alone(connection), translated():
                _require_open(connection)
                if connection.dialect.name != "sqlite":
                    engines.require_fit(connection)
                with closing(Transaction(connection)) as tx, _looking(tx):
                    yield tx
            return
        with translated():
            own = self._connection(writes=False)
            begun = nullcontext() if own.in_transaction() else own.begin()
            with begun, closing(Transaction(own)) as tx:  # a query that is half read would go on holding the file
                yield tx

    def close(self) -> None:
        self._after_fork()
        for connection in list(self._open):
            connection.close()
        self._open.clear()
        self._kept.__dict__.clear()


# ── what the drivers say, in our words ─────────────────────────────────────────────────────────────────────────────

# PostgreSQL: serialization failure, deadlock, unique violation; what was prepared is gone, and is prepared anew
_RACES = {"40001", "40P01", "23505", "26000"}
# Lock not available, statement cancelled or timed out, transaction timed out, too many connections, out of memory
_BUSY = {"55P03": "locked by another command", "57014": "too slow: the statement was cancelled or timed out"}
_BUSY |= {"25P04": "too slow: the transaction timed out", "53300": "full: it takes no more connections"}
_BUSY |= {"53200": "out of memory"}
# Shut down by its administrator or a crash, not there yet, idle too long
_ENDED = {"57P01", "57P02", "57P03", "57P05", "25P03"}
# What libpq says of a server that may be there in a moment; of a password that is wrong it says something else.
_LOST = re.compile(
    r"refused|timed? ?out|server closed|connection is closed|connection is lost|lost synchronization|consuming input"
    r"|starting up|shutting down|recovery mode|not yet accepting|too many clients|connection slots|terminating"
    r"|reset by peer|broken pipe|no such file|unreachable|SSL SYSCALL|in recovery",
    re.IGNORECASE,
)


_NOT_SENT = "nothing was sent, and nothing is recorded: see whether the server runs, and repeat"


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except WorkflowError:
        raise
    except Exception as error:
        ours = in_our_words(error)
        if ours is None:
            raise
        raise ours from error


def in_our_words(error: Exception) -> WorkflowError | None:
    """A driver's or an engine's error as one of ours; None for any other."""
    match error:
        case sa.exc.DBAPIError():
            return translate(error.orig or error)
        case sa.exc.TimeoutError():
            return DatabaseBusy("every connection of the engine's pool is in use", hint="give it a larger pool")
        case sqlite3.Error():
            return translate(error)
        case UnicodeDecodeError():  # what the driver says of it holds bytes of the file
            return DatabaseError("the database is damaged: it holds text that is none", hint="regimen db check")
        case UnicodeEncodeError():
            return InvalidInput(f"text holds a character that is not Unicode: {error.object[error.start]!r}")
    if getattr(error, "sqlstate", None) is None and type(error).__module__.split(".")[0] != "psycopg":
        return None
    return translate(error)


def unreadable(error: BaseException) -> bool:
    """Whether the driver could make nothing of a value that was read: a text that is none, a day without end."""
    error = getattr(error, "orig", None) or error
    if isinstance(error, sqlite3.Error):
        return "Could not decode to UTF-8" in str(error)
    return getattr(error, "sqlstate", "") is None and type(error).__name__ == "DataError" and "NUL" not in str(error)


def spoilt(error: BaseException | None) -> bool:
    """Whether SQLite can make nothing of the file, or of its schema."""
    error = getattr(error, "orig", None) or error
    name = getattr(error, "sqlite_errorname", "") or ""
    return isinstance(error, sqlite3.Error) and (
        name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "malformed" in str(error)
    )


def translate(error: BaseException) -> WorkflowError:
    """A driver's error as one of ours."""
    said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if unreadable(error):
        return DamagedRow(f"a value cannot be read: {said}")
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", "") or ""
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or "locked" in said:
            return DatabaseBusy("the database is locked by another command", hint="try again in a moment")
        if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
            if name.startswith("SQLITE_CANTOPEN"):
                return DatabaseError(
                    f"the database cannot be opened: {said}", hint="look at the path and who may read it"
                )
            return DatabaseReadOnly(f"the database cannot be written to: {said}", hint="look at who may write the file")
        if name.startswith("SQLITE_NOTADB") or "file is not a database" in said:
            return NotOurDatabase(
                "the file is not a database", hint=f"name another file; if it is the trial's, {RUNBOOK}"
            )
        if spoilt(error):
            return DatabaseError(f"SQLite: {said}", hint=WHAT_TO_DO)
        if name == "SQLITE_CONSTRAINT_DATATYPE":  # of what stood there before: we write what the columns take
            return DamagedRow(f"SQLite: {said}")
        if name.startswith("SQLITE_CONSTRAINT") and "UNIQUE" in said:
            return LostRace(hint="look again and repeat")
        return DatabaseError(f"SQLite: {said}")
    state = getattr(error, "sqlstate", None)
    if state in _RACES:
        return LostRace(hint="look again and repeat")
    if state in _BUSY:
        return DatabaseBusy(f"the database is {_BUSY[state]}", hint="try again in a moment")
    if (state or "")[:2] == "08" or state in _ENDED or (state is None and _LOST.search(said)):
        return ConnectionLost(
            f"PostgreSQL: {said}",
            hint="with a request id the same call is safe to repeat; without one look first whether it was recorded",
        )
    if state == "25006":
        return DatabaseReadOnly("the database accepts no writes now", hint="connect to the primary")
    if state is None and "NUL" in said:  # the driver refuses to send it
        return InvalidInput("text holds a character that PostgreSQL cannot keep: '\\x00'")
    if state == "42501":
        return DatabaseReadOnly(f"PostgreSQL: {said}", hint="connect in a role that may write")
    return DatabaseError(f"PostgreSQL: {said}")
