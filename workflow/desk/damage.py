"""What a list does with a row that is none: the others are shown, and this one is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from workflow.errors import DamagedRow, WorkflowError

R = TypeVar("R")
T = TypeVar("T")
Tell = Callable[[DamagedRow], None]


def raised(damaged: DamagedRow) -> None:
    """For who did not say what is to be done with such a row."""
    raise damaged


def sound(
    rows: Iterable[R], make: Callable[[R], T], place: Callable[[R], tuple[Any, int | None]], tell: Tell
) -> Iterator[T]:
    """What ``make`` makes of each row; of one that it makes nothing of, ``tell`` is told, with its ``place``.

    ``make`` asks nothing of the database that may fail for another reason and succeed later.
    """
    for row in rows:
        try:
            made = make(row)
        except Exception as error:
            if isinstance(error, WorkflowError) and (error.retry or tell is raised):
                if isinstance(error, DamagedRow):
                    raise placed(error, *place(row)) from None
                raise
            tell(placed(error, *place(row)))
        else:
            yield made


@contextmanager
def of(chain: str) -> Iterator[None]:
    """What turns out to be damaged of a patient's chart, where it is read at last, is theirs."""
    try:
        yield
    except DamagedRow as error:
        raise placed(error, chain) from None


def placed(error: Exception, chain: object, seq: int | None = None) -> DamagedRow:
    """What was wrong with a row, with its place."""
    if isinstance(error, DamagedRow) and error.chain is not None:
        return error
    said = error.message if isinstance(error, WorkflowError) else f"{type(error).__name__} {error}"[:200]
    said = said[:1].lower() + said[1:] if isinstance(error, DamagedRow) else said
    return DamagedRow(said, chain=chain if isinstance(chain, str) else ascii(chain)[:80], seq=seq)
