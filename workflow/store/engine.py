"""Connections: an engine whose transactions are what the log needs, on SQLite and on PostgreSQL.

SQLite: a command that writes begins with BEGIN IMMEDIATE, so that what it reads under the lock is what it decides on;
a journal that loses no acknowledged commit; the log's tables closed to UPDATE, DELETE and DROP on every connection of
ours. PostgreSQL: READ COMMITTED, the patient's row locked by the query that reads it, and what we rely on set with the
BEGIN itself; an engine that is made for other transactions than these is refused by name.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool, StaticPool

from workflow.errors import DatabaseError, DatabaseMissing, InvalidInput
from workflow.store.schema import APPEND_ONLY, KEPT
from workflow.store.url import parse_url

WRITES = "regimen_writes"  # execution option of a connection whose transactions will write
MIGRATES = "regimen_migrates"  # ... or change the schema: the only ones that may drop or alter
BEGIN = "regimen_begin"  # what begins them on PostgreSQL, where the driver leaves it to us

BUSY_SECONDS = 10  # that a command waits for a lock

# SQLite 3.7.0 to 3.51.2 can lose a commit when a WAL is reset under two connections: there, a rollback journal instead.
WAL_IS_SOUND = sqlite3.sqlite_version_info >= (3, 51, 3)
# EXTRA under both: with a WAL it is FULL, and a library that prefers the other journal may open the file.
JOURNAL, SYNCHRONOUS = "wal" if WAL_IS_SOUND else "delete", "extra"


def create_engine(url: str | URL, *, create: bool = False) -> sa.Engine:
    """An engine for ``url``, prepared. A SQLite file that does not exist is an error unless ``create``."""
    parsed = parse_url(url)
    options: dict[str, Any] = {}
    if parsed.get_backend_name() == "sqlite":
        path = parsed.database
        if path in (None, "", ":memory:"):
            options["poolclass"] = StaticPool
        else:
            options["poolclass"] = NullPool
            if not create and not Path(str(path)).exists():
                raise DatabaseMissing(f"there is no database at {path}", hint="regimen init makes one")
        options["connect_args"] = {"check_same_thread": False}
        if "timeout" not in parsed.query:
            options["connect_args"]["timeout"] = BUSY_SECONDS
    else:
        options["poolclass"] = NullPool  # each thread keeps its connections; a pool's limit would be one on threads
        options["use_native_hstore"] = False  # else the dialect asks for it, before we can say where a session looks
        if "client_encoding" not in parsed.query:
            options["connect_args"] = {"client_encoding": "UTF8"}  # whatever the database or the role have for one
    try:
        engine = sa.create_engine(parsed, **options)
        engine.dialect.create_connect_args(parsed)  # now, and not in the midst of the first command
        known = _known_settings(engine)
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"PostgreSQL needs the package {error.name}", hint="install regimen-workflow[postgresql]"
        ) from None
    except (sa.exc.ArgumentError, TypeError, ValueError):
        known = None
    if known is None or not known.issuperset(parsed.query):  # whose names may be a half of a password
        raise InvalidInput("not a database URL: what stands behind the ? is not right", hint="NAME=VALUE&NAME=VALUE")
    return prepare(engine)


def _known_settings(engine: sa.Engine) -> set[str]:
    """What may stand behind the ? of a URL."""
    if engine.dialect.name == "sqlite":
        return {"timeout", "isolation_level", "cached_statements", "uri", "mode", "cache", "immutable", "nolock", "vfs"}
    from psycopg.pq import Conninfo

    return {option.keyword.decode() for option in Conninfo.get_defaults()}


def past_the_schema(url: URL) -> sa.Engine:
    """An engine that reads a SQLite file whose schema cannot be parsed: the tables that can be are there, no other."""
    engine = create_engine(url)
    event.listen(engine, "connect", _any_schema, insert=True)
    return engine


def _any_schema(connection: sqlite3.Connection, record: object) -> None:
    connection.execute("PRAGMA writable_schema = ON").close()  # which is also to take what is no schema


def prepare(engine: sa.Engine) -> sa.Engine:
    """Make an engine of the caller's own fit for the log; call it before the engine's first connection. Idempotent."""
    listeners: dict[str, Callable[..., None]]
    if engine.dialect.name == "sqlite":
        listeners = {"connect": _on_connect, "begin": _on_begin}
        first = False  # the dialect's own listener sets what ours sets anew
    elif (engine.dialect.name, engine.dialect.driver) == ("postgresql", "psycopg"):
        listeners = {"connect": _on_connect_postgresql, "begin": _on_begin_postgresql}
        first = True  # the dialect's own reads text
    else:
        raise InvalidInput(
            f"no engine of that kind: {engine.dialect.name}+{engine.dialect.driver}",
            hint="sqlite:///FILE or postgresql+psycopg://HOST/NAME",
        )
    listeners |= {"commit": _once_alone, "rollback": _once_alone}
    for name, listener in listeners.items():
        if not event.contains(engine, name, listener):
            event.listen(engine, name, listener, insert=first)
    return engine


class _Words(sa.Text):
    render_bind_cast = True


def exact(dialect: Any) -> None:
    """Have a dialect send text as TEXT, which our columns are, and not as VARCHAR.

    Of TEXT and VARCHAR PostgreSQL has no operators: it would take anybody's, from wherever it looks, before its own.
    """
    if dialect.colspecs.get(sa.Text) is not _Words:
        dialect.colspecs = {**dialect.colspecs, sa.Text: _Words}


def lock_of(connection: sa.Connection) -> threading.RLock:
    """Held by the thread whose command is under way on a connection."""
    lock: threading.RLock = connection.info.setdefault("regimen_lock", threading.RLock())
    return lock


def _once_alone(connection: sa.Connection) -> None:
    """A transaction does not end in the midst of another thread's command, whose second half would stand outside it."""
    if connection.invalidated:  # it was lost, and its transaction with it
        return
    with lock_of(connection):
        pass


