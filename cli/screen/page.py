"""Lines of running text: headings, pairs and columns, broken to fit. Nothing is ever cut short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from workflow.cli.screen.streams import safe, terminal, terminal_width, write
from workflow.cli.screen.style import Part, Text, console, quiet, strong, styled, text_of

PLAIN_WIDTH = 80  # of running text in a pipe or file; tables are as wide as they are
WIDEST = 100  # running text is not set wider than this, however wide the terminal


class Page:
    """Lines of running text, set to the width of the terminal, or of a page where it goes into a pipe.

    With ``as_is`` lines are broken for a terminal only: in a pipe each stays one line.
    """

    def __init__(self, *, as_is: bool = False) -> None:
        self._lines: list[tuple[Part, ...]] = []
        on_terminal = terminal()
        self._width = min(terminal_width(), WIDEST) if on_terminal else 0 if as_is else PLAIN_WIDTH

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
        widths = [max(len(safe(text_of(row[i]))) for row in counted) for i in range(len(counted[0]) - 1)]
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
            screen = console()
            for parts in self._lines:
                screen.print(styled(parts), soft_wrap=True)
        else:
            write("".join("".join(part.text for part in parts).rstrip() + "\n" for parts in self._lines))


def _padded(cell: Text, width: int) -> Part:
    part = cell if isinstance(cell, Part) else Part(cell)
    return Part(safe(part.text).ljust(width), part.style, whole=True)


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
