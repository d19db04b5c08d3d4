"""A service's own writes and ours in one transaction: all of them are kept, or none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa

from tests.library.desk import (
    ADMIN,
    CONSOLIDATION,
    COORDINATOR,
    DAY_30,
    INDUCTION,
    INVESTIGATOR,
    Desk,
    day,
)
from workflow import Actor, Trial
from workflow.desk.write import Writer
from workflow.errors import (
    Conflict,
    InvalidInput,
    RequestIdReused,
    UnknownPatient,
    UnknownPerson,
    UnknownTrigger,
)

NOTES = sa.Table("service_note", sa.MetaData(), sa.Column("text", sa.Text))


class Stop(Exception):
    """The service changes its mind."""


@pytest.fixture
def service(desk: Desk) -> Iterator[Desk]:
    """A trial and a service's own table in one database; P1 may start the next cycle."""
    with desk.trial.engine.begin() as connection:
        NOTES.create(connection)
    desk.walk()
    desk.counts("P1", on=day(28))
    yield desk
    with desk.trial.engine.begin() as connection:
        NOTES.drop(connection)


def notes(desk: Desk) -> list[Any]:
    return [row["text"] for row in desk.rows(NOTES)]


def note(connection: sa.Connection, text: str) -> None:
    connection.execute(NOTES.insert(), {"text": text})


# ── the caller's connection ────────────────────────────────────────────────────────────────────────────────────────


def test_the_callers_commit_keeps_both(service: Desk) -> None:
    with service.trial.engine.begin() as connection:
        note(connection, "before")
        result = service.trial.advance("P1", by=COORDINATOR, on=day(29), connection=connection)
        note(connection, "after")
    assert (result.state, service.state(), notes(service)) == (CONSOLIDATION, CONSOLIDATION, ["before", "after"])
    service.check()


def test_the_callers_rollback_undoes_both(service: Desk) -> None:
    before = service.everything()
    with suppress(Stop), service.trial.engine.begin() as connection:
        note(connection, "before")
        assert service.trial.advance("P1", by=COORDINATOR, on=day(29), connection=connection).allowed
        raise Stop
    assert service.everything() == before
    assert notes(service) == []


def test_a_command_does_not_commit_by_itself(service: Desk) -> None:
    with service.trial.engine.connect() as connection:
        service.trial.advance("P1", by=COORDINATOR, on=day(29), connection=connection)
        assert connection.in_transaction()
        connection.rollback()
    assert service.state() == INDUCTION
    with service.trial.engine.connect() as connection:
        service.trial.advance("P1", by=COORDINATOR, on=day(29), connection=connection)
        connection.commit()
    assert service.state() == CONSOLIDATION


def test_what_was_written_in_the_transaction_is_seen_in_it(service: Desk) -> None:
    with service.trial.engine.begin() as connection:
        service.trial.advance("P1", by=COORDINATOR, on=day(29), connection=connection)
        assert service.trial.show("P1", connection=connection).state == CONSOLIDATION
        assert service.trial.next("P1", connection=connection).patient.state == CONSOLIDATION


FAILING: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"patient": "P9"}, UnknownPatient),
    ({"by": Actor("nobody")}, UnknownPerson),
    ({"trigger": "fly"}, UnknownTrigger),
    ({"trigger": "death"}, InvalidInput),
    ({"expect": 1}, Conflict),
    ({"request_id": "taken"}, RequestIdReused),
]


@pytest.mark.parametrize(("wrong", "error"), FAILING, ids=lambda each: getattr(each, "__name__", None))
def test_a_failed_command_leaves_nothing_of_ours_and_the_callers_writes_alone(
    service: Desk, wrong: dict[str, Any], error: type[Exception]
) -> None:
    service.trial.record_dose("P1", by=COORDINATOR, agent="alpha", on=day(2), request_id="taken")
    before = service.everything()
    ask = {"patient": "P1", "trigger": None, "by": COORDINATOR, "on": day(29), **wrong}
    with service.trial.engine.begin() as connection:
        note(connection, "mine")
        with pytest.raises(error):
            service.trial.advance(ask.pop("patient"), ask.pop("trigger"), **ask, connection=connection)
        note(connection, "mine too")
    assert service.everything() == before
    assert notes(service) == ["mine", "mine too"]


