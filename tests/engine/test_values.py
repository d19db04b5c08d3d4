"""For every value that a rule reads: present and good, present and bad, absent, unjudged, stale. Only the first passes.

A row is one rule: what is asked, and for each way in which its value can be, how a patient comes to be so. Where a rule
knows no such way (a hold is never stale) the row has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from tests.engine.case import Case, at, codes, day, dose
from tests.library.desk import CONSOLIDATION, DAY_30, INDUCTION
from tests.toy import LABEL, TOY
from workflow.engine.decision import Decision
from workflow.protocol.model import AgentAction, ToxicityRule

pytestmark = pytest.mark.usefixtures("either_toy")

GOOD = "good"
DUE = day(29)  # cycle 2
REGISTERED = date(2024, 1, 3)
EARLIER, LATER = date(2023, 12, 1), date(2024, 1, 4)

Made = Callable[[], Case]
Rule = tuple[Callable[[Case], Decision], dict[str, Made]]
RULES: dict[str, Rule] = {}


def made(state: str, *told: tuple[Any, ...], before: Callable[[Case], object] | None = None) -> Made:
    """A patient in ``state`` of whom facts were told: a method of ``Case``, its arguments, by name the last."""

    def make() -> Case:
        case = at(state)
        if before is not None:
            before(case)
        for name, *arguments in told:
            more = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
            getattr(case, name)(*arguments, **more)
        return case

    return make


def rule(name: str, asked: Callable[[Case], Decision], **ways: Made) -> None:
    RULES[name] = asked, ways


# ── taking part ────────────────────────────────────────────────────────────────────────────────────────────────────


def register(case: Case) -> Decision:
    return case.ask("register", REGISTERED)


FIT, AGREED = ("eligible", EARLIER), ("consent", EARLIER)

rule(
    "consent",
    register,
    good=made("screening", FIT, AGREED),
    bad=made("screening", FIT, ("consent", EARLIER, "0")),
    absent=made("screening", FIT),
    not_yet=made("screening", FIT, ("consent", LATER)),
    superseded=made("screening", FIT, AGREED, ("consent", REGISTERED, "2")),
    mixed=made("screening", FIT, AGREED, ("consent", EARLIER, "0")),
)
rule(
    "eligibility",
    register,
    good=made("screening", AGREED, FIT),
    bad=made("screening", AGREED, ("eligible", EARLIER, {"IN02": False})),
    bad_route=made("screening", AGREED, ("eligible", EARLIER, {"IN01": False})),
    excluded=made("screening", AGREED, ("eligible", EARLIER, {"EX01": True})),
    absent=made("screening", AGREED),
    not_yet=made("screening", AGREED, ("eligible", LATER)),
    unjudged=made("screening", AGREED, ("eligible", EARLIER, {"EX01": None})),
    unanswered=made("screening", AGREED, ("eligible", EARLIER, {"others": False, "IN02": True})),
    superseded=made("screening", AGREED, FIT, ("eligible", REGISTERED, {"EX01": True})),
    mixed=made("screening", AGREED, FIT, ("eligible", EARLIER, {"EX01": True})),
)
rule(
    "a criterion by its parts",
    register,
    good=made("screening", AGREED, ("eligible", EARLIER, {"IN02A": True, "IN02B": True})),
    bad=made("screening", AGREED, ("eligible", EARLIER, {"IN02A": False, "IN02B": False, "IN02C": False})),
    bad_said_of_the_whole=made(
        "screening", AGREED, ("eligible", EARLIER, {"IN02": True, "IN02A": False, "IN02C": False})
    ),
    absent=made("screening", AGREED, ("eligible", EARLIER, {"others": False, "EX01": False})),
    unjudged=made("screening", AGREED, ("eligible", EARLIER, {"IN02A": None})),
    half=made("screening", AGREED, ("eligible", EARLIER, {"others": False, "EX01": False, "IN02A": True})),
    exception_not_said=made("screening", AGREED, ("eligible", EARLIER, {"IN02A": False})),
)
rule(
    "an exception of a criterion",
    register,
    good=made("screening", AGREED, ("eligible", EARLIER, {"IN02A": False, "IN02C": True})),
    bad=made("screening", AGREED, ("eligible", EARLIER, {"IN02A": False, "IN02C": False})),
    absent=made("screening", AGREED, ("eligible", EARLIER, {"IN02A": False})),
    unjudged=made("screening", AGREED, ("eligible", EARLIER, {"IN02A": False, "IN02C": None})),
)


def start(case: Case) -> Decision:
    return case.ask("start_cycle", day(1))


rule(
    "what was in order at registration, at the first day of treatment",
    start,
    good=made("enrolled"),
    bad=made("enrolled", ("eligible", day(0), {"EX01": True})),
    unjudged=made("enrolled", ("eligible", day(0), {"EX01": None})),
    superseded=made("enrolled", ("consent", day(0), "2")),
    harmed=made("enrolled", ("event", day(0), "nausea", 1, {"unacceptable": True, "attributed": ()})),
    dead=made("enrolled", ("event", day(0), "nausea", 5, {"attributed": ()})),
    held=made("enrolled", ("hold", day(0))),
)


# ── the next cycle ─────────────────────────────────────────────────────────────────────────────────────────────────


def next_cycle(case: Case) -> Decision:
    return case.ask("start_cycle", DUE)


COUNTED = ("counts", day(28))

rule(
    "neutrophils",
    next_cycle,
    good=made(INDUCTION, ("counts", day(28), "1.0", "120")),
    bad=made(INDUCTION, ("counts", day(28), "0.99", "120")),
    absent=made(INDUCTION),
    not_yet=made(INDUCTION, ("counts", day(30))),
    stale=made(INDUCTION, ("counts", day(21))),
    stale_and_bad=made(INDUCTION, ("counts", day(21), "0.5", "20")),
    mixed=made(INDUCTION, COUNTED, ("counts", day(28), "0.5", "120")),
    superseded=made(INDUCTION, COUNTED, ("counts", DUE, "0.5", "120")),
    one_without_a_time=made(INDUCTION, COUNTED, ("counts", day(28), "0.5", "120", {"at": "06:00"})),
)
rule(
    "platelets",
    next_cycle,
    good=made(INDUCTION, ("counts", day(28), "2.5", "50")),
    bad=made(INDUCTION, ("counts", day(28), "2.5", "49")),
    mixed=made(INDUCTION, COUNTED, ("counts", day(28), "2.5", "20")),
    superseded=made(INDUCTION, COUNTED, ("counts", DUE, "2.5", "20")),
)
rule(
    "response",
    next_cycle,
    good=made(INDUCTION, COUNTED, ("response", day(28), "CR")),
    bad=made(INDUCTION, COUNTED, ("response", day(28), "NR")),
    worse=made(INDUCTION, COUNTED, ("response", day(28), "PD")),
    relapsed=made(INDUCTION, COUNTED, ("response", day(28), "REL")),
    of_the_day=made(INDUCTION, COUNTED, ("response", DUE, "PD")),
    mixed=made(INDUCTION, COUNTED, ("response", day(28), "CR"), ("response", day(28), "NR")),
    progressed_before=made(INDUCTION, COUNTED, ("response", day(20), "PD"), ("response", day(28), "CR")),
    superseded=made(INDUCTION, COUNTED, ("response", day(20), "CR"), ("response", day(28), "NR")),
)
rule(
    "the cause of a severe event",
    next_cycle,
    good=made(INDUCTION, COUNTED, ("event", day(20), "nausea", 3, {"attributed": ()})),
    bad=made(INDUCTION, COUNTED, ("event", day(20), "nausea", 3, {"attributed": ("alpha",)})),
    unjudged=made(INDUCTION, COUNTED, ("event", day(20), "nausea", 3, {"attributed": None})),
)
rule(
    "the cause of a severe event of the blood",
    next_cycle,
    good=made(INDUCTION, COUNTED, ("event", day(20), "neutropenia", 3, {"attributed": None})),
    bad=made(INDUCTION, COUNTED, ("event", day(20), "neutropenia", 3, {"attributed": ("alpha",)})),
)


def after_an_event(*told: tuple[Any, ...]) -> Made:
    """News of one severe event, which an agent caused."""

    def make() -> Case:
        case = made(INDUCTION, COUNTED)()
        entry = case.event(day(10), grade=3)
        for on, grade, more in told:
            case.news(entry, on, grade, **more)
        return case

    return make


rule(
    "how a severe event went on",
    next_cycle,
    good=after_an_event((day(28), 2, {})),
    bad=after_an_event((day(28), 4, {})),
    absent=after_an_event(),
    not_yet=after_an_event((day(30), 1, {})),
    worse_again=after_an_event((day(20), 1, {}), (day(28), 3, {})),
    mixed=after_an_event((day(28), 1, {}), (day(28), 3, {})),
    unjudged_end=after_an_event((day(28), None, {"attributed": ("beta",)})),
    reopened=after_an_event((day(20), None, {"resolved": day(20)}), (day(28), 3, {"reopened": True})),
    ended_later=after_an_event((day(30), None, {"resolved": day(30)})),
    fatal=after_an_event((day(20), 5, {}), (day(22), 1, {})),
    unacceptable=after_an_event((day(20), None, {"unacceptable": True}), (day(28), None, {"resolved": day(28)})),
)
rule(
    "the end of a severe event",
    next_cycle,
    good=after_an_event((DUE, None, {"resolved": DUE})),
    bad=after_an_event((day(30), None, {"resolved": day(30)})),
)
rule(
    "a hold",
    next_cycle,
    good=made(INDUCTION, COUNTED, ("hold", day(20)), ("resume", DUE)),
    bad=made(INDUCTION, COUNTED, ("hold", DUE)),
    resumed_later=made(INDUCTION, COUNTED, ("hold", day(20)), ("resume", day(30))),
    one_of_two=made(INDUCTION, COUNTED, ("hold", day(20)), ("resume", day(21)), ("hold", day(20), "counts")),
)
rule(
    "eligibility since",
    next_cycle,
    good=made(INDUCTION, COUNTED, ("eligible", day(20))),
    bad=made(INDUCTION, COUNTED, ("eligible", day(20), {"EX01": True})),
    of_the_day=made(INDUCTION, COUNTED, ("eligible", DUE, {"IN02A": False, "IN02C": False})),
    mixed=made(INDUCTION, COUNTED, ("eligible", day(20)), ("eligible", day(20), {"EX01": True})),
)
rule(
    "consent since",
    next_cycle,
    good=made(INDUCTION, COUNTED, ("consent", day(20))),
    bad=made(INDUCTION, COUNTED, ("consent", day(20), "2")),
)


# ── a dose ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def beta(case: Case) -> Decision:
    return case.ask(dose("beta"), day(20))


rule(
    "treatment",
    beta,
    good=made(INDUCTION),
    absent=made("enrolled"),
    over=made(INDUCTION, before=lambda case: case.do("stop_treatment", day(19), code="physician")),
    left=made(INDUCTION, before=lambda case: case.do("withdraw", day(19), code="withdrawn")),
    lost=made(INDUCTION, before=lambda case: case.do("lost_to_follow_up", day(19), code="lost")),
    dead=made(INDUCTION, before=lambda case: case.do("death", day(19), code="disease")),
)
rule(
    "an agent that an event may hold",
    beta,
    good=made(INDUCTION, ("event", day(10), "nausea", 2)),
    bad=made(INDUCTION, ("event", day(10), "nausea", 3)),
    unjudged=made(INDUCTION, ("event", day(10), "nausea", 3, {"attributed": None})),
    of_the_day=made(INDUCTION, ("event", day(20), "nausea", 3)),
    stopped=made(INDUCTION, ("event", day(10), "nausea", 1, {"stops": ("beta",)})),
    fatal=made(INDUCTION, ("event", day(10), "neutropenia", 5)),
    unacceptable=made(INDUCTION, ("event", day(10), "neutropenia", 1, {"unacceptable": True})),
    not_resolved_yet=made(INDUCTION, ("event", day(10), "nausea", 3, {"resolved": day(21)})),
)
rule(
    "an agent that an event held",
    beta,
    good=made(INDUCTION, ("event", day(10), "nausea", 3, {"resolved": day(20)})),
    bad=made(INDUCTION, ("event", day(10), "nausea", 3)),
    between=made(INDUCTION, before=lambda case: case.news(case.event(day(10)), day(15), 2)),
    by_another=made(INDUCTION, ("event", day(10), "nausea", 3, {"resolved": day(12)}), ("event", day(11), "fever", 3)),
)
rule(
    "the disease, at a dose",
    beta,
    good=made(INDUCTION, ("response", day(20), "PD")),
    bad=made(INDUCTION, ("response", day(19), "PD")),
    relapsed=made(INDUCTION, ("response", day(19), "REL")),
    no_response=made(INDUCTION, ("response", day(19), "NR")),
    of_day_1=made(INDUCTION, ("response", day(1), "PD")),
)
rule(
    "eligibility since, at a dose",
    beta,
    good=made(INDUCTION, ("eligible", day(20))),
    bad=made(INDUCTION, ("eligible", day(20), {"EX01": True})),
)
rule(
    "a hold, at a dose",
    beta,
    good=made(INDUCTION, ("hold", day(10)), ("resume", day(20))),
    bad=made(INDUCTION, ("hold", day(20))),
)


def alpha_by_attribution(attributed: tuple[str, ...] | None, **more: Any) -> Made:
    """A rule that stops alpha for good where alpha caused the event."""
    stops = ToxicityRule("alpha", AgentAction.DISCONTINUE, 1, LABEL, terms=("liver_injury",))

    def make() -> Case:
        case = at(INDUCTION, replace(TOY, toxicity_rules=(stops,)))
        case.event(day(10), "liver_injury", 1, attributed=attributed, **more)
        return case

    return make


rule(
    "an agent that is stopped for good where it is the cause",
    lambda case: case.ask(dose("alpha"), day(20)),
    good=alpha_by_attribution(()),
    bad=alpha_by_attribution(("alpha",)),
    unjudged=alpha_by_attribution(None),
    unjudged_and_over=alpha_by_attribution(None, resolved=day(12)),
    word=alpha_by_attribution((), stops=("alpha",)),
)
rule(
    "an agent that is stopped for good whatever the cause",
    lambda case: case.ask(dose("alpha"), day(20)),
    good=made(INDUCTION, ("event", day(21), "liver_injury", 1)),
    bad=made(INDUCTION, ("event", day(20), "liver_injury", 1)),
    not_the_cause=made(INDUCTION, ("event", day(10), "liver_injury", 1, {"attributed": ()})),
    unjudged=made(INDUCTION, ("event", day(10), "liver_injury", 1, {"attributed": None})),
    over=made(INDUCTION, ("event", day(10), "liver_injury", 1, {"resolved": day(12)})),
)


# ── a visit, the end of treatment ──────────────────────────────────────────────────────────────────────────────────

rule(
    "life, at a visit",
    lambda case: case.ask("visit", day(241)),
    good=made(DAY_30, ("event", day(240), "nausea", 4)),
    bad=made(DAY_30, ("event", day(240), "nausea", 5)),
)
rule(
    "the disease, at the end of the last cycle",
    lambda case: case.ask("complete_treatment", day(211)),
    good=made("treatment.maintenance.3", ("response", day(210), "CR")),
    bad=made("treatment.maintenance.3", ("response", day(210), "REL")),
    unacceptable=made("treatment.maintenance.3", ("event", day(210), "nausea", 1, {"unacceptable": True})),
    held=made("treatment.maintenance.3", ("hold", day(210))),
)
rule(
    "what has to be in order for an early switch",
    lambda case: case.ask("switch_to_maintenance", day(40), code="infections"),
    good=made(CONSOLIDATION, ("event", day(35), "nausea", 4)),
    bad=made(CONSOLIDATION, ("response", day(35), "PD")),
    unacceptable=made(CONSOLIDATION, ("event", day(35), "nausea", 1, {"unacceptable": True})),
    dead=made(CONSOLIDATION, ("event", day(35), "nausea", 5)),
    held=made(CONSOLIDATION, ("hold", day(35))),
)


# ── all of them ────────────────────────────────────────────────────────────────────────────────────────────────────


def cells() -> Iterator[Any]:
    for name, (asked, ways) in RULES.items():
        for way, make in ways.items():
            yield pytest.param(asked, make, way == GOOD, id=f"{name}: {way}")


@pytest.mark.parametrize(("asked", "make", "passes"), [*cells()])
def test_only_what_is_there_and_good_lets_pass(asked: Callable[[Case], Decision], make: Made, passes: bool) -> None:
    decision = asked(make())
    assert decision.allowed is passes, codes(decision)


def test_every_rule_can_pass_and_can_refuse() -> None:
    for name, (_, ways) in RULES.items():
        assert GOOD in ways, name
        assert len(ways) > 1, name
