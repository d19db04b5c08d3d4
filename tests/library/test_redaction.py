"""A text that should never have been typed is removed for good: the entry stays, and the log says that it was there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.ledger.forge import Body, Log
from tests.ledger.tamper import restore
from tests.library.desk import ADMIN, AUDITOR, COORDINATOR, ENROLLED, INVESTIGATOR, Desk, day
from workflow import Actor, Result
from workflow.errors import InvalidInput, UnknownEntry, UnknownPatient
from workflow.store.log import Filter

NAME = "Mrs Ada Lovelace, born 1815-12-10"
P1 = "patient/p1"


@pytest.fixture
def named(desk: Desk) -> int:
    """The entry of a consent whose note names the patient."""
    desk.enrol("P1")
    return desk.trial.record_consent("P1", by=COORDINATOR, on=ENROLLED, note=NAME).or_raise().seq or 0


def redact(desk: Desk, entry: int, by: Actor = ADMIN, **more: object) -> Result:
    return desk.trial.redact("P1", entry, by=by, reason="it named the patient", **more)  # type: ignore[arg-type]


def texts(desk: Desk, entry: int) -> dict[str, str]:
    return dict(desk.trial.log(Filter(patient="P1"))[entry - 1].texts)


def test_the_text_goes_and_the_entry_stays(desk: Desk, named: int) -> None:
    before = desk.trial.log(Filter(patient="P1"))[named - 1]
    result = redact(desk, named).or_raise()
    after, entry = desk.trial.log(Filter(patient="P1"))[named - 1 : named + 1]
    assert (after.hash, after.committed, after.texts) == (before.hash, ("note",), {})
    assert (entry.seq, entry.kind, entry.actor.role) == (result.seq, "redacted", "administrator")
    assert entry.data == {"seq": named, "hash": before.hash, "field": "note"}
    assert entry.texts == {"reason": "it named the patient"}
    report = desk.verify()
    assert report.sound
    assert [(one.chain, one.seq, one.field, one.by) for one in report.redacted] == [(P1, named, "note", result.seq)]
    assert desk.trial.show("P1").standing.consents[0].entry == named


def test_nothing_of_it_is_left_in_the_file(sqlite_url: str, tmp_path: Path) -> None:
    desk = Desk(sqlite_url)
    desk.enrol("P1")
    long = f"{NAME} {'x' * 3000}"
    entry = desk.trial.record_consent("P1", by=COORDINATOR, on=ENROLLED, note=long).or_raise().seq or 0
    redact(desk, entry).or_raise()
    desk.close()
    assert not [file for file in tmp_path.rglob("*.db*") if b"Lovelace" in file.read_bytes()]


@pytest.mark.parametrize("who", [COORDINATOR, INVESTIGATOR, AUDITOR])
def test_it_is_the_administrator_s_to_do(desk: Desk, named: int, who: Actor) -> None:
    result = redact(desk, named, who)
    assert [reason.code for reason in result.reasons] == ["role.not_permitted"]
    assert texts(desk, named) == {"note": NAME}
    desk.check()


def test_of_two_texts_one_is_named(desk: Desk) -> None:
    desk.walk()
    told = {"by": COORDINATOR, "anc": "1", "platelets": "50", "on": day(3)}
    wrong = desk.trial.record_counts("P1", **told).or_raise().seq or 0  # type: ignore[arg-type]
    void = desk.trial.correct("P1", wrong, by=COORDINATOR, reason="a slip", note=NAME).or_raise().seq or 0
    with pytest.raises(InvalidInput, match="has several texts"):
        redact(desk, void)
    redact(desk, void, field="note").or_raise()
    assert texts(desk, void) == {"reason": "a slip"}
    redact(desk, void, field="reason").or_raise()
    assert texts(desk, void) == {}
    desk.check()


def test_the_words_of_a_redaction_are_a_text_like_any_other(desk: Desk, named: int) -> None:
    first = redact(desk, named).or_raise()
    redact(desk, first.seq or 0).or_raise()
    assert len(desk.verify().redacted) == 2
    desk.check()


def test_of_who_was_entered_in_error_too(desk: Desk) -> None:
    desk.enrol("P1")
    void = desk.trial.correct("P1", 1, by=COORDINATOR, reason=NAME).or_raise()
    redact(desk, void.seq or 0).or_raise()
    desk.check()


def test_bad_input_is_named(desk: Desk, named: int) -> None:
    with pytest.raises(InvalidInput, match="entry 1 of P1 has no text"):
        redact(desk, 1)
    with pytest.raises(InvalidInput, match="has no reason"):
        redact(desk, named, field="reason")
    with pytest.raises(UnknownEntry, match="no entry 99"):
        redact(desk, 99)
    with pytest.raises(UnknownEntry, match="no entry 0"):
        redact(desk, 0)
    with pytest.raises(UnknownPatient):
        desk.trial.redact("P9", 1, by=ADMIN, reason="x")
    redact(desk, named).or_raise()
    with pytest.raises(InvalidInput, match="is gone already"):
        redact(desk, named)
    desk.check()


def test_a_dry_run_removes_nothing(desk: Desk, named: int) -> None:
    before = desk.everything()
    assert redact(desk, named, dry_run=True).allowed
    assert desk.everything() == before


def test_in_the_caller_s_transaction_it_is_undone_with_it(desk: Desk, named: int) -> None:
    with suppress(KeyError), desk.trial.transaction() as connection:
        redact(desk, named, connection=connection).or_raise()
        raise KeyError
    assert texts(desk, named) == {"note": NAME}
    desk.check()


def test_the_same_request_again_is_answered_as_it_was(desk: Desk, named: int) -> None:
    first = redact(desk, named, request_id="r1").or_raise()
    with pytest.raises(InvalidInput, match="gone already"):
        redact(desk, named)
    again = redact(desk, named, request_id="r1")
    assert (again.repeated, again.hash) == (True, first.hash)


def test_what_no_entry_says_is_redacted_cannot_be_deleted(desk: Desk, named: int) -> None:
    """By whoever is no attacker: one has to get past the triggers."""
    engine = sa.create_engine(desk.trial.engine.url)
    delete = sa.text("DELETE FROM regimen_entry_text")
    with pytest.raises(sa.exc.DBAPIError), engine.begin() as connection:
        connection.execute(delete)
    redact(desk, named, COORDINATOR)  # which is refused, and kept
    with pytest.raises(sa.exc.DBAPIError), engine.begin() as connection:
        connection.execute(delete)
    engine.dispose()
    desk.check()


# ── forged ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def of_another_entry(bodies: list[Body]) -> None:
    bodies[-1]["data"] |= {"seq": 1, "hash": "0" * 64}


def of_another_text(bodies: list[Body]) -> None:
    bodies[-1]["data"]["field"] = "reason"


def under_another_hash(bodies: list[Body]) -> None:
    bodies[-1]["data"]["hash"] = "0" * 64


def without_a_word(bodies: list[Body]) -> None:
    del bodies[-1]


def by_a_coordinator(bodies: list[Body]) -> None:
    bodies[-1]["actor"] = bodies[-2]["actor"]


def without_a_reason(bodies: list[Body]) -> None:
    del bodies[-1]["texts"], bodies[-1]["stated"]


@pytest.mark.parametrize(
    "change",
    [of_another_entry, of_another_text, under_another_hash, without_a_word, by_a_coordinator, without_a_reason],
)
def test_what_a_redaction_does_not_account_for_is_found(desk: Desk, named: int, change: Callable[..., None]) -> None:
    redact(desk, named).or_raise()
    log = Log(desk.everything())
    log.chains[P1] = deepcopy(log.chains[P1])
    change(log.chains[P1])
    restore(desk.url, log.fit())
    assert [one for one in desk.verify().findings if one.chain == P1]
