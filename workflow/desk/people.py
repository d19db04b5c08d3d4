"""Who takes part: adding people and ending their part, each an entry of the people's own chain."""

from __future__ import annotations

from workflow.desk.write import Actor, Moment, append_to, blank, signature_of
from workflow.engine.decision import Outcome, Reason
from workflow.engine.facts import shown
from workflow.errors import AlreadyExists, UnknownPerson
from workflow.ledger.entry import PEOPLE_CHAIN, PERSON_ADDED, PERSON_DEACTIVATED, Signature, reasons_as_data
from workflow.protocol.model import Role
from workflow.report.views import PersonResult
from workflow.store import log
from workflow.store import roster as table
from workflow.store.roster import Person
from workflow.store.transaction import Transaction


def open_chain(tx: Transaction, by: Actor, now: Moment) -> Signature:
    """The people's chain and the first person: ``by``, an administrator. Answers their signature."""
    signature = Signature(by.id, Role.ADMINISTRATOR.value, by.assurance, by.via)
    log.add_head(tx, PEOPLE_CHAIN)
    _keep(tx, PERSON_ADDED, Person(by.id, signature.role, by.via, True), signature, now, ())
    return signature


def add(tx: Transaction, who: Person, by: Actor, now: Moment, *, dry_run: bool) -> PersonResult:
    _lock(tx, dry_run=dry_run)
    known = table.one(tx, who.id)
    if known is not None and known.active:
        raise AlreadyExists(f"there is a person {who.id} already, in the role of {known.role}")
    return _change(tx, PERSON_ADDED, who, by, now, (), dry_run=dry_run)


def deactivate(tx: Transaction, id: str, by: Actor, now: Moment, *, dry_run: bool) -> PersonResult:
    _lock(tx, dry_run=dry_run)
    known = table.one(tx, id)
    if known is None or not known.active:
        raise UnknownPerson(f"there is no active person {shown(id)}", hint="regimen people list shows who there is")
    reasons: tuple[Reason, ...] = ()
    others = (p for p in table.listed(tx) if p.active and p.role == Role.ADMINISTRATOR and p.id != id)
    if known.role == Role.ADMINISTRATOR and next(others, None) is None:
        said = f"{id} is the last administrator"
        reasons = (Reason("people.last_administrator", said, "add another administrator first", hard=True),)
    gone = Person(id, known.role, known.login, False)
    return _change(tx, PERSON_DEACTIVATED, gone, by, now, reasons, dry_run=dry_run)


def _lock(tx: Transaction, *, dry_run: bool) -> None:
    """Before looking: two administrators who deactivate each other at once must not both find the other there."""
    if not dry_run:
        log.lock_head(tx, PEOPLE_CHAIN)


def _change(
    tx: Transaction, kind: str, who: Person, by: Actor, now: Moment, reasons: tuple[Reason, ...], *, dry_run: bool
) -> PersonResult:
    signature = signature_of(tx, by)
    if signature.role != Role.ADMINISTRATOR:
        said = f"a person in the role of {signature.role} may not change who takes part"
        reasons = (Reason("role.not_permitted", said, "ask an administrator", hard=True), *reasons)
    if not dry_run:
        _keep(tx, kind, who, signature, now, reasons)
    return PersonResult(who, _outcome(reasons), reasons)


def _keep(
    tx: Transaction, kind: str, who: Person, signature: Signature, now: Moment, reasons: tuple[Reason, ...]
) -> None:
    """The entry, and the row unless it was refused."""
    body = blank(kind, signature, now)
    body |= {"outcome": _outcome(reasons), "reasons": reasons_as_data(reasons)}
    body["data"] = {"id": who.id, "role": who.role, "login": who.login}
    append_to(tx, PEOPLE_CHAIN, body)
    if not reasons:
        table.put(tx, who)


def _outcome(reasons: tuple[Reason, ...]) -> str:
    return (Outcome.REFUSED if reasons else Outcome.ALLOWED).value
