"""Commands about protocol versions: those that come with this software, those in a file, those in a database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workflow.cli import options, words
from workflow.cli.lazy import Lazy, LazyGroup

if TYPE_CHECKING:
    from workflow.protocol.model import Arm, Protocol


@click.group(
    cls=LazyGroup,
    sections={
        "To read": {
            "diagram": Lazy(
                "workflow.cli.commands.protocol.diagram:diagram", "The state machine of an arm, as Mermaid text."
            ),
            "lint": Lazy("workflow.cli.commands.protocol.lint:lint", "Look for mistakes in a version."),
            "list": Lazy(
                "workflow.cli.commands.protocol.list:list_", "List the versions that come with this software."
            ),
            "readings": Lazy(
                "workflow.cli.commands.protocol.readings:readings",
                "The choices made where the record leaves something open.",
            ),
            "show": Lazy("workflow.cli.commands.protocol.show:show", "A version in full."),
        },
        "In a database": {
            "export": Lazy(
                "workflow.cli.commands.protocol.export:export", "The written form of an installed version, to keep."
            ),
            "install": Lazy(
                "workflow.cli.commands.protocol.install:install", "Install a version from its written form."
            ),
        },
    },
)
def protocol() -> None:
    """Protocol versions: those that come with this software, those installed."""


# ── which version, which arm ───────────────────────────────────────────────────────────────────────────────────────

version_option = click.option(
    "--version",
    metavar="VERSION",
    type=options.Word(words.versions, words.shipped),
    help="Which of those that come with this software.  [default: the newest]",
)
file_option = click.option("--file", metavar="FILE", help="The version in this file instead, in its written form.")
arm_option = click.option("--arm", type=options.Word(words.arms, words.shipped), help="This arm alone.")


def find(version: str | None, file: str | None, *, sound: bool = True) -> Protocol:
    """The version asked for. Of one in a file static analysis must have found nothing, unless it is to say what."""
    from workflow.engine.facts.check import shown
    from workflow.errors import UnknownProtocol

    if file is not None:
        if version is not None:
            raise click.UsageError("--version and --file exclude each other", click.get_current_context())
        _, found = read(file)
        if sound:
            _require_sound(found)
        return found
    from workflow import trials

    if version is not None and version not in trials.VERSIONS:
        raise UnknownProtocol(
            f"no protocol version {shown(version)} comes with this software",
            hint=f"there are {', '.join(trials.VERSIONS)}",
        )
    return trials.find(version or trials.DEFAULT)


def _require_sound(found: Protocol) -> None:
    from workflow.engine.facts import KINDS
    from workflow.protocol.lint import require_sound

    require_sound(found, KINDS)


def arms_of(found: Protocol, key: str | None) -> tuple[Arm, ...]:
    from workflow.engine.facts.check import shown
    from workflow.errors import UnknownArm

    if key is None:
        return found.arms
    one = found.arm(key)
    if one is None:
        known = ", ".join(arm.key for arm in found.arms)
        raise UnknownArm(f"version {found.version} has no arm {shown(key)}", hint=f"its arms are {known}")
    return (one,)


# ── a version in a file ────────────────────────────────────────────────────────────────────────────────────────────


def read(file: str) -> tuple[bytes, Protocol]:
    """What the file holds, as far as a protocol could be that long, and the protocol that it says."""
    from workflow.engine.facts.check import shown
    from workflow.errors import InvalidInput, InvalidProtocol, NotFound
    from workflow.protocol import content

    name = shown(file, 200)
    try:
        with open(file, "rb") as opened:
            data = opened.read(content.LIMIT + 1)
    except FileNotFoundError:
        raise NotFound(f"there is no file {name}") from None
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise InvalidInput(f"the file {name} cannot be read: {said}") from None
    if len(data) > content.LIMIT:
        raise InvalidProtocol(f"the file {name} is no protocol: it has more than {content.LIMIT:,} bytes")
    try:
        return data, content.read(data)
    except InvalidProtocol as error:
        raise InvalidProtocol(f"the file {name} is no protocol: {error.message}") from None
