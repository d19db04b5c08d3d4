"""The command that records a dose."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.cli.commands.record import carry_out, note
from workflow.errors import Exit


@click.command()
@click.argument("patient", type=options.PATIENT)
@click.option(
    "--agent",
    required=True,
    type=options.Word(words.agents),
    help="Its name or abbreviation; `regimen show PATIENT` lists those of the arm.",
)
@click.option("--amount", metavar="NUMBER", help="How much.")
@click.option("--unit", help="Of what, such as mg/m2.")
@click.option("--reason", metavar="TEXT", help="Why, in words: for an override.")
@click.option("--override", is_flag=True, help="Pass the soft guards, as an investigator, with a --reason.")
@options.on("The day it was given.")
@note
@options.writes()
@pass_call
def dose(
    call: Call,
    patient: str,
    agent: str,
    amount: str | None,
    unit: str | None,
    reason: str | None,
    override: bool,
    on: date | None,
    note: str | None,
) -> Exit:
    """A dose given."""
    return carry_out(
        call,
        "record_dose",
        patient,
        on=on,
        agent=agent,
        amount=amount,
        unit=unit,
        reason=reason,
        override=override,
        note=note,
    )
