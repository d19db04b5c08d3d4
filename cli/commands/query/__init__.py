"""Commands for a monitor's questions."""

from __future__ import annotations

import click

from workflow.cli.lazy import Lazy, LazyGroup


@click.group(
    cls=LazyGroup,
    sections={
        "Commands": {
            "ask": Lazy("workflow.cli.commands.query.said:ask", "Ask about an entry of a patient's."),
            "answer": Lazy("workflow.cli.commands.query.said:answer", "Answer the query that entry QUERY asks."),
            "close": Lazy(
                "workflow.cli.commands.query.said:close", "Close the query that entry QUERY asks, answered or not."
            ),
            "list": Lazy(
                "workflow.cli.commands.query.list:list_", "What monitors have asked about entries, and what came of it."
            ),
        }
    },
)
def query() -> None:
    """Questions about entries: asked, answered, closed."""
