"""A patient's row: what its columns say of the chart, and the values that open it and move it on."""

from __future__ import annotations

from datetime import date
from typing import Any

from workflow.engine import stored
from workflow.engine.answer import Columns
from workflow.engine.chart import Chart
from workflow.engine.numbers import FOLD
from workflow.ledger.entry import Sealed, chain_of, id_key
from workflow.store.log import PatientRow


def keep(row: PatientRow, chart: Chart, columns: Columns) -> None:
    """Put the chart, and what it means for the columns, into the row."""
    row.digest = chart.under[-1].digest
    row.fold, row.chart = FOLD, stored.dumps(chart)
    row.state, row.opens_on, row.due_on = columns.state, _written(columns.opens_on), _written(columns.due_on)


def found_by(row: PatientRow) -> dict[str, Any]:
    """What the row is found again by, as long as none of patient, people and trial has moved on."""
    return {
        "b_chain": row.chain,
        "b_seq": row.seq,
        "b_people_seq": row.people_seq,
        "b_trial_seq": row.trial_seq,
    }


def values_of(row: PatientRow) -> dict[str, Any]:
    """What of the row ever changes."""
    return {
        "digest": row.digest,
        "state": row.state,
        "seq": row.seq,
        "head": row.head,
        "fold": row.fold,
        "chart": row.chart,
        "opens_on": _written(row.opens_on),
        "due_on": _written(row.due_on),
    }


def first(patient: str, sealed: Sealed, chart: Chart, columns: Columns) -> dict[str, Any]:
    """The row of a patient whose enrolment was just sealed."""
    return {
        "chain": chain_of(patient),
        "id_key": id_key(patient),
        "id": patient,
        "digest": chart.under[-1].digest,
        "arm": chart.arm,
        "seq": 1,
        "head": sealed.hash,
        "fold": FOLD,
        "chart": stored.dumps(chart),
        "enrolled_on": chart.enrolled_on.isoformat(),
        "state": columns.state,
        "opens_on": _written(columns.opens_on),
        "due_on": _written(columns.due_on),
    }


def _written(day: date | str | None) -> str | None:
    """A day as a row has it; of a row that was read, as the driver gave it."""
    return day.isoformat() if isinstance(day, date) else day
