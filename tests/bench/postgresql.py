"""An advance on PostgreSQL against the same three statements by hand, with 1, 8 and 32 writers.

    python tests/bench/postgresql.py [--alone] [WRITERS ...]

fsync and synchronous_commit are on. A writer is a thread of one of two processes, as in a service on two cores (with
--alone, a process), with a connection to each of two equal databases: in one it goes through the library, in the other
through ``Hand``. All writers do a round of one, then a round of the other, in turn; each patient belongs to one writer.
A first round of both warms up. The ratio is the median of the rounds' ratios in time, from the first that begins to the
last that ends; CPU is that of the writers.
"""

from __future__ import annotations

import multiprocessing
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import Any, NamedTuple

from bench import COORDINATOR, START, Figure, _body, clock, filled, show, write  # which puts the tree on the path

import floor  # isort: skip

from tests.conftest import PostgreSQL
from workflow import Trial
from workflow.ledger.entry import chain_of

AIMS = {1: 1.3, 8: 1.4, 32: 1.4}
PATIENTS = {1: 60, 8: 12, 32: 8}  # of each writer
ROUNDS = 16
PROCESSES = 2  # which share the writers, as the workers of a service on two cores
ALONE = "--alone"
FORKS = multiprocessing.get_context("fork")


class Hand:
    """What a careful person would write with psycopg; see ``floor``."""

    SELECT = f"{floor.SELECT} FOR UPDATE".replace("?", "%s")
    INSERT, UPDATE = (text.replace("?", "%s") for text in (floor.INSERT, floor.UPDATE))

    def __init__(self, url: str, body: dict[str, object]) -> None:
        import psycopg

        self.connection = psycopg.connect(url.replace("+psycopg", ""))
        self.body = body

    def step(self, patient: str, target: str, day: str) -> None:
        with self.connection.transaction(), self.connection.cursor() as cursor:
            row: Any = cursor.execute(self.SELECT, (chain_of(patient),)).fetchone()
            entry, update = floor.rows(row, target, day, self.body)
            cursor.execute(self.INSERT, entry)
            if cursor.execute(self.UPDATE, update).rowcount != 1:
                raise RuntimeError("lost")


class Round(NamedTuple):
    begun: float
    ended: float
    cpu: float  # seconds


def worker(
    shares: list[list[str]], urls: tuple[str, str], body: dict[str, object], together: Barrier, answer: Any
) -> None:
    """A writer for each share of the patients, in a thread of its own."""
    trial = Trial.open(urls[0], clock=clock)
    threads = [
        threading.Thread(target=writer, args=(names, trial, Hand(urls[1], body), together, answer)) for names in shares
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def writer(names: list[str], trial: Trial, hand: Hand, together: Barrier, answer: Any) -> None:
    day = START + timedelta(28)

    def ours(target: str) -> None:
        for name in names:
            result = trial.advance(name, "start_cycle", by=COORDINATOR, on=day)
            assert result.state == target, result

    def theirs(target: str) -> None:
        for name in names:
            hand.step(name, target, day.isoformat())

    found: dict[Callable[[str], None], list[Round]] = {ours: [], theirs: []}
    for cycle in range(2, 3 + ROUNDS):
        day += timedelta(42)
        for side in (ours, theirs) if cycle % 2 else (theirs, ours):
            together.wait()
            begun, cpu = perf_counter(), thread_time()
            side(f"treatment.maintenance.{cycle}")
            found[side].append(Round(begun, perf_counter(), thread_time() - cpu))
    answer.put((found[ours], found[theirs]))


def advances(server: PostgreSQL, writers: int, count: int) -> Figure:
    url = server.create()
    trial = filled(url, writers * PATIENTS[writers])
    names = [one.id for one in trial.patients()]
    body = _body(trial)
    trial.close()
    copy = server.create(template=url)
    together, answers = FORKS.Barrier(writers), FORKS.Queue()
    shares = [names[number::writers] for number in range(writers)]
    processes = [
        FORKS.Process(target=worker, args=(shares[number::count], (url, copy), body, together, answers))
        for number in range(count)
    ]
    for process in processes:
        process.start()
    found = [answers.get(timeout=300) for _ in range(writers)]
    for process in processes:
        process.join()
    with Trial.open(url) as trial:
        assert trial.verify().sound
    ours, theirs = ([_whole(rounds) for rounds in zip(*side, strict=True)][1:] for side in zip(*found, strict=True))
    ratio = median(a / b for (a, _), (b, _) in zip(ours, theirs, strict=True))
    mine, least = ([median(column) / len(names) * 1e6 for column in zip(*side, strict=True)] for side in (ours, theirs))
    note = f"{mine[0]:.0f} us against {least[0]:.0f}; CPU {mine[1]:.0f} us against {least[1]:.0f}"
    name = f"PostgreSQL: advance, writers/processes {writers}/{count}"
    return Figure(name, ratio, AIMS[writers], "x by hand", note)


def _whole(rounds: tuple[Round, ...]) -> tuple[float, float]:
    """Of one round, of all writers: how long it took, and their CPU."""
    return max(one.ended for one in rounds) - min(one.begun for one in rounds), sum(one.cpu for one in rounds)


def main(names: list[str]) -> None:
    server = PostgreSQL(durable=True)
    figures = []
    try:
        for writers in [int(name) for name in names if name != ALONE] or AIMS:
            figures.append(advances(server, writers, writers if ALONE in names else min(writers, PROCESSES)))
            show(figures[-1])
    finally:
        server.stop()
    write(figures, "bench-postgresql.json")


if __name__ == "__main__":
    Path("build").mkdir(exist_ok=True)
    main(sys.argv[1:])
