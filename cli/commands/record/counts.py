"""The command that records blood counts."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.commands.record import carry_out, note
from workflow.cli.lazy import Command
from workflow.errors import Exit


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.option("--anc", required=True, metavar="NUMBER", help="Absolute neutrophil count, x10^9/L.")
@click.option("--platelets", required=True, metavar="NUMBER", help="Platelets, x10^9/L.")
@options.on("The day of the blood sample.")
@options.at
@note
@options.corrects()
@options.writes()
@pass_call
def counts(call: Call, patient: str, anc: str, platelets: str, on: date | None, note: str | None) -> Exit:
    """Blood counts."""
    return carry_out(call, "record_counts", patient, on=on, anc=anc, platelets=platelets, note=note)
