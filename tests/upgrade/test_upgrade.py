"""What an earlier release left is opened, upgraded, verified and written to by this one; and by a later one.

The databases are those of ``make.py``, kept; nothing here depends on what exactly stands in them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from tests.upgrade import later, work
from tests.upgrade.kept import NAMES, load
from tests.upgrade.make import CASES, dumped, made
from tests.upgrade.work import ADMIN, CARL, TODAY, opened, sound
from workflow import Trial
from workflow.engine import numbers
from workflow.engine.facts import BY_KIND
from workflow.errors import InvalidProtocol, NewerSoftwareNeeded, SchemaOlder
from workflow.ledger.entry import KINDS
from workflow.ledger.report import Report
from workflow.store.schema import entry, entry_text, request


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    kept: str = request.param
    return kept


@pytest.fixture
def url(name: str, database_url: str) -> str:
    load(name, database_url)
    return database_url


@pytest.fixture
def trial(url: str) -> Iterator[Trial]:
    with opened(url) as trial:
        yield trial


def set_number(monkeypatch: pytest.MonkeyPatch, which: str, value: int | str) -> None:
    """The software as if this number were another one: in every module that has it."""
    for module in list(sys.modules.values()):
        if module.__name__.startswith("workflow.") and which in vars(module):
            monkeypatch.setattr(module, which, value)


# ── what is kept ───────────────────────────────────────────────────────────────────────────────────────────────────


def said(trial: Trial, what: sa.ColumnElement[Any]) -> set[Any]:
    with trial.engine.connect() as connection:
        return set(connection.execute(sa.select(what).distinct()).scalars())


def test_something_of_everything_is_kept(trial: Trial) -> None:
    """Of the kinds that there were when it was made: a later one is not in it."""
    first = {"enrolment", "transition", "void", "trial_opened", "content_installed", "software_changed"}
    first |= {"person_added", "person_deactivated", "consent", "eligibility", "adverse_event", "adverse_event_news"}
    first |= {"counts", "response", "dose", "hold", "resume"}
    assert first <= said(trial, entry.c.kind) <= set(KINDS)
    assert said(trial, entry.c.outcome) == {"allowed", "overridden", "deviated", "refused"}
    assert said(trial, entry_text.c.field) == {"note", "reason"}
    assert len(said(trial, request.c.id)) > 3
    assert len(trial.log()) >= 200
    assert any(one.cause for one in trial.log())
    assert any(one.time for one in trial.log())


def test_what_is_made_now_has_every_kind(name: str, tmp_path: Path) -> None:
    made(name, tmp_path / "made.db")
    with Trial.open(str(tmp_path / "made.db")) as trial:
        assert said(trial, entry.c.kind) == set(KINDS)
        assert set(BY_KIND) <= set(KINDS)
        trial.verify().or_raise()


def test_it_is_made_alike_every_time(tmp_path: Path) -> None:
    for file in ("one.db", "other.db"):
        made("toy", tmp_path / file)
    assert dumped(tmp_path / "one.db") == dumped(tmp_path / "other.db")


def test_both_databases_are_about_their_protocol() -> None:
    assert set(CASES) == set(NAMES)


# ── this release ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_opened_upgraded_verified_read_and_written_to(url: str) -> None:
    work.everything(url)


def test_before_the_upgrade_it_verifies_too(trial: Trial) -> None:
    report = trial.verify()
    assert (report.findings, report.not_understood) == ([], 0)


def test_an_upgrade_without_anything_to_do_writes_nothing(trial: Trial) -> None:
    trial.upgrade(by=ADMIN)
    before = len(trial.log())
    assert trial.upgrade(by=ADMIN).folded == 0
    assert len(trial.log()) == before


def test_other_content_under_a_name_that_is_taken_is_left_out(trial: Trial) -> None:
    """What is installed is what runs; a corrected encoding is a new edition."""
    there = trial.definition().protocol
    trial.upgrade(by=ADMIN, protocols=[replace(there, title="Another")])
    assert trial.definition().protocol == there
    again = replace(there, title="Another", edition=there.edition + 1)
    assert trial.upgrade(by=ADMIN, protocols=[again]).installed == (there.version,)
    assert trial.definition(there.version).protocol == again


# ── another fold ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def upgraded(trial: Trial) -> Trial:
    trial.upgrade(by=ADMIN)
    return trial


@pytest.fixture
def next_fold(upgraded: Trial, url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trial]:
    """The database under software of the next fold, before it is upgraded."""
    set_number(monkeypatch, "FOLD", numbers.FOLD + 1)
    with Trial.open(url, clock=work.clock) as trial:
        yield trial


def test_rows_of_the_fold_before_are_stale_and_nothing_is_found(next_fold: Trial) -> None:
    report = next_fold.verify()
    assert (report.findings, report.stale) == ([], len(next_fold.patients()))


def test_they_are_read_all_the_same(next_fold: Trial) -> None:
    assert next_fold.show(next_fold.patients()[0].id).stale
    assert all(item.stale for item in next_fold.due(until=work.date(2040, 1, 1)).items)
    work.look(next_fold)


def test_nothing_is_written_before_the_upgrade(next_fold: Trial) -> None:
    with pytest.raises(SchemaOlder, match=f"this software writes engine .*, fold {numbers.FOLD}"):
        next_fold.record_counts(next_fold.patients()[0].id, by=CARL, anc="1", platelets="50", on=TODAY)


def test_the_upgrade_folds_every_row_anew(next_fold: Trial) -> None:
    told: list[tuple[int, int]] = []
    count = len(next_fold.patients())
    assert next_fold.upgrade(by=ADMIN, progress=lambda done, of: told.append((done, of))).folded == count
    assert told[-1] == (count, count)
    sound(next_fold.verify())
    work.write(next_fold)
    sound(next_fold.verify())


def test_a_command_folds_the_row_that_an_interrupted_upgrade_left(next_fold: Trial) -> None:
    def interrupt(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        next_fold.upgrade(by=ADMIN, progress=interrupt)
    left = next_fold.verify().stale
    assert left == len(next_fold.patients()) - 1
    waiting = next(patient.id for patient in next_fold.patients() if next_fold.show(patient.id).stale)
    next_fold.record_consent(waiting, by=CARL, on=next_fold.show(waiting).enrolled_on)
    assert next_fold.upgrade(by=ADMIN).folded in (left, left - 1)  # a refused fact leaves the row as it was
    sound(next_fold.verify())


# ── newer software was here ────────────────────────────────────────────────────────────────────────────────────────


def test_software_of_lower_numbers_reads_and_does_not_write(
    url: str, next_fold: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_fold.upgrade(by=ADMIN)
    set_number(monkeypatch, "FOLD", numbers.FOLD - 1)
    with Trial.open(url, clock=work.clock) as trial:
        work.look(trial)
        report = trial.verify()
        assert (report.findings, report.not_understood) == ([], len(trial.patients()))
        with pytest.raises(NewerSoftwareNeeded):
            work.write(trial)
        with pytest.raises(NewerSoftwareNeeded):
            trial.upgrade(by=ADMIN)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a later release."""
    return later.later(tmp_path_factory.mktemp("later"))


