"""An adverse event, and news of it: how severe it is by date, and what people judge of it.

Grade and end are facts with dates of their own. What is judged of an event - what it is attributed to, whether it was
serious, whether an investigator declares it unacceptable - has none: the judgement that stands counts from the event's
first day on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from workflow.engine.course import Definition
from workflow.engine.decision import Args, Reason, Strength
from workflow.engine.facts.check import agent_key, term_key
from workflow.engine.facts.fact import Fact, Telling, When
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from workflow.engine.chart import Chart
    from workflow.engine.guards.situation import Situation

FATAL = 5


class AdverseEvent(Fact, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A CTCAE v5 ``term`` (its key; ``said`` is what was typed for it) and ``grade``, with onset on its day.

    ``attributed`` are the agents that caused it: none where it is empty, not judged yet where it is None. ``stops`` are
    agents that an investigator stops for good, on the day of this fact.
    """

    KIND = "adverse_event"
    TITLE = "adverse event"
    AFTER_STUDY = True

    term: str
    grade: int
    resolved: date | None = None
    attributed: tuple[str, ...] | None = None
    serious: bool | None = None
    unacceptable: bool = False
    stops: tuple[str, ...] = ()
    said: str | None = None

    def says(self) -> tuple[str, ...]:
        return _says(self)

    @property
    def last_day(self) -> date:
        return self.resolved or self.on

    def forbids(self, now: Situation) -> Iterator[Reason]:
        yield from _resolved(self.resolved, now)
        if self.resolved is not None and self.grade == FATAL:
            yield Reason("adverse_event.fatal_resolved", {"resolved": f"{self.resolved}"}, Strength.NEVER)

    def words(self, definition: Definition) -> str:
        title = definition.terms[self.term].title if self.term in definition.terms else self.term
        return "; ".join([f"{title} grade {self.grade}", *_rest(self, definition)])


class AdverseEventNews(Fact, frozen=True, array_like=True, forbid_unknown_fields=True):
    """News of the event that entry ``of`` recorded. What is None stays as it was.

    ``grade`` is its grade from this day on; ``resolved`` the day it ended; with ``reopened`` it goes on after an end.
    """

    KIND = "adverse_event_news"
    TITLE = "news of an adverse event"
    PERMISSION = "adverse_event"
    AFTER_STUDY = True

    of: int
    grade: int | None = None
    resolved: date | None = None
    attributed: tuple[str, ...] | None = None
    serious: bool | None = None
    unacceptable: bool = False
    stops: tuple[str, ...] = ()
    reopened: bool = False

    @property
    def last_day(self) -> date:
        return max(self.on, self.resolved or self.on)

    def says(self) -> tuple[str, ...]:
        return _says(self)

    def refers_to(self) -> tuple[int, ...]:
        return (self.of,)

    def forbids(self, now: Situation) -> Iterator[Reason]:
        yield from _resolved(self.resolved, now)
        event = now.chart.event(self.of)
        if event is None:
            yield Reason("adverse_event.unknown", {"entry": self.of}, Strength.NEVER)
            return
        earliest = min(self.on, self.resolved or self.on)
        if earliest < event.on:
            args: Args = {"on": f"{earliest}", "onset": f"{event.on}"}
            yield Reason("adverse_event.before_onset", args, Strength.NEVER, (event.entry,))
        yield from self._against_what_stands(event, now)

    def _against_what_stands(self, event: AdverseEvent, now: Situation) -> Iterator[Reason]:
        news = now.chart.news_of(event.entry)
        told: list[AdverseEvent | AdverseEventNews] = [event, *news]
        ends = [(one.resolved, one.entry) for one in told if one.resolved is not None]
        evidence = set(self._against_a_fatal_grade(told))
        if evidence or (self.grade == FATAL and self.resolved is not None):
            yield Reason("adverse_event.fatal_resolved", {}, Strength.NEVER, tuple(sorted(evidence)))
        if self.grade is not None and not self.reopened:
            for end, entry in ends:
                if end < self.on and not _reopened_between(news, end, self.on):
                    yield Reason("adverse_event.ended", {"ended": f"{end}"}, Strength.NEVER, (entry,))
        if self.resolved is not None:
            yield from self._ends_before(news, ends)

    def _against_a_fatal_grade(self, told: Sequence[AdverseEvent | AdverseEventNews]) -> Iterator[int]:
        """The entries that give it a fatal grade, where this says that it went on or ended; and the other way round."""
        for one in told:
            if one.grade == FATAL:
                lower = self.grade is not None and self.grade != FATAL and self.on > one.on
                if lower or (self.resolved is not None and self.resolved >= one.on):
                    yield one.entry
            if self.grade == FATAL:
                lower = one.grade is not None and one.grade != FATAL and one.on > self.on
                if lower or (one.resolved is not None and one.resolved >= self.on):
                    yield one.entry

    def _ends_before(self, news: Sequence[AdverseEventNews], ends: Sequence[tuple[date, int]]) -> Iterator[Reason]:
        assert self.resolved is not None
        for end, entry in ends:
            if self.reopened and end <= self.on:
                continue
            if not (_reopened_between(news, end, self.resolved) or _reopened_between(news, self.resolved, end)):
                yield Reason("adverse_event.ended", {"ended": f"{end}"}, Strength.NEVER, (entry,))
        later = [
            n.entry
            for n in news
            if n.grade is not None and n.on > self.resolved and not _reopened_between(news, self.resolved, n.on)
        ]
        if later:
            args: Args = {"resolved": f"{self.resolved}"}
            yield Reason("adverse_event.goes_on", args, Strength.NEVER, tuple(later))

    def words(self, definition: Definition) -> str:
        said = [f"of entry {self.of}"]
        said += [f"grade {self.grade}"] if self.grade is not None else []
        said += ["it is open again"] if self.reopened else []
        return "; ".join([*said, *_rest(self, definition)])


