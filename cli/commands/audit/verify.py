"""The command that checks the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import Exit

if TYPE_CHECKING:
    from workflow.ledger.report import Report


@click.command(cls=Command)
@click.option("--patient", type=options.PATIENT, help="This patient's entries alone, and the chains they rest on.")
@click.option("--strict", is_flag=True, help="End with exit code 7 for differences and stale rows, too.")
@options.reads
@pass_call
def verify(call: Call, patient: str | None, strict: bool) -> Exit:
    """Check that nobody has altered the log.

    Every entry's bytes against its hash and its columns, every chain's links, every patient's row against their
    entries, who acted against the people's chain, the tables and triggers against those that were made; and every past
    decision is taken again. A finding means that the log is not what was written; an entry that
    is not understood was written by newer software, and what follows on it is not verified: both end with exit code 7.
    With a difference, which is a past case that this software would decide otherwise, or a stale row, which
    `regimen db upgrade` folds anew, the log is sound.
    """
    from workflow.cli.screen import json, streams, verification

    report = _report(call, patient)
    if call.json:
        json.show(report)
    else:
        verification.show(report)
    if not report.sound:
        streams.complain(verification.not_sound(report))
    elif strict and (report.differences or report.stale):
        streams.complain(verification.not_the_same(report))
        return Exit.VERIFICATION
    return Exit.DONE if report.sound else Exit.VERIFICATION


def _report(call: Call, patient: str | None) -> Report:
    """What is found; of a database that does not open, whatever can be read of it."""
    from workflow.cli.screen import progress
    from workflow.errors import DatabaseError

    try:
        with call.trial() as trial, progress.count("verifying", "entries") as counting:
            return trial.verify(patient=patient, workers=_processors(), progress=counting)
    except DatabaseError as error:
        from workflow.store.audit import verify_unopened

        return verify_unopened(call.database, error)


def _processors() -> int:
    """How many processors this process may use."""
    import os

    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
