"""The pages of the documentation, and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = tuple(sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")]))


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, info: str) -> Iterator[str]:
    """The fenced blocks of a page that are marked with ``info``."""
    found = re.finditer(rf"^```{re.escape(info)}\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return (block[1] for block in found)
