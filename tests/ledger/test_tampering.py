"""What is changed behind the log's back is named by what it is. ``test_matrix`` tries everything, and asks less."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.tamper import TABLES, behind, key_of, plain, restore
from tests.ledger.test_entry import MOST
from tests.library.desk import ADMIN, Desk, day
from workflow import Actor
from workflow.errors import UnknownPatient
from workflow.ledger.entry import hash_of
from workflow.ledger.report import Finding
from workflow.store.schema import APPEND_ONLY, KEPT, chain, content, entry, entry_text, patient, person, request

P1 = "patient/p1"


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


@pytest.mark.parametrize("name", [P1, "patient/p2", "trial", "people"])
def test_the_last_entry_deleted_is_found(desk: Desk, name: str) -> None:
    last = entries_of(desk, name)[-1]["seq"]
    change(desk, entry_text.delete().where(entry_text.c.chain == name, entry_text.c.seq == last))
    change(desk, entry.delete().where(entry.c.chain == name, entry.c.seq == last))
    assert name in {finding.chain for finding in found(desk)}  # and whoever saw the entry misses it, too


def test_a_whole_chain_deleted_is_found(desk: Desk) -> None:
    change(desk, entry.delete().where(entry.c.chain == "patient/p2"))
    assert found(desk) == [Finding("patient/p2", None, "entries", "patient/p2 has a row, but no entries")]


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
    change(desk, entry.insert(), {**row, "chain": "patient/p2"})
    assert ("patient/p2", 2) in where(desk, "column")


def test_an_entry_inserted_in_the_middle_with_a_hash_of_its_own_is_found(desk: Desk) -> None:
    rows = entries_of(desk)
    for row in reversed(rows[3:]):
        change(desk, entry.update().where(key_of(entry, row)).values(seq=row["seq"] + 1))
    change(desk, entry.insert(), rewritten(rows[3]))
    assert {chain_name for chain_name, _ in where(desk, "column")} == {P1}


def test_an_entry_added_at_the_end_is_found(desk: Desk) -> None:
    last = entries_of(desk)[-1]
    forged = rewritten(last, without=("texts",), seq=last["seq"] + 1, prev=last["hash"].hex())
    change(desk, entry.insert(), forged)
    (finding,) = [finding for finding in found(desk) if finding.code == "head"]
    assert finding.chain == P1
    assert "entries were added at its end" in finding.message


def rewritten(row: dict[str, Any], *, without: Sequence[str] = (), **changes: Any) -> dict[str, Any]:
    """The entry with another body, its hash and its number made to fit."""
    body = {name: value for name, value in json.loads(row["body"]).items() if name not in without} | changes
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


@pytest.mark.parametrize("member", list(MOST))
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
    assert found(desk) == [Finding("patient/p2", None, "row", "patient/p2 has entries, but no row")]


def test_a_patients_row_added_is_found(desk: Desk) -> None:
    row = next(row for row in desk.rows() if row["id"] == "P2")
    change(desk, patient.insert(), {**row, "id": "P9", "id_key": "p9", "chain": "patient/p9"})
    assert found(desk) == [Finding("patient/p9", None, "entries", "patient/p9 has a row, but no entries")]


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


# ── requests ───────────────────────────────────────────────────────────────────────────────────────────────────────


def requested(desk: Desk) -> dict[str, Any]:
    """The row of P1's one request that was carried out."""
    (row,) = [row for row in desk.rows(request) if row["chain"] == P1]
    return row


def test_a_request_that_lost_its_row_is_found(desk: Desk) -> None:
    row = requested(desk)
    change(desk, request.delete().where(request.c.chain == P1))
    said = f"the request id of entry {row['seq']} has no row"
    assert found(desk) == [Finding(P1, row["seq"], "request", said)]


def test_a_request_that_leads_to_another_entry_is_found_at_both(desk: Desk) -> None:
    row = requested(desk)
    change(desk, request.update().where(request.c.chain == P1).values(chain="patient/p2", seq=1))
    assert found(desk) == [
        Finding(P1, row["seq"], "request", f"the request id of entry {row['seq']} leads to entry 1 of patient/p2"),
        Finding("patient/p2", 1, "request", "entry 1 was recorded without a request id, and now has one"),
    ]


