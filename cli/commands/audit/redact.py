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
    from workflow.cli.screen import streams
    from workflow.store.log import Filter

    with call.trial() as trial:
        by, before = call.actor(trial), {one.seq: one.texts for one in trial.log(Filter(patient=patient))}
        result = trial.redact(patient, entry, by=by, field=field, reason=reason, **call.how)
        code = results.show(call, trial, result)
        if result.allowed and not call.dry:
            gone = before[entry].get(field or next(iter(before[entry]), ""))
            for seq, texts in before.items():
                for name in (name for name, text in texts.items() if seq != entry and text == gone):
                    again = call.typed("audit redact", patient, f"{seq}", "--field", name, "--reason TEXT")
                    streams.talk(f"regimen: the same text stands in entry {seq}: {again}")
        return code
