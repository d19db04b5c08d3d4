"""What nobody can have told is found, however well the hashes fit: one example of each kind of fact, and of a step."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from msgspec.structs import replace

from tests.ledger.conftest import Furnished
from tests.ledger.forge import Log
from tests.ledger.tamper import restore
from tests.library.desk import AUDITOR, COORDINATOR, ENROLLED, INVESTIGATOR, Desk, day
from tests.toy import TOY
from workflow import canonical
from workflow.engine.facts import KINDS, contact
from workflow.ledger.entry import KINDS as ENTRY_KINDS
from workflow.ledger.entry import SALT, commitment
from workflow.ledger.report import Finding
from workflow.protocol import content
from workflow.protocol.model import Protocol
from workflow.protocol.words import AUDITOR as LOOKS

UNTOLD: dict[str, dict[str, Any]] = {
    "consent": {"version": "the second one"},
    "eligibility": {"answers": {"IN01": "met", "IN02": "perhaps"}, "route": "IN01"},
    "adverse_event": {"grade": 9, "term": "nausea"},
    "adverse_event_news": {"of": 8},
    "counts": {"anc": "2.5 ", "platelets": "120"},
    "response": {"response": "splendid"},
    "dose": {"agent": "alpha", "amount": "-1", "unit": "mg"},
    "hold": {"code": "weather"},
    "resume": {"of": 1},  # which is looked up by its guard
    "contact": {"disease": "in_remission", "source": "dream"},
}
ALSO_UNTOLD: list[tuple[str, dict[str, Any]]] = [
    ("counts", {"anc": "02.5", "platelets": "120"}),  # of which the desk makes another number
    ("dose", {"agent": "alpha", "route": "iv"}),  # which nothing fills in yet
    ("adverse_event", {"grade": 2, "term": "other"}),  # without a note that says what it was
    ("adverse_event", {"grade": 2, "term": "nausea", "said": "nausea"}),
]
OTHERS: dict[str, dict[str, Any]] = {
    "transition": {"code": "mallory"},
    "enrolment": {"time": "08:30"},
    "person_added": {"data": {"id": "x y", "role": "coordinator"}},
    "person_deactivated": {"data": {"id": "carl", "role": "emperor"}},
    "software_changed": {"data": {"engine": "1x", "fold": 1, "format": 1, "kinds": {}}},
}


@pytest.mark.parametrize(("kind", "data"), [*UNTOLD.items(), *ALSO_UNTOLD])
def test_a_fact_that_nobody_can_have_told_is_found(sqlite_url: str, kind: str, data: dict[str, Any]) -> None:
    desk = Desk(sqlite_url)
    desk.walk("P1", "enrolled")
    trial = desk.trial
    said: dict[str, Any] = {"by": INVESTIGATOR, "on": ENROLLED}
    trial.record_adverse_event("P1", term="nausea", grade=2, **said).or_raise()
    trial.update_adverse_event("P1", desk.seq(), grade=1, **said).or_raise()
    trial.record_counts("P1", anc="1", platelets="50", **said).or_raise()
    trial.record_response("P1", response="CR", **said)
    trial.record_dose("P1", agent="alpha", **said)
    trial.hold("P1", code="infection", by=COORDINATOR, on=day(1)).or_raise()
    trial.resume("P1", by=COORDINATOR, on=day(2)).or_raise()
    trial.record("P1", contact.telling("unknown", "seen"), **said).or_raise()
    desk.check()
    log = Log(desk.everything())
    body = next(body for body in log.chains["patient/p1"] if body["kind"] == kind)
    body["data"] = data
    restore(desk.url, log.fit())
    assert any((one.chain, one.seq) == ("patient/p1", body["seq"]) for one in desk.verify().findings)
    desk.close()


def test_every_kind_of_fact_is_tried() -> None:
    assert set(UNTOLD) == set(KINDS)


def found_after(furnished: Furnished, change: Callable[[Log], None]) -> set[tuple[str, int | None, str]]:
    """Where something is found once the log is changed, and everything made to fit."""
    desk, rows = furnished
    log = Log(rows)
    change(log)
    restore(desk.url, log.fit())
    found = desk.verify().findings
    restore(desk.url, rows)
    return {(one.chain, one.seq, one.code) for one in found}


@pytest.mark.parametrize("kind", OTHERS)
def test_nor_is_anything_else_asked_for_in_forms_that_it_has_not(furnished: Furnished, kind: str) -> None:
    chains = Log(furnished[1]).chains
    chain, seq = next((name, one["seq"]) for name, bodies in chains.items() for one in bodies if one["kind"] == kind)
    found = found_after(furnished, lambda log: log.chains[chain][seq - 1].update(deepcopy(OTHERS[kind])))
    assert (chain, seq) in {(where, number) for where, number, _ in found}


def test_an_exit_is_not_asked_for_without_its_code(furnished: Furnished) -> None:
    found = found_after(furnished, lambda log: log.chains["patient/p3"][-1].__delitem__("code"))
    assert ("patient/p3", 5, "replay") in found


def test_no_enrolment_follows_by_itself(furnished: Furnished) -> None:
    trial = Log(furnished[1]).chains["trial"]
    seq = next(body["seq"] for body in trial if body["kind"] == "enrolment")
    assert ("trial", seq, "replay") in found_after(furnished, lambda log: log.chains["trial"][seq - 1].update(cause=1))


@pytest.mark.parametrize("engine", ["0", "01", "1-dev-dev"])
def test_an_engines_number_is_written_in_one_way_and_counted_from_one(furnished: Furnished, engine: str) -> None:
    def under_it(log: Log) -> None:
        for body in (*log.bodies(), log.chains["trial"][1]["data"]):
            body["engine"] = engine

    assert ("trial", 2) in {(chain, seq) for chain, seq, _ in found_after(furnished, under_it)}


def test_the_same_numbers_do_not_come_into_use_twice(furnished: Furnished) -> None:
    def again(log: Log) -> None:
        trial = log.chains["trial"]
        seen = {"people": [len(log.chains["people"]), ""]}
        later = {"seq": len(trial) + 1, "at": "2025-06-15T10:00:00.000900Z", "seen": seen}
        trial.append({**deepcopy(trial[1]), **later})

    seq = len(Log(furnished[1]).chains["trial"]) + 1
    assert found_after(furnished, again) == {("trial", seq, "replay")}


def test_two_clocks_may_differ_by_five_minutes(furnished: Furnished) -> None:
    at = "2025-06-15T10:04:59.000000Z"
    assert found_after(furnished, lambda log: log.chains["patient/p2"][0].update(at=at)) == set()
    assert found_after(furnished, lambda log: log.chains["patient/p1"][2].update(at=at)) == set()


def test_what_follows_by_itself_is_its_causes_in_every_particular(sqlite_url: str) -> None:
    desk = Desk(sqlite_url)
    desk.walk("P1")
    event = {"term": "nausea", "grade": 3, "unacceptable": True, "on": day(2)}
    assert desk.trial.record_adverse_event("P1", by=INVESTIGATOR, **event).also  # type: ignore[arg-type]
    rows = desk.everything()
    last = len(Log(rows).chains["patient/p1"])
    changes: list[dict[str, Any]] = [
        {"actor": {"assurance": "service", "id": "carl", "role": "coordinator"}},
        {"actor": {"assurance": "other", "id": "ines", "role": "investigator"}},
        {"at": "2025-06-15T10:00:59.000000Z"},
        {"today": "2025-06-14"},
        {"time": "08:30"},
        {"mode": "override"},
        {"request": {"id": "mine", "sha256": "0" * 64}},
    ]
    for change in changes:
        log = Log(rows)
        log.chains["patient/p1"][-1].update(change)
        restore(desk.url, log.fit())
        assert any((one.chain, one.seq) == ("patient/p1", last) for one in desk.verify().findings), change
    desk.close()


def _refused_alone(log: Log) -> None:
    """A chain that begins with an enrolment that was refused, and a row of it that says whatever it likes."""
    (there,) = [body for body in log.chains["trial"] if body["kind"] == "enrolment"]
    refused = {**there, "chain": "patient/p0", "seq": 1}
    refused["seen"] = log.chains["patient/p2"][0]["seen"]
    del refused["prev"]
    log.chains["patient/p0"] = [refused]


def test_a_refused_enrolment_opens_no_chain(furnished: Furnished) -> None:
    desk, rows = furnished
    log = Log(rows)
    _refused_alone(log)
    new = log.fit()
    row = next(row for row in rows["regimen_patient"] if row["id"] == "P1")
    (entry,) = [one for one in new["regimen_entry"] if one["chain"] == "patient/p0"]
    more = {"chain": "patient/p0", "id": "P0", "id_key": "p0", "seq": 1, "head": entry["hash"]}
    new["regimen_patient"] = [*new["regimen_patient"], {**row, **more}]
    restore(desk.url, new)
    found = desk.verify().findings
    restore(desk.url, rows)
    said = "entry 1 cannot follow what was before it: ValueError an enrolment that was refused opens no chain"
    assert found == [Finding("patient/p0", 1, "replay", said)]


@pytest.mark.parametrize("chain", ["people", "trial", "patient/p1"])
def test_an_entry_recorded_before_the_one_that_it_follows_is_found(furnished: Furnished, chain: str) -> None:
    """By more than two clocks may differ by: half an hour before, and nothing else says so."""
    desk, rows = furnished
    log = Log(rows)
    log.chains[chain][0]["at"] = "2025-06-15T10:30:00.000000Z"
    restore(desk.url, log.fit())
    found = {(one.chain, one.seq, one.code) for one in desk.verify().findings}
    restore(desk.url, rows)
    assert (chain, 2, "clock") in found


@pytest.mark.parametrize("chain", ["people", "trial", "patient/p1"])
def test_nor_may_entries_go_back_in_time_step_by_step(furnished: Furnished, chain: str) -> None:
    """Each by less than two clocks may differ by from the one before it, and it is half an hour in the end."""
    assert found_after(furnished, lambda log: back_in_steps(log, chain)) >= {(chain, 3, "clock")}


def back_in_steps(log: Log, chain: str) -> None:
    for place, minute in enumerate((30, 26, 22, 18, 14, 10, 6)):
        if place < len(log.chains[chain]):
            log.chains[chain][place]["at"] = f"2025-06-15T10:{minute:02}:00.000000Z"


def test_one_clock_that_was_wrong_is_one_finding(furnished: Furnished) -> None:
    """Of the entry behind it, and of none that follow."""
    at = {"at": "2025-06-15T10:30:00.000000Z"}
    found = found_after(furnished, lambda log: log.chains["patient/p1"][3].update(at))
    assert found == {("patient/p1", 5, "clock")}


TEXTS = ["", " after a meal", "after a meal\n", "after\x1b[2Ja meal", "a\r\nb", "x" * 4001, "x" * 5_000_000]


@pytest.mark.parametrize("text", TEXTS, ids=[f"{text[:12]!r} {len(text)}" for text in TEXTS])
def test_a_text_that_nobody_can_have_typed_is_found(furnished: Furnished, text: str) -> None:
    """However well it fits what the entry commits to."""
    desk, rows = furnished
    log = Log(rows)
    body = next(body for body in log.chains["patient/p1"] if "note" in body.get("texts", {}))
    salt = b"s" * SALT
    body["texts"]["note"] = commitment(salt, text)
    new = log.fit()
    for row in new["regimen_entry_text"]:
        if (row["chain"], row["seq"], row["field"]) == ("patient/p1", body["seq"], "note"):
            row.update(salt=salt, text=text)
    restore(desk.url, new)
    found = desk.verify().findings
    restore(desk.url, rows)
    assert [(one.chain, one.seq, one.code) for one in found] == [("patient/p1", body["seq"], "text")]
    assert len(found[0].message) < 200


def test_the_trials_chain_says_at_its_beginning_which_numbers_are_in_use(sqlite_url: str) -> None:
    desk = Desk(sqlite_url)
    log = Log(desk.everything())
    del log.chains["trial"][1:]
    new = log.fit()
    new["regimen_content"] = []
    restore(desk.url, new)
    assert ("trial", "replay") in {(one.chain, one.code) for one in desk.verify().findings}
    desk.close()


def test_a_text_is_salted_as_every_other(furnished: Furnished) -> None:
    """A commitment without a salt can be guessed; none of ours is."""
    desk, rows = furnished
    log = Log(rows)
    body = next(body for body in log.chains["patient/p1"] if "note" in body.get("texts", {}))
    body["texts"]["note"] = commitment(b"", "after a meal")
    new = log.fit()
    for row in new["regimen_entry_text"]:
        if (row["chain"], row["seq"], row["field"]) == ("patient/p1", body["seq"], "note"):
            row["salt"] = b""
    restore(desk.url, new)
    found = desk.verify().findings
    restore(desk.url, rows)
    assert [(one.chain, one.seq, one.code) for one in found] == [("patient/p1", body["seq"], "text")]


def test_nothing_is_taken_back_without_a_reason(furnished: Furnished) -> None:
    desk, rows = furnished
    log = Log(rows)
    body = next(body for body in log.chains["patient/p4"] if body["kind"] == "void")
    del body["texts"], body["stated"]
    changed = log.fit()
    changed["regimen_entry_text"] = [text for text in changed["regimen_entry_text"] if text["chain"] != "patient/p4"]
    restore(desk.url, changed)
    found = {(one.chain, one.seq, one.code) for one in desk.verify().findings}
    restore(desk.url, rows)
    assert ("patient/p4", body["seq"], "replay") in found


@pytest.mark.parametrize("assurance", ["OS", "Os-Shared"])
def test_what_reads_like_the_kernels_word_and_is_not_is_found(furnished: Furnished, assurance: str) -> None:
    def other(log: Log) -> None:
        log.chains["patient/p1"][-1]["actor"]["assurance"] = assurance

    assert any(code == "actor" for _, _, code in found_after(furnished, other))


def test_nobody_is_enrolled_under_an_edition_in_whose_place_there_is_a_newer(furnished: Furnished) -> None:
    newer = next(body for body in Log(furnished[1]).chains["trial"] if (body.get("protocol") or {}).get("edition") == 2)

    def seeing_it(log: Log) -> None:
        log.chains["patient/p2"][0]["seen"]["trial"] = [newer["seq"], ""]

    assert found_after(furnished, seeing_it) == {("patient/p2", 1, "never-in-use")}


# ── the trial's own chain ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["trial_opened", "software_changed", "setting_changed"])
def test_no_protocol_is_named_where_none_is_installed(furnished: Furnished, kind: str) -> None:
    def named(log: Log) -> None:
        trial = log.chains["trial"]
        protocol = next(body["protocol"] for body in trial if body["kind"] == "content_installed")
        next(body for body in trial if body["kind"] == kind)["protocol"] = protocol

    seq = next(body["seq"] for body in Log(furnished[1]).chains["trial"] if body["kind"] == kind)
    assert ("trial", seq, "bytes") in found_after(furnished, named)


@pytest.mark.parametrize("mode", ["override", "happened"])
def test_nobody_is_enrolled_in_spite_of_a_rule(furnished: Furnished, mode: str) -> None:
    found = found_after(furnished, lambda log: log.chains["patient/p2"][0].update(mode=mode))
    assert ("patient/p2", 1, "replay") in found


def test_nobody_is_refused_who_is_enrolled_already(furnished: Furnished) -> None:
    def refused(log: Log) -> None:
        trial = log.chains["trial"]
        last = next(body for body in trial if body["kind"] == "enrolment")
        later = {"seq": len(trial) + 1, "at": trial[-1]["at"], "data": {"arm": "A", "patient": "p2"}}
        trial.append({**deepcopy(last), **later})

    seq = len(Log(furnished[1]).chains["trial"]) + 1
    assert found_after(furnished, refused) == {("trial", seq, "replay")}


def test_who_was_refused_may_be_enrolled_later(sqlite_url: str) -> None:
    desk = Desk(sqlite_url)
    assert not desk.trial.enroll("P1", "A", by=AUDITOR, on=ENROLLED).allowed
    desk.enrol("P1")
    desk.check()
    desk.close()


# What no command installs; the members of the protocol that are other than TOY's.
ROLE = TOY.roles[0]
UNSOUND: dict[str, dict[str, Any]] = {
    "one who looks may act": {"permissions": (replace(TOY.permissions[0], roles=(LOOKS,)), *TOY.permissions[1:])},
    "a role that everybody has": {"roles": (*TOY.roles, replace(ROLE, key="administrator"))},
    "a version that clears the screen": {"version": "9\x1b[2J"},
    "a slash in its name": {"version": "a/b"},
    "no way to an end": {"arms": (replace(TOY.arms[0], exits=()),)},
    "more than there is room for": {"summary": "x" * (content.LIMIT + 1)},
}


@pytest.mark.parametrize("what", [*UNSOUND, "a default written out"])
def test_a_protocol_that_no_command_installs_is_found(furnished: Furnished, what: str) -> None:
    """However well it hashes, and whatever the trial's chain says of it."""
    protocol = replace(TOY, **{"version": "9", **UNSOUND.get(what, {})})
    data = content.write(protocol)
    if what not in UNSOUND:
        data = canonical.encode({**json.loads(data), "edition": 1})
    found = installed(furnished, protocol, data)
    assert [(one.chain, one.code) for one in found] == [("trial", "version")]
    assert "none that can have been installed" in found[0].message
    assert len(found[0].message) < 400


