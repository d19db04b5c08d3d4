"""The two numbers that say which rules wrote something: of the decisions, and of the fold.

``ENGINE`` stands in every entry. Under one released number and one protocol, a question is answered alike for ever; a
change that can change any answer raises it, and between releases it ends in ``-dev``. ``FOLD`` stands in every
patient's row. It is raised when the chart that entries add up to, or the text it is kept as, changes.
"""

from __future__ import annotations

from functools import lru_cache

ENGINE = "1"
FOLD = 1


@lru_cache(maxsize=1024)
def rank(engine: str) -> tuple[int, bool]:
    """The order of engine numbers: ``2-dev`` comes after ``1`` and before ``2``. Raises ``ValueError``."""
    number, _, dev = engine.partition("-")
    if not (number.isascii() and number.isdigit()) or dev not in ("", "dev") or engine.endswith("-"):
        raise ValueError(f"not an engine number: {engine!r}")
    return int(number), not dev


def released(engine: str) -> bool:
    return rank(engine)[1]
