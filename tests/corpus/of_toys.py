"""The cases of a toy: every guard, each of its cases, both sides of every date; facts, steps, corrections, modes.

Written in the toy's words; the same cases are played on the toy in other words.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

from msgspec.structs import replace

from tests.corpus.recorded import Recorder
from tests.engine.case import (
    DEFINITION,
    TODAY,
    Case,
    at,
    consent,
    counts,
    day,
    dose,
    eligible,
    event,
    hold,
    news,
    response,
    resume,
    there,
)
from tests.library.desk import CONSOLIDATION, DAY_30, ENROLLED, INDUCTION, LONG_TERM, MAINTENANCE, OFF_STUDY
from tests.toy import STUDY_END
from workflow.engine.answer import answer
from workflow.engine.decision import Enrolment, Void
from workflow.engine.facts.dose import Dose

TABLE = DEFINITION.table("A")
STATES = tuple(place.name for place in TABLE.places)
REGISTERED = date(2024, 1, 3)
DUE = day(29)
ROLES = ("coordinator", "investigator", "auditor")
MODES: tuple[dict[str, bool], ...] = (
    {},
    {"override": True, "reason": True},
    {"happened": True, "reason": True},
    {"override": True},
    {"happened": True},
)
AROUND = (-1, 0, 1)
CAUSES = (None, (), ("alpha",), ("beta",), ("alpha", "beta"))
TERMS = ("nausea", "fever", "liver_injury", "neutropenia")


def near(on: date, offsets: tuple[int, ...] = AROUND) -> Iterator[date]:
    return (on + timedelta(days=offset) for offset in offsets)


def counted() -> Case:
    case = at(INDUCTION)
    case.counts(day(28))
    return case


def steps(record: Recorder) -> None:
    """Every trigger from every state, whoever asks and however."""
    for state, trigger, role, mode in product(STATES, TABLE.triggers, ROLES[:2], MODES[:3]):
        case = at(state)
        row = TABLE.by_trigger.get((state, trigger))
        code = row.codes[0] if row is not None and row.codes else None
        record.ask(f"{state} {trigger} {code}", case, trigger, case.since + timedelta(days=28), role=role, **mode)


def dates(record: Recorder) -> None:
    for state, trigger in product(STATES, ("start_cycle", "visit", "withdraw", "complete_treatment")):
        case = at(state)
        ends = (case.since, ENROLLED, date(2020, 1, 1), date.min, date.max, TODAY)
        for on in sorted({each for end in ends[:3] for each in near(end)} | {*ends[3:], TODAY + timedelta(days=1)}):
            record.ask(f"{state} {trigger}", case, trigger, on)


def enrolment(record: Recorder) -> None:
    case = Case()
    for role, mode in product(ROLES, MODES):
        for on in (date(2019, 12, 31), date(2020, 1, 1), ENROLLED, TODAY, TODAY + timedelta(days=1)):
            asked = case.proposal("register", on, role=role, **mode)
            what = Enrolment("P1", there("A"), case.definition.digest)
            found = answer(case.definitions, None, replace(asked, what=what, entry=1))
            record.keep(f"{role} {mode} {on}", case, found)


def consents(record: Recorder) -> None:
    for version, other, on in product((None, "1", "0"), (None, "1", "2"), [*near(REGISTERED), ENROLLED]):
        case = at("screening")
        case.eligible()
        if version is not None:
            case.consent(on, version)
        if other is not None:
            case.consent(REGISTERED, other)
        record.ask(f"{version} of {on}, {other}", case, "register", REGISTERED)
        case = counted()
        if version is not None:
            case.consent(DUE + (on - REGISTERED), version)
        if other is not None:
            case.consent(DUE, other)
        record.ask(f"{version} of {on}, {other}, next cycle", case, "start_cycle", DUE)


def eligibilities(record: Recorder) -> None:
    answers: tuple[dict[str, Any], ...] = (
        *({"IN02": said} for said in (True, False, None)),
        *({"EX01": said} for said in (True, False, None)),
        *({"IN02A": a, "IN02B": b, "IN02C": c} for a, b, c in product((True, False, None), repeat=3)),
        *({part: said} for part, said in product(("IN02A", "IN02C", "IN01"), (True, False, None))),
        {},
    )
    for told, others in product(answers, (True, False)):
        for on in near(REGISTERED):
            case = at("screening")
            case.consent()
            case.eligible(on, others=others, **told)
            record.ask(f"{told} {others} of {on}", case, "register", REGISTERED)
    for told, on in product(answers[:6], near(day(29))):
        case = counted()
        case.eligible(on, **told)
        record.ask(f"{told} of {on}", case, "start_cycle", DUE)
        record.ask(f"{told} of {on}, a dose", case, dose(), DUE)


def blood(record: Recorder) -> None:
    for anc, platelets, age in product(("0.4", "0.99", "1.0", "2.5"), ("20", "49.9", "50", "120"), (-1, 0, 1, 6, 7, 8)):
        case = at(INDUCTION)
        case.counts(DUE - timedelta(days=age), anc, platelets)
        record.ask(f"{anc} {platelets} aged {age}", case, "start_cycle", DUE)
    for first, second, times in product(
        ("0.4", "2.5"), ("0.4", "2.5"), ((None, None), ("08:00", "16:00"), ("08:00", None))
    ):
        case = at(INDUCTION)
        for anc, time in zip((first, second), times, strict=True):
            case.counts(day(28), anc, at=time)
        record.ask(f"{first} {second} at {times}", case, "start_cycle", DUE)


def assessments(record: Recorder) -> None:
    for key, on in product(("CR", "NR", "PD", "REL"), [*near(day(1)), *near(day(20)), *near(DUE)]):
        case = at("enrolled")
        case.response(on, key)
        case.do("start_cycle", day(1))
        case.counts(day(28))
        record.ask(f"{key} of {on}", case, "start_cycle", DUE)
        for given in (day(1), day(2), day(20), day(21), DUE):
            record.ask(f"{key} of {on}, a dose", case, dose(), given)
    for first, second, on in product(("CR", "NR", "PD", "REL"), ("CR", "NR", "PD", "REL"), near(day(20))):
        case = counted()
        case.response(day(20), first)
        case.response(on, second)
        record.ask(f"{first}, {second} of {on}", case, "start_cycle", DUE)
        record.ask(f"{first}, {second} of {on}, a dose", case, dose(), DUE)


def toxicities(record: Recorder) -> None:
    for term, grade, cause, on in product(TERMS, range(1, 6), CAUSES, near(DUE)):
        case = counted()
        case.event(on, term, grade, attributed=cause)
        told = f"{term} {grade} by {cause} of {on}"
        record.ask(told, case, "start_cycle", DUE)
        for agent in ("alpha", "beta"):
            record.ask(f"{told}, {agent}", case, dose(agent), DUE)
    for grade, on in product((1, 3, 5), near(DUE)):
        case = counted()
        case.event(on, grade=grade, attributed=(), unacceptable=True)
        record.ask(f"unacceptable {grade} of {on}", case, "start_cycle", DUE)
        record.ask(f"unacceptable {grade} of {on}, a dose", case, dose(), DUE)


def courses(record: Recorder) -> None:
    """An event, and news of it: peaks, falls, ends, and its return."""
    for first, then, on, resolved in product((1, 3, 4), (1, 2, 3, 5), near(DUE), (None, *near(DUE))):
        case = counted()
        entry = case.event(day(10), grade=first)
        case.news(entry, on, then)
        if resolved is not None:
            case.news(entry, resolved, resolved=resolved)
        told = f"{first}, {then} of {on}, over {resolved}"
        record.ask(told, case, "start_cycle", DUE)
        record.ask(f"{told}, a dose", case, dose("beta"), DUE)
    for first, reopened, on in product((day(20), DUE), (None, day(20), day(28), DUE), (day(20), day(28), DUE)):
        case = counted()
        entry = case.event(day(10), resolved=first)
        if reopened is not None:
            case.news(entry, reopened, 4, reopened=True)
        told = f"over {first}, again {reopened}"
        record.ask(told + f", asked {on}", case, "start_cycle", on)
        for name, more in (
            ("worse", {"grade": 4}),
            ("open", {"grade": 2, "reopened": True}),
            ("fatal", {"grade": 5}),
            ("over", {"resolved": on}),
            ("judged", {"attributed": ("alpha",)}),
            ("declared", {"unacceptable": True}),
            ("stopped", {"stops": ("beta",)}),
        ):
            record.ask(f"{told}, {name}", case, news(entry, **more), on)  # type: ignore[arg-type]


def holds(record: Recorder) -> None:
    for began, over, on in product([*near(day(20))], (None, day(20), *near(DUE)), [*near(DUE)]):
        case = counted()
        case.hold(began)
        if over is not None:
            case.resume(over, case.seq)
        told = f"from {began} to {over}"
        record.ask(told, case, "start_cycle", on, reason=True)
        record.ask(f"{told}, a dose", case, dose(), on)
    for began, on in product((day(5), day(9)), (day(4), day(5), day(6), day(9))):
        case = at(INDUCTION)
        entry = case.hold(began)
        for name, told in (("again", hold()), ("another", hold("counts")), ("over", resume()), ("that", resume(entry))):
            record.ask(f"from {began}, {name}", case, told, on)


def times(record: Recorder) -> None:
    windows = ((INDUCTION, "start_cycle", (day(22), DUE)), (MAINTENANCE, "start_cycle", (day(127), date(2025, 4, 1))))
    visits = ((DAY_30, "visit", (day(234), day(255))), (LONG_TERM, "visit", (date(2024, 11, 21), date(2025, 1, 2))))
    last = (
        (MAINTENANCE, "complete_treatment", (day(127), date(2025, 4, 1))),
        ("treatment.maintenance.3", "complete_treatment", (day(211), day(220))),
    )
    for (state, trigger, ends), stated in product((*windows, *visits, *last), (False, True)):
        case = at(state)
        for end in ends:
            for on in near(end, (-2, -1, 0, 1, 2)):
                for mode in ({}, {"override": True}):
                    record.ask(f"{state} {trigger}", case, trigger, on, reason=stated, **mode)
    for on in near(STUDY_END):
        record.ask("the study's end", at(LONG_TERM), "close_study", on, today=date(2031, 6, 1))
    for dosed in near(day(169)):
        case = at("treatment.maintenance.3")
        case.dose(dosed)
        record.ask(f"dose of {dosed}", case, "complete_treatment", day(211))


FACTS: dict[str, Any] = {
    "consent": consent,
    "eligibility": eligible,
    "counts": counts,
    "response": lambda: response("CR", "negative"),
    "dose": dose,
    "hold": hold,
    "event": event,
    "declared": lambda: event(unacceptable=True, stops=("alpha",)),
}


def facts(record: Recorder) -> None:
    for state, (name, told), role in product(STATES, FACTS.items(), ROLES):
        case = at(state)
        for on in near(case.since):
            record.ask(f"{state} {name}", case, told(), on, role=role)
    for state, (name, told), mode in product((INDUCTION, DAY_30), FACTS.items(), MODES[1:]):
        case = at(state)
        record.ask(f"{state} {name}", case, told(), case.since + timedelta(days=1), **mode)


def doses(record: Recorder) -> None:
    for state, agent, mode in product(STATES, ("alpha", "beta"), MODES[:3]):
        case = at(state)
        for on in (day(0), day(1), day(211), day(212), TODAY):
            record.ask(f"{state} {agent}", case, dose(agent), on, **mode)
    for until, ended in product([*near(day(10))], near(day(10))):
        case = at(INDUCTION)
        case.do("stop_treatment", ended, code="physician")
        fact = case.proposal(dose("beta"), day(5)).what
        assert isinstance(fact, Dose)
        record.ask(f"to {until}, over {ended}", case, Dose(fact.entry, fact.on, None, fact.agent, until=until), day(5))


ENDS = (
    "withdraw",
    "lost_to_follow_up",
    "death",
    "stop_treatment",
    "relapse",
    "unacceptable_toxicity",
    "screen_failure",
)


def order(record: Recorder) -> None:
    """A fact and an end, in both orders of typing."""
    for state, trigger in product(("screening", "enrolled", INDUCTION, DAY_30, LONG_TERM), ENDS):
        row = TABLE.by_trigger.get((state, trigger))
        if row is None:
            continue
        on = at(state).since + timedelta(days=3)
        for (name, told), then in product(FACTS.items(), near(on)):
            first, last = at(state), at(state)
            first.fold(told(), then)
            record.ask(f"{state} {trigger} after {name} of {then}", first, trigger, on, code=row.codes[0])
            last.fold(trigger, on, target=row.target, code=row.codes[0])
            record.ask(f"{state} {trigger} of {on} before {name}", last, told(), then)


def corrections(record: Recorder) -> None:
    for state, role in product(("screening", INDUCTION, CONSOLIDATION, LONG_TERM), ROLES):
        case = at(state)
        held, told = case.hold(case.since), case.event(case.since, unacceptable=True)
        case.resume(case.since, held)
        case.news(told, case.since, 2)
        case.fold("withdraw", case.since, target=OFF_STUDY, code="withdrawn", cause=told)
        for entry in range(1, case.seq + 2):
            record.ask(f"{state} {entry}", case, Void(entry, ""), case.since, role=role)


SUBJECTS = (
    steps,
    dates,
    enrolment,
    consents,
    eligibilities,
    blood,
    assessments,
    toxicities,
    courses,
    holds,
    times,
    facts,
    doses,
    order,
    corrections,
)


def play(record: Recorder, toy: str) -> None:
    for subject in SUBJECTS:
        record.about(toy, subject.__name__)
        subject(record)
