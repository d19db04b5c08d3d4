"""The command that lists queries."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import DamagedRow, Exit


@click.command(cls=Command, name="list")
@click.option("--patient", type=options.PATIENT, help="About this patient alone.")
@click.option("--open", "open_", is_flag=True, help="Those that are not closed.")
@options.csv
@options.reads
@pass_call
def list_(call: Call, patient: str | None, open_: bool) -> Exit:
    """What monitors have asked about entries, and what came of it."""
    from workflow.cli.screen import csv, damage, json, remarks, streams

    damaged: list[DamagedRow] = []
    with call.trial() as trial:
        found = trial.queries(patient=patient, open=open_, damaged=damaged.append)
        if call.json:
            json.show_items(([one] for one in found), lambda: {"damaged": damage.as_json(damaged)})
        elif call.csv:
            csv.show(remarks.QUERIES, map(remarks.query_row, found))
        elif not remarks.show_queries(found) and not damaged:
            streams.talk(f"regimen: no query is {'open' if open_ else 'there'}")
    return damage.end(damaged)
