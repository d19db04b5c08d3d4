"""An entry: its bytes, its hash, its commitments, and how it is read. The digests were worked out with sha256sum."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.engine.decision import Reason, Strength
from workflow.engine.facts import BY_KIND, Fact, When
from workflow.engine.facts.fact import OWN, named
from workflow.ledger import entry
from workflow.ledger.entry import COLUMNS, KINDS, RESERVED, Body, NotUnderstood, Sealed, decode
from workflow.store.schema import entry as entry_table

# What no entry can be without.
LEAST: dict[str, Any] = {
    "v": 1,
    "kv": 1,
    "kind": "transition",
    "chain": "patient/p1",
    "seq": 2,
    "at": "2024-01-04T22:30:00.000001Z",
    "on": "2024-01-03",
    "today": "2024-01-04",
    "actor": {"id": "ines", "role": "investigator", "assurance": "os"},
    "engine": "1",
    "software": "0.1.0",
    "outcome": "refused",
}
# Everything that an entry can say.
MOST: dict[str, Any] = LEAST | {
    "prev": "ab" * 32,
    "time": "09:30",
    "mode": "override",
    "stated": "given",
    "trigger": "register",
    "code": "disease",
    "from": "screening",
    "to": "enrolled",
    "data": {"x": 1},
    "reasons": [{"code": "hold.open", "args": {"on": "2024-01-02"}, "strength": "soft", "evidence": [1]}],
    "deviations": ["wrong_day"],
    "delay": 3,
    "cause": 1,
    "protocol": {"trial": "TOY-1", "version": "1", "edition": 1, "digest": "00"},
    "request": {"id": "r-1", "sha256": "11" * 32},
    "seen": {"people": [4, "22"]},
    "texts": {"reason": "33" * 32},
    "imported": {"source": "44", "line": 7, "row": "r7", "decided_by": "site"},
    "actor": {"id": "ines", "role": "investigator", "assurance": "os", "via": "llee"},
}


def written(body: dict[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sealed(**changes: Any) -> Sealed:
    return entry.seal(decode(written(LEAST | changes)), {})


# ── bytes and hashes ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("body", [LEAST, MOST], ids=["least", "most"])
def test_an_entry_is_written_as_it_was_read(body: dict[str, Any]) -> None:
    assert entry.seal(decode(written(body)), {}).data == written(body)


def test_the_hash_is_sha_256_over_a_zero_byte_and_the_canonical_bytes() -> None:
    found = sealed()
    assert found.hash == entry.hash_of(found.data)
    assert found.hash.hex() == "19a921292217f01c9131c2c7290bffb76a10a26da2eb38192cc659a781fa7d1c"


def test_the_hash_of_empty_bytes_is_rfc_6962s_hash_of_an_empty_leaf() -> None:
    assert entry.hash_of(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_an_object_without_members() -> None:
    assert entry.hash_of(b"{}").hex() == "28a3a18f6cd6406b086e9ffda1f9b8a13dbcf44b0f3f32cb9031a11fd053acf9"


def test_a_commitment_is_sha_256_over_the_salt_and_the_text() -> None:
    assert (
        entry.commitment(b"saltsaltsaltsalt", "late because of ü")
        == "5baa080781da77f3b83132b58caeffa73ed3c913a436e58d0eb27f92becf27af"
    )


def test_the_same_text_with_another_salt_is_another_commitment() -> None:
    assert entry.commitment(b"a" * 16, "x") != entry.commitment(b"b" * 16, "x")


@given(st.integers(0, 10_000))
def test_any_byte_changed_changes_the_hash(place: int) -> None:
    found = sealed()
    data = bytearray(found.data)
    data[place % len(data)] ^= 1 + place % 255
    assert entry.hash_of(bytes(data)) != found.hash


# ── what was not said is absent ────────────────────────────────────────────────────────────────────────────────────


def test_what_was_not_said_is_left_out() -> None:
    assert json.loads(sealed().data) == LEAST


def test_the_field_by_which_an_entry_says_something_is_there_only_then() -> None:
    said = set(MOST) - set(LEAST)
    assert {field.encode_name for field in msgspec.structs.fields(Body) if not field.required} == said


def as_written(body: dict[str, Any], data: bytes | None = None) -> bool:
    """Whether an entry of these bytes is one that is written so; False too where they are no entry."""
    data = data if data is not None else written(body)
    try:
        return entry.is_as_written(decode(data), data)
    except ValueError:
        return False


@pytest.mark.parametrize("body", [LEAST, {**MOST, "kind": "counts", "data": {"anc": "1", "platelets": "2"}}])
def test_what_is_written_is_as_it_is_written(body: dict[str, Any]) -> None:
    assert as_written(body)


@pytest.mark.parametrize("field", sorted(set(MOST) - set(LEAST)))
def test_null_is_never_written(field: str) -> None:
    assert not as_written(LEAST | {field: None})


@pytest.mark.parametrize(
    "default",
    [{"delay": 0}, {"data": {}}, {"texts": {}}, {"reasons": []}, {"seen": {}}, {"deviations": []}],
    ids=lambda default: next(iter(default)),
)
def test_a_default_is_never_written(default: dict[str, Any]) -> None:
    assert not as_written(LEAST | default)


@pytest.mark.parametrize(
    "said",
    [
        {"mode": "ask"},
        {"outcome": "pardoned"},
        {"at": "yesterday"},
        {"at": "2024-01-04T22:30:00Z"},
        {"at": "2024-01-04T23:30:00.000001+01:00"},
        {"at": "٢٠٢٤-01-04T22:30:00.000001Z"},
    ],
    ids=str,
)
def test_a_value_that_nobody_writes_is_not_as_written(said: dict[str, str]) -> None:
    assert not as_written(LEAST | said)


EVENT = MOST | {"kind": "adverse_event", "data": {"term": "nausea", "grade": 3}}
PLAIN = {name: value for name, value in EVENT.items() if name not in ("reasons", "imported")}


def numbers(value: Any, *place: Any) -> list[tuple[Any, ...]]:
    """Where the whole numbers of a body stand."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [found for key, inner in items for found in numbers(inner, *place, key)]
    return [place] if type(value) is int else []


