"""Verification in several processes: each takes a span of chains and reads it in a transaction of its own.

A chain is judged against its row within one such transaction, so that commands may go on meanwhile. The workers are
forks, which share the compiled protocols; a process that runs threads should not ask for them.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from workflow.ledger.replay import Report
from workflow.store.audit import Definitions, Span, spans, verify
from workflow.store.engine import create_engine
from workflow.store.transaction import Transaction, Transactions


@dataclass(frozen=True, slots=True)
class _Task:
    url: str
    definition_of: Definitions


_task: _Task | None = None  # what the forks inherit


def _run(span: Span) -> Report:
    assert _task is not None
    with Transactions(create_engine(_task.url)).reading() as tx:
        return verify(tx, span, _task.definition_of)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal; what is forked in here does not hear it: its parent ends it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def can_fork(tx: Transaction) -> bool:
    """Whether there can be workers: a database in memory is one process's own."""
    in_memory = tx.sqlite and tx.connection.engine.url.database in (None, "", ":memory:")
    return "fork" in multiprocessing.get_all_start_methods() and not in_memory


def verify_in_parallel(
    tx: Transaction,
    workers: int,
    *,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Check the whole log with ``workers`` processes, this one among them."""
    global _task
    definition_of = Definitions(tx)
    first, *rest = spans(tx, workers)
    url = tx.connection.engine.url.render_as_string(hide_password=False)
    _task = _Task(url, definition_of)
    try:
        with _interrupts_held():
            pool = multiprocessing.get_context("fork").Pool(len(rest) or 1)
        with pool:
            others = pool.map_async(_run, rest)
            scaled = None if progress is None else lambda count: progress(count * workers)
            report = verify(tx, first, definition_of, progress=scaled)
            for other in others.get():
                report.absorb(other)
    finally:
        _task = None
    return report
