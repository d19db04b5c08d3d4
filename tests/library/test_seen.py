"""What an entry has seen of the other chains; and that nothing is decided on people who are no longer so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.library.desk import ADMIN, AUDITOR, COORDINATOR, INVESTIGATOR, Desk, day
from tests.toy import toy
from workflow import Actor, Entry, Filter, Trial
from workflow.desk.roster import Roster
from workflow.desk.write import Writer
from workflow.errors import DatabaseBusy, LostRace, UnknownPerson
from workflow.ledger.entry import Seen
from workflow.ledger.people import Roll
from workflow.store import log


def end(desk: Desk, chain: str) -> Seen:
    last = desk.trial.log(Filter(chain=chain))[-1]
    return Seen(last.seq, last.hash)


def of_patients(desk: Desk) -> list[Entry]:
    return [entry for entry in desk.trial.log() if entry.patient is not None]


def test_every_entry_of_a_patient_names_the_peoples_last_entry(desk: Desk) -> None:
    desk.walk()
    people = end(desk, "people")
    assert {entry.seen["people"].hash for entry in of_patients(desk)} == {people.hash}
    desk.trial.add_person("lena", "coordinator", by=ADMIN)
    now = end(desk, "people")
    assert now.seq == people.seq + 1
    asks: list[Callable[[], Any]] = [
        lambda: desk.counts("P1", on=day(3)),
        lambda: desk.trial.advance("P1", by=COORDINATOR, on=day(3)),  # refused
        lambda: desk.trial.correct("P1", desk.seq() - 1, by=COORDINATOR, reason="typed twice"),
        lambda: desk.trial.advance_many(["P1"], by=COORDINATOR, on=day(3)),
        lambda: desk.trial.record_adverse_event(
            "P1", by=INVESTIGATOR, term="nausea", grade=4, on=day(4), unacceptable=True
        ),
    ]
    for ask in asks:
        ask()
        assert desk.last().seen == {"people": now}
    assert desk.entries()[-2].seen == {"people": now}  # the event, before the exit that followed
    desk.check()


def test_an_enrolment_names_the_trials_last_entry_too(desk: Desk) -> None:
    desk.enrol("P1")
    assert desk.last("P1").seen == {"people": end(desk, "people"), "trial": end(desk, "trial")}
    desk.trial.install(toy(version="2"), by=ADMIN)
    desk.enrol("P2")
    assert desk.last("P2").seen["trial"] == end(desk, "trial") != desk.last("P1").seen["trial"]
    desk.check()


def test_what_stands_on_the_trials_chain_names_the_people(desk: Desk) -> None:
    desk.trial.enroll("P1", "A", by=AUDITOR)  # refused
    desk.trial.install(toy(version="2"), by=ADMIN)
    refused, installed = desk.trial.log(Filter(chain="trial"))[-2:]
    assert (refused.outcome, refused.seen) == ("refused", {"people": end(desk, "people")})
    assert installed.seen == {"people": end(desk, "people")}


def test_what_is_seen_of_a_chain_never_falls(desk: Desk) -> None:
    desk.walk()
    for id in ("one", "two", "three"):
        desk.trial.add_person(id, "coordinator", by=ADMIN)
        desk.counts("P1", on=day(3))
    seen = [entry.seen["people"].seq for entry in desk.entries()]
    assert seen == sorted(seen)
    assert len(set(seen)) == 4


# ── people changed between the lock and the write ──────────────────────────────────────────────────────────────────


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[Trial], object], other: Trial) -> list[int]:
    """Let ``happens`` come to pass, once, behind the decision and before the row is moved; counts the decisions."""
    decided: list[int] = []
    real = Writer._move_on

    def move_on(writer: Writer, tx: Any, draft: Any) -> None:
        decided.append(draft.sealed.body.seen["people"].seq)
        if len(decided) == 1:
            happens(other)
        real(writer, tx, draft)

    monkeypatch.setattr(Writer, "_move_on", move_on)
    return decided


def joins(trial: Trial) -> None:
    trial.add_person("lena", "coordinator", by=ADMIN)


def leaves(trial: Trial) -> None:
    trial.deactivate_person("carl", by=ADMIN)


@pytest.fixture
def shared(postgresql_url: str) -> Any:
    """On SQLite nobody can write between the two: the whole file is locked."""
    desk = Desk(postgresql_url)
    desk.walk()
    with desk.again() as other:
        yield desk, other
    desk.close()


def test_where_people_changed_meanwhile_it_is_decided_anew(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, other = shared
    before, seq = end(desk, "people"), desk.seq()
    decided = meanwhile(monkeypatch, joins, other)
    assert desk.counts("P1", on=day(3)).seq == seq + 1
    assert decided == [before.seq, before.seq + 1]
    assert desk.last().seen == {"people": end(desk, "people")}
    desk.check()


def test_who_was_deactivated_meanwhile_does_not_act(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, other = shared
    seq = desk.seq()
    meanwhile(monkeypatch, leaves, other)
    with pytest.raises(UnknownPerson, match="carl is no longer active"):
        desk.counts("P1", on=day(3))
    assert desk.seq() == seq
    desk.check()


def test_in_the_callers_transaction_the_race_is_the_callers(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, other = shared
    seq = desk.seq()
    meanwhile(monkeypatch, joins, other)
    with desk.trial.transaction() as connection, pytest.raises(LostRace) as error:
        desk.trial.record_counts("P1", by=COORDINATOR, anc="1", platelets="50", on=day(3), connection=connection)
    assert error.value.retry
    assert desk.seq() == seq


def test_an_auditor_since_a_moment_does_not_act_as_what_they_were(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, other = shared

    def becomes_auditor(trial: Trial) -> None:
        trial.deactivate_person("carl", by=ADMIN)
        trial.add_person("carl", "auditor", by=ADMIN)

    meanwhile(monkeypatch, becomes_auditor, other)
    result = desk.trial.record_counts("P1", by=Actor("carl"), anc="1", platelets="50", on=day(3))
    assert (result.outcome, result.role) == ("refused", "auditor")
    desk.check()


@pytest.mark.parametrize("by", [COORDINATOR, AUDITOR], ids=["allowed", "refused"])
def test_an_enrolment_is_decided_anew_too(shared: Any, monkeypatch: pytest.MonkeyPatch, by: Actor) -> None:
    desk, other = shared
    calls: list[int] = []
    real = log.append

    def append(tx: Any, sealed: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            joins(other)
        real(tx, sealed)

    monkeypatch.setattr(log, "append", append)
    result = desk.trial.enroll("P2", "A", by=by, on=day(1))
    assert result.allowed is (by is COORDINATOR)
    entry = desk.last("P2") if result.allowed else desk.trial.log(Filter(chain="trial"))[-1]
    assert entry.seen["people"] == end(desk, "people")
    desk.check()


def test_who_was_deactivated_meanwhile_enrols_nobody(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, other = shared
    real, calls = log.append, iter([True, False, False])

    def append(tx: Any, sealed: Any) -> None:
        if next(calls):
            leaves(other)
        real(tx, sealed)

    monkeypatch.setattr(log, "append", append)
    with pytest.raises(UnknownPerson, match="carl is no longer active"):
        desk.trial.enroll("P2", "A", by=COORDINATOR, on=day(1))
    assert [row.id for row in desk.trial.patients()] == ["P1"]
    desk.check()


def test_many_at_once_are_decided_anew_too(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, other = shared
    calls: list[int] = []
    real = log.append_many

    def append_many(tx: Any, sealed: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            joins(other)
        real(tx, sealed)

    monkeypatch.setattr(log, "append_many", append_many)
    assert desk.trial.advance_many(["P1"], "withdraw", by=COORDINATOR)[0].allowed
    assert len(calls) == 2
    assert desk.last().seen == {"people": end(desk, "people")}
    desk.check()


def on_the_trials_chain(trial: Trial) -> list[Callable[[], object]]:
    """What an administrator puts there."""
    return [
        lambda: trial.install(toy(version="2"), by=ADMIN),
        lambda: trial.upgrade(by=ADMIN, protocols=[toy(version="2")]),
        lambda: trial.set_zone("Asia/Tokyo", by=ADMIN, reason="moved"),
    ]


@pytest.mark.parametrize("ask", range(3), ids=["install", "upgrade", "zone"])
def test_what_an_administrator_says_is_decided_anew_too(shared: Any, monkeypatch: pytest.MonkeyPatch, ask: int) -> None:
    desk, other = shared
    signed_by: list[int] = []
    real = Roster.now

    def now(roster: Roster, tx: Any) -> Roll:
        roll = real(roster, tx)
        if roster is desk.trial._roster:
            signed_by.append(roll.seq)
            if len(signed_by) == 1:
                joins(other)  # behind the look at the people, before what is signed names them
        return roll

    monkeypatch.setattr(Roster, "now", now)
    before = end(desk, "people")
    on_the_trials_chain(desk.trial)[ask]()
    assert signed_by == [before.seq, before.seq + 1]
    assert desk.trial.log(Filter(chain="trial"))[-1].seen == {"people": end(desk, "people")}
    desk.check()


@pytest.mark.parametrize("ask", range(3), ids=["install", "upgrade", "zone"])
def test_an_administrator_who_was_deactivated_meanwhile_says_nothing(
    shared: Any, monkeypatch: pytest.MonkeyPatch, ask: int
) -> None:
    desk, other = shared
    other.add_person("olga", "administrator", by=ADMIN)
    real, calls = Roster.now, iter([True])

    def now(roster: Roster, tx: Any) -> Roll:
        roll = real(roster, tx)
        if roster is desk.trial._roster and next(calls, False):
            other.deactivate_person(ADMIN.id, by=Actor("olga"))
        return roll

    monkeypatch.setattr(Roster, "now", now)
    before = end(desk, "trial")
    with pytest.raises(UnknownPerson, match="is no longer active"):
        on_the_trials_chain(desk.trial)[ask]()
    assert end(desk, "trial") == before
    desk.check()


@pytest.mark.parametrize("ask", range(3), ids=["install", "upgrade", "zone"])
def test_on_sqlite_nobody_changes_the_people_meanwhile(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, ask: int
) -> None:
    desk = Desk(sqlite_url)
    real, told = Roster.now, []

    def now(roster: Roster, tx: Any) -> Roll:
        if roster is desk.trial._roster and not told:
            with Trial.open(f"{sqlite_url}?timeout=0.1") as other, pytest.raises(DatabaseBusy) as error:
                joins(other)
            told.append(error.value)
        return real(roster, tx)

    monkeypatch.setattr(Roster, "now", now)
    on_the_trials_chain(desk.trial)[ask]()
    assert told
    assert desk.trial.log(Filter(chain="trial"))[-1].seen == {"people": end(desk, "people")}
    desk.check()
    desk.close()
