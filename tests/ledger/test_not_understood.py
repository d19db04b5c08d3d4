"""What newer software wrote: named as not understood, judged by nobody; what was never in use is a finding."""

from __future__ import annotations

import json
from datetime import date, datetime
from hashlib import sha256
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from tests.ledger.tamper import behind
from tests.library.desk import ADMIN, COORDINATOR, Desk, day
from tests.toy import TOY
from workflow import Filter, Trial, canonical
from workflow.desk import software
from workflow.errors import NewerSoftwareNeeded, VerificationFailed
from workflow.ledger import entry as entries
from workflow.ledger.entry import COLUMNS, KINDS, SOFTWARE_CHANGED, Stored, hash_of
from workflow.ledger.ground import Ground
from workflow.ledger.replay import ChainCheck
from workflow.ledger.report import Finding, Report
from workflow.protocol import content
from workflow.store.schema import chain, entry, patient
from workflow.store.schema import content as contents

P2 = "patient/p2"
LATER = {"kind": "telepathy", "data": {"heard": "a voice"}}


def append(desk: Desk, name: str, *, drop: tuple[str, ...] = (), **changes: Any) -> int:
    """An entry at the end of a chain, like the last one but for ``changes``, with the head moved on; its number."""
    rows = sorted((row for row in desk.rows(entry) if row["chain"] == name), key=lambda row: row["seq"])
    last = rows[-1]
    end = json.loads(last["body"])
    like = json.loads(rows[1]["body"]) if name == "trial" else end  # of the trial's an administrator's
    like |= {"seen": {"people": end["seen"]["people"]}, "at": end["at"]}
    body = like | {"seq": last["seq"] + 1, "prev": last["hash"].hex()} | changes
    body = {field: value for field, value in body.items() if field not in drop}
    data = changes.pop("bytes", None) or json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    said = {"chain": name, "seq": body["seq"], "body": data, "hash": hash_of(data), **columns_of(body)}
    head = {"seq": said["seq"], "head": said["hash"]}
    with behind(desk.url) as connection:
        connection.execute(entry.insert(), said)
        connection.execute(chain.update().where(chain.c.name == name).values(head))
        connection.execute(patient.update().where(patient.c.chain == name).values(head))
    return int(said["seq"])


def columns_of(body: dict[str, Any]) -> dict[str, Any]:
    """What the columns say of a body of any format."""
    same = {field: body.get(field) for field in ("kind", "trigger", "outcome", "code")}
    states = {"from_state": body.get("from"), "to_state": body.get("to")}
    actor = {"actor": body["actor"]["id"], "role": body["actor"]["role"]}
    dates = {"occurred_on": date.fromisoformat(body["on"]), "recorded_at": datetime.fromisoformat(body["at"])}
    return {**same, **states, **actor, **dates}


def newer_software_came(desk: Desk, **numbers: Any) -> int:
    """The trial's chain says that other numbers are in use; the entry's number."""
    there = {"engine": "1", "fold": 1, "format": 1, "kinds": dict(KINDS)} | numbers
    return append(desk, "trial", drop=("protocol",), kind=SOFTWARE_CHANGED, data=there)


# ── where it was in use ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("numbers", "written"),
    [
        ({"kinds": {**KINDS, "telepathy": 1}}, LATER),
        ({"kinds": {**KINDS, "enrolment": 2}}, {"kv": 2, "data": {"novel": True}}),
        ({"format": 2}, {"v": 2, "novel": [1, None]}),
        ({"engine": "2", "format": 2, "fold": 2}, {"v": 2, "engine": "2"}),
    ],
    ids=["a kind", "a version of a kind", "a format", "a format and an engine"],
)
def test_what_newer_software_wrote_is_not_understood(
    desk: Desk, numbers: dict[str, Any], written: dict[str, Any]
) -> None:
    newer_software_came(desk, **numbers)
    append(desk, P2, **written)
    report = desk.verify()
    assert report.findings == []
    assert (report.not_understood, report.sound) == (1, False)


def test_it_is_not_verified_and_says_how_much(desk: Desk) -> None:
    newer_software_came(desk, kinds={**KINDS, "telepathy": 1})
    append(desk, P2, **LATER)
    with pytest.raises(VerificationFailed, match="not verified: 1 entries are not understood") as raised:
        desk.verify().or_raise()
    assert raised.value.hint == "newer software wrote them"


