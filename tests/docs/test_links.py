"""Every link within the documentation leads somewhere, and every page is led to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, links, name


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        if "://" in path:
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_that_are_named_are_there(page: Path) -> None:
    """A path in the tree, or in ``workflow/``; what a page tells its reader to write is not in the house yet."""
    rooms = "|".join(sorted(folder.name for folder in (ROOT / "workflow").iterdir() if folder.is_dir()))
    for path in re.findall(rf"`((?:workflow/)?(?:{rooms})/[\w/]+\.py)`", page.read_text("utf-8")):
        if "v2026_02" not in path:
            assert (ROOT / path).is_file() or (ROOT / "workflow" / path).is_file(), path


@pytest.mark.parametrize("page", [page for page in PAGES if page != ROOT / "README.md"], ids=name)
def test_a_page_is_led_to_from_the_index_or_from_its_own_folder(page: Path) -> None:
    leading = {ROOT / "docs" / "index.md", ROOT / "README.md", page.parent / "README.md"} - {page}
    there = (home.parent / link.partition("#")[0] for home in leading if home.is_file() for link in links(home))
    assert page in {target.resolve() for target in there}
