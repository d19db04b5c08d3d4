"""How far something is that takes long: on stderr, where somebody sees it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from workflow.cli.screen import streams

WIDTH = 40  # of a counting line


@contextmanager
def count(doing: str, what: str) -> Iterator[Callable[[int], None] | None]:
    """A line that counts, for what has no end that is known; None where nobody sees it."""
    if not streams.watched():
        yield None
        return

    def write(done: int) -> None:
        sys.stderr.write(f"\r{f'{doing}: {done:,} {what}':{WIDTH}}")
        sys.stderr.flush()

    write(0)
    try:
        yield write
    finally:
        sys.stderr.write(f"\r{'':{WIDTH}}\r")
        sys.stderr.flush()


@contextmanager
def bar(doing: str, what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar, to be called with how much is done and of how much."""
    if not streams.watched():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TextColumn(what))
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(doing, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
