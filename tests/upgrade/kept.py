"""The databases that earlier releases left: loaded into SQLite as they were, and the same rows into PostgreSQL."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from workflow.store.engine import create_engine
from workflow.store.schema import VERSION_TABLE

HERE = Path(__file__).parent
NAMES = ("toy", "trial")


def load(name: str, url: str) -> None:
    """The kept database ``name``, in an empty database."""
    text = (HERE / f"{name}.sql").read_text("utf-8")
    database = make_url(url).database
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(str(database))) as there:
            there.executescript(text)
        return
    with closing(sqlite3.connect(":memory:")) as source:
        source.executescript(text)
        _copy(source, url)


def _copy(source: sqlite3.Connection, url: str) -> None:
    """Every row, under the schema that it was written under."""
    from alembic import command
    from alembic.config import Config

    (revision,) = source.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()
    config = Config()
    config.set_main_option("script_location", str(files("workflow.migrations")))
    with create_engine(url).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))  # the order of tables is no matter
        for (table,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table == VERSION_TABLE:
                continue
            rows = source.execute(f"SELECT * FROM {table}")
            names = ", ".join(f'"{column[0]}"' for column in rows.description)
            holes = ", ".join(["%s"] * len(rows.description))
            for row in rows:
                connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({holes})", row)