def test_what_follows_on_its_chain_is_not_judged(desk: Desk) -> None:
    """Nobody can say what a refused or impossible entry is worth on ground that is not understood."""
    before = desk.verify()
    newer_software_came(desk, kinds={**KINDS, "telepathy": 1})
    append(desk, P2, **LATER)
    append(desk, P2, drop=("data",), kind="transition", trigger="nonsense", outcome="allowed")
    report = desk.verify()
    assert report.findings == []
    assert (report.not_understood, report.decided) == (2, before.decided)


def test_nor_is_the_row_that_it_adds_up_to(desk: Desk) -> None:
    newer_software_came(desk, kinds={**KINDS, "telepathy": 1})
    append(desk, P2, **LATER)
    with behind(desk.url) as connection:
        connection.execute(patient.update().where(patient.c.chain == P2).values(state="elsewhere"))
    assert desk.verify().findings == []


def test_the_other_chains_are_judged_as_ever(desk: Desk) -> None:
    newer_software_came(desk, kinds={**KINDS, "telepathy": 1})
    append(desk, P2, **LATER)
    with behind(desk.url) as connection:
        connection.execute(patient.update().where(patient.c.id == "P3").values(arm="B"))
    report = desk.verify()
    assert {finding.chain for finding in report.findings} == {"patient/p3"}
    with pytest.raises(VerificationFailed, match="1 findings, the first in patient/p3"):
        report.or_raise()


def test_its_bytes_links_and_number_are_checked_all_the_same(desk: Desk) -> None:
    newer_software_came(desk, kinds={**KINDS, "telepathy": 1})
    seq = append(desk, P2, **LATER, prev="ab" * 32)
    (finding,) = desk.verify().findings
    assert (finding.chain, finding.seq, finding.code) == (P2, seq, "link")


def test_bytes_that_are_not_canonical_are_found_in_what_is_not_understood(desk: Desk) -> None:
    newer_software_came(desk, kinds={**KINDS, "telepathy": 1})
    row = next(row for row in desk.rows(entry) if row["chain"] == P2)
    body = json.loads(row["body"]) | {"seq": 2, "prev": row["hash"].hex()} | LATER
    append(desk, P2, **LATER, bytes=json.dumps(body).encode())
    (finding,) = desk.verify().findings
    assert finding == Finding(P2, 2, "bytes", "the bytes of entry 2 are not canonical")


def test_where_the_change_of_software_is_not_understood_itself_nothing_is_called_never_in_use(desk: Desk) -> None:
    append(desk, "trial", drop=("protocol",), kind=SOFTWARE_CHANGED, kv=2, data={"everything": "new"})
    append(desk, P2, **LATER)
    report = desk.verify()
    assert (report.findings, report.not_understood) == ([], 2)


# ── where it was not ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (LATER, "kind 'telepathy', version 1, was never in use"),
        ({"kv": 2}, "kind 'enrolment', version 2, was never in use"),
        ({"v": 2}, "format 2 was never in use"),
        ({"v": 2, "novel": 1}, "format 2 was never in use"),
    ],
    ids=["a kind", "a version of a kind", "a format", "a format with more in it"],
)
def test_what_was_never_in_use_is_found(desk: Desk, written: dict[str, Any], said: str) -> None:
    seq = append(desk, P2, **written)
    report = desk.verify()
    assert report.findings == [Finding(P2, seq, "never-in-use", f"entry {seq}: {said}")]
    assert report.not_understood == 1


def test_an_engine_that_was_never_in_use_is_found(desk: Desk) -> None:
    seq = append(desk, P2, engine="2")
    assert Finding(P2, seq, "never-in-use", f"entry {seq}: engine '2' was never in use") in desk.verify().findings


def test_an_engine_never_falls_along_a_chain(desk: Desk) -> None:
    newer_software_came(desk, engine="2")
    refused: dict[str, Any] = {"kind": "consent", "outcome": "refused", "data": {"version": "1"}}
    append(desk, P2, **refused, drop=("to",), engine="2")
    seq = append(desk, P2, engine="1")
    said = f"entry {seq} was decided by an older engine than the entry before it"
    assert Finding(P2, seq, "engine", said) in desk.verify().findings


