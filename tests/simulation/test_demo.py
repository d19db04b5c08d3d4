"""`regimen demo`: what it shows, where its database is, and that it removes nobody else's."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workflow.cli.main import run
from workflow.desk.request import Actor
from workflow.desk.trial import Trial
from workflow.errors import Exit

FEW = ["--patients", "6"]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("REGIMEN_DATABASE_URL", "REGIMEN_AS"):
        monkeypatch.delenv(name, raising=False)


def test_it_shows_people_a_history_a_refusal_and_the_verification(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", *FEW]) == Exit.DONE
    shown = capsys.readouterr().out
    for part in (
        "Nothing here is a result of the trial",
        "Where everyone stands",
        "How treatment ended",
        "One of them: P-00",
        "A step that was refused",
        "lifted by:",
        "taken again, 0 of them otherwise",
        "is sound",
        "Look around",
    ):
        assert part in shown
    assert max(len(line) for line in shown.splitlines()) <= 80


def test_what_it_says_to_type_next_can_be_typed(capsys: pytest.CaptureFixture[str]) -> None:
    run(["demo", *FEW])
    typed = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("  regimen ")]
    assert len(typed) >= 2
    for _, *args in typed:
        assert run(args) == Exit.DONE, args
        told = capsys.readouterr()
        assert told.out or "nothing is due" in told.err


def test_whoever_ran_it_may_act_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    run(["demo", *FEW])
    act = ["record", "counts", "P-001", "--anc", "2", "--platelets", "150", "--dry-run"]
    assert run([*act, "--database-url", "regimen-demo.db"]) in (Exit.DONE, Exit.REFUSED)


def test_the_database_of_an_earlier_demo_is_made_anew(capsys: pytest.CaptureFixture[str]) -> None:
    run(["demo", *FEW])
    assert run(["demo", "--patients", "2"]) == Exit.DONE
    with Trial.open("regimen-demo.db") as trial:
        assert len(trial.patients()) == 2


def test_a_file_that_is_no_demo_of_ours_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Path("regimen-demo.db").write_text("my thesis")
    assert run(["demo", *FEW]) == Exit.CONFLICT
    assert Path("regimen-demo.db").read_text() == "my thesis"
    assert "this demo did not make it" in capsys.readouterr().err


def test_a_trial_that_somebody_runs_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    somebody = Actor("somebody", "os", "somebody")
    with Trial.init("regimen-demo.db", by=somebody, clock=lambda: datetime(2025, 1, 1, tzinfo=UTC)) as trial:
        before = trial.log()
    assert run(["demo", *FEW]) == Exit.CONFLICT
    with Trial.open("regimen-demo.db") as trial:
        assert trial.log() == before


def test_another_database_can_be_named_and_must_be_new(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", *FEW, "--database-url", "other.db"]) == Exit.DONE
    assert not Path("regimen-demo.db").exists()
    assert run(["demo", *FEW, "--database-url", "other.db"]) == Exit.CONFLICT


def test_the_environment_does_not_lead_it_to_a_trial_in_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REGIMEN_DATABASE_URL", "in-use.db")
    assert run(["demo", *FEW]) == Exit.DONE
    assert not Path("in-use.db").exists()


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", *FEW, "--seed", "3", "--json"]) == Exit.DONE
    told = json.loads(capsys.readouterr().out)
    assert (told["database"], told["seed"], told["patients"]) == ("regimen-demo.db", 3, 6)
    assert told["verification"]["sound"] is True
