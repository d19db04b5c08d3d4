"""Many at once: no entry lost, none doubled, no gap in a chain, and a clear outcome for everybody."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from tests.library.desk import ADMIN, AUDITOR, COORDINATOR, ENROLLED, INDUCTION, INVESTIGATOR, Desk, day
from workflow import Actor, Filter, Trial
from workflow.errors import AlreadyExists, DatabaseBusy, LostRace, UnknownPerson, WorkflowError
from workflow.ledger.entry import decode, seal
from workflow.store import log
from workflow.store.log import MOVE_ON, UPDATE_PATIENT
from workflow.store.schema import chain, entry, patient, person
from workflow.store.transaction import Transaction

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),  # these forks do little and exit
    pytest.mark.usefixtures("hasty"),
]

FORK = multiprocessing.get_context("fork")


def in_processes(url: str, work: Callable[..., Any], *arguments: Any) -> list[Any]:
    """``work(trial, argument)`` for each argument in a process with a trial of its own, all of them at once."""
    start = FORK.Event()
    answers = FORK.Queue()

    def run(place: int, argument: Any) -> None:
        trial = Trial.open(url)
        start.wait()
        try:
            answers.put((place, work(trial, argument)))
        except WorkflowError as error:
            answers.put((place, type(error).__name__))
        except BaseException as error:
            answers.put((place, repr(error)))
            raise

    processes = [FORK.Process(target=run, args=each) for each in enumerate(arguments)]
    for process in processes:
        process.start()
    start.set()
    found = dict(answers.get(timeout=60) for _ in processes)
    for process in processes:
        process.join(60)
    return [found[place] for place in range(len(arguments))]


def gap_free(desk: Desk, id: str) -> None:
    seqs = [entry.seq for entry in desk.entries(id)]
    assert seqs == list(range(1, len(seqs) + 1))
    desk.check()


# ── one patient ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_processes_record_on_one_patient(desk: Desk) -> None:
    desk.walk()
    before = desk.seq()

    def work(trial: Trial, number: int) -> list[int | None]:
        return [
            trial.record_counts("P1", by=COORDINATOR, anc=number, platelets=50 + each, on=day(3)).seq
            for each in range(15)
        ]

    seqs = [seq for each in in_processes(desk.url, work, 1, 2, 3) for seq in each]
    assert sorted(seqs) == list(range(before + 1, before + 46))
    gap_free(desk, "P1")


def test_of_those_who_advance_one_patient_one_succeeds(desk: Desk) -> None:
    desk.walk()
    desk.counts("P1", on=day(28))

    def work(trial: Trial, number: int) -> str:
        return trial.advance("P1", "start_cycle", by=COORDINATOR, on=day(29)).outcome

    outcomes = in_processes(desk.url, work, 1, 2, 3, 4)
    assert Counter(outcomes) == {"allowed": 1, "refused": 3}
    gap_free(desk, "P1")


def test_of_those_who_saw_the_same_state_one_succeeds(desk: Desk) -> None:
    desk.walk()
    desk.counts("P1", on=day(28))
    seen = desk.seq()

    def work(trial: Trial, number: int) -> str:
        return trial.advance("P1", by=COORDINATOR, on=day(29), expect=seen).outcome

    outcomes = in_processes(desk.url, work, 1, 2, 3, 4)
    assert Counter(outcomes) == {"allowed": 1, "Conflict": 3}
    assert desk.seq() == seen + 1


def test_a_request_sent_by_many_is_carried_out_once(desk: Desk) -> None:
    desk.walk()
    desk.counts("P1", on=day(28))
    seen = desk.seq()

    def work(trial: Trial, number: int) -> tuple[Any, ...]:
        result = trial.advance("P1", by=COORDINATOR, on=day(29), request_id="r-1")
        return result.outcome, result.seq, result.repeated

    answers = in_processes(desk.url, work, 1, 2, 3, 4)
    assert Counter(answers) == {("allowed", seen + 1, False): 1, ("allowed", seen + 1, True): 3}
    assert desk.seq() == seen + 1


def test_an_id_sent_for_several_patients_at_once_is_one_patients(desk: Desk) -> None:
    ids = ("P1", "P2", "P3")
    for id in ids:
        desk.walk(id)

    def work(trial: Trial, id: str) -> str:
        return trial.record_counts(id, by=COORDINATOR, anc=1, platelets=50, on=day(3), request_id="r-1").outcome

    before = {id: desk.seq(id) for id in ids}
    outcomes = in_processes(desk.url, work, *ids)
    assert Counter(outcomes) == {"allowed": 1, "RequestIdReused": 2}
    assert sum(desk.seq(id) - before[id] for id in ids) == 1
    desk.check()


def test_a_refusal_asked_for_by_many_is_answered_again(desk: Desk) -> None:
    desk.walk()
    seen = desk.seq()

    def work(trial: Trial, number: int) -> tuple[Any, ...]:
        result = trial.advance("P1", by=COORDINATOR, on=day(3), request_id="r-1")
        return result.outcome, result.seq, result.repeated

    answers = in_processes(desk.url, work, 1, 2, 3, 4)
    assert Counter(answers) == {("refused", seen + 1, False): 1, ("refused", seen + 1, True): 3}
    assert desk.seq() == seen + 1


def test_an_enrolment_sent_by_many_is_made_once(desk: Desk) -> None:
    def work(trial: Trial, number: int) -> tuple[Any, ...]:
        result = trial.enroll("P1", "A", by=COORDINATOR, on=day(1), request_id="r-1")
        return result.outcome, result.seq, result.repeated

    answers = in_processes(desk.url, work, 1, 2, 3, 4)
    assert Counter(answers) == {("allowed", 1, False): 1, ("allowed", 1, True): 3}
    desk.check()


def test_a_race_that_is_lost_is_decided_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's entry between our look and our update, as if there were no lock."""
    desk.walk()
    lost = [True, True, False]
    real = Transaction.run

    def run(tx: Transaction, statement: Any, values: Any) -> int:
        if statement in (UPDATE_PATIENT, MOVE_ON) and lost.pop(0):
            return 0
        return real(tx, statement, values)

    monkeypatch.setattr(Transaction, "run", run)
    assert desk.counts("P1", on=day(3)).allowed
    assert lost == []
    gap_free(desk, "P1")


