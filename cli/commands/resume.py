"""The command that ends a hold."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.errors import Exit


@click.command()
@click.argument("patient", type=options.PATIENT)
@click.option("--reason", metavar="TEXT", help="Why, in words.")
@options.on("The day the hold ended.")
@options.writes()
@pass_call
def resume(call: Call, patient: str, reason: str | None, on: date | None) -> Exit:
    """End a hold."""
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        by = call.actor(trial)
        return results.show(call, trial, trial.resume(patient, by=by, on=on, reason=reason, **call.how))
