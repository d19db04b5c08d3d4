"""The schema: what the migrations make is what the code expects, on either database, however one got there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.config import Config
from alembic.script import ScriptDirectory

from workflow.errors import DatabaseError, Exit, NotOurDatabase, SchemaNewer, SchemaOlder
from workflow.store.engine import create_engine
from workflow.store.schema import BEFORE_RELEASE, REVISIONS, VERSION_TABLE, complete_for_postgresql, metadata
from workflow.store.upgrade import require_current, upgrade

pytestmark = pytest.mark.usefixtures("hasty")
TREE = Path(__file__).parents[2]


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(files("workflow.migrations")))
    return ScriptDirectory.from_config(config)


def installed(url: str) -> sa.Engine:
    engine = create_engine(url, create=True)
    upgrade(engine)
    return engine


def stamped(url: str, revision: str | None) -> None:
    """A database of ours that says it has another revision."""
    engine = installed(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"DELETE FROM {VERSION_TABLE}"))
        if revision is not None:
            connection.execute(sa.text(f"INSERT INTO {VERSION_TABLE} VALUES (:revision)"), {"revision": revision})
    engine.dispose()


# ── the migrations and the code ────────────────────────────────────────────────────────────────────────────────────


def facts(engine: sa.Engine) -> dict[str, Any]:
    """Everything the inspector knows of our tables: columns, keys, constraints, indexes, by name."""
    look = sa.inspect(engine)
    found = {}
    for name in sorted(set(look.get_table_names()) - {VERSION_TABLE}):
        found[name] = {
            "columns": [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in look.get_columns(name)],
            "primary": look.get_pk_constraint(name),
            "foreign": look.get_foreign_keys(name),
            "unique": look.get_unique_constraints(name),
            "check": look.get_check_constraints(name),
            "indexes": [
                # the condition of a partial one is a clause, equal to none but itself
                index | {"dialect_options": {key: str(value) for key, value in index["dialect_options"].items()}}
                for index in look.get_indexes(name)
            ],
        }
    return found


def test_the_migrations_make_what_the_code_says(new_database: Callable[[], str]) -> None:
    migrated, declared = installed(new_database()), create_engine(new_database(), create=True)
    complete_for_postgresql().create_all(declared)
    assert facts(migrated) == facts(declared)
    for engine in (migrated, declared):
        engine.dispose()


def test_every_constraint_has_a_name(database_url: str) -> None:
    engine = installed(database_url)
    for name, table in facts(engine).items():
        assert table["primary"]["name"] == f"{name}_pk"
        for kind in ("foreign", "unique", "check", "indexes"):
            assert all(each["name"] for each in table[kind])
        assert all(each["options"].get("ondelete") == "RESTRICT" for each in table["foreign"])
    engine.dispose()


def test_tables_are_strict_on_sqlite(sqlite_url: str) -> None:
    engine = installed(sqlite_url)
    with engine.connect() as connection:
        for name in metadata.tables:
            assert connection.exec_driver_sql(f"SELECT strict FROM pragma_table_list('{name}')").scalar() == 1
    engine.dispose()


def test_the_last_revision_is_the_one_the_code_speaks() -> None:
    known = [script.revision for script in reversed(list(scripts().walk_revisions()))]
    assert scripts().get_heads() == [REVISIONS[-1]]
    assert known == list(REVISIONS)


# ── a fingerprint ──────────────────────────────────────────────────────────────────────────────────────────────────

SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"
POSTGRESQL = (
    "SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name, ordinal_position::text"
    " FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 7",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
    "SELECT tgrelid::regclass::text, tgname, tgenabled::text, pg_get_triggerdef(oid) FROM pg_trigger"
    " WHERE NOT tgisinternal ORDER BY 1, 2",
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
    "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants"
    " WHERE table_schema = 'public' ORDER BY 1, 2, 3",
)


def fingerprint(engine: sa.Engine) -> list[Any]:
    queries = (SQLITE,) if engine.dialect.name == "sqlite" else POSTGRESQL
    with engine.connect() as connection:
        return [[tuple(row) for row in connection.exec_driver_sql(query)] for query in queries]


def test_two_installations_are_the_same(new_database: Callable[[], str]) -> None:
    first, second = installed(new_database()), installed(new_database())
    assert fingerprint(first) == fingerprint(second)
    assert all(fingerprint(first))
    for engine in (first, second):
        engine.dispose()


def test_upgrading_again_changes_nothing(database_url: str) -> None:
    engine = installed(database_url)
    before = fingerprint(engine)
    assert upgrade(engine) == (REVISIONS[-1], REVISIONS[-1])
    assert fingerprint(engine) == before
    engine.dispose()


def test_an_upgrade_that_fails_leaves_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = create_engine(database_url, create=True)
    before = fingerprint(engine)

    def fail(*_: Any) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(op, "create_index", fail)
    with pytest.raises(RuntimeError, match="in the middle"):
        upgrade(engine)
    assert fingerprint(engine) == before
    engine.dispose()


# ── up, never down ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_downgrade_is_refused() -> None:
    for script in scripts().walk_revisions():
        with pytest.raises(RuntimeError, match="would lose entries"):
            script.module.downgrade()


# ── two at once, and one that is killed ────────────────────────────────────────────────────────────────────────────

# Says where it is at the change of that number, or before the commit, and waits there. On SQLite with so small a cache
# half of the changes are in the file by then, and only the journal knows how to undo them.
PROGRAM = """
import sys
import sqlalchemy as sa
from workflow.store.engine import create_engine
from workflow.store.upgrade import upgrade