def test_a_second_request_of_one_entry_is_found(desk: Desk) -> None:
    row = requested(desk)
    change(desk, request.insert(), {**row, "id": "news-2"})
    said = f"there is another request id of entry {row['seq']} than its own"
    assert found(desk) == [Finding(P1, row["seq"], "request", said)]


def test_a_request_of_no_entry_is_found(desk: Desk) -> None:
    change(desk, request.insert(), {"id": "news-2", "chain": "patient/p9", "seq": 4})
    said = "there is a request id of entry 4, which does not exist"
    assert found(desk) == [Finding("patient/p9", 4, "request", said)]


def test_a_request_given_to_a_refusal_is_found(desk: Desk) -> None:
    """Only what was carried out owns its id: a row would keep the refusal for ever."""
    refused = next(row for row in entries_of(desk) if json.loads(row["body"]).get("request", {}).get("id") == "step-9")
    assert refused["outcome"] == "refused"
    change(desk, request.insert(), {"id": "step-9", "chain": P1, "seq": refused["seq"]})
    assert where(desk, "request") == [(P1, refused["seq"])]


def test_the_same_request_carried_out_twice_is_found(desk: Desk) -> None:
    """As a damaged index would let it happen: two entries of one id, and one row."""
    row = requested(desk)
    body = json.loads(next(one["body"] for one in entries_of(desk) if one["seq"] == row["seq"]))
    last = entries_of(desk, "patient/p2")[-1]
    forged = rewritten(last, request=body["request"])
    change(desk, entry.update().where(key_of(entry, last)).values(body=forged["body"], hash=forged["hash"]))
    assert ("patient/p2", last["seq"]) in where(desk, "request")


# ── what was seen ──────────────────────────────────────────────────────────────────────────────────────────────────


def seen(desk: Desk, which: int, *, seq: int, digest: str | None = None) -> dict[str, Any]:
    """An entry of P1 that says it saw another entry of the people's chain."""
    row = entries_of(desk)[which]
    before = json.loads(row["body"])["seen"]["people"][1]
    return rewritten(row, seen={"people": [seq, digest or before]})


def test_what_was_seen_of_the_people_never_falls(desk: Desk) -> None:
    forged = seen(desk, -1, seq=2)
    change(desk, entry.update().where(key_of(entry, forged)).values(body=forged["body"], hash=forged["hash"]))
    assert (P1, forged["seq"]) in where(desk, "seen")


def test_one_entry_is_not_seen_with_two_hashes(desk: Desk) -> None:
    people = len(entries_of(desk, "people"))
    forged = seen(desk, -1, seq=people, digest="ab" * 32)
    change(desk, entry.update().where(key_of(entry, forged)).values(body=forged["body"], hash=forged["hash"]))
    assert (P1, forged["seq"]) in where(desk, "seen")


def test_every_entry_about_a_patient_says_what_it_saw_of_the_people(desk: Desk) -> None:
    for row in desk.rows(entry):
        if row["chain"] != "people":
            number, digest = json.loads(row["body"])["seen"]["people"]
            assert digest == entries_of(desk, "people")[number - 1]["hash"].hex()


# ── whose chain it is ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_enrolment_of_another_patient_than_the_chains_is_found(desk: Desk) -> None:
    row = entries_of(desk, "patient/p2")[0]
    forged = rewritten(row, data={"patient": "P7", "arm": "A"})
    change(desk, entry.update().where(key_of(entry, row)).values(body=forged["body"], hash=forged["hash"]))
    assert ("patient/p2", 1) in where(desk, "replay")


def test_a_chain_of_a_name_that_no_chain_has_is_found(desk: Desk) -> None:
    row = entries_of(desk, "trial")[0]
    forged = rewritten(row, chain="nowhere")
    change(desk, entry.insert(), {**forged, "chain": "nowhere"})
    change(desk, chain.insert(), {"name": "nowhere", "seq": 1, "head": forged["hash"]})
    assert where(desk, "replay") == [("nowhere", 1)]


@pytest.mark.parametrize("name", ["trial", "people"])
def test_a_chain_that_is_gone_whole_is_found(desk: Desk, name: str) -> None:
    change(desk, entry.delete().where(entry.c.chain == name))
    change(desk, chain.delete().where(chain.c.name == name))
    assert (name, None) in where(desk, "entries")


