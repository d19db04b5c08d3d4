"""The command that lists who takes part."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import DamagedRow, Exit


@click.command(cls=Command, name="list")
@options.clocks("Who may act on this day, in which roles, by what stands now.", default=False)
@options.reads
@pass_call
def list_(call: Call, on: date | None, known_by: date | None) -> Exit:
    """List everybody in their roles, also those who no longer take part.

    With --as-of those who may act on that day, by the days of their roles as they stand now: whoever was deactivated
    since is not listed. With --known-by everybody as they took part when that day ended; with both, who could act. Who
    did act on a day, and in which role, is in every entry: `regimen audit log`.
    """
    from workflow.cli.screen import clocks, damage, json, streams, table
    from workflow.cli.screen.style import NOTHING

    damaged: list[DamagedRow] = []
    with call.trial() as trial:
        found = trial.people(on=on, known_by=known_by, damaged=damaged.append)
        said = clocks.of(trial, on, known_by)
    if call.json:
        json.show({"items": found, "as_of": on, "known_by": known_by, "damaged": damage.as_json(damaged)})
        return damage.end(damaged)
    if not found:
        streams.talk(f"regimen: nobody {'else ' if damaged else ''}may act {said}")
        return damage.end(damaged)
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
    if said is not None:
        gone = ": who was deactivated since is not among them" if known_by is None else ""
        streams.talk(f"regimen: {'who may act ' if on is not None else ''}{said}{gone}")
    table.show(("person", "role", "from", "until", "login", "active"), rows)
    return damage.end(damaged)
