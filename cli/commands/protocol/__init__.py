"""Commands about the protocol versions that come with this software, and how they are named. They need no database."""

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
        "Commands": {
            "diagram": Lazy(
                "workflow.cli.commands.protocol.diagram:diagram", "The state machine of an arm, as Mermaid text."
            ),
            "lint": Lazy("workflow.cli.commands.protocol.lint:lint", "Look for mistakes in a version."),
            "list": Lazy("workflow.cli.commands.protocol.list:list_", "List the versions."),
            "readings": Lazy(
                "workflow.cli.commands.protocol.readings:readings",
                "The choices made where the record leaves something open.",
            ),
            "show": Lazy("workflow.cli.commands.protocol.show:show", "A version in full."),
        }
    },
)
def protocol() -> None:
    """The protocol versions that come with this software."""


# ── which version, which arm ───────────────────────────────────────────────────────────────────────────────────────

version_option = click.option(
    "--version",
    metavar="VERSION",
    type=options.Word(words.versions, words.shipped),
    help="Which version.  [default: the newest]",
)
arm_option = click.option("--arm", type=options.Word(words.arms, words.shipped), help="This arm alone.")


def find(version: str | None) -> Protocol:
    from workflow import trials
    from workflow.engine.facts import shown
    from workflow.errors import UnknownProtocol

    if version is not None and version not in trials.VERSIONS:
        raise UnknownProtocol(
            f"no protocol version {shown(version)} comes with this software",
            hint=f"there are {', '.join(trials.VERSIONS)}",
        )
    return trials.find(version or trials.DEFAULT)


def arms_of(found: Protocol, key: str | None) -> tuple[Arm, ...]:
    from workflow.engine.facts import shown
    from workflow.errors import UnknownArm

    if key is None:
        return found.arms
    one = found.arm(key)
    if one is None:
        known = ", ".join(arm.key for arm in found.arms)
        raise UnknownArm(f"version {found.version} has no arm {shown(key)}", hint=f"its arms are {known}")
    return (one,)
