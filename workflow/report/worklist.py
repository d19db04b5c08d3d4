"""The due list's items."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace

from workflow.engine import stored
from workflow.engine.answer import forward
from workflow.engine.as_of import AsOf
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.decision import Proposal, Stated, Trigger
from workflow.engine.numbers import FOLD
from workflow.errors import DamagedRow
from workflow.protocol.schedule import Interval
from workflow.report.views import DueItem
from workflow.store.form import agrees
from workflow.store.log import DueRow

BEHIND = ("dates.before_previous", "order.")  # the reasons that look at what is dated behind the day


def item_of(row: DueRow, definition: Definition, day: date) -> DueItem:
    """What is due for the patient of ``row``, and what would hold it back on ``day`` (with a reason for any delay)."""
    if row.fold != FOLD:
        late = (day - row.due_on).days
        return DueItem(row.id, row.arm, row.state, None, row.opens_on, row.due_on, late, False, (), stale=True)
    chart = stored.loads(row.chart)
    if not agrees(chart, row.arm, row.digest, row.state):
        raise DamagedRow("its row is damaged: arm, digest or state are not what its chart says")
    window = chart.as_of(definition, date.max).window
    return _item(row.id, chart, row.state, (row.opens_on, row.due_on), window, definition, day)


def item_then(id: str, then: AsOf, window: Interval, day: date) -> DueItem:
    """The same by a chart, as it stood ``then``, when ``window`` was what was waited for.

    What is dated behind that day had held nothing back on it.
    """
    item = _item(id, then.chart, then.state, (window.opens, window.due), window, then.definition, day)
    return replace(item, blocked=tuple(code for code in item.blocked if not code.startswith(BEHIND)))


def _item(
    id: str,
    chart: Chart,
    state: str,
    days: tuple[date, date],
    window: Interval | None,
    definition: Definition,
    day: date,
) -> DueItem:
    opens_on, due_on = days
    step = forward(definition, chart, Proposal(Trigger(""), day, day, None, 0, stated=Stated.GIVEN))
    return DueItem(
        patient=id,
        arm=chart.arm,
        state=state,
        trigger=step.transition.trigger if step else None,
        opens_on=opens_on,
        due_on=due_on,
        days_late=(day - (window.last if window else due_on)).days,
        long_delay=window is not None and window.warn is not None and day >= window.warn,
        blocked=tuple(reason.code for reason in step.decision.reasons) if step else (),
    )
