"""The tables. ``migrations/`` makes them; a test holds that both say the same.

``entry``, ``entry_text``, ``request`` and ``content`` are append-only, held by triggers (see the migrations) and, on
SQLite, by the connection. ``patient``, ``person`` and ``chain`` are caches of the log that verification recomputes.

The tables that grow with the patients are keyed by chain, so that a distributed PostgreSQL can keep a patient's row and
entries together: every unique constraint of a ``LARGE`` table holds its ``chain``. The others are small enough to be
copied everywhere.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

VERSION_TABLE = "regimen_schema"
REVISIONS = ("f1",)  # of the schema, oldest first; the last is what this software speaks
BEFORE_RELEASE = ("0001",)  # of versions before the first release, whose formats were not kept


class Day(TypeDecorator[date]):
    """A calendar date: ISO text on SQLite (its STRICT tables have no date type), DATE on PostgreSQL."""

    impl = sa.Date
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.Date())

    def process_bind_param(self, value: date | None, dialect: sa.Dialect) -> Any:
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> date | None:
        try:
            return date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:  # see ``store.form``
            return cast(date, value)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC: fixed-width text on SQLite, timestamptz on PostgreSQL. A naive value is refused."""

    impl = sa.DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs its offset from UTC: {value!r}")
        utc = value.astimezone(UTC)
        return utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        return datetime.fromisoformat(value) if isinstance(value, str) else value


metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_name)s_idx",
    }
)

# Each has an index of its own, which answers a query that says the same, in the same words.
UNUSUAL = sa.text("outcome <> 'allowed'")
VOIDS = sa.text("kind = 'void'")

content = sa.Table(  # protocol content, by the digest of its bytes
    "regimen_content",
    metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("trial", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("edition", sa.Integer, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),  # the canonical bytes
    sa.Column("installed_at", Instant, nullable=False),
    sa.UniqueConstraint("trial", "version", "edition"),
    sqlite_strict=True,
)

patient = sa.Table(
    "regimen_patient",
    metadata,
    sa.Column("chain", sa.Text, primary_key=True),  # the key of the entries, so that row and entries lie together
    sa.Column("id_key", sa.Text, nullable=False),  # the id with its case folded: who it is
    sa.Column("id", sa.Text, nullable=False),  # as first typed
    sa.Column("digest", sa.Text, sa.ForeignKey("regimen_content.digest", ondelete="RESTRICT"), nullable=False),
    sa.Column("arm", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),  # of the last entry of the chain
    sa.Column("head", sa.LargeBinary, nullable=False),  # its hash
    sa.Column("fold", sa.Integer, nullable=False),  # the number of the fold that wrote the chart
    sa.Column("chart", sa.Text, nullable=False),
    sa.Column("enrolled_on", Day, nullable=False),
    sa.Column("opens_on", Day),
    sa.Column("due_on", Day),
    # Not a unique id_key of its own: the chain holds it, and is unique already.
    sa.CheckConstraint("chain = 'patient/' || id_key", name="chain"),
    sa.Index(None, "due_on", "chain"),
    sqlite_strict=True,
)

entry = sa.Table(
    "regimen_entry",
    metadata,
    sa.Column("chain", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("trigger", sa.Text),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("from_state", sa.Text),
    sa.Column("to_state", sa.Text),
    sa.Column("occurred_on", Day, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("code", sa.Text),
    sa.Column("body", sa.LargeBinary, nullable=False),  # the canonical bytes, as they were hashed
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.CheckConstraint("seq > 0", name="seq"),
    sa.Index(None, "recorded_at", "chain", "seq"),
    sa.Index(None, "actor", "recorded_at"),
    sa.Index(None, "occurred_on", sqlite_where=UNUSUAL),
    sa.Index(None, "chain", sqlite_where=VOIDS),
    sqlite_strict=True,
)

entry_text = sa.Table(
    "regimen_entry_text",
    metadata,
    sa.Column("chain", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(["chain", "seq"], ["regimen_entry.chain", "regimen_entry.seq"], ondelete="RESTRICT"),
    sqlite_strict=True,
)

request = sa.Table(  # which entry a request id was carried out in; verification holds it to the entry's bytes
    "regimen_request",
    metadata,
    # Unique in the whole log, so spread by itself and not by chain. That is also why (chain, seq) is no foreign key: a
    # distributed database has none between tables that are spread by different columns.
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("chain", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sqlite_strict=True,
)

person = sa.Table(
    "regimen_person",
    metadata,
    sa.Column("id_key", sa.Text, primary_key=True),  # the id with its case folded: who it is
    sa.Column("role", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False),  # as first typed
    sa.Column("login", sa.Text),
    sa.Column("active", sa.Integer, nullable=False),  # 0 or 1
    sa.Column("place", sa.Integer, nullable=False),  # of this role among the person's, in the order they were given
    sa.Column("from_day", Day),  # of delegation; null is open
    sa.Column("until_day", Day),
    sa.CheckConstraint("active IN (0, 1)", name="active"),
    sqlite_strict=True,
)

chain = sa.Table(  # the heads of the chains that are no patient's
    "regimen_chain",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("head", sa.LargeBinary),
    sqlite_strict=True,
)

APPEND_ONLY = ("regimen_entry", "regimen_entry_text", "regimen_request", "regimen_content")
KEPT = ("regimen_patient", "regimen_person", "regimen_chain")  # rows change, but none goes
LARGE = (entry, entry_text, patient)  # grow with the patients; a distributed database spreads them by chain


def complete_for_postgresql() -> sa.MetaData:
    """The metadata, with what is PostgreSQL's own said in it.

    Naming a dialect loads it, which takes a tenth of the time that a command does: only what makes or compares tables
    needs to know.
    """
    for index in entry.indexes:
        index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]
    return metadata