def test_one_that_a_command_would_install_is_not(furnished: Furnished) -> None:
    protocol = replace(TOY, version="9")
    assert installed(furnished, protocol, content.write(protocol)) == []


def test_what_newer_software_installed_and_this_one_would_not_is_not_understood(furnished: Furnished) -> None:
    """It may know more kinds of facts, and permissions for them."""
    protocol = replace(TOY, version="9", **UNSOUND["one who looks may act"])
    assert installed(furnished, protocol, content.write(protocol), kinds={**ENTRY_KINDS, "note": 1}) == []
    assert furnished[0].verify().sound


def installed(
    furnished: Furnished, protocol: Protocol, data: bytes, kinds: dict[str, int] | None = None
) -> list[Finding]:
    """What is found once it is written into the trial's chain and the table, by the rules of both.

    With ``kinds`` these are in use when it is; and then it is not verified.
    """
    desk, rows = furnished
    first = next(body for body in Log(rows).chains["trial"] if body["kind"] == "content_installed")
    named = {"version": protocol.version, "edition": protocol.edition, "digest": content.digest(data)}
    row = {**rows["regimen_content"][0], **named, "content": data}
    log = Log({**rows, "regimen_content": [*rows["regimen_content"], row]})
    trial = log.chains["trial"]
    later = {"at": trial[-1]["at"], "seen": trial[-1]["seen"]}
    if kinds is not None:
        numbers = {**trial[1]["data"], "kinds": kinds}
        trial.append({**deepcopy(trial[1]), **later, "seq": len(trial) + 1, "data": numbers})
    trial.append({**deepcopy(first), **later, "seq": len(trial) + 1, "protocol": {**first["protocol"], **named}})
    restore(desk.url, log.fit())
    report = desk.verify()
    restore(desk.url, rows)
    assert (report.not_understood > 0) == (kinds is not None)
    return list(report.findings)
