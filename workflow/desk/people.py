"""Who takes part: giving people roles and ending them, each an entry of the people's own chain."""

from __future__ import annotations

from msgspec.structs import replace

from workflow.desk.append import append_to
from workflow.desk.request import Actor, Moment
from workflow.desk.roster import Roster, signed
from workflow.engine.decision import Outcome, Reason
from workflow.engine.facts.check import shown
from workflow.errors import AlreadyExists, UnknownPerson
from workflow.ledger.entry import PEOPLE_CHAIN, PERSON_ADDED, PERSON_DEACTIVATED, PersonChanged, Signature
from workflow.ledger.people import BY_LOGIN, Person, Roll, assurance_of, forbids
from workflow.protocol.words import ADMINISTRATOR
from workflow.report.reasons import shown as in_words
from workflow.report.views import PersonResult
from workflow.store import log, roster
from workflow.store.transaction import Transaction

ROLES = {"people": (ADMINISTRATOR,)}  # who may change who takes part


def open_chain(tx: Transaction, by: Actor, now: Moment) -> Signature:
    """The people's chain and the first person: ``by``, an administrator. Answers their signature."""
    by.check()
    signature = Signature(by.id, ADMINISTRATOR, assurance_of(by.assurance, by.via, frozenset()), by.via)
    login = by.via if by.assurance in BY_LOGIN else None
    log.add_head(tx, PEOPLE_CHAIN)
    _keep(tx, PERSON_ADDED, Person(by.id, ADMINISTRATOR, login, True), signature, now, (), roles=0)
    return signature


def add(tx: Transaction, people: Roster, who: Person, by: Actor, now: Moment, *, dry_run: bool) -> PersonResult:
    """Give a person a role, or bring one back in it."""
    roll = _locked(tx, people, dry_run=dry_run)
    theirs = roll.of(who.id)
    if any(one.active and one.role == who.role for one in theirs):
        raise AlreadyExists(
            f"there is a person {theirs[0].id} already, in the role of {who.role}",
            hint="for another login or other days: regimen people deactivate, and add them again",
        )
    who = replace(who, id=theirs[0].id) if theirs else who  # as first typed
    return _change(tx, PERSON_ADDED, roll, who, by, now, dry_run=dry_run, roles=len(theirs))


def deactivate(
    tx: Transaction, people: Roster, id: str, role: str | None, by: Actor, now: Moment, *, dry_run: bool
) -> PersonResult:
    """End a person's part in ``role``, or in every role that they have."""
    roll = _locked(tx, people, dry_run=dry_run)
    theirs = [one for one in roll.of(id) if one.active and role in (None, one.role)]
    if not theirs:
        where = f" in the role of {shown(role)}" if role is not None else ""
        raise UnknownPerson(f"there is no active person {shown(id)}{where}", hint="regimen people list shows who is")
    # Last the role that one may do this in, who ends their own; all of it is refused where that one is.
    theirs.sort(key=lambda one: one.role == ADMINISTRATOR)
    refused = [one for one in theirs if _forbidden(roll, PERSON_DEACTIVATED, one, by, now)[1]]
    first, *also = (
        _change(tx, PERSON_DEACTIVATED, roll, replace(one, active=False), by, now, dry_run=dry_run, roles=0)
        for one in (refused[-1:] or theirs)
    )
    return replace(first, also=tuple(also))


def _locked(tx: Transaction, people: Roster, *, dry_run: bool) -> Roll:
    """The people, behind the lock: two administrators who deactivate each other must not both find the other there."""
    if not dry_run:
        log.lock_head(tx, PEOPLE_CHAIN)
    return people.now(tx)


def _forbidden(roll: Roll, kind: str, who: Person, by: Actor, now: Moment) -> tuple[Signature, tuple[Reason, ...]]:
    signature = signed(by, roll, now, ["people"], ROLES)
    return signature, forbids(roll.people, kind, who, signature.role, now.today)


def _change(
    tx: Transaction, kind: str, roll: Roll, who: Person, by: Actor, now: Moment, *, dry_run: bool, roles: int
) -> PersonResult:
    signature, reasons = _forbidden(roll, kind, who, by, now)
    if not dry_run:
        _keep(tx, kind, who, signature, now, reasons, roles=roles)
    return PersonResult(who, Outcome.REFUSED if reasons else Outcome.ALLOWED, in_words(reasons, None))


def _keep(
    tx: Transaction,
    kind: str,
    who: Person,
    signature: Signature,
    now: Moment,
    reasons: tuple[Reason, ...],
    *,
    roles: int,
) -> None:
    """The entry, and the row unless it was refused."""
    said = PersonChanged(who.id, who.role, who.login, who.since, who.until)
    append_to(tx, PEOPLE_CHAIN, kind, signature, now, said, reasons=reasons)
    if not reasons:
        roster.put(tx, who, roles)
