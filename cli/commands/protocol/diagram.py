"""The command that draws the state machine of an arm."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.commands.protocol import arm_option, arms_of, file_option, find, version_option
from workflow.cli.lazy import Command


@click.command(cls=Command)
@version_option
@file_option
@arm_option
@click.option("--phases", is_flag=True, help="Each phase as one state.")
@options.shows
@pass_call
def diagram(call: Call, version: str | None, file: str | None, arm: str | None, phases: bool) -> None:
    """The state machine of an arm, as Mermaid text.

    Without --arm, every arm's, each in a block of a Markdown page.
    """
    from workflow.cli.screen import json, streams
    from workflow.protocol.diagram import mermaid
    from workflow.protocol.table import table

    found = find(version, file)
    drawn = [{"arm": one.key, "mermaid": mermaid(table(one), cycles=not phases)} for one in arms_of(found, arm)]
    if call.json:
        json.show({"version": found.version, "items": drawn})
    elif arm is not None:
        streams.write(drawn[0]["mermaid"])
    else:
        streams.write("\n".join(f"## Arm {one['arm']}\n\n```mermaid\n{one['mermaid']}```\n" for one in drawn))
