"""What only a process of its own shows: exit codes, broken pipes, Ctrl-C, streams that are closed or full."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.regimen import VERSION, Regimen
from workflow import Trial
from workflow.errors import ConnectionLost, Exit

# Python makes Ctrl-C an exception, but not where it began with the signal ignored, as `nohup make test &` does.
AS_AT_A_TERMINAL = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
# Ctrl-C at the moment when the database is opened, or when the first command is imported.
INTERRUPTED_AT_WORK = """
import os, signal
import workflow.desk.trial
workflow.desk.trial.Trial.open = lambda *url, **how: os.kill(os.getpid(), signal.SIGINT)
from workflow.cli.main import main
main()
"""
INTERRUPTED_AT_START = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "workflow.cli.root":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from workflow.cli.main import main
main()
"""


@pytest.mark.parametrize(
    ("code", "args"),
    [
        (Exit.DONE, ("show", "P-001")),
        (Exit.USAGE, ("show", "--nonsense")),
        (Exit.REFUSED, ("advance", "P-001", "--on", "2022-01-11")),
        (Exit.NOT_FOUND, ("show", "P-404")),
        (Exit.CONFLICT, ("enroll", "P-001", "--arm", "I")),
        (Exit.DATABASE, ("show", "--database-url", "none.db")),
    ],
    ids=lambda value: value.name if isinstance(value, Exit) else " ".join(value),
)
def test_the_exit_code_is_the_process_own(regimen: Regimen, code: Exit, args: tuple[str, ...]) -> None:
    regimen.treated()
    ran = regimen.process(*args)
    assert ran.code == code
    assert (ran.out == "") is (code is not Exit.DONE)
    assert "Traceback" not in ran.err


def test_a_log_that_was_altered_ends_with_its_own_code(regimen: Regimen) -> None:
    import sqlite3

    regimen.treated()
    with sqlite3.connect(regimen.folder / "regimen.db") as connection:
        connection.execute("UPDATE regimen_patient SET state = 'off_study'")
    connection.close()
    assert regimen.process("audit", "verify").code == Exit.VERIFICATION


def test_the_codes_are_these() -> None:
    assert {code.name: int(code) for code in Exit} == {
        "DONE": 0,
        "UNEXPECTED": 1,
        "USAGE": 2,
        "REFUSED": 3,
        "NOT_FOUND": 4,
        "CONFLICT": 5,
        "DATABASE": 6,
        "VERIFICATION": 7,
        "INTERRUPTED": 130,
    }


@pytest.mark.parametrize("program", [INTERRUPTED_AT_WORK, INTERRUPTED_AT_START], ids=["at work", "at the start"])
def test_ctrl_c_is_one_line(regimen: Regimen, program: str) -> None:
    ran = regimen.process("show", "P-001", program=AS_AT_A_TERMINAL + program)
    assert (ran.code, ran.out) == (Exit.INTERRUPTED, "")
    assert ran.complaint == (
        "regimen: interrupted (a command is recorded whole or not at all: regimen audit log --last 1 tells)"
    )


def test_ctrl_c_while_verifying_in_several_processes_is_one_line(regimen: Regimen) -> None:
    program = """
import os, signal, threading
import workflow.store.audit, workflow.store.workers
usual, me = workflow.store.audit.verify, os.getpid()
def verify(*args, **options):
    if os.getpid() == me:
        os.killpg(0, signal.SIGINT)
    return usual(*args, **options)
workflow.store.workers.verify = workflow.store.audit.verify = verify
os.sched_getaffinity = lambda pid: range(3)
from workflow.cli.main import main
main()
"""
    for number in range(1, 5):
        regimen.enrolled(f"P-{number}")
    ran = regimen.process("audit", "verify", program=AS_AT_A_TERMINAL + program, start_new_session=True)
    assert (ran.code, ran.out) == (Exit.INTERRUPTED, "")
    assert ran.complaint.startswith("regimen: interrupted")


@pytest.mark.parametrize(
    "args", [("audit", "log"), ("protocol", "show"), ("protocol", "show", "--json"), ("--help",)], ids=" ".join
)
def test_a_reader_who_stops_reading_is_no_error(regimen: Regimen, args: tuple[str, ...]) -> None:
    for number in range(1, 31):
        regimen.enrolled(f"P-{number}")
    with regimen.start(*args) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == Exit.DONE


