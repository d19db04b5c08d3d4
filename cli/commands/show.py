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
@options.clocks("As they stood on this day, by what stands now.")
@options.reads
@pass_call
def show(
    call: Call, patient: str | None, arm: str | None, state: tuple[str, ...], on: date | None, known_by: date | None
) -> Exit:
    """A patient in full, or everybody.

    With --known-by as a copy of the database would show it that was made when that day ended.
    """
    from workflow.cli.screen import clocks, damage, json, patients, streams
    from workflow.cli.screen import patient as in_full
    from workflow.store.log import Filter

    with call.trial() as trial:
        if patient is None:
            damaged: list[DamagedRow] = []
            found = trial.patients(on=on, known_by=known_by, arm=arm, state=state, damaged=damaged.append)
            said = clocks.of(trial, on, known_by)
            if said is not None and not call.json:
                streams.talk(f"regimen: {said}")
            some = arm is not None or bool(state) or said is not None
            patients.show(call, trial, found, damaged, some=some, as_of=on or known_by, known_by=known_by)
            return damage.end(damaged)
        if arm is not None or state:
            raise click.UsageError("--arm and --state go with the list of everybody", click.get_current_context())
        view = trial.show(patient, on=on, known_by=known_by)
        entries = trial.log(Filter(patient=patient), known_by=known_by, limit=LAST_ENTRIES, last=True)
        if call.json:
            json.show({"patient": view, "entries": entries})
        else:
            now = trial.show(patient, known_by=known_by) if view.as_of < view.today else None
            in_full.show(trial.definition_of(view), view, entries, now)
    return Exit.DONE