def test_a_row_moves_on_only_from_where_it_was_seen(desk: Desk) -> None:
    desk.walk()
    (row,) = desk.rows()
    ends = {one["name"]: one["seq"] for one in desk.rows(chain)}
    people, trial = ends["people"], ends["trial"]
    values = plain({name: row[name] for name in row if name not in ("id", "id_key", "arm", "chain", "enrolled_on")})
    for seen, people_seen, trial_seen, touched in (
        (row["seq"] - 1, people, trial, 0),
        (row["seq"], people - 1, trial, 0),
        (row["seq"], people, trial - 1, 0),
        (row["seq"], people, trial, 1),
    ):
        where = {"b_chain": row["chain"], "b_seq": seen, "b_people_seq": people_seen, "b_trial_seq": trial_seen}
        with desk.trial._transactions.writing() as tx:
            assert tx.run(UPDATE_PATIENT, {**values, **where}) == touched


def test_where_no_row_moves_on_no_entry_is_added(desk: Desk) -> None:
    """In one statement on PostgreSQL, in one transaction on SQLite."""
    desk.walk()
    before = desk.everything()
    (row,) = desk.rows()
    heads = {one["name"]: one["seq"] for one in desk.rows(chain)}
    people, trial = heads["people"], heads["trial"]
    sealed = seal(replace(decode(desk.rows(entry)[-1]["body"]), chain=row["chain"], seq=row["seq"] + 1), {})
    values = plain({name: row[name] for name in row if name not in ("id", "id_key", "arm", "chain", "enrolled_on")})
    for seen, people_seen, trial_seen in (
        (row["seq"] - 1, people, trial),
        (row["seq"], people - 1, trial),
        (row["seq"], people, trial - 1),
    ):
        where = {"b_chain": row["chain"], "b_seq": seen, "b_people_seq": people_seen, "b_trial_seq": trial_seen}
        with pytest.raises(LostRace), desk.trial._transactions.writing() as tx:
            log.move_on(tx, sealed, {**values, **where})
        assert desk.everything() == before


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Dates as the statements of the log take them."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def test_a_race_that_is_lost_again_and_again_is_a_conflict(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.walk()
    before = desk.everything()
    monkeypatch.setattr("workflow.desk.write.log.move_on", lambda *_: (_ for _ in ()).throw(LostRace()))
    with pytest.raises(LostRace) as error:
        desk.counts("P1", on=day(3))
    assert error.value.retry
    assert desk.everything() == before


