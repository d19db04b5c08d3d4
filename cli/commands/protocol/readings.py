"""The command that shows what was read where the record is open."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.commands.protocol import file_option, find, version_option
from workflow.cli.lazy import Command


@click.command(cls=Command)
@click.argument("reading", required=False)
@version_option
@file_option
@options.shows
@pass_call
def readings(call: Call, reading: str | None, version: str | None, file: str | None) -> None:
    """The choices made where the record leaves something open.

    With READING, such as A1, that one in full: the question, what is possible, what was taken, and why.
    """
    from workflow.cli.screen import definition, json, streams
    from workflow.cli.screen.page import Page
    from workflow.engine.facts.check import shown
    from workflow.errors import NotFound

    one = find(version, file)
    found = [r for r in one.readings if reading is None or r.id.lower() == reading.lower()]
    if not found and reading is not None:
        raise NotFound(
            f"version {one.version} has no reading {shown(reading)}", hint="regimen protocol readings lists them"
        )
    if call.json:
        json.show({"version": one.version, "items": found})
        return
    page = Page()
    if reading is not None:
        definition.reading(page, found[0])
    else:
        definition.readings(page, found)
    page.show()
    if reading is None:
        grades = "; ".join(f"{key} {meaning}" for key, meaning in definition.GRADES.items())
        streams.talk(f"regimen: settled by {grades}; regimen protocol readings ID says more")
