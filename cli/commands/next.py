"""The command that shows what can happen to a patient, and why not."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command


@click.command(cls=Command, name="next")
@click.argument("patient", type=options.PATIENT)
@options.clocks("The day to look at, by what stands now.")
@options.acting
@options.reads
@pass_call
def next_(call: Call, patient: str, on: date | None, known_by: date | None) -> None:
    """What can happen to a patient, and why not.

    Steps forward first, then the ways out. Each is open or blocked; a blocked one lists every reason, the entries that
    show it, and what would lift it; an open one the command to type.
    With --as-of it is about that day: how the patient stood then, by what stands now. With --known-by it is what this
    command would have said when that day ended.
    """
    from workflow.cli.screen import json, outlook

    with call.trial() as trial:
        found = trial.next(patient, on=on, known_by=known_by, by=call.actor_if_any(trial, known_by))
        if call.json:
            json.show(found)
        else:
            view = found.patient
            now = trial.show(patient, known_by=known_by) if view.as_of < view.today else None
            outlook.show(call, trial.definition_of(found.patient), found, on, now)
