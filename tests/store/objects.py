"""Writes ``workflow/store/objects.json`` anew: what a new database has, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.conftest import PostgreSQL
from workflow.store import objects
from workflow.store.engine import create_engine
from workflow.store.transaction import Transactions
from workflow.store.upgrade import upgrade

FILE = Path(objects.__file__).with_name("objects.json")


def made(url: str) -> dict[str, str]:
    """The objects of a new database."""
    engine = create_engine(url, create=True)
    upgrade(engine)
    with Transactions(engine).reading() as tx:
        found = objects.there(tx)
    engine.dispose()
    return dict(sorted(found.items()))


def write(server: PostgreSQL) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = {"postgresql": made(server.create()), "sqlite": made(f"sqlite:///{folder}/new.db")}
    FILE.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    server = PostgreSQL()
    try:
        write(server)
    finally:
        server.stop()
