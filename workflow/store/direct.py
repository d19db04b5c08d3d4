"""Statements on libpq's own calls, on a PostgreSQL connection that a thread of ours keeps.

They cost half of what psycopg's cursor does. Values, errors and the wait, which Ctrl-C ends, are psycopg's own. A
statement is prepared when it was run as often as the connection's ``prepare_threshold`` says, and never where that is
None: behind a pooler.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Sequence
from itertools import count
from typing import Any

import sqlalchemy as sa
from psycopg import OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from workflow.store.engine import exact

Sent = tuple[Sequence[Any], Sequence[int]]  # values as they are sent, and in which format each
_FORMATS = {bytes: PyFormat.BINARY}  # all else is sent as text: a statement says itself what its values are

_kind: Any = PGDialect_psycopg
DIALECT: sa.Dialect = _kind(paramstyle="numeric_dollar")  # libpq's: $1, $2
exact(DIALECT)


class Direct:
    """A cursor for one statement after another."""

    def __init__(self, connection: sa.Connection) -> None:
        raw: Any = connection.connection.driver_connection
        self.dialect = DIALECT
        self._raw, self._pg = raw, raw.pgconn
        self._transformer = Transformer(self._raw)
        self._runs = Counter[str]()
        self._names: dict[str, bytes] = {}  # of what is prepared
        self._numbers = count(1)
        self._begin = ""
        self._result: Any = None

    def begin(self, text: str) -> None:
        """A transaction begins with what is executed next: in one message with it, once both are prepared."""
        self._begin = text

    def start(self) -> None:
        """It begins now."""
        with self._raw.lock:
            if begin := self._due():
                self._plain(begin)

    def end(self, word: str) -> None:
        """COMMIT or ROLLBACK, unless nothing was executed."""
        if self._pg.transaction_status != TransactionStatus.IDLE:
            self.execute(word)
        self._begin = ""

    def execute(self, text: str, values: Sequence[Any] = ()) -> None:
        """Without values, ``text`` may be several statements; the last one's result is kept."""
        sent = self._sent(values)
        with self._raw.lock:
            if self._raw.closed:
                raise OperationalError("the connection is closed")
            begin = self._due()
            if begin and text in self._names:
                self._result = self._begun_with(begin.split("; ", 1), text, sent)
                return
            if begin:
                self._plain(begin)
            self._result = self._with_values(text, sent) if values else self._plain(text)

    def _due(self) -> str:
        """What begins the transaction, unless it has begun: a statement of the engine's may have been first."""
        begin, self._begin = self._begin, ""
        return begin if self._pg.transaction_status == TransactionStatus.IDLE else ""

    def _begun_with(self, begin: list[str], text: str, sent: Sent) -> Any:
        for one in begin:
            if one not in self._names:
                self._prepare(one)
        pg = self._pg
        pg.enter_pipeline_mode()
        try:
            for one in begin:
                pg.send_query_prepared(self._names[one], None)
            pg.send_query_prepared(self._names[text], *sent)
            pg.pipeline_sync()
            results = self._raw.wait(_until_sync(pg))
            pg.exit_pipeline_mode()
        except BaseException:  # nobody knows how much of it was answered
            self._raw.close()
            raise
        return self._checked(results)

    def _plain(self, text: str) -> Any:
        self._pg.send_query(text.encode())
        return self._answer()

    def _with_values(self, text: str, sent: Sent) -> Any:
        values, formats = sent
        often = self._raw.prepare_threshold
        if text not in self._names and often is not None and self._runs[text] >= often:
            self._prepare(text)
        if text in self._names:
            self._pg.send_query_prepared(self._names[text], values, formats)
        else:
            self._runs[text] += 1
            self._pg.send_query_params(text.encode(), values, None, formats)
        return self._answer()

    def _prepare(self, text: str) -> None:
        name = f"regimen_{next(self._numbers)}".encode()
        self._pg.send_prepare(name, text.encode())
        self._answer()
        self._names[text] = name

    def _sent(self, values: Sequence[Any]) -> Sent:
        formats = [_FORMATS.get(type(value), PyFormat.TEXT) for value in values]
        return self._transformer.dump_sequence(values, formats), self._transformer.formats or ()

    def _answer(self) -> Any:
        return self._checked(self._raw.wait(execute(self._pg)))

    def _checked(self, results: Sequence[Any]) -> Any:
        """The last of the results. Raises the driver's own errors, of several the first."""
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                error = error_from_result(result)
                if isinstance(error, InvalidSqlStatementName):  # somebody has let go what was prepared
                    self._names.clear()
                raise error
        if not results:
            raise OperationalError("the connection is lost")
        return results[-1]

    @property
    def rowcount(self) -> int:
        return self._result.command_tuples or 0

    def fetchone(self) -> tuple[Any, ...] | None:
        rows = self.fetchall()
        return rows[0] if rows else None

    def fetchall(self) -> list[tuple[Any, ...]]:
        self._transformer.set_pgresult(self._result)
        return self._transformer.load_rows(0, self._result.ntuples, tuple)

    def close(self) -> None:
        self._result = None


def _until_sync(pg: Any) -> Generator[Any, Any, list[Any]]:
    found: list[Any] = []
    while (results := (yield from execute(pg))) and results[-1].status != ExecStatus.PIPELINE_SYNC:
        found += results
    return found


def direct(connection: sa.Connection) -> Direct:
    """The one of a kept connection."""
    found: Direct | None = connection.info.get("regimen_direct")
    if found is None:
        found = connection.info["regimen_direct"] = Direct(connection)
    return found
