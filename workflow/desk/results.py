"""What came of a command, from the entry that keeps it."""

from __future__ import annotations

from datetime import datetime

from workflow.desk.request import Moment
from workflow.engine.course import Definition
from workflow.engine.decision import Decision, Enrolment, Outcome, Proposal
from workflow.engine.guards.always import action_of
from workflow.ledger.entry import Body, Sealed, Signature, action_in
from workflow.report.reasons import shown
from workflow.report.views import Result


def result_of(
    sealed: Sealed, patient: str, state: str | None, decision: Decision, definition: Definition, zone: str | None
) -> Result:
    """``state`` is the patient's after it, ``zone`` the trial's."""
    body = sealed.body
    return Result(
        patient,
        action_in(body),
        decision.outcome,
        body.on,
        body.source,
        state,
        shown(decision.reasons, definition, zone),
        body.delay,
        body.seq,
        sealed.hash.hex(),
        datetime.fromisoformat(body.at),
        body.actor.role,
        body.deviations,
        today=body.today,
        zone=zone,
    )


def refused_enrolment(
    patient: str, decision: Decision, definition: Definition, proposal: Proposal, now: Moment, signature: Signature
) -> Result:
    """Of a dry run, which keeps no entry."""
    assert isinstance(proposal.what, Enrolment)
    return Result(
        patient,
        action_of(proposal.what),
        Outcome.REFUSED,
        proposal.on,
        None,
        None,
        shown(decision.reasons, definition, now.zone),
        0,
        None,
        None,
        datetime.fromisoformat(now.at),
        signature.role,
        today=now.today,
        zone=now.zone,
    )


def result_again(
    body: Body, digest: bytes, patient: str, state: str | None, definition: Definition | None, zone: str | None
) -> Result:
    """The first result of a request, read from its entry; ``state`` is the patient's after it."""
    return Result(
        patient,
        action_in(body),
        Outcome(body.outcome),
        body.on,
        body.source,
        state,
        shown(body.reasons, definition, zone),
        body.delay,
        body.seq,
        digest.hex(),
        datetime.fromisoformat(body.at),
        body.actor.role,
        body.deviations,
        repeated=True,
        today=body.today,
        zone=zone,
    )
