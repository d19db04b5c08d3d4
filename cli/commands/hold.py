"""The command that holds a patient's treatment."""

from __future__ import annotations

from datetime import date
from functools import partial

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import Exit


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.option(
    "--code",
    required=True,
    type=options.Word(words.hold_codes),
    help="Why, by its code; an unknown one is answered with the list.",
)
@click.option("--reason", type=options.WORDS, help="Why, in words.")
@options.on("The day the hold began.")
@options.at
@options.corrects(reason=False)
@options.writes()
@pass_call
def hold(call: Call, patient: str, code: str, reason: str | None, on: date | None) -> Exit:
    """Hold a patient's treatment.

    No step forward until `regimen resume`.
    """
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        by = call.actor(trial)
        ask = partial(trial.hold, patient, by=by, code=code, on=on, reason=reason, **call.how)
        return results.carried_out(call, trial, patient, ask)