# ── several patients ───────────────────────────────────────────────────────────────────────────────────────────────


def test_of_those_who_enrol_one_id_one_succeeds(desk: Desk) -> None:
    def work(trial: Trial, number: int) -> str:
        return trial.enroll("P1", "A", by=COORDINATOR, on=day(1)).outcome

    outcomes = in_processes(desk.url, work, 1, 2, 3, 4)
    assert Counter(outcomes) == {"allowed": 1, "AlreadyExists": 3}
    gap_free(desk, "P1")


def test_refused_enrolments_at_once_are_all_in_the_trials_chain(desk: Desk) -> None:
    def work(trial: Trial, number: int) -> list[str]:
        return [trial.enroll(f"P{number}{each}", "A", by=ADMIN).outcome for each in range(5)]

    assert in_processes(desk.url, work, 1, 2, 3) == [["refused"] * 5] * 3
    entries = desk.trial.log(Filter(chain="trial"))
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert sum(entry.kind == "enrolment" for entry in entries) == 15
    desk.check()


def meanwhile(monkeypatch: pytest.MonkeyPatch, name: str, work: Callable[[], Any]) -> None:
    """Before ``log.name`` is done for the first time, somebody else does ``work``."""
    real, waiting = getattr(log, name), [work]

    def after_it(*arguments: Any) -> Any:
        if waiting:
            waiting.pop()()
        return real(*arguments)

    monkeypatch.setattr(log, name, after_it)


