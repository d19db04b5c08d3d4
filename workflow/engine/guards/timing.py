"""Is it time: cycles, visits, periods, calendar dates."""

from __future__ import annotations

from datetime import date

from workflow.engine import due
from workflow.engine.decision import Args, Reason, Strength
from workflow.engine.guards.situation import Reasons, Situation
from workflow.protocol import schedule
from workflow.protocol.guards import CycleInterval, Guard, NotBefore, PeriodEnded, VisitInterval, WithinPeriod
from workflow.protocol.schedule import Interval

_TIMED = (CycleInterval, VisitInterval)
HARD, SOFT = Strength.HARD, Strength.SOFT


def cycle_interval(guard: CycleInterval, now: Situation) -> Reasons:
    start, window = now.then.cycle_from, now.then.window
    if window is None or start is None:
        return
    if now.proposal.on < window.opens:
        args: Args = {"opens": f"{window.opens}", "day": (window.opens - start).days + 1, "began": f"{start}"}
        yield Reason("interval.early", {**args, "early": (window.opens - now.proposal.on).days}, SOFT)
    yield from _late(window, now, needs_reason=guard.late_needs_reason)


def visit_interval(guard: VisitInterval, now: Situation) -> Reasons:
    window = now.then.window
    if window is None:
        return
    if now.proposal.on < window.opens:
        args: Args = {"opens": f"{window.opens}", "due": f"{window.due}", "anchor": f"{due.anchor(now.then)}"}
        yield Reason("visit.early", {**args, "early": (window.opens - now.proposal.on).days}, SOFT)
    yield from _late(window, now, needs_reason=True)


def _late(window: Interval, now: Situation, *, needs_reason: bool) -> Reasons:
    late = (now.proposal.on - window.last).days
    if late > 0 and needs_reason and now.proposal.stated is None:
        yield Reason("interval.late", {"last": f"{window.last}", "late": late}, SOFT)


def days_late(guards: tuple[Guard, ...], now: Situation) -> int:
    """How many days the step is late, where a guard sets it a time."""
    for guard in guards:
        if type(guard) in _TIMED and now.then.window is not None:
            return max(0, (now.proposal.on - now.then.window.last).days)
    return 0


def within_period(guard: WithinPeriod, now: Situation) -> Reasons:
    end = _end_of(guard, now)
    if end is not None and now.proposal.on >= end:
        yield Reason("period.over", {"phase": guard.phase, "end": f"{end}"}, HARD)


def period_ended(guard: PeriodEnded, now: Situation) -> Reasons:
    end = _end_of(guard, now)
    if end is not None and now.proposal.on < end:
        yield Reason("period.running", {"phase": guard.phase, "end": f"{end}"}, HARD)


def _end_of(guard: WithinPeriod | PeriodEnded, now: Situation) -> date | None:
    began = now.then.phase_from
    return schedule.years_later(began, guard.years) if began is not None else None


def not_before(guard: NotBefore, now: Situation) -> Reasons:
    if now.proposal.on < guard.day:
        yield Reason("not_before.early", {"what": guard.what, "day": f"{guard.day}"}, HARD)
