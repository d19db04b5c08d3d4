"""The command that takes back a fact, or the last step."""

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
@click.argument("entry", type=options.NUMBER)
@click.option("--reason", type=options.WORDS, required=True, help="Why, in words.")
@click.option("--on", type=options.DAY, help="The same again, of this day.  [default: nothing in its place]")
@options.at
@click.option("--code", help="The same step again, with this coded reason.")
@options.writes()
@pass_call
def correct(call: Call, patient: str, entry: int, reason: str, on: date | None, code: str | None) -> Exit:
    """Take back a fact that was recorded wrongly, or the last step.

    ENTRY is its number; `regimen audit log --patient PATIENT` lists them. The log keeps it and says who took it back;
    what followed from it by itself goes with it, and what was decided since stays decided. Without the last step, the
    patient stands where they stood before it.

    With --on, --at or --code the same is told anew in its place; other values are told by the command that records
    such, with --corrects ENTRY. Both happen, or neither.
    """
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        by = call.actor(trial)
        ask = partial(trial.correct, patient, entry, by=by, on=on, code=code, reason=reason, **call.how)
        return results.of_correction(call, trial, patient, entry, ask)
