"""The command that records a response assessment."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.cli.commands.record import carry_out, note
from workflow.cli.lazy import Command
from workflow.errors import Exit


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.option(
    "--response",
    required=True,
    type=options.Word(words.responses),
    help="Which category; an unknown one is answered with the list.",
)
@click.option("--mrd", type=options.Word(words.mrd), help="Measurable residual disease: negative or positive.")
@options.on("The day of the assessment.")
@options.at
@note
@options.corrects()
@options.writes()
@pass_call
def response(call: Call, patient: str, response: str, mrd: str | None, on: date | None, note: str | None) -> Exit:
    """A response assessment."""
    return carry_out(call, "record_response", patient, on=on, response=response, mrd=mrd, note=note)
