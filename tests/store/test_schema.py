"""The schema: what the migrations make is what the code expects, on either database, however one got there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.library.desk import ADMIN, Desk
from tests.toy import TOY
from workflow import Trial
from workflow.errors import AlreadyExists, NotOurDatabase, SchemaNewer, SchemaOlder
from workflow.store.engine import create_engine
from workflow.store.schema import REVISIONS, VERSION_TABLE, metadata
from workflow.store.upgrade import upgrade

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
            "indexes": look.get_indexes(name),
        }
    return found


def test_the_migrations_make_what_the_code_says(new_database: Callable[[], str]) -> None:
    migrated, declared = installed(new_database()), create_engine(new_database(), create=True)
    metadata.create_all(declared)
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


def test_two_processes_upgrade_at_once(database_url: str) -> None:
    program = (
        "import sys; from workflow.store.engine import create_engine; from workflow.store.upgrade import upgrade;"
        "engine = create_engine(sys.argv[1], create=True); sys.stdin.readline(); print(*upgrade(engine))"
    )
    command = [sys.executable, "-c", program, database_url]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    both = [subprocess.Popen(command, cwd=TREE, text=True, **pipes) for _ in range(2)]
    for process in both:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert out.split()[-1] == REVISIONS[-1]
    with Trial.open(database_url, protocols=(TOY,)) as trial:
        assert trial.people() == ()


# ── other schemas ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_newer_schema_is_left_alone(database_url: str) -> None:
    stamped(database_url, "9999")
    for use in (Trial.open, lambda url: Trial.init(url, by=ADMIN)):
        with pytest.raises(SchemaNewer, match="schema 9999, newer than"):
            use(database_url)


def test_an_older_schema_asks_for_the_upgrade(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(database_url).dispose()
    monkeypatch.setattr("workflow.store.upgrade.REVISIONS", (*REVISIONS, "9998"))
    with pytest.raises(SchemaOlder, match=f"has schema {REVISIONS[-1]}, this software needs 9998") as error:
        Trial.open(database_url)
    assert error.value.hint == "regimen db upgrade brings it up to date"


def test_a_schema_without_a_version_is_not_ours(database_url: str) -> None:
    stamped(database_url, None)
    with pytest.raises(NotOurDatabase):
        Trial.open(database_url)


@pytest.mark.parametrize("use", ["open", "init", "upgrade"])
def test_another_programs_database_is_left_alone(database_url: str, use: str) -> None:
    engine = create_engine(database_url, create=True)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE orders (id INTEGER)"))
    before = fingerprint(engine)
    uses: dict[str, Callable[[], Any]] = {
        "open": lambda: Trial.open(database_url),
        "init": lambda: Trial.init(database_url, by=ADMIN),
        "upgrade": lambda: upgrade(engine),
    }
    with pytest.raises(NotOurDatabase, match="holds other tables and none of ours"):
        uses[use]()
    assert fingerprint(engine) == before
    engine.dispose()


def test_a_database_is_set_up_once(database_url: str) -> None:
    desk = Desk(database_url)
    before = desk.everything()
    with pytest.raises(AlreadyExists, match="there is a trial in this database already"):
        Trial.init(database_url, by=ADMIN)
    assert desk.everything() == before
    desk.close()


# ── beside another program's tables ────────────────────────────────────────────────────────────────────────────────


def test_a_service_may_have_the_trial_beside_its_own_tables(database_url: str) -> None:
    engine = create_engine(database_url, create=True)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE orders (id INTEGER)"))
    with Trial.init(database_url, by=ADMIN, protocols=(TOY,), beside=True) as trial:
        assert trial.verify().sound
    assert upgrade(engine) == (REVISIONS[-1], REVISIONS[-1])
    engine.dispose()


def test_a_table_of_the_services_with_one_of_our_names_is_left_alone(database_url: str) -> None:
    engine = create_engine(database_url, create=True)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE patient (id INTEGER)"))
    before = fingerprint(engine)
    with pytest.raises(NotOurDatabase, match="another program's tables named patient"):
        Trial.init(database_url, by=ADMIN, beside=True)
    assert fingerprint(engine) == before
    engine.dispose()


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
