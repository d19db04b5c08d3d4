"""What a connection of ours is set to, and how its transactions begin."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from tests.library.desk import ADMIN, COORDINATOR, Desk, day
from tests.toy import TOY
from workflow import Trial
from workflow.errors import DatabaseError, InvalidInput
from workflow.store import engine as engines
from workflow.store.engine import create_engine, prepare
from workflow.store.schema import Day, Instant, entry
from workflow.store.transaction import Transactions
from workflow.store.url import parse_url


@pytest.fixture
def sqlite_desk(sqlite_url: str) -> Iterator[Desk]:
    desk = Desk(sqlite_url)
    yield desk
    desk.close()


def pragma(connection: sa.Connection, name: str) -> Any:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def begun(transactions: Transactions) -> list[str]:
    """The statements that begin and end transactions on SQLite from now on, as the driver sends them."""
    seen: list[str] = []

    def watch(connection: sa.Connection) -> None:
        raw: Any = connection.connection.driver_connection
        raw.set_trace_callback(lambda text: seen.append(text) if text.startswith(("BEGIN", "COMMIT", "SAVE")) else None)

    for kept in (transactions.reading, transactions.writing):
        with kept() as tx:
            watch(tx.connection)
    seen.clear()
    return seen


# ── SQLite ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_connection_is_set_as_the_log_needs(sqlite_desk: Desk) -> None:
    transactions = sqlite_desk.trial._transactions
    for kept in (transactions.reading, transactions.writing):
        with kept() as tx:
            connection = tx.connection
            assert pragma(connection, "foreign_keys") == 1
            assert pragma(connection, "recursive_triggers") == 1
            assert pragma(connection, "trusted_schema") == 0


def test_the_journal_and_the_syncs_lose_no_acknowledged_commit(sqlite_desk: Desk) -> None:
    """DELETE with EXTRA; from SQLite 3.51.3 on WAL, under which EXTRA is FULL. One file may meet both libraries."""
    with sqlite_desk.trial._transactions.writing() as tx:
        assert pragma(tx.connection, "synchronous") == 3
        assert pragma(tx.connection, "journal_mode") == ("wal" if engines.WAL_IS_SOUND else "delete")
    assert engines.WAL_IS_SOUND is (sqlite3.sqlite_version_info >= (3, 51, 3))


def test_a_write_begins_immediate_and_a_look_does_not(sqlite_desk: Desk) -> None:
    sqlite_desk.enrol("P1")
    seen = begun(sqlite_desk.trial._transactions)
    sqlite_desk.trial.record_consent("P1", by=COORDINATOR)
    assert seen[0] == "BEGIN IMMEDIATE"
    seen.clear()
    sqlite_desk.trial.show("P1")
    sqlite_desk.trial.advance("P1", "withdraw", by=COORDINATOR, dry_run=True)
    assert set(seen) == {"BEGIN", "COMMIT"}


def test_on_the_callers_idle_connection_a_write_begins_immediate(sqlite_desk: Desk) -> None:
    sqlite_desk.enrol("P1")
    with sqlite_desk.trial.engine.connect() as connection:
        sqlite_desk.trial.advance("P1", "withdraw", by=COORDINATOR, connection=connection)
        path = str(sqlite_desk.trial.engine.url.database)
        with (
            closing(sqlite3.connect(path, timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            other.execute("BEGIN IMMEDIATE")


def test_foreign_keys_hold(sqlite_desk: Desk) -> None:
    row = {"chain": "patient/p9", "seq": 1, "field": "note", "salt": b"s", "text": "t"}
    with sqlite_desk.trial.engine.connect() as connection, pytest.raises(sa.exc.IntegrityError, match="FOREIGN KEY"):
        connection.execute(sa.text("INSERT INTO regimen_entry_text VALUES (:chain, :seq, :field, :salt, :text)"), row)


def test_preparing_twice_is_preparing_once(sqlite_url: str) -> None:
    engine = prepare(prepare(create_engine(sqlite_url, create=True)))
    with engine.begin() as connection:  # a second BEGIN would fail
        assert pragma(connection, "foreign_keys") == 1
    engine.dispose()


# ── PostgreSQL ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_looking_sees_one_state_of_the_database(desk: Desk) -> None:
    """A verification that reads rows before a command and entries after it would report tampering that is none."""
    desk.walk()
    desk.enrol("P2")
    other = desk.again()
    moved: list[int] = []

    def meanwhile(count: int) -> None:
        if not moved and desk.trial.engine.dialect.name == "postgresql":
            moved.append(count)
            other.advance("P1", "withdraw", by=COORDINATOR)

    with desk.trial._transactions.reading() as tx:
        rows = tx.connection.execute(sa.text("SELECT id, seq FROM regimen_patient ORDER BY id")).all()
        meanwhile(1)
        assert tx.connection.execute(sa.text("SELECT id, seq FROM regimen_patient ORDER BY id")).all() == rows
    assert desk.trial.verify(progress=meanwhile).sound
    other.close()


def test_writing_reads_what_is_committed(postgresql_url: str) -> None:
    desk = Desk(postgresql_url)
    with desk.trial._transactions.writing() as tx:
        assert tx.connection.scalar(sa.text("SHOW transaction_isolation")) == "read committed"
    with desk.trial._transactions.reading() as tx:
        assert tx.connection.scalar(sa.text("SHOW transaction_isolation")) == "repeatable read"
    desk.close()


# ── URLs ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("regimen.db", "sqlite:///regimen.db"),
        ("/data/a b.db", "sqlite:////data/a b.db"),
        ("sqlite:///regimen.db", "sqlite:///regimen.db"),
        ("postgresql://host/name", "postgresql+psycopg://host/name"),
        ("postgresql+psycopg2://host/name", "postgresql+psycopg://host/name"),
    ],
)
def test_a_path_is_a_sqlite_file_and_postgresql_is_spoken_to_by_psycopg(given: str, meant: str) -> None:
    assert parse_url(given).render_as_string() == meant


@pytest.mark.parametrize("url", ["mysql://host/name", "://", "http://example.org/x"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        create_engine(url)


def test_a_password_is_not_repeated_in_an_error() -> None:
    with pytest.raises(InvalidInput) as error:
        create_engine("mysql://user:secret@host/name")
    assert "secret" not in error.value.message


# ── dates and moments ──────────────────────────────────────────────────────────────────────────────────────────────

ODD = timezone(timedelta(hours=5, minutes=45, seconds=1))


def test_a_moment_without_an_offset_is_refused() -> None:
    for dialect in (sa.create_engine("sqlite://").dialect, sa.create_engine("postgresql+psycopg://").dialect):
        with pytest.raises(ValueError, match="needs its offset"):
            Instant().process_bind_param(datetime(2024, 1, 1), dialect)  # noqa: DTZ001
        assert Instant().process_bind_param(None, dialect) is None


def test_a_moment_is_the_same_in_every_zone(desk: Desk) -> None:
    """The clock is at an odd offset; the PostgreSQL of these tests lives in New York."""
    desk.clock.now = datetime(2026, 3, 9, 7, 30, 0, 999, ODD)
    desk.enrol("P1")
    with desk.trial.engine.connect() as connection:
        kept = connection.scalar(sa.select(entry.c.recorded_at).where(entry.c.chain == "patient/p1"))
    assert kept == datetime(2026, 3, 9, 1, 44, 59, 1000, UTC)
    assert desk.last().recorded_at == kept
    desk.check()


def test_moments_are_kept_in_fixed_width_on_sqlite(sqlite_desk: Desk) -> None:
    sqlite_desk.clock.now = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)
    sqlite_desk.enrol("P1")
    with sqlite_desk.trial.engine.connect() as connection:
        (kept,) = connection.exec_driver_sql("SELECT recorded_at FROM regimen_entry WHERE chain = 'patient/p1'").one()
    assert kept == "2026-01-01T00:00:00.000000Z"


def test_a_date_is_a_date(desk: Desk) -> None:
    desk.walk()
    about_then = entry.c.occurred_on.between(day(0), day(2))
    with desk.trial.engine.connect() as connection:
        found = connection.execute(sa.select(entry.c.occurred_on).where(about_then)).scalars().all()
    assert found == [day(1)]
    assert Day().process_bind_param(None, desk.trial.engine.dialect) is None


# ── one process, many hands ────────────────────────────────────────────────────────────────────────────────────────


def test_a_lost_connection_costs_one_command(postgresql_url: str) -> None:
    """A thread keeps two connections: what ended the one has ended the other."""
    desk = Desk(postgresql_url)
    desk.walk()
    killer = sa.create_engine(postgresql_url)
    with killer.connect() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    killer.dispose()
    with pytest.raises(DatabaseError):
        desk.seq()
    desk.seq()
    desk.counts("P1", on=day(3))
    desk.check()
    desk.close()


def test_a_memory_database_is_a_database() -> None:
    with Trial.init("sqlite://", by=ADMIN, protocols=(TOY,)) as trial:
        trial.add_person("carl", "coordinator", by=ADMIN)
        trial.enroll("P1", "A", by=COORDINATOR, on=date(2024, 1, 1))
        assert trial.verify().sound
