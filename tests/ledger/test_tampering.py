"""Whatever is changed behind the log's back is found, and named. On SQLite and on PostgreSQL."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.tamper import TABLES, behind, key_of, others, plain
from tests.ledger.test_entry import BODY
from tests.library.desk import Desk
from tests.toy import TOY
from workflow.ledger.entry import hash_of
from workflow.ledger.replay import Finding
from workflow.store.schema import chain, entry, entry_text, patient, person, protocol_version

COLUMNS = [(table, column) for table in TABLES for column in table.columns]
P1 = "patient/P1"


def chain_of_row(table: sa.Table, row: dict[str, Any]) -> str:
    """Where a finding about ``row`` must point."""
    match table.name:
        case "entry" | "entry_text":
            return str(row["chain"])
        case "patient":
            return f"patient/{row['id']}"
        case "chain":
            return str(row["name"])
        case "person":
            return "people"
        case "protocol_version":
            return "trial"
    raise LookupError(f"say where a finding about {table.name} points")


def change(desk: Desk, statement: sa.Executable, *more: Any) -> None:
    with behind(desk.url) as connection:
        connection.execute(statement, *more)


def found(desk: Desk) -> list[Finding]:
    """What verification finds; never nothing."""
    report = desk.verify()
    assert not report.sound
    return report.findings


def where(desk: Desk, code: str) -> list[tuple[str, int | None]]:
    return [(finding.chain, finding.seq) for finding in found(desk) if finding.code == code]


def entries_of(desk: Desk, name: str = P1) -> list[dict[str, Any]]:
    return sorted((row for row in desk.rows(entry) if row["chain"] == name), key=lambda row: row["seq"])


# ── every column of every table ────────────────────────────────────────────────────────────────────────────────────


def test_the_trial_has_something_in_every_column(desk: Desk) -> None:
    for table, column in COLUMNS:
        assert any(row[column.name] is not None for row in desk.rows(table)), column


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=str)
def test_a_changed_column_is_found(desk: Desk, table: sa.Table, column: sa.Column[Any]) -> None:
    with behind(desk.url) as connection:
        for row in samples(desk, table, column):
            for value in others(column, row[column.name]):
                changed = {**row, column.name: value}
                connection.execute(table.update().where(key_of(table, row)).values({column.name: value}))
                connection.commit()
                findings = [finding for finding in found(desk) if finding.chain == chain_of_row(table, row)]
                assert findings, value
                if table is entry and column.name not in ("chain", "seq"):
                    assert any(finding.seq == row["seq"] for finding in findings), value
                back = {column.name: row[column.name]}
                connection.execute(table.update().where(key_of(table, changed)).values(back))
                connection.commit()
    desk.check()


def samples(desk: Desk, table: sa.Table, column: sa.Column[Any]) -> list[dict[str, Any]]:
    """Of every chain a row with a value in the column and one without."""
    rows = {(chain_of_row(table, row), row[column.name] is None): row for row in desk.rows(table)}
    return list(rows.values())


# ── entries ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_entry_deleted_in_the_middle_is_found(desk: Desk) -> None:
    change(desk, entry_text.delete().where(entry_text.c.chain == P1))
    change(desk, entry.delete().where(entry.c.chain == P1, entry.c.seq == 4))
    assert Finding(P1, 5, "missing", "entry 4 is missing before entry 5") in found(desk)


def test_several_entries_deleted_in_the_middle_are_found(desk: Desk) -> None:
    change(desk, entry.delete().where(entry.c.chain == P1, entry.c.seq.in_([4, 5, 6])))
    assert (P1, 7) in where(desk, "missing")


def test_the_first_entry_deleted_is_found(desk: Desk) -> None:
    change(desk, entry.delete().where(entry.c.chain == P1, entry.c.seq == 1))
    assert (P1, 2) in where(desk, "missing")


@pytest.mark.parametrize("name", [P1, "patient/P2", "trial", "people"])
def test_the_last_entry_deleted_is_found(desk: Desk, name: str) -> None:
    last = entries_of(desk, name)[-1]["seq"]
    change(desk, entry_text.delete().where(entry_text.c.chain == name, entry_text.c.seq == last))
    change(desk, entry.delete().where(entry.c.chain == name, entry.c.seq == last))
    assert {finding.chain for finding in found(desk)} == {name}


def test_a_whole_chain_deleted_is_found(desk: Desk) -> None:
    change(desk, entry.delete().where(entry.c.chain == "patient/P2"))
    assert found(desk) == [Finding("patient/P2", None, "entries", "patient/P2 has a row, but no entries")]


def test_two_entries_swapped_are_found(desk: Desk) -> None:
    third, fourth = entries_of(desk)[2:4]
    for seq, row in ((3, {**fourth, "seq": 3}), (4, {**third, "seq": 4})):
        change(desk, entry.update().where(entry.c.chain == P1, entry.c.seq == seq).values(row))
    assert {(P1, 3), (P1, 4)} <= set(where(desk, "column"))


def test_two_entries_swapped_and_numbered_anew_are_found(desk: Desk) -> None:
    third, fourth = entries_of(desk)[2:4]
    for seq, row in ((3, fourth), (4, third)):
        change(desk, entry.update().where(entry.c.chain == P1, entry.c.seq == seq).values(rewritten(row, seq=seq)))
    assert (P1, 3) in where(desk, "link")


def test_an_entry_moved_to_another_patient_is_found(desk: Desk) -> None:
    row = entries_of(desk)[1]
    change(desk, entry.insert(), {**row, "chain": "patient/P2", "request_id": None})
    assert ("patient/P2", 2) in where(desk, "column")


def test_an_entry_inserted_in_the_middle_with_a_hash_of_its_own_is_found(desk: Desk) -> None:
    rows = entries_of(desk)
    for row in reversed(rows[3:]):
        change(desk, entry.update().where(key_of(entry, row)).values(seq=row["seq"] + 1))
    change(desk, entry.insert(), {**rewritten(rows[3]), "request_id": None})
    assert {chain_name for chain_name, _ in where(desk, "column")} == {P1}


def test_an_entry_added_at_the_end_is_found(desk: Desk) -> None:
    last = entries_of(desk)[-1]
    forged = rewritten(last, seq=last["seq"] + 1, prev=last["hash"].hex(), texts={})
    change(desk, entry.insert(), forged)
    (finding,) = found(desk)
    assert (finding.chain, finding.code) == (P1, "head")
    assert "entries were added at its end" in finding.message


def rewritten(row: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The entry with another body, its hash and its number made to fit."""
    body = json.loads(row["body"]) | changes
    data = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return {**row, "seq": body["seq"], "body": data, "hash": hash_of(data)}


