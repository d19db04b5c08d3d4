"""From entries to charts: what an entry asked, as the engine was asked it, and what it changed.

The write path, the upgrade of a stale row and verification all fold by these functions; there is no second way.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import ValidationError

from workflow.engine import answer as engine
from workflow.engine.chart import Chart, opened
from workflow.engine.decision import (
    Elsewhere,
    Enrolment,
    Instead,
    Mode,
    Outcome,
    Proposal,
    Stated,
    Trigger,
    Void,
)
from workflow.engine.facts import BY_KIND, Fact, When
from workflow.ledger import entry as entries
from workflow.ledger.entry import (
    ENROLMENT,
    REMARKS,
    TRANSITION,
    VOID,
    Body,
    Enrolled,
    Voided,
    payload,
)


def proposal_of(body: Body) -> Proposal:
    """What an entry of a patient's chain asked. Raises ``ValueError`` where it asks nothing of the kind."""
    return Proposal(
        _what(body),
        body.on,
        body.today,
        body.actor.role,
        body.seq,
        Mode(body.mode) if body.mode is not None else Mode.ASK,
        Stated(body.stated) if body.stated is not None else None,
        body.cause,
    )


def _told(kind: str, entry: int, said: Body | entries.Instead) -> Trigger | Fact:
    """The step or the fact that entry ``entry`` says."""
    if kind == TRANSITION:
        if said.trigger is None:
            raise ValueError("a transition without a trigger")
        return Trigger(said.trigger, said.code)
    if kind not in BY_KIND:
        raise ValueError(f"{kind} is no fact")
    try:
        return BY_KIND[kind].read(When(entry, said.on, said.time), said.data)
    except ValidationError as error:
        raise ValueError(str(error)) from None


def _what(body: Body) -> Trigger | Fact | Void | Enrolment:
    if body.kind == TRANSITION or body.kind in BY_KIND:
        return _told(body.kind, body.seq, body)
    found = payload(body)
    if body.kind == VOID and isinstance(found, Voided):
        return Void(found.seq, found.hash, _instead(found.instead, body.seq + 1), found.anew)
    if body.kind == ENROLMENT and isinstance(found, Enrolled) and body.protocol is not None:
        said = found.instead_of
        elsewhere = Elsewhere(said.patient, said.seq, said.hash) if said is not None else None
        return Enrolment(found.patient, found.arm, body.protocol.digest, elsewhere)
    raise ValueError(f"{body.kind} has no place in a patient's chain")


def _instead(said: entries.Instead | None, entry: int) -> Instead | None:
    if said is None:
        return None
    return Instead(_told(said.kind, entry, said), said.on)


def folded(chart: Chart | None, body: Body, proposal: Proposal) -> Chart | None:
    """The chart after the entry, by what the entry itself says came of it."""
    if body.outcome == Outcome.REFUSED:
        return chart
    if isinstance(proposal.what, Enrolment):
        if chart is not None:
            raise ValueError("the patient is enrolled already")
        return opened(proposal.what.arm, body.on, proposal.what.digest)
    if chart is None:
        raise ValueError("there is no enrolment before it")
    if isinstance(proposal.what, Trigger) and body.target is None:
        raise ValueError("an allowed step leads nowhere")
    return engine.fold(chart, proposal, body.target)


def fold(bodies: Iterable[Body]) -> Chart:
    """The chart that the entries of one patient's chain add up to."""
    chart: Chart | None = None
    for body in bodies:
        if body.kind not in REMARKS:
            chart = folded(chart, body, proposal_of(body))
    if chart is None:
        raise ValueError("there is no enrolment")
    return chart
