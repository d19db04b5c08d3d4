"""The command that lists what happened against the rules."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import DamagedRow, Exit


@click.command(cls=Command)
@click.option("--patient", type=options.PATIENT, help="Of this patient alone.")
@click.option("--since", type=options.DAY, help="Of this day or later.")
@click.option("--outstanding", is_flag=True, help="Those that stand and that nobody has acknowledged.")
@options.csv
@options.reads
@pass_call
def deviations(call: Call, patient: str | None, since: date | None, outstanding: bool) -> Exit:
    """List what happened against the rules, and what it was judged to mean.

    In the order in which it was recorded: the protocol's kinds of deviation, the day, who recorded it and why, and who
    has acknowledged it with which assessment. `regimen acknowledge PATIENT ENTRY` does that.
    """
    from workflow.cli.screen import csv, damage, json, remarks, streams

    damaged: list[DamagedRow] = []
    with call.trial() as trial:
        found = trial.deviations(patient=patient, since=since, outstanding=outstanding, damaged=damaged.append)
        if call.json:
            json.show_items(([one] for one in found), lambda: {"damaged": damage.as_json(damaged)})
        elif call.csv:
            csv.show(remarks.DEVIATIONS, map(remarks.deviation_row, found))
        elif not remarks.show_deviations(found) and not damaged:
            streams.talk(f"regimen: no deviation {'waits to be acknowledged' if outstanding else 'is like that'}")
    return damage.end(damaged)
