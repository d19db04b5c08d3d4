"""The command that reads the audit log."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import DamagedRow, Exit

# The log's own words, for help without importing the rooms that they are from; a test compares the two.
OUTCOMES = ("allowed", "overridden", "deviated", "refused")
ALONE = ": what stands alone; not what was refused or taken back, nor corrections"


def several(name: str, *, help: str, **more: Any) -> options.Decorator:
    """An option that may be repeated, for any of several words."""
    return click.option(name, multiple=True, help=f"{help} May be repeated.", **more)


@click.command(cls=Command)
@click.option("--patient", type=options.PATIENT, help="Entries of this patient.")
@several("--kind", type=options.KIND, help="Entries of this kind: transition, void, a kind of fact...")
@several("--trigger", type=options.Word(words.triggers), help="Transitions of this name.")
@several("--outcome", type=click.Choice(OUTCOMES), help="How it was decided.")
@several("--actor", metavar="PERSON", help="What this person asked for.")
@click.option("--from", "from_", type=options.DAY, help="What happened on this day or later.")
@click.option("--to", type=options.DAY, help="What happened on this day or earlier.")
@click.option("--recorded-from", type=options.DAY, help="What was recorded on this day (UTC) or later.")
@click.option("--recorded-to", type=options.DAY, help="What was recorded on this day (UTC) or earlier.")
@options.clocks(
    "What happened up to this day and stands: nothing refused, taken back, or that takes back.",
    also_on=False,
    default=False,
)
@click.option("--limit", type=options.COUNT, metavar="N", help="The first N entries alone.")
@click.option("--last", type=options.COUNT, metavar="N", help="The last N entries alone.")
@options.reads
@pass_call
def log(
    call: Call,
    patient: str | None,
    kind: tuple[str, ...],
    trigger: tuple[str, ...],
    outcome: tuple[str, ...],
    actor: tuple[str, ...],
    from_: date | None,
    to: date | None,
    recorded_from: date | None,
    recorded_to: date | None,
    on: date | None,
    known_by: date | None,
    limit: int | None,
    last: int | None,
) -> Exit:
    """Who did what, when and why.

    Entries in the order they were recorded: what was asked for and how it was decided, from which state to which, on
    which day it happened and when it was recorded, by whom, with which software; of a refusal every reason, of what
    happened against the rules which kind of deviation it was, of a correction what it took back.

    With --as-of only what stands is listed; without it everything is, also what was refused or taken back. With
    --known-by it is the log as it was when that day ended: what was taken back later reads as it read then.
    """
    from itertools import chain

    from workflow.cli.screen import clocks, damage, json, streams
    from workflow.cli.screen import entry as entries
    from workflow.cli.screen.page import Page
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
    damaged: list[DamagedRow] = []
    with call.trial() as trial:
        pages = trial.log_pages(
            wanted, on=on, known_by=known_by, limit=limit or last, last=last is not None, damaged=damaged.append
        )
        first = next(pages, ())
        found = chain([first], pages)
        if call.json:
            asked = {"as_of": on, "known_by": known_by}
            json.show_items(found, lambda: {**asked, "damaged": damage.as_json(damaged)})
            return damage.end(damaged)
        said = clocks.of(trial, on, known_by)
        if said is not None:
            streams.talk(f"regimen: {said}{ALONE if on is not None else ''}")
        if not first and not damaged:
            streams.talk("regimen: no entry is like that")
        for some in found:
            page = Page(as_is=True)
            for entry in some:
                entries.add(page, entry)
            page.show()
    return damage.end(damaged)
