"""Which numbers a database is in use under, and rows of another fold: what software of other numbers may do."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.library.desk import ADMIN, AUDITOR, CONSOLIDATION, COORDINATOR, INDUCTION, INVESTIGATOR, Desk, day
from tests.toy import toy
from workflow import Filter
from workflow.engine.numbers import ENGINE, FOLD
from workflow.errors import DamagedRow, NewerSoftwareNeeded, RefusedError, SchemaOlder
from workflow.ledger.entry import FORMAT, KINDS
from workflow.store.schema import patient as patient_table


def become(patch: pytest.MonkeyPatch, **numbers: Any) -> None:
    """Be the software of these numbers, wherever they were imported to."""
    importlib.import_module("workflow.report.worklist")  # or it would be imported late, and keep what is put back
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "workflow":
            for number, value in numbers.items():
                if hasattr(module, number):
                    patch.setattr(module, number, value)


def more_kinds() -> dict[str, int]:
    return {**KINDS, "counts": 2}


OTHER: list[dict[str, Any]] = [
    {"ENGINE": "2"},
    {"ENGINE": "2-dev"},
    {"FOLD": FOLD + 1},
    {"FORMAT": FORMAT + 1},
    {"KINDS": more_kinds()},
]
numbers = pytest.mark.parametrize("higher", OTHER, ids=["engine", "dev", "fold", "format", "kinds"])


def asks(desk: Desk, trial: Any) -> list[Callable[[], Any]]:
    return [
        lambda: trial.record_counts("P1", by=COORDINATOR, anc="1", platelets="50", on=day(3)),
        lambda: trial.advance_many(["P1"], "withdraw", by=COORDINATOR),
        lambda: trial.enroll("P9", "A", by=COORDINATOR),
        lambda: trial.add_person("lena", "coordinator", by=ADMIN),
        lambda: trial.deactivate_person("carl", by=ADMIN),
        lambda: trial.install(toy(version="2"), by=ADMIN),
    ]


def test_a_new_database_says_which_numbers_it_is_in_use_under(desk: Desk) -> None:
    (entry,) = desk.trial.log(Filter(kind="software_changed"))
    assert (entry.chain, entry.data) == (
        "trial",
        {"engine": ENGINE, "fold": FOLD, "format": FORMAT, "kinds": KINDS},
    )


@numbers
def test_software_above_the_numbers_in_use_upgrades_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, higher: dict[str, Any]
) -> None:
    desk.walk()
    desk.counts("P1", on=day(2))
    before = desk.everything()
    become(monkeypatch, **higher)
    with desk.again() as trial:
        for ask in asks(desk, trial):
            with pytest.raises(SchemaOlder, match="the database is in use under engine 1, fold 1") as error:
                ask()
            assert error.value.hint == "regimen db upgrade brings it up to date"
        assert trial.show("P1").state == INDUCTION
        assert trial.due().items
        assert desk.everything() == before
        trial.upgrade(by=ADMIN, protocols=())
        assert trial.record_counts("P1", by=COORDINATOR, anc="1", platelets="50", on=day(3)).allowed
        changes = trial.log(Filter(kind="software_changed"))
        assert [entry.seq for entry in changes] == [2, trial.log(Filter(chain="trial"))[-1].seq]
        assert trial.verify().findings == []


@numbers
def test_software_below_the_numbers_in_use_reads_and_does_not_write(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, higher: dict[str, Any]
) -> None:
    desk.walk()
    desk.counts("P1", on=day(2))
    with monkeypatch.context() as newer:
        become(newer, **higher)
        with desk.again() as trial:
            trial.upgrade(by=ADMIN, protocols=())
    before = desk.everything()
    with desk.again() as trial:
        for ask in [*asks(desk, trial), lambda: trial.upgrade(by=ADMIN, protocols=())]:
            with pytest.raises(NewerSoftwareNeeded) as error:
                ask()
            assert error.value.hint is not None
        assert trial.show("P1").state == INDUCTION
        assert trial.next("P1").choices
        assert trial.advance("P1", "withdraw", by=COORDINATOR, dry_run=True).allowed
        assert [item.patient for item in trial.due().items] == ["P1"]
        assert len(trial.log(Filter(patient="P1"))) == 6
    assert desk.everything() == before


@numbers
def test_software_that_had_begun_to_write_stops_when_newer_software_has_come(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, higher: dict[str, Any]
) -> None:
    desk.walk()
    with monkeypatch.context() as newer:
        become(newer, **higher)
        with desk.again() as trial:
            trial.upgrade(by=ADMIN, protocols=())
    before = desk.everything()
    for ask in asks(desk, desk.trial):
        with pytest.raises(NewerSoftwareNeeded):
            ask()
    assert desk.everything() == before


def test_an_upgrade_that_changes_nothing_needs_nobody_and_writes_nothing(desk: Desk) -> None:
    before = desk.everything()
    done = desk.trial.upgrade(by=AUDITOR, protocols=())
    assert (done.installed, done.folded) == ((), 0)
    assert desk.everything() == before


def test_an_upgrade_is_an_administrators(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, ENGINE="2")
    before = desk.everything()
    with desk.again() as trial, pytest.raises(RefusedError):
        trial.upgrade(by=INVESTIGATOR, protocols=())
    assert desk.everything() == before


# ── rows of another fold ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def older(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """P1 and P2 in induction and P3 in consolidation, their rows written by the fold before this software's."""
    for id, state in (("P1", INDUCTION), ("P2", INDUCTION), ("P3", CONSOLIDATION)):
        desk.walk(id, state)
    become(monkeypatch, FOLD=FOLD + 1)
    return desk


