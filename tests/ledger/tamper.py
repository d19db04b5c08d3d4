"""Somebody who can write to the database itself: rows changed behind the log's back, the triggers out of the way.

The triggers are put back afterwards, so that what is then found is found in the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from tests.library.desk import rows
from workflow.store.schema import metadata

TABLES = metadata.sorted_tables  # parents first
Rows = dict[str, list[dict[str, Any]]]  # of every table, by its name


@cache
def plain(url: str) -> sa.Engine:
    """An engine that is not ours: no authorizer, no foreign keys on SQLite; and in no hurry to reach the disk."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def hasty(connection: Any, record: object) -> None:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("PRAGMA journal_mode = MEMORY")
            connection.execute("PRAGMA ignore_check_constraints = ON")

    return engine


@contextmanager
def behind(url: str) -> Iterator[sa.Connection]:
    """A connection with nothing in its way; at the end it commits, and the triggers are as they were."""
    with plain(url).connect() as connection:
        away, back = _triggers(connection)
        _carry_out(connection, away)
        try:
            yield connection
            connection.commit()
        finally:
            connection.rollback()
            _carry_out(connection, back)


def _carry_out(connection: sa.Connection, statements: list[str]) -> None:
    """All at once where the driver takes them so: a round trip to a server for each is most of what a test takes."""
    for text in statements if connection.dialect.name == "sqlite" else ["; ".join(statements)]:
        connection.exec_driver_sql(text)
    connection.commit()


def _triggers(connection: sa.Connection) -> tuple[list[str], list[str]]:
    """What takes the triggers away, and what puts them back; on PostgreSQL the checks of single rows too."""
    if connection.dialect.name == "sqlite":
        found = list(connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        return [f"DROP TRIGGER {name}" for name, _ in found], [text for _, text in found]
    ours = connection.exec_driver_sql(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'"
    )
    checks = connection.exec_driver_sql(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c'"
        " AND conrelid::regclass::text ^@ 'regimen'"
    ).all()
    names = [table.name for table in TABLES]
    return (
        [f"ALTER TABLE {name} DISABLE TRIGGER ALL" for name in names]
        + [f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name, _ in checks],
        ["SET LOCAL allow_system_table_mods = on"]
        + [f"ALTER TABLE {name} ENABLE TRIGGER ALL" for name in names]
        + [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for table, name in ours]
        # Which asks nothing of the rows that are there, and then says that it did.
        + [f"ALTER TABLE {table} ADD CONSTRAINT {name} {text} NOT VALID" for table, name, text in checks]
        + [f"UPDATE pg_constraint SET convalidated = true WHERE conname = '{name}'" for _, name, _ in checks],
    )


def snapshot(url: str) -> Rows:
    """Every row of every table."""
    with plain(url).connect() as connection:
        return {table.name: rows(connection, table) for table in TABLES}


def restore(url: str, there: Rows) -> None:
    with behind(url) as connection:
        for table in reversed(TABLES):
            connection.execute(table.delete())
        for table in TABLES:
            if there[table.name]:
                connection.execute(table.insert(), there[table.name])


def chain_of_row(table: sa.Table, row: dict[str, Any]) -> str:
    """Where a finding about ``row`` must point."""
    match table.name:
        case _ if "chain" in table.c:
            return str(row["chain"])
        case "regimen_chain":
            return str(row["name"])
        case "regimen_person":
            return "people"
        case "regimen_content":
            return "trial"
    raise LookupError(f"say where a finding about {table.name} points")


def key_of(table: sa.Table, row: dict[str, Any]) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == row[column.name] for column in table.primary_key.columns))


def others(column: sa.Column[Any], value: Any) -> list[Any]:
    """Values that the column takes and that are not ``value``."""
    match value:
        case None:
            blank = {"DATE": date(2024, 1, 1), "INTEGER": 1, "BLOB": b"x"}
            return [blank.get(str(column.type).upper(), "x")]
        case bytes():
            changed: Any = value[:-1] + bytes([value[-1] ^ 1])
        case str():
            changed = value + "x"
        case int():
            changed = 1 - value if column.name == "active" else value + 1000
        case datetime():
            changed = value + timedelta(microseconds=1)
        case date():
            changed = value + timedelta(days=1)
        case _:
            raise TypeError(type(value).__name__)
    return [changed, None] if column.nullable else [changed]
