"""Entries of the chains that are no patient's: the trial's and the people's."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from workflow import canonical
from workflow.desk.request import Moment
from workflow.ledger.entry import PEOPLE_CHAIN, TRIAL_CHAIN, Body, Place, Sealed, Seen, Signature, blank, content, seal
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
    **fields: Any,
) -> Sealed:
    """Append an entry of ``kind`` to ``chain``; ``fields`` are those of the body beside what every body has."""
    place = Place(chain, *log.next_place(tx, chain))
    if chain == TRIAL_CHAIN and "seen" not in fields:
        fields["seen"] = {PEOPLE_CHAIN: seen_of(*roster.head(tx))}
    if payload is not None:
        fields["data"] = content(canonical.encode(payload))
    begin: dict[str, Any] = blank(kind, place, signature, now.at, now.today)
    sealed = seal(Body(**{"outcome": "allowed", "on": now.today, **begin, **fields}), {})
    log.append(tx, sealed)
    log.move_head(tx, chain, place.seq - 1, sealed)
    return sealed
