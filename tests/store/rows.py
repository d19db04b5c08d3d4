"""A row for each table, one of every kind, as SQLAlchemy takes them; no desk writes them and no chain holds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from workflow.store.schema import metadata

DAY = date(2024, 1, 8)
MOMENT = datetime(2024, 1, 8, 9, 30, tzinfo=UTC)

ROWS: dict[str, dict[str, Any]] = {  # parents first
    "regimen_content": {
        "digest": "d1",
        "trial": "TOY",
        "version": "1",
        "edition": 1,
        "content": b"{}",
        "installed_at": MOMENT,
    },
    "regimen_patient": {
        "chain": "patient/p1",
        "id_key": "p1",
        "id": "P1",
        "digest": "d1",
        "arm": "A",
        "state": "screening",
        "seq": 1,
        "head": b"h",
        "fold": 1,
        "chart": "{}",
        "enrolled_on": DAY,
        "opens_on": None,
        "due_on": DAY,
    },
    "regimen_entry": {
        "chain": "patient/p1",
        "seq": 1,
        "kind": "enrolment",
        "trigger": "enroll",
        "outcome": "allowed",
        "from_state": None,
        "to_state": "screening",
        "occurred_on": DAY,
        "recorded_at": MOMENT,
        "actor": "carl",
        "role": "coordinator",
        "code": None,
        "body": b"{}",
        "hash": b"h",
    },
    "regimen_entry_text": {"chain": "patient/p1", "seq": 1, "field": "note", "salt": b"s", "text": "a text"},
    "regimen_request": {"id": "r-1", "chain": "patient/p1", "seq": 1},
    "regimen_person": {
        "id_key": "carl",
        "role": "coordinator",
        "id": "Carl",
        "login": "ccarl",
        "active": 1,
        "place": 1,
        "from_day": DAY,
        "until_day": None,
    },
    "regimen_chain": {"name": "people", "seq": 0, "head": None},
}


def furnish(engine: sa.Engine) -> None:
    """The row of each table, in a database that has none."""
    with engine.begin() as connection:
        for name, row in ROWS.items():
            connection.execute(metadata.tables[name].insert(), row)


def everything(engine: sa.Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours."""
    with engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for name, table in metadata.tables.items()
        }
