"""What people do with a database that an earlier release left: in the tests, and in the later release they make."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, timedelta

from workflow import Actor, Trial
from workflow.ledger.report import Report
from workflow.protocol.model import Purpose
from workflow.store.engine import create_engine
from workflow.store.upgrade import upgrade

ADMIN, INES, CARL = Actor("admin"), Actor("ines"), Actor("carl")
TODAY = date(2027, 1, 4)


def clock() -> datetime:
    return datetime(2027, 1, 4, 9, tzinfo=UTC)


def opened(url: str) -> Trial:
    """The trial, under the schema of this software."""
    engine = create_engine(url)
    upgrade(engine)
    engine.dispose()
    return Trial.open(url, clock=clock)


def look(trial: Trial) -> None:
    """Everybody and everything, read."""
    for patient in trial.patients():
        view = trial.show(patient.id)
        assert (view.id, view.state) == (patient.id, patient.state)
        assert trial.next(patient.id, on=TODAY, by=CARL).patient == view
        trial.show(patient.id, on=view.enrolled_on + timedelta(days=40))
    assert all(entry.words is not None for entry in trial.log() if entry.understood)
    trial.due(until=date(2040, 1, 1))


def write(trial: Trial) -> None:
    """A fact and a step for a patient who is in screening, a new patient, a correction, a person."""
    definition = trial.definition()
    patient = trial.patients(state="screening")[0].id
    trial.record_consent(patient, by=CARL, on=TODAY, note="signed").or_raise()
    counts = trial.record_counts(patient, by=CARL, anc="1.9", platelets="99", on=TODAY).or_raise()
    trial.correct(patient, counts.seq or 0, by=INES, reason="mistyped").or_raise()
    exit = definition.triggers_for(Purpose.WITHDRAWAL)[0]
    trial.advance(patient, exit, by=INES, on=TODAY, code=definition.codes[exit][0]).or_raise()
    version, arm = definition.protocol.version, definition.protocol.arms[0].key
    trial.enroll("N-0001", arm, by=CARL, on=TODAY, version=version).or_raise()
    trial.add_person("nell", definition.protocol.roles[0].key, by=ADMIN)


def sound(report: Report) -> Report:
    """Nothing found, all of it understood and decided again, no row waiting."""
    assert report.findings == []
    assert (report.not_understood, report.undecided, report.stale) == (0, 0, 0)
    return report


def everything(url: str) -> dict[str, int]:
    """Open, upgrade, verify, read, write, verify again."""
    with opened(url) as trial:
        before = trial.verify()
        assert before.findings == []
        folded = trial.upgrade(by=ADMIN).folded
        sound(trial.verify())
        look(trial)
        write(trial)
        sound(trial.verify())
    return {"stale": before.stale, "folded": folded}


if __name__ == "__main__":
    json.dump(everything(sys.argv[1]), sys.stdout)
