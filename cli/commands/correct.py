"""The command that takes back a fact, or the last step."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import Exit


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.argument("entry", type=options.NUMBER)
@click.option("--reason", required=True, metavar="TEXT", help="Why, in words.")
@options.writes()
@pass_call
def correct(call: Call, patient: str, entry: int, reason: str) -> Exit:
    """Take back a fact that was recorded wrongly, or the last step.

    ENTRY is its number; `regimen audit log --patient PATIENT` lists them. The log keeps it and says who took it back;
    what followed from it by itself goes with it, and what was decided since stays decided. The right value is recorded
    anew. Behind a step, the patient stands where they stood before it; an earlier step follows once the last is gone.
    """
    from workflow.cli.screen import result as results
    from workflow.store.log import Filter

    with call.trial() as trial:
        before = trial.show(patient)
        result = trial.correct(patient, entry, by=call.actor(trial), reason=reason, **call.how)
        results.keep(result)
        gone = [one for one in trial.log(Filter(patient=patient)) if entry in (one.seq, one.cause) and one.allowed]
        return results.show(call, trial, result, taken_back=gone, before=before)
