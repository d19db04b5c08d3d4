"""The page about entries: its example holds with nothing but SHA-256 and JSON, its tables name what entries have."""

from __future__ import annotations

import hashlib
import json
import re

import msgspec
import pytest

from tests.docs.pages import ROOT, blocks
from workflow.engine.decision import Mode, Outcome, Reason, Strength
from workflow.engine.facts import BY_KIND
from workflow.engine.facts.fact import named
from workflow.ledger.entry import COLUMNS, KINDS, OTHERS, RESERVED, Body

PAGE = ROOT / "docs" / "reference" / "entry.md"
TEXT = PAGE.read_text("utf-8")

BYTES = [block.rstrip("\n").encode() for block in blocks(PAGE, "json bytes")]
HASHES = re.findall(r"^hash `([0-9a-f]{64})`$", TEXT, re.MULTILINE)
FIELD, SALT, WORDS = re.findall(r"^text of its `(\w+)`: salt `(\w+)`, text `(.+)`$", TEXT, re.MULTILINE)[0]


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


def test_nothing_is_said_by_null() -> None:
    assert not [data for data in BYTES if b"null" in data]


def test_the_readable_form_is_the_same_entry() -> None:
    (readable,) = blocks(PAGE, "json")
    assert json.loads(readable) == json.loads(BYTES[-1])


# ── the tables ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_fields_are_those_that_an_entry_can_have() -> None:
    assert set(table("Fields")) == {field.encode_name for field in msgspec.structs.fields(Body)}


def test_what_can_be_asked_and_answered_is_all_there_is() -> None:
    assert set(table("How it was asked, and what came of it")) == {*Mode, *Outcome}


def test_the_members_of_a_reason_are_all_it_has() -> None:
    members = table("Reasons")
    assert set(members) == set(Reason.__struct_fields__)
    assert all(strength in members["strength"][0] for strength in Strength)


def test_the_kinds_are_all_there_are_and_their_versions() -> None:
    assert {kind: int(row[0]) for kind, row in table("Kinds and their data").items()} == KINDS


@pytest.mark.parametrize("kind", list(table("Kinds and their data")))
def test_the_data_of_a_kind_are_what_the_page_says(kind: str) -> None:
    said = table("Kinds and their data")[kind][-1]
    there = set() if said.startswith("none") else set(re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", said)))
    payload = named(BY_KIND[kind]) if kind in BY_KIND else OTHERS[kind][1]
    assert there == set(payload.__struct_fields__)


def test_the_names_that_are_reserved_stand_there() -> None:
    assert all(f"`{name}`" in TEXT for name in RESERVED)


def test_the_columns_are_those_of_the_table() -> None:
    assert set(table("Where it lies")) == set(COLUMNS)
