"""One patient as the engine sees them: a definition, a chart, and entries folded into it. No database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from tests.library.desk import ENROLLED, PATH, day
from tests.toy import TOY
from workflow.engine import chart as charts
from workflow.engine import facts
from workflow.engine.answer import decide
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.decision import Decision, Proposal, Reason
from workflow.protocol.model import Protocol

TODAY = date(2025, 6, 15)
DEFINITION = Definition(TOY)


class Case:
    """``ask`` decides and leaves the chart as it is; ``do`` decides, insists that it is allowed, and folds it in."""

    def __init__(self, protocol: Protocol = TOY, arm: str = "A") -> None:
        self.definition = DEFINITION if protocol is TOY else Definition(protocol)
        self.chart: Chart = charts.enrolled(self.definition, arm, ENROLLED)
        self.seq = 1

    def ask(
        self,
        action: str,
        on: date,
        data: dict[str, Any] | None = None,
        *,
        role: str | None = "investigator",
        today: date = TODAY,
        code: str | None = None,
        reason: bool = False,
        override: bool = False,
    ) -> Decision:
        asked = Proposal(action, on, today, role, data or {}, code, reason, override)
        return decide(self.definition, self.chart, asked)

    def do(
        self, action: str, on: date, data: dict[str, Any] | None = None, *, code: str | None = None, **more: Any
    ) -> Decision:
        """Allowed (or overridden), and folded in as the next entry."""
        decision = self.ask(action, on, data, code=code, **more)
        assert decision.allowed, decision.reasons
        self.fold(action, on, data, target=decision.target, code=code)
        return decision

    def fold(
        self,
        action: str,
        on: date,
        data: dict[str, Any] | None = None,
        *,
        target: str | None = None,
        code: str | None = None,
    ) -> int:
        """An allowed entry folded into the chart, whatever a guard would say; its number."""
        self.seq += 1
        charts.apply(
            self.definition, self.chart, seq=self.seq, action=action, on=on, target=target, code=code, data=data or {}
        )
        return self.seq

    # ── facts, as people tell them ───────────────────────────────────────────────────────────────────────────────

    def consent(self, on: date = ENROLLED, version: str = "1") -> int:
        return self.fold(charts.CONSENT, on, {"version": version})

    def eligible(self, on: date = ENROLLED, *, others: bool = True, **answers: bool | None) -> int:
        told = facts.eligibility(self.definition, "IN01", answers, others=others)
        return self.fold(charts.ELIGIBILITY, on, told)

    def counts(self, on: date, anc: str = "2.5", platelets: str = "120") -> int:
        return self.fold(charts.COUNTS, on, facts.counts(anc, platelets))

    def response(self, on: date, category: str) -> int:
        return self.fold(charts.RESPONSE, on, facts.response(self.definition, category, None))

    def dose(self, on: date, agent: str = "alpha") -> int:
        return self.fold(charts.DOSE, on, facts.dose(self.definition, agent, None, None))

    def hold(self, on: date) -> int:
        return self.fold(charts.HOLD, on, facts.hold("infection"))

    def resume(self, on: date) -> int:
        return self.fold(charts.RESUME, on)

    def event(self, on: date, term: str = "nausea", grade: int = 3, **more: Any) -> int:
        """An adverse event, attributed to beta unless told otherwise."""
        return self.fold(charts.ADVERSE_EVENT, on, self.told(on, term, grade, **more))

    def news(self, of: int, on: date, grade: int, **more: Any) -> int:
        """News of the event that entry ``of`` recorded."""
        known = self.chart.toxicity(of)
        assert known is not None
        more = {"attributed": known.attributed, **more}
        return self.fold(charts.ADVERSE_EVENT, on, self.told(on, known.term, grade, of=of, **more))

    def told(self, on: date, term: str = "nausea", grade: int = 3, **more: Any) -> dict[str, Any]:
        more = {"attributed": ("beta",), "described": True, **more}
        return facts.adverse_event(self.definition, term=term, grade=grade, on=on, **more)

    def agent(self, key: str) -> str:
        return self.chart.agent(key).state


def at(state: str, protocol: Protocol = TOY) -> Case:
    """A patient walked along the path to ``state``, every step on the day it is due."""
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
    assert case.chart.state == state
    return case


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def reason(decision: Decision, code: str) -> Reason:
    """The one reason of this code."""
    (found,) = (reason for reason in decision.reasons if reason.code == code)
    return found


def with_guards(trigger: str, source: str, *guards: Any) -> Protocol:
    """The toy with other guards on one of the steps between states."""
    arm = TOY.arms[0]
    steps = tuple(
        replace(step, guards=guards) if (step.trigger, step.source) == (trigger, source) else step for step in arm.steps
    )
    assert steps != arm.steps
    return replace(TOY, arms=(replace(arm, steps=steps),))


__all__ = ["DEFINITION", "TODAY", "Case", "at", "codes", "day", "reason", "with_guards"]
