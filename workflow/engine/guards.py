"""The guards, evaluated: for each kind that a protocol can declare a pure function to the reasons it has to say no.

A guard sees facts dated up to the day of the step: what happened later holds back nothing that had happened before. A
value that a guard needs and does not have, or that is too old, is a reason, never a pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from workflow.engine import due
from workflow.engine.chart import Chart, Consent, Eligibility
from workflow.engine.course import Definition
from workflow.engine.decision import Proposal, Reason
from workflow.protocol import schedule
from workflow.protocol.guards import (
    ConsentGiven,
    CountsRecovered,
    CycleInterval,
    EligibilityRecorded,
    NoOpenHold,
    NoProgression,
    NotBefore,
    NoUnacceptableToxicity,
    PeriodEnded,
    VisitInterval,
    WithinPeriod,
)
from workflow.protocol.model import ResponseMeaning
from workflow.protocol.schedule import Interval

Reasons = Iterator[Reason]
Told = TypeVar("Told", Consent, Eligibility)


@dataclass(slots=True)
class Situation:
    """What a guard looks at."""

    definition: Definition
    chart: Chart
    proposal: Proposal
    delay: int = 0  # set by the interval guards: how many days late the step is


def entry(seq: int) -> str:
    """How a message names an entry of the patient's chain."""
    return f"entry {seq}"


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


# ── may the patient be treated at all ──────────────────────────────────────────────────────────────────────────────


def _standing(facts: Sequence[Told], now: Situation) -> Told:
    """The latest of ``facts`` on the day of the step; the earliest where all are dated after it."""
    return next((fact for fact in reversed(facts) if fact.on <= now.proposal.on), facts[0])


def consent(guard: ConsentGiven, now: Situation) -> Reasons:
    chart = now.chart
    if not chart.consents:
        yield Reason("consent.missing", "no informed consent is recorded", "record the consent", hard=True)
        return
    given = _standing(chart.consents, now)
    if given.version != chart.version:
        yield Reason(
            "consent.version",
            f"the consent of {given.on} is to protocol version {given.version}, the patient is under {chart.version}",
            f"record a consent to version {chart.version}",
            (given.entry,),
            hard=True,
        )
    if given.on > now.proposal.on:
        yield Reason(
            "consent.later",
            f"the consent is dated {given.on}, after this step",
            f"a date from {given.on} on",
            (given.entry,),
            hard=True,
        )


def eligibility(guard: EligibilityRecorded, now: Situation) -> Reasons:
    if not now.chart.eligibilities:
        yield Reason("eligibility.missing", "no eligibility is recorded", "record the eligibility", hard=True)
        return
    answer = _standing(now.chart.eligibilities, now)
    seen = (answer.entry,)
    if answer.failed:
        what = ", ".join(answer.failed)
        yield Reason(
            "eligibility.not_met", f"not eligible: {what}", "the patient leaves as a screen failure", seen, hard=True
        )
    if answer.unknown:
        what = ", ".join(answer.unknown)
        yield Reason("eligibility.unknown", f"not yet answered: {what}", "answer these criteria", seen, hard=True)
    routes = now.definition.arm(now.chart.arm).routes
    if answer.route not in routes:
        yield Reason(
            "eligibility.arm",
            f"eligible by {answer.route}, but arm {now.chart.arm} is entered by {' or '.join(routes)}",
            "another arm, or an investigator's override with a reason",
            seen,
        )
    if answer.on > now.proposal.on:
        yield Reason(
            "eligibility.later",
            f"the eligibility is dated {answer.on}, after this step",
            f"a date from {answer.on} on",
            seen,
            hard=True,
        )


# ── may treatment go on ────────────────────────────────────────────────────────────────────────────────────────────


def progression(guard: NoProgression, now: Situation) -> Reasons:
    chart, on = now.chart, now.proposal.on
    seen = chart.progression
    if seen is not None and seen.on <= on:
        kind = now.definition.meanings[seen.response]
        yield Reason(
            f"progression.{kind}",
            f"{kind} on {seen.on} ({seen.response})",
            f"the patient leaves treatment: {kind}",
            (seen.entry,),
            hard=True,
        )
    if guard.response_after is None or chart.treatment_from is None:
        return
    latest = next((a for a in reversed(chart.assessments) if a.on <= on), None)
    if (
        latest is not None
        and latest.on >= chart.treatment_from
        and now.definition.meanings[latest.response] is ResponseMeaning.NONE
    ):
        yield Reason(
            "progression.no_response",
            f"no response on {latest.on} ({latest.response})",
            "a later assessment that shows a response; or the patient leaves treatment: refractory",
            (latest.entry,),
        )


