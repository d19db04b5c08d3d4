"""What is kept from one chart to the next changes no answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.case import Case, event
from tests.engine.case import day as after
from tests.engine.stories import Thing, stories
from tests.engine.test_order import questions
from workflow.engine import agents, stored
from workflow.engine.as_of import AsOf
from workflow.engine.chart import Chart
from workflow.engine.facts import Fact
from workflow.engine.lazy import Kept
from workflow.engine.subjects import EVENTS, Subject

pytestmark = pytest.mark.usefixtures("either_toy")

Story = tuple[date, tuple[Thing, ...]]


def of_each_agent(ask: Callable[[AsOf, str], object]) -> Callable[[AsOf], object]:
    return lambda then: [ask(then, agent) for agent in then.definition.agents_of(then.chart.arm)]


KEPT: dict[str, tuple[Subject, Callable[[AsOf], object]]] = {
    **{
        name: (value.subject, lambda then, name=name: getattr(then, name))
        for name, value in vars(AsOf).items()
        if isinstance(value, Kept)
    },
    **{ask.__name__: (EVENTS, of_each_agent(ask)) for ask in (agents.is_barred, agents.stopped_by, agents.holds_of)},
}


def afresh(case: Case) -> Case:
    """The same patient, of whom nothing was worked out yet."""
    other = case.copy()
    other.chart = stored.loads(stored.dumps(case.chart))
    return other


def known(case: Case, day: date) -> dict[str, object]:
    then = case.chart.as_of(case.definition, day)
    return {name: ask(then) for name, (_, ask) in KEPT.items()}


def hold_to_the_chart(case: Case, days: Sequence[date]) -> None:
    for day in days:
        assert known(case, day) == known(afresh(case), day)
        for one, two in zip(questions(case, day), questions(afresh(case), day), strict=True):
            assert one == two


@given(stories(), st.data())
def test_asked_again_and_again_a_chart_answers_as_one_that_was_just_read(story: Story, data: st.DataObject) -> None:
    on, things = story
    days = [on, on + timedelta(1), on + timedelta(400), *(thing.on for thing in things)]
    case, entries, charts = Case(), dict[int, int](), list[Case]()
    for number, thing in enumerate(things):
        entries[number] = case.fold(thing.what(entries), thing.on, target=thing.target, code=thing.code, at=thing.time)
        asked = data.draw(st.lists(st.sampled_from(days), max_size=3))
        hold_to_the_chart(case, asked)
        charts.append(case.copy())
    for before in charts:  # what later charts worked out is not theirs
        hold_to_the_chart(before, [data.draw(st.sampled_from(days))])
    taken = case.copy()
    taken.chart = case.chart.without(data.draw(st.sampled_from([0, *entries.values()])))
    hold_to_the_chart(taken, days[:2])
    hold_to_the_chart(case, days[:2])


class Watched(Chart):
    """A chart that notes what it is asked for."""

    def __init__(self, chart: Chart) -> None:
        self.asked: set[object] = set()
        super().__init__(chart.arm, chart.enrolled_on, chart.under, chart.steps, dict(chart.lists()))

    def __getattribute__(self, name: str) -> Any:
        if name == "steps":
            super().__getattribute__("asked").add("steps")
        return super().__getattribute__(name)

    def of(self, kind: type[Any]) -> Sequence[Any]:
        self.asked.add(kind)
        found: Sequence[Fact] = super().of(kind)
        return found


@given(stories())
def test_what_is_kept_by_a_subject_asks_for_nothing_else(story: Story) -> None:
    on, things = story
    case, entries = Case(), dict[int, int]()
    for number, thing in enumerate(things):
        entries[number] = case.fold(thing.what(entries), thing.on, target=thing.target, code=thing.code, at=thing.time)
    for name, (subject, ask) in KEPT.items():
        chart = Watched(case.chart)
        ask(chart.as_of(case.definition, on))
        allowed = {*subject.kinds, "steps"} if subject.steps else {*subject.kinds}
        assert chart.asked <= allowed, name


@pytest.mark.parametrize("asked_before", [True, False])
def test_an_event_that_was_told_with_its_end_is_open_before_it_and_not_behind(asked_before: bool) -> None:
    case = Case()
    if asked_before:
        hold_to_the_chart(case, [after(9)])
    case.fold(event(resolved=after(20)), after(9))
    hold_to_the_chart(case, [after(days) for days in (10, 30, 19, 20, 8)])
