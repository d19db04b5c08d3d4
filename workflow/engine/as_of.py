"""What stood on a day: worked out from the facts and steps dated up to it, and from what is judged of them now.

Nothing dated after the day is seen, whatever was typed first; nothing that held on the day is forgotten because its end
was typed since. Each answer is worked out when it is asked for and kept for as long as the question lasts; one that
follows from a ``Subject`` alone, all of which is dated up to the day, for as long as nothing is added to the subject.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from workflow.engine import agents, due
from workflow.engine.agents import AgentAsOf
from workflow.engine.facts.adverse_event import FATAL, AdverseEvent, AdverseEventNews
from workflow.engine.facts.consent import Consent
from workflow.engine.facts.counts import Counts
from workflow.engine.facts.dose import Dose
from workflow.engine.facts.eligibility import Eligibility
from workflow.engine.facts.hold import Hold
from workflow.engine.facts.response import Response
from workflow.engine.facts.resume import Resume
from workflow.engine.facts.standing import by_day, of_the_last_day, up_to
from workflow.engine.lazy import kept, lazy
from workflow.engine.subjects import BARS, ELIGIBILITY, EVENTS, HOLDS, RESPONSES, STEPS, Subject
from workflow.protocol.model import Purpose, ResponseMeaning
from workflow.protocol.schedule import Interval
from workflow.protocol.table import Place, Table

if TYPE_CHECKING:
    from workflow.engine.chart import Chart, Step
    from workflow.engine.course import Definition

# The worse of two responses of one day.
_WORSE = {
    ResponseMeaning.REMISSION: 0,
    ResponseMeaning.PARTIAL: 1,
    ResponseMeaning.NONE: 2,
    ResponseMeaning.RELAPSE: 3,
    ResponseMeaning.PROGRESSION: 3,
}


_ENDS_TREATMENT = (ResponseMeaning.PROGRESSION, ResponseMeaning.RELAPSE)


class HoldSpan(NamedTuple):
    """Treatment was on hold from ``on`` up to, and without, ``until``; None is open. ``entry`` put the hold."""

    entry: int
    on: date
    code: str
    until: date | None

    @property
    def open(self) -> bool:
        return self.until is None


class CountsAsOf(NamedTuple):
    """The counts of the last day that has any; of several on it, the lower value of each."""

    on: date
    anc: str
    platelets: str
    entries: tuple[int, ...]


class EligibilityAsOf(NamedTuple):
    """The answers of the last day that has any; of several on it, whatever speaks against."""

    on: date
    routes: tuple[str, ...]
    failed: tuple[str, ...]
    unknown: tuple[str, ...]
    entries: tuple[int, ...]


class Point(NamedTuple):
    """An event from ``day`` on: its grade, the worst on that very day, and whether it is open."""

    day: date
    entry: int
    grade: int
    worst: int
    open: bool


class Event(NamedTuple):
    """An adverse event as it stood on the day. ``course`` is how it went up to then, by days."""

    entry: int
    on: date  # onset
    term: str
    attributed: tuple[str, ...] | None
    serious: bool
    unacceptable: bool
    course: tuple[Point, ...]
    stops: tuple[tuple[date, int, tuple[str, ...]], ...]  # day, entry, agents that an investigator stopped then

    @property
    def grade(self) -> int:
        return self.course[-1].grade

    @property
    def open(self) -> bool:
        return self.course[-1].open

    @property
    def fatal(self) -> bool:
        return self.grade == FATAL

    @property
    def told_by(self) -> int:
        """The entry that its present grade rests on."""
        return self.course[-1].entry

    @property
    def last_day(self) -> date:
        """The last day that anything of it is dated."""
        return max(self.course[-1].day, *(day for day, _, _ in self.stops)) if self.stops else self.course[-1].day

    def up_to(self, day: date) -> Event:
        """The event as it stood on ``day``, which is not before its onset."""
        if self.last_day <= day:
            return self
        return self._replace(
            course=tuple(point for point in self.course if point.day <= day),
            stops=tuple(stop for stop in self.stops if stop[0] <= day),
        )


def _known(chart: Chart) -> Iterator[Event]:
    """Every adverse event with all that was told of it, whatever the day. One is worked out anew when more is told."""
    told: dict[int, list[AdverseEventNews]] = {}
    for news in chart.of(AdverseEventNews):
        told.setdefault(news.of, []).append(news)
    for event in chart.of(AdverseEvent):
        news_of_it = told.get(event.entry, [])
        before = chart.events.get(event.entry)
        if before is None or before[0] is not event or before[1] != news_of_it:
            before = chart.events[event.entry] = (event, news_of_it, _as_known(event, news_of_it))
        yield before[2]


def _as_known(event: AdverseEvent, news: Sequence[AdverseEventNews]) -> Event:
    """An event with all that was told of it, whatever the day."""
    attributed, serious, unacceptable = event.attributed, bool(event.serious), event.unacceptable
    stops = [(event.on, event.entry, event.stops)] if event.stops else []
    for told in sorted(news, key=_by_entry) if len(news) > 1 else news:  # judgements: the latest that stands
        attributed = told.attributed if told.attributed is not None else attributed
        serious = told.serious if told.serious is not None else serious
        unacceptable = unacceptable or told.unacceptable
        if told.stops:
            stops.append((told.on, told.entry, told.stops))
    course = _course(event, news)
    return Event(event.entry, event.on, event.term, attributed, serious, unacceptable, course, tuple(stops))


def _course(event: AdverseEvent, news: Sequence[AdverseEventNews]) -> tuple[Point, ...]:
    """The event by days: the grade of a day is the worst told of it; an end ends it from its day on.

    Nothing comes after it was fatal.
    """
    first = Point(event.on, event.entry, event.grade, event.grade, True)
    if not news and event.resolved is None:
        return (first,)
    told: list[AdverseEvent | AdverseEventNews] = [event, *news]
    ends = {one.resolved: one.entry for one in told if one.resolved is not None}
    graded: dict[date, list[AdverseEvent | AdverseEventNews]] = {}
    for one in told:
        if one.grade is not None:
            graded.setdefault(one.on, []).append(one)
    points: list[Point] = []
    now = first
    for day in sorted({*graded, *ends}):
        now = _on_that_day(now, day, graded.get(day, ()), ends.get(day))
        points.append(now)
        if now.grade == FATAL:
            break
    return tuple(points)


def _on_that_day(
    before: Point, day: date, told: Sequence[AdverseEvent | AdverseEventNews], ended_by: int | None
) -> Point:
    """An event from ``day`` on, by what was told of that day, and by the entry that ended it then.

    What was open, ended and is open again on one day is open; what is open again and ended on one day has ended.
    """
    _, entry, grade, _, is_open = before
    worst = grade
    if told:
        worst = max(one.grade or 0 for one in told)
        timed = worst != FATAL and len(told) > 1 and all(one.time is not None for one in told)
        last = max(told, key=lambda one: ((one.time or "") if timed else "", one.grade or 0))
        entry, grade = last.entry, last.grade or 0
        if any(type(one) is AdverseEventNews and one.reopened for one in told):
            ended_by = None if is_open else ended_by
            is_open = True
    if ended_by is not None and grade != FATAL:
        return Point(day, ended_by, grade, worst, False)
    return Point(day, entry, grade, worst, is_open or grade == FATAL)


def _by_entry(news: AdverseEventNews) -> int:
    return news.entry


class AsOf:
    """One patient on one day."""

    def __init__(self, definition: Definition, chart: Chart, day: date) -> None:
        self.definition = definition
        self.chart = chart
        self.day = day
        self.table: Table = definition.table(chart.arm)
        self._kept: dict[Subject, dict[Any, Any]] = {}

    def kept_of(self, subject: Subject) -> dict[Any, Any]:
        """Where to keep what follows from ``subject`` alone: with the chart, where nothing of it is dated later."""
        found = self._kept.get(subject)
        if found is None:
            last, values = self.chart.kept_of(subject, self.definition.digest)
            found = self._kept[subject] = values if last <= self.day else {}
        return found

    # ── where the patient stood ──────────────────────────────────────────────────────────────────────────────────

    @kept(STEPS)
    def steps(self) -> Sequence[Step]:
        steps = self.chart.steps
        if not steps or steps[-1].on <= self.day:
            return steps
        return [step for step in steps if step.on <= self.day]

    @kept(STEPS)
    def state(self) -> str:
        return self.steps[-1].target if self.steps else self.table.initial

    @property
    def place(self) -> Place:
        return self.table.by_name[self.state]

    @property
    def on_treatment(self) -> bool:
        return self.place.cycle is not None

    @property
    def since(self) -> date:
        """The day of the last step."""
        return self.steps[-1].on if self.steps else self.chart.enrolled_on

    @kept(STEPS)
    def treatment_from(self) -> date | None:
        """Day 1 of the first cycle."""
        places = self.table.by_name
        return next((step.on for step in self.steps if places[step.target].cycle is not None), None)

    @kept(STEPS)
    def _last_cycle(self) -> Step | None:
        """The step into the running cycle; after treatment, into the last one."""
        places = self.table.by_name
        return next((step for step in reversed(self.steps) if places[step.target].cycle is not None), None)

    @property
    def cycle_from(self) -> date | None:
        """Day 1 of the running cycle; after treatment, of the last one."""
        return self._last_cycle.on if self._last_cycle is not None else None

    @kept(STEPS)
    def phase_from(self) -> date | None:
        """Day 1 of the running phase."""
        if not self.on_treatment:
            return None
        places, began = self.table.by_name, self.steps[-1]
        phase = places[began.target].phase
        for step in reversed(self.steps):
            if places[step.target].phase is not phase:
                break
            began = step
        return began.on

    @lazy
    def window(self) -> Interval | None:
        """When the step after the state opens, is due and becomes late; None where the protocol sets no time."""
        return due.of_state(self)

    @kept(STEPS)
    def end_of_treatment(self) -> Step | None:
        """The step that ended treatment."""
        last = self._last_cycle
        if last is None or self.on_treatment:
            return None
        return self.steps[self.steps.index(last) + 1]

    @property
    def treatment_to(self) -> date | None:
        ended = self.end_of_treatment
        return ended.on if ended is not None else None

    @property
    def off_study(self) -> Step | None:
        """The step by which the patient left the study."""
        return self.steps[-1] if self.steps and self.place.final else None

    @kept(STEPS)
    def visits(self) -> int:
        """How many repeating visits there were."""
        count, here = 0, self.table.initial
        for step in self.steps:
            visit = self.table.by_name[here].visit
            if visit is not None and visit.months is not None and step.target == here:
                count += 1
            here = step.target
        return count

    @kept(STEPS)
    def left(self) -> Step | None:
        """The exit taken last."""
        return next((step for step in reversed(self.steps) if step.code is not None), None)

    @kept(STEPS)
    def death(self) -> Step | None:
        return self._exit(Purpose.DEATH)

    @kept(STEPS)
    def loss(self) -> Step | None:
        """The step by which the patient was lost to follow-up."""
        return self._exit(Purpose.LOSS)

    @kept(STEPS)
    def over(self) -> bool:
        """Whether the patient died, was lost, or left the study."""
        return self.death is not None or self.loss is not None or self.off_study is not None

    def _exit(self, purpose: Purpose) -> Step | None:
        triggers = self.definition.triggers_for(purpose)
        return next((step for step in reversed(self.steps) if step.trigger in triggers), None)

    # ── taking part ──────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def consents(self) -> Sequence[Consent]:
        """The consents of the last day that has any."""
        return of_the_last_day(self.chart.of(Consent), self.day)

    @kept(ELIGIBILITY)
    def eligibility(self) -> EligibilityAsOf | None:
        answers = of_the_last_day(self.chart.of(Eligibility), self.day)
        if not answers:
            return None
        if len(answers) == 1:
            one = answers[0]
            return EligibilityAsOf(one.on, (one.route,), one.failed, one.unknown, (one.entry,))
        return EligibilityAsOf(
            answers[0].on,
            tuple(dict.fromkeys(answer.route for answer in answers)),
            tuple(dict.fromkeys(id for answer in answers for id in answer.failed)),
            tuple(dict.fromkeys(id for answer in answers for id in answer.unknown)),
            tuple(answer.entry for answer in answers),
        )

    @kept(ELIGIBILITY)
    def ineligible(self) -> dict[str, int]:
        """The criteria last found to keep the patient out, each with the entry that says so.

        An answer stands until the criterion is answered again; that it is unknown is no answer.
        """
        found: dict[str, int] = {}
        if len(self.chart.of(Eligibility)) == 1:
            (only,) = self.chart.of(Eligibility)
            return dict.fromkeys(only.failed, only.entry) if only.on <= self.day else found
        for answers in by_day(up_to(self.chart.of(Eligibility), self.day)):
            open_still = {id for answer in answers for id in answer.unknown}
            found = {id: entry for id, entry in found.items() if id in open_still}
            found |= {id: answer.entry for answer in answers for id in answer.failed}
        return found

    # ── results ──────────────────────────────────────────────────────────────────────────────────────────────────

    @lazy
    def counts(self) -> CountsAsOf | None:
        taken = of_the_last_day(self.chart.of(Counts), self.day)
        if not taken:
            return None
        if len(taken) == 1:
            one = taken[0]
            return CountsAsOf(one.on, one.anc, one.platelets, (one.entry,))
        anc, platelets = (min((getattr(one, name) for one in taken), key=float) for name in ("anc", "platelets"))
        return CountsAsOf(taken[0].on, anc, platelets, tuple(one.entry for one in taken))

    @kept(RESPONSES)
    def response(self) -> Response | None:
        """The assessment of the last day that has any; of several on it, the worst."""
        seen = of_the_last_day(self.chart.of(Response), self.day)
        if len(seen) == 1:
            return seen[0]
        return max(seen, key=lambda one: (_WORSE[self.meaning(one)], one.response), default=None)

    def meaning(self, seen: Response) -> ResponseMeaning:
        return self.definition.meanings[seen.response]

    @kept(RESPONSES)
    def progression(self) -> Response | None:
        """The first progression or relapse since treatment began: it stands."""
        began = self.treatment_from
        if began is None:
            return None  # the disease that brought the patient in
        found: Response | None = None
        for one in up_to(self.chart.of(Response), self.day):
            if found is not None and one.on > found.on:
                break
            if one.on >= began and self.meaning(one) in _ENDS_TREATMENT:
                found = one if found is None else min(found, one, key=lambda each: each.response)
        return found

    @kept(RESPONSES)
    def no_response(self) -> Response | None:
        """The last assessment, if it is one of treatment and found no response."""
        seen, began = self.response, self.treatment_from
        if seen is None or began is None or seen.on < began:
            return None
        return seen if self.meaning(seen) is ResponseMeaning.NONE else None

    @lazy
    def doses(self) -> Sequence[Dose]:
        return up_to(self.chart.of(Dose), self.day)

    @lazy
    def last_dose_on(self) -> date | None:
        if not self.doses:
            return None
        ran_on = (min(dose.last_day, self.day) for dose in self.doses if dose.until is not None)
        return max(self.doses[-1].on, max(ran_on, default=date.min))

    # ── what holds treatment back ────────────────────────────────────────────────────────────────────────────────

    @kept(HOLDS)
    def holds(self) -> Sequence[HoldSpan]:
        """Every hold up to the day, the oldest first; treatment's end ends them."""
        put = up_to(self.chart.of(Hold), self.day)
        if not put:
            return ()
        ends = {resumed.of: resumed.on for resumed in up_to(self.chart.of(Resume), self.day)}
        over = self.treatment_to
        spans: list[HoldSpan] = []
        for hold in put:
            resumed = ends.get(hold.entry)
            until = min(resumed, over) if resumed is not None and over is not None else resumed or over
            spans.append(HoldSpan(hold.entry, hold.on, hold.code, until))
        return spans

    @property
    def hold(self) -> HoldSpan | None:
        """The hold that is open; of several, the oldest."""
        return next((span for span in self.holds if span.open), None)

    @kept(EVENTS)
    def events(self) -> Sequence[Event]:
        """Every adverse event up to the day, open or not, the oldest first."""
        return [event.up_to(self.day) for event in _known(self.chart) if event.on <= self.day]

    @kept(EVENTS)
    def fatal_events(self) -> Sequence[Event]:
        return [event for event in self.events if event.fatal]

    @kept(EVENTS)
    def unacceptable_events(self) -> Sequence[Event]:
        """Those that were declared unacceptable, on whatever day."""
        return [event for event in self.events if event.unacceptable]

    @kept(EVENTS)
    def touched(self) -> frozenset[str]:
        """The agents that an event may have held or stopped."""
        return agents.touched(self)

    @lazy
    def of_events(self) -> dict[Any, Any]:
        """Where to keep what follows from the events alone."""
        return self.kept_of(EVENTS)

    @lazy
    def of_bars(self) -> tuple[dict[date | None, bool], date | None]:
        """Where to keep that nothing bars a dose, and of which day: None is every day behind what may bar one."""
        last, values = self.chart.kept_of(BARS, self.definition.digest)
        if last < self.day:
            return values, None
        return values if last == self.day else {}, self.day

    # ── agents ───────────────────────────────────────────────────────────────────────────────────────────────────

    def agent(self, key: str) -> AgentAsOf:
        found = self._agents.get(key)
        if found is None:
            found = self._agents[key] = agents.on_day(self, key)
        return found

    @lazy
    def _agents(self) -> dict[str, AgentAsOf]:
        return {}
