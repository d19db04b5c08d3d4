"""Commands for auditors."""

from __future__ import annotations

import click

from workflow.cli.lazy import Lazy, LazyGroup


@click.group(
    cls=LazyGroup,
    sections={
        "Commands": {
            "log": Lazy("workflow.cli.commands.audit.log:log", "Who did what, when and why."),
            "redact": Lazy(
                "workflow.cli.commands.audit.redact:redact", "Remove a text for good, such as one that names a person."
            ),
            "review": Lazy("workflow.cli.commands.audit.review:review", "What there is to look at in what was done."),
            "verify": Lazy("workflow.cli.commands.audit.verify:verify", "Check that nobody has altered the log."),
        }
    },
)
def audit() -> None:
    """The audit log: read it, review it, verify it."""
