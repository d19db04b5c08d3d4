"""The database's own objects: what a new one has is what is kept; what is done to them is named, on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.ledger.tamper import plain
from tests.library.desk import Desk
from tests.store.objects import made
from workflow.store import objects

FOREIGN = {
    "sqlite": [
        "CREATE TRIGGER mine AFTER INSERT ON regimen_entry BEGIN SELECT 1; END",
        "CREATE TRIGGER mine AFTER UPDATE ON elsewhere BEGIN DELETE FROM regimen_person; END",
        "CREATE VIEW mine AS SELECT * FROM regimen_entry",
        "CREATE INDEX mine ON regimen_entry (code)",
        "ALTER TABLE regimen_person ADD COLUMN more TEXT",
        "DROP INDEX regimen_entry_actor_idx",
    ],
    "postgresql": [
        "CREATE RULE mine AS ON INSERT TO regimen_request DO INSTEAD NOTHING",
        "CREATE POLICY mine ON regimen_entry USING (false)",
        "ALTER TABLE regimen_entry ENABLE ROW LEVEL SECURITY",
        "CREATE VIEW mine AS SELECT * FROM regimen_entry",
        "CREATE INDEX mine ON regimen_entry (code)",
        "CREATE TABLE mine () INHERITS (regimen_person)",
        "ALTER TABLE regimen_request SET UNLOGGED",
        "ALTER TABLE regimen_person ALTER COLUMN login SET DEFAULT 'mallory'",
        "ALTER TABLE regimen_person DROP CONSTRAINT regimen_person_active_check",
        "ALTER TABLE regimen_entry DISABLE TRIGGER regimen_entry_no_change",
        "ALTER TABLE regimen_entry ENABLE REPLICA TRIGGER regimen_entry_no_change",
        "ALTER TABLE regimen_entry_text DISABLE TRIGGER ALL",
        "CREATE OR REPLACE FUNCTION regimen_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "CREATE TRIGGER mine BEFORE INSERT ON regimen_entry FOR EACH ROW EXECUTE FUNCTION regimen_refuse()",
        "GRANT UPDATE ON regimen_entry TO PUBLIC",
        "GRANT UPDATE (body) ON regimen_entry TO PUBLIC",
        "GRANT TRUNCATE ON regimen_patient TO PUBLIC",
        "DROP INDEX regimen_entry_actor_idx",
    ],
}
CASES = [
    pytest.param(dialect, text, id=f"{dialect}: {text[:70]}") for dialect, texts in FOREIGN.items() for text in texts
]


def test_what_is_kept_is_what_a_new_database_has(database_url: str) -> None:
    dialect = "sqlite" if database_url.startswith("sqlite") else "postgresql"
    assert made(database_url) == objects.expected(dialect)


@pytest.mark.parametrize(("dialect", "text"), CASES)
def test_what_is_done_to_them_is_found(dialect: str, text: str, request: pytest.FixtureRequest) -> None:
    url: str = request.getfixturevalue(f"{dialect}_url")
    desk = Desk(url)
    desk.check()
    with plain(url).begin() as connection:
        if "elsewhere" in text:
            connection.execute(sa.text("CREATE TABLE elsewhere (x)"))
        connection.exec_driver_sql(text)
    found = desk.verify().findings
    assert {finding.chain for finding in found} == {"database"}
    assert {finding.code for finding in found} <= {"schema", "trigger"}
    desk.close()


def test_what_our_application_is_given_is_not_named(postgresql_url: str) -> None:
    desk = Desk(postgresql_url)
    with plain(postgresql_url).begin() as connection:
        connection.exec_driver_sql("GRANT SELECT, INSERT ON regimen_entry, regimen_entry_text TO PUBLIC")
        connection.exec_driver_sql("GRANT SELECT, INSERT, UPDATE ON regimen_patient, regimen_person TO PUBLIC")
    desk.check()
    desk.close()
