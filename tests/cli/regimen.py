"""The command, run as people run it: in this process where that is enough, in one of its own where it is not."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow.cli.main import run

TREE = Path(__file__).parents[2]
VERSION = "2025-12-18"  # whose beginning in arm I is not known, so that it is taken by name
COORDINATOR, INVESTIGATOR, ADMINISTRATOR = "carol", "ivan", "root"


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line on stderr."""
        (line,) = self.err.splitlines()
        return line


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Regimen:
    """The command `regimen`, in a folder of its own.

    ``prepared`` is a copy of its first database in which P-001 has been treated already: most tests begin with that.
    """

    def __init__(self, folder: Path, prepared: Path | None = None) -> None:
        self.folder = folder
        self.prepared = prepared

    def __call__(self, *args: object, terminal: bool = False) -> Ran:
        kind = Terminal if terminal else io.StringIO
        out, err = kind(), kind()
        with redirect_stdout(out), redirect_stderr(err):
            code = run([str(arg) for arg in args])
        return Ran(int(code), out.getvalue(), err.getvalue())

    def done(self, *args: object) -> Ran:
        """Run what is sure to succeed."""
        ran = self(*args)
        assert ran.code == 0, (args, ran)
        return ran

    def json(self, *args: object) -> Any:
        return self.done(*args, "--json").json

    def entries(self) -> int:
        """How many entries there are in all."""
        return len(self.json("audit", "log")["items"])

    # ── in a process of its own ────────────────────────────────────────────────────────────────────────────────────

    def start(self, *args: object, program: str | None = None, **options: Any) -> subprocess.Popen[str]:
        code = [sys.executable, "-m", "workflow.cli"] if program is None else [sys.executable, "-c", program]
        defaults: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        more = options.pop("env", {})
        return subprocess.Popen(
            [*code, *(str(arg) for arg in args)],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(TREE), **more},
            **defaults | options,
        )

    def process(self, *args: object, **options: Any) -> Ran:
        process = self.start(*args, **options)
        out, err = process.communicate(timeout=60)
        return Ran(process.returncode, out or "", err or "")

    # ── patients ───────────────────────────────────────────────────────────────────────────────────────────────────

    def enrolled(self, patient: str = "P-001", arm: str = "I") -> str:
        """A patient in screening since 2022-01-03."""
        self.prepared = None
        self.done("enroll", patient, "--arm", arm, "--protocol", VERSION, "--on", "2022-01-03")
        return patient

    def treated(self, patient: str = "P-001", arm: str = "I") -> str:
        """A patient whose first cycle began on 2022-01-10."""
        if self.prepared is not None and (patient, arm) == ("P-001", "I"):
            shutil.copy(self.prepared, self.folder / "regimen.db")
            self.prepared = None
            return patient
        self.enrolled(patient, arm)
        route = "IN08" if arm == "II" else "IN01"
        self.done("record", "consent", patient, "--on", "2022-01-04")
        self.done("record", "eligibility", patient, "--route", route, "--others-in-order", "--on", "2022-01-05")
        self.done("advance", patient, "--on", "2022-01-06")
        self.done("advance", patient, "--on", "2022-01-10")
        return patient
