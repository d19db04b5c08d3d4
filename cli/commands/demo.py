"""The command that shows what the whole is for: a study of invented patients, simulated, looked at and verified."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from workflow.cli import options
from workflow.cli.call import Call, login, pass_call
from workflow.cli.lazy import Command
from workflow.errors import AlreadyExists, Exit, InvalidInput, WorkflowError

if TYPE_CHECKING:
    from workflow.desk.trial import Trial
    from workflow.ledger.report import Report
    from workflow.simulation import Clock, Summary

DATABASE = "regimen-demo.db"
MOST_PATIENTS = 999
VISITOR = "visitor"  # the person that whoever runs the demo acts as in it


@click.command(cls=Command)
@click.option("--patients", type=click.IntRange(1, MOST_PATIENTS), metavar="N", help="How many.  [default: 276]")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Another number makes another study.")
@click.option("--database-url", "url", metavar="URL", help=f"Where to make the database.  [default: {DATABASE}]")
@options.shows
@pass_call
def demo(call: Call, patients: int | None, seed: int | None, url: str | None) -> Exit:
    """A simulated study, in a database of its own.

    Invented people lead invented patients through the protocol, over eight years. Then it is shown where everybody
    stands, what happened to one of them, why a step was refused, and whether the log verifies.

    The database stays, to look around in. Where --database-url says there must be no trial yet; regimen-demo.db in this
    folder is made anew, if it is an earlier demo's.
    """
    from workflow import simulation
    from workflow.cli.screen import progress, showcase

    url = url or call.url
    if url is None:
        _make_room(Path(DATABASE))
        url = DATABASE
    clock = simulation.Clock()
    count, seed = patients or simulation.PATIENTS, simulation.SEED if seed is None else seed
    started = perf_counter()
    with simulation.set_up(url, clock) as trial:
        with progress.bar("simulating", "patients") as simulated:
            summary = simulation.simulate(trial, clock, patients=count, seed=seed, progress=simulated)
        visitor = _let_in(trial, clock)
        seconds = perf_counter() - started
        with progress.bar("verifying", "entries") as verified:
            report = trial.verify(progress=lambda read: verified(read, max(read, summary.entries)))
        verified_in = perf_counter() - started - seconds
        if call.json:
            _as_json(url, seed, summary, report)
        else:
            run = showcase.Run(replace(call, url=url), trial, summary, seed, seconds, visitor, report, verified_in)
            showcase.show(run)
    return Exit.DONE if report.sound else Exit.VERIFICATION


def _make_room(path: Path) -> None:
    """Remove the database of an earlier demo; whatever else bears that name is left alone."""
    from workflow.desk.trial import Trial
    from workflow.simulation import is_simulated

    if not path.exists() and not path.is_symlink():
        return
    try:
        with Trial.open(str(path)) as trial:
            ours = is_simulated(trial)
    except WorkflowError:
        ours = False
    if not ours:
        raise AlreadyExists(
            f"{path} is there already, and this demo did not make it",
            hint="move it away, or name another database with --database-url",
        )
    for suffix in ("", "-journal", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _let_in(trial: Trial, clock: Clock) -> str | None:
    """Let whoever runs the demo act in it; answers as whom. None where the login is none that a person can have."""
    from workflow.simulation import let_in

    try:
        let_in(trial, clock, VISITOR, login())
    except InvalidInput:
        return None
    return VISITOR


def _as_json(url: str, seed: int, summary: Summary, report: Report) -> None:
    from workflow.cli.screen import json

    json.show(
        {
            "database": url,
            "seed": seed,
            "patients": len(summary.stories),
            "entries": summary.entries,
            "outcomes": dict(summary.outcomes),
            "verification": report,
        }
    )
