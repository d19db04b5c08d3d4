"""The queries of installed protocol versions: each with its digest and its canonical bytes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from workflow.store.schema import protocol_version
from workflow.store.transaction import Statement, Transaction

_c = protocol_version.c
DIGESTS = Statement(sa.select(_c.version, _c.digest).order_by(_c.installed_at, _c.version))
ADD = Statement(protocol_version.insert())


def digests(tx: Transaction) -> dict[str, str]:
    """Installed version to digest, in the order of installation."""
    return {row[0]: row[1] for row in tx.all(DIGESTS, {})}


def add(tx: Transaction, values: dict[str, Any]) -> None:
    tx.run(ADD, values)
