"""What an entry says of a question and its answer: every member of its body, in one place.

The desk writes by it, and verification composes each entry once more: what no question and no answer accounts for was
written by no software of ours.
"""

from __future__ import annotations

from datetime import date

from msgspec import Raw, Struct

from workflow import canonical
from workflow.engine.course import Definition
from workflow.engine.decision import (
    Decision,
    Enrolment,
    Mode,
    Outcome,
    Proposal,
    Reason,
    Stated,
    Trigger,
    Void,
)
from workflow.engine.decision import Instead as Proposed
from workflow.engine.facts import Fact
from workflow.engine.numbers import ENGINE
from workflow.ledger.entry import (
    ENROLMENT,
    FORMAT,
    KINDS,
    NOTHING,
    TRANSITION,
    VOID,
    Body,
    Elsewhere,
    Enrolled,
    Instead,
    ProtocolRef,
    RequestRef,
    Seen,
    Signature,
    Voided,
    content,
    named,
)
from workflow.version import VERSION

NO_TEXTS: dict[str, str] = {}


class Circumstances(Struct, frozen=True):
    """Where an entry stands, and all that is no part of the question: who asked, when, what was read beside it.

    ``prev`` is the hash of the entry before, ``texts`` are the commitments to the free texts. The numbers are those of
    the software that writes.
    """

    chain: str
    seq: int
    prev: str | None
    at: str
    today: date
    actor: Signature
    seen: dict[str, Seen]
    texts: dict[str, str] = NO_TEXTS
    request: RequestRef | None = None
    time: str | None = None
    engine: str = ENGINE
    software: str = VERSION
    form: tuple[int, int] | None = None  # of the envelope and of the kind; None: those that are written today


def of_patient(where: Circumstances, proposal: Proposal, decision: Decision, definition: Definition) -> Body:
    """The entry of a question about a patient, answered by ``definition``."""
    what = proposal.what
    kind = kind_of(what)
    v, kv = where.form or (FORMAT, KINDS[kind])
    trigger, code = what if isinstance(what, Trigger) else (None, None)
    return Body(
        v=v,
        kv=kv,
        kind=kind,
        chain=where.chain,
        seq=where.seq,
        prev=where.prev,
        at=where.at,
        on=proposal.on,
        time=where.time,
        today=where.today,
        actor=where.actor,
        engine=where.engine,
        software=where.software,
        outcome=decision.outcome,
        mode=proposal.mode if proposal.mode is not Mode.ASK else None,
        stated=proposal.stated,
        trigger=trigger,
        code=code,
        source=decision.source,
        target=decision.target,
        data=data_of(what),
        reasons=decision.reasons,
        deviations=decision.deviations,
        delay=decision.delay,
        cause=proposal.cause,
        protocol=named(definition),
        request=where.request,
        seen=where.seen,
        texts=where.texts,
    )


def of_house(
    where: Circumstances,
    kind: str,
    payload: Struct | None = None,
    *,
    reasons: tuple[Reason, ...] = (),
    protocol: ProtocolRef | None = None,
) -> Body:
    """An entry that is no question to the engine: what was changed or said, or refused with ``reasons``, today."""
    v, kv = where.form or (FORMAT, KINDS[kind])
    return Body(
        v=v,
        kv=kv,
        kind=kind,
        chain=where.chain,
        seq=where.seq,
        prev=where.prev,
        at=where.at,
        on=where.today,
        today=where.today,
        actor=where.actor,
        engine=where.engine,
        software=where.software,
        outcome=Outcome.REFUSED if reasons else Outcome.ALLOWED,
        stated=Stated.GIVEN if "reason" in where.texts else None,
        data=content(canonical.encode(payload)) if payload is not None else NOTHING,
        reasons=reasons,
        request=where.request,
        protocol=protocol,
        seen=where.seen,
        texts=where.texts,
    )


def kind_of(what: Trigger | Fact | Void | Enrolment) -> str:
    match what:
        case Trigger():
            return TRANSITION
        case Void():
            return VOID
        case Enrolment():
            return ENROLMENT
    return what.KIND


def _instead(found: Proposed | None) -> Instead | None:
    if found is None:
        return None
    what = found.what
    if isinstance(what, Trigger):
        return Instead(TRANSITION, found.on, trigger=what.name, code=what.code)
    return Instead(what.KIND, found.on, what.time, data=data_of(what))


def data_of(what: Trigger | Fact | Void | Enrolment) -> Raw:
    match what:
        case Trigger():
            return NOTHING
        case Void():
            return content(canonical.encode(Voided(what.seq, what.hash, _instead(what.instead), what.anew)))
        case Enrolment():
            elsewhere = Elsewhere(*what.instead_of) if what.instead_of is not None else None
            return content(canonical.encode(Enrolled(what.patient, what.arm, elsewhere)))
    return content(what.payload())
