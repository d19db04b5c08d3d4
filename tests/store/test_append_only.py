"""The log is closed to change: on our connections, and by triggers on those of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.store.rows import ROWS, everything, furnish
from workflow.store.engine import create_engine, prepare
from workflow.store.schema import APPEND_ONLY, KEPT, metadata
from workflow.store.upgrade import upgrade

TABLES = metadata.tables


@dataclass
class Store:
    """A database with a row in each table: over connections of ours, and over those of others."""

    ours: sa.Engine
    plain: sa.Engine

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        return everything(self.plain)


def furnished(url: str) -> Iterator[Store]:
    store = Store(create_engine(url, create=True), sa.create_engine(url, poolclass=sa.NullPool))
    upgrade(store.ours)
    furnish(store.ours)
    yield store
    store.ours.dispose()


@pytest.fixture(scope="module")
def sqlite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    yield from furnished(f"sqlite:///{tmp_path_factory.mktemp('store')}/regimen.db")


@pytest.fixture(scope="module")
def postgresql_store(postgresql_server: Any) -> Iterator[Store]:
    url = postgresql_server.create()
    yield from furnished(url)
    postgresql_server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    """Refusals leave it as it was, so that one will do for all."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


def refused(engine: sa.Engine, statement: sa.Executable | str, values: Any = None) -> str:
    """What the database says to ``statement``."""
    clause = sa.text(statement) if isinstance(statement, str) else statement
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as error:  # noqa: PT012 - either may say no
        connection.execute(clause, values)
        connection.commit()
    return str(error.value.orig)


def engines(store: Store) -> list[sa.Engine]:
    return [store.ours, store.plain]


def touched(name: str) -> sa.Update:
    """An update of every row of a table that changes nothing."""
    column = last(name)
    return TABLES[name].update().values({column: sa.literal_column(column)})


def last(name: str) -> str:
    """The name of a table's last column."""
    return TABLES[name].columns.keys()[-1]


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_no_row_of_the_log_is_updated(store: Store, name: str) -> None:
    for engine in engines(store):
        assert any(said in refused(engine, touched(name)) for said in ("append-only", "not allowed", "not authorized"))


@pytest.mark.parametrize("name", [*APPEND_ONLY, *KEPT])
def test_no_row_of_any_table_is_deleted(store: Store, name: str) -> None:
    before = store.everything()
    for engine in engines(store):
        said = refused(engine, TABLES[name].delete())
        assert any(word in said for word in ("keeps every row", "not allowed", "not authorized", "prohibited"))
    assert store.everything() == before


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_no_row_is_inserted_in_anothers_place(store: Store, name: str) -> None:
    for engine in engines(store):
        assert "UNIQUE" in refused(engine, TABLES[name].insert(), ROWS[name]).upper()


def test_the_tables_that_are_updated_are_those_that_the_log_can_rebuild() -> None:
    assert set(TABLES) == {*APPEND_ONLY, *KEPT}
    assert set(KEPT) == {"regimen_patient", "regimen_person", "regimen_chain"}


# ── SQLite ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", APPEND_ONLY)
@pytest.mark.parametrize("verb", ["REPLACE INTO", "INSERT OR REPLACE INTO"])
def test_replace_does_not_get_past_the_triggers(sqlite_store: Store, name: str, verb: str) -> None:
    before = sqlite_store.everything()
    for engine in engines(sqlite_store):
        assert "append-only" in refused(engine, f"{verb} {name} SELECT * FROM {name}")
    assert sqlite_store.everything() == before


def test_replace_by_the_other_unique_key_does_not_get_past_the_triggers(sqlite_store: Store) -> None:
    """New content that would push out the old of the same trial, version and edition."""
    others = ", ".join(column.name for column in TABLES["regimen_content"].columns if column.name != "digest")
    statement = f"REPLACE INTO regimen_content (digest, {others}) SELECT 'd2', {others} FROM regimen_content"
    for engine in engines(sqlite_store):
        assert "append-only" in refused(engine, statement)


