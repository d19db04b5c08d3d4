"""What may be at the path: nothing, something else, something locked, something closed. Never a driver's own error."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.library.desk import ADMIN, COORDINATOR, Desk, day
from tests.toy import toy
from workflow import Trial
from workflow.errors import DatabaseBusy, DatabaseError, DatabaseMissing, DatabaseReadOnly, NotOurDatabase
from workflow.store.engine import create_engine
from workflow.store.file import others_may_read, share_of, warnings_of

pytestmark = pytest.mark.usefixtures("hasty")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "regimen.db"


def garbage(path: Path) -> None:
    path.write_bytes(b"no database at all\n" * 500)


def truncated(path: Path) -> None:
    """The first page of a database and no more."""
    Desk(str(path)).close()
    path.write_bytes(path.read_bytes()[:4096])


def test_where_there_is_no_file_there_is_no_trial(path: Path) -> None:
    with pytest.raises(DatabaseMissing, match="there is no database at") as error:
        Trial.open(str(path))
    assert error.value.hint == "regimen init makes one"
    assert not path.exists()


def test_an_empty_file_is_no_trial_yet(path: Path) -> None:
    path.touch()
    with pytest.raises(NotOurDatabase, match="the database is empty"):
        Trial.open(str(path))
    with Trial.init(str(path), by=ADMIN) as trial:
        assert trial.verify().sound


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    garbage(path)
    before = path.read_bytes()
    for use in (Trial.open, lambda url: Trial.init(url, by=ADMIN)):
        with pytest.raises(NotOurDatabase, match="the file is not a database"):
            use(str(path))
    assert path.read_bytes() == before


def test_a_damaged_file_is_a_clear_error(path: Path) -> None:
    truncated(path)
    with pytest.raises(DatabaseError):
        Trial.open(str(path))


@pytest.mark.parametrize("use", [Trial.open, lambda url: Trial.init(url, by=ADMIN)], ids=["open", "init"])
def test_a_folder_is_no_database(tmp_path: Path, use: Callable[[str], Trial]) -> None:
    with pytest.raises(DatabaseError, match="cannot be opened"):
        use(str(tmp_path))


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="cannot be opened"):
        Trial.init(str(tmp_path / "nowhere" / "regimen.db"), by=ADMIN)


def test_a_path_with_signs_that_mean_something_in_a_url_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a ?b#c%20&d.db"
    Trial.init(str(path), by=ADMIN).close()
    assert path.exists()
    Trial.open(str(path)).close()


def test_a_database_that_only_reads_is_looked_at_and_not_written(path: Path) -> None:
    Desk(str(path)).close()
    engine = sa.create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    with Trial(engine) as trial:
        assert trial.people()
        with pytest.raises(DatabaseReadOnly, match="cannot be written to"):
            trial.add_person("lena", "auditor", by=ADMIN)
        assert trial.people()
    engine.dispose()


# ── locked ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Desk, sqlite3.Connection]:
    """P1 is there to be moved, and somebody else can lock the file."""
    monkeypatch.setattr("workflow.store.engine.BUSY_SECONDS", 0.05)
    desk = Desk(f"sqlite:///{path}")
    desk.walk()
    return desk, sqlite3.connect(path, isolation_level=None)


def test_a_locked_database_is_busy_and_the_next_try_may_succeed(locked: tuple[Desk, sqlite3.Connection]) -> None:
    desk, other = locked
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy, match="locked by another command") as error:
        desk.counts("P1", on=day(3))
    assert error.value.retry
    assert desk.state() == "treatment.induction.1"
    other.execute("COMMIT")
    assert desk.counts("P1", on=day(3)).allowed
    desk.check()
    other.close()
    desk.close()


def test_a_database_locked_for_all_is_busy_for_looking_too(locked: tuple[Desk, sqlite3.Connection]) -> None:
    desk, other = locked
    other.execute("BEGIN EXCLUSIVE")
    for ask in (desk.seq, desk.verify, desk.again):
        with pytest.raises(DatabaseBusy):
            ask()
    other.execute("COMMIT")
    assert desk.verify().sound
    other.close()
    desk.close()


def test_a_locked_database_is_not_set_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow.store.engine.BUSY_SECONDS", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(DatabaseBusy):
        Trial.init(str(path), by=ADMIN)
    other.execute("COMMIT")
    other.close()
    Trial.init(str(path), by=ADMIN).close()


def test_a_command_waits_for_one_that_will_not_take_long(locked: tuple[Desk, sqlite3.Connection]) -> None:
    desk, other = locked
    slow = sqlite3.connect(str(desk.trial.engine.url.database), isolation_level=None, check_same_thread=False)
    slow.execute("BEGIN IMMEDIATE")
    patient = desk.again()
    release = threading.Timer(0.02, slow.execute, ["COMMIT"])
    release.start()
    assert patient.record_counts("P1", by=COORDINATOR, anc="1", platelets="50", on=day(3)).allowed
    release.join()
    for connection in (slow, other):
        connection.close()
    patient.close()
    desk.close()


# ── a server ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_server_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="PostgreSQL: "):
        Trial.open(f"postgresql://nobody@/nothing?host={tmp_path}")


def test_a_database_that_the_server_does_not_have_is_a_clear_error(postgresql_url: str) -> None:
    elsewhere = sa.make_url(postgresql_url).set(database="nothing")
    with pytest.raises(DatabaseError, match='database "nothing" does not exist'):
        Trial.open(elsewhere.render_as_string())


def test_a_role_that_may_not_write_looks_and_does_not_write(postgresql_url: str) -> None:
    desk = Desk(postgresql_url)
    desk.walk()
    with desk.trial.engine.begin() as connection:
        connection.execute(sa.text("DROP ROLE IF EXISTS looker"))
        connection.execute(sa.text("CREATE ROLE looker LOGIN"))
        connection.execute(sa.text("GRANT SELECT ON ALL TABLES IN SCHEMA public TO looker"))
    with Trial.open(postgresql_url.replace("postgres@", "looker@")) as trial:
        assert trial.verify().sound
        with pytest.raises(DatabaseReadOnly, match="permission denied"):
            trial.record_counts("P1", by=COORDINATOR, anc="1", platelets="50", on=day(3))
    with desk.trial.engine.begin() as connection:
        connection.execute(sa.text("DROP OWNED BY looker"))
        connection.execute(sa.text("DROP ROLE looker"))
    desk.close()


def test_a_server_that_accepts_no_writes_is_looked_at(postgresql_url: str) -> None:
    desk = Desk(postgresql_url)
    desk.walk()
    engine = sa.create_engine(postgresql_url, connect_args={"options": "-c default_transaction_read_only=on"})
    with Trial(engine) as trial:
        assert trial.show("P1").state == "treatment.induction.1"
        with pytest.raises(DatabaseReadOnly, match="accepts no writes"):
            trial.advance("P1", "withdraw", by=COORDINATOR)
    engine.dispose()
    desk.close()


def test_our_tables_stand_beside_a_service_s_own_when_it_says_so(database_url: str) -> None:
    engine = create_engine(database_url, create=True)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE booking (day TEXT)")
    with pytest.raises(NotOurDatabase, match="holds other tables"):
        Trial.init(engine, by=ADMIN, protocols=[toy()])
    with Trial.init(engine, by=ADMIN, protocols=[toy()], beside=True) as trial:
        assert trial.verify().sound
    engine.dispose()


def test_not_beside_a_table_of_the_same_name(database_url: str) -> None:
    engine = create_engine(database_url, create=True)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE regimen_patient (id TEXT)")
    with pytest.raises(NotOurDatabase, match="named regimen_patient"):
        Trial.init(engine, by=ADMIN, protocols=[toy()], beside=True)
    engine.dispose()


# ── who may read it, and where it lies ─────────────────────────────────────────────────────────────────────────────


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("own", [True, False], ids=["a path", "an engine"])
def test_a_new_database_is_its_owners_alone(path: Path, umask: int, *, own: bool) -> None:
    before = os.umask(umask)
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        with Trial.init(str(path) if own else engine, by=ADMIN, protocols=(toy(),)) as trial:
            assert modes(path.parent) == {0o600}
            trial.add_person("carl", "coordinator", by=ADMIN)
            with trial.transaction() as connection:
                trial.enroll("P1", "A", by=COORDINATOR, on=day(1), connection=connection)
                assert len(list(path.parent.iterdir())) > 1  # a journal
                assert modes(path.parent) == {0o600}
    finally:
        os.umask(before)
        engine.dispose()


def test_what_a_file_is_open_to_stays_as_its_owner_set_it(path: Path) -> None:
    path.touch(0o640)
    path.chmod(0o640)
    Trial.init(str(path), by=ADMIN).close()
    assert modes(path.parent) == {0o640}
    assert not others_may_read(path)
    path.chmod(0o644)
    assert others_may_read(path)


@pytest.mark.parametrize(
    ("kind", "is_share"),
    [*((kind, True) for kind in ("nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p")), ("ext4", False), ("new", False)],
)
def test_a_network_share_is_known_by_its_mount(
    path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, *, is_share: bool
) -> None:
    mounts = path.parent / "mounts"
    place = str(path.parent / "a share")
    written = place.replace(" ", r"\040")
    lines = ("/dev/sda / ext4 rw 0 0", f"host:/x {written} {kind} rw 0 0", f"none {written}/inner tmpfs rw 0 0")
    mounts.write_text("\n".join(lines) + "\n")
    monkeypatch.setattr("workflow.store.file.MOUNTS", mounts)
    inside = Path(place) / "deep" / "regimen.db"
    assert share_of(inside) == (kind if is_share else None)
    assert share_of(Path(place) / "inner" / "regimen.db") is None
    assert share_of(path) is None
    assert bool(warnings_of(sa.make_url(f"sqlite:///{inside}"))) is is_share


def test_where_nobody_can_say_nothing_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflow.store.file.MOUNTS", path.parent / "nothing")
    assert share_of(path) is None
    assert warnings_of(sa.make_url("sqlite://")) == []
