"""The cases of the real trial: every arm of every version walked to its end, and every rule about every agent."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any

from tests.corpus.recorded import Recorder
from tests.engine.case import Case, day
from tests.library.desk import ENROLLED
from workflow import trials
from workflow.engine import due
from workflow.engine.answer import forward
from workflow.engine.facts import adverse_event, consent, counts, dose, eligibility, response
from workflow.protocol.model import Protocol

TODAY = date(2030, 1, 1)
REGISTERED = date(2024, 1, 3)
MODES: tuple[dict[str, bool], ...] = ({}, {"override": True, "reason": True}, {"happened": True, "reason": True})


def screened(protocol: Protocol, arm: str) -> Case:
    case = Case(protocol, arm)
    case.do(consent.telling(), ENROLLED)
    case.do(eligibility.telling(case.definition.arm(arm).routes[0], {}, others=True), ENROLLED)
    return case


def treated(protocol: Protocol, arm: str) -> Case:
    case = screened(protocol, arm)
    case.do("register", REGISTERED)
    case.do("start_cycle", day(1))
    return case


def walk(record: Recorder, protocol: Protocol, arm: str) -> None:
    """The path forward, each step on the day it is due; at each state every way on, and a dose of every agent."""
    case, on = screened(protocol, arm), REGISTERED
    for _ in range(60):
        case.do(counts.telling("2", "100"), on, today=TODAY)
        for row, mode in product(case.then().table.outgoing[case.state], MODES):
            record.ask(f"{case.state} {row.trigger}", case, row.trigger, on, today=TODAY, **mode)
        for agent in case.definition.agents_of(arm):
            record.ask(f"{case.state} {agent}", case, dose.telling(agent), on, today=TODAY)
        found = forward(case.definition, case.chart, case.proposal("register", on, today=TODAY))
        if found is None or on > date(2027, 12, 1):
            return
        case.do(found.transition.trigger, on, today=TODAY, reason=True)
        window = due.of_state(case.then())
        on = window.due if window is not None else on + timedelta(days=5)
    raise AssertionError("the path has no end")


def rules(record: Recorder, protocol: Protocol, arm: str) -> None:
    """Every rule about an agent, around its grade, whatever is said of the cause, on both sides of the onset."""
    asked: set[tuple[Any, ...]] = set()
    for agent, about in treated(protocol, arm).definition.rules_of(arm).items():
        for rule in about:
            terms = rule.terms[:2] or ("nausea", "anemia")
            grades = {max(1, rule.grade - 1), rule.grade, min(5, rule.grade + 1)}
            causes = (None, (), (agent,))
            for asking in product([agent], terms, sorted(grades), causes, (None, day(9), day(10))):
                if asking in asked:
                    continue
                asked.add(asking)
                _, term, grade, cause, resolved = asking
                case = treated(protocol, arm)
                told = adverse_event.telling(term=term, grade=grade, attributed=cause, resolved=resolved)
                case.fold(told, day(5))
                for on in (day(4), day(5), day(9), day(10)):
                    record.ask(f"{agent} {term} {grade} by {cause} to {resolved}", case, dose.telling(agent), on)


def criteria(record: Recorder, protocol: Protocol, arm: str) -> None:
    """Every criterion and part said to hold, not to hold, not to be known."""
    for criterion, said, others in product(protocol.criteria, (True, False, None), (True, False)):
        case = Case(protocol, arm)
        case.do(consent.telling(), ENROLLED)
        route = case.definition.arm(arm).routes[0]
        case.do(eligibility.telling(route, {criterion.id: said}, others=others), ENROLLED)
        record.ask(f"{criterion.id} {said} others {others}", case, "register", REGISTERED)


def disease(record: Recorder, protocol: Protocol, arm: str) -> None:
    for category, on in product(protocol.responses, (day(0), day(1), day(20), day(28), day(29), day(30))):
        case = treated(protocol, arm)
        case.fold(response.telling(category.key), on)
        case.do(counts.telling("2", "100"), day(28))
        record.ask(f"{category.key} of {on}", case, "start_cycle", day(29), reason=True)
        record.ask(f"{category.key} of {on}, a dose", case, dose.telling("dexamethasone"), day(29))


def play(record: Recorder) -> None:
    for version in trials.VERSIONS:
        protocol = trials.find(version)
        for arm in protocol.arms:
            for subject in (walk, criteria, disease):
                record.about(version, f"{subject.__name__} {arm.key}")
                subject(record, protocol, arm.key)
        record.about(version, "rules")
        rules(record, protocol, protocol.arms[0].key)  # they are about agents, which every arm gives
