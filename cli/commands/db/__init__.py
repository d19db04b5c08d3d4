"""Commands about the database itself."""

from __future__ import annotations

import click

from workflow.cli.lazy import Lazy, LazyGroup


@click.group(
    cls=LazyGroup,
    sections={
        "Commands": {
            "check": Lazy("workflow.cli.commands.db.check:check", "Check that the database is as it should be."),
            "zone": Lazy(
                "workflow.cli.commands.db.zone:zone", "The trial's time zone: which it is, or another from now on."
            ),
            "upgrade": Lazy(
                "workflow.cli.commands.db.upgrade:upgrade", "Bring the database up to date with this software."
            ),
        }
    },
)
def db() -> None:
    """The database: upgrade it, check it, the trial's time zone."""
