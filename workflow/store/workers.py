"""Verification in several processes: each takes spans of chains and reads them in transactions of its own.

The workers are forks, which share the compiled protocols; a process that runs threads should not ask for them.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from workflow.errors import DatabaseError
from workflow.ledger.report import Report
from workflow.store.engine import create_engine, in_memory
from workflow.store.transaction import Transactions

if TYPE_CHECKING:
    from workflow.store.audit import Case, Span

_task: tuple[sa.engine.URL, Case] | None = None  # what the forks inherit
_own: Transactions | None = None  # a fork's


def _run(span: Span) -> Report:
    global _own
    from workflow.store.audit import judged

    assert _task is not None
    url, case = _task
    if _own is None:
        _own = Transactions(create_engine(url))
    return judged(_own, case, span)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal; what is forked in here does not hear it: its parent ends it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def can_fork(engine: sa.Engine) -> bool:
    """Whether there can be workers: a database in memory is one process's own."""
    return "fork" in multiprocessing.get_all_start_methods() and not in_memory(engine)


def shared(url: sa.engine.URL, case: Case, spans: Iterable[Span], workers: int) -> Iterator[Report]:
    """What ``workers`` processes find in the spans, as they come."""
    global _task
    _task = (url, case)
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"))
    try:
        with _interrupts_held():  # all of them are forked with the first
            waiting = [pool.submit(_run, span) for span in spans]
        for done in as_completed(waiting):
            yield done.result()
    except BrokenProcessPool:
        raise DatabaseError(
            "a process of the check was ended from outside", hint="was there too little memory? verify again"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)
        _task = None
