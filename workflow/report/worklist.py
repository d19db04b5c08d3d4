"""The due list's items."""

from __future__ import annotations

from datetime import date

from workflow.engine import chart as charts
from workflow.engine import due
from workflow.engine.answer import forward
from workflow.engine.course import Definition
from workflow.engine.decision import Proposal
from workflow.report.views import DueItem
from workflow.store.log import DueRow


def item_of(row: DueRow, definition: Definition, day: date) -> DueItem:
    """What is due for the patient of ``row``, and what would hold it back on ``day`` (with a reason for any delay)."""
    chart = charts.loads(row.chart)
    window = due.of_state(definition, chart)
    step = forward(definition, chart, Proposal("", day, day, None, {}, reasoned=True))
    return DueItem(
        patient=row.id,
        arm=row.arm,
        state=row.state,
        trigger=step.transition.trigger if step else None,
        opens_on=row.opens_on,
        due_on=row.due_on,
        days_late=(day - (window.last if window else row.due_on)).days,
        long_delay=window is not None and window.warn is not None and day >= window.warn,
        blocked=tuple(reason.code for reason in step.decision.reasons) if step else (),
    )
