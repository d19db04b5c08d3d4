"""The due list."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from workflow.cli.screen import streams, table
from workflow.cli.screen.style import NOTHING, Text, bad, quiet, strong, warn
from workflow.errors import DatabaseError, InvalidProtocol, UnknownArm, UnknownProtocol
from workflow.report.words.grammar import several
from workflow.report.words.protocol import state_name

if TYPE_CHECKING:
    from workflow.desk.trial import Trial
    from workflow.report.views import DueItem, DuePage


def show(trial: Trial, page: DuePage) -> None:
    rows = (
        (
            strong(item.patient),
            item.arm,
            _state(trial, item),
            item.trigger or NOTHING,
            str(item.due_on),
            _late(item, page.on),
            warn("not known: stale") if item.stale else ", ".join(item.blocked) or NOTHING,
        )
        for item in page.items
    )
    table.show(("patient", "arm", "state", "step", "due", "days late", "blocked by"), rows)
    stale = sum(item.stale for item in page.items)
    if stale:
        streams.talk(f"regimen: {several(stale, 'row')} of another version of the software: regimen db upgrade")


def _state(trial: Trial, item: DueItem) -> str:
    """The state in short, as the newest installed version that has it calls it."""
    for version in reversed(trial.installed()):
        with suppress(UnknownProtocol, UnknownArm, InvalidProtocol, DatabaseError):
            found = trial.definition(version).table(item.arm)
            if item.state in found.by_name:
                return state_name(found, item.state)
    return item.state


def _late(item: DueItem, day: date) -> Text:
    if item.long_delay:
        return bad(f"{item.days_late} LONG")
    if item.days_late > 0:
        return warn(str(item.days_late))
    return quiet(f"in {(item.due_on - day).days}" if day < item.due_on else "due")
