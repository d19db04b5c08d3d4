"""Rows that are none, beside a list of the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workflow.cli.screen import streams
from workflow.errors import WHAT_TO_DO, DamagedRow, Exit


def as_json(found: Sequence[DamagedRow]) -> list[dict[str, Any]]:
    return [{"chain": one.chain, "seq": one.seq, "message": one.message} for one in found]


def end(found: Sequence[DamagedRow]) -> Exit:
    """Each in a line on stderr, and what to do; how a list ends."""
    for said in dict.fromkeys(one.message for one in found):
        streams.complain(f"not shown: {said}")
    if not found:
        return Exit.DONE
    streams.complain(WHAT_TO_DO)
    return DamagedRow.exit
