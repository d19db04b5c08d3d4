"""The reference says what the command says."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.cli.regimen import TREE
from workflow.errors import Exit

PAGE = TREE / "docs" / "reference" / "cli.md"


def test_the_reference_is_up_to_date() -> None:
    cog = [sys.executable, "-m", "cogapp", "-I", ".", "--check", "--diff", str(PAGE.relative_to(TREE))]
    ran = subprocess.run(cog, cwd=TREE, capture_output=True, text=True)
    assert ran.returncode == 0, f"run `make docs`\n{ran.stdout}{ran.stderr}"


def test_the_reference_lists_the_exit_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {name: int(code) for code, name in rows} == {code.name: int(code) for code in Exit}
