"""The example of the page about entries: two entries of one patient, made by the library at a fixed moment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import sqlalchemy as sa

from workflow import Actor, Filter, Trial
from workflow.ledger.entry import chain_of
from workflow.store.schema import entry, entry_text

SALT = bytes(range(16))  # a real one is random


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it lies in the database; ``texts`` are (field, salt, text)."""

    seq: int
    body: bytes
    hash: str
    texts: tuple[tuple[str, bytes, str], ...]


def clock() -> datetime:
    return datetime(2026, 2, 12, 15, 4, 5, 678901, tzinfo=UTC)


def made() -> tuple[Stored, Stored]:
    """A late step: refused without a reason, then allowed with one."""
    alex, lee = Actor("alex"), Actor("lee", "os", "llee")
    start = date(2026, 1, 12)
    late = start + timedelta(days=31)
    with (
        Trial.init("sqlite://", by=alex, zone="UTC", clock=clock) as trial,
        patch("os.urandom", lambda length: SALT[:length]),
    ):
        trial.add_person("lee", "coordinator", by=alex, login="llee")
        trial.enroll("P-0001", "I", by=lee, on=start)
        trial.record_consent("P-0001", by=lee, on=start)
        trial.record_eligibility("P-0001", by=lee, route="IN01", others_in_order=True, on=start)
        trial.advance("P-0001", by=lee, on=start)
        trial.advance("P-0001", by=lee, on=start)
        trial.record_counts("P-0001", by=lee, anc="1.4", platelets="85", on=late)
        trial.advance("P-0001", by=lee)
        trial.advance("P-0001", by=lee, reason="platelets recovered on 11 February", request_id="ward-7/0042")
        last = len(trial.log(Filter(patient="P-0001")))
        return _stored(trial.engine, last - 1), _stored(trial.engine, last)


def _stored(engine: sa.Engine, seq: int) -> Stored:
    def of(table: sa.Table) -> sa.ColumnElement[bool]:
        return sa.and_(table.c.chain == chain_of("P-0001"), table.c.seq == seq)

    with engine.connect() as connection:
        body, digest = connection.execute(sa.select(entry.c.body, entry.c.hash).where(of(entry))).one()
        columns = (entry_text.c.field, entry_text.c.salt, entry_text.c.text)
        texts = tuple(tuple(row) for row in connection.execute(sa.select(*columns).where(of(entry_text))))
    return Stored(seq, body, digest.hex(), texts)


# ── in the document ────────────────────────────────────────────────────────────────────────────────────────────────


def readable() -> str:
    """The second entry, set out."""
    _, allowed = made()
    return f"```json\n{json.dumps(json.loads(allowed.body), indent=2, ensure_ascii=False)}\n```\n"


def stored() -> str:
    """Both entries as they are stored."""
    lines = []
    for one in made():
        lines += [f"Entry {one.seq}:", "", "```json bytes", one.body.decode(), "```", "", f"hash `{one.hash}`", ""]
        for field, salt, text in one.texts:
            lines += [f"text of its `{field}`: salt `{salt.hex()}`, text `{text}`", ""]
    return "\n".join(lines)
