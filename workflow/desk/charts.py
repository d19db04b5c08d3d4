"""A patient's chart: from their row, or from their entries where another fold wrote the row."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from workflow.desk.damage import placed
from workflow.engine import stored
from workflow.engine.chart import Chart
from workflow.engine.numbers import FOLD
from workflow.errors import DamagedRow, NewerSoftwareNeeded
from workflow.ledger.entry import Enrolled, NotUnderstood, chain_of, decode, payload
from workflow.ledger.fold import fold
from workflow.store import log
from workflow.store.form import agrees
from workflow.store.log import Kept, PatientRow
from workflow.store.transaction import Row, Transaction


def chart_of(tx: Transaction, row: PatientRow) -> Chart:
    """The chart of a row. Raises ``DamagedRow`` where it is none, or another than the rest of the row says."""
    if row.fold != FOLD:
        return from_entries(tx, row.chain)
    return chart_in(row)


def chart_in(row: PatientRow | Kept) -> Chart:
    """The chart that a row of our own fold holds."""
    try:
        chart = stored.loads(row.chart)
    except DamagedRow as error:
        raise placed(error, row.chain) from None
    if not agrees(chart, row.arm, row.digest, row.state):
        raise DamagedRow("its row is damaged: arm, digest or state are not what its chart says", chain=row.chain)
    return chart


def from_entries(tx: Transaction, chain: str, *, up_to: int | None = None) -> Chart:
    """What the entries of the chain, or the first ``up_to``, add up to. Raises ``DamagedRow`` where they do not."""
    return _folded(islice(log.bodies(tx, chain), up_to), chain)


def from_rows(rows: Iterable[Row], chain: str) -> tuple[Chart, str, int]:
    """What a chain's first entries add up to, the id of its patient as first typed, and how many they are.

    Raises ``DamagedRow`` where they do not add up.
    """
    bodies = log.bodies_of(rows, chain)
    chart = _folded(bodies, chain)
    said = payload(decode(bodies[0]))
    if not isinstance(said, Enrolled) or chain_of(said.patient) != chain:
        raise DamagedRow("it enrols somebody else", chain=chain, seq=1)
    return chart, said.patient, len(bodies)


def _folded(bodies: Iterable[bytes], chain: str) -> Chart:
    try:
        return fold(decode(data) for data in bodies)
    except NotUnderstood as unknown:
        raise NewerSoftwareNeeded(
            f"{chain} has entries that newer software wrote: {unknown}", hint="use that software, or a newer one"
        ) from None
    except ValueError as error:
        raise DamagedRow(f"the entries do not add up: {error}", chain=chain) from None
