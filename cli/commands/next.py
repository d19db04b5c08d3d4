"""The command that shows what can happen to a patient, and why not."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command


@click.command(cls=Command, name="next")
@click.argument("patient", type=options.PATIENT)
@options.on("The day to look at.")
@options.acting
@options.reads
@pass_call
def next_(call: Call, patient: str, on: date | None) -> None:
    """What can happen to a patient, and why not.

    Steps forward first, then the ways out. Each is open or blocked; a blocked one lists every reason, the entries that
    show it, and what would lift it; an open one the command to type.
    With --on it is about that day: how the patient stood then, by what is recorded by now.
    """
    from workflow.cli.screen import json, outlook

    with call.trial() as trial:
        found = trial.next(patient, on=on, by=call.actor_if_any(trial))
        if call.json:
            json.show(found)
        else:
            now = trial.show(patient) if on is not None and on < found.patient.today else None
            outlook.show(call, trial.definition_of(found.patient), found, on, now)
