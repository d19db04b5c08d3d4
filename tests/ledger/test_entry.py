"""An entry: its bytes, its hash, its commitments, and how it reads. The digests were worked out with sha256sum."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.engine.decision import Reason
from workflow.errors import InvalidInput
from workflow.ledger import entry

BODY: dict[str, Any] = {
    "v": 1,
    "chain": "patient/P1",
    "seq": 2,
    "prev": "ab" * 32,
    "kind": "transition",
    "trigger": "register",
    "outcome": "refused",
    "from": "screening",
    "to": None,
    "on": "2024-01-03",
    "today": "2024-01-04",
    "at": "2024-01-04T22:30:00.000001Z",
    "actor": {"id": "ines", "role": "investigator", "assurance": "os", "via": "ines"},
    "code": None,
    "data": {},
    "override": False,
    "reasons": [{"code": "hold.open", "message": "on hold", "lifted_by": "resume", "evidence": [1], "hard": True}],
    "delay": 0,
    "protocol": {"trial": "TOY-1", "version": "1", "digest": "00"},
    "software": "0.1.0",
    "request": None,
}


# ── bytes and hashes ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "data", "digest"),
    [
        (
            {"b": "ü", "a": 1},
            '{"a":1,"b":"ü","texts":{}}'.encode(),
            "ab8d9e03c8b0c690fc0760afe1843a40eafcd838e14f1cd34c7e1c53981c500f",
        ),
    ],
)
def test_the_hash_is_sha_256_over_a_zero_byte_and_the_canonical_bytes(
    body: dict[str, Any], data: bytes, digest: str
) -> None:
    sealed = entry.seal(body, {})
    assert (sealed.data, sealed.hash.hex()) == (data, digest)


def test_the_hash_of_empty_bytes_is_rfc_6962s_hash_of_an_empty_leaf() -> None:
    assert entry.hash_of(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_an_object_without_members() -> None:
    assert entry.hash_of(b"{}").hex() == "28a3a18f6cd6406b086e9ffda1f9b8a13dbcf44b0f3f32cb9031a11fd053acf9"


def test_a_commitment_is_sha_256_over_the_salt_and_the_text() -> None:
    assert (
        entry.commitment(b"saltsaltsaltsalt", "late because of ü")
        == "5baa080781da77f3b83132b58caeffa73ed3c913a436e58d0eb27f92becf27af"
    )


def test_texts_stand_in_the_bytes_only_as_commitments() -> None:
    sealed = entry.seal(dict(BODY), {"reason": (b"s" * 16, "the patient was away")})
    assert b"away" not in sealed.data
    assert sealed.body["texts"] == {"reason": entry.commitment(b"s" * 16, "the patient was away")}


def test_the_same_text_with_another_salt_is_another_commitment() -> None:
    assert entry.commitment(b"a" * 16, "x") != entry.commitment(b"b" * 16, "x")


@given(st.integers(0, 10_000))
def test_any_byte_changed_changes_the_hash(place: int) -> None:
    sealed = entry.seal(dict(BODY), {})
    data = bytearray(sealed.data)
    data[place % len(data)] ^= 1 + place % 255
    assert entry.hash_of(bytes(data)) != sealed.hash


def test_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not Unicode"):
        entry.seal({"a": "\udcff"}, {})


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


# ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_entry_reads_as_it_was_written() -> None:
    sealed = entry.seal(dict(BODY), {"reason": (b"s" * 16, "away")})
    read = entry.read(sealed.data, sealed.hash, {"reason": "away"})
    assert (read.chain, read.seq, read.kind, read.trigger) == ("patient/P1", 2, "transition", "register")
    assert (read.source, read.target, read.outcome, read.allowed) == ("screening", None, "refused", False)
    assert (read.occurred_on, read.recorded_at) == (date(2024, 1, 3), datetime(2024, 1, 4, 22, 30, 0, 1, tzinfo=UTC))
    assert read.actor == entry.Signature("ines", "investigator", "os", "ines")
    assert read.reasons == (Reason("hold.open", "on hold", "resume", (1,), hard=True),)
    assert (read.hash, read.prev) == (sealed.hash.hex(), "ab" * 32)
    assert (read.texts, read.committed) == ({"reason": "away"}, ("reason",))


@pytest.mark.parametrize(("chain", "patient"), [("patient/P1", "P1"), ("trial", None), ("people", None)])
def test_an_entry_knows_its_patient(chain: str, patient: str | None) -> None:
    sealed = entry.seal({**BODY, "chain": chain}, {})
    assert entry.read(sealed.data, sealed.hash, {}).patient == patient


def test_a_text_that_was_withdrawn_is_still_named() -> None:
    sealed = entry.seal(dict(BODY), {"reason": (b"s" * 16, "away")})
    read = entry.read(sealed.data, sealed.hash, {})
    assert (read.texts, read.committed) == ({}, ("reason",))