def folds(desk: Desk) -> dict[str, int]:
    return {row["id"]: row["fold"] for row in desk.rows()}


def in_use(desk: Desk) -> None:
    """The numbers are noted, and no row is folded yet."""
    from workflow.desk import software

    with desk.trial._transactions.writing() as tx, desk.trial._administrator(tx, ADMIN) as (signature, now):
        software.note_change(tx, signature, now)


def test_upgrade_folds_every_row_anew(older: Desk) -> None:
    told: list[tuple[int, int]] = []
    before = {row["id"]: {**row, "fold": FOLD + 1} for row in older.rows()}
    done = older.trial.upgrade(by=ADMIN, protocols=(), progress=lambda *now: told.append(now))
    assert (done.folded, told) == (3, [(1, 3), (2, 3), (3, 3)])
    assert {row["id"]: row for row in older.rows()} == before
    assert older.trial.upgrade(by=ADMIN, protocols=()).folded == 0
    older.check()


def test_one_damaged_patient_does_not_stop_the_upgrade_of_the_others(older: Desk) -> None:
    (first, *_) = (row["id"] for row in older.rows())
    with older.plain.begin() as connection:
        connection.execute(sa.update(patient_table).where(patient_table.c.id == first).values(id="elsewhere"))
    said = "1 of 3 rows could not be folded anew, the first: patient/p1: its row is damaged: id holds 'elsewhere'"
    with pytest.raises(DamagedRow, match=said):
        older.trial.upgrade(by=ADMIN, protocols=())
    assert sorted(folds(older).values()) == [FOLD, FOLD + 1, FOLD + 1]


def test_what_another_fold_left_in_a_row_is_gone_after_it(older: Desk) -> None:
    whole = {row["id"]: {**row, "fold": FOLD + 1} for row in older.rows()}
    with older.plain.begin() as connection:
        spoilt = {"chart": '{"of":"another fold"}', "state": "screening", "due_on": None, "opens_on": None}
        connection.execute(sa.update(patient_table).values(spoilt))
    older.trial.upgrade(by=ADMIN, protocols=())
    assert {row["id"]: row for row in older.rows()} == whole
    older.check()


def test_an_upgrade_may_be_interrupted_and_goes_on(older: Desk) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        older.trial.upgrade(by=ADMIN, protocols=(), progress=interrupt)
    assert sorted(folds(older).values()) == [FOLD, FOLD + 1, FOLD + 1]
    report = older.trial.verify()
    assert (report.sound, report.stale) == (True, 1)
    assert older.trial.upgrade(by=ADMIN, protocols=()).folded == 1
    assert set(folds(older).values()) == {FOLD + 1}
    older.check()


