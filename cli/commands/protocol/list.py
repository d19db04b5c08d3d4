"""The command that lists the protocol versions."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command


@click.command(cls=Command, name="list")
@options.shows
@pass_call
def list_(call: Call) -> None:
    """List the versions that come with this software."""
    from workflow import trials
    from workflow.cli.screen import json, table
    from workflow.cli.screen.style import strong
    from workflow.protocol import content

    shipped = [(one, content.digest(one), one.version == trials.DEFAULT) for one in trials.shipped()]
    if call.json:
        items = [
            {
                "version": one.version,
                "trial": one.trial,
                "arms": [arm.key for arm in one.arms],
                "summary": one.summary,
                "digest": digest,
                "default": default,
            }
            for one, digest, default in shipped
        ]
        json.show({"items": items})
        return
    rows = (
        (
            strong(one.version + (" (default)" if default else "")),
            one.trial,
            ", ".join(arm.key for arm in one.arms),
            digest[:12],
            one.summary,
        )
        for one, digest, default in shipped
    )
    table.show(("version", "trial", "arms", "digest", "what it is"), rows)
