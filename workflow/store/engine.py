"""Connections: an engine whose transactions are what the log needs, on SQLite and on PostgreSQL.

SQLite: a command that writes begins with BEGIN IMMEDIATE, so that what it reads under the lock is what it decides on;
a journal that loses no acknowledged commit; the log's tables closed to UPDATE, DELETE and DROP on every connection of
ours. PostgreSQL: READ COMMITTED; the patient's row is locked by the query that reads it.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, StaticPool

from workflow.errors import DatabaseMissing, InvalidInput
from workflow.store.schema import APPEND_ONLY, KEPT

WRITES = "regimen_writes"  # execution option of a connection whose transactions will write
MIGRATES = "regimen_migrates"  # ... or change the schema: the only ones that may drop or alter

BUSY_SECONDS = 10

# SQLite 3.7.0 to 3.51.2 can lose a commit when a WAL is reset under two connections: there, a rollback journal instead.
WAL_IS_SOUND = sqlite3.sqlite_version_info >= (3, 51, 3)
# EXTRA under both: with a WAL it is FULL, and a library that prefers the other journal may open the file.
JOURNAL, SYNCHRONOUS = "wal" if WAL_IS_SOUND else "delete", "extra"


def parse_url(url: str | URL) -> URL:
    """The database's URL; a bare path is a SQLite file."""
    if isinstance(url, str) and "://" not in url:
        return URL.create("sqlite", database=url)
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise InvalidInput(f"not a database URL: {str(url)[:80]!r}") from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise InvalidInput(
            f"no database of that kind: {parsed.drivername[:40]!r}", hint="sqlite:///FILE or postgresql://HOST/NAME"
        )
    return parsed


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
        options["connect_args"] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    else:
        options["poolclass"] = NullPool  # each thread keeps its connections; a pool's limit would be one on threads
    try:
        engine = sa.create_engine(parsed, **options)
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"PostgreSQL needs the package {error.name}", hint="install regimen-workflow[postgresql]"
        ) from None
    return prepare(engine)


def prepare(engine: sa.Engine) -> sa.Engine:
    """Make an engine of the caller's own fit for the log; call it before the engine's first connection. Idempotent."""
    if engine.dialect.name == "sqlite" and not event.contains(engine, "connect", _on_connect):
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    return engine


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
