"""The command that installs a version."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command


@click.command(cls=Command)
@click.argument("file")
@options.reads
@options.as_person
@pass_call
def install(call: Call, file: str) -> None:
    """Install a version from its written form.

    FILE holds the canonical bytes that `regimen protocol export` writes. It must be of the database's trial, and static
    analysis must find nothing. An administrator's to do; patients stay under the version that they are under.
    """
    from workflow.cli.commands.protocol import read
    from workflow.cli.screen import json, streams, style
    from workflow.protocol import content
    from workflow.protocol.words import ADMINISTRATOR

    data, _ = read(file)
    with call.trial() as trial:
        version = trial.install(data, by=call.actor(trial, ADMINISTRATOR))
        streams.recorded(f"version {version} is installed")
        edition = trial.definition(version).protocol.edition
    digest = content.digest(data)
    if call.json:
        json.show({"version": version, "edition": edition, "digest": digest})
    else:
        style.line(f"version {version}, edition {edition}, is installed: digest {digest}")
