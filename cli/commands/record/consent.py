"""The command that records informed consent."""

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
    "--protocol",
    "version",
    metavar="VERSION",
    type=options.Word(words.versions),
    help="The protocol version consented to.  [default: the patient's]",
)
@options.on("The day of the signature.")
@options.at
@note
@options.corrects()
@options.writes()
@pass_call
def consent(call: Call, patient: str, version: str | None, on: date | None, note: str | None) -> Exit:
    """Written informed consent."""
    return carry_out(call, "record_consent", patient, on=on, version=version, note=note)
