"""The command that ends a hold."""

from __future__ import annotations

from datetime import date
from functools import partial

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import Exit


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.option("--reason", type=options.WORDS, help="Why, in words.")
@click.option(
    "--hold",
    type=options.NUMBER,
    metavar="ENTRY",
    help="The hold that this entry recorded.  [default: the one that is open]",
)
@options.on("The day the hold ended.")
@options.at
@options.corrects(reason=False)
@options.writes()
@pass_call
def resume(call: Call, patient: str, reason: str | None, hold: int | None, on: date | None) -> Exit:
    """End a hold."""
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        by = call.actor(trial)
        ask = partial(trial.resume, patient, by=by, on=on, hold=hold, reason=reason, **call.how)
        return results.carried_out(call, trial, patient, ask)
