"""Commands from many threads through pgbouncer in transaction mode, over fewer sessions than there are threads.

Every transaction may be on another session of the server, so that nothing which a session is told outlives its
transaction: no setting, no prepared statement. Run by ``make bench-pooler``; needs pgbouncer (Debian's package).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.conftest import PostgreSQL  # noqa: E402 - behind the path
from tests.library.desk import COORDINATOR, Desk, day  # noqa: E402
from workflow import Trial  # noqa: E402

SESSIONS, THREADS, COMMANDS = 3, 12, 40
HOSTILE = {"DateStyle": "German", "TimeZone": "Asia/Kathmandu", "synchronous_commit": "off"}


@contextmanager
def pooled(server: PostgreSQL, database: str) -> Iterator[str]:
    """The URL of ``database`` through pgbouncer."""
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    if not Path(program).exists():
        sys.exit("there is no pgbouncer: apt-get install pgbouncer")
    config = server.folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\n* = host={server.folder} user=postgres\n"
        f"[pgbouncer]\nunix_socket_dir = {server.folder}\nlisten_port = 6432\nauth_type = any\n"
        f"pool_mode = transaction\ndefault_pool_size = {SESSIONS}\nmax_client_conn = 200\nlogfile =\n"
    )
    account: dict[str, Any] = {}
    if os.geteuid() == 0:  # which pgbouncer refuses to run as
        import pwd

        nobody = pwd.getpwnam("nobody")
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(config, nobody.pw_uid, nobody.pw_gid)
    with (server.folder / "pgbouncer.log").open("w") as log:
        process = subprocess.Popen([program, "-q", str(config)], cwd=server.folder, stderr=log, **account)
    try:
        url = f"postgresql+psycopg://postgres@/{database}?host={server.folder}&port=6432"
        _wait(f"host={server.folder} port=6432 user=postgres dbname={database}")
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _wait(conninfo: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(conninfo, autocommit=True).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def by_url(trial: Trial) -> Callable[[int], int]:
    """Each command in a transaction of the trial's own."""

    def work(number: int) -> int:
        done = 0
        for command in range(COMMANDS):
            on = day(2 + command % 20)
            done += trial.record_counts(f"P{number}", by=COORDINATOR, anc="1.5", platelets=100, on=on).allowed
            assert trial.show(f"P{number}").id == f"P{number}"
            if command % 10 == 0:
                trial.next(f"P{number}", on=on)
        return done

    return work


def by_connection(trial: Trial, engine: sa.Engine) -> Callable[[int], int]:
    """Two commands in each transaction of a service's own, beside a write of its own."""

    def work(number: int) -> int:
        done = 0
        for _ in range(COMMANDS // 2):
            with engine.begin() as connection:
                connection.execute(sa.text("INSERT INTO service_note VALUES (:text)"), {"text": f"P{number}"})
                for _ in range(2):
                    done += trial.record_counts(
                        *(f"P{number}",), by=COORDINATOR, anc="1.5", platelets=100, on=day(3), connection=connection
                    ).allowed
        return done

    return work


def run(server: PostgreSQL) -> None:
    database = sa.make_url(server.create()).database or ""
    for setting, value in HOSTILE.items():
        server.admin.execute(f"ALTER DATABASE {database} SET {setting} TO '{value}'")
    with pooled(server, database) as url:
        desk = Desk(url)
        for number in range(THREADS):
            desk.walk(f"P{number}")
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE service_note (text TEXT)"))
        theirs = Trial(engine, clock=desk.clock)
        for name, work in (("its own", by_url(desk.trial)), ("a service's", by_connection(theirs, engine))):
            began = time.monotonic()
            with ThreadPoolExecutor(THREADS) as pool:
                done = sum(pool.map(work, range(THREADS)))
            took = time.monotonic() - began
            assert done == THREADS * COMMANDS, done
            print(f"{done} commands in {name} transactions, {THREADS} threads over {SESSIONS} sessions: {took:.1f} s")
        with engine.connect() as connection:
            notes = connection.scalar(sa.text("SELECT count(*) FROM service_note"))
        assert notes == THREADS * COMMANDS // 2, notes
        report = desk.trial.verify()
        assert (report.findings, report.differences, report.undecided) == ([], [], 0), report
        print(f"{report.entries} entries, sound")
        theirs.close()
        engine.dispose()
        desk.close()


if __name__ == "__main__":
    server = PostgreSQL()
    try:
        run(server)
    finally:
        server.stop()
