"""What is shown, and how: data to stdout, talk to stderr; in colour on a terminal, plain into a pipe or a file.

Whatever text is shown goes through here, where control characters are escaped: no note or id can move the cursor, hide
a line or pose as another. Nothing is ever cut short but an error's line. ``rich`` is imported only for a terminal.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.cli.streams import complain, flush, safe, talk, terminal, watched, write

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "NOTHING",
    "Page",
    "Part",
    "Text",
    "as_json",
    "bad",
    "command",
    "complain",
    "flush",
    "good",
    "line",
    "quiet",
    "safe",
    "strong",
    "table",
    "talk",
    "terminal",
    "warn",
    "watched",
    "write",
]

PLAIN_WIDTH = 80  # of running text in a pipe or file; tables are as wide as they are
WIDEST = 100  # running text is not set wider than this, however wide the terminal
NOTHING = "-"  # in a table

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


# ── whole answers ──────────────────────────────────────────────────────────────────────────────────────────────────


def as_json(value: Any) -> None:
    """One JSON document, in ASCII."""
    from json import dumps

    from workflow.cli.plain import plain

    write(dumps(plain(value), indent=2) + "\n")


def line(*parts: Text) -> None:
    """One line of data, however long."""
    if terminal():
        _console().print(_styled(parts), soft_wrap=True)
    else:
        write("".join(safe(_text(part)) for part in parts) + "\n")


# ── running text ───────────────────────────────────────────────────────────────────────────────────────────────────


class Page:
    """Lines of running text, set to the width of the terminal, or of a page where it goes into a pipe.

    With ``as_is`` lines are broken for a terminal only: in a pipe each stays one line.
    """

    def __init__(self, *, as_is: bool = False) -> None:
        self._lines: list[tuple[Part, ...]] = []
        on_terminal = terminal()
        self._width = min(_columns(), WIDEST) if on_terminal else 0 if as_is else PLAIN_WIDTH

    def add(self, *parts: Text, indent: int = 0, hang: int = 0) -> None:
        """A line; what does not fit goes on ``hang`` columns further in."""
        self._lines.extend(_broken(parts, self._width, indent, indent + hang))

    def blank(self) -> None:
        if self._lines and self._lines[-1]:
            self._lines.append(())

    def heading(self, text: str, *more: Text) -> None:
        self.blank()
        self.add(strong(text), *more)

    def pairs(self, pairs: Iterable[tuple[str, Sequence[Text]]], *, indent: int = 2) -> None:
        """Names and what they stand for, in two columns."""
        listed = list(pairs)
        if not listed:
            return
        column = max(len(name) for name, _ in listed) + 2
        for name, value in listed:
            self.add(quiet(name.ljust(column)), *value, indent=indent, hang=column)

    def columns(self, rows: Iterable[Sequence[Text]], *, indent: int = 2) -> None:
        """Rows in columns as wide as they need, the last one broken to fit; a row of one stands by itself below."""
        listed = [tuple(row) for row in rows]
        counted = [row for row in listed if len(row) > 1]
        if not counted:
            return
        widths = [max(len(safe(_text(row[i]))) for row in counted) for i in range(len(counted[0]) - 1)]
        start = sum(widths) + 2 * len(widths)
        for row in listed:
            if len(row) == 1:
                self.add(*row, indent=indent + 2, hang=2)
                continue
            cells = [_padded(cell, width + 2) for cell, width in zip(row, widths, strict=False)]
            self.add(*cells, row[-1], indent=indent, hang=start)

    def show(self) -> None:
        while self._lines and not self._lines[-1]:
            self._lines.pop()
        if terminal():
            console = _console()
            for parts in self._lines:
                console.print(_styled(parts), soft_wrap=True)
        else:
            write("".join("".join(part.text for part in parts).rstrip() + "\n" for parts in self._lines))


def _padded(cell: Text, width: int) -> Part:
    part = cell if isinstance(cell, Part) else Part(cell)
    return Part(safe(part.text).ljust(width), part.style, whole=True)


def _text(part: Text) -> str:
    return part.text if isinstance(part, Part) else part


def _broken(parts: Sequence[Text], width: int, indent: int, hang: int) -> Iterator[tuple[Part, ...]]:
    """The lines that ``parts`` make, broken at spaces. A word longer than a line stays whole."""
    current: list[Part] = [Part(" " * indent)]
    used, fresh, first = indent, True, True
    for word in _words(parts):
        blank = not word.text.strip()
        if width and not fresh and not blank and used + len(word.text.rstrip()) > width:
            yield _ended(current)
            current, used, fresh, first = [Part(" " * hang)], hang, True, False
        if fresh and blank and not first:
            continue
        current.append(word)
        used += len(word.text)
        fresh = fresh and blank
    yield _ended(current)


def _ended(parts: list[Part]) -> tuple[Part, ...]:
    """The line without the spaces at its end."""
    while len(parts) > 1 and not parts[-1].text.strip():
        parts.pop()
    *others, last = parts
    return (*others, last._replace(text=last.text.rstrip())) if others else tuple(parts)


def _words(parts: Sequence[Text]) -> Iterator[Part]:
    for part in parts:
        text, style, whole = part if isinstance(part, Part) else (part, "", False)
        text = safe(text)
        if whole:
            yield Part(text, style)
            continue
        for i, word in enumerate(text.split(" ")):
            if i:
                yield Part(" ", style)
            if word:
                yield Part(word, style)


# ── tables ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def table(headers: Sequence[str], rows: Iterable[Sequence[Text]], *, right: Sequence[str] = ()) -> None:
    """The same rows as a table on a terminal and as aligned text elsewhere. Columns in ``right`` hold numbers."""
    listed = [tuple(row) for row in rows]
    if terminal():
        _rich_table(headers, listed, right)
        return
    texts = [tuple(headers), *(tuple(safe(_text(cell)) for cell in row) for row in listed)]
    widths = [max(len(row[i]) for row in texts) for i in range(len(headers))]
    numbers = [header in right for header in headers]
    for row in texts:
        cells = (
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, numbers, strict=True)
        )
        write("  ".join(cells).rstrip() + "\n")


def _rich_table(headers: Sequence[str], rows: Sequence[tuple[Text, ...]], right: Sequence[str]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    widths = [max(len(safe(_text(row[i]))) for row in [headers, *rows]) for i in range(len(headers))]
    if sum(widths) + 2 * len(widths) - 2 > _columns():
        _stacked(headers, rows)
        return
    found = Table(box=SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    for header in headers:
        found.add_column(header, overflow="fold", justify="right" if header in right else "left")
    for row in rows:
        found.add_row(*(_styled((cell,)) for cell in row))
    _console().print(found)


def _stacked(headers: Sequence[str], rows: Sequence[tuple[Text, ...]]) -> None:
    """A table that is too wide: the last column goes under its row."""
    page = Page()
    lines: list[tuple[Text, ...]] = [tuple(quiet(header) for header in headers[:-1])]
    for row in rows:
        lines.append(row[:-1])
        if _text(row[-1]) != NOTHING:
            lines.append((quiet(f"{headers[-1]}: {_text(row[-1])}"),))
    page.columns(lines, indent=0)
    page.show()


# ── the terminal ───────────────────────────────────────────────────────────────────────────────────────────────────


def _console() -> Console:
    from rich.console import Console

    coloured = not os.environ.get("NO_COLOR")
    return Console(highlight=False, markup=False, emoji=False, color_system="auto" if coloured else None)


def _columns() -> int:
    from shutil import get_terminal_size

    return get_terminal_size().columns


def _styled(parts: Sequence[Text]) -> Any:
    from rich.text import Text as Rich

    pieces = (part if isinstance(part, Part) else Part(part) for part in parts)
    return Rich.assemble(*((safe(piece.text), STYLES.get(piece.style, "")) for piece in pieces))
