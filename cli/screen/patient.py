"""How a patient stands: what `next` begins with, and `show` says in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from workflow.cli.screen import clocks
from workflow.cli.screen import entry as entries_shown
from workflow.cli.screen.page import Page
from workflow.cli.screen.style import Text, bad, good, quiet, strong, warn
from workflow.protocol.table import ENTERED_IN_ERROR
from workflow.report.words.grammar import days, several
from workflow.report.words.reasons import entries as named

if TYPE_CHECKING:
    from workflow.engine.course import Definition
    from workflow.report.views import Agent, Entry, Event, PatientView, Standing

Pair = tuple[str, Sequence[Text]]


# ── in short ───────────────────────────────────────────────────────────────────────────────────────────────────────


def header(page: Page, view: PatientView, now: PatientView | None = None) -> None:
    """``now`` is how they stand today, where ``view`` is of an earlier day."""
    page.add(strong(view.id), f"  arm {view.arm}  ", strong(view.title), quiet(f"  as of {said_day(view)}"))
    place = f"{view.trial}, protocol {view.version}; {view.state}; last entry {view.seq}"
    page.add(quiet(place), hang=2)
    if view.known_by is not None:
        page.add(warn(clocks.known_at(view.known_by, view.zone)), hang=2)
    elif view.as_of < view.today:
        page.add(quiet(f"{clocks.NOW}{f' ({view.zone})' if view.zone is not None else ''}"), hang=2)
    if view.as_of < view.enrolled_on:
        page.add(warn(f"{view.as_of} is before they were enrolled, on {view.enrolled_on}."), hang=2)
    elif now is not None and now.state != view.state:
        since = "Today it is" if view.known_by is None else f"On {view.today}, as known then, it was"
        page.add(warn(f"{view.as_of} is past: this is how they stood then. {since} {now.title} ({now.state})."), hang=2)
    elif view.as_of > view.today:
        future = "in the future" if view.known_by is None else f"behind {view.today}"
        said = f"{view.as_of} is {future}: this is how it will stand if nothing more is recorded."
        page.add(warn(said), hang=2)
    if view.stale:
        said = "their row is of an earlier version of the software, and was folded anew for this: regimen db upgrade"
        page.add(warn(said), hang=2)
    page.blank()


def said_day(view: PatientView) -> str:
    """The day of a view; today with the zone in which it is today."""
    return f"{view.as_of} ({view.zone})" if view.as_of == view.today and view.zone is not None else f"{view.as_of}"


def standing(definition: Definition, view: PatientView) -> Iterator[Pair]:
    """When things began and are due, and what stands in the way."""
    stood, window, on, today = view.standing, view.window, view.as_of, view.today
    if stood.on_treatment and stood.cycle_from is not None:
        yield "this cycle began", (f"{stood.cycle_from}", quiet(f" ({_day_of(on, stood.cycle_from)})"))
    if stood.treatment_to is not None and not stood.on_treatment:
        yield "treatment ended", (f"{stood.treatment_to}", _by(stood.ended_by, stood.ended_code))
    if view.state == ENTERED_IN_ERROR.name:
        yield "entered in error", (warn("the enrolment was taken back"),)
    elif stood.final:
        yield "left the study", (f"{stood.since}", _by(stood.left_by, stood.left_code))
    if stood.died_on is not None:
        yield "died", (f"{stood.died_on}",)
    if window is not None:
        what = "the visit" if not stood.on_treatment else "the next step"
        yield (
            f"{what} open{'s' if on < window.opens else 'ed'}",
            (f"{window.opens}", quiet(f" ({_when(on, window.opens, today)})")),
        )
        yield f"{what} {'is' if on <= window.last else 'was'} due", (f"{window.due}", *_lateness(on, window, today))
    yield from troubles(definition, stood)


def troubles(definition: Definition, stood: Standing) -> Iterator[Pair]:
    """What holds treatment, or an agent, back."""
    for hold in stood.holds:
        yield "ON HOLD", (bad(f"since {hold.on}"), f": {hold.code} (entry {hold.entry})")
    if stood.progression is not None:
        seen = stood.progression
        meaning = definition.meanings[seen.response].value
        yield meaning, (bad(f"{seen.on}"), f": {seen.response} (entry {seen.entry})")
    for event in stood.events:
        yield from _event(definition, event)
    for agent in stood.agents:
        yield from _trouble(definition, agent)


def _event(definition: Definition, event: Event) -> Iterator[Pair]:
    title = definition.terms[event.term].title
    agents = ", ".join(definition.agent_titles[key] for key in event.attributed or ())
    cause = f", attributed to {agents}" if agents else ", attribution not recorded" if event.attributed is None else ""
    name = "unacceptable" if event.unacceptable else "adverse event"
    since = f", onset {event.on}" if event.open else f", onset {event.on}, resolved"
    serious = ", serious" if event.serious else ""
    yield name, (warn(f"{title} grade {event.grade}"), f"{since}{serious}{cause} (entry {event.entry})")


def _trouble(definition: Definition, agent: Agent) -> Iterator[Pair]:
    title = definition.agent_titles[agent.key]
    if agent.state == "held":
        yield "held", (warn(title), f" since {agent.since}, by {named(agent.held_by)}")
        if agent.proposed:
            yield "", (f"by its label it would be stopped for good, if it caused {named(agent.proposed)}",)
    elif agent.state == "discontinued":
        yield "stopped for good", (bad(title), f" on {agent.since} (entry {agent.entry})")


def _by(trigger: str | None, code: str | None) -> Text:
    if trigger is None:
        return ""
    return f": {trigger} ({code})" if code is not None else f": {trigger}"


def _day_of(on: date, start: date) -> str:
    return f"day {(on - start).days + 1}" if on >= start else f"in {days((start - on).days)}"


def _when(on: date, day: date, today: date) -> str:
    ahead = (day - on).days
    if ahead == 0:
        return "that day" if on != today else "today"
    return f"in {days(ahead)}" if ahead > 0 else f"{days(-ahead)} ago"


def _lateness(on: date, window: Any, today: date) -> tuple[Text, ...]:
    if on > window.last:
        late = days((on - window.last).days)
        long = window.warn is not None and on >= window.warn
        return (": ", bad(f"{late} late, a LONG delay") if long else warn(f"{late} late"))
    until = f", late after {window.last}" if window.last != window.due else ""
    return (quiet(f" ({_when(on, window.due, today)}{until})"),)


# ── in full ────────────────────────────────────────────────────────────────────────────────────────────────────────


def show(definition: Definition, view: PatientView, entries: Sequence[Entry], now: PatientView | None = None) -> None:
    page = Page()
    header(page, view, now)
    page.pairs([*_dates(definition, view), *standing(definition, view)])
    if view.state != ENTERED_IN_ERROR.name:
        _course(page, definition, view.standing)
    page.heading("Last entries", quiet(f"  (all: regimen audit log --patient {view.id})"))
    for entry in entries:
        entries_shown.add(page, entry, indent=2, brief=True)
    page.show()


def _course(page: Page, definition: Definition, stood: Standing) -> None:
    page.heading("Consent and eligibility")
    page.pairs(_admission(definition, stood))
    page.heading("Agents")
    page.columns(_agents(definition, stood))
    page.heading("Latest results")
    page.pairs(_latest(definition, stood))


def _dates(definition: Definition, view: PatientView) -> Iterator[Pair]:
    stood = view.standing
    yield "enrolled", (f"{view.enrolled_on}",)
    if stood.treatment_from is not None:
        yield "treatment began", (f"{stood.treatment_from}",)
    if stood.phase_from is not None:
        yield "this phase began", (f"{stood.phase_from}",)
    if stood.visits:
        awaited = (place.visit.days for place in definition.table(view.arm).places if place.visit is not None)
        first = next((days for days in awaited if days is not None), None)
        yield "visits", (f"{stood.visits}" if first is None else f"{stood.visits} after that of day {first}",)


def _admission(definition: Definition, stood: Standing) -> Iterator[Pair]:
    if not stood.consents:
        yield "consent", (warn("not recorded"),)
    for given in stood.consents[-1:]:
        yield "consent", (f"{given.on}, to version {given.version} (entry {given.entry})",)
    answer = stood.eligibility
    if answer is None:
        yield "eligibility", (warn("not recorded"),)
        return
    kept = f"{answer.on}, by {' and '.join(answer.routes)} ({named(answer.entries)})"
    if not answer.failed and not answer.unknown:
        yield "eligibility", (good("met"), f" {kept}")
    else:
        yield "eligibility", (bad("not met" if answer.failed else "unknown"), f" {kept}")
    texts = {criterion.id: criterion.text for criterion in definition.protocol.criteria}
    for name, ids in (("not met", answer.failed), ("unknown", answer.unknown)):
        for id in ids:
            yield f"  {name}", (f"{id}: {texts[id]}",)


def _agents(definition: Definition, stood: Standing) -> Iterator[tuple[Text, ...]]:
    for agent in stood.agents:
        style = {"held": warn, "discontinued": bad}.get(agent.state)
        since = f"since {agent.since} (entry {agent.entry})" if agent.entry else ""
        state = style(agent.state) if style else agent.state
        yield definition.agent_titles[agent.key], state, several(agent.doses, "dose"), since
    if stood.last_dose_on is not None:
        yield (quiet(f"the last dose was on {stood.last_dose_on}"),)


def _latest(definition: Definition, stood: Standing) -> Iterator[Pair]:
    counts, seen = stood.counts, stood.response
    if counts is None and seen is None:
        yield "counts", (quiet("none"),)
    if counts is not None:
        said = f"{counts.on}: ANC {counts.anc}, platelets {counts.platelets} x10^9/L ({named(counts.entries)})"
        yield "counts", (said,)
    if seen is not None:
        mrd = f"; MRD {seen.mrd}" if seen.mrd is not None else ""
        yield (
            "response",
            (f"{seen.on}: {seen.response}, {_meaning(definition, seen.response)}{mrd} (entry {seen.entry})",),
        )


def _meaning(definition: Definition, response: str) -> str:
    meaning = definition.meanings[response].value
    return {"none": "no response", "partial": "partial response"}.get(meaning, meaning)
