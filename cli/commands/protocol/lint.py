"""The command that checks a protocol version for mistakes."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.commands.protocol import file_option, find, version_option
from workflow.cli.lazy import Command
from workflow.errors import Exit


@click.command(cls=Command)
@version_option
@file_option
@options.shows
@pass_call
def lint(call: Call, version: str | None, file: str | None) -> Exit:
    """Look for mistakes in a version.

    Every finding in a line, with its number; exit code 7 where there is one.
    """
    from workflow.cli.screen import json, streams, style
    from workflow.cli.screen.style import bad
    from workflow.engine.facts import KINDS
    from workflow.protocol.lint import CHECKS
    from workflow.protocol.lint import lint as look

    one = find(version, file, sound=False)
    found = look(one, KINDS)
    if call.json:
        json.show({"version": one.version, "checks": len(CHECKS), "items": found})
    else:
        for finding in found:
            style.line(bad(finding.code), f" {finding.slug}  {finding.where}: {finding.message}")
        if not found:
            style.line(f"version {one.version}: {len(CHECKS)} checks, nothing found")
    if found:
        streams.complain(f"version {one.version} has {len(found)} {'finding' if len(found) == 1 else 'findings'}")
    return Exit.VERIFICATION if found else Exit.DONE
