"""Questions to whoever sits at a terminal. Scripts are never asked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from workflow.cli.call import Call
from workflow.cli.screen import streams

if TYPE_CHECKING:
    from workflow.report.views import Result


def possible(call: Call) -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin is not None and sys.stdin.isatty() and streams.watched() and not call.json


def given_all_the_same(result: Result, reason: str | None) -> str | None:
    """Whether a refused dose was given: the reason why, None where it was not.

    Where a reason cannot be overridden, a yes is not enough: the patient's id is typed back.
    """
    if any(one.hard for one in result.reasons):
        said = _answer(f"was it given all the same? then type the patient's id, {result.patient}: ")
        if said.casefold() != result.patient.casefold():
            return None
    elif not agreed("was it given all the same?"):
        return None
    return reason or _answer("why, in words: ") or None


def agreed(question: str) -> bool:
    return _answer(f"{question} [y/N] ").lower() in ("y", "yes")


def _answer(question: str) -> str:
    """What is typed, nothing where the input ends."""
    streams.ask(question)
    return sys.stdin.readline().strip()