@contextmanager
def reading_anything(connection: sa.Connection) -> Iterator[None]:
    """On a cursor that is made now, what is no text or day of ours comes as a text all the same."""
    raw: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        raw.text_factory = _any_text
        try:
            yield
        finally:
            raw.text_factory = str
        return
    from psycopg.pq import Format
    from psycopg.types.string import TextLoader

    usual = {name: raw.adapters.get_loader(raw.adapters.types[name].oid, Format.TEXT) for name in _DAYS}
    for name in _DAYS:
        raw.adapters.register_loader(name, TextLoader)
    try:
        yield
    finally:
        for name, loader in usual.items():
            raw.adapters.register_loader(name, loader)


_DAYS = ("date", "timestamptz")


def _any_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


# ── SQLite ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _on_connect(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say: see _on_begin
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA recursive_triggers = ON")  # else REPLACE deletes behind the triggers' back
    cursor.execute("PRAGMA trusted_schema = OFF")
    cursor.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
    cursor.close()
    connection.set_authorizer(_append_only)


def _on_begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    raw: Any = connection.connection.driver_connection
    if options.get(MIGRATES):
        raw.set_authorizer(None)
    if raw.in_transaction:  # begun by hand: see ``transaction``
        return
    raw.execute("BEGIN IMMEDIATE" if options.get(WRITES) or options.get(MIGRATES) else "BEGIN")


_DELETE, _UPDATE = sqlite3.SQLITE_DELETE, sqlite3.SQLITE_UPDATE
_FORBIDDEN = {
    *((_DELETE, name) for name in (*APPEND_ONLY, *KEPT)),
    *((_UPDATE, name) for name in APPEND_ONLY),
    *((sqlite3.SQLITE_DROP_TABLE, name) for name in (*APPEND_ONLY, *KEPT)),
    *((sqlite3.SQLITE_ALTER_TABLE, name) for name in (*APPEND_ONLY, *KEPT)),
}


def _append_only(action: int, name: str | None, second: str | None, *rest: str | None) -> int:
    if action == sqlite3.SQLITE_ALTER_TABLE:  # this one alone names the database first
        name = second
    if (action, name) in _FORBIDDEN or action == sqlite3.SQLITE_DROP_TRIGGER:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def in_memory(engine: sa.Engine) -> bool:
    """Whether the database is one process's own."""
    return engine.dialect.name == "sqlite" and engine.url.database in (None, "", ":memory:")