def test_a_reader_who_is_gone_changes_no_exit_code(regimen: Regimen) -> None:
    regimen.treated()
    reading, writing = os.pipe()
    os.close(reading)
    ran = regimen.process("advance", "P-001", "--json", "--on", "2022-01-11", stdout=writing)
    os.close(writing)
    assert ran.code == Exit.REFUSED
    assert ran.err.startswith("regimen: refused: ")


def test_help_that_nobody_reads_is_no_error(bare: Regimen) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ran = bare.process("--help", stdout=writing)
    os.close(writing)
    assert (ran.code, ran.err) == (Exit.DONE, "")


def test_an_output_that_is_full_is_one_line(regimen: Regimen) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full")
    regimen.enrolled()
    with full.open("w") as out:
        ran = regimen.process("show", stdout=out)
    assert ran.code == Exit.UNEXPECTED
    assert ran.complaint == "regimen: the output cannot be written: No space left on device"


WRITES = (
    (("enroll", "P-002", "--arm", "I", "--protocol", VERSION), "P-002 enroll is recorded as entry 1", Exit.DONE),
    (("hold", "P-001", "--code", "other"), "P-001 hold is recorded as entry", Exit.DONE),
    (("hold", "P-001", "--code", "other", "--json"), "P-001 hold is recorded as entry", Exit.DONE),
    (("advance", "P-001", "--json", "--on", "2022-01-11"), "refused: P-001 start_cycle", Exit.REFUSED),
    (("people", "add", "bob", "--role", "auditor", "--as", "root"), "people add bob is recorded", Exit.DONE),
    (("init", "--administrator", "root", "--database-url", "new.db"), "the database is set up", Exit.DONE),
)


@pytest.mark.parametrize("nowhere", ["full", "closed", "nobody reads"])
@pytest.mark.parametrize(("args", "said", "code"), WRITES, ids=[" ".join(args) for args, _, _ in WRITES])
def test_what_was_recorded_is_said_where_it_cannot_be_shown(
    regimen: Regimen, args: tuple[str, ...], said: str, code: Exit, nowhere: str
) -> None:
    """Who sees a command fail repeats it."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    regimen.treated()
    before = regimen.entries()
    command = '"$0" -m workflow.cli "$@"'
    shell = {
        "full": f"{command} >/dev/full",
        "closed": f"{command} >&-",
        "nobody reads": f"{{ sleep 0.2; {command}; echo $? >code; }} | true",
    }[nowhere]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(
        ["sh", "-c", shell, sys.executable, *args], cwd=regimen.folder, env=environment, capture_output=True, text=True
    )
    ended = int((regimen.folder / "code").read_text()) if nowhere == "nobody reads" else ran.returncode
    assert (ended, said in ran.stderr, "do not repeat" in ran.stderr) == (code, True, code is Exit.DONE), ran
    assert regimen.entries() == before + (args[0] != "init")


def test_an_error_behind_the_commit_does_not_hide_it(regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    regimen.treated()

    def show(*args: object, **more: object) -> object:
        raise ConnectionLost("the server is gone")

    monkeypatch.setattr(Trial, "show", show)
    ran = regimen("hold", "P-001", "--code", "other")
    assert (ran.code, ran.out) == (Exit.DONE, "")
    assert ran.complaint.startswith("regimen: the server is gone, but P-001 hold is recorded as entry ")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_closed_streams_are_no_error(regimen: Regimen, closed: str) -> None:
    regimen.treated()
    shell = f'"$0" -m workflow.cli show P-001 {closed}'
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    ran = subprocess.run(
        ["sh", "-c", shell, sys.executable], cwd=regimen.folder, env=environment, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_an_encoding_that_lacks_a_character_is_no_error(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("hold", "P-001", "--code", "other", "--reason", "ANC ≥ 1, 10 µg")
    ran = regimen.process("audit", "log", "--last", "1", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert ran.code == 0
    assert "reason: ANC \\u2265 1, 10 \\xb5g" in ran.out
    assert regimen.process("hold", "P-é", "--code", "é", env={"PYTHONIOENCODING": "ascii"}).code == Exit.NOT_FOUND


def test_a_real_terminal_is_written_to_in_colour(regimen: Regimen) -> None:
    pty = pytest.importorskip("pty")
    regimen.treated()
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        leader, follower = pty.openpty()
        process = regimen.start("show", stdout=follower, stderr=follower, env=environment)
        os.close(follower)
        seen = b""
        try:
            while chunk := os.read(leader, 4096):
                seen += chunk
        except OSError:  # how Linux says that the other end is closed
            pass
        os.close(leader)
        assert process.wait(60) == 0
        assert (b"\x1b[" in seen) is coloured
        assert b"P-001" in seen
