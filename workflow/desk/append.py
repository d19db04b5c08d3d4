"""Entries of the chains that are no patient's: the trial's and the people's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TypeVar

from msgspec import Struct

from workflow.desk.request import Moment
from workflow.engine.decision import Reason
from workflow.errors import DamagedRow, NewerSoftwareNeeded
from workflow.ledger.compose import Circumstances, of_house
from workflow.ledger.entry import (
    PEOPLE_CHAIN,
    SALT,
    TRIAL_CHAIN,
    Body,
    NotUnderstood,
    ProtocolRef,
    Sealed,
    Seen,
    Signature,
    Texts,
    commitments,
    decode,
    payload,
    seal,
)
from workflow.store import log, roster
from workflow.store.transaction import Transaction

P = TypeVar("P", bound=Struct)


def seen_of(seq: int, head: bytes) -> Seen:
    return Seen(seq, bytes(head).hex())


def salted(texts: Mapping[str, str]) -> Texts:
    """Texts with a salt each, without which their commitments would let them be guessed."""
    return {name: (os.urandom(SALT), text) for name, text in texts.items()}


def append_to(
    tx: Transaction,
    chain: str,
    kind: str,
    signature: Signature,
    now: Moment,
    said: Struct | None = None,
    *,
    reasons: tuple[Reason, ...] = (),
    protocol: ProtocolRef | None = None,
    texts: Mapping[str, str] = {},
) -> Sealed:
    """Append an entry of ``kind`` to ``chain``: refused with ``reasons``, or carried out."""
    seq, head = log.next_place(tx, chain)
    now.require_not_behind(log.last_of_house(tx))
    seen = {PEOPLE_CHAIN: seen_of(*roster.head(tx))} if chain == TRIAL_CHAIN else {}
    prev = head.hex() if head is not None else None
    kept = salted(texts)
    where = Circumstances(chain, seq, prev, now.at, now.today, signature, seen, commitments(kept))
    sealed = seal(of_house(where, kind, said, reasons=reasons, protocol=protocol), kept)
    log.append(tx, sealed)
    log.move_head(tx, chain, seq - 1, sealed)
    return sealed


def told(tx: Transaction, kind: str, form: type[P]) -> Iterator[P]:
    """What the trial's entries of a kind say, the newest first. Raises as ``told_with`` does."""
    return (said for _, said in told_with(tx, kind, form))


def told_with(tx: Transaction, kind: str, form: type[P]) -> Iterator[tuple[Body, P]]:
    """The same, each with the entry that says it.

    Raises ``NewerSoftwareNeeded`` for one that this software does not understand, ``DamagedRow`` for one that is none.
    """
    for seq, data in log.of_kind(tx, TRIAL_CHAIN, kind):
        try:
            body = decode(data)
            said = payload(body)
        except NotUnderstood:
            raise NewerSoftwareNeeded(
                hint="use the software that wrote to it last, or newer; this one can read"
            ) from None
        except ValueError:
            said = None
        if not isinstance(said, form):
            raise DamagedRow("it is not what was written", chain=TRIAL_CHAIN, seq=seq)
        yield body, said
