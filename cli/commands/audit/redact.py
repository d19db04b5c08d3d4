"""The command that removes a text of an entry for good."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import Exit


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.argument("entry", type=options.NUMBER)
@click.option("--field", type=click.Choice(("reason", "note")), help="Which text, where the entry has both.")
@click.option("--reason", type=options.WORDS, required=True, help="Why, in words - without what is removed.")
@options.writes(expect=False)
@pass_call
def redact(call: Call, patient: str, entry: int, field: str | None, reason: str) -> Exit:
    """Remove a text for good, such as one that names a person.

    An administrator's to do, and rare. The text of ENTRY is deleted; the entry stays, with everything else that it
    says, and so does that it had a text. Who removed it, when and why is an entry of its own, and verification lists
    it. What lies in backups and in other copies of the database is not reached.
    """
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        by = call.actor(trial)
        return results.show(call, trial, trial.redact(patient, entry, by=by, field=field, reason=reason, **call.how))