def test_half_of_a_command_is_not_kept(service: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event and the exit that follows it: if the second cannot be stored, the first is not."""
    real, calls = Writer._move_on, iter([True, False])

    def move_on(*args: Any) -> None:
        real(*args)
        if not next(calls):
            raise Stop

    monkeypatch.setattr(Writer, "_move_on", move_on)
    before = service.everything()
    told: dict[str, Any] = {"term": "nausea", "grade": 4, "on": day(28), "unacceptable": True}
    with service.trial.engine.begin() as connection:
        with pytest.raises(Stop):
            service.trial.record_adverse_event("P1", by=INVESTIGATOR, **told, connection=connection)
        note(connection, "mine")
    assert (service.everything(), notes(service)) == (before, ["mine"])


def test_several_commands_in_one_transaction(service: Desk) -> None:
    with service.trial.engine.begin() as connection:
        more: dict[str, Any] = {"connection": connection}
        service.trial.enroll("P2", "A", by=COORDINATOR, on=day(1), **more)
        service.trial.record_consent("P2", by=COORDINATOR, on=day(1), **more)
        service.trial.advance_many(["P1", "P2"], "withdraw", by=COORDINATOR, **more)
        event = {"term": "nausea", "grade": 4, "on": day(28)}
        service.trial.record_adverse_event("P1", by=INVESTIGATOR, **event, **more)  # type: ignore[arg-type]
    assert [row.state for row in service.trial.patients()] == ["off_study", "off_study"]
    service.check()


def test_a_request_is_carried_out_once_in_a_transaction_too(service: Desk) -> None:
    with service.trial.engine.begin() as connection:
        more: dict[str, Any] = {"connection": connection, "request_id": "r-1", "on": day(29)}
        first = service.trial.advance("P1", by=COORDINATOR, **more)
        again = service.trial.advance("P1", by=COORDINATOR, **more)
    assert (again.repeated, again.seq) == (True, first.seq)
    service.check()


def test_a_dry_run_in_the_callers_transaction_writes_nothing(service: Desk) -> None:
    before = service.everything()
    with service.trial.engine.begin() as connection:
        note(connection, "mine")
        assert service.trial.advance("P1", by=COORDINATOR, on=day(29), connection=connection, dry_run=True).allowed
    assert (service.everything(), notes(service)) == (before, ["mine"])


def test_an_exit_that_follows_is_in_the_callers_transaction(service: Desk) -> None:
    told: dict[str, Any] = {"term": "nausea", "grade": 4, "on": day(28), "unacceptable": True}
    with suppress(Stop), service.trial.engine.begin() as connection:
        result = service.trial.record_adverse_event("P1", by=INVESTIGATOR, **told, connection=connection)
        assert result.state == DAY_30
        raise Stop
    assert service.state() == INDUCTION
    service.check()


# ── the trial's own transaction ────────────────────────────────────────────────────────────────────────────────────


def test_the_trials_transaction_keeps_all(service: Desk) -> None:
    with service.trial.transaction() as connection:
        service.enrol("P2", "P3", connection=connection)
        note(connection, "mine")
    assert [row.id for row in service.trial.patients()] == ["P1", "P2", "P3"]
    assert notes(service) == ["mine"]
    service.check()


def test_the_trials_transaction_keeps_none(service: Desk) -> None:
    before = service.everything()
    with suppress(Stop), service.trial.transaction() as connection:
        service.enrol("P2", connection=connection)
        note(connection, "mine")
        raise Stop
    assert (service.everything(), notes(service)) == (before, [])


def test_after_a_transaction_that_failed_the_next_is_as_good_as_new(service: Desk) -> None:
    with suppress(Stop), service.trial.transaction():
        raise Stop
    assert service.trial.advance("P1", by=COORDINATOR, on=day(29)).allowed


def test_a_command_inside_must_be_part_of_it(service: Desk) -> None:
    """It would wait for the transaction that it stands in."""
    with service.trial.transaction() as connection:
        with pytest.raises(InvalidInput, match="a command inside a transaction must be part of it"):
            service.trial.advance("P1", by=COORDINATOR, on=day(29))
        service.trial.advance("P1", by=COORDINATOR, on=day(29), connection=connection)
    assert service.state() == CONSOLIDATION


def test_an_error_of_the_services_own_in_a_transaction_stays_the_services(service: Desk) -> None:
    wrong = sa.text("INSERT INTO regimen_patient SELECT * FROM regimen_patient")
    with pytest.raises(sa.exc.IntegrityError) as error, service.trial.transaction() as connection:
        connection.execute(wrong)
    assert error.value.__cause__ is error.value.orig
    with pytest.raises(ZeroDivisionError), service.trial.transaction():
        raise ZeroDivisionError
    with pytest.raises(UnknownPatient), service.trial.transaction() as connection:
        service.trial.advance("P9", by=COORDINATOR, connection=connection)


# ── whose engine ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_service_brings_its_own_engine(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    desk = Desk(engine)
    desk.walk()
    with engine.begin() as connection:
        desk.trial.advance("P1", "withdraw", by=COORDINATOR, connection=connection)
    assert desk.state() == "off_study"
    desk.check()
    desk.close()
    with engine.connect() as connection:  # still the service's
        assert connection.scalar(sa.text("SELECT 1")) == 1
    engine.dispose()


def test_on_sqlite_a_connection_whose_transactions_do_not_begin_is_refused(sqlite_url: str) -> None:
    """The driver's own ways would commit our savepoint, whatever the caller does with the transaction."""
    desk = Desk(sqlite_url)
    desk.walk()
    seq = desk.seq()
    unprepared = sa.create_engine(sqlite_url)
    with unprepared.connect() as connection:
        with pytest.raises(InvalidInput, match="do not begin when they should") as error:
            desk.trial.advance("P1", "withdraw", by=COORDINATOR, connection=connection)
        connection.rollback()
    assert error.value.hint is not None
    assert desk.seq() == seq
    unprepared.dispose()
    desk.close()


def test_on_postgresql_a_connection_without_transactions_is_refused(postgresql_url: str) -> None:
    desk = Desk(postgresql_url)
    desk.walk()
    seq = desk.seq()
    engine = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection, pytest.raises(InvalidInput, match="AUTOCOMMIT"):
        desk.trial.advance("P1", "withdraw", by=COORDINATOR, connection=connection)
    assert desk.seq() == seq
    engine.dispose()
    desk.close()


def test_a_trial_gives_its_connections_back(sqlite_url: str) -> None:
    with Trial.init(sqlite_url, by=ADMIN) as trial:
        trial.people()
    trial.close()


# ── one connection, several threads ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def under_way(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """A command stops between its entry and its row until the second event is set; the first says that it is there."""
    real = Writer._move_on
    there, go_on = threading.Event(), threading.Event()

    def move_on(*args: Any) -> None:
        if not there.is_set():
            there.set()
            assert go_on.wait(30)
        real(*args)

    monkeypatch.setattr(Writer, "_move_on", move_on)
    return there, go_on


@pytest.mark.parametrize("own", [True, False], ids=["the trial's transaction", "the caller's"])
def test_another_threads_command_on_the_connection_is_refused(
    service: Desk, under_way: tuple[threading.Event, threading.Event], *, own: bool
) -> None:
    there, go_on = under_way
    trial, before = service.trial, service.seq()
    told: dict[str, Any] = {"by": COORDINATOR, "anc": 1, "platelets": 50, "on": day(29)}
    with ThreadPoolExecutor(1) as pool, trial.transaction() if own else trial.engine.begin() as connection:
        first = pool.submit(trial.record_counts, "P1", **told, connection=connection)
        assert there.wait(30)
        for ask in (
            lambda: trial.record_counts("P1", **told, connection=connection),
            lambda: trial.record_counts("P1", **told, connection=connection, dry_run=True),
            lambda: trial.show("P1", connection=connection),
        ):
            with pytest.raises(InvalidInput, match="another thread's command") as error:
                ask()
            assert error.value.hint is not None
        go_on.set()
        assert first.result(30).allowed
        assert trial.record_counts("P1", **told, connection=connection).allowed
    assert service.seq() == before + 2
    service.check()


@pytest.mark.parametrize("own", [True, False], ids=["the trial's transaction", "the caller's"])
def test_a_transaction_does_not_end_in_the_midst_of_another_threads_command(
    service: Desk, under_way: tuple[threading.Event, threading.Event], *, own: bool
) -> None:
    there, go_on = under_way
    trial, before = service.trial, service.seq()
    with ThreadPoolExecutor(1) as pool:
        with trial.transaction() if own else trial.engine.begin() as connection:
            first = pool.submit(
                trial.record_counts, "P1", by=COORDINATOR, anc=1, platelets=50, on=day(29), connection=connection
            )
            assert there.wait(30)
            threading.Timer(0.1, go_on.set).start()
        assert first.result(30).allowed
    assert service.seq() == before + 1
    service.check()


def test_what_threads_were_told_on_one_connection_is_there_after_the_commit(service: Desk) -> None:
    before = service.seq()
    begin = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool, service.trial.engine.begin() as connection:

        def work(number: int) -> list[int]:
            begin.wait()
            done = []
            for _ in range(25):
                with suppress(InvalidInput):
                    counted = service.trial.record_counts(
                        "P1", by=COORDINATOR, anc=number, platelets=50, on=day(29), connection=connection
                    )
                    done.append(counted.seq or 0)
            return done

        seqs = [seq for each in pool.map(work, range(1, 5)) for seq in each]
    assert sorted(seqs) == list(range(before + 1, service.seq() + 1))
    assert seqs
    service.check()


def test_a_connection_of_a_transaction_that_has_ended_is_refused(service: Desk) -> None:
    """What would be done on it then, nobody would commit."""
    with service.trial.transaction() as connection:
        pass
    for ask in (
        lambda: service.trial.advance("P1", by=COORDINATOR, on=day(29), connection=connection),
        lambda: service.trial.show("P1", connection=connection),
    ):
        with pytest.raises(InvalidInput, match="has ended"):
            ask()
    assert service.trial.advance("P1", by=COORDINATOR, on=day(29)).allowed


def test_a_command_in_the_callers_transaction_needs_no_second_connection(postgresql_url: str) -> None:
    """Where every connection of a pool is in such a transaction, nobody would ever get another."""
    Desk(postgresql_url).close()
    engine = sa.create_engine(postgresql_url, pool_size=2, max_overflow=0, pool_timeout=0.05)
    trial = Trial(engine)  # which keeps a connection for this thread, and has read no protocol yet

    def work() -> str:
        with engine.begin() as connection:
            told: dict[str, Any] = {"by": COORDINATOR, "on": day(1), "connection": connection}
            trial.enroll("P1", "A", **told)
            trial.record_consent("P1", **told)
            assert trial.next("P1", connection=connection).choices
            return trial.show("P1", connection=connection).state

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result(30) == "screening"
    trial.close()
    engine.dispose()
