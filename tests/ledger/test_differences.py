"""What today's engine decides otherwise: under the same released engine tampering, under another a difference."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from tests.ledger.tamper import behind, key_of
from tests.library.desk import CONSOLIDATION, COORDINATOR, INVESTIGATOR, Desk, day
from workflow.engine import guards, numbers
from workflow.engine.decision import Reason, Strength
from workflow.ledger import replay
from workflow.ledger.entry import hash_of
from workflow.ledger.report import Finding
from workflow.protocol.guards import CountsRecovered, CycleInterval
from workflow.report.words import reasons as words
from workflow.store.schema import content, entry, patient

P1 = "patient/p1"


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Desk]:
    """P1 in consolidation, after an attempt that came too early (entry 5)."""
    desk = Desk(sqlite_url)
    desk.walk("P1", "treatment.induction.1")
    assert desk.trial.advance("P1", by=COORDINATOR, on=day(20)).seq == 6
    desk.onward("P1", CONSOLIDATION)
    yield desk
    desk.close()


@pytest.fixture
def another_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The software that verifies decides by engine 2."""
    monkeypatch.setattr(replay, "ENGINE", "2")


Guards = Callable[..., None]


@pytest.fixture
def guard_says(monkeypatch: pytest.MonkeyPatch) -> Guards:
    """Give a guard other reasons than it has."""

    def say(guard: type, *reasons: Reason) -> None:
        monkeypatch.setitem(guards.EVALUATE, guard, lambda guard, now: iter(reasons))

    return say


def test_the_software_that_decided_decides_the_same(desk: Desk) -> None:
    report = desk.verify()
    assert (report.findings, report.differences, report.undecided) == ([], [], 0)
    assert report.decided == len(desk.entries())


# ── the same engine ────────────────────────────────────────────────────────────────────────────────────────────────


def test_under_the_same_engine_another_decision_is_a_finding(desk: Desk, guard_says: Guards) -> None:
    """An engine that is released answers alike for ever: what it would not have written, it did not write."""
    guard_says(CycleInterval)
    report = desk.verify()
    assert report.differences == []
    said = "entry 6 was refused (interval.early, counts.missing); the same engine says refused (counts.missing)"
    assert report.findings == [Finding(P1, 6, "decision", said)]


def test_between_releases_another_decision_is_a_difference(
    desk: Desk, guard_says: Guards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "ENGINE", "2-dev")
    guard_says(CycleInterval)
    report = desk.verify()
    assert (report.sound, [difference.seq for difference in report.differences]) == (True, [6])