def _but_texts(action: int, name: str | None, second: str | None, *rest: str | None) -> int:
    if (action, name) == (_DELETE, "regimen_entry_text"):
        return sqlite3.SQLITE_OK
    return _append_only(action, name, second, *rest)


@contextmanager
def removing_texts(connection: sa.Connection) -> Iterator[None]:
    """Texts may be deleted, of which the log says that they are. On SQLite what is deleted is overwritten."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA secure_delete = ON")
    raw.set_authorizer(_but_texts)
    try:
        yield
    finally:
        raw.set_authorizer(_append_only)


def close_to_change(connection: sa.Connection) -> None:
    """Close the log again on a connection that was open to change."""
    if connection.dialect.name == "sqlite":
        raw: Any = connection.connection.driver_connection
        raw.set_authorizer(_append_only)


def set_journal(engine: sa.Engine) -> None:
    """Choose the journal that belongs to ``synchronous``; kept in the file (WAL) or the default (DELETE)."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.execute(f"PRAGMA journal_mode = {JOURNAL}")


# ── PostgreSQL ─────────────────────────────────────────────────────────────────────────────────────────────────────

_LEVELS = {True: "READ COMMITTED", False: "REPEATABLE READ"}  # else each query that reads would see a later state


_WHO = "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('synchronous_commit')"
_COMMIT = "regimen_commit"  # what a session has by itself
SCHEMAS = "regimen_schemas"  # ... and where it looks, in this order
_FORMS = {"DateStyle": "ISO", "TimeZone": "UTC", "quote_all_identifiers": "off", "row_security": "off"}
_DURABLE = {"synchronous_commit": "on"}
_BOUNDS = ("statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout")
PATIENCE = 60  # seconds: what would end a transaction of ours sooner is set to it

# Where a session looks, but for what it has itself: pg_catalog comes first, where it is not named, and what is
# temporary comes last. Said so that nothing in any of these schemas is asked.
_PATH = """pg_catalog.concat_ws(', ', (
  SELECT pg_catalog.string_agg(pg_catalog.quote_ident(one), ', ' ORDER BY place)
  FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS found (one, place)
  WHERE one OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.name), 'pg_temp')"""
_SESSION = f"SELECT {_PATH}, pg_catalog.current_schemas(true)::pg_catalog.text[], ARRAY[" + (
    ", ".join(f"pg_catalog.current_setting('{name}', true)" for name in _BOUNDS) + "]"
)


def begin(*, writes: bool, settings: Mapping[str, str]) -> str:
    """What begins a transaction, as one message: no trip more than BEGIN alone, and none for a pooler to come between.

    It is two statements, for each that is one more costs the client and the server.
    """
    return f"BEGIN ISOLATION LEVEL {_LEVELS[writes]}; {setting(settings)}"


def setting(settings: Mapping[str, str]) -> str:
    """A statement that sets these until the transaction ends."""
    each = (f"pg_catalog.set_config('{name}', {literal(value)}, true)" for name, value in settings.items())
    return f"SELECT {', '.join(each)}"


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def settings_of_a_guest() -> str:
    """The same within a transaction of the caller's, who may have said themselves how long they wait for a lock."""
    wait = f"coalesce(nullif(current_setting('lock_timeout'), '0'), '{_wait()}')"
    return f"{path_of_a_guest()}; {setting(_FORMS | _DURABLE)}; SELECT set_config('lock_timeout', {wait}, true)"


def path_of_a_guest() -> str:
    return f"SELECT pg_catalog.set_config('search_path', {_PATH}, true)"


def _settings(raw: Any, *, commit: str, writes: bool) -> tuple[dict[str, str], list[str]]:
    """What a session's transactions are set to, and the schemas that it looks in by itself."""
    path, schemas, bounds = raw.execute(_SESSION, prepare=False).fetchone()
    found = {"search_path": path, **_FORMS, "lock_timeout": _wait()}
    if path == "pg_temp":  # there is no schema where it looks; ours would be made there, and gone with the session
        del found["search_path"]
    if writes and commit != "remote_apply":  # which is more than we ask for
        found |= _DURABLE
    found |= {name: f"{PATIENCE}s" for name, said in zip(_BOUNDS, bounds, strict=True) if _is_short(said)}
    return found, [one for one in schemas if not one.startswith("pg_temp")]