def toxicity(guard: NoUnacceptableToxicity, now: Situation) -> Reasons:
    for event in now.chart.toxicities:
        if event.on > now.proposal.on:
            continue
        title, seen = now.definition.terms[event.term].title, (event.entry,)
        if event.unacceptable:
            yield Reason(
                "toxicity.unacceptable",
                f"{title} grade {event.grade} ({entry(event.entry)}) was declared unacceptable",
                "the patient leaves treatment: unacceptable_toxicity",
                seen,
                hard=True,
            )
        elif event.grade == 5:
            yield Reason(
                "toxicity.fatal", f"{title} grade 5 on {event.on} was fatal", "record the death", seen, hard=True
            )
        elif guard.open_grade is None or event.grade < guard.open_grade or not event.open:
            continue
        elif event.attributed is None and not now.definition.terms[event.term].haematological:
            yield Reason(
                "toxicity.unattributed",
                f"{title} grade {event.grade} since {event.on} ({entry(event.entry)}) is open, and nobody has said"
                " whether treatment caused it",
                "record what it is attributed to; or an investigator's override",
                seen,
            )
        elif event.attributed:
            yield Reason(
                "toxicity.open",
                f"{title} grade {event.grade} since {event.on} ({entry(event.entry)}) is not resolved",
                f"record that it resolved or fell below grade {guard.open_grade}; or an investigator's override",
                seen,
            )


def counts(guard: CountsRecovered, now: Situation) -> Reasons:
    on = now.proposal.on
    latest = next((c for c in reversed(now.chart.counts) if c.on <= on), None)
    first = date.fromordinal(max(on.toordinal() - guard.valid_days, 1))
    lifted = f"counts taken from {first} to {on}"
    if latest is None:
        yield Reason("counts.missing", "no blood counts are recorded", lifted)
        return
    age = (on - latest.on).days
    if age > guard.valid_days:
        yield Reason(
            "counts.old",
            f"the latest counts, of {latest.on}, are {days(age)} old; they hold for {days(guard.valid_days)}",
            lifted,
            (latest.entry,),
        )
    for name, value, least in (("ANC", latest.anc, guard.anc), ("platelets", latest.platelets, guard.platelets)):
        if Decimal(value) < Decimal(least):
            yield Reason(
                f"counts.{name.lower()}",
                f"{name} {value} x10^9/L on {latest.on}, below {least}",
                f"newer counts with {name} at {least} or above",
                (latest.entry,),
            )


def hold(guard: NoOpenHold, now: Situation) -> Reasons:
    yield from _on_hold(now, hard=True)


def _on_hold(now: Situation, *, hard: bool) -> Reasons:
    held = now.chart.hold
    if held is not None and held.on <= now.proposal.on:
        yield Reason(
            "hold.open", f"on hold since {held.on} ({held.code})", "resume the patient", (held.entry,), hard=hard
        )
    for ended in now.chart.ended_holds:
        if ended.on <= now.proposal.on < ended.until:
            yield Reason(
                "hold.then",
                f"on hold from {ended.on} to {ended.until}",
                f"a date from {ended.until} on",
                (ended.entry,),
                hard=hard,
            )


# ── is it time ─────────────────────────────────────────────────────────────────────────────────────────────────────


def cycle_interval(guard: CycleInterval, now: Situation) -> Reasons:
    start = now.chart.cycle_from
    window = due.of_state(now.definition, now.chart)
    if window is None or start is None:
        return
    what = f"day {(window.opens - start).days + 1} of the cycle that began on {start}"
    yield from _in_time(window, now, what, late_needs_reason=guard.late_needs_reason)


def visit_interval(guard: VisitInterval, now: Situation) -> Reasons:
    window = due.of_state(now.definition, now.chart)
    if window is not None:
        what = f"the visit due {window.due}, counted from {due.anchor(now.chart)}"
        yield from _in_time(window, now, what, late_needs_reason=True)