def test_a_protocol_that_was_never_installed_is_found(desk: Desk) -> None:
    """Under it nothing could be decided again, and the row would be compared with nothing."""
    named = {"trial": "TOY-1", "version": "9", "edition": 1, "digest": "ab" * 32}
    seq = append(desk, P2, protocol=named)
    said = f"entry {seq} names a protocol that was never installed"
    assert Finding(P2, seq, "never-in-use", said) in desk.verify().findings


# ── working beside it ──────────────────────────────────────────────────────────────────────────────────────────────


def test_older_software_reads_and_does_not_write(desk: Desk) -> None:
    newer_software_came(desk, kinds={**KINDS, "telepathy": 1})
    append(desk, P2, **LATER)
    with Trial.open(desk.url, clock=desk.clock) as trial:
        assert trial.show("P2").state == "screening"
        assert trial.next("P2").forward == "register"
        with pytest.raises(NewerSoftwareNeeded):
            trial.record_counts("P2", by=COORDINATOR, anc="1", platelets="50", on=day(1))
        with pytest.raises(NewerSoftwareNeeded):
            trial.upgrade(by=ADMIN, protocols=())


def test_an_entry_that_is_not_understood_is_listed_with_what_every_format_says(desk: Desk) -> None:
    newer_software_came(desk, kinds={**KINDS, "telepathy": 1})
    seq = append(desk, P2, **LATER)
    last = desk.trial.log(Filter(patient="P2"))[-1]
    assert (last.seq, last.kind, last.understood, last.outcome) == (seq, "telepathy", False, None)
    assert last.words == "of a kind or format that this software does not know"
    assert last.actor.id == "carl"


def test_what_is_in_use_is_what_this_software_writes(desk: Desk) -> None:
    with desk.trial._transactions.reading() as tx:
        assert software.in_use(tx) == entries.ours()


def test_the_columns_of_an_entry_are_said_in_one_place() -> None:
    assert tuple(column.name for column in sa.inspect(entry).columns)[: len(COLUMNS)] == COLUMNS
    assert entries.COLUMNS is COLUMNS


# ── whatever stands there, the check goes on ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("more", [b'"l":"\xff",', b'"l":1e999,'])
def test_bytes_of_another_kind_that_cannot_be_read_are_a_finding(more: bytes) -> None:
    data = b'{"engine":"1","kind":"telepathy","kv":1,' + more + b'"v":1}'
    report = Report()
    ChainCheck("people", report, Ground()).take(Stored("people", 1, data, sha256(b"\x00" + data).digest()))
    assert "bytes" in {finding.code for finding in report.findings}


@pytest.mark.parametrize("wrong", [{"at": "9999-99-99T99:99:99.000000Z"}, {"time": "25:99"}])
def test_a_moment_that_is_none_is_not_as_it_is_written(desk: Desk, wrong: dict[str, Any]) -> None:
    row = next(row for row in desk.rows(entry) if row["chain"] == "patient/p1")
    body = entries.decode(row["body"])
    assert entries.is_as_written(body, row["body"])
    forged = entries._body.decode(canonical.encode({**json.loads(row["body"]), **wrong}))
    assert not entries.is_as_written(forged, canonical.encode(forged))


def test_a_protocol_that_cannot_be_run_does_not_end_the_check(desk: Desk) -> None:
    (arm, *_) = TOY.arms
    for phases in ((), arm.phases[1:]):
        data = content.write(replace(TOY, version="9", edition=1 + len(phases), arms=(replace(arm, phases=phases),)))
        values = {"digest": content.digest(data), "trial": TOY.trial, "version": "9", "edition": 1 + len(phases)}
        moment = desk.rows(contents)[0]["installed_at"]
        with behind(desk.url) as connection:
            connection.execute(sa.insert(contents).values(**values, content=data, installed_at=moment))
    findings = [one.message for one in desk.verify().findings]
    assert sum("the log does not say it was installed" in said for said in findings) == 2


def test_numbers_in_use_never_fall(desk: Desk) -> None:
    (said,) = desk.trial.log(Filter(kind="software_changed"))
    seq = append(desk, "trial", kind=SOFTWARE_CHANGED, kv=1, data={**dict(said.data or {}), "engine": "0"})
    assert ("trial", seq, "replay") in {(one.chain, one.seq, one.code) for one in desk.verify().findings}