_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86400}


def _is_short(said: str | None) -> bool:
    """Whether a time, as PostgreSQL says it, is less than ours. 0 is none; so is a setting that it does not have."""
    number = (said or "0").rstrip("abcdefghijklmnopqrstuvwxyz")
    return 0 < int(number) * _UNITS[(said or "")[len(number) :] or "ms"] < PATIENCE


def _wait() -> str:
    return f"{int(BUSY_SECONDS * 1000)}ms"


def ours(connection: sa.Connection, *, writes: bool) -> sa.Connection:
    """A new connection of a PostgreSQL engine as one whose transactions we begin. Raises unless it is fit for that."""
    raw: Any = connection.connection.driver_connection
    require_fit(connection)
    level = connection.info.setdefault("regimen_level", raw.isolation_level)  # which a pool sets anew after our use
    if level is not None and level.name != "READ_COMMITTED":
        raise foreign_isolation(level.name.replace("_", " "))
    connection = connection.execution_options(isolation_level="AUTOCOMMIT")  # to the driver: it is not to begin any
    settings, schemas = _settings(raw, commit=connection.info.get(_COMMIT, "on"), writes=writes)
    connection.info[SCHEMAS] = schemas
    return connection.execution_options(**{BEGIN: begin(writes=writes, settings=settings)})


def require_fit(connection: sa.Connection) -> None:
    """Raise unless a PostgreSQL connection speaks UTF-8 and has transactions."""
    raw: Any = connection.connection.driver_connection
    exact(connection.dialect)
    _require_utf8(raw)
    made_for_none = getattr(connection.dialect, "skip_autocommit_rollback", False)
    if made_for_none or (raw.autocommit and raw.info.transaction_status.name == "IDLE"):
        raise InvalidInput(
            "the engine or connection is in AUTOCOMMIT: an entry and its patient's row would not be kept together",
            hint="make the engine without isolation_level",
        )


def foreign_isolation(level: str) -> InvalidInput:
    return InvalidInput(
        f"the engine or connection has isolation level {level.upper()}; a command decides on what is committed, and"
        " needs READ COMMITTED",
        hint="make the engine without isolation_level; the lock is on the patient's row",
    )


def _require_utf8(raw: Any) -> None:
    database, client = (str(raw.info.parameter_status(f"{side}_encoding")) for side in ("server", "client"))
    if database != "UTF8":
        raise DatabaseError(
            f"the database has encoding {database}, which cannot keep every text",
            hint="make one with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0",
        )
    if client.upper().replace("-", "") not in ("UTF8", "UNICODE"):  # a pooler says it as it was typed
        raise InvalidInput(
            f"the connection has client_encoding {client}", hint="make the engine with client_encoding='utf8'"
        )


def _on_connect_postgresql(connection: Any, record: Any) -> None:
    try:
        if (
            connection.info.parameter_status("client_encoding") == "SQL_ASCII"
        ):  # text is bytes: SQLAlchemy trips over it
            _require_utf8(connection)
        usual, connection.autocommit = connection.autocommit, True
        pid, record.info[_COMMIT] = connection.execute(_WHO, prepare=False).fetchone()
        connection.autocommit = usual
    except BaseException:
        connection.close()
        raise
    if pid != connection.info.backend_pid:
        # A pooler stands between, and the next transaction may be in another session: one in which a prepared statement
        # of our name is not there, or is somebody else's.
        connection.prepare_threshold = None


def _on_begin_postgresql(connection: sa.Connection) -> None:
    text = connection.get_execution_options().get(BEGIN)
    raw: Any = connection.connection.driver_connection
    if text is not None and raw.info.transaction_status.name == "IDLE":  # else begun by hand: see ``transaction``
        raw.execute(text, prepare=False)
