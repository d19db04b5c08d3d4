"""Text in styles: strong, good, bad... Colour on a terminal, plain text into a pipe or a file.

Whatever text is shown goes through here, where control characters are escaped: no note or id can move the cursor, hide
a line or pose as another. ``rich`` is imported only for a terminal.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.cli.screen.streams import safe, terminal, write

if TYPE_CHECKING:
    from rich.console import Console

NOTHING = "-"  # where a cell or a line has nothing to say

STYLES = {
    "strong": "bold",
    "good": "bold green",
    "bad": "bold red",
    "warn": "yellow",
    "quiet": "dim",
    "command": "cyan",
}


class Part(NamedTuple):
    """A piece of a line in one style; a ``whole`` one is not broken across lines (a command to copy)."""

    text: str
    style: str = ""
    whole: bool = False


Text = str | Part


def strong(text: str) -> Part:
    return Part(text, "strong", whole=True)


def good(text: str) -> Part:
    return Part(text, "good", whole=True)


def bad(text: str) -> Part:
    return Part(text, "bad", whole=True)


def warn(text: str) -> Part:
    return Part(text, "warn")


def quiet(text: str) -> Part:
    return Part(text, "quiet")


def command(text: str) -> Part:
    """Something to type."""
    return Part(text, "command", whole=True)


def text_of(part: Text) -> str:
    return part.text if isinstance(part, Part) else part


# ── on the screen ──────────────────────────────────────────────────────────────────────────────────────────────────


def line(*parts: Text) -> None:
    """One line of data, however long."""
    if terminal():
        console().print(styled(parts), soft_wrap=True)
    else:
        write("".join(safe(text_of(part)) for part in parts) + "\n")


def console() -> Console:
    from rich.console import Console

    coloured = not os.environ.get("NO_COLOR")
    return Console(highlight=False, markup=False, emoji=False, color_system="auto" if coloured else None)


def styled(parts: Sequence[Text]) -> Any:
    from rich.text import Text as Rich

    pieces = (part if isinstance(part, Part) else Part(part) for part in parts)
    return Rich.assemble(*((safe(piece.text), STYLES.get(piece.style, "")) for piece in pieces))
