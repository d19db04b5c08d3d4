"""The queries of installed protocols: each by its digest, with its canonical bytes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from workflow.errors import DamagedRow
from workflow.ledger.entry import TRIAL_CHAIN
from workflow.store.form import Form
from workflow.store.schema import content
from workflow.store.transaction import Statement, Transaction

_c = content.c
_order = (_c.installed_at, _c.version, _c.edition)
_columns = (_c.digest, _c.trial, _c.version, _c.edition)
_FORM = Form(*_columns)
LIST = Statement(sa.select(*_columns).order_by(*_order))
BYTES = Statement(sa.select(_c.content).where(_c.digest == sa.bindparam("digest")))
ADD = Statement(content.insert())


class Content(NamedTuple):
    """An installed protocol, but for its bytes."""

    digest: str
    trial: str
    version: str
    edition: int


def listed(tx: Transaction) -> tuple[tuple[Content, ...], tuple[DamagedRow, ...]]:
    """What is installed, in the order of installation; and the rows that say nothing of the kind."""
    found: list[Content] = []
    damaged: list[DamagedRow] = []
    for row in tx.rows(LIST):
        wrong = _FORM.wrong(row)
        if wrong is None:
            found.append(Content(*row))
        else:
            damaged.append(DamagedRow(f"the row of a protocol is damaged: {wrong}", chain=TRIAL_CHAIN))
    return tuple(found), tuple(damaged)


def bytes_of(tx: Transaction, digest: str) -> bytes | None:
    """The bytes of a protocol; none of any that can be had where something else stands there."""
    row = tx.one(BYTES, {"digest": digest})
    return row[0] if row is not None and type(row[0]) is bytes else b"" if row is not None else None


def add(tx: Transaction, what: Content, data: bytes, installed_at: str | datetime) -> None:
    values: dict[str, Any] = {**what._asdict(), "content": data, "installed_at": installed_at}
    tx.run(ADD, values)
