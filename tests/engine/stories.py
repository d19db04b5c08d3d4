"""Patients' stories for properties: dated facts and steps, which may be typed in any order that makes sense.

A story is a set of things that happened, each with its day. Typed in one order or another it is the same story: only
news stand behind their event, a resumption behind its hold, a step behind the step before it, and of two judgements of
one event the one typed last is the one that stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.engine.case import (
    DEFINITION,
    Case,
    consent,
    counts,
    dose,
    eligible,
    event,
    hold,
    news,
    response,
    resume,
)
from tests.library.desk import ENROLLED, PATH
from workflow.engine.decision import Decision
from workflow.engine.facts import Telling

Entries = dict[int, int]  # thing to its entry


class Thing(NamedTuple):
    """One thing that happened; ``behind`` are the things that are typed before it."""

    on: date
    said: str
    what: Callable[[Entries], Telling | str]
    behind: tuple[int, ...] = ()
    time: str | None = None
    target: str | None = None
    code: str | None = None
    judges: bool = False

    @property
    def step(self) -> bool:
        return self.target is not None


# ── stories ────────────────────────────────────────────────────────────────────────────────────────────────────────

NEAR = (-60, -29, -28, -8, -7, -6, -2, -1, 0, 1, 2, 7, 28, 40)
TIMES = (None, None, "08:00", "16:00")
ENDS = ("stop_treatment", "unacceptable_toxicity", "withdraw", "lost_to_follow_up", "death", "relapse")


@st.composite
def stories(draw: st.DrawFn, *, most: int = 9) -> tuple[date, tuple[Thing, ...]]:
    """A day, and things that happened around it."""
    steps = draw(st.integers(0, len(PATH)))
    around = draw(st.sampled_from([ENROLLED, *(on for _, _, on in PATH[:steps][-3:])]))
    asked = around + timedelta(days=draw(st.sampled_from((0, 1, 7, 20, 21, 27, 28, 29, 30, 40))))
    things: list[Thing] = []
    _walk(draw, things, steps, asked)
    if draw(st.booleans()):
        things.append(_fixed(ENROLLED, consent()))
        things.append(_fixed(ENROLLED, eligible()))
    for _ in range(draw(st.integers(0, most))):
        _happen(draw, things, asked)
    return asked, tuple(things)


def _walk(draw: st.DrawFn, things: list[Thing], steps: int, asked: date) -> None:
    before: tuple[int, ...] = ()
    for state, trigger, on in PATH[:steps]:
        things.append(Thing(on, trigger, _said(trigger), before, target=state))
        before = (len(things) - 1,)
    if not draw(st.booleans()):
        return
    here = PATH[steps - 1][0] if steps else "screening"
    rows = [row for row in DEFINITION.table("A").outgoing[here] if row.trigger in ENDS]
    if not rows:
        return
    row = draw(st.sampled_from(rows))
    last = things[-1].on if things else ENROLLED
    on = max(last, asked + timedelta(days=draw(st.sampled_from(NEAR))))
    things.append(Thing(on, row.trigger, _said(row.trigger), before, target=row.target, code=row.codes[0]))


def _happen(draw: st.DrawFn, things: list[Thing], asked: date) -> None:
    on = asked + timedelta(days=draw(st.sampled_from(NEAR)))
    time = draw(st.sampled_from(TIMES))
    pick = st.sampled_from
    match draw(pick(("consent", "eligible", "counts", "response", "dose", "hold", "event"))):
        case "consent":
            things.append(_fixed(on, consent(draw(pick(("0", "1", "2")))), time))
        case "eligible":
            answers = draw(pick(({}, {"EX01": True}, {"IN02": None}, {"IN02A": False}, {"IN02C": False})))
            things.append(_fixed(on, eligible(**answers), time))
        case "counts":
            told = counts(draw(pick(("0.4", "1.0", "2.5"))), draw(pick(("20", "50", "120"))))
            things.append(_fixed(on, told, time))
        case "response":
            things.append(_fixed(on, response(draw(pick(("CR", "NR", "PD", "REL")))), time))
        case "dose":
            things.append(_fixed(on, dose(draw(pick(("alpha", "beta")))), time))
        case "hold":
            things.append(_fixed(on, hold(draw(pick(("infection", "counts")))), time))
            held = len(things) - 1
            if draw(st.booleans()):
                until = on + timedelta(days=draw(pick((0, 1, 8, 30))))
                things.append(Thing(until, "resume", lambda entries: resume(entries[held]), (held,)))
        case "event":
            _event(draw, things, on)


def _event(draw: st.DrawFn, things: list[Thing], onset: date) -> None:
    """An event, and its course: peaks and falls, an end, a return; each at its day, and judgements at any."""
    pick = st.sampled_from
    causes = pick((None, (), ("beta",), ("alpha", "beta")))
    grade = draw(st.integers(1, 5))
    term = draw(pick(("nausea", "fever", "liver_injury", "neutropenia")))
    unacceptable = draw(pick((False, False, False, True)))
    told = event(term, grade, attributed=draw(causes), unacceptable=unacceptable)
    things.append(Thing(onset, f"{told.told}", lambda _: told))
    first = last = len(things) - 1

    def add(on: date, *, judges: bool = False, time: str | None = None, **more: Any) -> None:
        nonlocal last
        behind = (first, last) if judges else (first,)
        things.append(Thing(on, f"{more}", lambda entries: news(entries[first], **more), behind, time, judges=judges))
        last = len(things) - 1 if judges else last

    on, fatal = onset, grade == 5
    for _ in range(draw(st.integers(0, 2))):
        on += timedelta(days=draw(pick((0, 1, 7))))
        grade = draw(st.integers(1, 5))
        fatal = fatal or grade == 5
        add(on, grade=grade, time=draw(pick(TIMES)), stops=draw(pick(((), (), ("alpha",)))))
    if draw(st.booleans()):
        add(on + timedelta(days=draw(pick((0, 9)))), judges=True, attributed=draw(causes.filter(bool)))
    if draw(st.booleans()) and not fatal:
        on += timedelta(days=draw(pick((0, 1, 7))))
        add(on, resolved=on)
        if draw(st.booleans()):
            add(on + timedelta(days=draw(pick((0, 1, 5)))), grade=draw(st.integers(1, 4)), reopened=True)


def _fixed(on: date, told: Telling, time: str | None = None) -> Thing:
    return Thing(on, f"{told.kind} {told.told}", lambda _: told, (), time)


def _said(trigger: str) -> Callable[[Entries], str]:
    return lambda _: trigger


# ── typed ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def in_order(things: Sequence[Thing], wanted: Sequence[int]) -> list[int]:
    """The order that is ``wanted``, but for what has to stand behind something else."""
    typed: list[int] = []
    waiting = list(wanted)
    while waiting:
        ready = next(thing for thing in waiting if all(before in typed for before in things[thing].behind))
        typed.append(ready)
        waiting.remove(ready)
    return typed


class Typed(NamedTuple):
    case: Case
    things: dict[int, Thing]  # by entry

    def named(self, decision: Decision) -> tuple[object, ...]:
        """A decision in which entries are named by what they say, so that two orders of typing can be compared."""
        reasons = sorted(
            (
                r.code,
                sorted((name, self._arg(name, value)) for name, value in r.args.items()),
                r.strength.value,
                sorted(self._shown_by(entry) for entry in r.evidence),
            )
            for r in decision.reasons
        )
        return decision.outcome, decision.source, decision.target, reasons, decision.delay, sorted(decision.deviations)

    def _shown_by(self, entry: int) -> str:
        """Evidence by its day: of several things of one day that show the same, the first that was typed is named."""
        thing = self.things.get(entry)
        return f"{thing.on}" if thing is not None else f"{entry}"

    def _arg(self, name: str, value: object) -> str:
        return self._name(value) if name == "entry" and isinstance(value, int) else f"{value}"

    def _name(self, entry: int) -> str:
        thing = self.things.get(entry)
        return f"{thing.on} {thing.said}" if thing is not None else f"{entry}"


def typed(things: Sequence[Thing], order: Sequence[int]) -> Typed:
    """A patient of whom these things were recorded in this order, whatever a guard would say."""
    case, entries = Case(), {}
    for number in order:
        thing = things[number]
        entries[number] = case.fold(thing.what(entries), thing.on, target=thing.target, code=thing.code, at=thing.time)
    return Typed(case, {entry: things[number] for number, entry in entries.items()})
