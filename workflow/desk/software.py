"""Which formats and numbers a database is in use under: written to the trial's chain by ``init`` and ``db upgrade``.

Software with lower numbers may read, and not write; software with higher ones has to upgrade the database first, so
that the log says from where on its entries may be of a new kind.
"""

from __future__ import annotations

from collections.abc import Callable

from workflow.desk import rows
from workflow.desk.append import append_to, told
from workflow.desk.charts import from_entries
from workflow.desk.damage import placed
from workflow.desk.protocols import Protocols
from workflow.desk.request import Moment
from workflow.engine import stored
from workflow.engine.answer import row_columns
from workflow.engine.numbers import FOLD
from workflow.errors import (
    DamagedRow,
    NewerSoftwareNeeded,
    ProtocolChanged,
    SchemaOlder,
    UnknownProtocol,
)
from workflow.ledger.entry import (
    SOFTWARE_CHANGED,
    TRIAL_CHAIN,
    Signature,
    SoftwareChanged,
    chain_of,
    ours,
)
from workflow.store import log
from workflow.store.log import End
from workflow.store.transaction import Transaction, Transactions

BATCH = 100  # ids of stale rows read at once


def in_use(tx: Transaction) -> SoftwareChanged | None:
    """The numbers that the database is in use under. Raises ``NewerSoftwareNeeded`` or ``DamagedRow`` for others."""
    return next(told(tx, SOFTWARE_CHANGED, SoftwareChanged), None)


def require_ours(tx: Transaction) -> None:
    """Raise unless the database is in use under the numbers of this software."""
    there, here = in_use(tx), ours()
    if there is None or there == here:
        return
    if there.is_above(here):
        raise _newer()
    kinds = [kind for kind, version in here.kinds.items() if there.kinds.get(kind) != version]
    new = f", and entries that are new: {', '.join(kinds)}" if kinds else ""
    raise SchemaOlder(
        f"the database is in use under engine {there.engine}, fold {there.fold}; this software writes engine"
        f" {here.engine}, fold {here.fold}{new}",
        hint="regimen db upgrade brings it up to date",
    )


class MayWrite:
    """That this software may write: looked up again where the trial's chain has moved on.

    A process may outlive an upgrade that newer software made.
    """

    def __init__(self) -> None:
        self._known_at: End | None = None  # the trial's last entry when it was

    def require(self, tx: Transaction, end: End | None = None) -> None:
        """``end`` is the trial's last entry, where the caller has read it."""
        if end is None:
            end = log.head(tx, TRIAL_CHAIN)
        if end != self._known_at:
            log.require_end(tx, TRIAL_CHAIN, end)
            require_ours(tx)
            self._known_at = end


def _newer() -> NewerSoftwareNeeded:
    return NewerSoftwareNeeded(hint="use the software that wrote to it last, or newer; this one can read")


def note_change(tx: Transaction, signature: Signature, now: Moment) -> bool:
    """Say on the trial's chain that the numbers of this software are in use from here on; whether they were not."""
    there = in_use(tx)
    if there == ours():
        return False
    if there is not None and there.is_above(ours()):
        raise _newer()
    append_to(tx, TRIAL_CHAIN, SOFTWARE_CHANGED, signature, now, ours())
    return True


def refold(transactions: Transactions, protocols: Protocols, progress: Callable[[int, int], None] | None = None) -> int:
    """Fold every row anew that an earlier fold wrote, each in a transaction of its own; how many there were.

    It may be interrupted at any time, and goes on where it was.
    """
    with transactions.reading() as tx:
        total = log.count_stale(tx, FOLD)
    done = 0
    failed: dict[str, DamagedRow] = {}
    while True:
        with transactions.reading() as tx:
            some = [id for id in log.stale(tx, FOLD, BATCH + len(failed)) if id not in failed]
        if not some:
            break
        for id in some:
            try:
                with transactions.writing() as tx:
                    done += _refold(tx, protocols, id)
            except (DamagedRow, ProtocolChanged, UnknownProtocol) as error:  # the others go on; it is said at the end
                failed[id] = placed(error, chain_of(id))
            if progress is not None:
                progress(done, max(done, total))
    if failed:
        first = next(iter(failed.values())).message
        raise DamagedRow(f"{len(failed)} of {done + len(failed)} rows could not be folded anew, the first: {first}")
    return done


def _refold(tx: Transaction, protocols: Protocols, id: str) -> int:
    row = log.patient_row(tx, id, lock=True)
    if row is None:
        raise DamagedRow(f"the row of {id} is not under its own id")
    if not stored.is_stale(row.fold):
        return 0  # a command was there first
    chart = from_entries(tx, row.chain)
    rows.keep(row, chart, row_columns(protocols.by_digest, chart))
    return tx.run(log.UPDATE_PATIENT, {**rows.found_by(row), **rows.values_of(row)})
