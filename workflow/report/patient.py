"""A patient as they stood on a day, and what may happen to them next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from workflow.engine.answer import Possibility, forward, possibilities
from workflow.engine.as_of import AsOf
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.decision import Proposal, Trigger
from workflow.engine.facts.response import Response
from workflow.report.reasons import shown
from workflow.report.views import (
    Agent,
    Answered,
    Assessed,
    Choice,
    Consented,
    Counted,
    Event,
    Held,
    Outlook,
    PatientView,
    Standing,
)


def view_of(
    id: str,
    seq: int,
    chart: Chart,
    definition: Definition,
    on: date,
    today: date,
    zone: str | None,
    *,
    stale: bool = False,
    known_by: date | None = None,
) -> PatientView:
    then = chart.as_of(definition, on)
    return PatientView(
        id=id,
        trial=definition.protocol.trial,
        version=definition.version,
        edition=definition.protocol.edition,
        digest=definition.digest,
        arm=chart.arm,
        state=then.state,
        title=then.place.title,
        seq=seq,
        enrolled_on=chart.enrolled_on,
        as_of=on,
        today=today,
        zone=zone,
        standing=standing_of(then),
        window=then.window,
        stale=stale,
        known_by=known_by,
    )


def standing_of(then: AsOf) -> Standing:
    ended, left, death, answers, counts = then.end_of_treatment, then.left, then.death, then.eligibility, then.counts
    return Standing(
        treatment_from=then.treatment_from,
        cycle_from=then.cycle_from,
        phase_from=then.phase_from,
        treatment_to=then.treatment_to,
        ended_by=ended.trigger if ended is not None else None,
        ended_code=ended.code if ended is not None else None,
        since=then.since,
        left_by=left.trigger if left is not None else None,
        left_code=left.code if left is not None else None,
        died_on=death.on if death is not None else None,
        visits=then.visits,
        last_dose_on=then.last_dose_on,
        on_treatment=then.on_treatment,
        final=then.place.final,
        consents=tuple(Consented(one.entry, one.on, one.version) for one in then.consents),
        eligibility=(
            Answered(answers.entries, answers.on, answers.routes, answers.failed, answers.unknown) if answers else None
        ),
        counts=Counted(counts.entries, counts.on, counts.anc, counts.platelets) if counts else None,
        response=_assessed(then.response),
        progression=_assessed(then.progression),
        holds=tuple(Held(span.entry, span.on, span.code) for span in then.holds if span.open),
        events=tuple(
            Event(e.entry, e.on, e.term, e.grade, e.open, e.attributed, e.serious, e.unacceptable)
            for e in then.events
            if e.open or e.unacceptable
        ),
        agents=tuple(_agent(then, key) for key in then.definition.agents_of(then.chart.arm)),
    )


def _assessed(seen: Response | None) -> Assessed | None:
    return Assessed(seen.entry, seen.on, seen.response, seen.mrd) if seen is not None else None


def _agent(then: AsOf, key: str) -> Agent:
    found = then.agent(key)
    return Agent(key, found.state, found.since, found.entry, found.doses, found.held_by, found.proposed)


def outlook_of(view: PatientView, chart: Chart, definition: Definition, roles: Sequence[str] = ()) -> Outlook:
    """Every trigger that leads on from here, decided as somebody in ``roles`` would be answered on the view's day.

    Each in the first role that may ask for it; without ``roles`` as for somebody who may.
    """
    asked = Proposal(Trigger(""), view.as_of, view.today, None, view.seq + 1)
    found: dict[str, tuple[bool, Possibility]] = {}
    for role in roles or (None,):
        for one in possibilities(definition, chart, replace(asked, role=role)):
            trigger = one.transition.trigger
            may = role is None or role in definition.roles.get(trigger, ())
            if trigger not in found or (may and not found[trigger][0]):
                found[trigger] = (may, one)
    choices = tuple(
        Choice(
            trigger=one.transition.trigger,
            kind=one.transition.kind,
            title=one.transition.title,
            target=one.transition.target,
            codes=one.transition.codes,
            roles=definition.roles.get(one.transition.trigger, ()),
            reasons=shown(one.decision.reasons, definition, view.zone),
        )
        for _, one in found.values()
    )
    step = forward(definition, chart, asked)
    return Outlook(view, view.as_of, step.transition.trigger if step else None, choices)