def test_a_database_that_was_emptied_is_found(desk: Desk) -> None:
    with behind(desk.url) as connection:
        for table in reversed(TABLES):
            connection.execute(table.delete())
    assert sorted(where(desk, "entries")) == [("people", None), ("trial", None)]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("trial", {"kind": "trial_opened"}),
        ("trial", {"kind": "person_added", "data": {"id": "mallory", "role": "emperor"}}),
        ("trial", {"kind": "enrolment", "data": {"patient": "P7", "arm": "A"}, "outcome": "allowed"}),
        ("people", {"kind": "transition"}),
        ("people", {"kind": "trial_opened"}),
    ],
    ids=["opened twice", "a person", "an enrolment", "a step", "opened"],
)
def test_a_kind_of_entry_that_has_no_place_in_a_chain_is_found(desk: Desk, name: str, changes: dict[str, Any]) -> None:
    last = entries_of(desk, name)[-1]
    bare = ("data", "reasons", "trigger", "from", "to")
    forged = rewritten(last, without=bare, seq=last["seq"] + 1, prev=last["hash"].hex(), **changes)
    said = json.loads(forged["body"])
    columns = {"kind": said["kind"], "outcome": said["outcome"], "trigger": None, "from_state": None, "to_state": None}
    change(desk, entry.insert(), {**forged, **columns})
    change(desk, chain.update().where(chain.c.name == name).values(seq=said["seq"], head=forged["hash"]))
    assert where(desk, "replay") == [(name, said["seq"])]


def test_a_patients_name_among_the_other_chains_is_found_and_hides_nothing(desk: Desk) -> None:
    change(desk, chain.insert(), {"name": P1, "seq": 1, "head": b"x"})
    change(desk, patient.update().where(patient.c.id == "P1").values(state="screening"))
    assert where(desk, "row") == [(P1, None), (P1, None)]


# ── people and contents ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_person_added_is_found(desk: Desk) -> None:
    forged = {"id_key": "mallory", "id": "mallory", "role": "investigator", "active": 1, "place": 1}
    change(desk, person.insert(), forged)
    (finding,) = found(desk)
    assert finding.message == "mallory is among the people as investigator, and the log does not say they were added"


def test_a_person_given_another_role_is_found(desk: Desk) -> None:
    change(desk, person.update().where(person.c.id == "carl").values(role="investigator"))
    assert [finding.message for finding in found(desk)] == [
        "carl is among the people as investigator, and the log does not say they were added",
        "carl was added as coordinator, and is missing",
    ]


def test_a_person_brought_back_is_found(desk: Desk) -> None:
    change(desk, person.update().where(person.c.id == "lena").values(active=1))
    assert found(desk) == [Finding("people", None, "person", "lena has, as coordinator, active 1, not 0")]


def test_a_delegation_made_longer_is_found(desk: Desk) -> None:
    change(desk, person.update().where(person.c.id == "lena").values(until_day=None))
    assert found(desk) == [
        Finding("people", None, "person", "lena has, as coordinator, until_day None, not '2026-12-31'")
    ]


def test_a_person_deleted_is_found(desk: Desk) -> None:
    change(desk, person.delete().where(person.c.id == "carl"))
    assert found(desk) == [Finding("people", None, "person", "carl was added as coordinator, and is missing")]


FIRST = content.c.version == "1", content.c.edition == 1


def first_content(desk: Desk) -> dict[str, Any]:
    (row,) = [row for row in desk.rows(content) if (row["version"], row["edition"]) == ("1", 1)]
    return row


def changed_content(desk: Desk) -> bytes:
    data: bytes = first_content(desk)["content"]
    return data.replace(b'"valid_days":7', b'"valid_days":9')


def test_changed_content_of_a_protocol_is_found(desk: Desk) -> None:
    change(desk, content.update().where(*FIRST).values(content=changed_content(desk)))
    said = "the content of protocol version 1, edition 1 does not hash to its digest"
    assert found(desk) == [Finding("trial", None, "version", said)]


def test_nothing_is_decided_by_content_that_is_not_what_was_installed(desk: Desk) -> None:
    change(desk, content.update().where(*FIRST).values(content=changed_content(desk)))
    report = desk.verify()
    assert report.decided == 1  # which is under another
    assert report.undecided > 0


def test_content_changed_with_its_digest_is_found(desk: Desk) -> None:
    data = changed_content(desk)
    change(desk, content.update().where(*FIRST).values(content=data, digest=hashlib.sha256(data).hexdigest()))
    assert {finding.message for finding in found(desk)} >= {
        "protocol version 1, edition 1 is there, and the log does not say it was installed",
        "protocol version 1, edition 1 was installed, and is missing",
    }


