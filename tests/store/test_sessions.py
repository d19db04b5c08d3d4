"""PostgreSQL: a session is what we rely on, whatever the server, the database, the role or the caller has it at."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count, product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import PostgreSQL
from tests.ledger.conftest import furnish
from tests.library.desk import ADMIN, COORDINATOR, INVESTIGATOR, Desk, day
from tests.toy import TOY
from workflow import Filter, Result, Trial
from workflow.errors import ConnectionLost, DatabaseBusy, DatabaseError, InvalidInput, WorkflowError
from workflow.store import engine as engines

Named = Callable[..., str]


@pytest.fixture
def named(postgresql_server: PostgreSQL) -> Iterator[Named]:
    """Makes a database with the words behind CREATE DATABASE; the URL of it."""
    urls: list[str] = []

    def new(words: str = "", **defaults: str) -> str:
        name = f"session_{len(urls)}"
        postgresql_server.admin.execute(f"CREATE DATABASE {name} {words}")
        for setting, value in defaults.items():
            postgresql_server.admin.execute(f"ALTER DATABASE {name} SET {setting} TO '{value}'")
        urls.append(f"postgresql+psycopg://postgres@/{name}?host={postgresql_server.folder}")
        return urls[-1]

    yield new
    for url in urls:
        postgresql_server.drop(url)


def counted(desk: Desk, **more: Any) -> Result:
    """A command on P1 that is allowed."""
    return desk.trial.record_counts("P1", by=COORDINATOR, anc="2.5", platelets="120", on=day(3), **more).or_raise()


def showing(connection: sa.Connection, *names: str) -> dict[str, str]:
    return {name: str(connection.scalar(sa.text(f"SHOW {name}"))) for name in names}


# ── refused by name, when the trial is opened ──────────────────────────────────────────────────────────────────────

UNFIT: list[tuple[dict[str, Any], str]] = [
    ({"isolation_level": "AUTOCOMMIT"}, "AUTOCOMMIT"),
    ({"execution_options": {"isolation_level": "AUTOCOMMIT"}}, "AUTOCOMMIT"),
    ({"connect_args": {"autocommit": True}}, "AUTOCOMMIT"),
    ({"skip_autocommit_rollback": True}, "AUTOCOMMIT"),
    ({"isolation_level": "SERIALIZABLE"}, "SERIALIZABLE"),
    ({"isolation_level": "REPEATABLE READ"}, "REPEATABLE READ"),
    ({"execution_options": {"isolation_level": "SERIALIZABLE"}}, "SERIALIZABLE"),
    ({"client_encoding": "latin1"}, "LATIN1"),
    ({"connect_args": {"client_encoding": "sql_ascii"}}, "SQL_ASCII"),
]


@pytest.mark.parametrize(("options", "name"), UNFIT, ids=lambda each: str(each))
def test_an_engine_that_is_made_for_something_else_is_refused(
    postgresql_url: str, options: dict[str, Any], name: str
) -> None:
    engine = sa.create_engine(postgresql_url, **options)
    with pytest.raises(InvalidInput, match=name) as error:
        Trial.init(engine, by=ADMIN, protocols=(TOY,))
    assert error.value.hint is not None
    Trial.init(postgresql_url, by=ADMIN, protocols=(TOY,)).close()  # nothing was there
    with pytest.raises(InvalidInput, match=name):
        Trial(engine)
    engine.dispose()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_does_not_keep_every_text_is_refused(named: Named, encoding: str) -> None:
    url = named(f"ENCODING '{encoding}' TEMPLATE template0")
    engines = [sa.create_engine(url), sa.create_engine(url, client_encoding="utf8")]
    for given in (url, *engines):
        with pytest.raises(DatabaseError, match=encoding) as error:
            Trial.init(given, by=ADMIN)
        assert "ENCODING 'UTF8'" in str(error.value.hint)
    for engine in engines:
        engine.dispose()


def test_an_engine_of_another_driver_is_refused() -> None:
    driver = SimpleNamespace(__version__="1.31", paramstyle="format")
    engine = sa.create_engine("postgresql+pg8000://host/name", module=driver)
    with pytest.raises(InvalidInput, match=r"postgresql\+pg8000"):
        Trial(engine)


# ── set with the BEGIN ─────────────────────────────────────────────────────────────────────────────────────────────

HOSTILE = {
    "DateStyle": "German, DMY",
    "TimeZone": "Asia/Kathmandu",
    "IntervalStyle": "sql_standard",
    "bytea_output": "escape",
    "client_encoding": "LATIN1",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "synchronous_commit": "off",
    "lock_timeout": "0",
}


@pytest.mark.parametrize("own", [True, False], ids=["a URL", "an engine"])
def test_the_databases_own_defaults_do_not_matter(named: Named, *, own: bool) -> None:
    url = named(**HOSTILE)
    engine = sa.create_engine(url, client_encoding="utf8")
    desk = Desk(url if own else engine)
    desk.walk()
    desk.trial.hold("P1", by=COORDINATOR, code="other", on=day(3), note="Müller → Łódź")
    with desk.trial._transactions.writing() as tx:
        assert showing(tx.connection, "DateStyle", "TimeZone", "synchronous_commit", "lock_timeout") == {
            "DateStyle": "ISO, DMY",
            "TimeZone": "UTC",
            "synchronous_commit": "on",
            "lock_timeout": "10s",
        }
        assert showing(tx.connection, "transaction_isolation") == {"transaction_isolation": "read committed"}
    with desk.trial._transactions.reading() as tx:
        assert showing(tx.connection, "DateStyle", "TimeZone") == {"DateStyle": "ISO, DMY", "TimeZone": "UTC"}
    desk.check()
    assert desk.trial.log(limit=1, last=True)[0].recorded_at.utcoffset() is not None
    desk.close()
    engine.dispose()


def test_a_commit_that_waits_for_more_goes_on_waiting_for_it(named: Named) -> None:
    desk = Desk(named(synchronous_commit="remote_apply"))
    with desk.trial._transactions.writing() as tx:
        assert showing(tx.connection, "synchronous_commit") == {"synchronous_commit": "remote_apply"}
    with desk.trial.engine.begin() as connection:
        desk.enrol("P1", connection=connection)
        assert showing(connection, "synchronous_commit") == {"synchronous_commit": "remote_apply"}
    desk.close()


def test_a_time_in_which_nothing_can_be_done_is_made_a_minute(named: Named) -> None:
    """And one in which much can be is its owner's to set."""
    desk = Desk(named())
    desk.walk()
    with desk.trial.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name, value in {"statement_timeout": "5", "idle_in_transaction_session_timeout": "1"}.items():
            connection.exec_driver_sql(f"ALTER DATABASE {desk.trial.engine.url.database} SET {name} = {value}")
    desk.trial._transactions.close()  # as their sessions begin, so they go on
    with desk.trial.transaction() as connection:
        counted(desk, connection=connection)
        time.sleep(0.1)
        counted(desk, connection=connection)
        assert showing(connection, "statement_timeout") == {"statement_timeout": "1min"}
    desk.check()
    desk.close()
    long = {"statement_timeout": "2min", "idle_in_transaction_session_timeout": "1h"}
    with Trial.init(named(**long), by=ADMIN) as trial, trial.transaction() as connection:
        assert showing(connection, *long) == long


