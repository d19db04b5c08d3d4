"""The page about entries: its example holds with nothing but SHA-256 and JSON, its tables name what entries have."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from tests.docs.pages import ROOT, blocks
from workflow import Actor, Trial
from workflow.ledger.replay import COLUMNS
from workflow.store.schema import entry

PAGE = ROOT / "docs" / "reference" / "entry.md"
TEXT = PAGE.read_text("utf-8")

BYTES = [block.rstrip("\n").encode() for block in blocks(PAGE, "json bytes")]
HASHES = re.findall(r"^hash `([0-9a-f]{64})`$", TEXT, re.MULTILINE)
FIELD, SALT, WORDS = re.findall(r"^text of its `(\w+)`: salt `(\w+)`, text `(.+)`$", TEXT, re.MULTILINE)[0]

ALEX, LEE = Actor("alex"), Actor("lee")
DAY = date(2026, 1, 5)


def table(heading: str) -> dict[str, list[str]]:
    """The table under a heading: the first column to the other cells. A row may be about several."""
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = {}
    for row in re.findall(r"^\| (`.*) \|$", section, re.MULTILINE):
        first, *others = row.split(" | ")
        for name in re.findall(r"`(\w+)`", first):
            found[name] = others
    return found


# ── the example ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_bytes_hash_to_the_hashes() -> None:
    assert [hashlib.sha256(b"\x00" + data).hexdigest() for data in BYTES] == HASHES


def test_the_bytes_are_canonical() -> None:
    for data in BYTES:
        body = json.loads(data)
        assert json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() == data


def test_the_second_entry_names_the_hash_of_the_first() -> None:
    refused, allowed = map(json.loads, BYTES)
    assert allowed["prev"] == HASHES[0]
    assert allowed["seq"] == refused["seq"] + 1


def test_the_text_matches_its_commitment() -> None:
    committed = json.loads(BYTES[-1])["texts"][FIELD]
    assert hashlib.sha256(bytes.fromhex(SALT) + WORDS.encode()).hexdigest() == committed


def test_the_readable_form_is_the_same_entry() -> None:
    (readable,) = blocks(PAGE, "json")
    assert json.loads(readable) == json.loads(BYTES[-1])


# ── the tables ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def bodies() -> dict[str, dict[str, Any]]:
    """An entry of every kind."""
    with Trial.init("sqlite://", by=ALEX) as trial:
        for id, role in (("lee", "investigator"), ("mia", "coordinator")):
            trial.add_person(id, role, by=ALEX)
        trial.deactivate_person("mia", by=ALEX)
        _record_everything(trial)
        with trial.engine.connect() as connection:
            stored = connection.execute(sa.select(entry.c.body)).scalars()
            return {body["kind"]: body for body in map(json.loads, stored)}


def _record_everything(trial: Trial) -> None:
    who: dict[str, Any] = {"by": LEE, "on": DAY}
    trial.enroll("P-0001", "I", **who)
    trial.record_consent("P-0001", **who)
    trial.record_eligibility("P-0001", route="IN01", **who)
    trial.record_adverse_event("P-0001", term="headache", grade=1, **who)
    trial.record_counts("P-0001", anc="1.0", platelets="50", **who)
    trial.record_response("P-0001", response="CR", **who)
    trial.record_dose("P-0001", agent="InO", **who)
    trial.hold("P-0001", code="other", **who)
    trial.resume("P-0001", **who)
    trial.advance("P-0001", "screen_failure", code="other", **who)


def test_the_fields_are_those_of_every_entry(bodies: dict[str, dict[str, Any]]) -> None:
    for body in bodies.values():
        assert set(table("Fields")) == set(body)


def test_the_kinds_are_all_there_are(bodies: dict[str, dict[str, Any]]) -> None:
    assert set(table("Kinds and their data")) == set(bodies)


@pytest.mark.parametrize("kind", list(table("Kinds and their data")))
def test_the_data_of_a_kind_are_what_the_page_says(kind: str, bodies: dict[str, dict[str, Any]]) -> None:
    said = table("Kinds and their data")[kind][-1]
    named = set() if said.startswith("empty") else set(re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", said)))
    assert named == set(bodies[kind]["data"])


def test_the_columns_are_those_of_the_table() -> None:
    assert set(table("Where it lies")) == set(COLUMNS)
