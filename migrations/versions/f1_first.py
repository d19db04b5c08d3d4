"""The first schema: patients, their entries, people, protocol content; the log closed to change by triggers.

From here on migrations only add: tables, columns that may be null, indexes. No table is rebuilt, for that would drop
its triggers; no row of the log is changed; nothing that this revision made is renamed or dropped. What this file makes
is frozen with it, so it says its names itself and imports none.
"""

import sqlalchemy as sa
from alembic import op

revision = "f1"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("regimen_entry", "regimen_entry_text", "regimen_request", "regimen_content")
KEPT = ("regimen_patient", "regimen_person", "regimen_chain")

# A text goes where an entry of its chain says, in its canonical bytes, that it is redacted; and not else.
REDACTED = (
    "chain = {chain} AND kind = 'redacted' AND outcome <> 'refused' AND {body} LIKE"
    """ '%"data":{{"field":"' || {field} || '","hash":"'"""
    f" || '{'_' * 64}'"
    """ || '","seq":' || {seq} || '}}%'"""
)
REDACTED_SQLITE = "SELECT 1 FROM regimen_entry WHERE " + REDACTED.format(
    chain="OLD.chain", body="CAST(body AS TEXT)", field="OLD.field", seq="OLD.seq"
)
REDACTED_POSTGRESQL = "SELECT EXISTS (SELECT 1 FROM %I.regimen_entry WHERE " + REDACTED.format(
    chain="$1", body="convert_from(body, 'UTF8')", field="$2", seq="$3"
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    day = sa.Text() if sqlite else sa.Date()
    instant = sa.Text() if sqlite else sa.DateTime(timezone=True)

    op.create_table(
        "regimen_content",
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("trial", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("installed_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="regimen_content_pk"),
        sa.UniqueConstraint("trial", "version", "edition", name="regimen_content_trial_key"),
        sqlite_strict=True,
    )
    op.create_table(
        "regimen_patient",
        sa.Column("chain", sa.Text, nullable=False),
        sa.Column("id_key", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("arm", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary, nullable=False),
        sa.Column("fold", sa.Integer, nullable=False),
        sa.Column("chart", sa.Text, nullable=False),
        sa.Column("enrolled_on", day, nullable=False),
        sa.Column("opens_on", day),
        sa.Column("due_on", day),
        sa.PrimaryKeyConstraint("chain", name="regimen_patient_pk"),
        sa.ForeignKeyConstraint(
            ["digest"], ["regimen_content.digest"], name="regimen_patient_digest_fk", ondelete="RESTRICT"
        ),
        sa.CheckConstraint("chain = 'patient/' || id_key", name=op.f("regimen_patient_chain_check")),
        sqlite_strict=True,
    )
    op.create_index("regimen_patient_due_on_idx", "regimen_patient", ["due_on", "chain"])
    op.create_table(
        "regimen_entry",
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
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", name="regimen_entry_pk"),
        sa.CheckConstraint("seq > 0", name=op.f("regimen_entry_seq_check")),
        sqlite_strict=True,
    )
    op.create_index("regimen_entry_recorded_at_idx", "regimen_entry", ["recorded_at", "chain", "seq"])
    op.create_index("regimen_entry_actor_idx", "regimen_entry", ["actor", "recorded_at"])
    for column, text in (("occurred_on", "outcome <> 'allowed'"), ("chain", "kind = 'void'")):
        where = sa.text(text)
        name = f"regimen_entry_{column}_idx"
        op.create_index(name, "regimen_entry", [column], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "regimen_entry_text",
        sa.Column("chain", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", "field", name="regimen_entry_text_pk"),
        sa.ForeignKeyConstraint(
            ["chain", "seq"],
            ["regimen_entry.chain", "regimen_entry.seq"],
            name="regimen_entry_text_chain_fk",
            ondelete="RESTRICT",
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "regimen_request",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("chain", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="regimen_request_pk"),
        sqlite_strict=True,
    )
    op.create_table(
        "regimen_person",
        sa.Column("id_key", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("login", sa.Text),
        sa.Column("active", sa.Integer, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("from_day", day),
        sa.Column("until_day", day),
        sa.PrimaryKeyConstraint("id_key", "role", name="regimen_person_pk"),
        sa.CheckConstraint("active IN (0, 1)", name=op.f("regimen_person_active_check")),
        sqlite_strict=True,
    )
    op.create_table(
        "regimen_chain",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("head", sa.LargeBinary),
        sa.PrimaryKeyConstraint("name", name="regimen_chain_pk"),
        sqlite_strict=True,
    )
    if sqlite:
        _close_sqlite()
    else:
        _close_postgresql()


def _close_sqlite() -> None:
    keys = {
        "regimen_entry": "chain = NEW.chain AND seq = NEW.seq",
        "regimen_entry_text": "chain = NEW.chain AND seq = NEW.seq AND field = NEW.field",
        "regimen_request": "id = NEW.id",
        "regimen_content": (
            "digest = NEW.digest OR trial = NEW.trial AND version = NEW.version AND edition = NEW.edition"
        ),
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
        unless = f"WHEN NOT EXISTS ({REDACTED_SQLITE}) " if table == "regimen_entry_text" else ""
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {unless}"
            f"BEGIN SELECT RAISE(ABORT, '{table} keeps every row'); END"
        )


def _close_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION regimen_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% on % is not allowed', TG_OP, TG_TABLE_NAME; END $$"
    )
    asked = f"{REDACTED_POSTGRESQL})".replace("%'", "%%'").replace("'%\"", "'%%\"").replace("'", "''")
    op.execute(
        "CREATE FUNCTION regimen_refuse_unless_redacted() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE said boolean; "
        f"BEGIN EXECUTE format('{asked}', TG_TABLE_SCHEMA) INTO said USING OLD.chain, OLD.field, OLD.seq; "
        "IF said THEN RETURN OLD; END IF; "
        "RAISE EXCEPTION '% on % is not allowed', TG_OP, TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE TRIGGER regimen_entry_text_no_delete BEFORE DELETE ON regimen_entry_text "
        "FOR EACH ROW EXECUTE FUNCTION regimen_refuse_unless_redacted()"
    )
    op.execute("ALTER TABLE regimen_entry_text ENABLE ALWAYS TRIGGER regimen_entry_text_no_delete")
    for table in (*APPEND_ONLY, *KEPT):
        events = "UPDATE OR DELETE" if table in APPEND_ONLY else "DELETE"
        events = "UPDATE" if table == "regimen_entry_text" else events
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
