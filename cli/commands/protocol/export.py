"""The command that writes an installed version out."""

from __future__ import annotations

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command


@click.command(cls=Command)
@click.argument("version", type=options.Word(words.versions))
@click.option("-o", "--output", "file", metavar="FILE", help="Into this new file.  [default: stdout]")
@options.reads
@pass_call
def export(call: Call, version: str, file: str | None) -> None:
    """The written form of an installed version, to keep.

    Its canonical bytes as they were installed, which are JSON: what `regimen protocol install` and
    `regimen init --protocol` take. No file is written over.
    """
    from workflow.cli.screen import json, streams, style
    from workflow.protocol import content

    with call.trial() as trial:
        protocol = trial.definition(version).protocol
        data = trial.exported(version)
    if file is None:
        streams.write_bytes(data)
        return
    _write(file, data)
    said = {"version": version, "edition": protocol.edition, "digest": content.digest(data), "bytes": len(data)}
    if call.json:
        json.show({"file": file, **said})
    else:
        style.line(f"{file}: version {version}, edition {protocol.edition}, digest {content.digest(data)}")


def _write(file: str, data: bytes) -> None:
    from workflow.engine.facts.check import shown
    from workflow.errors import AlreadyExists, InvalidInput

    try:
        with open(file, "xb") as opened:
            opened.write(data)
    except FileExistsError:
        raise AlreadyExists(f"there is a file {shown(file, 200)} already", hint="name another") from None
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise InvalidInput(f"the file {shown(file, 200)} cannot be written: {said}") from None
