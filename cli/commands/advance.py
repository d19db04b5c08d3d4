"""The command that takes a patient a step further, or out."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.errors import Exit


@click.command()
@click.argument("patient", type=options.PATIENT)
@click.argument("trigger", required=False, type=options.Word(words.triggers))
@options.on("The day of the step.")
@click.option("--code", help="The coded reason of a way out; `regimen next` lists them.")
@click.option("--reason", metavar="TEXT", help="Why, in words: for a delay, an override.")
@click.option("--override", is_flag=True, help="Pass the soft guards, as an investigator, with a --reason.")
@options.writes()
@pass_call
def advance(
    call: Call,
    patient: str,
    trigger: str | None,
    on: date | None,
    code: str | None,
    reason: str | None,
    override: bool,
) -> Exit:
    """Take a patient a step further, or out.

    Without TRIGGER it is the step forward; `regimen next PATIENT` lists what else leads on. A refusal lists
    every reason, and is kept in the audit log as well.
    """
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        by = call.actor(trial)
        result = trial.advance(patient, trigger, by=by, on=on, code=code, reason=reason, override=override, **call.how)
        return results.show(call, trial, result)
