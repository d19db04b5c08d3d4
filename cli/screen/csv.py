"""Comma-separated values, for a spreadsheet: every value quoted, and none that it would take for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from workflow.cli.screen.streams import write

# What a spreadsheet begins a formula with, or reads on from; and the mark itself, so that exactly one is taken off.
_TAKEN = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def show(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A line for the names and one for each row; None is empty. It may be longer than memory."""
    write(_line(headers))
    for row in rows:
        write(_line([_cell(value) for value in row]))


def _cell(value: object) -> object:
    if value is None or type(value) is int:
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_TAKEN) else text


def _line(values: Sequence[object]) -> str:
    into = io.StringIO()
    csv.writer(into, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(values)
    return into.getvalue()
