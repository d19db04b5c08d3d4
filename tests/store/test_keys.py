"""What a distributed PostgreSQL needs of our keys, and what keeps our names out of a service's way.

A table that is spread by chain can hold nothing unique across chains: each unique constraint of it holds the chain.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from tests.store.rows import ROWS, furnish
from workflow.store import log
from workflow.store.engine import create_engine
from workflow.store.log import Filter, Mark
from workflow.store.schema import LARGE, VERSION_TABLE, metadata
from workflow.store.transaction import Transaction, Transactions
from workflow.store.upgrade import upgrade

pytestmark = pytest.mark.usefixtures("hasty")
TABLES = metadata.tables
LARGE_NAMES = [table.name for table in LARGE]


@pytest.fixture
def engine(database_url: str) -> Any:
    engine = create_engine(database_url, create=True)
    upgrade(engine)
    yield engine
    engine.dispose()


def unique_columns(engine: sa.Engine, name: str) -> list[list[str]]:
    """The columns of everything that is unique in a table, as the database itself says."""
    queries = {
        "sqlite": (
            "SELECT list.name, info.name FROM pragma_index_list(:name) AS list, pragma_index_info(list.name) AS info"
            ' WHERE list."unique"'
        ),
        "postgresql": (
            "SELECT indexrelid::text, attname FROM pg_index JOIN pg_attribute"
            " ON attrelid = indrelid AND attnum = ANY (indkey)"
            " WHERE indisunique AND indrelid = CAST(:name AS regclass)"
        ),
    }
    found: dict[str, list[str]] = {}
    with engine.connect() as connection:
        for key, column in connection.execute(sa.text(queries[engine.dialect.name]), {"name": name}):
            found.setdefault(key, []).append(column)
    return list(found.values())


# ── spread by chain ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", LARGE_NAMES)
def test_whatever_is_unique_in_a_large_table_holds_its_chain(engine: sa.Engine, name: str) -> None:
    found = unique_columns(engine, name)
    assert found
    assert all("chain" in columns for columns in found)


def test_the_look_at_what_is_unique_finds_it(engine: sa.Engine) -> None:
    """The other test would be content with a look that finds nothing but primary keys."""
    assert sorted(map(sorted, unique_columns(engine, "regimen_content"))) == [
        ["digest"],
        ["edition", "trial", "version"],
    ]
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE UNIQUE INDEX regimen_entry_hash_idx ON regimen_entry (hash)")
    assert ["hash"] in unique_columns(engine, "regimen_entry")


@pytest.mark.parametrize("name", LARGE_NAMES)
def test_a_foreign_key_of_a_large_table_stays_in_its_chain_or_goes_to_a_small_one(name: str) -> None:
    for key in TABLES[name].foreign_key_constraints:
        pairs = {(element.parent.name, element.column.name) for element in key.elements}
        assert (
            ("chain", "chain") in pairs if key.referred_table in LARGE else key.referred_table.name not in LARGE_NAMES
        )


def test_nothing_small_points_into_a_large_table() -> None:
    for table in set(TABLES.values()) - set(LARGE):
        assert not {key.referred_table for key in table.foreign_key_constraints} & set(LARGE)


def test_an_entry_is_unique_by_its_place_alone(engine: sa.Engine) -> None:
    assert [sorted(columns) for columns in unique_columns(engine, "regimen_entry")] == [["chain", "seq"]]


# ── names ──────────────────────────────────────────────────────────────────────────────────────────────────────────

NAMES = {
    "sqlite": "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_autoindex_regimen_%'",
    "postgresql": (
        "SELECT 'relation', relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " UNION ALL SELECT 'constraint', conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
        " UNION ALL SELECT 'trigger', tgname FROM pg_trigger WHERE NOT tgisinternal"
        " UNION ALL SELECT 'function', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " UNION ALL SELECT 'type', typname FROM pg_type"
        " WHERE typnamespace = 'public'::regnamespace AND typcategory <> 'A'"  # of arrays; they begin with _
    ),
}


def test_every_name_in_the_database_begins_with_ours(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.exec_driver_sql(NAMES[engine.dialect.name])]
    assert len(found) > 20
    assert [row for row in found if not row[1].startswith("regimen_")] == []


def test_every_constraint_in_the_code_has_a_name_that_begins_with_its_tables(engine: sa.Engine) -> None:
    look = sa.inspect(engine)
    assert set(look.get_table_names()) == {*TABLES, VERSION_TABLE}
    for name in TABLES:
        constraints = [look.get_pk_constraint(name), *look.get_foreign_keys(name), *look.get_indexes(name)]
        constraints += [*look.get_unique_constraints(name), *look.get_check_constraints(name)]
        assert all(str(each["name"]).startswith(f"{name}_") for each in constraints)


# ── what a row must be ─────────────────────────────────────────────────────────────────────────────────────────────

WRONG = [
    ("regimen_patient", {"chain": "patient/P2"}),  # its chain is that of another key
    ("regimen_patient", {"chain": "trial", "id_key": "trial"}),
    ("regimen_patient", {"chain": "patient/p2", "id_key": "p2", "digest": "d2"}),  # nobody installed that
    ("regimen_entry", {"seq": 0}),
    ("regimen_entry_text", {"seq": 2}),  # of no entry
    ("regimen_person", {"id_key": "ines", "active": 2}),
    ("regimen_content", {"digest": "d2"}),  # the same edition with other content
]


@pytest.mark.parametrize(("name", "change"), WRONG)
def test_a_row_that_cannot_be_is_refused(engine: sa.Engine, name: str, change: dict[str, Any]) -> None:
    furnish(engine)
    with engine.connect() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.execute(TABLES[name].insert(), ROWS[name] | change)


RIGHT = [
    ("regimen_patient", {"chain": "patient/p2", "id_key": "p2", "id": "P1"}),
    ("regimen_entry", {"chain": "patient/p2"}),  # in everything else as the first: nothing else is unique
    ("regimen_entry", {"chain": "trial", "seq": 2}),
    ("regimen_request", {"id": "r-2", "seq": 17}),  # no foreign key
    ("regimen_person", {"role": "investigator", "place": 2}),  # another role, and the same login
    ("regimen_person", {"id_key": "CARL"}),
    ("regimen_content", {"digest": "d2", "edition": 2}),
]


@pytest.mark.parametrize(("name", "change"), RIGHT)
def test_a_row_that_can_be_is_taken(engine: sa.Engine, name: str, change: dict[str, Any]) -> None:
    furnish(engine)
    with engine.begin() as connection:
        connection.execute(TABLES[name].insert(), ROWS[name] | change)
        assert connection.scalar(sa.select(sa.func.count()).select_from(TABLES[name])) == 2


# ── lists ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def plan(engine: sa.Engine, query: sa.Select[Any]) -> str:
    text = str(query.compile(engine, compile_kwargs={"literal_binds": True}))
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET enable_seqscan = off")  # with no rows it would read them all
            connection.exec_driver_sql("SET enable_bitmapscan = off")
            return str(connection.exec_driver_sql(f"EXPLAIN {text}").all())
        return str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all())


def plans(engine: sa.Engine, read: Callable[[Transaction], object]) -> list[str]:
    """How the database goes about each query that ``read`` makes."""
    queries: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, text: str, values: Any, *rest: object) -> None:
        queries.append((text, values))

    found = []
    with Transactions(engine).reading() as tx:
        explain = "EXPLAIN QUERY PLAN"
        if not tx.sqlite:
            explain = "EXPLAIN"
            tx.plain("SET LOCAL enable_seqscan = off")  # with no rows it would read them all
            tx.plain("SET LOCAL enable_bitmapscan = off")
        event.listen(engine, "before_cursor_execute", note)
        read(tx)
        event.remove(engine, "before_cursor_execute", note)
        for text, values in queries:
            found.append(str(tx.connection.exec_driver_sql(f"{explain} {text}", values).all()))
    return found


JUNE = {"occurred_from": date(2024, 6, 1), "occurred_to": date(2024, 6, 30)}
REFUSED = "regimen_entry_occurred_on_idx"
LISTS = {
    "everything": (Filter(), "regimen_entry_recorded_at_idx"),
    "a week": (Filter(recorded_from=date(2024, 6, 3), recorded_to=date(2024, 6, 9)), "regimen_entry_recorded_at_idx"),
    "a person": (Filter(actor="carl"), "regimen_entry_actor_idx"),
    "refused in a month": (Filter(outcome="refused", **JUNE), REFUSED),
    "refused to a person in a month": (Filter(outcome="refused", actor="carl", **JUNE), REFUSED),
    "a patient": (Filter(patient="P1", actor="carl", outcome="refused", **JUNE), "regimen_entry_1"),
}
OF_THE_KEY = {"sqlite": "sqlite_autoindex_regimen_entry_1", "postgresql": "regimen_entry_pk"}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_off_its_index(engine: sa.Engine, name: str) -> None:
    wanted, index = LISTS[name]
    index = OF_THE_KEY[engine.dialect.name] if name == "a patient" else index
    for read in (
        lambda tx: log.page(tx, wanted, None, 20),
        lambda tx: log.before_last(tx, wanted, 20),
    ):
        (how,) = plans(engine, read)
        assert index in how, how


def test_the_next_page_is_read_from_where_the_last_one_ended(engine: sa.Engine) -> None:
    (how,) = plans(engine, lambda tx: log.page(tx, Filter(), Mark("trial", 1), 20))
    assert "regimen_entry_recorded_at_idx" in how
    assert ("(recorded_at,chain,seq)>" in how) or ("Index Cond: (ROW(recorded_at, chain, seq) > ROW(" in how), how


def test_corrections_are_read_off_their_index(engine: sa.Engine) -> None:
    (how,) = plans(engine, lambda tx: log.voids(tx, ["patient/p1", "patient/p2"]))
    assert "regimen_entry_chain_idx" in how


def test_who_is_due_is_read_off_its_index(engine: sa.Engine) -> None:
    table = TABLES["regimen_patient"]
    query = sa.select(table.c.chart).where(table.c.due_on <= ROWS["regimen_patient"]["due_on"])
    assert "regimen_patient_due_on_idx" in plan(engine, query.order_by(table.c.due_on, table.c.chain))
