"""The command that shows a patient in full, or everybody."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import DamagedRow, Exit

LAST_ENTRIES = 10


@click.command(cls=Command)
@click.argument("patient", required=False, type=options.PATIENT)
@click.option("--arm", type=options.Word(words.arms), help="Without PATIENT: this arm alone.")
@click.option(
    "--state", multiple=True, help="Without PATIENT: this state alone, or all under it (treatment). May be repeated."
)
@click.option("--on", type=options.DAY, help="With PATIENT: as they stood on this day.  [default: today]")
@options.reads
@pass_call
def show(call: Call, patient: str | None, arm: str | None, state: tuple[str, ...], on: date | None) -> Exit:
    """A patient in full, or everybody."""
    from workflow.cli.screen import damage, json, patients
    from workflow.cli.screen import patient as in_full
    from workflow.store.log import Filter

    with call.trial() as trial:
        if patient is None:
            if on is not None:
                raise click.UsageError("--on goes with a PATIENT", click.get_current_context())
            damaged: list[DamagedRow] = []
            found = trial.patients(arm=arm, state=state, damaged=damaged.append)
            patients.show(call, trial, found, damaged, some=arm is not None or bool(state))
            return damage.end(damaged)
        if arm is not None or state:
            raise click.UsageError("--arm and --state go with the list of everybody", click.get_current_context())
        view = trial.show(patient, on=on)
        entries = trial.log(Filter(patient=patient), limit=LAST_ENTRIES, last=True)
        if call.json:
            json.show({"patient": view, "entries": entries})
        else:
            now = trial.show(patient) if on is not None and on < view.today else None
            in_full.show(trial.definition_of(view), view, entries, now)
    return Exit.DONE
