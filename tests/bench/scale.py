"""Lists of a million entries: how long each takes and by what plan; what the indexes cost a command, and on disk.

    python tests/bench/scale.py [sqlite] [postgresql]

The database is made once (see ``million``); PostgreSQL, with fsync on, is filled from it each time. Aims are for the
entries as they are stored; beside each stands what ``Trial.log`` takes, which decodes them and puts them into words.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from statistics import fmean, median

from bench import ROOT, Figure, show, timed  # which puts the tree on the path

import million  # isort: skip
import sqlalchemy as sa

from tests.conftest import PostgreSQL
from workflow import Actor, Trial
from workflow.engine.facts import contact
from workflow.ledger.entry import Stored
from workflow.simulation import CUT_OFF, Clock
from workflow.store import log
from workflow.store.engine import create_engine
from workflow.store.log import Filter, Mark
from workflow.store.schema import metadata
from workflow.store.upgrade import upgrade

DATABASE = ROOT / "build" / "million.db"
MONTH = {"occurred_from": date(2023, 6, 1), "occurred_to": date(2023, 6, 30)}
LISTS: dict[str, tuple[Filter, int | None, float | None]] = {  # what is wanted, the newest how many, the aim in ms
    "newest 20": (Filter(), 20, 3),
    "newest 20 by a person": (Filter(actor="castro"), 20, 3),
    "refused in a month": (Filter(outcome="refused", **MONTH), None, 3),
    "refused to a person in a month": (Filter(outcome="refused", actor="castro", **MONTH), None, 3),
    "a whole week": (Filter(recorded_from=date(2021, 9, 6), recorded_to=date(2021, 9, 12)), None, 15),
    "newest 20 refused": (Filter(outcome="refused"), 20, None),
    "what happened in a week": (
        Filter(occurred_from=date(2021, 9, 6), occurred_to=date(2021, 9, 12)),
        None,
        None,
    ),
}
INDEXES = ("recorded_at", "actor", "occurred_on", "chain")
WIDTH = 130  # of a line of a plan; the keys in one may be many
PEOPLE = 300  # who get an entry more, with the indexes and without


def stored(trial: Trial, wanted: Filter, last: int | None) -> list[Stored]:
    with trial._transactions.reading() as tx:
        after = log.before_last(tx, wanted, last) if last is not None else None
        found: list[Stored] = []
        while page := log.page(tx, wanted, after, last or 2000):
            found += page
            after = Mark(page[-1].chain, page[-1].seq)
            if last is not None or len(page) < 2000:
                break
        return found


def plans(trial: Trial, wanted: Filter, last: int | None) -> Iterator[str]:
    queries: list[tuple[str, object]] = []

    def note(connection: object, cursor: object, text: str, values: object, *rest: object) -> None:
        queries.append((text, values))

    with trial._transactions.reading() as tx:
        sa.event.listen(trial.engine, "before_cursor_execute", note)
        after = log.before_last(tx, wanted, last) if last is not None else None
        log.page(tx, wanted, after, last or 2000)
        sa.event.remove(trial.engine, "before_cursor_execute", note)
        for text, values in queries:
            explain = "EXPLAIN QUERY PLAN" if tx.sqlite else "EXPLAIN (COSTS OFF)"
            for row in tx.connection.exec_driver_sql(f"{explain} {text}", values):
                if "SCALAR" not in (line := str(row[-1])):
                    yield line


def lists(store: str, trial: Trial) -> Iterator[Figure]:
    for name, (wanted, last, aim) in LISTS.items():
        read = partial(stored, trial, wanted, last)
        whole = partial(trial.log, wanted, limit=last, last=last is not None)
        count = len(read())
        times = 25 if aim is not None else 5
        took = median(timed(read) for _ in range(times)) * 1e3
        shown = median(timed(whole) for _ in range(5)) * 1e3
        yield Figure(f"{store}: {name}", took, aim, "ms", f"{count:,} entries; in words {shown:.1f} ms")
        for line in plans(trial, wanted, last):
            print(f"    {line[:WIDTH]}")


def cost_of_indexes(store: str, with_them: Trial, without: Trial) -> Iterator[Figure]:
    """The same fact of the same patients, in turn: each command a transaction on disk, and many in one."""
    query = "SELECT id FROM regimen_patient WHERE state LIKE 'treatment.%%' ORDER BY id"
    with with_them.engine.connect() as connection:
        names = list(connection.exec_driver_sql(query).scalars())
    by, telling = Actor("castro", "simulated"), contact.telling("unknown", "seen")
    some = names[:: len(names) // PEOPLE]

    def measured(where: str, **more: tuple[sa.Connection, sa.Connection]) -> Figure:
        taken: tuple[list[float], list[float]] = ([], [])
        for name in some:
            for number, trial in enumerate((with_them, without)):
                how = {key: value[number] for key, value in more.items()}
                taken[number].append(timed(partial(trial.record, name, telling, by=by, on=CUT_OFF, **how)))
        ours, theirs = map(median, taken)
        mean = fmean(taken[0]) / fmean(taken[1])
        note = f"{ours * 1e6:.0f} us against {theirs * 1e6:.0f} us without; the mean {mean:.2f} x"
        return Figure(f"{store}: a command, {where}, with the indexes", ours / theirs, None, "x without", note)

    yield measured("on disk")
    with with_them.transaction() as first, without.transaction() as second:
        yield measured("in a transaction", connection=(first, second))


def opened(url: str) -> Trial:
    clock = Clock()
    clock.now = clock.now.replace(year=CUT_OFF.year, month=CUT_OFF.month, day=CUT_OFF.day, hour=18)
    return Trial.open(url, clock=clock)


def drop_indexes(trial: Trial) -> None:
    with trial.engine.begin() as connection:
        for column in INDEXES:
            connection.exec_driver_sql(f"DROP INDEX regimen_entry_{column}_idx")


def sqlite() -> Iterator[Figure]:
    with opened(str(DATABASE)) as trial:
        yield from lists("SQLite", trial)
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        copies = [Path(folder) / "with.db", Path(folder) / "without.db"]
        for copy in copies:
            shutil.copy(DATABASE, copy)
        with opened(str(copies[0])) as with_them, opened(str(copies[1])) as without:
            hand = sqlite3.connect(copies[1])
            for column in INDEXES:
                hand.execute(f"DROP INDEX regimen_entry_{column}_idx")
            hand.commit()
            free = hand.execute("SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size")
            size, of_indexes = DATABASE.stat().st_size, free.fetchone()[0]
            count = hand.execute("SELECT count(*) FROM regimen_entry").fetchone()[0]
            hand.close()
            yield from cost_of_indexes("SQLite", with_them, without)
    yield Figure("SQLite: size", size / count, None, "bytes an entry", f"{of_indexes / count:.0f} of them the indexes")


@contextmanager
def server() -> Iterator[PostgreSQL]:
    running = PostgreSQL(durable=True)
    try:
        yield running
    finally:
        running.stop()


def fill(url: str) -> None:
    """With what the SQLite database holds."""
    engine = create_engine(url)
    upgrade(engine)
    source = sqlite3.connect(DATABASE)
    with engine.begin() as connection:
        raw = connection.connection.driver_connection
        for table in metadata.sorted_tables:
            names = ", ".join(table.columns.keys())
            with raw.cursor().copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
                for row in source.execute(f"SELECT {names} FROM {table.name}"):
                    copy.write_row(row)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")  # as autovacuum does in time
        connection.exec_driver_sql("CHECKPOINT")
    engine.dispose()


def postgresql() -> Iterator[Figure]:
    with server() as running:
        url = running.create()
        fill(url)
        with opened(url) as trial:
            yield from lists("PostgreSQL", trial)
            with trial.engine.connect() as connection:
                count, size, of_indexes = connection.exec_driver_sql(
                    "SELECT count(*), pg_database_size(current_database()),"
                    " pg_indexes_size('regimen_entry') - pg_relation_size('regimen_entry_pk') FROM regimen_entry"
                ).one()
        other = running.create()
        fill(other)
        with opened(url) as with_them, opened(other) as without:
            drop_indexes(without)
            yield from cost_of_indexes("PostgreSQL", with_them, without)
        note = f"{of_indexes / count:.0f} of them the indexes"
        yield Figure("PostgreSQL: size", size / count, None, "bytes an entry", note)


STORES: dict[str, Callable[[], Iterator[Figure]]] = {"sqlite": sqlite, "postgresql": postgresql}


def main(names: list[str]) -> None:
    (ROOT / "build").mkdir(exist_ok=True)
    million.make(DATABASE)
    for name in names or STORES:
        for figure in STORES[name]():
            show(figure)


if __name__ == "__main__":
    main(sys.argv[1:])