engine, stop = create_engine(sys.argv[1], create=True), int(sys.argv[2])
changes = 0

def wait(*_):
    print("there", flush=True)
    sys.stdin.readline()

@sa.event.listens_for(engine, "connect")
def small(connection, record):
    if engine.dialect.name == "sqlite":
        connection.execute("PRAGMA cache_size = 1")

@sa.event.listens_for(engine, "after_cursor_execute")
def count(connection, cursor, text, *_):
    global changes
    change = text.lstrip().startswith(("CREATE", "ALTER", "INSERT"))
    changes += change
    if change and changes == stop:
        wait()

if stop < 0:
    sa.event.listen(engine, "commit", wait)
if stop == 0:
    wait()
print(*upgrade(engine), changes)
"""
AT_ONCE, AT_COMMIT, NEVER = "0", "-1", "1000"


def upgrading(url: str, stop: str) -> subprocess.Popen[str]:
    """A process that upgrades; at ``stop`` it waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url, stop],
        cwd=TREE,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    if stop != NEVER:
        assert process.stdout
        assert process.stdout.readline() == "there\n"
    return process


def finished(process: subprocess.Popen[str]) -> int:
    """Lets the process go on to its end; the number of changes it made."""
    out, err = process.communicate("\n", timeout=60)
    assert process.returncode == 0, err
    *_, revision, changes = out.split()
    assert revision == REVISIONS[-1]
    return int(changes)


def killed(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=60)


@pytest.fixture
def whole(new_database: Callable[[], str]) -> list[Any]:
    """The fingerprint of a database that was set up undisturbed."""
    engine = installed(new_database())
    found = fingerprint(engine)
    engine.dispose()
    return found


def test_two_processes_upgrade_at_once(database_url: str, whole: list[Any]) -> None:
    both = [upgrading(database_url, AT_ONCE) for _ in range(2)]
    for process in both:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    assert [finished(process) > 0 for process in both].count(True) == 1
    engine = create_engine(database_url)
    assert fingerprint(engine) == whole
    engine.dispose()


@pytest.mark.parametrize("stop", ["1", "10", "25", AT_COMMIT])
def test_an_upgrade_that_is_killed_leaves_nothing_and_succeeds_when_run_again(
    database_url: str, whole: list[Any], stop: str
) -> None:
    process = upgrading(database_url, stop)
    if stop == AT_COMMIT and database_url.startswith("sqlite"):
        path = Path(str(sa.make_url(database_url).database))
        assert path.stat().st_size > 0  # it had begun to write
        assert Path(f"{path}-journal").stat().st_size > 0
    killed(process)
    engine = create_engine(database_url, create=True)
    assert not any(fingerprint(engine))
    assert upgrade(engine) == (None, REVISIONS[-1])
    assert fingerprint(engine) == whole
    engine.dispose()


def test_an_upgrade_that_waits_for_one_that_is_killed_succeeds(database_url: str, whole: list[Any]) -> None:
    first = upgrading(database_url, AT_COMMIT)
    second = upgrading(database_url, AT_ONCE)
    assert second.stdin
    second.stdin.write("\n")
    second.stdin.flush()
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(0.5)
    killed(first)
    assert finished(second) > 0
    engine = create_engine(database_url)
    assert fingerprint(engine) == whole
    engine.dispose()


@pytest.mark.parametrize("stop", [1, 10, 25])
def test_an_upgrade_whose_server_process_ends_leaves_nothing_and_succeeds_when_run_again(
    postgresql_url: str, new_postgresql: Callable[[], str], stop: int
) -> None:
    fresh = installed(new_postgresql())
    engine, killer = create_engine(postgresql_url), create_engine(postgresql_url)
    before = fingerprint(killer)
    seen: list[str] = []

    @sa.event.listens_for(engine, "after_cursor_execute")
    def end(connection: sa.Connection, cursor: Any, text: str, *_: Any) -> None:
        seen.extend([text] if text.lstrip().startswith(("CREATE", "ALTER", "INSERT")) else [])
        if len(seen) == stop:
            with killer.connect() as other:
                raw: Any = connection.connection.driver_connection
                query = sa.text("SELECT pg_terminate_backend(:pid, 10000)")
                assert other.execute(query, {"pid": raw.info.backend_pid}).scalar()

    with pytest.raises(DatabaseError, match="terminating connection"):
        upgrade(engine)
    assert fingerprint(killer) == before
    assert upgrade(killer) == (None, REVISIONS[-1])
    assert fingerprint(killer) == fingerprint(fresh)
    for each in (engine, killer, fresh):
        each.dispose()


