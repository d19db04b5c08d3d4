"""Who acts, in which role: looked up in the people as they were at the moment of the command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from workflow.desk.request import Actor, Moment
from workflow.engine.facts.check import shown
from workflow.errors import LostRace, NewerSoftwareNeeded, UnknownPerson
from workflow.ledger.entry import PEOPLE_CHAIN, NotUnderstood, Signature
from workflow.ledger.people import Person, Roll, assurance_of, may_act_as, rolled
from workflow.store import log, roster
from workflow.store.transaction import Transaction

Roles = Mapping[str, tuple[str, ...]]  # action to the roles that may ask for it


class Roster:
    """The people, kept until their chain has moved on: its last entry is read with every patient's row."""

    def __init__(self) -> None:
        self._kept: Roll | None = None

    def at(self, tx: Transaction, seq: int, head: bytes) -> Roll:
        """The people at this entry of their chain, or at a later one: the write that follows tells the two apart."""
        kept = self._kept
        if kept is None or (kept.seq, kept.head) != (seq, bytes(head)):
            kept = roster.roll(tx)
            if kept.damaged:  # nobody can say who may act
                raise kept.damaged[0]
            log.require_end(tx, PEOPLE_CHAIN, (kept.seq, kept.head))
            self._kept = kept
        return kept

    def now(self, tx: Transaction) -> Roll:
        return self.at(tx, *roster.head(tx))


def known_by(tx: Transaction, end: datetime) -> Roll:
    """The people by what was recorded before ``end``."""
    rows = log.first_rows(tx, PEOPLE_CHAIN, end)
    try:
        return rolled(log.bodies_of(rows, PEOPLE_CHAIN))
    except NotUnderstood as unknown:
        raise NewerSoftwareNeeded(
            f"{PEOPLE_CHAIN} has entries that newer software wrote: {unknown}", hint="use that software, or a newer one"
        ) from None


def require_still(tx: Transaction, roll: Roll) -> None:
    """Raise where who takes part has moved on since it was read; of a patient's row the update itself does that."""
    if roster.head(tx)[0] != roll.seq:
        raise LostRace(hint="look again and repeat")


def signed(by: Actor, roll: Roll, now: Moment, actions: Sequence[str], roles: Roles) -> Signature:
    """The actor in the role they act in: of those that are theirs today, the first that may do all of ``actions``.

    Where none may, the first that may do the first of them, else the first: the refusal is kept under it. Whether their
    login is shared is said by the people, whatever ``by`` says. Raises ``UnknownPerson`` for whoever has no role.
    """
    one = _best(acting(by, roll, now), actions, roles)
    return Signature(one.id, one.role, assurance_of(by.assurance, by.via, roll.shared), by.via)


def _best(acting: Sequence[Person], actions: Sequence[str], roles: Roles) -> Person:
    for wanted in (actions, actions[:1]):
        for one in acting:
            if all(one.role in roles.get(action, ()) for action in wanted):
                return one
    return acting[0]


def acting(by: Actor, roll: Roll, now: Moment) -> Sequence[Person]:
    """The actor in the roles that are theirs today, or in the one that they named. Raises ``UnknownPerson``."""
    by.check()
    theirs = roll.of(by.id)
    if not theirs:
        raise UnknownPerson(f"there is no person {shown(by.id)}", hint="regimen people list shows who there is")
    if not may_act_as(theirs, by.assurance, by.via):
        raise UnknownPerson(
            f"the login {shown(str(by.via))} does not act as {theirs[0].id}",
            hint="regimen people list shows whose it is",
        )
    found = [one for one in theirs if one.acts_on(now.today)]
    if not found:
        if not any(one.active for one in theirs):
            raise UnknownPerson(f"{theirs[0].id} is no longer active", hint="regimen people list shows who is")
        raise UnknownPerson(
            f"no role is {theirs[0].id}'s on {now.said}", hint="regimen people list shows from when to when they are"
        )
    if by.role is not None:
        found = [one for one in found if one.role == by.role]
        if not found:
            had = ", ".join(one.role for one in theirs if one.active)
            raise UnknownPerson(f"{theirs[0].id} is no {shown(by.role)} today", hint=f"they are: {had}")
    return found
