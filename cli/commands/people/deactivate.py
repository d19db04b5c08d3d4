"""The command that ends a person's part."""

from __future__ import annotations

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import Exit


@click.command(cls=Command)
@click.argument("person")
@click.option("--role", type=options.Word(words.roles), help="Their part in this role alone.  [default: all of theirs]")
@options.writes(request=False, expect=False, role=False)
@pass_call
def deactivate(call: Call, person: str, role: str | None) -> Exit:
    """End a person's part; their entries keep their name."""
    from workflow.cli.screen import result as results
    from workflow.protocol.words import ADMINISTRATOR

    with call.trial() as trial:
        by = call.actor(trial, ADMINISTRATOR)
        result = trial.deactivate_person(person, by=by, role=role, **call.how)
    done = "takes no part any more" if role is None else f"takes no part as {role} any more"
    return results.show_of_person(call, result, "deactivate", done)
