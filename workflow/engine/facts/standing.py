"""Which of several facts of one kind stands on a day: the latest; of one day's, the worse.

Two values of one day count as the worse of them whichever was typed first, unless each of that day's carries its time
of day: then the later one counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import TypeVar

from workflow.engine.facts.fact import Fact

F = TypeVar("F", bound=Fact)


def up_to(facts: Sequence[F], day: date) -> Sequence[F]:
    """Those dated up to ``day``; ``facts`` are in the order of their dates."""
    if not facts or facts[-1].on <= day:
        return facts
    end = len(facts)
    while end and facts[end - 1].on > day:
        end -= 1
    return facts[:end]


def of_the_last_day(facts: Sequence[F], day: date) -> Sequence[F]:
    """Those of the last day up to ``day`` that has any; where each carries a time, the last of them alone."""
    known = up_to(facts, day)
    if len(known) < 2 or known[-2].on != known[-1].on:
        return known[-1:]
    return _undecided([fact for fact in known if fact.on == known[-1].on])


def by_day(facts: Sequence[F]) -> Iterator[Sequence[F]]:
    """The facts day by day; of a day on which each carries a time, the last of them alone."""
    for _, same_day in groupby(facts, key=lambda fact: fact.on):
        yield _undecided(list(same_day))


def _undecided(same_day: Sequence[F]) -> Sequence[F]:
    if all(fact.time is not None for fact in same_day):
        last = max(fact.time or "" for fact in same_day)
        return [fact for fact in same_day if fact.time == last]
    return same_day
