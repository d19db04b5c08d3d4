"""Everybody: the list of patients, and how many of each arm are in which phase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from workflow.cli.call import Call
from workflow.cli.screen import json, streams, style, table
from workflow.cli.screen.damage import as_json
from workflow.cli.screen.style import NOTHING, strong
from workflow.errors import DamagedRow, DatabaseError, InvalidProtocol, UnknownArm, UnknownProtocol
from workflow.report.words.grammar import several
from workflow.report.words.protocol import phase_name

if TYPE_CHECKING:
    from workflow.desk.trial import Trial
    from workflow.protocol.table import Table
    from workflow.report.views import PatientSummary

Tables = Mapping[tuple[str, str], "Table"]  # by version and arm


def show(
    call: Call,
    trial: Trial,
    found: Sequence[PatientSummary],
    damaged: Sequence[DamagedRow] = (),
    *,
    some: bool = False,
    as_of: date | None = None,
    known_by: date | None = None,
) -> None:
    """``some``: those of an arm, in a state, of a day alone were asked for."""
    tables = _tables(trial, found)
    counted = Counter((one.arm, _phase(tables, one)) for one in found)
    arms = sorted({arm for arm, _ in counted})
    phases = _in_order(tables.values(), {phase for _, phase in counted})
    if call.json:
        counts = {arm: {phase: counted[arm, phase] for phase in phases if counted[arm, phase]} for arm in arms}
        asked = {"as_of": as_of, "known_by": known_by}
        json.show({"items": found, "counts": counts, **asked, "damaged": as_json(damaged)})
        return
    if not found and damaged:
        return
    if not found:
        none = "none of the patients stands there" if some else "there are no patients yet"
        streams.talk(f"regimen: {none}: regimen {'show lists them all' if some else 'enroll PATIENT --arm ARM'}")
        return
    rows = (
        (strong(one.id), one.arm, one.state, str(one.enrolled_on), _or_nothing(one.due_on), one.version)
        for one in found
    )
    table.show(("patient", "arm", "state", "enrolled", "due", "protocol"), rows)
    style.line()
    totals = [
        (phase, *(_or_nothing(counted[arm, phase]) for arm in arms), str(sum(counted[arm, phase] for arm in arms)))
        for phase in phases
    ]
    everyone = [str(sum(counted[arm, phase] for phase in phases)) for arm in arms]
    stale = sum(one.stale for one in found)
    headers = ("phase", *(f"arm {arm}" for arm in arms), "all")
    table.show(headers, [*totals, ("all", *everyone, str(len(found)))], right=headers[1:])
    if stale:
        streams.talk(f"regimen: {several(stale, 'row')} of another version of the software: regimen db upgrade")


def _or_nothing(value: object) -> str:
    return str(value or NOTHING)


# ── phases ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _tables(trial: Trial, found: Sequence[PatientSummary]) -> Tables:
    """The tables of the arms that there are patients in; none of a version that this software cannot run."""
    tables: dict[tuple[str, str], Table] = {}
    for version, arm in sorted({(one.version, one.arm) for one in found}):
        with suppress(UnknownProtocol, UnknownArm, InvalidProtocol, DatabaseError):
            tables[version, arm] = trial.definition(version).table(arm)
    return tables


def _phase(tables: Tables, one: PatientSummary) -> str:
    known = tables.get((one.version, one.arm))
    return phase_name(known, one.state) if known is not None else one.state


def _in_order(tables: Iterable[Table], there: set[str]) -> list[str]:
    """The phases where somebody is, in the order of the path: each after what comes before it in its own arm."""
    order: list[str] = []
    for path in tables:
        at = 0
        for place in path.places:
            phase = phase_name(path, place.name)
            if phase not in order:
                order.insert(at, phase)
            at = order.index(phase) + 1
    return [*(phase for phase in order if phase in there), *sorted(there - {*order})]
