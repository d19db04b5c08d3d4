"""The command that lists who takes part."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command


@click.command(cls=Command, name="list")
@options.reads
@pass_call
def list_(call: Call) -> None:
    """List everybody in their roles, also those who no longer take part."""
    from workflow.cli.screen import json, table
    from workflow.cli.screen.style import NOTHING

    with call.trial() as trial:
        found = trial.people()
    if call.json:
        json.show({"items": found})
        return
    rows = (
        (
            one.id,
            one.role,
            str(one.since or NOTHING),
            str(one.until or NOTHING),
            one.login or NOTHING,
            "yes" if one.active else "no",
        )
        for one in found
    )
    table.show(("person", "role", "from", "until", "login", "active"), rows)
