"""A process killed in the middle of its work: the database opens and verifies, every acknowledged entry is there."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.library.desk import Desk

TREE = Path(__file__).parents[2]

# Two kinds of commands, one of them with a text; the number of the last entry is told after each commit.
WORK = """
import sys
from datetime import UTC, datetime
from datetime import date
from tests.library.desk import COORDINATOR, INVESTIGATOR
from workflow import Trial

trial = Trial.open(sys.argv[1])
ON = date(2024, 2, 1)
id, number = sys.argv[2], 0
while True:
    number += 1
    if number % 3:
        told = trial.record_counts(id, by=COORDINATOR, anc=1, platelets=number % 900, on=ON, note="as read")
    else:
        told = trial.record_adverse_event(id, by=INVESTIGATOR, term="fever", grade=1, on=ON)
    print(told.seq, flush=True)
"""


@pytest.mark.parametrize("commands", [1, 7, 40])
def test_after_a_kill_every_acknowledged_entry_is_there(desk: Desk, commands: int) -> None:
    desk.walk("P1")
    arguments = [sys.executable, "-c", WORK, desk.url, "P1"]
    with subprocess.Popen(arguments, cwd=TREE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(commands)]
        process.send_signal(signal.SIGKILL)
        told += [int(line) for line in process.stdout if line.endswith("\n")]
    assert process.returncode == -signal.SIGKILL

    with desk.again() as trial:
        report = trial.verify()
        assert (report.findings, report.differences) == ([], [])
        seqs = [entry.seq for entry in desk.entries("P1")]
        assert seqs == list(range(1, len(seqs) + 1))
        assert told == list(range(told[0], told[-1] + 1))
        assert seqs[-1] - told[-1] in (0, 1)  # one may have been committed and not told
    desk.clock.now = datetime.now(UTC)  # as the process had it
    desk.counts("P1")
    desk.check()


def test_a_kill_in_the_middle_of_a_transaction_leaves_nothing_of_it(desk: Desk) -> None:
    desk.walk("P1")
    work = """
import os, signal, sys
from datetime import date
from tests.library.desk import INVESTIGATOR
from workflow import Trial

trial = Trial.open(sys.argv[1])
with trial.transaction() as connection:
    for id in ("P2", "P3"):
        trial.enroll(id, "A", by=INVESTIGATOR, on=date(2024, 2, 1), connection=connection)
    trial.advance("P1", "withdraw", by=INVESTIGATOR, connection=connection)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    run = subprocess.run([sys.executable, "-c", work, desk.url], cwd=TREE, check=False)
    assert run.returncode == -signal.SIGKILL
    desk.enrol("P4")
    with desk.again() as trial:
        assert [row.id for row in trial.patients()] == ["P1", "P4"]
    desk.check()
