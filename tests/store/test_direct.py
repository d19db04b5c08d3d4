"""Statements on libpq's own calls: as the driver's cursor has them, prepared or not, interrupted or not."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from tests.library.desk import COORDINATOR, Desk, day
from workflow import Trial
from workflow.errors import ConnectionLost, DatabaseBusy, DatabaseError, InvalidInput, LostRace, WorkflowError
from workflow.store import log
from workflow.store.direct import Direct
from workflow.store.engine import create_engine
from workflow.store.schema import chain as chain_table
from workflow.store.transaction import Statement, Transaction

pytestmark = pytest.mark.usefixtures("hasty")


@pytest.fixture
def desk(postgresql_url: str) -> Iterator[Desk]:
    desk = Desk(postgresql_url)
    desk.walk()
    yield desk
    desk.close()


def counts(trial: Trial, **more: Any) -> None:
    assert trial.record_counts("P1", by=COORDINATOR, anc="1", platelets="50", on=day(3), **more).allowed


def counted(desk: Desk) -> None:
    counts(desk.trial)


def command(trial: Trial, *, theirs: bool) -> None:
    """In a transaction of its own, or in the caller's."""
    with trial.transaction() if theirs else nullcontext() as connection:
        counts(trial, connection=connection)


@contextmanager
def another(desk: Desk, warm: int) -> Iterator[Trial]:
    """The same trial on connections of its own, after so many commands: from the fifth on statements are prepared."""
    with Trial.open(desk.url, clock=desk.clock) as trial:
        for _ in range(warm):
            counts(trial)
        yield trial


def prepared(trial: Trial) -> set[str]:
    """The names of what is prepared on the connection that this thread's commands go through."""
    with trial._transactions.writing() as tx:
        return set(tx.connection.exec_driver_sql("SELECT name FROM pg_prepared_statements").scalars())


def ours(names: set[str]) -> list[str]:
    return [name for name in names if name.startswith("regimen_")]


@pytest.mark.parametrize("runs", [1, 7], ids=["sent as it is", "prepared"])
def test_values_go_in_and_come_out_as_by_the_drivers_cursor(postgresql_url: str, runs: int) -> None:
    engine = create_engine(postgresql_url)
    values = (
        "naïve 'text' %s $1 \\",
        2**40,
        b"\x00\xff'",
        None,
        "2024-02-29",
        "2024-02-29T09:00:00.000001Z",
        "",
        day(1),
    )
    casts = ("text", "bigint", "bytea", "text", "date", "timestamptz", "text", "date")
    with engine.connect() as connection:
        direct, driver = Direct(connection), connection.connection.cursor()
        driver.execute("BEGIN")
        for _ in range(runs):
            direct.execute("SELECT " + ", ".join(f"${n}::{kind}" for n, kind in enumerate(casts, 1)), values)
        driver.execute("SELECT " + ", ".join(f"%s::{kind}" for kind in casts), values)
        assert direct.fetchall() == driver.fetchall()
        direct.execute("SELECT $1::text WHERE false", ("",))
        assert (direct.fetchone(), direct.fetchall()) == (None, [])
        direct.execute("CREATE TEMPORARY TABLE t (n integer); INSERT INTO t SELECT generate_series(1, 3)")
        direct.execute("UPDATE t SET n = n + $1::integer WHERE n > 1", (1,))
        assert direct.rowcount == 2
    engine.dispose()


def test_text_is_sent_whole_or_not_at_all(desk: Desk) -> None:
    for _ in range(7):
        counted(desk)
    with pytest.raises(InvalidInput, match="x00"), desk.trial._transactions.writing() as tx:
        tx._cursor.execute("SELECT $1::text", ("all of\x00 it",))
    counted(desk)
    desk.check()


def test_what_is_run_often_is_prepared(desk: Desk) -> None:
    with Trial.open(desk.url, clock=desk.clock) as trial:
        for runs, some in ((3, False), (4, True)):
            for _ in range(runs):
                counts(trial)
            assert bool(ours(prepared(trial))) is some


def test_nothing_is_prepared_where_a_pooler_would_lose_it(desk: Desk) -> None:
    engine = sa.create_engine(desk.url, connect_args={"prepare_threshold": None})
    with Trial(engine, clock=desk.clock) as trial:
        for _ in range(9):
            counts(trial)
        assert not prepared(trial)
    engine.dispose()


def test_what_was_prepared_and_is_gone_is_prepared_anew(desk: Desk) -> None:
    for _ in range(7):
        counted(desk)
    for forget in ("DEALLOCATE ALL", "DISCARD ALL"):
        with desk.trial._transactions.writing() as tx:
            raw: Any = tx.connection.connection.driver_connection
        raw.execute(forget)
        counted(desk)
        desk.check()


def test_in_a_transaction_it_is_the_callers_to_repeat(desk: Desk) -> None:
    for _ in range(7):
        counted(desk)
    before = desk.everything()

    def transaction() -> None:
        with desk.trial.transaction() as connection:
            connection.exec_driver_sql("DEALLOCATE ALL")
            counts(desk.trial, connection=connection)

    with pytest.raises(LostRace):
        transaction()
    assert desk.everything() == before
    counted(desk)


