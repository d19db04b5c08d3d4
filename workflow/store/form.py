"""What the columns of a row may hold. Whoever writes to a database beside us may put anything anywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from workflow.engine.chart import Chart
from workflow.errors import DamagedRow
from workflow.store.schema import Day, Instant
from workflow.store.transaction import Row

LONGEST = 1000  # of what is no free text and no chart, far beyond what any form allows
_FREE = ("chart", "text")
_HASHES = ("head", "hash")


# Each as the source of a condition on {0}: a row is read with every command, and all of its columns are asked at once.
_FREE_TEXT = "type({0}) is str and ({0}.isascii() or {0}.encode('utf-8', 'replace').decode() == {0})"
_NAME = "type({0}) is str and len({0}) <= LONGEST and {0}.isprintable()"  # half a character is not
_NUMBER = "type({0}) is int and 0 <= {0} < 2**53"
_BYTES = "type({0}) is bytes"
_HASH = "type({0}) is bytes and len({0}) == 32"
_MOMENT = f"type({{0}}) is datetime or ({_NAME})"
_DAY = "type({0}) is date or (type({0}) is str and len({0}) == 10 and is_day({0}))"


@lru_cache(maxsize=1024)  # days come again and again
def is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _form_of(column: sa.Column[Any]) -> str:
    if isinstance(column.type, Day):
        return _DAY
    if isinstance(column.type, Instant):
        return _MOMENT
    if isinstance(column.type, sa.Integer):
        return _NUMBER
    if isinstance(column.type, sa.LargeBinary):
        return _HASH if column.name in _HASHES else _BYTES
    return _FREE_TEXT if column.name in _FREE else _NAME


def _compiled(*conditions: str) -> Callable[..., bool]:
    """Whether the conditions hold, each of a value of its own."""
    names = [f"v{place}" for place in range(len(conditions))]
    every = " and ".join(f"({one.format(name)})" for one, name in zip(conditions, names, strict=True))
    known = {"date": date, "datetime": datetime, "is_day": is_day, "LONGEST": LONGEST}
    compiled: Callable[..., bool] = eval(f"lambda {', '.join(names)}: {every}", known)  # noqa: S307 - of what stands above
    return compiled


_is_place = _compiled(f"{_NAME} or {_NUMBER}")


class Form:
    """The columns that a query asks for."""

    def __init__(self, *columns: sa.Column[Any]) -> None:
        conditions = [f"{{0}} is None or {_form_of(one)}" if one.nullable else _form_of(one) for one in columns]
        self._all = _compiled(*conditions)
        self._each = [(column.name, _compiled(one)) for column, one in zip(columns, conditions, strict=True)]

    def wrong(self, row: Row) -> str | None:
        """What is wrong with a row, if anything is."""
        if self._all(*row):
            return None
        return next(
            f"{name} holds {named(one)}" for (name, ok), one in zip(self._each, row, strict=True) if not ok(one)
        )

    def require(self, row: Row, chain: Any, seq: Any = None) -> None:
        """Raise ``DamagedRow`` for a row that something is wrong with."""
        wrong = self.wrong(row)
        if wrong is not None:
            raise DamagedRow(f"its row is damaged: {wrong}", chain=_place(chain), seq=_place(seq))


def agrees(chart: Chart, arm: str, digest: str, state: str) -> bool:
    """Whether the columns beside a chart say what it says."""
    there = chart.steps[-1].target if chart.steps else state
    return bool(chart.under) and (chart.arm, chart.under[-1].digest, there) == (arm, digest, state)


def _place(value: Any) -> Any:
    return value if value is None or _is_place(value) else named(value)


def named(value: object) -> str:
    """A value that a row holds, in few words."""
    if value is None:
        return "nothing"
    if isinstance(value, str | bytes) and len(value) > 40:
        return f"{len(value)} {'characters' if isinstance(value, str) else 'bytes'}"
    return ascii(value)
