"""The database's own objects: what a new one has is what is kept; what is done to them is named, on both databases."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
import sqlalchemy as sa

from tests.conftest import PostgreSQL
from tests.copies import Copies
from tests.ledger.tamper import plain
from tests.library.desk import Desk
from tests.store.objects import made
from workflow.ledger.report import Report
from workflow.store import objects
from workflow.store.audit import verify
from workflow.store.engine import create_engine
from workflow.store.transaction import Transactions

SQLITE = [
    "CREATE TRIGGER mine AFTER INSERT ON regimen_entry BEGIN SELECT 1; END",
    "CREATE TRIGGER mine AFTER INSERT ON REGIMEN_ENTRY BEGIN SELECT 1; END",
    "CREATE TABLE elsewhere (x); CREATE TRIGGER mine AFTER UPDATE ON elsewhere BEGIN DELETE FROM regimen_person; END",
    "CREATE VIEW v AS SELECT 1; CREATE TRIGGER mine INSTEAD OF INSERT ON v BEGIN DELETE FROM Regimen_Person; END",
    "CREATE VIEW mine AS SELECT * FROM regimen_entry",
    "CREATE INDEX mine ON regimen_entry (code)",
    "CREATE INDEX mine ON regimen_entry (lower(code)) WHERE code <> 'x'",
    "CREATE UNIQUE INDEX mine ON regimen_entry (hash)",
    "ALTER TABLE regimen_person ADD COLUMN more TEXT",
    "ALTER TABLE regimen_entry ADD COLUMN more TEXT DEFAULT 'x'",
    "ALTER TABLE regimen_entry ADD COLUMN more TEXT GENERATED ALWAYS AS (code || 'x')",
    "ALTER TABLE regimen_entry RENAME COLUMN code TO kode",
    "ALTER TABLE regimen_request RENAME TO regimen_requests",
    "DROP INDEX regimen_entry_actor_idx",
    "DROP TABLE regimen_request",
]
OTHER_TRIGGERS = [  # in place of ours
    "BEFORE UPDATE ON regimen_entry WHEN 0 BEGIN SELECT RAISE(ABORT, 'regimen_entry is append-only'); END",
    "BEFORE UPDATE OF code ON regimen_entry BEGIN SELECT RAISE(ABORT, 'regimen_entry is append-only'); END",
    "BEFORE UPDATE ON regimen_entry BEGIN SELECT RAISE(IGNORE); END",
    "BEFORE UPDATE ON regimen_chain BEGIN SELECT RAISE(ABORT, 'regimen_entry is append-only'); END",
    "AFTER UPDATE ON regimen_entry BEGIN SELECT RAISE(ABORT, 'regimen_entry is append-only'); END",
    "BEFORE UPDATE ON regimen_entry BEGIN SELECT 1; END",
]
SQLITE += [
    f"DROP TRIGGER regimen_entry_no_update; CREATE TRIGGER regimen_entry_no_update {one}" for one in OTHER_TRIGGERS
]
OTHER_INDEXES = [
    "(occurred_on)",
    "(occurred_on) WHERE outcome <> 'refused'",
    "(occurred_on DESC) WHERE outcome <> 'allowed'",
]
SQLITE += [
    f"DROP INDEX regimen_entry_occurred_on_idx; CREATE INDEX regimen_entry_occurred_on_idx ON regimen_entry {one}"
    for one in OTHER_INDEXES
]
SCHEMA_ITSELF = [  # SQLite's own table of them, which a connection may be told to let change
    "UPDATE sqlite_master SET sql = replace(sql, '(0, 1)', '(0, 1, 2)') WHERE name = 'regimen_person'",
    "UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'regimen_entry'",
    "UPDATE sqlite_master SET sql = replace(sql, 'STRICT', '') WHERE name = 'regimen_entry'",
    "UPDATE sqlite_master SET sql = replace(sql, 'RESTRICT', 'CASCADE') WHERE name = 'regimen_patient'",
    "UPDATE sqlite_master SET sql = replace(sql, 'TEXT NOT NULL', 'TEXT COLLATE NOCASE NOT NULL')"
    " WHERE name = 'regimen_request'",
    "UPDATE sqlite_master SET tbl_name = 'regimen_chain' WHERE name = 'regimen_entry_no_update'",
    "UPDATE sqlite_master SET type = 'view' WHERE name = 'regimen_entry_no_update'",
    "UPDATE sqlite_master SET sql = sql || ' -- mine' WHERE name = 'regimen_entry_no_update'",
    "UPDATE sqlite_master SET sql = replace(sql, 'entry is', 'entry' || char(160) || 'is')"
    " WHERE name = 'regimen_entry_no_update'",
    "DELETE FROM sqlite_master WHERE name = 'regimen_entry_actor_idx'",
    "DELETE FROM sqlite_master WHERE name = 'sqlite_autoindex_regimen_request_1'",
    "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'regimen_chain')"
    " WHERE name = 'regimen_request'",
    "INSERT INTO sqlite_master VALUES ('trigger', 'sqlite_mine', 'regimen_entry', 0,"
    " 'CREATE TRIGGER sqlite_mine AFTER INSERT ON regimen_entry BEGIN DELETE FROM regimen_person; END')",
    "INSERT INTO sqlite_master VALUES ('TRIGGER', 'mine', 'REGIMEN_ENTRY', 0,"
    " 'CREATE TRIGGER mine AFTER INSERT ON REGIMEN_ENTRY BEGIN DELETE FROM regimen_person; END')",
    "INSERT INTO sqlite_master VALUES ('view', 'sqlite_mine', 'sqlite_mine', 0,"
    " 'CREATE VIEW sqlite_mine AS SELECT * FROM regimen_entry')",
]

FUNCTION = "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
CHECK = "ALTER TABLE regimen_person DROP CONSTRAINT regimen_person_active_check"
ALWAYS = "ALTER TABLE regimen_entry ENABLE ALWAYS TRIGGER regimen_entry_no_change"
POSTGRESQL = [
    "CREATE RULE mine AS ON INSERT TO regimen_request DO INSTEAD NOTHING",
    "CREATE RULE mine AS ON UPDATE TO regimen_patient DO ALSO NOTHING",
    "CREATE POLICY mine ON regimen_entry USING (false)",
    "ALTER TABLE regimen_entry ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE regimen_entry FORCE ROW LEVEL SECURITY",
    "CREATE VIEW mine AS SELECT * FROM regimen_entry",
    "CREATE MATERIALIZED VIEW mine AS SELECT * FROM regimen_entry",
    "CREATE SCHEMA apart; CREATE VIEW apart.mine AS SELECT * FROM public.regimen_entry",
    "CREATE INDEX mine ON regimen_entry (code) WHERE code <> 'x'",
    "CREATE UNIQUE INDEX mine ON regimen_entry (hash)",
    "DROP INDEX regimen_entry_actor_idx",
    *(
        f"DROP INDEX regimen_entry_occurred_on_idx; CREATE INDEX regimen_entry_occurred_on_idx ON regimen_entry {one}"
        for one in OTHER_INDEXES
    ),
    *(
        f"UPDATE pg_index SET {one} = false WHERE indexrelid = 'regimen_request_pk'::regclass"
        for one in ("indisvalid", "indisready", "indislive", "indisunique", "indimmediate")
    ),
    "CREATE TABLE mine () INHERITS (regimen_person)",
    "CREATE TABLE mine (LIKE regimen_request); ALTER TABLE regimen_request INHERIT mine",
    "CREATE TABLE mine (LIKE regimen_request) PARTITION BY LIST (chain);"
    " ALTER TABLE mine ATTACH PARTITION regimen_request DEFAULT",
    "ALTER TABLE regimen_request SET UNLOGGED",
    "ALTER TABLE regimen_person ALTER COLUMN login SET DEFAULT 'mallory'",
    "ALTER TABLE regimen_entry ADD COLUMN more text",
    "ALTER TABLE regimen_entry ADD COLUMN more text GENERATED ALWAYS AS (code) STORED",
    "ALTER TABLE regimen_entry ADD COLUMN more int GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE regimen_person ALTER COLUMN login TYPE varchar(64)",
    'ALTER TABLE regimen_person ALTER COLUMN login TYPE text COLLATE "C"',
    "CREATE DOMAIN words AS text; ALTER TABLE regimen_person ALTER COLUMN login TYPE words",
    "ALTER TABLE regimen_person ALTER COLUMN id DROP NOT NULL",
    CHECK,
    *(
        f"{CHECK}; ALTER TABLE regimen_person ADD CONSTRAINT regimen_person_active_check CHECK (active {one}"
        for one in ("IN (0, 1, 2))", "IN (0, 1)) NOT ENFORCED", "IN (0, 1)) NO INHERIT")
    ),
    "ALTER TABLE regimen_entry ADD CONSTRAINT mine CHECK (seq < 40) NOT VALID",
    "ALTER TABLE regimen_entry ADD CONSTRAINT mine EXCLUDE USING btree (hash WITH =)",
    "ALTER TABLE regimen_patient ALTER CONSTRAINT regimen_patient_digest_fk NOT ENFORCED",
    "ALTER TABLE regimen_patient ALTER CONSTRAINT regimen_patient_digest_fk DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE regimen_patient DROP CONSTRAINT regimen_patient_digest_fk",
    "ALTER TABLE regimen_entry DISABLE TRIGGER regimen_entry_no_change",
    "ALTER TABLE regimen_entry ENABLE TRIGGER regimen_entry_no_change",
    "ALTER TABLE regimen_entry ENABLE REPLICA TRIGGER regimen_entry_no_change",
    "ALTER TABLE regimen_entry_text DISABLE TRIGGER ALL",
    *(
        "DROP TRIGGER regimen_entry_no_change ON regimen_entry; CREATE TRIGGER regimen_entry_no_change"
        f" BEFORE UPDATE OR DELETE ON regimen_entry FOR EACH {one} EXECUTE FUNCTION regimen_refuse(); {ALWAYS}"
        for one in ("ROW WHEN (false)", "STATEMENT")
    ),
    "DROP TRIGGER regimen_entry_no_change ON regimen_entry; CREATE SCHEMA apart;"
    f" {FUNCTION.replace('other', 'apart.regimen_refuse')}; CREATE TRIGGER regimen_entry_no_change"
    f" BEFORE UPDATE OR DELETE ON regimen_entry FOR EACH ROW EXECUTE FUNCTION apart.regimen_refuse(); {ALWAYS}",
    FUNCTION.replace("CREATE", "CREATE OR REPLACE").replace("other", "regimen_refuse"),
    "ALTER FUNCTION regimen_refuse() SECURITY DEFINER",
    "ALTER FUNCTION regimen_refuse() SET search_path = apart",
    "ALTER FUNCTION regimen_refuse() OWNER TO pg_monitor",
    "CREATE TRIGGER mine BEFORE INSERT ON regimen_entry FOR EACH ROW EXECUTE FUNCTION regimen_refuse()",
    f"{FUNCTION}; CREATE CONSTRAINT TRIGGER mine AFTER INSERT ON regimen_entry DEFERRABLE"
    " FOR EACH ROW EXECUTE FUNCTION other()",
    "ALTER TABLE regimen_entry OWNER TO pg_monitor",
    "GRANT UPDATE ON regimen_entry TO PUBLIC",
    "GRANT UPDATE (body) ON regimen_entry TO PUBLIC",
    "GRANT DELETE ON regimen_person TO PUBLIC",
    "GRANT TRUNCATE ON regimen_patient TO PUBLIC",
    "GRANT TRIGGER ON regimen_chain TO PUBLIC",
    "ALTER DATABASE here SET session_replication_role = replica",
    "CREATE SCHEMA apart; ALTER DATABASE here SET search_path = apart, pg_catalog, public",
    "CREATE SCHEMA apart; CREATE VIEW apart.regimen_entry AS SELECT * FROM public.regimen_entry;"
    " ALTER DATABASE here SET search_path = apart, public",
    "CREATE SCHEMA apart; CREATE TABLE apart.regimen_person AS SELECT * FROM public.regimen_person;"
    " ALTER DATABASE here SET search_path = apart, public",
]
KEYS = "UPDATE pg_trigger SET {} WHERE tgisinternal AND tgrelid = 'regimen_patient'::regclass"
CATALOG = [  # what a superuser may change without a word of SQL for it, and what sessions of others are told
    *(
        f"UPDATE pg_class SET {one} WHERE relname = '{name}'"
        for one, name in (
            ("relhastriggers = false", "regimen_entry"),
            ("relhastriggers = false", "regimen_patient"),
            ("relhasindex = false", "regimen_entry"),
            ("relchecks = 0", "regimen_person"),
            ("relhasrules = true, relrowsecurity = true", "regimen_entry"),
        )
    ),
    *(
        KEYS.format(one)
        for one in ("tgenabled = 'D'", "tgenabled = 'R'", "tgfoid = 'regimen_refuse'::regproc", "tgtype = 9")
    ),
    "DELETE FROM pg_trigger WHERE tgisinternal AND tgrelid = 'regimen_entry_text'::regclass",
    *(
        f"UPDATE pg_constraint SET convalidated = false WHERE conname = '{name}'"
        for name in ("regimen_person_active_check", "regimen_patient_digest_fk")
    ),
    "UPDATE pg_trigger SET tgenabled = 'R' WHERE tgname = 'regimen_entry_no_change'",
    "UPDATE pg_attribute SET attnotnull = false WHERE attrelid = 'regimen_entry'::regclass AND attname = 'actor'",
    "ALTER ROLE postgres IN DATABASE here SET session_replication_role = replica",
    "ALTER ROLE ALL IN DATABASE here SET session_replication_role = replica",
    "ALTER DATABASE here SET zero_damaged_pages = on",
    "ALTER DATABASE here SET ignore_checksum_failure = on",
    "CREATE SCHEMA apart; ALTER TABLE regimen_chain SET SCHEMA apart;"
    " ALTER DATABASE here SET search_path = apart, public",
    "CREATE SCHEMA postgres; ALTER TABLE regimen_chain SET SCHEMA postgres",  # which is "$user"
]
POSTGRESQL += CATALOG
TAKEN_FOR = (
    "CREATE FUNCTION public.mine({0}, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT false';"
    " CREATE OPERATOR public.{1} (LEFTARG = {0}, RIGHTARG = varchar, FUNCTION = mine)"
)
LYING = (  # found before PostgreSQL's own, by whoever looks where their owner has told them to
    "CREATE SCHEMA apart; CREATE FUNCTION apart.no({0}) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';"
    " CREATE OPERATOR apart.{1} (LEFTARG = name, RIGHTARG = name, FUNCTION = apart.no);"
    ' CREATE FUNCTION apart.concat_ws(text, text, text, "char") RETURNS text LANGUAGE sql IMMUTABLE AS'
    " $$ SELECT pg_catalog.concat_ws($1, $2, $3, 'A') $$;"
    " ALTER TABLE regimen_entry DISABLE TRIGGER regimen_entry_no_change"
)
POSTGRESQL += [
    TAKEN_FOR.format("text", "="),
    TAKEN_FOR.format("name", "<>"),
    "GRANT UPDATE ON regimen_schema TO PUBLIC",
    "GRANT DELETE ON regimen_schema TO PUBLIC",
    LYING.format("name, name", "<>") + "; ALTER DATABASE here SET search_path = apart, pg_catalog, public",
    LYING.format("name, name", "<>").replace("apart", "public").replace("CREATE SCHEMA public; ", ""),
]
BESIDE = {  # which is its owner's, and does nothing to what is ours
    "sqlite": [
        "CREATE TABLE mine (x REFERENCES regimen_patient)",
        "CREATE TABLE regimen_mine (x)",
        "CREATE TABLE mine (x); CREATE TRIGGER other AFTER INSERT ON mine BEGIN SELECT 1; END",
        "ANALYZE",
        "PRAGMA user_version = 7",
    ],
    "postgresql": [
        "CREATE TABLE mine (x text REFERENCES regimen_patient)",
        "CREATE TABLE regimen_mine (x int)",
        "CREATE FUNCTION mine() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM regimen_entry; END",
        "CREATE FUNCTION mine() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;"
        " CREATE EVENT TRIGGER mine ON ddl_command_end EXECUTE FUNCTION mine()",
        "CREATE STATISTICS mine ON chain, seq FROM regimen_entry",
        "COMMENT ON TABLE regimen_entry IS 'the log'",
        "ANALYZE",
        "ALTER DATABASE here SET default_transaction_read_only = on",
        *(
            f"ALTER DATABASE here SET {one}"
            for one in (
                "quote_all_identifiers = on",
                "statement_timeout = 5",
                "bytea_output = 'escape'",
                "IntervalStyle = 'sql_standard'",
                "DateStyle = 'German, DMY'",
                "TimeZone = 'Asia/Kathmandu'",
                "extra_float_digits = -15",
                "standard_conforming_strings = off",
                "transform_null_equals = on",
                "array_nulls = off",
                "lc_messages = 'C'",
                "row_security = off",
            )
        ),
        "ALTER INDEX regimen_entry_pk SET (fillfactor = 80, deduplicate_items = off)",
        "ALTER INDEX regimen_entry_occurred_on_idx SET (fillfactor = 80)",
        "ALTER TABLE regimen_entry SET (fillfactor = 80)",
        "CREATE SCHEMA apart; CREATE FUNCTION apart.mine(text, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
        " CREATE OPERATOR apart.= (LEFTARG = text, RIGHTARG = varchar, FUNCTION = apart.mine)",
        "ALTER ROLE postgres IN DATABASE here SET zero_damaged_pages = off",
        "CREATE SCHEMA apart; CREATE TABLE apart.regimen_person AS SELECT * FROM regimen_person",
        "CREATE TABLE mine (x text REFERENCES regimen_patient); ALTER TABLE mine DISABLE TRIGGER ALL",
        "GRANT SELECT, INSERT ON regimen_entry, regimen_entry_text TO PUBLIC",
        "GRANT SELECT, INSERT, UPDATE ON regimen_patient, regimen_person TO PUBLIC",
    ],
}


def make(url: str) -> None:
    desk = Desk(url)
    desk.walk("P1", "enrolled")
    desk.check()
    desk.close()


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory, postgresql_server: PostgreSQL) -> Copies:
    return Copies(tmp_path_factory.mktemp("objects"), postgresql_server, make)


@pytest.fixture
def url(copies: Copies, dialect: str) -> Iterator[str]:
    found = copies.new(dialect)
    yield found
    copies.drop(found)


def carry_out(url: str, text: str) -> None:
    if not url.startswith("postgresql"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.executescript(text)
        return
    engine = plain(url)
    with engine.connect() as connection, connection.begin():
        connection.execute(sa.text("SET LOCAL allow_system_table_mods = on"))
        name = str(engine.url.database)
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute(text.replace("DATABASE here", f"DATABASE {name}"))
    engine.dispose()


def verified(url: str) -> Report:
    transactions = Transactions(create_engine(url))
    try:
        return verify(transactions)
    finally:
        transactions.close()
        transactions.engine.dispose()


def test_what_is_kept_is_what_a_new_database_has(database_url: str) -> None:
    dialect = "sqlite" if database_url.startswith("sqlite") else "postgresql"
    assert made(database_url) == objects.expected(dialect)


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        *(pytest.param("sqlite", text, id=f"sqlite {i}: {text[:60]}") for i, text in enumerate(SQLITE)),
        *(pytest.param("postgresql", text, id=f"postgresql {i}: {text[:60]}") for i, text in enumerate(POSTGRESQL)),
    ],
)
def test_what_is_done_to_them_is_found(url: str, text: str) -> None:
    carry_out(url, text)
    found = verified(url).findings
    assert {finding.chain for finding in found} == {"database"}
    assert {finding.code for finding in found} & {"schema", "trigger"}
    assert {finding.code for finding in found} <= {"schema", "trigger", "unreadable", "integrity"}


@pytest.mark.parametrize("text", SCHEMA_ITSELF)
@pytest.mark.parametrize("dialect", ["sqlite"])
def test_what_is_done_to_the_schema_itself_is_found_though_the_database_may_no_longer_open(url: str, text: str) -> None:
    carry_out(url, text)
    assert not verified(url).sound


@pytest.mark.parametrize(("dialect", "text"), [(dialect, text) for dialect, texts in BESIDE.items() for text in texts])
def test_what_stands_beside_them_is_not_named(url: str, text: str) -> None:
    carry_out(url, text)
    assert verified(url).sound


@pytest.fixture
def writer(url: str) -> Iterator[str]:
    """Another role that may write here."""
    name = f"writer_{os.getpid()}"
    carry_out(url, f"CREATE ROLE {name} LOGIN; GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {name}")
    yield name
    carry_out(url, f"DROP OWNED BY {name}; DROP ROLE {name}")


HIDES = "CREATE SCHEMA {0}; CREATE TABLE {0}.regimen_person AS SELECT * FROM public.regimen_person"


@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            HIDES.format("apart") + "; ALTER ROLE {0} SET search_path = apart, public",
            "role {0} finds our tables in several schemas, apart and public: some hide the log's",
        ),
        (
            HIDES.format("{0}"),
            "role {0} finds our tables in several schemas, public and {0}: some hide the log's",
        ),
        (
            "ALTER ROLE {0} SET session_replication_role = replica",
            "the setting session_replication_role of role {0} is replica, which opens what is ours to others",
        ),
        (
            "CREATE SCHEMA apart; ALTER ROLE {0} IN DATABASE here SET search_path = apart, pg_catalog, public",
            "the setting search_path of role {0} is apart, pg_catalog, public, which opens what is ours to others",
        ),
    ],
)
def test_what_only_another_role_is_told_is_found(url: str, writer: str, text: str, said: str) -> None:
    carry_out(url, text.format(writer))
    assert [finding.message for finding in verified(url).findings] == [said.format(writer)]


@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize("through", ["pg_write_all_data", "pg_write_server_files", "owner", "member of the owner"])
def test_who_was_made_a_member_of_one_that_may_change_the_log_is_named(url: str, writer: str, through: str) -> None:
    names = [f"{name}_{os.getpid()}" for name in ("owner", "group")]
    owner, group = names
    carry_out(url, f"CREATE ROLE {owner}; CREATE ROLE {group}; GRANT {owner} TO {group}")
    if "owner" in through:
        tables = "; ".join(f"ALTER TABLE {table} OWNER TO {owner}" for table in objects.TABLES)
        functions = ("regimen_refuse", "regimen_refuse_unless_redacted")
        theirs = "; ".join(f"ALTER FUNCTION {name}() OWNER TO {owner}" for name in functions)
        carry_out(url, f"{tables}; {theirs}")
        assert verified(url).sound
    member = {"owner": owner, "member of the owner": group}.get(through, through)
    try:
        carry_out(url, f"GRANT {member} TO {writer}")
        role = f"{owner} who owns our tables" if "owner" in through else through
        said = f"the role {writer} can change the log: it is a member of {role}"
        assert [finding.message for finding in verified(url).findings] == [said]
    finally:
        carry_out(url, f"REVOKE {member} FROM {writer}; REASSIGN OWNED BY {owner} TO postgres; DROP ROLE {group}")
        carry_out(url, f"DROP OWNED BY {owner}; DROP ROLE {owner}")


@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize(
    "text",
    [
        "ALTER ROLE {0} SET default_transaction_read_only = on",
        "CREATE SCHEMA apart; ALTER ROLE {0} SET search_path = apart, public",
        HIDES.format("apart") + "; ALTER ROLE {0} SET search_path = public, apart",
        HIDES.format("apart") + "; ALTER ROLE {0} SET search_path = apart",  # another trial's, for all that we know
        "REVOKE INSERT ON ALL TABLES IN SCHEMA public FROM {0}; ALTER ROLE {0} SET session_replication_role = replica",
    ],
)
def test_what_does_no_harm_to_the_log_is_not_named(url: str, writer: str, text: str) -> None:
    carry_out(url, text.format(writer))
    assert verified(url).findings == []
