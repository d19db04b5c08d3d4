"""The queries of people: who may act, in which role, through which login."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from workflow.store.schema import person
from workflow.store.transaction import Statement, Transaction


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may act. ``login`` is the operating-system user that acts as them, if any."""

    id: str
    role: str
    login: str | None
    active: bool


_columns = sa.select(person.c.id, person.c.role, person.c.login, person.c.active)
ONE = Statement(_columns.where(person.c.id == sa.bindparam("id")))
_active = person.c.active == sa.literal_column("1")  # a statement takes no values of its own
BY_LOGIN = Statement(_columns.where(person.c.login == sa.bindparam("login"), _active).order_by(person.c.id))
ALL = Statement(_columns.order_by(person.c.id))
ADD = Statement(person.insert())
CHANGE = Statement(
    person.update()
    .where(person.c.id == sa.bindparam("b_id"))
    .values(role=sa.bindparam("role"), login=sa.bindparam("login"), active=sa.bindparam("active"))
)


def one(tx: Transaction, id: str) -> Person | None:
    row = tx.one(ONE, {"id": id})
    return Person(row[0], row[1], row[2], bool(row[3])) if row is not None else None


def listed(tx: Transaction, *, login: str | None = None) -> tuple[Person, ...]:
    """Everybody, or the active people of one login."""
    rows = tx.all(ALL, {}) if login is None else tx.all(BY_LOGIN, {"login": login})
    return tuple(Person(row[0], row[1], row[2], bool(row[3])) for row in rows)


def put(tx: Transaction, who: Person) -> None:
    """Add a person, or change the one of that id."""
    values = {"role": who.role, "login": who.login, "active": int(who.active)}
    if one(tx, who.id) is None:
        tx.run(ADD, {"id": who.id, **values})
    else:
        tx.run(CHANGE, {"b_id": who.id, **values})
