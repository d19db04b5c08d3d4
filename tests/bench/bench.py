"""Speed, as ratios: each figure against a floor measured in the same run, in turn, on the same settings; medians.

    python tests/bench/bench.py [NAME ...]

Prints a table and writes build/bench.json: {name: {value, aim, unit, note}}, lower is better throughout. Where an aim
is missed the profile of our side is printed below the table.
"""

from __future__ import annotations

import cProfile
import gc
import io
import json
import os
import pstats
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from compileall import compile_dir
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import floor  # noqa: E402 - the tree is put on the path first
import sqlalchemy as sa  # noqa: E402

from workflow import Actor, Trial  # noqa: E402
from workflow.ledger.entry import chain_of  # noqa: E402
from workflow.store.engine import JOURNAL, SYNCHRONOUS  # noqa: E402
from workflow.store.log import Filter  # noqa: E402

COORDINATOR = Actor("carla", "simulated")
START = date(2015, 1, 5)
VERSION = "2025-12-18"
WORKERS = os.cpu_count() or 1  # as `regimen audit verify` uses


@dataclass(frozen=True)
class Figure:
    name: str
    value: float
    aim: float | None
    unit: str
    note: str = ""
    profile: Callable[[], object] | None = None

    @property
    def missed(self) -> bool:
        return self.aim is not None and self.value > self.aim


def clock() -> datetime:
    return datetime(2026, 1, 5, 9, tzinfo=UTC)


def new_trial(url: str) -> Trial:
    root = Actor("root", "os", "root")
    trial = Trial.init(url, by=root, clock=clock)
    trial.add_person("carla", "coordinator", by=root)
    trial.add_person("ines", "investigator", by=root)
    return trial


def to_maintenance(trial: Trial, names: list[str], connection: sa.Connection) -> None:
    """Patients of Arm I, on treatment for one cycle, then switched to maintenance: 42-day cycles, 25 more to come."""
    by, inv = COORDINATOR, Actor("ines", "simulated")
    for name in names:
        trial.enroll(name, "I", by=by, on=START, version=VERSION, connection=connection)
        trial.record_consent(name, by=by, on=START, connection=connection)
        trial.record_eligibility(name, by=by, route="IN01", others_in_order=True, on=START, connection=connection)
        trial.advance(name, by=by, on=START, connection=connection).or_raise()
        trial.advance(name, by=by, on=START, connection=connection).or_raise()
        trial.record_counts(name, by=by, anc="1.4", platelets="110", on=START + timedelta(20), connection=connection)
        trial.record_response(name, by=by, response="CR", on=START + timedelta(21), connection=connection)
        event = trial.record_adverse_event(
            name, by=by, term="nausea", grade=2, on=START + timedelta(9), connection=connection
        )
        trial.update_adverse_event(
            name, event.seq or 0, by=by, grade=1, on=START + timedelta(12), connection=connection
        )
        trial.advance(
            name,
            "switch_to_maintenance",
            by=inv,
            code="infections",
            on=START + timedelta(28),
            connection=connection,
        ).or_raise()


