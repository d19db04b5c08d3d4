"""Every link within the documentation leads somewhere, and every page is led to."""

from __future__ import annotations

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


@pytest.mark.parametrize("page", [page for page in PAGES if page != ROOT / "README.md"], ids=name)
def test_a_page_is_led_to_from_the_index_or_from_its_own_folder(page: Path) -> None:
    leading = {ROOT / "docs" / "index.md", ROOT / "README.md", page.parent / "README.md"} - {page}
    there = (home.parent / link.partition("#")[0] for home in leading if home.is_file() for link in links(home))
    assert page in {target.resolve() for target in there}
