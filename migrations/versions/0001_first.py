"""The first schema: patients, their entries, people, protocol versions; the log closed to change by triggers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("entry", "entry_text", "protocol_version")
KEPT = ("patient", "person", "chain")


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    day = sa.Text() if sqlite else sa.Date()
    instant = sa.Text() if sqlite else sa.DateTime(timezone=True)

    op.create_table(
        "protocol_version",
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("trial", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("installed_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("version", name="protocol_version_pk"),
        sqlite_strict=True,
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("arm", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("chart", sa.Text, nullable=False),
        sa.Column("enrolled_on", day, nullable=False),
        sa.Column("opens_on", day),
        sa.Column("due_on", day),
        sa.PrimaryKeyConstraint("id", name="patient_pk"),
        sa.ForeignKeyConstraint(
            ["version"], ["protocol_version.version"], name="patient_version_fk", ondelete="RESTRICT"
        ),
        sqlite_strict=True,
    )
    op.create_index("patient_due_idx", "patient", ["due_on", "id"])
    op.create_table(
        "entry",
        sa.Column("chain", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("trigger", sa.Text),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("from_state", sa.Text),
        sa.Column("to_state", sa.Text),
        sa.Column("occurred_on", day, nullable=False),
        sa.Column("recorded_at", instant, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("request_id", sa.Text),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", name="entry_pk"),
        sa.UniqueConstraint("request_id", name="entry_request_id_key"),
        sa.CheckConstraint("seq > 0", name=op.f("entry_seq_check")),
        sqlite_strict=True,
    )
    op.create_table(
        "entry_text",
        sa.Column("chain", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", "field", name="entry_text_pk"),
        sa.ForeignKeyConstraint(
            ["chain", "seq"], ["entry.chain", "entry.seq"], name="entry_text_entry_fk", ondelete="RESTRICT"
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "chain",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary),
        sa.PrimaryKeyConstraint("name", name="chain_pk"),
        sqlite_strict=True,
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("login", sa.Text),
        sa.Column("active", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="person_pk"),
        sa.CheckConstraint("active IN (0, 1)", name=op.f("person_active_check")),
        sqlite_strict=True,
    )
    if sqlite:
        _close_sqlite()
    else:
        _close_postgresql()


def _close_sqlite() -> None:
    keys = {
        "entry": "chain = NEW.chain AND seq = NEW.seq OR request_id = NEW.request_id",
        "entry_text": "chain = NEW.chain AND seq = NEW.seq AND field = NEW.field",
        "protocol_version": "version = NEW.version",
    }
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        # INSERT OR REPLACE would delete the old row without firing a DELETE trigger.
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {keys[table]}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: UNIQUE'); END"
        )
    for table in (*APPEND_ONLY, *KEPT):
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} keeps every row'); END"
        )


def _close_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION regimen_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% on % is not allowed', TG_OP, TG_TABLE_NAME; END $$"
    )
    for table in (*APPEND_ONLY, *KEPT):
        events = "UPDATE OR DELETE" if table in APPEND_ONLY else "DELETE"
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE {events} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION regimen_refuse()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION regimen_refuse()"
        )
        for trigger in ("no_change", "no_truncate"):
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{trigger}")


def downgrade() -> None:
    raise RuntimeError("a downgrade would lose entries")
