"""The log is closed to change: on our connections, and by triggers on those of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.library.desk import ADMIN, INVESTIGATOR, Desk, day
from workflow import Trial
from workflow.store.schema import APPEND_ONLY, KEPT, metadata

TABLES = metadata.tables


def furnish(desk: Desk) -> Desk:
    desk.walk()
    desk.trial.hold("P1", by=INVESTIGATOR, code="other", on=day(3), note="a text", request_id="r-1")
    return desk


@pytest.fixture(scope="module")
def sqlite_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = furnish(Desk(f"sqlite:///{tmp_path_factory.mktemp('store')}/regimen.db"))
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def postgresql_desk(postgresql_server: Any) -> Iterator[Desk]:
    desk = furnish(Desk(postgresql_server.create()))
    yield desk
    desk.close()
    postgresql_server.drop(desk.url)


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest) -> Desk:
    """Refusals leave it as it was, so that one will do for all."""
    found: Desk = request.getfixturevalue(f"{request.param}_desk")
    return found


def refused(engine: sa.Engine, statement: sa.Executable | str, values: Any = None) -> str:
    """What the database says to ``statement``."""
    clause = sa.text(statement) if isinstance(statement, str) else statement
    with engine.connect() as connection, pytest.raises(sa.exc.DBAPIError) as error:  # noqa: PT012 - either may say no
        connection.execute(clause, values)
        connection.commit()
    return str(error.value.orig)


def engines(desk: Desk) -> list[sa.Engine]:
    return [desk.trial.engine, desk.plain]


def touched(name: str) -> sa.Update:
    """An update of every row of a table that changes nothing."""
    column = last(name)
    return TABLES[name].update().values({column: sa.literal_column(column)})


def last(name: str) -> str:
    """The name of a table's last column."""
    return TABLES[name].columns.keys()[-1]


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_no_row_of_the_log_is_updated(desk: Desk, name: str) -> None:
    for engine in engines(desk):
        assert any(said in refused(engine, touched(name)) for said in ("append-only", "not allowed", "not authorized"))


@pytest.mark.parametrize("name", [*APPEND_ONLY, *KEPT])
def test_no_row_of_any_table_is_deleted(desk: Desk, name: str) -> None:
    before = desk.everything()
    for engine in engines(desk):
        said = refused(engine, TABLES[name].delete())
        assert any(word in said for word in ("keeps every row", "not allowed", "not authorized", "prohibited"))
    assert desk.everything() == before


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_no_row_is_inserted_in_anothers_place(desk: Desk, name: str) -> None:
    row = desk.rows(TABLES[name])[0]
    for engine in engines(desk):
        assert "UNIQUE" in refused(engine, TABLES[name].insert(), row).upper()


def test_the_tables_that_are_updated_are_those_that_the_log_can_rebuild() -> None:
    assert set(TABLES) == {*APPEND_ONLY, *KEPT}
    assert set(KEPT) == {"patient", "person", "chain"}


# ── SQLite ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", APPEND_ONLY)
@pytest.mark.parametrize("verb", ["REPLACE INTO", "INSERT OR REPLACE INTO"])
def test_replace_does_not_get_past_the_triggers(sqlite_desk: Desk, name: str, verb: str) -> None:
    before = sqlite_desk.everything()
    for engine in engines(sqlite_desk):
        assert "append-only" in refused(engine, f"{verb} {name} SELECT * FROM {name}")
    assert sqlite_desk.everything() == before


def test_replace_by_a_request_id_does_not_get_past_the_triggers(sqlite_desk: Desk) -> None:
    """The other unique key: a new entry that would push the old one out."""
    names = ", ".join(column.name for column in TABLES["entry"].columns if column.name not in ("chain", "seq"))
    statement = (
        f"INSERT OR REPLACE INTO entry (chain, seq, {names})"
        f" SELECT 'patient/P9', 1, {names} FROM entry WHERE request_id = 'r-1'"
    )
    for engine in engines(sqlite_desk):
        assert "append-only" in refused(engine, statement)


@pytest.mark.parametrize("name", APPEND_ONLY)
@pytest.mark.parametrize("clause", ["DO UPDATE SET {column} = excluded.{column}", "DO NOTHING"])
def test_an_upsert_does_not_get_past_the_triggers(sqlite_desk: Desk, name: str, clause: str) -> None:
    clause = clause.format(column=last(name))
    statement = f"INSERT INTO {name} SELECT * FROM {name} WHERE true ON CONFLICT {clause}"
    before = sqlite_desk.everything()
    for engine in engines(sqlite_desk):
        refused(engine, statement)
    assert sqlite_desk.everything() == before


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
def test_our_connections_do_not_change_the_schema(sqlite_desk: Desk, statement: str) -> None:
    for name in TABLES:
        said = refused(sqlite_desk.trial.engine, statement.format(name=name, column=last(name)))
        assert "not authorized" in said, name


def test_a_connection_that_set_the_schema_up_is_closed_to_change_afterwards() -> None:
    """In memory there is one connection; a pool may hand the migration's on."""
    with Trial.init("sqlite://", by=ADMIN) as trial:
        assert "not authorized" in refused(trial.engine, "DELETE FROM entry")
        assert "not authorized" in refused(trial.engine, "DROP TRIGGER entry_no_delete")


def test_a_pooled_connection_that_set_the_schema_up_is_closed_to_change_afterwards(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url, poolclass=sa.QueuePool)
    with Trial.init(engine, by=ADMIN):
        assert "not authorized" in refused(engine, "DELETE FROM entry")
    engine.dispose()


# ── PostgreSQL ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [*APPEND_ONLY, *KEPT])
def test_no_table_is_truncated(postgresql_desk: Desk, name: str) -> None:
    assert "not allowed" in refused(postgresql_desk.plain, f"TRUNCATE {name} CASCADE")


@pytest.mark.parametrize("name", APPEND_ONLY)
def test_an_upsert_on_postgresql_does_not_get_past_the_triggers(postgresql_desk: Desk, name: str) -> None:
    key = ", ".join(column.name for column in TABLES[name].primary_key)
    change = f"{last(name)} = excluded.{last(name)}"
    statement = f"INSERT INTO {name} SELECT * FROM {name} ON CONFLICT ({key}) DO UPDATE SET {change}"
    assert "not allowed" in refused(postgresql_desk.plain, statement)


def test_the_triggers_hold_in_a_session_that_replays_another_servers_changes(postgresql_desk: Desk) -> None:
    """ENABLE ALWAYS: a session of replication skips ordinary triggers."""
    with postgresql_desk.plain.connect() as connection:
        connection.execute(sa.text("SET session_replication_role = replica"))
        with pytest.raises(sa.exc.DBAPIError, match="not allowed"):
            connection.execute(sa.text("DELETE FROM entry"))