def test_a_request_id_is_not_moved_to_another_entry(sqlite_store: Store) -> None:
    for engine in engines(sqlite_store):
        assert "append-only" in refused(engine, "REPLACE INTO regimen_request VALUES ('r-1', 'patient/p1', 2)")


@pytest.mark.parametrize("name", KEPT)
def test_replace_does_not_get_past_the_triggers_where_rows_may_change(sqlite_store: Store, name: str) -> None:
    """On our connections, where replacing fires the triggers of deleting."""
    assert "keeps every row" in refused(sqlite_store.ours, f"REPLACE INTO {name} SELECT * FROM {name}")


@pytest.mark.parametrize("name", APPEND_ONLY)
@pytest.mark.parametrize("clause", ["DO UPDATE SET {column} = excluded.{column}", "DO NOTHING"])
def test_an_upsert_does_not_get_past_the_triggers(sqlite_store: Store, name: str, clause: str) -> None:
    clause = clause.format(column=last(name))
    statement = f"INSERT INTO {name} SELECT * FROM {name} WHERE true ON CONFLICT {clause}"
    before = sqlite_store.everything()
    for engine in engines(sqlite_store):
        refused(engine, statement)
    assert sqlite_store.everything() == before


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE {name}",
        "ALTER TABLE {name} RENAME TO gone",
        "ALTER TABLE {name} ADD COLUMN more TEXT",
        "ALTER TABLE {name} DROP COLUMN {column}",
        "ALTER TABLE {name} RENAME COLUMN {column} TO other",
        "DROP TRIGGER {name}_no_delete",
    ],
)
def test_our_connections_do_not_change_the_schema(sqlite_store: Store, statement: str) -> None:
    for name in TABLES:
        said = refused(sqlite_store.ours, statement.format(name=name, column=last(name)))
        assert "not authorized" in said, name


def test_a_connection_that_set_the_schema_up_is_closed_to_change_afterwards() -> None:
    """In memory there is one connection; a pool may hand the migration's on."""
    engine = create_engine("sqlite://")
    upgrade(engine)
    furnish(engine)
    assert "not authorized" in refused(engine, "DELETE FROM regimen_entry")
    assert "not authorized" in refused(engine, "DROP TRIGGER regimen_entry_no_delete")
    engine.dispose()


def test_a_pooled_connection_that_set_the_schema_up_is_closed_to_change_afterwards(tmp_path: Path) -> None:
    engine = prepare(sa.create_engine(f"sqlite:///{tmp_path}/regimen.db", poolclass=sa.QueuePool))
    upgrade(engine)
    furnish(engine)
    assert "not authorized" in refused(engine, "DELETE FROM regimen_entry")
    engine.dispose()


# ── PostgreSQL ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [*APPEND_ONLY, *KEPT])
def test_no_table_is_truncated(postgresql_store: Store, name: str) -> None:
    assert "not allowed" in refused(postgresql_store.plain, f"TRUNCATE {name} CASCADE")


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_an_upsert_on_postgresql_does_not_get_past_the_triggers(postgresql_store: Store, name: str) -> None:
    key = ", ".join(column.name for column in TABLES[name].primary_key)
    change = f"{last(name)} = excluded.{last(name)}"
    statement = f"INSERT INTO {name} SELECT * FROM {name} ON CONFLICT ({key}) DO UPDATE SET {change}"
    assert "not allowed" in refused(postgresql_store.plain, statement)


def test_the_triggers_hold_in_a_session_that_replays_another_servers_changes(postgresql_store: Store) -> None:
    """ENABLE ALWAYS: a session of replication skips ordinary triggers."""
    with postgresql_store.plain.connect() as connection:
        connection.execute(sa.text("SET session_replication_role = replica"))
        with pytest.raises(sa.exc.DBAPIError, match="not allowed"):
            connection.execute(sa.text("DELETE FROM regimen_entry"))
