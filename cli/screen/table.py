"""Tables: the same rows as a table on a terminal and as aligned text elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workflow.cli.screen.page import Page
from workflow.cli.screen.streams import safe, terminal, terminal_width, write
from workflow.cli.screen.style import NOTHING, Text, console, quiet, styled, text_of


def show(headers: Sequence[str], rows: Iterable[Sequence[Text]], *, right: Sequence[str] = ()) -> None:
    """Write a table. Columns in ``right`` hold numbers."""
    listed = [tuple(row) for row in rows]
    if terminal():
        _rich_table(headers, listed, right)
        return
    texts = [tuple(headers), *(tuple(safe(text_of(cell)) for cell in row) for row in listed)]
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

    widths = [max(len(safe(text_of(row[i]))) for row in [headers, *rows]) for i in range(len(headers))]
    if sum(widths) + 2 * len(widths) - 2 > terminal_width():
        _stacked(headers, rows)
        return
    found = Table(box=SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    for header in headers:
        found.add_column(header, overflow="fold", justify="right" if header in right else "left")
    for row in rows:
        found.add_row(*(styled((cell,)) for cell in row))
    console().print(found)


def _stacked(headers: Sequence[str], rows: Sequence[tuple[Text, ...]]) -> None:
    """A table that is too wide: the last column goes under its row."""
    page = Page()
    lines: list[tuple[Text, ...]] = [tuple(quiet(header) for header in headers[:-1])]
    for row in rows:
        lines.append(row[:-1])
        if text_of(row[-1]) != NOTHING:
            lines.append((quiet(f"{headers[-1]}: {text_of(row[-1])}"),))
    page.columns(lines, indent=0)
    page.show()
