"""Who takes part, as the people's chain says it: roles, logins, days of delegation; and what forbids a change of them.

The desk decides by these rules, the table of people is their fold, and verification decides and folds once more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from workflow.engine.decision import Args, Outcome, Reason, Strength
from workflow.errors import DamagedRow
from workflow.ledger.entry import PEOPLE_CHAIN, PERSON_ADDED, PersonChanged, decode, hash_of, id_key, payload
from workflow.protocol.words import ADMINISTRATOR, AUDITOR

BY_LOGIN = ("os", "os-shared")  # assurances that say: the kernel named the login, and the login is the person's


class Person(Struct, frozen=True):
    """Somebody who may act in a role. ``login`` is the operating-system user that acts as them, if any.

    The role is theirs from ``since`` to ``until``, both included; None is open.
    """

    id: str
    role: str
    login: str | None
    active: bool
    since: date | None = None
    until: date | None = None

    def acts_on(self, day: date) -> bool:
        """Whether the role is theirs on ``day``."""
        if self.since is None and self.until is None:
            return self.active
        return self.active and (self.since or day) <= day <= (self.until or day)


People = Mapping[str, tuple[Person, ...]]  # by id_key: each of a person's roles, in the order that they were given


class Roll(NamedTuple):
    """Everybody at one moment, and that moment's last entry of the people's chain."""

    seq: int
    head: bytes
    people: People
    shared: frozenset[str] = frozenset()  # the logins that act as several of them
    damaged: tuple[DamagedRow, ...] = ()  # what of it nobody can read

    def of(self, id: str) -> tuple[Person, ...]:
        return self.people.get(id_key(id), ())


def logins(theirs: Sequence[Person]) -> frozenset[str]:
    """The logins that act as a person, in whichever role they were given."""
    return frozenset(one.login for one in theirs if one.active and one.login is not None)


def is_like_by_login(assurance: str) -> bool:
    """Whether it reads like what the kernel says, and is not."""
    return assurance not in BY_LOGIN and assurance.casefold() in BY_LOGIN


def may_act_as(theirs: Sequence[Person], assurance: str, via: str | None) -> bool:
    """Whether ``via`` acts as this person: where the kernel says so, it is one of their logins."""
    return assurance not in BY_LOGIN or via in logins(theirs)


def shared_logins(people: People) -> frozenset[str]:
    """The logins that act as several people."""
    held = Counter(login for theirs in people.values() for login in logins(theirs))
    return frozenset(login for login, holders in held.items() if holders > 1)


def assurance_of(assurance: str, via: str | None, shared: frozenset[str]) -> str:
    """What is to be said of who a login names: "os-shared" where it acts as several people."""
    return assurance if assurance not in BY_LOGIN else "os-shared" if via in shared else "os"


# ── a change ───────────────────────────────────────────────────────────────────────────────────────────────────────


def forbids(people: People, kind: str, who: Person, role: str, today: date) -> tuple[Reason, ...]:
    """Why somebody in ``role`` may not add ``who``, or deactivate them in their role."""
    reasons: list[Reason] = []
    if role != ADMINISTRATOR:
        args: Args = {"role": role, "action": "people", "roles": [ADMINISTRATOR]}
        reasons.append(Reason("role.not_permitted", args, Strength.NEVER))
    others = [one.role for one in people.get(id_key(who.id), ()) if one.active and one.role != who.role]
    if kind == PERSON_ADDED:
        # An auditor does nothing else: they would review their own work.
        if others and (who.role == AUDITOR or AUDITOR in others):
            args = {"id": who.id, "role": who.role, "others": list(others)}
            reasons.append(Reason("people.auditor_alone", args, Strength.NEVER))
    elif who.role == ADMINISTRATOR and not _another_administrator(people, who.id, today):
        reasons.append(Reason("people.last_administrator", {"id": who.id}, Strength.NEVER))
    return tuple(reasons)


def _another_administrator(people: People, id: str, today: date) -> bool:
    """Whether anybody else is one for as long as can be seen."""
    return any(
        one.role == ADMINISTRATOR and one.until is None and one.acts_on(today)
        for key, theirs in people.items()
        if key != id_key(id)
        for one in theirs
    )


def person_of(kind: str, said: PersonChanged) -> Person:
    """The person in the role that an entry is about, as they are after it."""
    return Person(said.id, said.role, said.login, kind == PERSON_ADDED, said.since, said.until)


def changed(people: People, kind: str, said: PersonChanged) -> People:
    """The people after an entry that was carried out. Raises ``ValueError`` where it changes nothing of theirs."""
    key = id_key(said.id)
    theirs = people.get(key, ())
    if theirs and theirs[0].id != said.id:
        raise ValueError(f"{said.id} is known as {theirs[0].id}")
    who = person_of(kind, said)
    before = next((one for one in theirs if one.role == said.role), None)
    if who.active:
        if before is not None and before.active:
            raise ValueError(f"{said.id} is there already, in the role of {said.role}")
    elif before is None or before != replace(who, active=True):
        raise ValueError(f"{said.id} is not there like that, in the role of {said.role}")
    kept = tuple(who if one is before else one for one in theirs)
    return {**people, key: kept if before is not None else (*theirs, who)}


def rolled(bodies: Sequence[bytes]) -> Roll:
    """Everybody, by the first entries of the people's chain.

    What of them says nothing that can be, is ``damaged``. Raises ``NotUnderstood`` for an entry of newer software.
    """
    people: People = {}
    damaged: list[DamagedRow] = []
    for seq, data in enumerate(bodies, 1):
        try:
            body = decode(data)
            said = payload(body)
            if not isinstance(said, PersonChanged):
                raise ValueError(f"{body.kind} has no place in this chain")
            if body.outcome != Outcome.REFUSED:
                people = changed(people, body.kind, said)
        except ValueError as error:
            damaged.append(DamagedRow(str(error), chain=PEOPLE_CHAIN, seq=seq))
    return Roll(len(bodies), hash_of(bodies[-1]), dict(sorted(people.items())), shared_logins(people), tuple(damaged))