def filled(url: str, count: int, doses: int = 0) -> Trial:
    trial = new_trial(url)
    names = [f"P-{number:05}" for number in range(count)]
    for first in range(0, count, 2000):
        with trial.transaction() as connection:
            to_maintenance(trial, names[first : first + 2000], connection)
    given = ("prednisone", "vincristine", "mercaptopurine", "methotrexate")
    with trial.transaction() as connection:
        for name in names if doses else ():
            for number in range(doses):
                day, agent = START + timedelta(28 + number // 12), given[number % 4]
                more = {"amount": "50", "unit": "mg", "on": day, "connection": connection}
                trial.record_dose(name, by=COORDINATOR, agent=agent, **more).or_raise()
    return trial


def timed(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun


# ── one advance ────────────────────────────────────────────────────────────────────────────────────────────────────


def _body(trial: Trial) -> dict[str, object]:
    """The body of a real entry, so that the floor writes as many bytes."""
    with trial.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT body FROM regimen_entry WHERE trigger = 'start_cycle' LIMIT 1").one()
    body: dict[str, object] = json.loads(row[0])
    return body


def advances(folder: Path, *, memory: bool, doses: int = 0, aim: float) -> Figure:
    """Step after step, each patient's in turn; ``doses`` are recorded of each before, so that their charts are long."""
    patients, cycles = (40, 24) if memory else (12, 20)
    if doses:
        patients, cycles = 6, 24
    if memory:
        trial = filled("sqlite://", patients, doses)
        hand = sqlite_copy(trial)
    else:
        path = folder / "advance.db"
        trial = filled(str(path), patients, doses)
        shutil.copy(path, folder / "floor.db")
        hand = floor.prepare(str(folder / "floor.db"), SYNCHRONOUS)
        hand.execute(f"PRAGMA journal_mode = {JOURNAL}")
    body = _body(trial)
    ours: list[float] = []
    theirs: list[float] = []
    day = START + timedelta(28)
    names = [f"P-{number:05}" for number in range(patients)]
    entries = trial.show(names[0]).seq
    gc.collect()
    for cycle in range(2, 2 + cycles):
        day += timedelta(42)
        for patient in names:
            begun = perf_counter()
            result = trial.advance(patient, "start_cycle", by=COORDINATOR, on=day)
            ours.append(perf_counter() - begun)
            assert result.state == f"treatment.maintenance.{cycle}", result
            begun = perf_counter()
            floor.step(hand, chain_of(patient), f"treatment.maintenance.{cycle}", day.isoformat(), body)
            theirs.append(perf_counter() - begun)
    assert trial.verify().sound
    size = bytes_an_entry(trial)

    def profile() -> None:
        for patient in names:
            trial.advance(patient, "start_cycle", by=COORDINATOR, on=day + timedelta(42))

    mine, least = median(ours), median(theirs)
    where = "in memory" if memory else "on disk"
    name = f"advance, {where}, of {entries} entries" if doses else f"advance, {where}"
    note = f"{mine * 1e6:.0f} us against {least * 1e6:.0f} us; {size:.0f} bytes an entry"
    return Figure(name, mine / least, aim, "x floor", note, profile)


def bytes_an_entry(trial: Trial) -> float:
    """Of the body of a step."""
    with trial.engine.connect() as connection:
        query = "SELECT avg(length(body)) FROM regimen_entry WHERE trigger = 'start_cycle'"
        return float(connection.exec_driver_sql(query).scalar_one())


def sqlite_copy(trial: Trial) -> sqlite3.Connection:
    """The same database once more in memory, for the floor."""
    hand = floor.prepare(":memory:", SYNCHRONOUS)
    raw = trial.engine.raw_connection()
    raw.driver_connection.backup(hand)
    return hand


def correction(folder: Path) -> Figure:
    """A fact is taken back in the middle of a chain of 400 entries, with all that may rest on it asked again."""
    trial = filled(str(folder / "correct.db"), 6, 375)
    name = "P-00000"
    counts = next(entry.seq for entry in trial.log(Filter(patient=name, kind="counts")))
    entries = trial.show(name).seq
    took = []
    for _ in range(20):
        more = {"by": COORDINATOR, "anc": "1.4", "platelets": "110", "corrects": counts, "reason": "misread"}
        begun = perf_counter()
        result = trial.record_counts(name, **more).or_raise()
        took.append(perf_counter() - begun)
        counts = result.also[0].seq or 0
    return Figure(f"correct, in a chain of {entries}", median(took) * 1000, 30, "ms", "on disk")


# ── many at once ───────────────────────────────────────────────────────────────────────────────────────────────────


def bulk(folder: Path) -> Figure:
    count = 10_000
    path = folder / "bulk.db"
    trial = filled(str(path), count)
    shutil.copy(path, folder / "bulk-floor.db")
    names = [f"P-{number:05}" for number in range(count)]
    hand = floor.prepare(str(folder / "bulk-floor.db"), SYNCHRONOUS)
    body = _body(trial)
    ours, theirs = [], []
    day = START + timedelta(28)
    for cycle in range(2, 5):
        day += timedelta(42)
        target = f"treatment.maintenance.{cycle}"
        ours.append(timed(partial(trial.advance_many, names, "start_cycle", by=COORDINATOR, on=day)))
        selected = [hand.execute(floor.SELECT, (chain_of(patient),)).fetchone() for patient in names]
        rows = [floor.rows(row, target, day.isoformat(), body) for row in selected]
        theirs.append(timed(partial(floor.many, hand, rows)))
    assert {row.state for row in trial.patients()} == {"treatment.maintenance.4"}
    mine, least = median(ours), median(theirs)
    note = f"{mine / count * 1e6:.0f} us a patient against {least / count * 1e6:.0f} us"

    def profile() -> None:
        trial.advance_many(names, "start_cycle", by=COORDINATOR, on=day + timedelta(42))

    return Figure("advance, 10,000 at once", mine / least, 7.5, "x executemany", note, profile)


# ── verification ───────────────────────────────────────────────────────────────────────────────────────────────────


def verification(folder: Path) -> list[Figure]:
    """The log of a simulated study, as `regimen demo` makes it."""
    path = folder / "verify.db"
    trial = simulated(path)
    hand = floor.prepare(str(path), SYNCHRONOUS)

    def read_and_hash() -> int:
        count = 0
        for body, digest in hand.execute("SELECT body, hash FROM regimen_entry ORDER BY chain, seq"):
            assert sha256(b"\x00" + body).digest() == digest
            count += 1
        return count

    count = read_and_hash()
    ours, theirs = [], []
    for _ in range(5):
        begun = perf_counter()
        report = trial.verify(workers=WORKERS)
        apart = (report.integrity_ms or 0) / 1000  # the database's own check
        ours.append(perf_counter() - begun - apart)
        theirs.append(timed(read_and_hash))
    assert report.sound
    assert not report.undecided
    assert not report.differences
    mine, least = median(ours), median(theirs)
    looked = median(timed(lambda: sum(1 for _ in trial.review())) for _ in range(5))
    note = f"{count:,} entries, {count / mine:,.0f}/s in {WORKERS} processes; pages and indexes {apart * 1000:.0f} ms"
    return [
        Figure("audit verify", mine / least, 9, "x read and hash", note, trial.verify),
        Figure("audit verify, time per entry", mine / count * 1e6, 20, "us", "50,000 entries/s are 20 us"),
        Figure("audit review, time per entry", looked / count * 1e6, 50, "us", "20,000 entries/s are 50 us"),
    ]


def simulated(path: Path) -> Trial:
    from workflow.simulation import Clock, set_up, simulate

    time = Clock()
    trial = set_up(str(path), time)
    simulate(trial, time)
    return trial


# ── whole processes ────────────────────────────────────────────────────────────────────────────────────────────────


def processes(folder: Path) -> list[Figure]:
    compile_dir(ROOT / "workflow", quiet=1)  # as an installer does; a checkout's modules may never have been compiled
    path = folder / "cli.db"
    root = Actor("root", "os", _login())
    trial = Trial.init(str(path), by=root)
    trial.add_person("carla", "coordinator", by=root, login=_login())
    names = [f"P-{number}" for number in range(40)]
    for name in names:
        trial.enroll(name, "I", by=COORDINATOR, on=START, version=VERSION)
    trial.close()
    regimen = Path(sys.executable).with_name("regimen")
    env = dict(os.environ, REGIMEN_DATABASE_URL=str(path), REGIMEN_AS="carla")
    queue = iter(names)

    def run(*command: str, expect: tuple[int, ...] = (0,), **more: str) -> float:
        begun = perf_counter()
        done = subprocess.run(command, env=env | more, capture_output=True, check=False)
        took = perf_counter() - begun
        assert done.returncode in expect, (command, done.returncode, done.stderr)
        return took

    def against(name: str, ours: Callable[[], float], module: str, aim: float) -> Figure:
        mine, least = [], []
        for _ in range(11):
            mine.append(ours())
            least.append(run(sys.executable, "-c", f"import {module}"))
        ratio = median(a / b for a, b in zip(mine, least, strict=True))
        note = f"{median(mine) * 1e3:.0f} ms against {median(least) * 1e3:.0f} ms"
        return Figure(name, ratio, aim, f"x import {module}", note)

    complete = {"_REGIMEN_COMPLETE": "bash_complete", "COMP_WORDS": "regimen ad", "COMP_CWORD": "1"}
    return [
        against(
            "regimen advance",
            lambda: run(str(regimen), "advance", next(queue), "withdraw", "--code", "other", "--on", "2015-02-01"),
            "sqlalchemy",
            1.2,
        ),
        against("regimen --help", lambda: run(str(regimen), "--help"), "click", 1.5),
        against("shell completion", lambda: run(str(regimen), **complete), "click", 1.5),
    ]


def _login() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


# ── the due list ───────────────────────────────────────────────────────────────────────────────────────────────────


def due_list(folder: Path) -> Figure:
    """100,000 patients: one is walked to maintenance, its row is written 100,000 times under other ids and dates."""
    path = folder / "due.db"
    trial = filled(str(path), 1)
    with trial.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT * FROM regimen_patient").mappings().one()
    hand = floor.prepare(str(path), "off")
    names = list(row)
    marks = ", ".join("?" for _ in names)
    rows = []
    for number in range(100_000):
        day = (START + timedelta(number % 3650)).isoformat()
        key = f"d-{number:06}"
        other = {"chain": f"patient/{key}", "id_key": key, "id": key, "opens_on": day, "due_on": day}
        rows.append(tuple({**row, **other}[name] for name in names))
    hand.execute("BEGIN")
    hand.executemany(f"INSERT INTO regimen_patient ({', '.join(names)}) VALUES ({marks})", rows)
    hand.execute("COMMIT")
    hand.execute("ANALYZE")
    hand.close()
    page = trial.due()
    took = [timed(trial.due) for _ in range(50)]
    assert len(page.items) == 50
    assert page.after is not None
    second = [timed(lambda: trial.due(after=page.after)) for _ in range(50)]
    note = f"the next page {median(second) * 1e3:.1f} ms; 50 patients a page, each with what holds it back"
    return Figure("due list, 100,000 patients", median(took) * 1e3, 5, "ms", note, trial.due)


# ── the table ──────────────────────────────────────────────────────────────────────────────────────────────────────

BENCHES: dict[str, Callable[[Path], Figure | list[Figure]]] = {
    "disk": lambda folder: advances(folder, memory=False, aim=1.3),
    "memory": lambda folder: advances(folder, memory=True, aim=3.2),
    "memory-100": lambda folder: advances(folder, memory=True, doses=90, aim=3.8),
    "memory-350": lambda folder: advances(folder, memory=True, doses=340, aim=5.5),
    "correct": correction,
    "bulk": bulk,
    "verify": verification,
    "processes": processes,
    "due": due_list,
}


def main(names: list[str]) -> None:
    print(f"SQLite {sa.create_engine('sqlite://').dialect.dbapi.sqlite_version}, {JOURNAL} + {SYNCHRONOUS}")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        for name in names or BENCHES:
            here = Path(folder) / name
            here.mkdir()
            found = BENCHES[name](here)
            for figure in found if isinstance(found, list) else [found]:
                figures.append(figure)
                show(figure)
        write(figures)  # before anything that explains them: an explanation that fails must not cost the figures
        for figure in figures:
            if figure.missed and figure.profile is not None:
                print(f"\nwhat costs in: {figure.name}")
                show_profile(figure.profile)


def show(figure: Figure) -> None:
    aim = "" if figure.aim is None else f"aim <= {figure.aim:g}"
    met = "" if figure.aim is None else ("MISSED" if figure.missed else "met")
    print(f"{figure.name:40} {figure.value:8.2f} {figure.unit:18} {aim:12} {met:7} {figure.note}", flush=True)


def write(figures: list[Figure], name: str = "bench.json") -> None:
    written = {f.name: {"value": round(f.value, 4), "aim": f.aim, "unit": f.unit, "note": f.note} for f in figures}
    (ROOT / "build" / name).write_text(json.dumps(written, indent=2) + "\n")


def show_profile(work: Callable[[], object]) -> None:
    profiler = cProfile.Profile()
    profiler.runcall(work)
    out = io.StringIO()
    pstats.Stats(profiler, stream=out).sort_stats("tottime").print_stats(25)
    print(out.getvalue())


if __name__ == "__main__":
    (ROOT / "build").mkdir(exist_ok=True)
    main(sys.argv[1:])
