"""In the place of a table of ours something else, of which a row may always be the next: found, and never read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import PostgreSQL
from tests.copies import Copies
from tests.ledger.tamper import plain
from tests.library.desk import Desk
from workflow import Trial
from workflow.errors import DatabaseError
from workflow.ledger.report import Report
from workflow.store.audit import check_unopened, verify, verify_unopened
from workflow.store.engine import create_engine
from workflow.store.objects import TABLES
from workflow.store.transaction import Transactions

NOT_READ = "no table of its own, and what is read of it may never end; the rows of the database are not judged"
pytestmark = pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
ENDLESS = {
    "sqlite": "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers)"
    " SELECT {0}_real.* FROM numbers, {0}_real",
    "postgresql": "SELECT {0}_real.* FROM generate_series(1, 100000000000), {0}_real",
}


def make(url: str) -> None:
    desk = Desk(url)
    desk.walk("P1", "enrolled")
    desk.close()


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory, postgresql_server: PostgreSQL) -> Copies:
    return Copies(tmp_path_factory.mktemp("replaced"), postgresql_server, make)


@pytest.fixture
def url(copies: Copies, dialect: str) -> Iterator[str]:
    found = copies.new(dialect)
    yield found
    copies.drop(found)


def replace(url: str, table: str, dialect: str) -> None:
    engine = plain(url)
    with engine.begin() as connection:
        if dialect == "sqlite":
            connection.exec_driver_sql("PRAGMA legacy_alter_table = ON")
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_real")
        connection.exec_driver_sql(f"CREATE VIEW {table} AS {ENDLESS[dialect].format(table)}")
    engine.dispose()


def found_in(url: str) -> Report:
    with pytest.raises(DatabaseError, match="is no table") as refused:
        Trial.open(url)
    checked = check_unopened(url, refused.value)
    assert NOT_READ in str(checked.findings)
    return verify_unopened(url, refused.value)


@pytest.mark.parametrize("table", TABLES)
def test_a_view_without_end_in_the_place_of_a_table_is_found_and_not_read(url: str, dialect: str, table: str) -> None:
    transactions = Transactions(create_engine(url))
    replace(url, table, dialect)
    report = found_in(url)
    assert [one.message for one in report.findings if one.code == "unreadable"] == [f"{table}: {NOT_READ}"]
    assert report.entries == 0
    assert NOT_READ in str(verify(transactions).findings)  # by who had it open
    transactions.close()


def test_versions_without_end_are_read_no_further_than_the_second(url: str, dialect: str) -> None:
    engine = plain(url)
    with engine.begin() as connection:
        for number in range(1000):
            connection.exec_driver_sql(f"INSERT INTO regimen_schema VALUES ('f{number + 2}')")
    engine.dispose()
    transactions = Transactions(create_engine(url))
    (one,) = verify(transactions).findings
    assert one.message.count("'f") == 2
    transactions.close()


def test_a_version_that_is_said_to_be_newer_and_is_not_is_a_finding(url: str, dialect: str) -> None:
    engine = plain(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE regimen_schema SET version_num = 'f2'")
    with pytest.raises(DatabaseError, match="newer") as refused:
        Trial.open(url)
    (one,) = verify_unopened(url, refused.value).findings
    assert one.message == "the table regimen_schema names other versions than f1: ['f2']"
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE INDEX of_a_newer_schema ON regimen_entry (code)")
    with pytest.raises(DatabaseError, match="newer"):
        verify_unopened(url, refused.value)
    engine.dispose()
