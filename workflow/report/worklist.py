"""The due list's items."""

from __future__ import annotations

from datetime import date

from workflow.engine import stored
from workflow.engine.answer import forward
from workflow.engine.course import Definition
from workflow.engine.decision import Proposal, Stated, Trigger
from workflow.engine.numbers import FOLD
from workflow.errors import DamagedRow
from workflow.report.views import DueItem
from workflow.store.form import agrees
from workflow.store.log import DueRow


def item_of(row: DueRow, definition: Definition, day: date) -> DueItem:
    """What is due for the patient of ``row``, and what would hold it back on ``day`` (with a reason for any delay)."""
    if row.fold != FOLD:
        late = (day - row.due_on).days
        return DueItem(row.id, row.arm, row.state, None, row.opens_on, row.due_on, late, False, (), stale=True)
    chart = stored.loads(row.chart)
    if not agrees(chart, row.arm, row.digest, row.state):
        raise DamagedRow("its row is damaged: arm, digest or state are not what its chart says")
    window = chart.as_of(definition, date.max).window
    step = forward(definition, chart, Proposal(Trigger(""), day, day, None, 0, stated=Stated.GIVEN))
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