# ── other schemas ──────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def untouched(url: str) -> Iterator[sa.Engine]:
    """An engine on a database that is the same afterwards: its schema, and on SQLite every byte of its file."""
    engine = create_engine(url)
    path = Path(str(engine.url.database))
    before = fingerprint(engine), path.read_bytes() if engine.dialect.name == "sqlite" else b""
    yield engine
    assert (fingerprint(engine), path.read_bytes() if engine.dialect.name == "sqlite" else b"") == before
    engine.dispose()


def look(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        require_current(connection)


USES: list[Callable[[sa.Engine], Any]] = [look, upgrade, lambda engine: upgrade(engine, beside=True)]
USED = pytest.mark.parametrize("use", USES, ids=["open", "upgrade", "upgrade beside"])


def test_what_was_just_set_up_is_current(database_url: str) -> None:
    engine = installed(database_url)
    look(engine)
    engine.dispose()


@USED
def test_a_newer_schema_is_left_alone(database_url: str, use: Callable[[sa.Engine], Any]) -> None:
    stamped(database_url, "9999")
    with untouched(database_url) as engine, pytest.raises(SchemaNewer, match="schema 9999, newer than"):
        use(engine)


def test_an_older_schema_asks_for_the_upgrade(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(database_url).dispose()
    monkeypatch.setattr("workflow.store.upgrade.REVISIONS", (*REVISIONS, "9998"))
    said = f"has schema {REVISIONS[-1]}, this software needs 9998"
    with untouched(database_url) as engine, pytest.raises(SchemaOlder, match=said) as error:
        look(engine)
    assert error.value.hint == "regimen db upgrade brings it up to date"


@USED
def test_a_schema_without_a_version_is_not_ours(database_url: str, use: Callable[[sa.Engine], Any]) -> None:
    stamped(database_url, None)
    with untouched(database_url) as engine, pytest.raises(NotOurDatabase):
        use(engine)


@USED
def test_a_database_from_before_the_first_release_is_left_alone(
    database_url: str, use: Callable[[sa.Engine], Any]
) -> None:
    made = create_engine(database_url, create=True)
    with made.begin() as connection:
        for statement in (
            "CREATE TABLE patient (id TEXT)",
            f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL)",
            f"INSERT INTO {VERSION_TABLE} VALUES ('{BEFORE_RELEASE[-1]}')",
        ):
            connection.exec_driver_sql(statement)
    made.dispose()
    said = "made by a version before the first release, whose formats are not kept"
    with untouched(database_url) as engine, pytest.raises(NotOurDatabase, match=said) as error:
        use(engine)
    assert error.value.hint == "start a new one: regimen init with another file name, or another database"
    assert "\n" not in error.value.message
    assert error.value.exit is Exit.DATABASE


@pytest.mark.parametrize("use", USES[:2], ids=["open", "upgrade"])
def test_another_programs_database_is_left_alone(database_url: str, use: Callable[[sa.Engine], Any]) -> None:
    with_table(database_url, "orders")
    said = "holds other tables and none of ours"
    with untouched(database_url) as engine, pytest.raises(NotOurDatabase, match=said):
        use(engine)


# ── beside another program's tables ────────────────────────────────────────────────────────────────────────────────


def with_table(url: str, *names: str) -> None:
    """A database of another program."""
    engine = create_engine(url, create=True)
    with engine.begin() as connection:
        for name in names:
            connection.execute(sa.text(f"CREATE TABLE {name} (id INTEGER)"))
    engine.dispose()


def test_a_service_may_have_our_tables_beside_its_own(database_url: str) -> None:
    """Whatever its own are called: ours begin with our name."""
    with_table(database_url, "orders", "patient", "entry", "person", "content", "request")
    engine = create_engine(database_url)
    assert upgrade(engine, beside=True) == (None, REVISIONS[-1])
    assert upgrade(engine) == (REVISIONS[-1], REVISIONS[-1])
    assert set(metadata.tables) < set(sa.inspect(engine).get_table_names())
    engine.dispose()


@pytest.mark.parametrize("name", [*metadata.tables, VERSION_TABLE])
def test_a_table_of_the_services_with_one_of_our_names_is_left_alone(database_url: str, name: str) -> None:
    with_table(database_url, name)
    with untouched(database_url) as engine, pytest.raises(DatabaseError):
        upgrade(engine, beside=True)


def test_what_is_refused_beside_is_named(database_url: str) -> None:
    with_table(database_url, "orders", "regimen_patient")
    said = "another program's tables named regimen_patient$"
    with untouched(database_url) as engine, pytest.raises(NotOurDatabase, match=said):
        upgrade(engine, beside=True)


def test_an_upgrade_that_another_finishes_meanwhile_is_not_taken_for_another_program(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = create_engine(postgresql_url)
    look = sa.engine.reflection.Inspector
    real = look.get_table_names
    finished: list[bool] = []

    def then_another_finishes(inspector: Any, *args: Any, **more: Any) -> Any:
        names = real(inspector, *args, **more)
        if not finished:
            finished.append(True)
            installed(postgresql_url).dispose()
        return names

    monkeypatch.setattr(look, "get_table_names", then_another_finishes)
    assert upgrade(engine)[1] == REVISIONS[-1]
    engine.dispose()
