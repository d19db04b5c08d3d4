"""The queries of installed protocols: each by its digest, with its canonical bytes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from workflow.store.schema import content
from workflow.store.transaction import Statement, Transaction

_c = content.c
_order = (_c.installed_at, _c.version, _c.edition)
LIST = Statement(sa.select(_c.digest, _c.trial, _c.version, _c.edition).order_by(*_order))
BYTES = Statement(sa.select(_c.content).where(_c.digest == sa.bindparam("digest")))
ADD = Statement(content.insert())


class Content(NamedTuple):
    """An installed protocol, but for its bytes."""

    digest: str
    trial: str
    version: str
    edition: int


def listed(tx: Transaction) -> tuple[Content, ...]:
    """What is installed, in the order of installation."""
    return tuple(Content(*row) for row in tx.all(LIST, {}))


def bytes_of(tx: Transaction, digest: str) -> bytes | None:
    row = tx.one(BYTES, {"digest": digest})
    return bytes(row[0]) if row is not None else None


def add(tx: Transaction, what: Content, data: bytes, installed_at: str | datetime) -> None:
    values: dict[str, Any] = {**what._asdict(), "content": data, "installed_at": installed_at}
    tx.run(ADD, values)