def test_a_protocol_added_is_found(desk: Desk) -> None:
    change(desk, content.insert(), {**first_content(desk), "version": "3", "digest": "ab" * 32})
    assert "protocol version 3, edition 1 is there, and the log does not say it was installed" in [
        finding.message for finding in found(desk)
    ]


def test_a_protocol_deleted_is_found(desk: Desk) -> None:
    change(desk, content.delete())
    assert "protocol version 1, edition 1 was installed, and is missing" in [one.message for one in found(desk)]


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
    assert {table for table, _, _ in there} == {*APPEND_ONLY, *KEPT}
    for table, name, text in there:
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            else:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER {name}")
        how = "missing" if engine.dialect.name == "sqlite" else "switched off"
        said = f"the trigger {name} is {how}: the log was open to change"
        assert found(desk) == [Finding("database", None, "trigger", said)]
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
    assert {finding.chain for finding in after.findings} == {"patient/p2"}


@pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")
def test_several_processes_find_what_one_finds(desk: Desk) -> None:
    for seq, name in ((3, P1), (2, "people")):
        change(desk, entry.update().where(entry.c.chain == name, entry.c.seq == seq).values(actor="mallory"))
    change(desk, patient.update().where(patient.c.id == "P3").values(arm="B"))
    alone, together = desk.trial.verify(), desk.trial.verify(workers=2)
    assert sorted(alone.findings, key=repr) == sorted(together.findings, key=repr)
    assert (alone.entries, alone.chains, alone.decided) == (together.entries, together.chains, together.decided)


@pytest.mark.parametrize("part", ["compare_people", "compare_contents", "judge", "check_request"])
def test_whatever_a_row_breaks_is_a_finding_and_the_rest_is_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """No such row is known; the next may be."""

    def broken(*_: object) -> None:
        raise OverflowError("a number too large")

    monkeypatch.setattr(f"workflow.store.audit.{part}", broken)
    found = desk.verify().findings
    assert {(one.chain, one.code) for one in found} == {("database", "unreadable")}
    assert all("OverflowError a number too large" in one.message for one in found)


# ── beside those who work ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_check_of_any_length_keeps_nobody_from_writing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two spans there is no transaction; who acts then, or joins, is judged by what is there by then."""
    monkeypatch.setattr("workflow.store.audit.SPAN", 1)
    people = iter(f"new-{number}" for number in range(99))

    def work(entries: int) -> None:
        name = next(people)
        desk.trial.add_person(name, "coordinator", by=ADMIN)
        desk.trial.record_counts("P3", by=Actor(name), anc="1", platelets="50", on=day(1))
        desk.trial.record_counts("P2", by=Actor(name), anc="1", platelets="50", on=day(1))

    report = desk.trial.verify(progress=work)
    assert (report.findings, report.chains) == ([], 7)
    assert next(people) > "new-3"
    desk.check()


def test_one_patient_is_checked_with_what_their_chain_rests_on(desk: Desk) -> None:
    change(desk, patient.update().where(patient.c.id == "P2").values(arm="B"))
    assert desk.trial.verify(patient="p1").findings == []
    assert [finding.chain for finding in desk.trial.verify(patient="P2").findings] == ["patient/p2"]
    change(desk, person.update().where(person.c.id == "carl").values(role="investigator"))
    assert {finding.chain for finding in desk.trial.verify(patient="P1").findings} == {"people"}


def test_to_check_a_patient_whom_there_is_not_is_an_error(desk: Desk) -> None:
    with pytest.raises(UnknownPatient):
        desk.trial.verify(patient="P77")


@pytest.mark.parametrize("chain", ["trial", "people", "somewhere"])
def test_a_patient_s_row_of_a_chain_that_is_no_patient_s_is_found(desk: Desk, chain: str) -> None:
    """Which would hide the row that names the end of that chain."""
    rows = desk.everything()
    ghost = {**rows["regimen_patient"][0], "chain": chain, "id_key": "p-0099", "id": "P-0099"}
    restore(desk.url, {**rows, "regimen_patient": [*rows["regimen_patient"], ghost]})
    assert "row" in {one.code for one in desk.verify().findings if "which is no patient's chain" in one.message}