@pytest.mark.parametrize("whole", [EVENT, PLAIN], ids=["with reasons", "without"])
@pytest.mark.parametrize("number", [2**53, 2**60, -(2**53)])
def test_no_number_goes_beyond_the_subset(whole: dict[str, Any], number: int) -> None:
    assert as_written(whole)
    for *outer, last in numbers({name: value for name, value in whole.items() if name not in ("v", "kv")}):
        body = json.loads(written(whole))
        inner = body
        for step in outer:
            inner = inner[step]
        inner[last] = number
        assert not as_written(body), (*outer, last)


COUNTS = LEAST | {"kind": "counts", "data": {"anc": "1.0", "platelets": "50"}}


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        pytest.param('"anc":"1.0"', '"anc": "1.0"', id="white space"),
        pytest.param('"anc":"1.0"', '"anc":"1.0","anc":"1.0"', id="a key twice"),
        pytest.param('"anc":"1.0"', '"anc":"1.\\u0030"', id="an escape"),
        pytest.param('"anc":"1.0"', '"anc":"1.0","novel":1', id="an unknown member"),
        pytest.param('"anc":"1.0",', "", id="a member that is missing"),
        pytest.param('"anc":"1.0"', '"anc":1.0', id="another type"),
        pytest.param('{"anc":"1.0","platelets":"50"}', "null", id="no content"),
        pytest.param('{"anc":"1.0","platelets":"50"}', '{"platelets":"50","anc":"1.0"}', id="another order"),
        pytest.param('"seq":2', '"seq":2.0', id="a float"),
        pytest.param('"seq":2', '"delay":9007199254740992,"seq":2', id="2 to the 53"),
        pytest.param('"v":1', '"v":1,"v":1', id="a member of the envelope twice"),
    ],
)
def test_other_bytes_that_say_the_same_or_more_are_not_as_written(there: str, instead: str) -> None:
    data = written(COUNTS)
    assert as_written(COUNTS, data)
    forged = data.replace(there.encode(), instead.encode())
    assert forged != data
    assert not as_written(COUNTS, forged)


@pytest.mark.parametrize("field", sorted(LEAST))
def test_what_an_entry_cannot_be_without(field: str) -> None:
    with pytest.raises(ValueError, match="missing required field"):
        decode(written({name: value for name, value in MOST.items() if name != field}))


def test_the_strength_that_most_reasons_have_is_left_out() -> None:
    reason = Reason("sequence.final", {"state": "off_study"}, Strength.HARD)
    assert msgspec.to_builtins(reason) == {"code": "sequence.final", "args": {"state": "off_study"}}


