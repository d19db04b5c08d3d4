"""A desk at a new trial, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.library.desk import Desk


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    from tests.library.desk import Desk  # here: what tests the tables alone needs no desk

    desk = Desk(database_url)
    yield desk
    desk.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests whose writes need not survive a power cut."""
    monkeypatch.setattr("workflow.store.engine.SYNCHRONOUS", "off")