def test_where_there_is_no_schema_nothing_is_made(named: Named) -> None:
    """Least of all tables that are gone with the session."""
    with pytest.raises(DatabaseError, match="no schema"):
        Trial.init(named(search_path="nowhere"), by=ADMIN, protocols=(TOY,))


def test_what_is_temporary_hides_no_table(postgresql_url: str) -> None:
    desk = Desk(postgresql_url)
    desk.walk()
    with desk.trial.transaction() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE regimen_patient (LIKE public.regimen_patient)")
        assert desk.trial.show("P1", connection=connection).seq == desk.seq()
    engine = sa.create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE regimen_patient (LIKE public.regimen_patient)")
        counted(desk, connection=connection)
    engine.dispose()
    desk.check()
    desk.close()


# ── nothing of anybody else's is asked ─────────────────────────────────────────────────────────────────────────────

TYPES = ("text", "varchar", "name", '"char"', "bytea", "int2", "int4", "int8", "oid", "date", "timestamptz", "boolean")
SIGNS = ("=", "<>", "<", ">", "<=", ">=", "~~", "!~~", "||", "^@", "~")
FUNCTIONS = (  # of the names and arguments that ours could be taken for, in a schema that everybody looks in
    "to_char(timestamp, text)",
    "to_char(timestamp, varchar)",
    "timezone(varchar, timestamptz)",
    'concat_ws(text, text, text, "char")',
    'concat_ws(text, "char", "char", text, text, text, text, text, text)',
    "current_setting(varchar)",
    "set_config(varchar, varchar, boolean)",
    "lower(varchar)",
    "split_part(text, varchar, int4)",
)


