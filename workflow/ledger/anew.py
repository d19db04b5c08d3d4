"""A wrong enrolment, taken back in one patient's chain, and the one that stands instead in another's: each names both.

Neither chain can be judged for it alone. Each says what it claims, and once both were read the claims are held to both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from workflow.engine.decision import Outcome
from workflow.ledger import entry as entries
from workflow.ledger.entry import Body, Enrolled, NotUnderstood, Voided, chain_of, payload
from workflow.ledger.report import Report

Read = Callable[[str, int], tuple[object, object] | None]  # the bytes and the hash of an entry, by chain and number


class Anew(NamedTuple):
    """Entry ``seq`` of chain ``before``, of this ``hash``, took its enrolment back for that of chain ``after``."""

    before: str
    seq: int
    hash: str
    after: str


def claimed(body: Body, digest: bytes) -> tuple[Anew, ...]:
    """What an entry of this hash says of another chain, if anything. Raises ``ValueError`` where it has no form."""
    if body.outcome == Outcome.REFUSED:
        return ()
    said = payload(body)
    if isinstance(said, Voided) and said.anew is not None:
        return (Anew(body.chain, body.seq, digest.hex(), chain_of(said.anew)),)
    if isinstance(said, Enrolled) and said.instead_of is not None:
        there = said.instead_of
        return (Anew(chain_of(there.patient), there.seq, there.hash, body.chain),)
    return ()


def compare(claims: Iterable[Anew], read: Read, report: Report) -> None:
    """Hold every claim to both entries that it is about."""
    for claim in sorted(set(claims)):
        if not _says(claim, read(claim.before, claim.seq)):
            report.find(claim.after, 1, "replay", f"it is enrolled instead of {claim.before}, which does not say so")
        if not _says(claim, read(claim.after, 1)):
            report.find(
                claim.before, claim.seq, "replay", f"it is enrolled anew as {claim.after}, which does not say so"
            )


def _says(claim: Anew, there: tuple[object, object] | None) -> bool:
    if there is None or not (isinstance(there[0], bytes) and isinstance(there[1], bytes)):
        return False
    try:
        return claim in claimed(entries.decode(there[0]), there[1])
    except NotUnderstood:
        return True  # which is counted where it is read
    except ValueError:
        return False
