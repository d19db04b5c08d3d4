"""Opening and setting up a trial where there is something else already: the schema's refusals reach the caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.library.desk import ADMIN, Desk
from tests.toy import TOY
from workflow import Trial
from workflow.errors import AlreadyExists, NotOurDatabase, SchemaNewer, SchemaOlder
from workflow.store.engine import create_engine
from workflow.store.schema import BEFORE_RELEASE, REVISIONS, VERSION_TABLE
from workflow.store.upgrade import upgrade

pytestmark = pytest.mark.usefixtures("hasty")

USED = pytest.mark.parametrize("use", [Trial.open, lambda url: Trial.init(url, by=ADMIN)], ids=["open", "init"])


def carried_out(url: str, *statements: str) -> None:
    engine = create_engine(url, create=True)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


@USED
def test_a_newer_schema_is_left_alone(database_url: str, use: Callable[[str], Any]) -> None:
    Trial.init(database_url, by=ADMIN).close()
    carried_out(database_url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(SchemaNewer, match="schema 9999, newer than"):
        use(database_url)


def test_an_older_schema_asks_for_the_upgrade(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Trial.init(database_url, by=ADMIN).close()
    monkeypatch.setattr("workflow.store.upgrade.REVISIONS", (*REVISIONS, "9998"))
    with pytest.raises(SchemaOlder, match=f"has schema {REVISIONS[-1]}, this software needs 9998"):
        Trial.open(database_url)


@USED
def test_a_database_from_before_the_first_release_is_left_alone(database_url: str, use: Callable[[str], Any]) -> None:
    carried_out(
        database_url,
        f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL)",
        f"INSERT INTO {VERSION_TABLE} VALUES ('{BEFORE_RELEASE[-1]}')",
    )
    with pytest.raises(NotOurDatabase, match="made by a version before the first release"):
        use(database_url)


@USED
def test_another_programs_database_is_left_alone(database_url: str, use: Callable[[str], Any]) -> None:
    carried_out(database_url, "CREATE TABLE orders (id INTEGER)")
    with pytest.raises(NotOurDatabase, match="holds other tables and none of ours"):
        use(database_url)


def test_a_database_is_set_up_once(database_url: str) -> None:
    desk = Desk(database_url)
    before = desk.everything()
    with pytest.raises(AlreadyExists, match="there is a trial in this database already"):
        Trial.init(database_url, by=ADMIN)
    assert desk.everything() == before
    desk.close()


def test_a_service_may_have_the_trial_beside_its_own_tables(database_url: str) -> None:
    carried_out(database_url, "CREATE TABLE orders (id INTEGER)", "CREATE TABLE patient (id INTEGER)")
    with Trial.init(database_url, by=ADMIN, protocols=(TOY,), beside=True) as trial:
        assert trial.verify().sound
        assert upgrade(trial.engine) == (REVISIONS[-1], REVISIONS[-1])


def test_a_table_of_the_services_with_one_of_our_names_is_left_alone(database_url: str) -> None:
    carried_out(database_url, "CREATE TABLE regimen_patient (id INTEGER)")
    with pytest.raises(NotOurDatabase, match="another program's tables named regimen_patient"):
        Trial.init(database_url, by=ADMIN, beside=True)