def _in_time(window: Interval, now: Situation, what: str, *, late_needs_reason: bool) -> Reasons:
    on = now.proposal.on
    if on < window.opens:
        early = (window.opens - on).days
        yield Reason(
            "interval.early",
            f"opens on {window.opens}, {what}: {days(early)} too early",
            f"wait until {window.opens}",
        )
    elif on > window.last:
        late = (on - window.last).days
        now.delay = late
        if late_needs_reason and not now.proposal.reasoned:
            yield Reason(
                "interval.late",
                f"was due by {window.last}: {days(late)} late, and no reason is given",
                "give the reason for the delay",
            )


def within_period(guard: WithinPeriod, now: Situation) -> Reasons:
    end = _end_of(guard, now)
    if end is not None and now.proposal.on >= end:
        yield Reason(
            "period.over",
            f"{guard.phase} ended on {end}: the cycle that ran then was its last",
            "complete the treatment",
            hard=True,
        )


def period_ended(guard: PeriodEnded, now: Situation) -> Reasons:
    end = _end_of(guard, now)
    if end is not None and now.proposal.on < end:
        yield Reason(
            "period.running",
            f"{guard.phase} lasts until {end}",
            f"go on with the next cycle, or wait until {end}",
            hard=True,
        )


def _end_of(guard: WithinPeriod | PeriodEnded, now: Situation) -> date | None:
    began = now.chart.phase_from
    return schedule.years_later(began, guard.years) if began is not None else None


def not_before(guard: NotBefore, now: Situation) -> Reasons:
    if now.proposal.on < guard.day:
        yield Reason("not_before.early", f"{guard.what} is on {guard.day}", f"wait until {guard.day}", hard=True)


EVALUATE: dict[type, Callable[[Any, Situation], Reasons]] = {
    ConsentGiven: consent,
    EligibilityRecorded: eligibility,
    NoProgression: progression,
    NoUnacceptableToxicity: toxicity,
    CountsRecovered: counts,
    NoOpenHold: hold,
    CycleInterval: cycle_interval,
    VisitInterval: visit_interval,
    WithinPeriod: within_period,
    PeriodEnded: period_ended,
    NotBefore: not_before,
}


# ── what holds everywhere ──────────────────────────────────────────────────────────────────────────────────────────


def role(now: Situation) -> Reasons:
    asked, mine = now.proposal, now.proposal.role
    if mine is None:
        return
    allowed = now.definition.roles.get(asked.action, ())
    if mine not in allowed:
        who = " or ".join(allowed) or "nobody"
        yield Reason(
            "role.not_permitted",
            f"a person in the role of {mine} may not ask for {asked.action}",
            f"ask a person in the role of {who}",
            hard=True,
        )
    if asked.override and mine not in now.definition.roles.get("override", ()):
        yield Reason(
            "role.override",
            f"a person in the role of {mine} may not override a guard",
            "ask an investigator",
            hard=True,
        )
    if asked.override and not asked.reasoned:
        yield Reason("override.reason", "an override needs a reason", "give the reason in words", hard=True)


def dates(now: Situation, *, step: bool) -> Reasons:
    on, chart, protocol = now.proposal.on, now.chart, now.definition.protocol
    if on > now.proposal.today:
        yield Reason(
            "dates.future",
            f"{on} is in the future; today is {now.proposal.today}",
            f"a date up to {now.proposal.today}",
            hard=True,
        )
    if on < protocol.study_start:
        yield Reason(
            "dates.before_study",
            f"{on} is before the study began on {protocol.study_start}",
            f"a date from {protocol.study_start} on",
            hard=True,
        )
    if step and on < chart.since:
        yield Reason(
            "dates.before_previous",
            f"{on} is before the previous step on {chart.since} ({chart.state})",
            f"a date from {chart.since} on",
            hard=True,
        )
    if chart.died_on is not None and on > chart.died_on:
        yield Reason(
            "dates.after_death", f"the patient died on {chart.died_on}", f"a date up to {chart.died_on}", hard=True
        )