def resting_on(fact: Fact, now: Situation) -> Iterator[int]:
    """The later news that contradict what is left of their event once ``fact``, which opens it again, is gone."""
    if not isinstance(fact, AdverseEventNews) or not fact.reopened:
        return
    without = now.chart.without(fact.entry)
    event = without.event(fact.of)
    if event is None:
        return
    for told in without.news_of(fact.of):
        others = replace(now, chart=without.without(told.entry))
        if told.last_day >= fact.on and any(True for _ in told._against_what_stands(event, others)):
            yield told.entry


def _reopened_between(news: Sequence[AdverseEventNews], end: date, day: date) -> bool:
    return any(n.reopened and end <= n.on <= day for n in news)


def _says(fact: AdverseEvent | AdverseEventNews) -> tuple[str, ...]:
    """What is for an investigator to say of an event."""
    said = (("declare_unacceptable", fact.unacceptable), ("stop_agent", bool(fact.stops)))
    return tuple(action for action, wanted in said if wanted)


def _resolved(resolved: date | None, now: Situation) -> Iterator[Reason]:
    if resolved is not None and resolved > now.proposal.today:
        yield Reason("dates.future", {"on": f"{resolved}", "today": f"{now.proposal.today}"}, Strength.NEVER)


def _rest(fact: AdverseEvent | AdverseEventNews, definition: Definition) -> Iterator[str]:
    titles = definition.agent_titles
    if fact.resolved is not None:
        yield f"resolved {fact.resolved}"
    if fact.attributed is not None:
        agents = ", ".join(titles.get(key, key) for key in fact.attributed)
        yield f"attributed to {agents or 'no agent'}"
    if fact.serious:
        yield "serious"
    if fact.unacceptable:
        yield "declared unacceptable"
    if fact.stops:
        yield f"stops {', '.join(titles.get(key, key) for key in fact.stops)}"


# ── as people tell them ────────────────────────────────────────────────────────────────────────────────────────────


def grade_of(grade: object) -> int:
    if type(grade) is not int or not 1 <= grade <= FATAL:
        raise InvalidInput(f"a CTCAE grade is 1 to 5, not {grade}")
    return grade


def adverse_event(
    definition: Definition,
    when: When,
    *,
    term: str,
    grade: int,
    attributed: Sequence[str] | None = None,
    serious: bool = False,
    unacceptable: bool = False,
    resolved: date | None = None,
    stops: Sequence[str] = (),
    described: bool = False,
) -> AdverseEvent:
    """``described``: a note says what it was, which the term `other` needs."""
    grade = grade_of(grade)
    if resolved is not None and resolved < when.on:
        raise InvalidInput(f"resolved on {resolved}, before {when.on}")
    key = term_key(definition, term)
    if key == "other" and not described:
        raise InvalidInput("the term `other` needs a note that says what it was")
    said = term.strip()
    return AdverseEvent(
        *when,
        key,
        grade,
        resolved,
        _agents(definition, attributed),
        bool(serious) or None,
        bool(unacceptable),
        tuple(agent_key(definition, agent) for agent in stops),
        said if said != key else None,
    )


def news(
    definition: Definition,
    when: When,
    of: int,
    *,
    grade: int | None = None,
    attributed: Sequence[str] | None = None,
    unacceptable: bool = False,
    resolved: date | None = None,
    stops: Sequence[str] = (),
    reopened: bool = False,
) -> AdverseEventNews:
    """News that say nothing are an ``InvalidInput``; so is an event that opens again without its grade."""
    if grade is None and attributed is None and resolved is None and not (unacceptable or stops):
        raise InvalidInput(
            f"nothing is said about the adverse event of entry {of}",
            hint="its grade, its end, what it is attributed to, ...",
        )
    if reopened and grade is None:
        raise InvalidInput("an event that is open again has a grade", hint="say which")
    if grade is not None and resolved is not None and resolved < when.on:
        raise InvalidInput(
            f"it resolved on {resolved}, before it was grade {grade} on {when.on}",
            hint="say with --on from which day on it had that grade",
        )
    return AdverseEventNews(
        *when,
        of,
        grade_of(grade) if grade is not None else None,
        resolved,
        _agents(definition, attributed),
        None,
        bool(unacceptable),
        tuple(agent_key(definition, agent) for agent in stops),
        reopened,
    )


def _agents(definition: Definition, agents: Sequence[str] | None) -> tuple[str, ...] | None:
    return tuple(agent_key(definition, agent) for agent in agents) if agents is not None else None


def telling(**told: Any) -> Telling:
    """``told`` are the arguments of ``adverse_event`` beside the first two."""
    return Telling(AdverseEvent.KIND, told, lambda definition, _, when: adverse_event(definition, when, **told))


def telling_news(of: int, **told: Any) -> Telling:
    """``told`` are the arguments of ``news`` beside the first three."""
    return Telling(
        AdverseEventNews.KIND,
        {"of": of, **told},
        lambda definition, _, when: news(definition, when, of, **told),
        lambda chart: _day_of_news(chart, of, **told),
    )


def _day_of_news(
    chart: Chart,
    of: int,
    *,
    grade: int | None = None,
    resolved: date | None = None,
    stops: Sequence[str] = (),
    **_: Any,
) -> date | None:
    """An end is news of its own day. A judgement has no day of its own: it is put on the event's first. Else today."""
    if grade is not None or stops:
        return None
    event = chart.event(of)
    return resolved or (event.on if event is not None else None)
