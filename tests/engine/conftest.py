"""Tests that say ``usefixtures("either_toy")`` run once on each toy, in which nothing is called alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine import case


@pytest.fixture(scope="module", params=list(case.TOYS))
def either_toy(request: pytest.FixtureRequest) -> Iterator[str]:
    case.play(request.param)
    yield request.param
    case.play("toy")