def test_a_later_release_with_more_fields_does_all_of_this(release: Path, upgraded: Trial, url: str) -> None:
    """One field more in a fact, in the protocol language, one kind more."""
    count = len(upgraded.patients())
    upgraded.close()
    assert later.run(release, "-m", "tests.upgrade.work", url) == {"stale": count, "folded": count}


NEWER = """
import json, sys
from msgspec.structs import replace
from tests.upgrade.work import ADMIN, CARL, INES, TODAY, opened
from workflow.engine.facts import weight
from workflow.engine.facts.counts import Counts
from workflow.engine.facts.fact import Telling

with opened(sys.argv[1]) as trial:
    trial.upgrade(by=ADMIN)
    first, second, third = (patient.id for patient in trial.patients(state="screening")[:3])
    make = lambda definition, chart, when: Counts(*when, "1.9", "99", "0.4")
    trial.record(first, Telling("counts", {}, make), by=CARL, on=TODAY).or_raise()
    trial.record_consent(first, by=CARL, on=TODAY).or_raise()
    refused = trial.record(second, weight.telling("70"), by=CARL, on=TODAY)
    assert not refused.allowed

    protocol = trial.definition().protocol
    arm = protocol.arms[0]
    phase = arm.phases[0]
    cycle = phase.cycles[0]
    given = replace(cycle.administrations[0], remark="slowly")
    cycle = replace(cycle, administrations=(given, *cycle.administrations[1:]))
    phase = replace(phase, cycles=(cycle, *phase.cycles[1:]))
    arm = replace(arm, phases=(phase, *arm.phases[1:]))
    version = trial.install(replace(protocol, version="later", arms=(arm, *protocol.arms[1:])), by=ADMIN)
    trial.enroll("N-0001", arm.key, by=CARL, on=TODAY, version=version).or_raise()
    report = trial.verify().or_raise()
    json.dump({"first": first, "second": second, "third": third}, sys.stdout)
"""


def test_what_a_later_release_wrote_is_left_alone_and_named(release: Path, upgraded: Trial, url: str) -> None:
    before = sound(upgraded.verify())
    upgraded.close()
    patients: dict[str, str] = later.run(release, "-c", NEWER, url)
    with Trial.open(url, clock=work.clock) as trial:
        nothing_is_found(trial, before)
        what_is_understood_is_read(trial, patients)
        with pytest.raises(NewerSoftwareNeeded):
            trial.record_consent(patients["third"], by=CARL, on=TODAY)


def nothing_is_found(trial: Trial, before: Report) -> None:
    report = trial.verify()
    assert (report.findings, report.differences, report.sound) == ([], [], False)
    assert report.decided >= before.decided  # whatever was decided again before it came
    assert report.not_understood >= 4  # a later engine's: counts, what follows, a weight; and rows of a later fold


def what_is_understood_is_read(trial: Trial, patients: dict[str, str]) -> None:
    unknown = [one for one in trial.log() if not one.understood]
    assert {"counts", "weight"} <= {one.kind for one in unknown}
    assert {one.actor.id for one in unknown if one.kind == "weight"} == {"Carl"}
    assert trial.show(patients["third"]).state == "screening"
    for patient in (patients["first"], patients["second"]):
        with pytest.raises(NewerSoftwareNeeded, match="newer software wrote"):
            trial.show(patient)
    assert "later" in trial.installed()
    with pytest.raises(InvalidProtocol, match="cannot read protocol version later"):
        trial.show("N-0001")