def traps(schema: str) -> Iterator[str]:
    """Operators and functions that end whatever asks them, of all types for which PostgreSQL has none of its own."""
    yield f"CREATE SCHEMA IF NOT EXISTS {schema}"
    for place, (left, right) in enumerate(product(TYPES, TYPES)):
        words = "RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'caught'; END $$"
        yield f"CREATE FUNCTION {schema}.trap_{place}({left}, {right}) {words}"
        for sign in SIGNS:
            both = f"LEFTARG = {left}, RIGHTARG = {right}"
            yield f"CREATE OPERATOR {schema}.{sign} ({both}, FUNCTION = {schema}.trap_{place})"
    for function in FUNCTIONS:
        yield f"CREATE FUNCTION {schema}.{function} RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'caught'; END $$"


@pytest.mark.parametrize("path", ["public", "apart, pg_catalog, public"])
def test_nobody_elses_operator_or_function_is_asked(named: Named, path: str) -> None:
    """Not even where their owner has them found before PostgreSQL's own."""
    url = named()
    desk = Desk(url)
    schema = path.partition(",")[0]
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("; ".join(traps(schema)))
        connection.exec_driver_sql(f"ALTER DATABASE {engine.url.database} SET search_path = {path}")
    engine.dispose()
    desk.trial.close()
    desk.trial = desk.again()
    furnish(desk)
    trial = desk.trial
    everything: dict[str, Any] = {"kind": "counts", "outcome": "allowed", "actor": "carl", "trigger": None}
    for name, value in everything.items():
        trial.log(Filter(**{name: value}))
    trial.log(Filter(occurred_from=day(1), recorded_to=date(2030, 1, 1)), limit=2, last=True)
    assert len([*trial.log_pages(Filter(patient="P1"))]) == 1
    assert len(trial.patient_ids("P", limit=3)) == 3
    assert trial.people()
    assert trial.due(on=day(400), arm="A").items
    trial.due(on=day(400), after="2024-01-01/P1")
    trial.patients()
    trial.advance_many(["P1", "P2"], by=INVESTIGATOR, on=day(85))
    trial.upgrade(by=ADMIN)
    with sa.create_engine(url, poolclass=sa.NullPool, use_native_hstore=False).connect() as connection:
        trial.record_consent("P2", by=COORDINATOR, on=day(1), connection=connection).or_raise()
        assert trial.show("P1", connection=connection).id == "P1"
        assert showing(connection, "search_path") == {"search_path": path}
        connection.commit()
    for patient in (None, "P1"):
        report = trial.verify(patient=patient)
        assert {one.code for one in report.findings} <= {"schema"}, report.findings
    desk.close()


def trips(raw: Any, work: Callable[[], object]) -> list[str]:
    """The messages after which a connection waits for an answer, while ``work`` is done."""
    with tempfile.TemporaryFile() as file:
        raw.pgconn.trace(file.fileno())
        try:
            work()
        finally:
            raw.pgconn.untrace()
        file.seek(0)
        sent = (line.split("\t") for line in file.read().decode().splitlines())
        return [words[3] for words in sent if words[1:2] == ["F"] and words[3] in ("Query", "Sync")]


