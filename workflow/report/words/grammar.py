"""Counts, lists and articles in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def numbers(values: Iterable[int]) -> str:
    """ "1-4, 8, 11-14"."""
    runs: list[list[int]] = []
    for value in sorted(values):
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    texts = []
    for run in runs:
        texts += [f"{run[0]}-{run[-1]}"] if len(run) > 2 else [str(value) for value in run]
    return ", ".join(texts)


def noun(count: int, one: str, many: str | None = None) -> str:
    """ "day" for one, "days" for any other count."""
    return one if count == 1 else many or one + "s"


def several(count: int, one: str, many: str | None = None) -> str:
    """ "1 day", "3 days"."""
    return f"{count} {noun(count, one, many)}"


def days(count: int) -> str:
    return several(count, "day")


def either(words: Sequence[str]) -> str:
    """ "a, b or c"."""
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def both(words: Sequence[str]) -> str:
    """ "a, b and c"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def article(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"
