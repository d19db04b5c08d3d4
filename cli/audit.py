"""Commands for auditors: read the audit log, verify it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.errors import Exit

if TYPE_CHECKING:
    from workflow.ledger.replay import Report

WIDTH = 40  # of the line that tells how far verification is


@click.group()
def audit() -> None:
    """The audit log: read it, verify it."""


@audit.command()
@click.option("--patient", help="Entries of this patient.")
@click.option("--kind", type=click.Choice(words.KINDS), metavar="KIND", help=f"{words.listed(words.KINDS)}.")
@click.option("--trigger", type=options.Word(words.TRIGGERS), help="Transitions of this name.")
@click.option("--outcome", type=click.Choice(words.OUTCOMES), help="How it was decided.")
@click.option("--actor", metavar="PERSON", help="What this person asked for.")
@click.option("--from", "from_", type=options.DAY, help="What happened on this day or later.")
@click.option("--to", type=options.DAY, help="What happened on this day or earlier.")
@click.option("--recorded-from", type=options.DAY, help="What was recorded on this day (UTC) or later.")
@click.option("--recorded-to", type=options.DAY, help="What was recorded on this day (UTC) or earlier.")
@click.option("--limit", type=options.COUNT, metavar="N", help="The first N entries alone.")
@click.option("--last", type=options.COUNT, metavar="N", help="The last N entries alone.")
@options.reads
@pass_call
def log(
    call: Call,
    patient: str | None,
    kind: str | None,
    trigger: str | None,
    outcome: str | None,
    actor: str | None,
    from_: date | None,
    to: date | None,
    recorded_from: date | None,
    recorded_to: date | None,
    limit: int | None,
    last: int | None,
) -> None:
    """Who did what, when and why.

    Entries in the order they were recorded: what was asked for and how it was decided, from which state to which, on
    which day it happened and when it was recorded, by whom, with which software; and of a refusal every reason.
    """
    from workflow.cli import output
    from workflow.cli.entries import told
    from workflow.store.log import Filter

    if limit is not None and last is not None:
        raise click.UsageError("--limit and --last exclude each other", click.get_current_context())
    wanted = Filter(
        patient=patient,
        kind=kind,
        trigger=trigger,
        outcome=outcome,
        actor=actor,
        occurred_from=from_,
        occurred_to=to,
        recorded_from=recorded_from,
        recorded_to=recorded_to,
    )
    with call.trial() as trial:
        found = trial.log(wanted, limit=limit or last, last=last is not None)
        if not found and patient is not None:
            trial.show(patient)  # says so when there is no such patient
    if call.json:
        output.as_json({"items": found})
        return
    if not found:
        output.talk("regimen: no entry is like that")
    page = output.Page(as_is=True)
    for entry in found:
        told(page, entry)
    page.show()


@audit.command()
@options.reads
@pass_call
def verify(call: Call) -> Exit:
    """Check that nobody has altered the log.

    Every entry's bytes against its hash and its columns, every chain's links, every patient's row against their
    entries; and every past decision is taken again. A finding means that the log is not what was written (exit code 7).
    A difference means that this software would decide a past case otherwise: the log is sound, and the software has
    changed.
    """
    from workflow.cli import output

    with call.trial() as trial, _progress() as progress:
        report = trial.verify(workers=_processors(), progress=progress)
    if call.json:
        output.as_json(report)
    else:
        _show(report)
    if not report.sound:
        output.complain(f"the audit log does not verify: {_counted(len(report.findings), 'finding')}")
        return Exit.VERIFICATION
    return Exit.DONE


def _processors() -> int:
    """How many processors this process may use."""
    import os

    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _show(report: Report) -> None:
    from workflow.cli import output

    page = output.Page(as_is=True)
    for finding in report.findings:
        place = finding.chain if finding.seq is None else f"{finding.chain} {finding.seq}"
        page.add(output.bad("finding"), f"  {place}: {finding.message}", output.quiet(f" [{finding.code}]"), hang=9)
    for one in report.differences:
        said = f"  {one.chain} {one.seq}: was {one.then}, would be {one.now} (software {one.software} decided it)"
        page.add(output.warn("difference"), said, hang=12)
    page.blank()
    undecided = f"{report.undecided:,}, under a protocol that this software does not have"
    page.pairs(
        [
            ("entries", (f"{report.entries:,} in {_counted(report.chains, 'chain')}",)),
            ("decided again", (f"{report.decided:,}",)),
            *([("not decided again", (output.warn(undecided),))] if report.undecided else []),
            ("differences", (f"{len(report.differences):,}",)),
            ("findings", (f"{len(report.findings):,}",)),
            ("the log", (output.good("is sound") if report.sound else output.bad("does not verify"),)),
        ],
        indent=0,
    )
    page.show()


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


@contextmanager
def _progress() -> Iterator[Callable[[int], None] | None]:
    """Tells on stderr how far it is, where somebody sees it."""
    from workflow.cli import output

    if not output.watched():
        yield None
        return
    import sys

    def told(count: int) -> None:
        sys.stderr.write(f"\r{f'verifying: {count:,} entries':{WIDTH}}")
        sys.stderr.flush()

    told(0)
    try:
        yield told
    finally:
        sys.stderr.write(f"\r{'':{WIDTH}}\r")
        sys.stderr.flush()
