"""What entries are held to: when what they saw was there, and what was in use then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.ledger.test_entry import LEAST, written
from workflow.ledger.entry import Body, decode, hash_of
from workflow.ledger.ground import EVER, Ground, Line

PERSON = LEAST | {
    "kind": "person_added",
    "chain": "people",
    "outcome": "allowed",
    "data": {"id": "ines", "role": "investigator"},
    "actor": {"id": "ines", "role": "investigator", "assurance": "service"},
}


def line(*times: str) -> Line:
    """A chain whose entries were recorded at these minutes of an hour."""
    found = Line("people")
    for seq, minute in enumerate(times, 1):
        found.add(seq, b"x", f"2026-01-01T10:{minute}:00.000000Z")
    return found


def minutes(window: tuple[str, str]) -> tuple[str, str]:
    first, last = window
    return first[14:16], last[14:16]


def test_an_entry_lies_between_what_it_saw_and_the_next_with_five_minutes_either_way() -> None:
    assert minutes(line("10", "30").window(1)) == ("05", "35")


def test_behind_the_last_there_is_no_end() -> None:
    first, last = line("10", "30").window(2)
    assert (first[14:16], last) == ("25", EVER[1])


def test_a_clock_that_was_wrong_once_widens_what_rests_on_it_and_nothing_else() -> None:
    ran = line("10", "50", "20", "30")
    assert [minutes(ran.window(seq)) for seq in (1, 2, 3)] == [("05", "55"), ("15", "55"), ("15", "55")]
    assert minutes(ran.window(4))[0] == "25"


@pytest.fixture
def ground() -> tuple[Ground, dict[str, Any]]:
    """With one person; and what an entry says that saw both chains."""
    found = Ground()
    data = written(PERSON | {"seq": 1})
    found.learn("people", 1, data, hash_of(data))
    opened = written(LEAST | {"kind": "trial_opened", "chain": "trial", "seq": 1, "outcome": "allowed"})
    found.learn("trial", 1, opened, hash_of(opened))
    return found, {"people": [1, hash_of(data).hex()], "trial": [1, hash_of(opened).hex()]}


def enrolment(chain: str, seen: dict[str, Any]) -> Body:
    said = PERSON | {"kind": "enrolment", "chain": chain, "outcome": "refused", "seen": seen}
    return decode(json.dumps(said | {"data": {"patient": "P1", "arm": "A"}}).encode())


@pytest.mark.parametrize("turn", [1, -1], ids=["the trial's first", "the patient's first"])
def test_an_enrolment_is_held_to_what_is_seen_in_its_own_chain(
    ground: tuple[Ground, dict[str, Any]], turn: int
) -> None:
    """In the trial's chain it was refused and saw the people; what opens a patient's saw the trial's, too."""
    found, seen = ground
    wrong = {chain: found.wrong_with(enrolment(chain, seen), None) for chain in ("trial", "patient/p1")[::turn]}
    assert [code for code, _ in wrong["trial"]] == ["seen"]
    assert wrong["patient/p1"] == ()
