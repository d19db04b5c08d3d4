"""The command that lists who takes part."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command


@click.command(cls=Command, name="list")
@click.option("--on", type=options.DAY, help="Who may act on this day, in which roles.")
@options.reads
@pass_call
def list_(call: Call, on: date | None) -> None:
    """List everybody in their roles, also those who no longer take part.

    With --on those who may act on that day, by the days of their roles as they stand now: whoever was deactivated since
    is not listed. Who did act on a day, and in which role, is in every entry: `regimen audit log`.
    """
    from workflow.cli.screen import json, streams, table
    from workflow.cli.screen.style import NOTHING

    with call.trial() as trial:
        found = trial.people(on=on)
    if call.json:
        json.show({"items": found})
        return
    if not found:
        streams.talk(f"regimen: nobody may act on {on}")
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
    if on is not None:
        streams.talk(f"regimen: who may act on {on}, by what stands now: who was deactivated since is not among them")
    table.show(("person", "role", "from", "until", "login", "active"), rows)
