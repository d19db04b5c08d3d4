"""Who takes part: giving people roles and ending them, each an entry of the people's own chain."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from workflow.desk.append import append_to
from workflow.desk.request import Actor, Moment
from workflow.desk.roster import Roster, signed
from workflow.engine.decision import Args, Outcome, Reason, Strength
from workflow.engine.facts.check import shown
from workflow.errors import AlreadyExists, UnknownPerson
from workflow.ledger.entry import PEOPLE_CHAIN, PERSON_ADDED, PERSON_DEACTIVATED, PersonChanged, Signature
from workflow.protocol.words import ADMINISTRATOR, AUDITOR
from workflow.report.reasons import shown as in_words
from workflow.report.views import PersonResult
from workflow.store import log, roster
from workflow.store.roster import Person, Roll
from workflow.store.transaction import Transaction

ROLES = {"people": (ADMINISTRATOR,)}  # who may change who takes part


def open_chain(tx: Transaction, by: Actor, now: Moment) -> Signature:
    """The people's chain and the first person: ``by``, an administrator. Answers their signature."""
    by.check()
    signature = Signature(by.id, ADMINISTRATOR, by.assurance, by.via)
    log.add_head(tx, PEOPLE_CHAIN)
    _keep(tx, PERSON_ADDED, Person(by.id, ADMINISTRATOR, by.via, True), signature, now, (), roles=0)
    return signature


def add(tx: Transaction, people: Roster, who: Person, by: Actor, now: Moment, *, dry_run: bool) -> PersonResult:
    """Give a person a role, or bring one back in it."""
    roll = _locked(tx, people, dry_run=dry_run)
    theirs = roll.of(who.id)
    if any(one.active and one.role == who.role for one in theirs):
        raise AlreadyExists(f"there is a person {theirs[0].id} already, in the role of {who.role}")
    who = replace(who, id=theirs[0].id) if theirs else who  # as first typed
    reasons = list(_alone(who, [one.role for one in theirs if one.active]))
    return _change(tx, PERSON_ADDED, roll, who, by, now, reasons, dry_run=dry_run, roles=len(theirs))


def _alone(who: Person, others: Sequence[str]) -> Sequence[Reason]:
    """An auditor does nothing else: they would review their own work."""
    if others and (who.role == AUDITOR or AUDITOR in others):
        args: Args = {"id": who.id, "role": who.role, "others": list(others)}
        return (Reason("people.auditor_alone", args, Strength.NEVER),)
    return ()


def deactivate(
    tx: Transaction, people: Roster, id: str, role: str | None, by: Actor, now: Moment, *, dry_run: bool
) -> PersonResult:
    """End a person's part in ``role``, or in every role that they have."""
    roll = _locked(tx, people, dry_run=dry_run)
    theirs = [one for one in roll.of(id) if one.active and role in (None, one.role)]
    if not theirs:
        where = f" in the role of {shown(role)}" if role is not None else ""
        raise UnknownPerson(f"there is no active person {shown(id)}{where}", hint="regimen people list shows who is")
    others = [
        one
        for person in roll.people.values()
        for one in person
        if one.role == ADMINISTRATOR and one.until is None and one.acts_on(now.today) and one.id != theirs[0].id
    ]
    last = not others and any(one.role == ADMINISTRATOR for one in theirs)
    reasons = [Reason("people.last_administrator", {"id": theirs[0].id}, Strength.NEVER)] if last else []
    first, *also = (
        _change(tx, PERSON_DEACTIVATED, roll, replace(one, active=False), by, now, reasons, dry_run=dry_run, roles=0)
        for one in (theirs[:1] if reasons else theirs)
    )
    return replace(first, also=tuple(also))


def _locked(tx: Transaction, people: Roster, *, dry_run: bool) -> Roll:
    """The people, behind the lock: two administrators who deactivate each other must not both find the other there."""
    if not dry_run:
        log.lock_head(tx, PEOPLE_CHAIN)
    return people.now(tx)


def _change(
    tx: Transaction,
    kind: str,
    roll: Roll,
    who: Person,
    by: Actor,
    now: Moment,
    reasons: Sequence[Reason],
    *,
    dry_run: bool,
    roles: int,
) -> PersonResult:
    signature = signed(by, roll, now.today, ["people"], ROLES)
    if signature.role != ADMINISTRATOR:
        args: Args = {"role": signature.role, "action": "people", "roles": [ADMINISTRATOR]}
        reasons = (Reason("role.not_permitted", args, Strength.NEVER), *reasons)
    if not dry_run:
        _keep(tx, kind, who, signature, now, tuple(reasons), roles=roles)
    return PersonResult(who, _outcome(reasons), in_words(reasons, None))


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
    outcome = _outcome(reasons).value
    append_to(tx, PEOPLE_CHAIN, kind, signature, now, said, outcome=outcome, reasons=reasons)
    if not reasons:
        roster.put(tx, who, roles)


def _outcome(reasons: Sequence[Reason]) -> Outcome:
    return Outcome.REFUSED if reasons else Outcome.ALLOWED
