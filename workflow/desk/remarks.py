"""What is said of a patient's entries, put into words of the log: which are meant, and whether it can be said."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from workflow.desk.damage import placed
from workflow.desk.request import Actor, Moment, Remarking
from workflow.desk.roster import signed
from workflow.engine.course import Definition
from workflow.engine.decision import Decision, Outcome
from workflow.errors import Conflict, InvalidInput, NewerSoftwareNeeded, UnknownEntry
from workflow.ledger.compose import Circumstances, of_house
from workflow.ledger.entry import (
    ACKNOWLEDGED,
    REDACTED,
    REVIEWED,
    Acknowledged,
    Body,
    NotUnderstood,
    Query,
    Redacted,
    Reviewed,
    Seal,
    Signature,
    decode,
    hash_of,
    named,
)
from workflow.ledger.people import Roll
from workflow.ledger.remarks import Remark, Remarks, action_of, forbids, roles_for
from workflow.store import log
from workflow.store.log import PatientRow
from workflow.store.transaction import Transaction


def said(tx: Transaction, row: PatientRow, what: Remarking, texts: Sequence[str]) -> Remark:
    """The remark, of the entries as they are. Raises ``UnknownEntry``, or ``InvalidInput`` where it cannot be said."""
    told, hashes = Remarks(), []
    for seq, data in enumerate(log.bodies(tx, row.chain), 1):
        try:
            told.add(decode(data))
        except NotUnderstood:
            hint = "use the software that wrote to it last, or newer; this one can read"
            raise NewerSoftwareNeeded(hint=hint) from None
        except ValueError as error:
            raise placed(error, row.chain, seq) from None
        hashes.append(hash_of(data).hex())
    for seq in what.entries:
        if not 0 < seq <= len(hashes):
            raise UnknownEntry(f"{row.id} has no entry {seq}", hint=f"regimen audit log --patient {row.id} lists them")
        if what.hash is not None and what.hash != hashes[seq - 1]:
            raise Conflict(f"entry {seq} of {row.id} is not the one that was seen", hint="look again and repeat")
    if what.kind == REDACTED:
        what = replace(what, word=_text_of(tx, row, what.entries[0], what.word))
    remark = _remark(what, tuple(Seal(seq, hashes[seq - 1]) for seq in sorted(set(what.entries))))
    wrong = told.wrong_with(remark, texts)
    if wrong is not None:
        raise InvalidInput(f"{row.id}: {wrong}")
    return remark


def _text_of(tx: Transaction, row: PatientRow, entry: int, field: str) -> str:
    """The text that is meant. Raises ``InvalidInput`` where there is none, or which one is not said."""
    found = log.one(tx, row.chain, entry)
    assert found is not None
    committed = tuple(decode(found.data).texts)
    if not committed or field not in ("", *committed):
        raise InvalidInput(f"entry {entry} of {row.id} has no {field or 'text'}")
    if not field and len(committed) > 1:
        raise InvalidInput(
            f"entry {entry} of {row.id} has several texts", hint=f"--field with one of: {', '.join(committed)}"
        )
    named = field or committed[0]
    if named not in found.texts:
        raise InvalidInput(f"the {named} of entry {entry} of {row.id} is gone already")
    return named


def _remark(what: Remarking, named: tuple[Seal, ...]) -> Remark:
    if what.kind == ACKNOWLEDGED:
        return Acknowledged(named, what.word)
    (one,) = named
    if what.kind == REDACTED:
        return Redacted(one.seq, one.hash, what.word)
    return (Reviewed if what.kind == REVIEWED else Query)(one.seq, one.hash, what.word)


def signed_for(said: Remark, by: Actor, roll: Roll, now: Moment, definition: Definition) -> Signature:
    action = action_of(said)
    return signed(by, roll, now, [action], {action: roles_for(said, definition)})


def decided(where: Circumstances, kind: str, said: Remark, definition: Definition) -> tuple[Body, Decision]:
    """The entry: said, or refused to whoever may not say it."""
    reasons = forbids(said, where.actor.role, definition)
    decision = Decision(Outcome.REFUSED if reasons else Outcome.ALLOWED, None, None, reasons)
    return of_house(where, kind, said, reasons=reasons, protocol=named(definition)), decision
