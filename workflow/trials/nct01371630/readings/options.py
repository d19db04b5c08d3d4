"""How the options of a reading are written."""

from __future__ import annotations

from workflow.protocol.model import Option


def options(**texts: str) -> tuple[Option, ...]:
    """One option for each key."""
    return tuple(Option(key, text) for key, text in texts.items())