def test_what_is_set_costs_no_trip(postgresql_url: str) -> None:
    """BEGIN with the settings and the row locked, the row moved on with its entry, COMMIT."""
    desk = Desk(postgresql_url)
    desk.walk()
    for _ in range(7):
        counted(desk)  # until the statements are prepared: before, the BEGIN goes by itself
    with desk.trial._transactions.writing() as tx:
        raw = tx.connection.connection.driver_connection
    assert len(trips(raw, lambda: counted(desk))) == 3
    desk.close()


def test_behind_a_pooler_no_statement_is_prepared(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next transaction may be in another session, where a statement of that name is another's."""

    def prepared(desk: Desk, engine: sa.Engine) -> list[int]:
        for _ in range(12):
            counted(desk)
            with engine.begin() as connection:
                counted(desk, connection=connection)
        with engine.connect() as theirs, desk.trial._transactions.writing() as tx:
            asked = sa.text("SELECT count(*) FROM pg_prepared_statements")
            return [connection.scalar(asked) or 0 for connection in (tx.connection, theirs)]

    def desk_on(engine: sa.Engine) -> Desk:
        desk.trial.close()
        desk.trial = Trial(engine, clock=desk.clock)
        return desk

    desk = Desk(postgresql_url)
    desk.walk()
    engine = sa.create_engine(postgresql_url)
    assert all(prepared(desk_on(engine), engine))
    monkeypatch.setattr("workflow.store.engine._WHO", engines._WHO.replace("pid()", "pid() + 1"))  # as a pooler has it
    desk.trial.close()
    engine.dispose()
    pooled = sa.create_engine(postgresql_url)
    assert prepared(desk_on(pooled), pooled) == [0, 0]
    desk.trial.close()
    pooled.dispose()


# ── the caller's own transaction ───────────────────────────────────────────────────────────────────────────────────


def test_the_callers_settings_are_theirs_again_after_each_command(named: Named) -> None:
    desk = Desk(named(**{**HOSTILE, "lock_timeout": "77s"}))
    desk.walk()
    engine = sa.create_engine(desk.url, client_encoding="utf8")
    theirs = ("DateStyle", "TimeZone", "lock_timeout")
    with engine.connect().execution_options(isolation_level="READ COMMITTED") as connection:
        before = showing(connection, *theirs)
        assert before == {"DateStyle": "German, DMY", "TimeZone": "Asia/Kathmandu", "lock_timeout": "77s"}
        counted(desk, connection=connection)
        assert showing(connection, *theirs) == before
        assert showing(connection, "synchronous_commit") == {"synchronous_commit": "on"}  # until their commit
        with pytest.raises(WorkflowError):
            desk.trial.advance("P9", by=COORDINATOR, connection=connection)
        assert showing(connection, *theirs) == before
        assert desk.trial.show("P1", connection=connection).seq == desk.seq() + 1
        connection.commit()
    desk.check()
    engine.dispose()
    desk.close()


@pytest.mark.parametrize("how", ["the engine's", "the connection's", "the transaction's", "the role's"])
def test_a_callers_transaction_that_sees_an_older_state_is_refused(
    postgresql_server: PostgreSQL, postgresql_url: str, how: str
) -> None:
    """Who was deactivated meanwhile would still act in it."""
    desk = Desk(postgresql_url)
    desk.walk()
    seq = desk.seq()
    level = "SERIALIZABLE"
    engine = sa.create_engine(postgresql_url, isolation_level=level if how == "the engine's" else None)
    if how == "the role's":
        name = sa.make_url(postgresql_url).database
        postgresql_server.admin.execute(f"ALTER DATABASE {name} SET default_transaction_isolation TO 'serializable'")
    with engine.connect() as connection:
        if how == "the connection's":
            connection = connection.execution_options(isolation_level=level)
        if how == "the transaction's":
            connection.execute(sa.text(f"SET TRANSACTION ISOLATION LEVEL {level}"))
        with pytest.raises(InvalidInput, match=level):
            counted(desk, connection=connection)
        assert connection.scalar(sa.text("SELECT 1")) == 1
    assert desk.seq() == seq
    engine.dispose()
    desk.close()


def test_a_failed_statement_that_was_passed_over_is_no_silent_rollback(postgresql_url: str) -> None:
    """PostgreSQL answers COMMIT with ROLLBACK, and no error, once a statement has failed."""
    desk = Desk(postgresql_url)
    desk.walk()
    seq = desk.seq()
    with pytest.raises(DatabaseError, match="nothing of it is kept"), desk.trial.transaction() as connection:  # noqa: PT012 - its end is what raises
        assert counted(desk, connection=connection).allowed
        with pytest.raises(sa.exc.ProgrammingError):
            connection.execute(sa.text("SELECT nothing"))
    assert desk.seq() == seq
    assert counted(desk).allowed
    desk.close()


# ── what is worth a retry ──────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def locked(desk: Desk) -> Iterator[None]:
    engine = sa.create_engine(desk.url)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT * FROM regimen_patient FOR UPDATE"))
        yield
    engine.dispose()


def test_a_lock_that_is_not_given_back_is_waited_for_and_then_said(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflow.store.engine.BUSY_SECONDS", 0.05)
    desk = Desk(postgresql_url)
    desk.walk()
    with locked(desk):
        with pytest.raises(DatabaseBusy, match="locked by another command") as error:
            counted(desk)
        assert error.value.retry
        with desk.trial.engine.begin() as connection, pytest.raises(DatabaseBusy):
            counted(desk, connection=connection)
    assert counted(desk).allowed
    desk.close()


def test_a_statement_that_took_too_long_is_worth_a_retry(named: Named, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow.store.engine.PATIENCE", 0.1)
    desk = Desk(named(statement_timeout="200ms"))
    desk.walk()
    with locked(desk), pytest.raises(DatabaseBusy, match="timed out") as error:
        counted(desk)
    assert error.value.retry
    assert counted(desk).allowed
    desk.close()


def test_a_lost_connection_is_worth_a_retry(postgresql_server: PostgreSQL, postgresql_url: str) -> None:
    desk = Desk(postgresql_url)
    desk.walk()
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    ids = count(2)
    for ask in (desk.seq, lambda: counted(desk), lambda: desk.enrol(f"P{next(ids)}")):
        ask()
        postgresql_server.admin.execute(end, [sa.make_url(postgresql_url).database])
        with pytest.raises(ConnectionLost) as error:
            ask()
        assert error.value.retry
        ask()
    with pytest.raises(ConnectionLost), desk.trial.transaction() as connection:  # noqa: PT012 - in the midst of it
        counted(desk, connection=connection)
        postgresql_server.admin.execute(end, [sa.make_url(postgresql_url).database])
        counted(desk, connection=connection)
    desk.check()
    desk.close()


def test_a_server_that_is_not_there_is_worth_a_retry_and_a_wrong_name_is_not(postgresql_url: str) -> None:
    with pytest.raises(ConnectionLost) as lost:
        Trial.open("postgresql://postgres@127.0.0.1:1/regimen")
    assert lost.value.retry
    with pytest.raises(DatabaseError) as wrong:
        Trial.open(postgresql_url.replace("test_", "nothing_"))
    assert not wrong.value.retry
    with pytest.raises(DatabaseError) as wrong:
        Trial.open(postgresql_url.replace("postgres@", "nobody@"))
    assert not wrong.value.retry


def test_where_no_connection_can_be_made_nothing_was_sent(tmp_path: Path) -> None:
    """There is nothing to look for in the log, with or without a request id."""
    with pytest.raises(ConnectionLost) as error:
        Trial.open(f"postgresql:///regimen?host={tmp_path}")
    assert str(error.value.hint).startswith("nothing was sent, and nothing is recorded")
