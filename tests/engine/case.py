"""One patient as the engine sees them: a definition, a chart, and entries answered into it. No database.

Tests are written in the words of ``tests.toy``. Where the toy in other words is played, every name is translated on its
way in, and back on its way out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from msgspec.structs import replace

from tests import toy2
from tests.library.desk import ENROLLED, PATH, day
from tests.toy import TOY
from workflow.engine import answer as engine
from workflow.engine.agents import AgentAsOf
from workflow.engine.answer import Answer, answer
from workflow.engine.as_of import AsOf
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.decision import Decision, Enrolment, Mode, Proposal, Reason, Stated, Trigger, Void
from workflow.engine.facts import Fact, Telling, When
from workflow.engine.facts import adverse_event as adverse_events
from workflow.engine.facts import consent as consents
from workflow.engine.facts import counts as counted
from workflow.engine.facts import dose as doses
from workflow.engine.facts import eligibility as eligibilities
from workflow.engine.facts import hold as holds
from workflow.engine.facts import response as responses
from workflow.engine.facts import resume as resumptions
from workflow.protocol.model import Protocol
from workflow.report.words import reasons as words

TODAY = date(2025, 6, 15)
DEFINITION = Definition(TOY)


# ── which toy ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Toy(NamedTuple):
    there: Callable[[str], str]
    back: Callable[[str], str]
    translated: Callable[[Protocol], Protocol]


def _as_it_is(name: Any) -> Any:
    return name


TOYS = {"toy": Toy(_as_it_is, _as_it_is, _as_it_is), "toy2": Toy(toy2.there, toy2.back, toy2.translated)}
_playing = TOYS["toy"]


def play(name: str) -> None:
    """From now on cases are of this toy."""
    global _playing
    _playing = TOYS[name]


def there(name: str) -> str:
    return _playing.there(name)


@cache
def _definition(toy: Toy, protocol: Protocol) -> Definition:
    return Definition(toy.translated(protocol))


def _in_toys_words(value: Any) -> Any:
    match value:
        case str():
            return _playing.back(value)
        case list():
            return [_in_toys_words(each) for each in value]
    return value


def back(decision: Decision) -> Decision:
    """A decision in the toy's words."""
    reasons = tuple(
        Reason(r.code, {name: _in_toys_words(value) for name, value in r.args.items()}, r.strength, r.evidence)
        for r in decision.reasons
    )
    source, target = _in_toys_words(decision.source), _in_toys_words(decision.target)
    deviations = tuple(map(_playing.back, decision.deviations))
    return replace(decision, source=source, target=target, reasons=reasons, deviations=deviations)


# ── facts, as people tell them ─────────────────────────────────────────────────────────────────────────────────────


def consent(version: str | None = "1") -> Telling:
    return consents.telling(version)


def eligible(*, others: bool = True, **answers: bool | None) -> Telling:
    told = {there(criterion): said for criterion, said in answers.items()}
    return eligibilities.telling(there("IN01"), told, others=others)


def counts(anc: str = "2.5", platelets: str = "120") -> Telling:
    return counted.telling(anc, platelets)


def response(key: str, mrd: str | None = None) -> Telling:
    return responses.telling(there(key), mrd)


def dose(agent: str = "alpha") -> Telling:
    return doses.telling(there(agent))


def hold(code: str = "infection") -> Telling:
    return holds.telling(there(code))


def resume(of: int | None = None) -> Telling:
    return resumptions.telling(of)


def event(term: str = "nausea", grade: int = 3, **more: Any) -> Telling:
    """An adverse event, attributed to beta unless told otherwise."""
    return adverse_events.telling(
        term=there(term), grade=grade, **_agents({"attributed": ("beta",), "described": True, **more})
    )


def news(of: int, grade: int | None = None, **more: Any) -> Telling:
    return adverse_events.telling_news(of, grade=grade, **_agents(more))


def _agents(told: dict[str, Any]) -> dict[str, Any]:
    for name in ("attributed", "stops"):
        if told.get(name) is not None:
            told[name] = tuple(map(there, told[name]))
    return told