def test_lists_and_verification_say_which_are_stale(older: Desk) -> None:
    in_use(older)
    assert [(item.patient, item.stale, item.trigger) for item in older.trial.due().items] == [
        ("P1", True, None),
        ("P2", True, None),
        ("P3", True, None),
    ]
    assert older.trial.show("P1").stale
    report = older.trial.verify()
    assert (report.sound, report.stale, report.differences) == (True, 3, [])
    older.counts("P2", on=day(3))
    assert [(item.patient, item.stale) for item in older.trial.due().items] == [
        ("P1", True),
        ("P2", False),
        ("P3", True),
    ]


def allowed(desk: Desk) -> Any:
    return desk.counts("P1", on=day(3))


def refused(desk: Desk) -> Any:
    return desk.trial.advance("P1", by=COORDINATOR, on=day(3))


def in_bulk(desk: Desk) -> Any:
    return desk.trial.advance_many(["P1"], by=COORDINATOR, on=day(3))


@pytest.mark.parametrize("command", [allowed, refused, in_bulk])
def test_a_command_folds_a_stale_row_on_the_way(older: Desk, command: Callable[[Desk], Any]) -> None:
    """Whatever the row holds, it is decided on the entries."""
    in_use(older)
    with older.plain.begin() as connection:
        spoilt = sa.update(patient_table).where(patient_table.c.id == "P1")
        connection.execute(spoilt.values(chart="{}", state="screening", due_on=None))
    seq = older.trial.show("P1").seq
    command(older)
    view = older.trial.show("P1")
    assert (view.seq, view.stale, view.state) == (seq + 1, False, INDUCTION)
    assert folds(older) == {"P1": FOLD + 1, "P2": FOLD, "P3": FOLD}
    assert older.trial.verify().sound


def test_a_look_at_a_stale_row_sees_its_entries_and_writes_nothing(older: Desk) -> None:
    expected = older.trial.show("P3").standing
    with older.plain.begin() as connection:
        connection.execute(sa.update(patient_table).values(chart="{}"))
    before = older.everything()
    view = older.trial.show("P3")
    assert (view.state, view.standing, view.stale) == (CONSOLIDATION, expected, True)
    assert older.trial.next("P3").forward == "start_cycle"
    assert older.everything() == before


def test_a_dry_run_on_a_stale_row_writes_nothing(older: Desk) -> None:
    in_use(older)
    before = older.everything()
    assert older.trial.record_counts("P1", by=COORDINATOR, anc="1", platelets="50", on=day(3), dry_run=True).allowed
    assert older.everything() == before


def test_a_row_of_a_newer_fold_is_read_and_not_written(desk: Desk) -> None:
    """By software that had begun to write before the newer one came."""
    desk.walk("P1")
    desk.walk("P2")
    with desk.plain.begin() as connection:
        newer = {"fold": FOLD + 1, "chart": '{"of":"a newer fold"}'}
        connection.execute(sa.update(patient_table).where(patient_table.c.id == "P1").values(newer))
    before = desk.everything()
    assert (desk.trial.show("P1").state, desk.trial.show("P1").stale) == (INDUCTION, True)
    for ask in (
        lambda: desk.counts("P1", on=day(3)),
        lambda: desk.trial.advance_many(["P2", "P1"], "withdraw", by=COORDINATOR),
    ):
        with pytest.raises(NewerSoftwareNeeded, match=f"written by fold {FOLD + 1}"):
            ask()
    assert desk.trial.upgrade(by=ADMIN, protocols=()).folded == 0
    assert desk.everything() == before
    (found,) = desk.trial.verify().findings  # for no software that writes so was in use
    assert (found.chain, found.code) == ("patient/p1", "never-in-use")
    assert desk.counts("P2", on=day(3)).allowed


def test_entries_of_a_kind_that_is_new_are_named(desk: Desk) -> None:
    """The numbers are the same, and would say nothing."""
    with pytest.MonkeyPatch.context() as patch:
        become(patch, KINDS=more_kinds())
        with desk.again() as trial, pytest.raises(SchemaOlder, match=r"and entries that are new: counts$") as error:
            trial.add_person("nell", "coordinator", by=ADMIN)
    assert error.value.hint == "regimen db upgrade brings it up to date"
