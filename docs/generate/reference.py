"""The command's reference, from the commands themselves: each with the help that it shows at 80 columns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from unittest.mock import patch

import click

from workflow.cli.main import PROGRAM
from workflow.cli.root import regimen


def markdown() -> str:
    """A section for each command, in the order of the list of commands."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("REGIMEN_")}
    with patch.dict(os.environ, bare, clear=True):
        whole = regimen.make_context(PROGRAM, [], resilient_parsing=True, terminal_width=80)
        return "\n".join(_sections(regimen, whole))


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    path = context.command_path
    depth = path.count(" ")
    help_text = command.get_help(context)
    yield f"{'#' * (depth + 2)} {path}\n\n```text\n{help_text}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            part = command.get_command(context, name)
            if part is not None:
                yield from _sections(part, part.make_context(name, [], parent=context, resilient_parsing=True))
