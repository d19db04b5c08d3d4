"""A desk at a new trial, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.library.desk import Desk


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    yield desk
    desk.close()


@pytest.fixture
def quick_desk(sqlite_url: str) -> Iterator[Desk]:
    """On SQLite alone: for what does not depend on the database."""
    desk = Desk(sqlite_url)
    yield desk
    desk.close()
