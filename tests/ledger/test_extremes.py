"""What a column's type takes and nobody writes: endless days, the ends of numbers, very long texts. On both databases.

Of other types is ``test_hostile``, where a database lets them in.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.ledger.tamper import TABLES, behind
from tests.library.desk import Desk
from workflow.store.schema import Day, Instant

COLUMNS = [column for table in TABLES for column in table.columns]


def extremes(column: sa.Column[Any], *, sqlite: bool) -> Iterator[str]:
    """As SQL."""
    if isinstance(column.type, Day | Instant):
        yield from ("'infinity'", "'-infinity'", "'4714-11-24 BC'", "'294276-12-31'", "'0001-01-01'")
    elif isinstance(column.type, sa.Integer):
        yield from (("9223372036854775807", "-9223372036854775808") if sqlite else ("2147483647", "-2147483648"))
        yield "-1"
    elif isinstance(column.type, sa.LargeBinary):
        yield from ("zeroblob(1000000)", "x''") if sqlite else (r"repeat('\000', 1000000)::bytea", "''::bytea")
    else:
        yield "replace(hex(zeroblob(50000)), '0', '[')" if sqlite else "repeat('[', 100000)"
        yield from ("''", "char(127, 1, 65279)" if sqlite else "chr(127) || chr(1) || chr(65279)")


def last(column: sa.Column[Any]) -> str:
    """The last row of the table, by its key."""
    table = column.table
    key = [one.name for one in table.primary_key]
    order = ", ".join(f"{name} DESC" for name in key)
    return f"({', '.join(key)}) = (SELECT {', '.join(key)} FROM {table.name} ORDER BY {order} LIMIT 1)"


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_what_its_type_takes_and_nobody_writes_is_found(desk: Desk, column: sa.Column[Any]) -> None:
    name = column.table.name
    before = desk.rows(column.table)
    entries = len(desk.trial.log())
    for value in extremes(column, sqlite=desk.url.startswith("sqlite")):
        with behind(desk.url) as connection:
            connection.exec_driver_sql(f'UPDATE {name} SET "{column.name}" = {value} WHERE {last(column)}')
        report = desk.verify()
        assert not report.sound, value
        assert report.entries == entries, value  # all of them were read
        with behind(desk.url) as connection:
            connection.execute(column.table.delete())
            connection.execute(column.table.insert(), before)
    desk.check()
