"""The schema's version: which one a database has, and bringing it up to date (alembic, imported only here)."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from workflow.errors import WHAT_TO_DO, DatabaseError, NotOurDatabase, SchemaNewer, SchemaOlder
from workflow.store.engine import MIGRATES, close_to_change, ours, set_journal
from workflow.store.file import make_private
from workflow.store.schema import BEFORE_RELEASE, REVISIONS, VERSION_TABLE, metadata
from workflow.store.transaction import translated

UPGRADE_LOCK = 0x72656769  # "regi": PostgreSQL's advisory lock for two upgrades at once


@dataclass(frozen=True, slots=True)
class SchemaState:
    """``revision`` is None for a database that we did not set up; ``others`` are then the tables it holds."""

    revision: str | None
    others: tuple[str, ...]

    @property
    def empty(self) -> bool:
        return self.revision is None and not self.others


def inspect(connection: sa.Connection) -> SchemaState:
    # One query: between two, another upgrade's tables may come to be there.
    found = connection.execute(_SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL).all()
    names = [name for name, kind in found if kind in ("table", "r", "p")]
    for name, kind in found:
        if name.lower() in (VERSION_TABLE, *metadata.tables) and kind not in ("table", "r"):
            raise DatabaseError(f"{name} is no table: what is read there may never end", hint=WHAT_TO_DO)
    if VERSION_TABLE not in [name for name, _ in found]:
        return SchemaState(None, tuple(names))
    query = sa.select(sa.column("version_num", sa.Text)).select_from(sa.table(VERSION_TABLE))
    revision = connection.execute(query.limit(_ONE)).scalar()
    return SchemaState(revision, () if revision is not None else tuple(set(names) - {VERSION_TABLE}))


# Tables and what may be in the place of one, where the session looks. Not by the dialect's inspector: it compares names
# with VARCHAR, for which PostgreSQL has no operator of its own.
_ONE: sa.ColumnElement[int] = sa.literal_column("1")
_SQLITE = sa.text(
    "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite^_%' ESCAPE '^'"
)
_POSTGRESQL = sa.text(
    "SELECT relname, relkind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace"
    " WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relpersistence <> 't' AND nspname <> 'pg_catalog'"
    " AND pg_catalog.pg_table_is_visible(c.oid)"
)


def require_current(connection: sa.Connection) -> None:
    """Raise unless the database has the schema that this software speaks."""
    state = inspect(connection)
    if state.revision == REVISIONS[-1]:
        return
    if state.revision is None:
        if state.empty:
            raise NotOurDatabase("the database is empty", hint="regimen init sets it up")
        raise NotOurDatabase("the database holds other tables and none of ours", hint="name another database")
    if state.revision in BEFORE_RELEASE:
        raise NotOurDatabase(
            "the database was made by a version before the first release, whose formats are not kept",
            hint="start a new one: regimen init with another file name, or another database",
        )
    if state.revision in REVISIONS:
        raise SchemaOlder(
            f"the database has schema {state.revision}, this software needs {REVISIONS[-1]}",
            hint="regimen db upgrade brings it up to date",
        )
    raise SchemaNewer(
        f"the database has schema {state.revision}, newer than {REVISIONS[-1]} of this software",
        hint="use the software that it was upgraded with, or a newer one",
    )


@translated()
def upgrade(engine: sa.Engine, *, beside: bool = False) -> tuple[str | None, str]:
    """Bring the schema up to date; the revisions before and after.

    Another program's database is left alone, unless our tables are to stand ``beside`` its own.
    """
    from importlib.resources import files

    from alembic import command
    from alembic.config import Config

    make_private(engine.url)
    with engine.connect() as probe:
        before = inspect(probe)
    taken = sorted(set(before.others) & set(metadata.tables))
    if before.others and (taken or not beside):
        raise NotOurDatabase(
            f"the database holds another program's tables named {', '.join(taken)}"
            if beside
            else "the database holds other tables and none of ours",
            hint="name another database, or on PostgreSQL a schema of its own",
        )
    if before.revision is not None and before.revision not in REVISIONS:
        with engine.connect() as probe:
            require_current(probe)
    set_journal(engine)
    config = Config()
    config.set_main_option("script_location", str(files("workflow.migrations")).replace("%", "%%"))
    with engine.connect().execution_options(**{MIGRATES: True}) as connection:
        if connection.dialect.name == "postgresql":
            connection = ours(connection, writes=True)
        try:
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(UPGRADE_LOCK)))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                after = inspect(connection)
        finally:
            close_to_change(connection)  # the pool may hand it on
    if after.revision is None:
        raise DatabaseError("the upgrade left no schema version behind")
    return before.revision, after.revision
