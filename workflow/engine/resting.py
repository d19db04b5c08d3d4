"""What rests on what is taken back: the steps and doses that were right with it, and would be refused without. Pure.

They stay: what was decided stays decided. Whoever corrects is told of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from workflow.engine.answer import Definitions, answer, definition_on
from workflow.engine.chart import Chart, Kept, Step
from workflow.engine.decision import Proposal, Reason, Trigger
from workflow.engine.facts.dose import Dose
from workflow.protocol.model import Purpose


class Resting(NamedTuple):
    """A step or a dose, and the reasons against it that a correction brings.

    An exit is refused for nothing of the kind: it has none, and rests on what it was taken for.
    """

    what: Step | Dose
    reasons: tuple[Reason, ...]


def resting_on(definitions: Definitions, before: Chart, after: Chart, today: date) -> Iterator[Resting]:
    """By the charts before and after a correction; what it put in the place of the old is no part of it."""
    standing = {step.entry for step in before.steps} | {dose.entry for dose in before.of(Dose)}
    was, now = Without(before), Without(after)
    told: list[Step | Dose] = [*after.steps, *after.of(Dose)]
    for one in sorted(told, key=_place):
        what = Trigger(one.trigger, one.code) if isinstance(one, Step) else one
        asked = Proposal(what, one.on, today, None, one.entry)
        if one.entry in standing and isinstance(one, Step) and _lost(definitions, was(asked), now(asked), one):
            yield Resting(one, ())
        if one.entry not in standing or not (reasons := answer(definitions, now(asked), asked).decision.reasons):
            continue
        known = answer(definitions, was(asked), asked).decision.reasons
        if new := tuple(reason for reason in reasons if reason not in known):
            yield Resting(one, new)


def _lost(definitions: Definitions, before: Chart, after: Chart, exit: Step) -> bool:
    """Whether nothing that an exit was taken for stands any more: the disease, the toxicity, the fatal event."""
    return _taken_for(definitions, before, exit) and not _taken_for(definitions, after, exit)


def _taken_for(definitions: Definitions, chart: Chart, exit: Step) -> bool:
    definition = definition_on(definitions, chart, exit.on)
    then = chart.as_of(definition, exit.on)
    row = then.table.by_trigger.get((then.state, exit.trigger))
    match row.purpose if row is not None else None:
        case Purpose.PROGRESSION:
            return then.progression is not None or then.no_response is not None
        case Purpose.TOXICITY:
            return bool(then.unacceptable_events)
        case Purpose.DEATH:
            return bool(then.fatal_events)
    return False


class Without:
    """A chart without one of its steps or doses, and without the steps from it on: as that was asked of it.

    What the answers follow from is no dose, so that charts of as many steps share what they keep.
    """

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._steps = [_place(step) for step in chart.steps]
        self._doses = [_place(dose) for dose in chart.of(Dose)]
        self._kept: dict[int, Kept] = {}

    def __call__(self, asked: Proposal) -> Chart:
        chart, lists = self._chart, self._chart.lists()
        count = bisect_left(self._steps, _place(asked))
        if isinstance(asked.what, Dose):
            place, doses = bisect_left(self._doses, _place(asked)), chart.of(Dose)
            lists[Dose.KIND] = [*doses[:place], *doses[place + 1 :]]
        kept = self._kept.setdefault(count, {})
        return Chart(chart.arm, chart.enrolled_on, chart.under, chart.steps[:count], lists, kept, chart.events)


def _place(one: Step | Dose | Proposal) -> tuple[date, int]:
    return one.on, one.entry