# ── formats, kinds, versions ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_entry_of_a_known_kind_is_understood(kind: str) -> None:
    assert decode(written(LEAST | {"kind": kind, "kv": KINDS[kind]})).kind == kind


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"v": 2}, "format 2"),
        ({"v": 2, "novel": True}, "format 2"),
        ({"kv": 2}, "version 2 of transition"),
        ({"kv": 2, "novel": {"a": 1}}, "version 2 of transition"),
        ({"kind": "telepathy"}, "kind telepathy"),
        ({"kind": RESERVED[0], "novel": 1}, f"kind {RESERVED[0]}"),
    ],
)
def test_an_entry_of_a_higher_version_is_not_understood(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(NotUnderstood, match=said):
        decode(written(LEAST | changes))


@pytest.mark.parametrize("changes", [{"v": 0}, {"kv": 0}, {"kv": -1}])
def test_there_is_no_version_below_the_first(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no entry is of format"):
        decode(written(LEAST | changes))


@pytest.mark.parametrize("place", [(), ("actor",), ("protocol",), ("request",), ("imported",), ("reasons", 0)])
def test_a_known_version_with_an_unknown_member_is_no_entry(place: tuple[Any, ...]) -> None:
    body = json.loads(written(MOST))
    inner = body
    for step in place:
        inner = inner[step]
    inner["novel"] = 1
    with pytest.raises(ValueError, match="unknown field"):
        decode(written(body))


def test_kinds_that_are_reserved_are_not_in_use() -> None:
    assert not set(RESERVED) & set(KINDS)


def named_form(kind: type[Fact]) -> dict[str, Any]:
    """A value for each of a kind's own fields that has to be said."""
    blank: dict[Any, Any] = {str: "x", int: 1}
    return {f.name: blank[f.type] for f in msgspec.structs.fields(kind)[OWN:] if f.required}


@pytest.mark.parametrize("kind", BY_KIND.values(), ids=BY_KIND)
def test_the_content_of_a_fact_stands_by_name_without_its_defaults(kind: type[Fact]) -> None:
    said = named_form(kind)
    fact = kind.read(When(2, date(2024, 1, 8)), msgspec.Raw(written(said)))
    assert fact.payload() == written(said)
    assert (fact.entry, fact.on, fact.time) == (2, date(2024, 1, 8), None)


@pytest.mark.parametrize("kind", BY_KIND.values(), ids=BY_KIND)
def test_the_content_of_a_fact_has_no_member_that_its_kind_does_not_have(kind: type[Fact]) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        kind.read(When(2, date(2024, 1, 8)), msgspec.Raw(written(named_form(kind) | {"novel": 1})))


def test_what_a_fact_can_say_in_the_log_are_its_own_fields() -> None:
    for kind in BY_KIND.values():
        assert named(kind).__struct_fields__ == kind.__struct_fields__[OWN:]
        assert kind.__struct_fields__[:OWN] == ("entry", "on", "time")


# ── moments ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "2024-01-02T03:04:05.000006Z"),
        (datetime(2024, 1, 2, tzinfo=timezone(timedelta(hours=5, minutes=45))), "2024-01-01T18:15:00.000000Z"),
        (datetime(2024, 1, 2, tzinfo=timezone(timedelta(hours=-3, seconds=-7))), "2024-01-02T03:00:07.000000Z"),
    ],
)
def test_a_moment_is_written_in_utc_to_the_microsecond(moment: datetime, text: str) -> None:
    assert entry.instant(moment) == text


MOMENTS = st.datetimes(
    min_value=datetime(1000, 1, 2),  # noqa: DTZ001 - the zone is drawn too
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.timezones(),
)


@given(MOMENTS)
def test_every_moment_has_the_same_width_and_reads_back(moment: datetime) -> None:
    text = entry.instant(moment)
    assert len(text) == 27
    assert datetime.fromisoformat(text) == moment.astimezone(UTC)


# ── columns and chains ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_columns_say_what_the_bytes_say() -> None:
    said = dict(zip(COLUMNS, entry.columns_of(decode(written(MOST))), strict=True))
    assert said == {
        "chain": "patient/p1",
        "seq": 2,
        "kind": "transition",
        "trigger": "register",
        "outcome": "refused",
        "from_state": "screening",
        "to_state": "enrolled",
        "occurred_on": "2024-01-03",
        "recorded_at": "2024-01-04T22:30:00.000001Z",
        "actor": "ines",
        "role": "investigator",
        "code": "disease",
    }


def test_the_columns_are_those_of_the_table_but_for_bytes_and_hash() -> None:
    assert (*COLUMNS, "body", "hash") == tuple(column.name for column in entry_table.columns)


@pytest.mark.parametrize("id", ["P-7", "p-7"])
def test_a_patients_chain_is_named_by_their_id_whatever_its_case(id: str) -> None:
    assert entry.chain_of(id) == "patient/p-7"


def test_no_patients_chain_has_the_name_of_another() -> None:
    assert entry.chain_of("trial") != entry.TRIAL_CHAIN
    assert entry.chain_of("people") != entry.PEOPLE_CHAIN