def sequence(now: Situation) -> Reason:
    """The reason why no transition of this name leads on from here."""
    flat = now.definition.table(now.chart.arm)
    here = [row.trigger for row in flat.outgoing[now.chart.state]]
    state = now.chart.state
    if not here:
        return Reason("sequence.final", f"{state} is final: nothing leads on from it", "nothing", hard=True)
    return Reason(
        "sequence.not_from_here",
        f"{now.proposal.action} does not lead on from {state}",
        f"from here: {', '.join(here)}",
        hard=True,
    )


# ── facts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def dose(now: Situation) -> Reasons:
    chart, asked = now.chart, now.proposal
    key = asked.data["agent"]
    title = now.definition.agent_titles[key]
    if key not in now.definition.agents_of(chart.arm):
        yield Reason("dose.not_in_arm", f"{title} is no agent of arm {chart.arm}", "another agent", hard=True)
    if chart.treatment_from is None or asked.on < chart.treatment_from:
        yield Reason(
            "dose.before_treatment",
            f"treatment had not begun on {asked.on}",
            "start the first cycle first" if chart.treatment_from is None else f"a date from {chart.treatment_from} on",
            hard=True,
        )
    if chart.treatment_to is not None and not chart.on_treatment and asked.on > chart.treatment_to:
        yield Reason(
            "dose.after_treatment",
            f"treatment ended on {chart.treatment_to}",
            f"a date up to {chart.treatment_to}",
            hard=True,
        )
    status = chart.agent(key)
    if status.state == "discontinued" and status.on <= asked.on:
        yield Reason(
            "dose.discontinued",
            f"{title} was stopped for good on {status.on}",
            "nothing: it is not given again",
            (status.entry,),
            hard=True,
        )
    if status.state == "held" and status.on <= asked.on:
        yield Reason(
            "dose.held",
            f"{title} is held since {status.on}",
            "record that the adverse event resolved; or an investigator's override",
            tuple(status.held_by) or (status.entry,),
        )
    yield from _on_hold(now, hard=False)


def adverse_event(now: Situation) -> Reasons:
    asked = now.proposal
    roles = now.definition.roles
    for action, wanted in (("declare_unacceptable", asked.data["unacceptable"]), ("stop_agent", asked.data["stops"])):
        if wanted and asked.role not in roles.get(action, ()):
            yield Reason(
                f"role.{action}",
                f"a person in the role of {asked.role} may not {action.replace('_', ' ')}",
                "ask an investigator",
                hard=True,
            )
    resolved = date.fromisoformat(asked.data["resolved"]) if asked.data["resolved"] is not None else None
    if resolved is not None and resolved > asked.today:
        yield Reason(
            "dates.future",
            f"resolved on {resolved}, which is in the future; today is {asked.today}",
            f"a date up to {asked.today}",
            hard=True,
        )
    of = asked.data["of"]
    if of is not None:
        known = now.chart.toxicity(of)
        if known is None:
            yield Reason(
                "adverse_event.unknown",
                f"{entry(of)} is no open adverse event",
                "name the entry of an open one, or record a new event",
                hard=True,
            )
        elif min(asked.on, resolved or asked.on) < known.on:
            yield Reason(
                "adverse_event.before_onset",
                f"{min(asked.on, resolved or asked.on)} is before its onset on {known.on}",
                f"a date from {known.on} on",
                (of,),
                hard=True,
            )


def put_on_hold(now: Situation) -> Reasons:
    held = now.chart.hold
    if held is not None:
        yield Reason("hold.already", f"already on hold since {held.on}", "resume first", (held.entry,), hard=True)
    ended = now.chart.treatment_to
    if ended is not None or now.definition.table(now.chart.arm).by_name[now.chart.state].final:
        why = f"treatment ended on {ended}" if ended is not None else "the patient is off the study"
        yield Reason("hold.no_treatment", f"{why}: there is nothing to hold", "nothing", hard=True)


def resume(now: Situation) -> Reasons:
    held = now.chart.hold
    if held is None:
        yield Reason("hold.none", "the patient is not on hold", "nothing", hard=True)
    elif now.proposal.on < held.on:
        yield Reason(
            "hold.before",
            f"the hold began on {held.on}, after {now.proposal.on}",
            f"a date from {held.on} on",
            (held.entry,),
            hard=True,
        )
