"""The roles that the page about PostgreSQL sets up do what it says, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date

import pytest
import sqlalchemy as sa

from tests.conftest import PostgreSQL
from tests.docs.pages import ROOT, blocks
from workflow import Actor, Trial
from workflow.errors import DatabaseReadOnly

PAGE = ROOT / "docs" / "how-to" / "postgresql.md"
ROLES = ("regimen_owner", "regimen_app", "regimen_auditor")
ALEX, LEE = Actor("alex"), Actor("lee")
DAY = date(2026, 1, 5)

Connected = Callable[[str], sa.Connection]


class Site:
    """A server set up as the page says."""

    def __init__(self, server: str) -> None:
        self._server = sa.make_url(server)

    def url(self, role: str) -> str:
        url = self._server.set(username=role, database="regimen")
        return url.render_as_string(hide_password=False)

    def run(self, url: str | sa.URL, kind: str) -> None:
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            for block in blocks(PAGE, f"sql {kind}"):
                for statement in re.sub(r"--.*", "", block).split(";"):
                    if statement.strip():
                        connection.exec_driver_sql(statement)

    def set_up(self) -> None:
        self.run(self._server, "administrator")
        with Trial.init(self.url("regimen_owner"), by=ALEX):
            pass
        self.run(self.url("regimen_owner"), "owner")

    def clear(self) -> None:
        engine = sa.create_engine(self._server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("DROP DATABASE IF EXISTS regimen WITH (FORCE)")
            for role in ROLES:
                connection.exec_driver_sql(f"DROP ROLE IF EXISTS {role}")


@pytest.fixture(scope="module")
def site(postgresql_server: PostgreSQL) -> Iterator[Site]:
    url = postgresql_server.create()
    site = Site(url)
    try:
        site.set_up()
        yield site
    finally:
        site.clear()
        postgresql_server.drop(url)


@pytest.fixture
def connected(site: Site) -> Iterator[Connected]:
    with ExitStack() as stack:
        yield lambda role: stack.enter_context(sa.create_engine(site.url(role), poolclass=sa.NullPool).connect())


def test_the_application_does_its_work(site: Site) -> None:
    with Trial.open(site.url("regimen_app")) as trial:
        trial.add_person("lee", "coordinator", by=ALEX)
        trial.enroll("P-0001", "I", by=LEE, on=DAY).or_raise()
        assert not trial.advance("P-0001", by=LEE, on=DAY, reason="to see it refused").allowed
        assert trial.verify().sound


@pytest.mark.parametrize(
    "statement",
    ["UPDATE regimen_entry SET actor = 'nobody'", "DELETE FROM regimen_entry", "TRUNCATE regimen_entry CASCADE"],
)
def test_the_application_cannot_touch_what_was_written(connected: Connected, statement: str) -> None:
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        connected("regimen_app").exec_driver_sql(statement)


def test_the_application_cannot_open_the_log(connected: Connected) -> None:
    with pytest.raises(sa.exc.ProgrammingError, match="must be owner"):
        connected("regimen_app").exec_driver_sql("ALTER TABLE regimen_entry DISABLE TRIGGER regimen_entry_no_change")


def test_the_auditor_reads_everything_and_writes_nothing(site: Site) -> None:
    with Trial.open(site.url("regimen_auditor")) as trial:
        assert trial.verify().sound
        assert trial.log()
        with pytest.raises(DatabaseReadOnly):
            trial.add_person("mia", "coordinator", by=ALEX)


def test_not_even_the_owner_changes_an_entry_by_accident(connected: Connected) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="not allowed"):
        connected("regimen_owner").exec_driver_sql("UPDATE regimen_entry SET actor = 'nobody'")