def test_nobody_is_refused_who_was_enrolled_meanwhile(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(postgresql_url)
    with desk.again() as other:
        meanwhile(monkeypatch, "next_place", lambda: other.enroll("P1", "A", by=COORDINATOR, on=ENROLLED).or_raise())
        with pytest.raises(AlreadyExists):
            desk.trial.enroll("P1", "A", by=AUDITOR, on=ENROLLED)
    desk.check()
    desk.close()


def test_who_was_refused_meanwhile_is_enrolled_behind_that(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(postgresql_url)
    with desk.again() as other:
        meanwhile(monkeypatch, "share_head", lambda: other.enroll("P1", "A", by=AUDITOR, on=ENROLLED))
        assert desk.trial.enroll("P1", "A", by=COORDINATOR, on=ENROLLED).allowed
    desk.check()
    desk.close()


def test_different_patients_are_in_nobodys_way(desk: Desk) -> None:
    def work(trial: Trial, id: str) -> str:
        trial.enroll(id, "A", by=COORDINATOR, on=day(1))
        for number in range(1, 8):
            trial.record_counts(id, by=COORDINATOR, anc=number, platelets=50, on=day(number))
        return trial.advance(id, "withdraw", by=COORDINATOR, on=day(9)).outcome

    assert in_processes(desk.url, work, "P1", "P2", "P3") == ["allowed"] * 3
    assert [desk.seq(id) for id in ("P1", "P2", "P3")] == [9, 9, 9]
    desk.check()


def test_a_patient_locked_on_postgresql_is_in_nobody_elses_way(postgresql_url: str) -> None:
    desk = Desk(postgresql_url)
    desk.walk("P1")
    desk.walk("P2")
    with desk.trial.engine.begin() as connection:
        connection.execute(sa.select(patient).where(patient.c.id == "P1").with_for_update())
        other = desk.again()
        with other.engine.connect() as impatient, impatient.begin():
            impatient.execute(sa.text("SET LOCAL lock_timeout = '10ms'"))
            assert other.advance("P2", "withdraw", by=COORDINATOR, connection=impatient).allowed
            with pytest.raises(DatabaseBusy):  # after the wait that they chose
                other.advance("P1", "withdraw", by=COORDINATOR, connection=impatient)
        other.close()
    assert (desk.state("P1"), desk.state("P2")) == (INDUCTION, "off_study")
    desk.close()


def test_the_same_patients_in_bulk_in_either_order_do_not_wait_for_each_other(desk: Desk) -> None:
    ids = [f"P{number:02}" for number in range(20)]
    desk.enrol(*ids)

    def work(trial: Trial, order: list[str]) -> Counter[str]:
        return Counter(result.outcome for result in trial.advance_many(order, "register", by=COORDINATOR))

    outcomes = in_processes(desk.url, work, ids, ids[::-1], ids[10:] + ids[:10])
    assert outcomes == [{"refused": 20}] * 3
    assert {desk.seq(id) for id in ids} == {4}
    desk.check()


# ── people ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_administrators_who_deactivate_each_other_leave_one(desk: Desk) -> None:
    desk.trial.add_person("second", "administrator", by=ADMIN)

    def work(trial: Trial, both: tuple[str, str]) -> str:
        by, other = both
        return trial.deactivate_person(other, by=Actor(by)).outcome

    outcomes = in_processes(desk.url, work, ("admin", "second"), ("second", "admin"))
    assert sorted(outcomes) == ["UnknownPerson", "allowed"]
    assert sum(person.active for person in desk.trial.people() if person.role == "administrator") == 1
    desk.check()


def test_they_look_only_when_it_is_their_turn(postgresql_url: str) -> None:
    """Both are made to wait at the people's chain, so that neither has seen what the other does."""
    desk = Desk(postgresql_url)
    desk.trial.add_person("second", "administrator", by=ADMIN)
    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

    def deactivate(by: str, other: str) -> str:
        try:
            return desk.trial.deactivate_person(other, by=Actor(by)).outcome
        except UnknownPerson:
            return "gone"

    with ThreadPoolExecutor(2) as pool, desk.trial.engine.connect() as gate:
        gate.execute(sa.select(chain).where(chain.c.name == "people").with_for_update())
        both = [pool.submit(deactivate, "admin", "second"), pool.submit(deactivate, "second", "admin")]
        with desk.trial.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as look:
            deadline = time.monotonic() + 30
            while look.scalar(waiting) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        gate.rollback()
        assert sorted(each.result() for each in both) == ["allowed", "gone"]
    desk.check()
    desk.close()


def test_of_those_who_add_one_person_one_succeeds(desk: Desk) -> None:
    def work(trial: Trial, role: str) -> str:
        return trial.add_person("lena", role, by=ADMIN).outcome

    outcomes = in_processes(desk.url, work, "investigator", "investigator", "investigator")
    assert Counter(outcomes) == {"allowed": 1, "AlreadyExists": 2}
    desk.check()


def test_roles_given_to_one_person_at_once_each_have_their_place(desk: Desk) -> None:
    def work(trial: Trial, role: str) -> str:
        return trial.add_person("lena", role, by=ADMIN).outcome

    outcomes = in_processes(desk.url, work, "auditor", "investigator", "coordinator")
    theirs = [row for row in desk.rows(person) if row["id"] == "lena"]
    assert sorted(row["place"] for row in theirs) == list(range(1, len(theirs) + 1))
    assert outcomes.count("allowed") == len(theirs)
    assert ("auditor" in [row["role"] for row in theirs]) is (len(theirs) == 1)  # an auditor is nothing else
    desk.check()


def test_who_is_deactivated_meanwhile_acts_no_more(desk: Desk) -> None:
    """One decision or the other: never an entry by somebody after the entry that ended their part."""
    desk.walk()

    def work(trial: Trial, deactivate: bool) -> Any:
        if deactivate:
            return trial.deactivate_person("carl", by=ADMIN).outcome
        done = 0
        try:
            for _ in range(30):
                trial.record_counts("P1", by=COORDINATOR, anc=1, platelets=50, on=day(3))
                done += 1
        except UnknownPerson:
            return done
        return done

    in_processes(desk.url, work, True, False)
    with Trial.open(desk.url) as later, pytest.raises(UnknownPerson):  # by the processes' clock
        later.record_counts("P1", by=COORDINATOR, anc=1, platelets=50, on=day(3))
    desk.check()


# ── threads ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_threads_share_a_trial(desk: Desk) -> None:
    desk.walk()
    before = desk.seq()
    begin = threading.Barrier(4)

    def work(number: int) -> list[int]:
        begin.wait()
        return [desk.counts("P1", on=day(3), anc=f"{number}.5").seq or 0 for _ in range(8)]

    with ThreadPoolExecutor(4) as pool:
        seqs = [seq for each in pool.map(work, range(4)) for seq in each]
    assert sorted(seqs) == list(range(before + 1, before + 33))
    gap_free(desk, "P1")


def test_more_threads_than_a_pool_has_connections(desk: Desk) -> None:
    """Each thread keeps two connections; a pool of SQLAlchemy's gives out fifteen."""
    desk.walk()
    everybody = threading.Barrier(20)

    def work(_: int) -> int | None:
        seq = desk.trial.show("P1").seq
        everybody.wait(30)
        desk.trial.record_counts("P1", by=COORDINATOR, anc=1, platelets=50, on=day(3))
        everybody.wait(30)
        return seq

    with ThreadPoolExecutor(20) as pool:
        assert len(list(pool.map(work, range(20)))) == 20
    gap_free(desk, "P1")


def test_a_thread_that_ends_gives_its_connections_back(desk: Desk) -> None:
    desk.walk()
    for _ in range(5):
        thread = threading.Thread(target=desk.seq)
        thread.start()
        thread.join()
    assert len(desk.trial._transactions._open) <= 2


def test_threads_on_a_services_own_small_pool_are_told_when_it_is_empty(postgresql_url: str) -> None:
    Desk(postgresql_url).close()
    engine = sa.create_engine(postgresql_url, pool_size=1, max_overflow=0, pool_timeout=0.05)
    with Trial(engine) as trial, pytest.raises(WorkflowError, match="pool is in use") as error:
        trial.add_person("lena", "auditor", by=ADMIN)
    assert error.value.retry
    engine.dispose()


# ── forks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def forked(desk: Desk) -> Iterator[Desk]:
    """A trial whose connections are open when the process forks."""
    desk.walk()
    desk.counts("P1", on=day(2))
    yield desk
    gap_free(desk, "P1")


def child(work: Callable[[], object]) -> int:
    """The exit status of a fork that does ``work``."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_child_uses_connections_of_its_own(forked: Desk) -> None:
    before = forked.seq()
    assert child(lambda: forked.counts("P1", on=day(3))) == 0
    forked.counts("P1", on=day(4))
    assert forked.seq() == before + 2


def test_a_child_that_closes_the_trial_does_not_close_its_parents(forked: Desk) -> None:
    assert child(forked.trial.close) == 0
    assert forked.counts("P1", on=day(4)).allowed


def test_parent_and_child_write_at_once(forked: Desk) -> None:
    before = forked.seq()

    def work() -> None:
        for _ in range(10):
            forked.counts("P1", on=day(3))

    process = FORK.Process(target=work)
    process.start()
    work()
    process.join(30)
    assert process.exitcode == 0
    assert forked.seq() == before + 20


def test_a_child_of_a_trial_on_a_services_engine_leaves_the_pool_alone(postgresql_url: str) -> None:
    engine = sa.create_engine(postgresql_url)
    desk = Desk(engine)
    desk.walk()
    assert child(lambda: desk.counts("P1", on=day(3))) == 0
    with engine.begin() as connection:
        desk.trial.advance("P1", "withdraw", by=INVESTIGATOR, connection=connection)
    gap_free(desk, "P1")
    desk.close()
    engine.dispose()


def test_an_id_taken_meanwhile_is_told_as_such(desk: Desk) -> None:
    other = desk.again()
    other.enroll("P1", "A", by=COORDINATOR, on=day(1))
    with pytest.raises(AlreadyExists):
        desk.trial.enroll("P1", "A", by=COORDINATOR, on=day(1))
    other.close()
