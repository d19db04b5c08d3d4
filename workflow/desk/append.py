"""Entries of the chains that are no patient's: the trial's and the people's."""

from __future__ import annotations

from msgspec import Struct

from workflow.desk.request import Moment
from workflow.engine.decision import Reason
from workflow.ledger.compose import Circumstances, of_house
from workflow.ledger.entry import PEOPLE_CHAIN, TRIAL_CHAIN, ProtocolRef, Sealed, Seen, Signature, instant, seal
from workflow.store import log, roster
from workflow.store.transaction import Transaction


def seen_of(seq: int, head: bytes) -> Seen:
    return Seen(seq, bytes(head).hex())


def append_to(
    tx: Transaction,
    chain: str,
    kind: str,
    signature: Signature,
    now: Moment,
    payload: Struct | None = None,
    *,
    reasons: tuple[Reason, ...] = (),
    protocol: ProtocolRef | None = None,
) -> Sealed:
    """Append an entry of ``kind`` to ``chain``: refused with ``reasons``, or carried out."""
    seq, head = log.next_place(tx, chain)
    seen = {PEOPLE_CHAIN: seen_of(*roster.head(tx))} if chain == TRIAL_CHAIN else {}
    prev = head.hex() if head is not None else None
    where = Circumstances(chain, seq, prev, instant(now.at), now.today, signature, seen)
    sealed = seal(of_house(where, kind, payload, reasons=reasons, protocol=protocol), {})
    log.append(tx, sealed)
    log.move_head(tx, chain, seq - 1, sealed)
    return sealed
