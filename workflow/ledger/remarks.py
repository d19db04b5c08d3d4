"""What is said of entries: a deviation acknowledged, a history reviewed, a query asked, a text removed. Pure.

A remark stands in the patient's chain as every entry does, and changes nothing for the patient: no chart holds it, and
no decision goes by it. It names what it is about by number and hash, for a person vouches for having seen that.
"""

from __future__ import annotations

from collections.abc import Sequence

from workflow.engine.course import Definition
from workflow.engine.decision import Args, Outcome, Reason, Strength
from workflow.ledger.entry import (
    QUERY,
    REMARKS,
    REVIEWED,
    VOID,
    Acknowledged,
    Body,
    Query,
    Redacted,
    Reviewed,
    Voided,
    payload,
)
from workflow.protocol.words import ADMINISTRATOR, AUDITOR

Remark = Acknowledged | Reviewed | Query | Redacted

ASSESSMENTS = ("none", "minor", "major")  # what a deviation means for the patient's safety or for the data
OUTCOMES = ("in_order", "minor", "major", "critical")  # of a review
ASKED, ANSWERED, CLOSED = STEPS = ("asked", "answered", "closed")


def action_of(said: Remark) -> str:
    """The action that a role needs for it."""
    if isinstance(said, Query):
        return "answer" if said.step == ANSWERED else QUERY
    match said:
        case Acknowledged():
            return "acknowledge"
        case Redacted():
            return "redact"
    return "review"


def roles_for(said: Remark, definition: Definition) -> tuple[str, ...]:
    """Who may say it.

    Deviations are acknowledged by whom the protocol lets ``acknowledge``; where it says nothing of that, by whoever may
    override. Reviews and queries are an auditor's, answers are for whoever may act on the patient, and texts are
    removed by an administrator.
    """
    action, roles = action_of(said), definition.roles
    if action == "acknowledge":
        return roles.get("acknowledge") or roles.get("override", ())
    if action == "answer":
        return tuple(dict.fromkeys(role for permitted in roles.values() for role in permitted))
    return (ADMINISTRATOR,) if isinstance(said, Redacted) else (AUDITOR,)


def forbids(said: Remark, role: str, definition: Definition) -> tuple[Reason, ...]:
    """Why nobody in this role may say it."""
    roles = roles_for(said, definition)
    if role in roles:
        return ()
    args: Args = {"role": role, "action": action_of(said), "roles": list(roles)}
    return (Reason("role.not_permitted", args, Strength.NEVER),)


class Remarks:
    """What the entries of a chain up to here leave to be said: told entry by entry."""

    def __init__(self) -> None:
        self._deviated: set[int] = set()  # that stand
        self._queries: dict[int, bool] = {}  # by the entry that asks: whether it is open
        self.reviewed = 0  # up to which entry

    def add(self, body: Body) -> None:
        """The next entry that was carried out."""
        if body.outcome == Outcome.REFUSED:
            return
        if body.outcome == Outcome.DEVIATED:
            self._deviated.add(body.seq)
        if body.kind == VOID:
            said = payload(body)
            assert isinstance(said, Voided)
            self._deviated.discard(said.seq)
        elif body.kind in REMARKS:
            self._add(body.seq, payload(body))

    def _add(self, seq: int, said: object) -> None:
        if isinstance(said, Reviewed):
            self.reviewed = said.seq
        elif isinstance(said, Query):
            self._queries[seq if said.step == ASKED else said.seq] = said.step != CLOSED

    def wrong_with(self, said: Remark, texts: Sequence[str]) -> str | None:
        """Why this cannot be said now, whoever says it; ``texts`` are the names of the words that come with it."""
        match said:
            case Acknowledged():
                return self._cannot_acknowledge(said)
            case Reviewed():
                return self._cannot_sign_off(said, texts)
            case Redacted():
                return None if "reason" in texts else "no text is removed without a reason"
        return self._cannot_query(said, texts)

    def _cannot_acknowledge(self, said: Acknowledged) -> str | None:
        if said.assessment not in ASSESSMENTS:
            return f"there is no assessment {said.assessment!r}"
        numbers = [one.seq for one in said.entries]
        if not numbers or sorted(set(numbers)) != numbers:
            return "deviations are acknowledged in their order, each once"
        other = next((seq for seq in numbers if seq not in self._deviated), None)
        return f"entry {other} is no deviation that stands" if other is not None else None

    def _cannot_sign_off(self, said: Reviewed, texts: Sequence[str]) -> str | None:
        if said.outcome not in OUTCOMES:
            return f"a review has no outcome {said.outcome!r}"
        if said.seq <= self.reviewed:
            return f"it was signed off up to entry {self.reviewed} before"
        return "a review that found something says what: a note" if said.outcome != "in_order" and not texts else None

    def _cannot_query(self, said: Query, texts: Sequence[str]) -> str | None:
        if said.step not in STEPS:
            return f"a query is not {said.step!r}"
        if "note" not in texts and said.step != CLOSED:
            return f"a query is {said.step} in words: a note"
        if said.step == ASKED:
            return None
        if said.seq not in self._queries:
            return f"entry {said.seq} asks nothing"
        return None if self._queries[said.seq] else f"the query of entry {said.seq} is closed"


def named_by(said: Remark) -> tuple[tuple[int, str], ...]:
    """The entries that it names, each with the hash under which it was seen."""
    entries = said.entries if isinstance(said, Acknowledged) else (said,)
    return tuple((one.seq, one.hash) for one in entries)


def signed_off(bodies: Sequence[Body]) -> int:
    """The entry up to which a chain was signed off as reviewed; 0 is none."""
    for body in reversed(bodies):
        if body.kind == REVIEWED and body.outcome != Outcome.REFUSED:
            said = payload(body)
            assert isinstance(said, Reviewed)
            return said.seq
    return 0
