"""Commands about who takes part, in which role."""

from __future__ import annotations

import click

from workflow.cli.lazy import Lazy, LazyGroup


@click.group(
    cls=LazyGroup,
    sections={
        "Commands": {
            "add": Lazy("workflow.cli.commands.people.add:add", "Give a person a role, or bring one back in it."),
            "deactivate": Lazy(
                "workflow.cli.commands.people.deactivate:deactivate",
                "End a person's part; their entries keep their name.",
            ),
            "list": Lazy(
                "workflow.cli.commands.people.list:list_",
                "List everybody in their roles, also those who no longer take part.",
            ),
        }
    },
)
def people() -> None:
    """Who takes part, in which role."""
