"""The command by which what happened against the rules is acknowledged."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import Exit

ASSESSMENTS = ("none", "minor", "major")  # as the log has them; a test compares the two


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.argument("entry", type=options.NUMBER, nargs=-1, required=True)
@click.option(
    "--assessment",
    type=click.Choice(ASSESSMENTS),
    required=True,
    help="What it means for the patient's safety, or for the data.",
)
@click.option("--reason", type=options.WORDS, help="Why, in words.")
@options.writes()
@pass_call
def acknowledge(call: Call, patient: str, entry: tuple[int, ...], assessment: str, reason: str | None) -> Exit:
    """Acknowledge what happened against the rules, and judge what it means.

    ENTRY is the number of a deviation, or of several; `regimen deviations --outstanding` lists those that wait for it.
    It is for whom the protocol lets do so, else for whoever may override. Said again it takes the place of what was
    said before; a deviation that is corrected is another entry then, and waits anew.
    """
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        by = call.actor(trial)
        done = trial.acknowledge(patient, sorted(set(entry)), assessment, by=by, reason=reason, **call.how)
        return results.show(call, trial, done)
