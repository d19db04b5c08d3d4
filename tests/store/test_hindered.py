"""Verification that is hindered: it ends all the same, and says what it could not do."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from tests.ledger.tamper import plain
from tests.library.desk import COORDINATOR, Desk
from workflow.errors import DatabaseError
from workflow.ledger.report import Finding, Report
from workflow.store import audit, workers
from workflow.store.audit import PAGE, Span, verify
from workflow.store.engine import create_engine
from workflow.store.transaction import Transaction, Transactions

SECONDS = 60  # after which it counts as not ending
TRANSACTIONS = 100  # the same


@pytest.fixture
def url(database_url: str) -> str:
    desk = Desk(database_url)
    for patient in ("P1", "P2", "P3"):
        desk.walk(patient, "enrolled")
    desk.trial.record_counts("P1", by=COORDINATOR, anc="1", platelets="50", request_id="lab-1").or_raise()
    desk.check()
    desk.close()
    return database_url


@contextmanager
def opened(url: str | sa.URL) -> Iterator[Transactions]:
    transactions = Transactions(create_engine(url))
    try:
        yield transactions
    finally:
        transactions.close()
        transactions.engine.dispose()


# ── a worker that is gone ──────────────────────────────────────────────────────────────────────────────────────────


def killed(span: Span) -> Report:
    """As by a system that has run out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    return Report()


@contextmanager
def at_most() -> Iterator[None]:
    def over(*_: object) -> None:
        raise TimeoutError("it did not end")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_a_worker_that_is_killed_ends_the_check_with_an_error(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_run", killed)
    with opened(url) as transactions, at_most(), pytest.raises(DatabaseError, match="ended from outside") as raised:
        verify(transactions, workers=2)
    assert raised.value.hint is not None
    assert "memory" in raised.value.hint


# ── ids without end ────────────────────────────────────────────────────────────────────────────────────────────────


class Counted(Transactions):
    """Some transactions, and no more."""

    left = TRANSACTIONS

    def reading(self, connection: sa.Connection | None = None) -> AbstractContextManager[Transaction]:
        self.left -= 1
        if not self.left:
            pytest.fail("it did not end")
        return super().reading(connection)


def test_a_page_of_ids_that_are_no_text_comes_to_an_end(sqlite_url: str) -> None:
    """Behind the last of them, by what can be read of it, the same page would stand again."""
    Desk(sqlite_url).close()
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        rows = [(b"\xff%05d" % number,) for number in range(PAGE + 1)]
        connection.executemany("INSERT INTO regimen_request VALUES (CAST(? AS TEXT), 'patient/p1', 1)", rows)
        connection.commit()
    transactions = Counted(create_engine(sqlite_url))
    found = audit.judge_requests(transactions).findings
    transactions.close()
    assert {one.code for one in found} == {"request", "unreadable"}


def test_the_ids_of_one_patient_are_found_without_an_order(url: str) -> None:
    """By which a million rows would be looked up one by one."""
    with opened(url) as transactions, transactions.reading() as tx:
        text, picker = audit.REQUESTS_OF.compiled(tx.dialect)
        values: Any = {"chain": "patient/p1"}
        explain = "EXPLAIN QUERY PLAN" if tx.sqlite else "EXPLAIN"
        plan = str(tx.connection.exec_driver_sql(f"{explain} {text}", picker(values) if picker else values).all())
    assert ("SCAN regimen_request'" if tx.sqlite else "Seq Scan on regimen_request ") in plan


def test_an_id_that_leads_to_a_patient_from_outside_is_found_of_them_alone(url: str) -> None:
    with plain(url).begin() as connection:
        connection.exec_driver_sql("INSERT INTO regimen_request VALUES ('mine', 'patient/p1', 1)")
    with opened(url) as transactions:
        found = {id: verify(transactions, patient=id).findings for id in ("P1", "P2")}
    assert [(one.chain, one.code) for one in found["P1"]] == [("patient/p1", "request")]
    assert found["P2"] == []


# ── amcheck ────────────────────────────────────────────────────────────────────────────────────────────────────────

# The server of the tests has no such extension: what stands in for it finds one index damaged.
AMCHECK = """
INSERT INTO pg_extension
  SELECT 99999, 'amcheck', extowner, 'public'::regnamespace, extrelocatable, '1.4' FROM pg_extension LIMIT 1;
CREATE FUNCTION bt_index_check(index regclass, heapallindexed boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF index = to_regclass('{damaged}') THEN RAISE EXCEPTION 'item order invariant violated'; END IF;
END $$;
REVOKE ALL ON FUNCTION bt_index_check FROM PUBLIC;
"""


def with_amcheck(url: str, damaged: str = "none") -> None:
    with plain(url).begin() as connection:
        raw: Any = connection.connection.driver_connection
        raw.execute("SET LOCAL allow_system_table_mods = on")
        raw.execute(AMCHECK.format(damaged=damaged))


@pytest.fixture
def ward(postgresql_url: str) -> str:
    desk = Desk(postgresql_url)
    desk.walk("P1", "enrolled")
    desk.close()
    return postgresql_url


def test_an_index_that_amcheck_finds_damaged_is_a_finding(ward: str) -> None:
    with_amcheck(ward)
    with opened(ward) as transactions:
        assert (verify(transactions).integrity, verify(transactions).findings) == ("checked", [])
    with plain(ward).begin() as connection:
        connection.exec_driver_sql("DELETE FROM pg_extension WHERE extname = 'amcheck'; DROP FUNCTION bt_index_check")
    with_amcheck(ward, "regimen_entry_pk")
    with opened(ward) as transactions:
        report = verify(transactions)
    said = "index regimen_entry_pk: PostgreSQL: item order invariant violated"
    assert report.findings == [Finding("database", None, "integrity", said)]


def test_who_may_not_run_amcheck_is_told_so_and_it_is_no_finding(ward: str) -> None:
    with_amcheck(ward, "regimen_entry_pk")
    name = f"reader_{os.getpid()}"
    with plain(ward).begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
    try:
        with opened(sa.make_url(ward).set(username=name)) as transactions:
            report = verify(transactions)
    finally:
        with plain(ward).begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {name}; DROP ROLE {name}")
    assert (report.sound, report.findings) == (True, [])
    assert report.integrity == "not checked: this role may not run amcheck's bt_index_check"
