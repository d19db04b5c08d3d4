"""`make test-mutants`: each mutant into a copy of the tree, and the tests over it, until one fails.

The tests that speak of the rule are asked first, then all others, but for those that know a change as a change: the
corpus of earlier answers and the list of mutants itself. Only what the rules are said to be may find a mutant.

`python -m tests.mutants.run WORD...` takes those whose file, text or harm holds any of the words; with `--first` the
others are not asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

from tests.mutants.listed import LISTED, TREE, Mutant

COPIED = ("workflow", "cli", "migrations", "tests", "docs", "pyproject.toml", "Makefile", "README.md", "CHANGELOG.md")
NOT_ASKED = ("corpus", "mutants", "packaging")
WORKERS = 2
SECONDS = 600  # for one run of pytest; a mutant under which nothing ends is found

PASSED, FAILED, NONE_ASKED = 0, 1, 5  # how pytest ends; any other end is no test's


class Verdict(NamedTuple):
    mutant: Mutant
    word: str  # killed, hangs, SURVIVED, or what is wrong with the mutant itself
    by: str
    seconds: float

    @property
    def killed(self) -> bool:
        return self.word in ("killed", "hangs")


class Ran(NamedTuple):
    code: int
    out: str

    @property
    def first_failure(self) -> str:
        lines = (line for line in self.out.splitlines() if line.startswith(("FAILED ", "ERROR ")))
        return next(lines, "").partition(" ")[2].partition(" - ")[0]


def pytest(folder: Path, *arguments: str) -> Ran:
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "CI": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", "-rfE", "-p", "no:cacheprovider", *arguments]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS)
    return Ran(ran.returncode, ran.stdout + ran.stderr)


def judged(mutant: Mutant, folder: Path, *, first_only: bool) -> Verdict:
    """What the tests say of ``mutant``, in a copy of the tree that is left as it was."""
    began = time.monotonic()
    file = folder / mutant.path
    source = file.read_text()
    try:
        file.write_text(mutant.apply(source))
        word, by = _asked(mutant, folder, first_only=first_only)
    except LookupError as error:
        word, by = "GONE", str(error)
    finally:
        file.write_text(source)
    return Verdict(mutant, word, by, time.monotonic() - began)


def _asked(mutant: Mutant, folder: Path, *, first_only: bool) -> tuple[str, str]:
    spoken = [(*mutant.tests, "-k", "not postgresql"), (*mutant.tests, "-k", "postgresql")]  # the quicker ones first
    others = ("tests", *(f"--ignore=tests/{name}" for name in NOT_ASKED))
    try:
        for tests in spoken if first_only else (*spoken, others):
            ran = pytest(folder, *tests)
            if ran.code == FAILED:
                return "killed", ran.first_failure
            if ran.code not in (PASSED, NONE_ASKED):
                return "BROKEN", ran.out.strip().splitlines()[
                    -1
                ] if ran.out.strip() else f"pytest ended with {ran.code}"
    except subprocess.TimeoutExpired:
        return "hangs", f"no end after {SECONDS} s"
    return "SURVIVED", ""


@contextmanager
def copies(count: int) -> Iterator[SimpleQueue[Path]]:
    """Folders with a copy of the tree each, to be taken and given back."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(count):
            folder = Path(place) / f"{number}"
            folder.mkdir()
            for name in COPIED:
                source = TREE / name
                if source.is_dir():
                    ignored = shutil.ignore_patterns("__pycache__")
                    shutil.copytree(source, folder / name, symlinks=True, ignore=ignored)
                else:
                    shutil.copy(source, folder / name)
            free.put(folder)
        yield free


def wanted(words: Sequence[str]) -> tuple[Mutant, ...]:
    return tuple(m for m in LISTED if not words or any(word in f"{m.path} {m.old} {m.harm}" for word in words))


def main(arguments: Sequence[str]) -> int:
    began, first_only = time.monotonic(), "--first" in arguments
    mutants = wanted([word for word in arguments if word != "--first"])
    whole = pytest(TREE, f"-n{WORKERS}", *sorted({name for mutant in mutants for name in mutant.tests}))
    if whole.code != PASSED:
        print(f"the tests fail without a mutant: {whole.first_failure or whole.out}")
        return 1
    verdicts = []
    with copies(WORKERS) as free, ThreadPoolExecutor(WORKERS) as pool:

        def in_turn(mutant: Mutant) -> Verdict:
            folder = free.get()
            try:
                return judged(mutant, folder, first_only=first_only)
            finally:
                free.put(folder)

        for done in as_completed([pool.submit(in_turn, mutant) for mutant in mutants]):
            verdicts.append(verdict := done.result())
            print(f"{verdict.word:8}  {verdict.seconds:5.1f} s  {verdict.mutant.path}: {verdict.mutant.harm}")
            print(f"{'':18}  {verdict.by}", flush=True)
    left = [verdict for verdict in verdicts if not verdict.killed]
    print(f"\n{len(verdicts) - len(left)} of {len(verdicts)} mutants killed, in {time.monotonic() - began:.0f} s")
    for word, by, mutant in ((verdict.word, verdict.by, verdict.mutant) for verdict in left):
        print(f"{word}  {mutant.path}: {mutant.harm}\n  {mutant.old!r} -> {mutant.new!r} {by}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
