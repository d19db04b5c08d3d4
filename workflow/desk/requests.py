"""The same request again.

What was carried out owns its request id: the same request under it answers the first result, another one is a
conflict. A refusal owns nothing. It is answered again as long as nothing that it rested on has moved - no entry since,
the same people, the same day, the same engine - and decided anew after that, so that a row whose cause of refusal is
gone can be sent again as it was.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from workflow.desk.charts import from_entries
from workflow.desk.damage import placed
from workflow.desk.protocols import Protocols
from workflow.desk.request import Actor, Moment, Request
from workflow.desk.results import result_again
from workflow.engine.answer import row_columns
from workflow.engine.decision import Outcome
from workflow.engine.facts.check import shown
from workflow.engine.numbers import ENGINE
from workflow.errors import NewerSoftwareNeeded, RequestIdReused
from workflow.ledger.entry import (
    ENROLMENT,
    PATIENT_PREFIX,
    PEOPLE_CHAIN,
    VOID,
    Body,
    Enrolled,
    NotUnderstood,
    Stored,
    Voided,
    chain_of,
    commitment,
    decode,
    payload,
)
from workflow.report.views import Result
from workflow.store import log
from workflow.store.transaction import Transaction


def carried_out(
    tx: Transaction, protocols: Protocols, patient: str, request: Request, by: Actor, now: Moment
) -> Result | None:
    """The first result of a request that was carried out before; a conflict when it asked for something else."""
    if request.id is None or (found := log.by_request(tx, request.id)) is None:
        return None
    body = _read(found)
    if not _same(found, body, patient, request, by):
        raise RequestIdReused(
            f"request id {shown(request.id)} was used for another request",
            hint=f"it is entry {body.seq} of {body.chain}",
        )
    first = _again(tx, protocols, found, body, patient, now)
    if body.kind == ENROLMENT:
        return replace(first, also=tuple(_again(tx, protocols, *there, now) for there in _instead_of(tx, body)))
    also: list[Result] = []
    while (following := log.one(tx, found.chain, body.seq + 1)) is not None:
        after = _read(following)
        if after.cause != body.seq and not _stands_instead(body):
            break
        also.append(_again(tx, protocols, following, after, patient, now))
        body = after
    return replace(first, also=tuple(also), state=also[-1].state) if also else first


def _stands_instead(body: Body) -> bool:
    """Whether the entry is a correction behind which stands what takes its place."""
    return body.kind == VOID and isinstance(said := payload(body), Voided) and said.instead is not None


def refused_before(
    tx: Transaction,
    protocols: Protocols,
    end: tuple[str, int],
    people_seq: int,
    patient: str,
    request: Request,
    by: Actor,
    now: Moment,
) -> Result | None:
    """The refusal of the same request, if it is the last entry of its chain and would be given again.

    ``end`` is the chain and its last entry: the patient's, or the trial's for an enrolment.
    """
    if request.id is None or (last := log.one(tx, *end)) is None:
        return None
    body = _read(last)
    seen = body.seen.get(PEOPLE_CHAIN)
    still = (
        body.outcome == Outcome.REFUSED
        and body.request is not None
        and body.request.id == request.id
        and (seen is not None and seen.seq == people_seq)
        and (body.today, body.engine) == (now.today, ENGINE)
        and _same(last, body, patient, request, by)
    )
    return _again(tx, protocols, last, body, patient, now) if still else None


def _read(found: Stored) -> Body:
    try:
        return decode(found.data)
    except NotUnderstood as unknown:
        said = f"{found.chain}, entry {found.seq}: newer software wrote it: {unknown}"
        raise NewerSoftwareNeeded(said, hint="use that software, or a newer one") from None
    except ValueError as error:
        raise placed(error, found.chain, found.seq) from None


def _instead_of(tx: Transaction, body: Body) -> Iterator[tuple[Stored, Body, str]]:
    """The entry by which an enrolment was taken back for the one that ``body`` is; and whose that was."""
    said = payload(body)
    if isinstance(said, Enrolled) and said.instead_of is not None:
        there = log.one(tx, chain_of(said.instead_of.patient), said.instead_of.seq)
        if there is not None:
            yield there, _read(there), said.instead_of.patient


def _again(tx: Transaction, protocols: Protocols, found: Stored, body: Body, patient: str, now: Moment) -> Result:
    definition = protocols.by_digest(body.protocol.digest) if body.reasons and body.protocol is not None else None
    return result_again(body, found.hash, patient, _state_after(tx, protocols, body), definition, now.zone)


def _state_after(tx: Transaction, protocols: Protocols, body: Body) -> str | None:
    """Where the patient stood after the entry, which of a fact is not where they had stood on its day."""
    if body.target is not None or not body.chain.startswith(PATIENT_PREFIX):
        return body.target
    return row_columns(protocols.by_digest, from_entries(tx, body.chain, up_to=body.seq)).state


def _same(found: Stored, body: Body, patient: str, request: Request, by: Actor) -> bool:
    """Whether the entry was asked for in the same words. A text that was withdrawn cannot say otherwise."""
    if body.request is None or body.request.sha256 != request.fingerprint(patient, by):
        return False
    kept = found.texts
    return set(request.texts) == set(body.texts) and all(
        name not in kept or commitment(kept[name][0], text) == body.texts[name] for name, text in request.texts.items()
    )
