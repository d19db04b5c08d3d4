"""The command that records that a patient was known to be alive."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.commands.record import carry_out, note
from workflow.cli.lazy import Command
from workflow.errors import Exit


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.option("--disease", required=True, metavar="STATE", help="in_remission, with_disease or unknown.")
@click.option("--source", required=True, help="seen, telephone, letter, other_hospital, relative or public_record.")
@options.on("The day on which the patient was known to be alive.")
@options.at
@note
@options.corrects()
@options.writes()
@pass_call
def contact(call: Call, patient: str, disease: str, source: str, on: date | None, note: str | None) -> Exit:
    """The patient was known to be alive.

    Wherever they stand, also after they left the study; of a patient who was lost to follow-up, up to that day.
    """
    from workflow.engine.facts import contact as fact

    return carry_out(call, "record", patient, telling=fact.telling(disease, source), on=on, note=note)
