"""The command that ends a person's part."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.errors import Exit


@click.command()
@click.argument("person")
@options.writes(request=False, expect=False)
@pass_call
def deactivate(call: Call, person: str) -> Exit:
    """End a person's part; their entries keep their name."""
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        result = trial.deactivate_person(person, by=call.actor(trial, "administrator"), **call.how)
    return results.show_of_person(call, result, "deactivate", "takes no part any more")