@pytest.mark.parametrize(
    "changed",
    [{"args": {}}, {"strength": Strength.HARD}, {"evidence": (1,)}, {"code": "interval.other"}],
    ids=["args", "strength", "evidence", "code"],
)
def test_the_whole_of_a_reason_is_compared(
    desk: Desk, guard_says: Guards, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    real = guards.EVALUATE[CycleInterval]
    monkeypatch.setitem(
        guards.EVALUATE, CycleInterval, lambda guard, now: (replace(one, **changed) for one in real(guard, now))
    )
    (finding,) = desk.verify().findings
    assert (finding.seq, finding.code) == (6, "decision")
    assert "code" in changed or finding.message.endswith("with other particulars")


def test_another_wording_is_neither(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for code, (_, lifted) in words._SENTENCES.items():
        monkeypatch.setitem(words._SENTENCES, code, (lambda args, words: "in other words", lifted))
    report = desk.verify()
    assert (report.findings, report.differences) == ([], [])


def rewrite(desk: Desk, seq: int, **changes: Any) -> None:
    """An entry of P1, every later one and the row written anew, so that hashes, links and columns fit."""
    rows = sorted((row for row in desk.rows(entry) if row["chain"] == P1), key=lambda row: row["seq"])
    prev = rows[seq - 2]["hash"]
    with behind(desk.url) as connection:
        for row in rows[seq - 1 :]:
            body = json.loads(row["body"]) | {"prev": prev.hex()} | (changes if row["seq"] == seq else {})
            body = {name: value for name, value in body.items() if value is not None}
            data = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
            prev = hash_of(data)
            columns = {
                "outcome": body["outcome"],
                "from_state": body.get("from"),
                "to_state": body.get("to"),
                "actor": body["actor"]["id"],
                "role": body["actor"]["role"],
            }
            connection.execute(entry.update().where(key_of(entry, row)).values(body=data, hash=prev, **columns))
        connection.execute(patient.update().where(patient.c.chain == P1).values(head=prev))


def test_an_entry_rewritten_in_place_is_what_it_was(desk: Desk) -> None:
    """The tool of the tests below changes nothing but what it is told to."""
    rewrite(desk, 6)
    desk.check()


@pytest.mark.parametrize(
    "forged",
    [
        {"outcome": "allowed", "to": CONSOLIDATION, "reasons": None},
        {"reasons": [{"code": "interval.early", "strength": "soft"}]},
        {"actor": {"id": "ada", "role": "auditor", "assurance": "service"}},
        {"delay": 4},
        {"deviations": ["wrong_day"]},
        {"from": "screening"},
    ],
    ids=["outcome", "reasons", "role", "delay", "deviations", "from"],
)
def test_a_refusal_that_was_rewritten_with_every_hash_is_found(desk: Desk, forged: dict[str, Any]) -> None:
    rewrite(desk, 6, **forged)
    report = desk.verify()
    assert (6, "decision") in [(finding.seq, finding.code) for finding in report.findings]
    assert report.differences == []


# ── another engine ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("another_engine")
def test_under_another_engine_another_refusal_is_a_difference(desk: Desk, guard_says: Guards) -> None:
    guard_says(CycleInterval)
    report = desk.verify()
    assert report.sound
    (difference,) = report.differences
    assert (difference.chain, difference.seq) == (P1, 6)
    assert difference.then == "refused (interval.early, counts.missing)"
    assert difference.now == "refused (counts.missing)"


@pytest.mark.usefixtures("another_engine")
def test_a_step_that_would_be_refused_now_is_a_difference(desk: Desk, guard_says: Guards) -> None:
    guard_says(CountsRecovered, Reason("counts.new"))
    report = desk.verify()
    assert report.sound
    last = report.differences[-1]
    assert (last.seq, last.then) == (desk.seq(), f"allowed to {CONSOLIDATION}")
    assert last.now == "refused (counts.new)"


@pytest.mark.usefixtures("another_engine")
def test_a_difference_names_the_software_and_the_engine_that_decided(desk: Desk, guard_says: Guards) -> None:
    guard_says(CycleInterval)
    (difference,) = desk.verify().differences
    assert (difference.software, difference.engine) == ("0.1.0", "1")


@pytest.mark.usefixtures("another_engine")
def test_what_follows_a_difference_is_judged_by_what_was_recorded(desk: Desk, guard_says: Guards) -> None:
    """The fold goes on from the recorded outcome: one difference does not make every later entry one."""
    desk.trial.record_dose("P1", by=INVESTIGATOR, agent="alpha", on=day(30)).or_raise()
    guard_says(CountsRecovered, Reason("counts.new"))
    report = desk.verify()
    assert report.sound
    assert [difference.seq for difference in report.differences] == [6, 8]
    assert desk.last().seq == 9


def test_the_engine_that_the_tests_run_under_is_known() -> None:
    assert numbers.rank(numbers.ENGINE) >= (1, False)


# ── rows that another fold wrote ───────────────────────────────────────────────────────────────────────────────────


def change_row(desk: Desk, **values: Any) -> None:
    with behind(desk.url) as connection:
        connection.execute(patient.update().where(patient.c.chain == P1).values(values))


@pytest.fixture
def next_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    """The software that verifies folds otherwise than the one that wrote the rows."""
    monkeypatch.setattr(replay, "FOLD", numbers.FOLD + 1)


@pytest.mark.usefixtures("next_fold")
def test_a_row_of_an_earlier_fold_is_stale(desk: Desk) -> None:
    report = desk.verify()
    assert (report.sound, report.findings, report.stale) == (True, [], 1)


@pytest.mark.usefixtures("next_fold")
@pytest.mark.parametrize("column", [{"chart": "{}"}, {"due_on": "2030-01-01"}], ids=str)
def test_what_an_earlier_fold_worked_out_is_not_compared(desk: Desk, column: dict[str, Any]) -> None:
    with behind(desk.url) as connection:
        name, value = next(iter(column.items()))
        connection.execute(sa.text(f"UPDATE regimen_patient SET {name} = :value"), {"value": value})
    assert (desk.verify().findings, desk.verify().stale) == ([], 1)


@pytest.mark.usefixtures("next_fold")
def test_what_no_fold_works_out_is_compared_all_the_same(desk: Desk) -> None:
    change_row(desk, id="P-1", state="enrolled")
    assert [finding.message for finding in desk.verify().findings] == [
        "the row says id 'P-1', its entries say 'P1'",
        f"the row says state 'enrolled', its entries say '{CONSOLIDATION}'",
    ]


def test_a_row_of_a_later_fold_is_not_understood(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "FOLD", numbers.FOLD - 1)
    report = desk.verify()
    assert (report.findings, report.not_understood, report.sound) == ([], 1, False)


@pytest.mark.parametrize("fold", [numbers.FOLD - 1, numbers.FOLD + 1], ids=["earlier", "later"])
def test_a_row_of_a_fold_that_was_never_in_use_is_found(desk: Desk, fold: int) -> None:
    change_row(desk, fold=fold, state="follow_up.long_term")
    (finding,) = desk.verify().findings
    assert (finding.chain, finding.code) == (P1, "never-in-use")


def test_a_chart_that_says_the_same_in_other_words_is_found(desk: Desk) -> None:
    (row,) = desk.rows()
    chart = json.loads(row["chart"])
    change_row(desk, chart=json.dumps(dict(reversed(chart.items())), indent=1))
    (finding,) = desk.verify().findings
    said = "the same, in other words than this fold writes"
    assert finding.message == f"the row's chart is not what its entries say: {said}"


def test_a_chart_with_another_value_is_found(desk: Desk) -> None:
    (row,) = desk.rows()
    change_row(desk, chart=row["chart"].replace('"2.5"', '"0.5"'))
    (finding,) = desk.verify().findings
    assert finding.message == "the row's chart is not what its entries say: counts"


def test_a_chart_that_is_none_is_found(desk: Desk) -> None:
    for chart in ("", "{}", "[]", "[" * 100_000, '{"arm":"A"}'):
        change_row(desk, chart=chart)
        assert [finding.message for finding in desk.verify().findings] == ["the row's chart is no chart"]


# ── without the protocol ───────────────────────────────────────────────────────────────────────────────────────────


def test_without_the_protocol_chains_are_checked_and_nothing_is_decided(desk: Desk) -> None:
    with behind(desk.url) as connection:
        connection.execute(content.delete())
    report = desk.verify()
    assert (report.decided, report.undecided) == (0, len(desk.entries()))
    assert {finding.code for finding in report.findings} == {"version"}


def test_columns_that_need_no_protocol_are_compared_without_it(desk: Desk) -> None:
    with behind(desk.url) as connection:
        connection.execute(content.delete())
        connection.execute(patient.update().values(arm="B"))
    said = "the row says arm 'B', its entries say 'A'"
    assert said in [finding.message for finding in desk.verify().findings]
