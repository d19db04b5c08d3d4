"""The command that checks the audit log."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.errors import Exit


@click.command()
@options.reads
@pass_call
def verify(call: Call) -> Exit:
    """Check that nobody has altered the log.

    Every entry's bytes against its hash and its columns, every chain's links, every patient's row against their
    entries; and every past decision is taken again. A finding means that the log is not what was written (exit code 7).
    A difference means that this software would decide a past case otherwise: the log is sound, and the software has
    changed.
    """
    from workflow.cli.screen import json, progress, streams, verification

    with call.trial() as trial, progress.count("verifying", "entries") as counting:
        report = trial.verify(workers=_processors(), progress=counting)
    if call.json:
        json.show(report)
    else:
        verification.show(report)
    if not report.sound:
        streams.complain(f"the audit log does not verify: {verification.counted(len(report.findings), 'finding')}")
        return Exit.VERIFICATION
    return Exit.DONE


def _processors() -> int:
    """How many processors this process may use."""
    import os

    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