@contextmanager
def interrupted(seconds: float) -> Iterator[None]:
    """Ctrl-C after so long."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("warm", [0, 7], ids=["sent as it is", "prepared"])
@pytest.mark.parametrize("theirs", [False, True], ids=["own transaction", "caller's"])
def test_ctrl_c_ends_the_wait_for_a_lock(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, warm: int, *, theirs: bool
) -> None:
    monkeypatch.setattr("workflow.store.engine.BUSY_SECONDS", 60)
    with another(desk, warm) as trial:
        before = desk.everything()
        with desk.trial.engine.begin() as holder:
            holder.exec_driver_sql("SELECT 1 FROM regimen_patient FOR UPDATE")
            begun = time.monotonic()
            with pytest.raises(KeyboardInterrupt), interrupted(0.3):
                command(trial, theirs=theirs)
            assert time.monotonic() - begun < 10
        assert desk.everything() == before
        command(trial, theirs=theirs)
        desk.check()


def test_a_transaction_in_which_nothing_is_done_costs_no_trip(desk: Desk) -> None:
    with desk.trial._transactions.writing() as tx:
        raw: Any = tx.connection.connection.driver_connection
    assert raw.info.transaction_status.name == "IDLE"
    counted(desk)


def test_whatever_comes_first_is_in_the_transaction(desk: Desk) -> None:
    counted(desk)
    before = desk.everything()
    chain = {"name": "another", "seq": 1, "head": bytes(32)}

    def callers(tx: Transaction) -> None:
        tx.start()
        cursor = tx.connection.connection.cursor()
        cursor.execute("INSERT INTO regimen_chain VALUES ('another', 1, '')")

    firsts: list[Callable[[Transaction], object]] = [
        lambda tx: tx.run(log.ADD_HEAD, chain),
        lambda tx: tx.run_many(log.ADD_HEAD, [chain]),
        lambda tx: list(tx.stream(Statement(sa.select(chain_table)), {})),  # the server takes no cursor outside of one
        lambda tx: tx.connection.execute(sa.insert(chain_table), chain),
        callers,
    ]

    def fails(first: Callable[[Transaction], object]) -> None:
        with desk.trial._transactions.writing() as tx:
            first(tx)
            raise ZeroDivisionError

    for first in firsts:
        with pytest.raises(ZeroDivisionError):
            fails(first)
        assert desk.everything() == before


def test_a_statement_of_the_engines_may_come_first(desk: Desk) -> None:
    for _ in range(7):
        counted(desk)
    before = desk.seq()
    assert desk.trial.advance_many(["P1"], "withdraw", by=COORDINATOR, on=day(30))[0].allowed
    assert desk.seq() == before + 1
    desk.check()


# ── what fails ─────────────────────────────────────────────────────────────────────────────────────────────────────

WRONG = {
    "no statement": "SELEC $1::text",
    "division": "SELECT 1 / length($1::text)",
    "no table": "SELECT $1::text FROM nowhere",
    "twice": "INSERT INTO regimen_chain SELECT * FROM regimen_chain WHERE $1::text = ''",
    "append-only": "UPDATE regimen_entry SET actor = $1::text",
    "a lock": "SELECT $1::text FROM regimen_chain FOR UPDATE NOWAIT",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_errors_are_the_drivers_own_and_leave_what_it_leaves(desk: Desk, text: str) -> None:
    with desk.trial.engine.connect() as holder, desk.trial.engine.connect() as connection:
        holder.exec_driver_sql("SELECT 1 FROM regimen_chain FOR UPDATE")
        direct, raw = Direct(connection), connection.connection.driver_connection
        assert raw is not None
        found = []
        for run in (
            lambda: direct.execute(text, ("",)),
            lambda: raw.execute(text.replace("$1", "%s"), ("",)),
        ):
            direct.execute("BEGIN")
            with pytest.raises(psycopg.Error) as error:
                run()
            assert raw.info.transaction_status.name == "INERROR"
            with pytest.raises(psycopg.errors.InFailedSqlTransaction):
                direct.execute("SELECT 1")
            direct.end("ROLLBACK")
            assert raw.info.transaction_status.name == "IDLE"
            found.append((type(error.value), error.value.sqlstate, str(error.value.diag.message_primary)))
        assert found[0] == found[1]
        direct.execute("SELECT 1")
        assert direct.fetchone() == (1,)


def test_what_the_server_notes_reaches_who_listens(desk: Desk) -> None:
    heard: list[str | None] = []
    with desk.trial._transactions.writing() as tx:
        raw: Any = tx.connection.connection.driver_connection
        raw.add_notice_handler(lambda diag: heard.append(diag.message_primary))
        tx.plain("DO $$ BEGIN RAISE NOTICE 'mind'; END $$")
    assert heard == ["mind"]


def raised(state: str) -> str:
    return f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"


@pytest.mark.parametrize(
    ("state", "ours"),
    [
        ("40001", LostRace),
        ("40P01", LostRace),
        ("23505", LostRace),
        ("57014", DatabaseBusy),
        ("55P03", DatabaseBusy),
        ("57P01", ConnectionLost),
        ("22000", DatabaseError),
    ],
)
@pytest.mark.parametrize("theirs", [False, True], ids=["own transaction", "caller's"])
def test_what_failed_is_said_in_our_words_and_nothing_of_it_is_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, state: str, ours: type[WorkflowError], *, theirs: bool
) -> None:
    for _ in range(7):
        counted(desk)
    before, move_on = desk.everything(), log.move_on

    def fails(tx: Any, *values: Any) -> None:
        move_on(tx, *values)
        tx.plain(raised(state))

    with monkeypatch.context() as context:
        context.setattr("workflow.desk.write.log.move_on", fails)
        with pytest.raises(ours) as error:
            command(desk.trial, theirs=theirs)
    assert type(error.value) is ours
    assert desk.everything() == before
    command(desk.trial, theirs=theirs)
    desk.check()


def test_in_a_callers_transaction_what_failed_leaves_the_rest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(7):
        counted(desk)
    before, move_on = desk.seq(), log.move_on

    def fails(tx: Any, *values: Any) -> None:
        move_on(tx, *values)
        tx.plain(raised("22000"))

    with desk.trial.transaction() as connection:
        counts(desk.trial, connection=connection)
        with monkeypatch.context() as context:
            context.setattr("workflow.desk.write.log.move_on", fails)
            with pytest.raises(DatabaseError):
                counts(desk.trial, connection=connection)
        counts(desk.trial, connection=connection)
    assert desk.seq() == before + 2
    desk.check()


@pytest.mark.parametrize("warm", [0, 7], ids=["sent as it is", "prepared"])
@pytest.mark.parametrize("theirs", [False, True], ids=["own transaction", "caller's"])
def test_a_lock_is_not_waited_for_without_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, warm: int, *, theirs: bool
) -> None:
    monkeypatch.setattr("workflow.store.engine.BUSY_SECONDS", 0.2)
    with another(desk, warm) as trial:
        before = desk.everything()
        with desk.trial.engine.begin() as holder:
            holder.exec_driver_sql("SELECT 1 FROM regimen_patient FOR UPDATE")
            for _ in range(2):
                with pytest.raises(DatabaseBusy):
                    command(trial, theirs=theirs)
        assert desk.everything() == before
        command(trial, theirs=theirs)
        desk.check()


def ends(desk: Desk, trial: Trial) -> Callable[[], None]:
    """What ends the session on the server that ``trial`` writes through."""
    with trial._transactions.writing() as tx:
        raw: Any = tx.connection.connection.driver_connection
    pid = raw.info.backend_pid

    def end() -> None:
        with desk.trial.engine.begin() as connection:
            assert connection.exec_driver_sql("SELECT pg_terminate_backend(%s, 5000)", (pid,)).scalar()

    return end


@pytest.mark.parametrize("warm", [0, 7], ids=["sent as it is", "prepared"])
@pytest.mark.parametrize("theirs", [False, True], ids=["own transaction", "caller's"])
@pytest.mark.parametrize("when", ["before", "behind the lock", "behind the entry", "while it waits"])
def test_of_a_session_that_ends_nothing_is_kept_and_the_next_command_has_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, warm: int, when: str, *, theirs: bool
) -> None:
    with another(desk, warm) as trial, monkeypatch.context() as context:
        end, before, move_on = ends(desk, trial), desk.everything(), log.move_on

        def moves_on(tx: Any, *values: Any) -> None:
            if when == "behind the lock":
                end()
            move_on(tx, *values)
            if when == "behind the entry":
                end()

        context.setattr("workflow.desk.write.log.move_on", moves_on)
        if when == "before":
            end()
        later = threading.Timer(0.3, end)
        with desk.trial.engine.begin() as holder:
            if when == "while it waits":
                holder.exec_driver_sql("SELECT 1 FROM regimen_patient FOR UPDATE")
                later.start()
            with pytest.raises(ConnectionLost) as error:
                command(trial, theirs=theirs)
            if when == "while it waits":
                later.join()
        assert error.value.retry
        context.undo()
        assert desk.everything() == before
        command(trial, theirs=theirs)
        desk.check()


class Stopped(dict[str, bytes]):
    def __getitem__(self, key: str) -> bytes:
        raise KeyboardInterrupt


@pytest.mark.parametrize("where", ["before a word is sent", "before the answer"])
def test_a_connection_that_was_left_in_the_midst_is_let_go(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    with another(desk, 7) as trial:
        with trial._transactions.writing() as tx:
            raw: Any = tx.connection.connection.driver_connection
            direct = tx._ours
            assert direct is not None
        before = desk.everything()

        def stop(generator: object) -> None:
            raise KeyboardInterrupt

        if where == "before the answer":
            monkeypatch.setattr(raw, "wait", stop)
        else:
            monkeypatch.setattr(direct, "_names", Stopped(direct._names))
        with pytest.raises(KeyboardInterrupt):
            counts(trial)
        assert raw.closed
        assert desk.everything() == before
        counts(trial)
        desk.check()
