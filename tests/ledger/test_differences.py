"""Difference is not tampering: software that decides otherwise finds the log sound, and says where it differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.library.desk import CONSOLIDATION, COORDINATOR, INVESTIGATOR, Desk, day
from tests.toy import TOY
from workflow import Trial
from workflow.engine import guards
from workflow.engine.decision import Reason
from workflow.errors import ProtocolChanged, UnknownProtocol
from workflow.protocol.guards import CountsRecovered, CycleInterval
from workflow.protocol.model import Protocol


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    """P1 in consolidation, after an attempt that came too early."""
    desk = Desk(sqlite_url)
    desk.walk("P1", "treatment.induction.1")
    desk.trial.advance("P1", by=COORDINATOR, on=day(20))
    desk.onward("P1", CONSOLIDATION)
    yield desk
    desk.close()


def elsewhere(desk: Desk, *protocols: Protocol) -> Trial:
    """The same database under software that has other protocols."""
    return Trial.open(desk.url, protocols=protocols, clock=desk.clock)


def test_the_software_that_decided_decides_the_same(desk: Desk) -> None:
    report = desk.verify()
    assert (report.differences, report.undecided) == ([], 0)
    assert report.decided == len(desk.entries())


def test_a_refusal_that_would_be_another_refusal_now_is_a_difference(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(guards.EVALUATE, CycleInterval, lambda guard, now: iter(()))
    report = desk.verify()
    assert report.sound
    (difference,) = report.differences
    refused = next(entry for entry in desk.entries() if not entry.allowed)
    assert (difference.chain, difference.seq) == ("patient/P1", refused.seq)
    assert difference.then == "refused (interval.early, counts.missing)"
    assert difference.now == "refused (counts.missing)"


def test_a_step_that_would_be_refused_now_is_a_difference(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Reason("counts.new", "a stricter rule", "nothing", hard=True)
    monkeypatch.setitem(guards.EVALUATE, CountsRecovered, lambda guard, now: iter([said]))
    report = desk.verify()
    assert report.sound
    last = report.differences[-1]
    assert (last.seq, last.then) == (desk.seq(), f"allowed to {CONSOLIDATION}")
    assert last.now == "refused (counts.new)"


def test_a_difference_names_the_software_that_decided(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(guards.EVALUATE, CycleInterval, lambda guard, now: iter(()))
    assert desk.verify().differences[0].software == "0.1.0"


def test_another_wording_is_no_difference(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    real = guards.EVALUATE[CycleInterval]

    def reworded(guard: Any, now: Any) -> Iterator[Reason]:
        return (replace_message(reason) for reason in real(guard, now))

    def replace_message(reason: Reason) -> Reason:
        return Reason(reason.code, "put in other words", reason.lifted_by, reason.evidence, reason.hard)

    monkeypatch.setitem(guards.EVALUATE, CycleInterval, reworded)
    assert desk.verify().differences == []


def test_what_follows_a_difference_is_judged_by_what_was_recorded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fold goes on from the recorded outcome: one difference does not make every later entry one."""
    said = Reason("counts.new", "a stricter rule", "nothing", hard=True)
    desk.trial.record_dose("P1", by=INVESTIGATOR, agent="alpha", on=day(30)).or_raise()
    monkeypatch.setitem(guards.EVALUATE, CountsRecovered, lambda guard, now: iter([said]))
    report = desk.verify()
    assert report.sound
    assert {difference.seq for difference in report.differences} == {6, 8}
    assert desk.last().seq == 9


def test_without_the_protocol_the_chains_are_checked_and_nothing_is_decided(desk: Desk) -> None:
    with elsewhere(desk) as trial:
        report = trial.verify()
    assert (report.sound, report.decided) == (True, 0)
    assert report.undecided == len(desk.entries())


def test_with_other_content_under_the_version_nothing_is_decided(desk: Desk) -> None:
    changed = replace(TOY, title="Another title")
    with elsewhere(desk, changed) as trial:
        report = trial.verify()
        assert (report.sound, report.decided, report.undecided) == (True, 0, len(desk.entries()))
        with pytest.raises(ProtocolChanged, match="protocol version 1 has digest"):
            trial.show("P1")


def test_without_the_protocol_patients_are_not_moved(desk: Desk) -> None:
    with elsewhere(desk) as trial, pytest.raises(UnknownProtocol, match="does not have protocol version 1"):
        trial.advance("P1", by=COORDINATOR)
