"""The queries of people: who may act, in which roles, through which login."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from workflow.errors import DamagedRow
from workflow.ledger.entry import PEOPLE_CHAIN, id_key
from workflow.ledger.people import Person, Roll, shared_logins
from workflow.store.form import Form, named
from workflow.store.schema import chain, person
from workflow.store.transaction import Row, Statement, Transaction

_c = person.c
_head = (chain.c.seq, chain.c.head)
_columns = (_c.id_key, _c.id, _c.role, _c.login, _c.active, _c.from_day, _c.until_day, _c.place)
_HEAD_FORM, _PERSON_FORM = Form(*_head), Form(*_columns)
# In one statement, so that the people are those of that entry.
ALL = Statement(
    sa.select(*_head, *_columns)
    .select_from(chain.outerjoin(person, sa.true()))
    .where(chain.c.name == sa.literal_column(f"'{PEOPLE_CHAIN}'"))
    .order_by(_c.id_key, _c.place)
)
HEAD = Statement(sa.select(*_head).where(chain.c.name == sa.literal_column(f"'{PEOPLE_CHAIN}'")))
ADD = Statement(person.insert())
CHANGE = Statement(
    person.update()
    .where(_c.id_key == sa.bindparam("b_id_key"), _c.role == sa.bindparam("b_role"))
    .values(
        login=sa.bindparam("login"),
        active=sa.bindparam("active"),
        from_day=sa.bindparam("from_day"),
        until_day=sa.bindparam("until_day"),
    )
)


def roll(tx: Transaction) -> Roll:
    """Everybody whose rows say who they are. What else stands there, or is wrong with the chain's, is ``damaged``."""
    people: dict[str, tuple[Person, ...]] = {}
    damaged: list[DamagedRow] = []
    seq, head = 0, b""
    for row in tx.rows(ALL):
        wrong = _HEAD_FORM.wrong(row[:2])
        if wrong is None:
            seq, head = row[0], row[1] or b""
        elif not damaged:
            damaged.append(DamagedRow(f"the row that names its last entry is damaged: {wrong}", chain=PEOPLE_CHAIN))
        if all(value is None for value in row[2:]):
            continue
        wrong = _PERSON_FORM.wrong(row[2:])
        if wrong is None and row[2] != id_key(row[3]):
            wrong = f"id_key holds {named(row[2])}"
        if wrong is None and row[6] > 1:
            wrong = f"active holds {row[6]}"
        if wrong is None:
            people[row[2]] = (*people.get(row[2], ()), _person(row[3:9]))
        else:
            said = f"the row of {named(row[3])}, {named(row[4])}, is damaged: {wrong}"
            damaged.append(DamagedRow(said, chain=PEOPLE_CHAIN))
    return Roll(seq, head, people, shared_logins(people), tuple(damaged))


def head(tx: Transaction) -> tuple[int, bytes]:
    """The last entry of the people's chain."""
    row = tx.one(HEAD, {})
    if row is None:
        return 0, b""
    _HEAD_FORM.require(row, PEOPLE_CHAIN)
    return row[0], row[1] or b""


def _person(row: Row) -> Person:
    id, role, login, active, since, until = row
    return Person(id, role, login, bool(active), _day(since), _day(until))


def _day(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def put(tx: Transaction, who: Person, roles: int) -> None:
    """Add a person in a role, or change the one of that id and role. ``roles`` is how many roles they have by now."""
    values = {
        "login": who.login,
        "active": int(who.active),
        "from_day": who.since.isoformat() if who.since is not None else None,
        "until_day": who.until.isoformat() if who.until is not None else None,
    }
    key = id_key(who.id)
    if tx.run(CHANGE, {"b_id_key": key, "b_role": who.role, **values}) == 0:
        tx.run(ADD, {"id_key": key, "role": who.role, "id": who.id, "place": roles + 1, **values})