def test_a_body_rewritten_with_its_hash_breaks_the_link_to_the_next_entry(desk: Desk) -> None:
    row = entries_of(desk)[2]
    change(desk, entry.update().where(key_of(entry, row)).values(rewritten(row, software="9.9.9")))
    assert [(finding.seq, finding.code) for finding in found(desk)] == [(4, "link")]


def test_the_last_body_rewritten_with_its_hash_is_not_the_one_the_row_names(desk: Desk) -> None:
    row = entries_of(desk)[-1]
    change(desk, entry.update().where(key_of(entry, row)).values(rewritten(row, software="9.9.9")))
    assert [(finding.seq, finding.code) for finding in found(desk)] == [(row["seq"], "head")]


@given(which=st.integers(0, 999), place=st.integers(0, 9999), flip=st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_one_byte_of_any_body_changed_is_found(desk: Desk, which: int, place: int, flip: int) -> None:
    rows = desk.rows(entry)
    row = rows[which % len(rows)]
    body = bytearray(row["body"])
    body[place % len(body)] ^= flip
    change(desk, entry.update().where(key_of(entry, row)).values(body=bytes(body)))
    assert any((f.chain, f.seq, f.code) == (row["chain"], row["seq"], "hash") for f in found(desk))
    change(desk, entry.update().where(key_of(entry, row)).values(body=row["body"]))


NO_ENTRIES = (b"", b"{}", b"[]", b"null", b"1", b'"text"', b"\xff\xfe", b"{" * 10**5, b"[" * 10**5, b"1" * 5000)


def test_a_body_that_is_no_entry_is_found_whatever_it_is(desk: Desk) -> None:
    row = entries_of(desk)[2]
    with behind(desk.url) as connection:
        for body in NO_ENTRIES:
            forged = {"body": body, "hash": hash_of(body)}
            connection.execute(entry.update().where(key_of(entry, row)).values(forged))
            connection.commit()
            assert (P1, 3) in where(desk, "bytes")


@pytest.mark.parametrize("member", [*BODY, "texts"])
def test_a_member_of_another_kind_in_a_body_is_found_and_breaks_nothing(desk: Desk, member: str) -> None:
    """A body rewritten together with its hash: the reader must survive whatever stands there."""
    row = entries_of(desk)[-1]
    with behind(desk.url) as connection:
        for value in (None, 0, 1.5, "x", "\u0000", [], {}, [1], {"x": 1}, True):
            forged = rewritten(row, **{member: value})
            if forged["body"] == row["body"]:
                continue
            values = {"body": forged["body"], "hash": forged["hash"]}
            connection.execute(entry.update().where(key_of(entry, row)).values(values))
            connection.commit()
            assert {finding.chain for finding in found(desk)} == {P1, "database"}, value


# ── rows ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_patients_row_deleted_is_found(desk: Desk) -> None:
    change(desk, patient.delete().where(patient.c.id == "P2"))
    assert found(desk) == [Finding("patient/P2", None, "row", "patient/P2 has entries, but no row")]


def test_a_patients_row_added_is_found(desk: Desk) -> None:
    row = next(row for row in desk.rows() if row["id"] == "P2")
    change(desk, patient.insert(), {**row, "id": "P9"})
    assert found(desk) == [Finding("patient/P9", None, "entries", "patient/P9 has a row, but no entries")]


def test_a_patient_moved_on_without_an_entry_is_found(desk: Desk) -> None:
    change(desk, patient.update().where(patient.c.id == "P2").values(state="enrolled"))
    (finding,) = found(desk)
    assert finding.message == "the row says state 'enrolled', its entries say 'screening'"


@pytest.mark.parametrize("name", ["trial", "people"])
def test_the_head_of_a_chain_deleted_is_found(desk: Desk, name: str) -> None:
    change(desk, chain.delete().where(chain.c.name == name))
    assert (name, None) in where(desk, "row")


# ── texts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_altered_text_is_found(desk: Desk) -> None:
    change(desk, entry_text.update().where(entry_text.c.field == "note").values(text="before a meal"))
    (finding,) = found(desk)
    assert (finding.chain, finding.code) == (P1, "text")
    assert finding.message == f"the note of entry {finding.seq} was altered"


def test_a_removed_text_is_found(desk: Desk) -> None:
    change(desk, entry_text.delete().where(entry_text.c.field == "note"))
    (finding,) = found(desk)
    assert finding.message == f"the note of entry {finding.seq} is missing"


def test_an_inserted_text_is_found(desk: Desk) -> None:
    change(desk, entry_text.insert(), {"chain": P1, "seq": 2, "field": "note", "salt": b"s" * 16, "text": "new"})
    assert found(desk) == [Finding(P1, 2, "text", "entry 2 was recorded without a note, and now has one")]


def test_a_text_of_no_entry_is_found(desk: Desk) -> None:
    change(desk, entry_text.insert(), {"chain": P1, "seq": 99, "field": "note", "salt": b"s" * 16, "text": "new"})
    assert found(desk) == [Finding(P1, 99, "text", "there is a text of entry 99, which does not exist")]


# ── people and versions ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_person_added_is_found(desk: Desk) -> None:
    change(desk, person.insert(), {"id": "mallory", "role": "investigator", "login": None, "active": 1})
    (finding,) = found(desk)
    assert finding.message == "mallory is among the people, and the log does not say they were added"


def test_a_person_given_another_role_is_found(desk: Desk) -> None:
    change(desk, person.update().where(person.c.id == "carl").values(role="investigator"))
    assert found(desk) == [Finding("people", None, "person", "carl has role 'investigator', not 'coordinator'")]


def test_a_person_brought_back_is_found(desk: Desk) -> None:
    change(desk, person.update().where(person.c.id == "lena").values(active=1))
    assert found(desk) == [Finding("people", None, "person", "lena has active 1, not 0")]


def test_a_person_deleted_is_found(desk: Desk) -> None:
    change(desk, person.delete().where(person.c.id == "carl"))
    assert found(desk) == [Finding("people", None, "person", "carl was added, and is missing")]


def test_changed_content_of_a_protocol_version_is_found(desk: Desk) -> None:
    content = desk.rows(protocol_version)[0]["content"].replace(b'"valid_days":7', b'"valid_days":9')
    change(desk, protocol_version.update().values(content=content))
    (finding,) = found(desk)
    assert finding.message == "the content of protocol version 1 does not hash to its digest"


def test_content_changed_with_its_digest_is_found(desk: Desk) -> None:
    content = desk.rows(protocol_version)[0]["content"].replace(b'"valid_days":7', b'"valid_days":9')
    digest = hashlib.sha256(content).hexdigest()
    change(desk, protocol_version.update().values(content=content, digest=digest))
    (finding,) = found(desk)
    assert finding.message == "protocol version 1: digest is not what the log says"


def test_a_protocol_version_added_is_found(desk: Desk) -> None:
    row = desk.rows(protocol_version)[0]
    change(desk, protocol_version.insert(), {**row, "version": "2"})
    assert "protocol version 2 is there, and the log does not say it was installed" in found(desk)[0].message


def test_a_protocol_version_deleted_is_found(desk: Desk) -> None:
    change(desk, protocol_version.delete())
    assert found(desk)[-1].message == f"protocol version {TOY.version} was installed, and is missing"


# ── the triggers ───────────────────────────────────────────────────────────────────────────────────────────────────


def triggers(connection: sa.Connection) -> list[tuple[str, str, str]]:
    """Table, name and, on SQLite, text."""
    if connection.dialect.name == "sqlite":
        query = "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    else:
        query = (
            "SELECT tgrelid::regclass::text, tgname, '' FROM pg_trigger WHERE NOT tgisinternal"
            " AND tgenabled = 'A' ORDER BY tgname"
        )
    return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_every_trigger_that_is_dropped_is_named(desk: Desk) -> None:
    engine = plain(desk.url)
    with engine.connect() as connection:
        there = triggers(connection)
    assert len(there) == 12
    for table, name, text in there:
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            else:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
        assert found(desk) == [
            Finding("database", None, "trigger", f"the trigger {name} is missing: the log was open to change")
        ]
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql(text)
            else:
                connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
    desk.check()


# ── the report ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_finding_in_one_chain_leaves_the_others_judged(desk: Desk) -> None:
    before = desk.verify()
    change(desk, patient.update().where(patient.c.id == "P2").values(arm="B"))
    after = desk.verify()
    assert (after.entries, after.chains, after.decided) == (before.entries, before.chains, before.decided)
    assert {finding.chain for finding in after.findings} == {"patient/P2"}


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_several_processes_find_what_one_finds(desk: Desk) -> None:
    for seq, name in ((3, P1), (2, "people")):
        change(desk, entry.update().where(entry.c.chain == name, entry.c.seq == seq).values(actor="mallory"))
    change(desk, patient.update().where(patient.c.id == "P3").values(arm="B"))
    alone, together = desk.trial.verify(), desk.trial.verify(workers=2)
    assert sorted(alone.findings, key=repr) == sorted(together.findings, key=repr)
    assert (alone.entries, alone.chains, alone.decided) == (together.entries, together.chains, together.decided)
