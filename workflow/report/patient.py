"""A patient as they stand, and what may happen to them next."""

from __future__ import annotations

from datetime import date

from workflow.engine import chart as charts
from workflow.engine import due
from workflow.engine.answer import forward, possibilities
from workflow.engine.course import Definition
from workflow.engine.decision import Proposal
from workflow.report.views import Choice, Outlook, PatientView
from workflow.store.log import PatientRow


def view_of(row: PatientRow, definition: Definition) -> PatientView:
    chart = charts.loads(row.chart)
    return PatientView(
        id=row.id,
        trial=definition.protocol.trial,
        version=row.version,
        arm=row.arm,
        state=chart.state,
        title=definition.table(row.arm).by_name[chart.state].title,
        seq=row.seq,
        chart=chart,
        window=due.of_state(definition, chart),
    )


def outlook_of(view: PatientView, definition: Definition, on: date, today: date, role: str | None) -> Outlook:
    """Every trigger that leads on from here, decided as somebody in ``role`` would be answered on ``on``."""
    asked = Proposal("", on, today, role, {})
    choices = tuple(
        Choice(
            trigger=found.transition.trigger,
            kind=found.transition.kind,
            title=found.transition.title,
            target=found.transition.target,
            codes=found.transition.codes,
            roles=definition.roles.get(found.transition.trigger, ()),
            reasons=found.decision.reasons,
        )
        for found in possibilities(definition, view.chart, asked)
    )
    step = forward(definition, view.chart, asked)
    return Outlook(view, on, step.transition.trigger if step else None, choices)
