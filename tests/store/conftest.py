"""A desk at a new trial, on SQLite and on PostgreSQL; on the disk as it is in use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.library.desk import Desk


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    desk = Desk(database_url)
    yield desk
    desk.close()
