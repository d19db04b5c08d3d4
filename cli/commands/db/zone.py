"""The command that tells the trial's time zone, and sets another."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command


@click.command(cls=Command)
@click.argument("zone", required=False)
@click.option("--reason", type=options.WORDS, help="With ZONE: why, in words.")
@options.writes(request=False, expect=False, role=False)
@pass_call
def zone(call: Call, zone: str | None, reason: str | None) -> None:
    """The trial's time zone: which it is, or another from now on.

    It is the one of the trial's site, and says which day is today, whatever machine asks. With ZONE, a name such as
    America/Chicago, it is set. What was recorded keeps the day that it was then.
    """
    from workflow.cli.screen import json, streams, style
    from workflow.cli.screen.result import nothing_written
    from workflow.desk.site import Site, local_now
    from workflow.protocol.words import ADMINISTRATOR

    with call.trial() as trial:
        there = before = trial.zone()
        if zone is not None:
            if reason is None:
                raise click.UsageError("another zone needs a --reason", click.get_current_context())
            by = call.actor(trial, ADMINISTRATOR)
            before = trial.set_zone(zone, by=by, reason=reason, **call.how)
            there = zone
            if not call.dry:
                streams.recorded(f"the zone {zone} is recorded")
    now = Site(local_now).moment_in(there)
    if call.json:
        json.show({"zone": there, "today": now.today, "before": before})
    else:
        changed = f"; the zone was {before or 'that of each machine'}" if zone is not None else ""
        none = ", by the zone of whichever machine asks: no zone is set" if there is None else ""
        style.line(f"today {'would be' if call.dry and zone is not None else 'is'} {now.said}{none}{changed}")
    if call.dry and zone is not None:
        nothing_written()