# ── a patient ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Case:
    """``ask`` answers and leaves the chart as it is; ``do`` insists that it is allowed, and keeps the chart.

    ``fold`` puts something in whatever a guard would say.
    """

    def __init__(self, protocol: Protocol = TOY, arm: str = "A") -> None:
        self.definition = _definition(_playing, protocol)
        what = Enrolment("P1", there(arm), self.definition.digest)
        opened = answer(self.definitions, None, Proposal(what, ENROLLED, TODAY, None, 1))
        assert opened.chart is not None
        self.chart: Chart = opened.chart
        self.seq = 1

    def definitions(self, digest: str) -> Definition:
        assert digest == self.definition.digest
        return self.definition

    def copy(self) -> Case:
        """The same patient; what is done to the one is not done to the other."""
        other = object.__new__(Case)
        other.definition, other.chart, other.seq = self.definition, self.chart, self.seq
        return other

    def proposal(
        self,
        what: str | Telling | Fact | Void,
        on: date,
        *,
        role: str | None = "investigator",
        today: date = TODAY,
        code: str | None = None,
        reason: bool = False,
        override: bool = False,
        happened: bool = False,
        at: str | None = None,
        cause: int | None = None,
    ) -> Proposal:
        asked: Trigger | Fact | Void
        match what:
            case str():
                asked = Trigger(there(what), there(code) if code is not None else None)
            case Telling():
                asked = what.make(self.definition, self.chart, When(self.seq + 1, on, at))
            case _:
                asked = what
        mode = Mode.OVERRIDE if override else Mode.HAPPENED if happened else Mode.ASK
        stated = Stated.GIVEN if reason else None
        who = there(role) if role is not None else None
        return Proposal(asked, on, today, who, self.seq + 1, mode, stated, cause)

    def answer(self, what: str | Telling | Fact | Void, on: date, **more: Any) -> Answer:
        return answer(self.definitions, self.chart, self.proposal(what, on, **more))

    def ask(self, what: str | Telling | Fact | Void, on: date, **more: Any) -> Decision:
        return back(self.answer(what, on, **more).decision)

    def do(self, what: str | Telling | Fact | Void, on: date, **more: Any) -> Decision:
        """Allowed (or passed), and in the chart as the next entry."""
        found = self.answer(what, on, **more)
        assert found.decision.allowed, found.decision.reasons
        assert found.chart is not None
        self.chart = found.chart
        self.seq += 1
        return back(found.decision)

    def fold(self, what: str | Telling | Fact, on: date, *, target: str | None = None, **more: Any) -> int:
        """In the chart as the next entry, whatever a guard would say; its number."""
        proposal = self.proposal(what, on, **more)
        self.chart = engine.fold(self.chart, proposal, there(target) if target is not None else None)
        self.seq += 1
        return self.seq

    # ── facts put in ─────────────────────────────────────────────────────────────────────────────────────────────

    def consent(self, on: date = ENROLLED, version: str = "1") -> int:
        return self.fold(consent(version), on)

    def eligible(self, on: date = ENROLLED, *, others: bool = True, **answers: bool | None) -> int:
        return self.fold(eligible(others=others, **answers), on)

    def counts(self, on: date, anc: str = "2.5", platelets: str = "120", at: str | None = None) -> int:
        return self.fold(counts(anc, platelets), on, at=at)

    def response(self, on: date, key: str, at: str | None = None) -> int:
        return self.fold(response(key), on, at=at)

    def dose(self, on: date, agent: str = "alpha") -> int:
        return self.fold(dose(agent), on)

    def hold(self, on: date, code: str = "infection") -> int:
        return self.fold(hold(code), on)

    def resume(self, on: date, of: int | None = None) -> int:
        return self.fold(resume(of), on)

    def event(self, on: date, term: str = "nausea", grade: int = 3, at: str | None = None, **more: Any) -> int:
        return self.fold(event(term, grade, **more), on, at=at)

    def news(self, of: int, on: date, grade: int | None = None, at: str | None = None, **more: Any) -> int:
        return self.fold(news(of, grade, **more), on, at=at)

    # ── what it means ────────────────────────────────────────────────────────────────────────────────────────────

    def then(self, on: date = date.max) -> AsOf:
        return AsOf(self.definition, self.chart, on)

    @property
    def state(self) -> str:
        return _playing.back(self.then().state)

    @property
    def since(self) -> date:
        return self.then().since

    def agent(self, key: str, on: date = date.max) -> AgentAsOf:
        return self.then(on).agent(there(key))


def at(state: str, protocol: Protocol = TOY) -> Case:
    """A patient walked along the path to ``state``, every step on the day it is due."""
    return _walked(_playing, state, protocol).copy()


@cache
def _walked(toy: Toy, state: str, protocol: Protocol) -> Case:
    assert toy is _playing
    case = Case(protocol)
    if state == "screening":
        return case
    case.consent()
    case.eligible()
    for name, trigger, on in PATH:
        if name.startswith("treatment.consolidation"):
            case.counts(on - timedelta(days=1))
        case.do(trigger, on)
        if name == state:
            return case
    case.do("withdraw", TODAY, code="withdrawn")
    assert case.state == state
    return case


# ── what was answered ──────────────────────────────────────────────────────────────────────────────────────────────


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def reason(decision: Decision, code: str) -> Reason:
    """The one reason of this code."""
    (found,) = (reason for reason in decision.reasons if reason.code == code)
    return found


def said(reason: Reason) -> str:
    return words.sentence(reason, DEFINITION)


def lifted_by(reason: Reason) -> str:
    return words.lifted_by(reason, DEFINITION)


def with_guards(trigger: str, source: str, *guards: Any) -> Protocol:
    """The toy with other guards on one of the steps between states."""
    arm = TOY.arms[0]
    steps = tuple(
        replace(step, guards=guards) if (step.trigger, step.source) == (trigger, source) else step for step in arm.steps
    )
    assert steps != arm.steps
    return replace(TOY, arms=(replace(arm, steps=steps),))


__all__ = ["DEFINITION", "TODAY", "Case", "at", "codes", "day", "lifted_by", "reason", "said", "with_guards"]
