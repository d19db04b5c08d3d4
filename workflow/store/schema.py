"""The tables. ``migrations/`` makes them; a test holds that both say the same.

``entry`` and ``entry_text`` are append-only, held by triggers (see the migrations) and, on SQLite, by the connection.
``patient``, ``person`` and ``chain`` are caches of the log that verification recomputes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

VERSION_TABLE = "regimen_schema"
REVISIONS = ("0001",)  # of the schema, oldest first; the last is what this software speaks


class Day(TypeDecorator[date]):
    """A calendar date: ISO text on SQLite (its STRICT tables have no date type), DATE on PostgreSQL."""

    impl = sa.Date
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.Date())

    def process_bind_param(self, value: date | None, dialect: sa.Dialect) -> Any:
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> date | None:
        return date.fromisoformat(value) if isinstance(value, str) else value


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

protocol_version = sa.Table(
    "protocol_version",
    metadata,
    sa.Column("version", sa.Text, primary_key=True),
    sa.Column("trial", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),  # the canonical bytes
    sa.Column("installed_at", Instant, nullable=False),
    sqlite_strict=True,
)

patient = sa.Table(
    "patient",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Text, sa.ForeignKey("protocol_version.version", ondelete="RESTRICT"), nullable=False),
    sa.Column("arm", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),  # of the last entry of the chain
    sa.Column("head", sa.LargeBinary, nullable=False),  # its hash
    sa.Column("chart", sa.Text, nullable=False),
    sa.Column("enrolled_on", Day, nullable=False),
    sa.Column("opens_on", Day),
    sa.Column("due_on", Day),
    sa.Index("patient_due_idx", "due_on", "id"),
    sqlite_strict=True,
)

entry = sa.Table(
    "entry",
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
    sa.Column("request_id", sa.Text, unique=True),
    sa.Column("body", sa.LargeBinary, nullable=False),  # the canonical bytes, as they were hashed
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.CheckConstraint("seq > 0", name="seq"),
    sqlite_strict=True,
)

entry_text = sa.Table(
    "entry_text",
    metadata,
    sa.Column("chain", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("salt", sa.LargeBinary, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["chain", "seq"], ["entry.chain", "entry.seq"], name="entry_text_entry_fk", ondelete="RESTRICT"
    ),
    sqlite_strict=True,
)

chain = sa.Table(  # the heads of the chains that are no patient's
    "chain",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("head", sa.LargeBinary),
    sqlite_strict=True,
)

person = sa.Table(
    "person",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("login", sa.Text),
    sa.Column("active", sa.Integer, nullable=False),  # 0 or 1
    sa.CheckConstraint("active IN (0, 1)", name="active"),
    sqlite_strict=True,
)

APPEND_ONLY = ("entry", "entry_text", "protocol_version")
KEPT = ("patient", "person", "chain")  # rows change, but none goes
