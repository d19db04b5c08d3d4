"""How a patient stands: what `next` begins with, and `show` says in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from workflow.cli.call import today
from workflow.cli.screen import entry as entries_shown
from workflow.cli.screen.page import Page
from workflow.cli.screen.style import Text, bad, good, quiet, strong, warn
from workflow.report.words.grammar import days, noun, several

if TYPE_CHECKING:
    from workflow.engine.chart import Chart, Toxicity
    from workflow.engine.course import Definition
    from workflow.ledger.entry import Entry
    from workflow.report.views import PatientView

Pair = tuple[str, Sequence[Text]]


# ── in short ───────────────────────────────────────────────────────────────────────────────────────────────────────


def header(page: Page, view: PatientView, on: date) -> None:
    page.add(strong(view.id), f"  arm {view.arm}  ", strong(view.title), quiet(f"  as of {on}"))
    place = f"{view.trial}, protocol {view.version}; {view.state}; last entry {view.seq}"
    page.add(quiet(place), hang=2)
    page.blank()


def standing(definition: Definition, view: PatientView, on: date) -> Iterator[Pair]:
    """When things began and are due, and what stands in the way."""
    chart, window = view.chart, view.window
    if chart.on_treatment and chart.cycle_from is not None:
        yield "this cycle began", (f"{chart.cycle_from}", quiet(f" ({_day_of(on, chart.cycle_from)})"))
    if chart.treatment_to is not None and not chart.on_treatment:
        yield "treatment ended", (f"{chart.treatment_to}", _by(chart.ended_by, chart.ended_code))
    if definition.table(chart.arm).by_name[chart.state].final:
        yield "left the study", (f"{chart.since}", _by(chart.left_by, chart.left_code))
    if chart.died_on is not None:
        yield "died", (f"{chart.died_on}",)
    if window is not None:
        what = "the visit" if not chart.on_treatment else "the next step"
        yield (
            f"{what} open{'s' if on < window.opens else 'ed'}",
            (f"{window.opens}", quiet(f" ({_when(on, window.opens)})")),
        )
        yield f"{what} {'is' if on <= window.last else 'was'} due", (f"{window.due}", *_lateness(on, window))
    yield from troubles(definition, chart)


def troubles(definition: Definition, chart: Chart) -> Iterator[Pair]:
    """What holds treatment, or an agent, back."""
    if chart.hold is not None:
        yield "ON HOLD", (bad(f"since {chart.hold.on}"), f": {chart.hold.code} (entry {chart.hold.entry})")
    if chart.progression is not None:
        seen = chart.progression
        meaning = definition.meanings[seen.response].value
        yield meaning, (bad(f"{seen.on}"), f": {seen.response} (entry {seen.entry})")
    for event in chart.toxicities:
        yield from _toxicity(definition, event)
    for key, status in chart.agents.items():
        title = definition.agent_titles[key]
        if status.state == "held":
            by = ", ".join(str(seq) for seq in status.held_by)
            yield "held", (warn(title), f" since {status.on}, by {noun(len(status.held_by), 'entry', 'entries')} {by}")
        elif status.state == "discontinued":
            yield "stopped for good", (bad(title), f" on {status.on} (entry {status.entry})")


def _toxicity(definition: Definition, event: Toxicity) -> Iterator[Pair]:
    title = definition.terms[event.term].title
    agents = ", ".join(definition.agent_titles[key] for key in event.attributed or ())
    cause = f", attributed to {agents}" if agents else ", attribution not recorded" if event.attributed is None else ""
    name = "unacceptable" if event.unacceptable else "adverse event"
    since = f" since {event.on}" if event.open else f" of {event.on}, resolved"
    yield name, (warn(f"{title} grade {event.grade}"), f"{since}{cause} (entry {event.entry})")


def _by(trigger: str | None, code: str | None) -> Text:
    if trigger is None:
        return ""
    return f": {trigger} ({code})" if code is not None else f": {trigger}"


def _day_of(on: date, start: date) -> str:
    return f"day {(on - start).days + 1}" if on >= start else f"in {days((start - on).days)}"


def _when(on: date, day: date) -> str:
    ahead = (day - on).days
    if ahead == 0:
        return "that day" if on != today() else "today"
    return f"in {days(ahead)}" if ahead > 0 else f"{days(-ahead)} ago"


def _lateness(on: date, window: Any) -> tuple[Text, ...]:
    if on > window.last:
        late = days((on - window.last).days)
        long = window.warn is not None and on >= window.warn
        return (": ", bad(f"{late} late, a LONG delay") if long else warn(f"{late} late"))
    until = f", late after {window.last}" if window.last != window.due else ""
    return (quiet(f" ({_when(on, window.due)}{until})"),)


# ── in full ────────────────────────────────────────────────────────────────────────────────────────────────────────


def show(definition: Definition, view: PatientView, entries: Sequence[Entry]) -> None:
    page, chart, on = Page(), view.chart, today()
    header(page, view, on)
    page.pairs([*_dates(definition, chart), *standing(definition, view, on)])
    page.heading("Consent and eligibility")
    page.pairs(_admission(definition, chart))
    page.heading("Agents")
    page.columns(_agents(definition, chart))
    page.heading("Latest results")
    page.pairs(_latest(definition, chart))
    page.heading("Last entries", quiet(f"  (all: regimen audit log --patient {view.id})"))
    for entry in entries:
        entries_shown.add(page, entry, indent=2, brief=True)
    page.show()


def _dates(definition: Definition, chart: Chart) -> Iterator[Pair]:
    yield "enrolled", (f"{chart.enrolled_on}",)
    if chart.treatment_from is not None:
        yield "treatment began", (f"{chart.treatment_from}",)
    if chart.phase_from is not None:
        yield "this phase began", (f"{chart.phase_from}",)
    if chart.visits:
        awaited = (place.visit.days for place in definition.table(chart.arm).places if place.visit is not None)
        first = next((days for days in awaited if days is not None), None)
        yield "visits", (f"{chart.visits}" if first is None else f"{chart.visits} after that of day {first}",)


def _admission(definition: Definition, chart: Chart) -> Iterator[Pair]:
    given, answer = chart.consent, chart.eligibility
    if given is None:
        yield "consent", (warn("not recorded"),)
    else:
        yield "consent", (f"{given.on}, to version {given.version} (entry {given.entry})",)
    if answer is None:
        yield "eligibility", (warn("not recorded"),)
        return
    kept = f"{answer.on}, by {answer.route} (entry {answer.entry})"
    if not answer.failed and not answer.unknown:
        yield "eligibility", (good("met"), f" {kept}")
    else:
        yield "eligibility", (bad("not met" if answer.failed else "unknown"), f" {kept}")
    texts = {criterion.id: criterion.text for criterion in definition.protocol.criteria}
    for name, ids in (("not met", answer.failed), ("unknown", answer.unknown)):
        for id in ids:
            yield f"  {name}", (f"{id}: {texts[id]}",)


def _agents(definition: Definition, chart: Chart) -> Iterator[tuple[Text, ...]]:
    for key in definition.agents_of(chart.arm):
        status = chart.agent(key)
        doses = several(status.doses, "dose")
        style = {"held": warn, "discontinued": bad}.get(status.state)
        since = f"since {status.on} (entry {status.entry})" if status.entry else ""
        yield definition.agent_titles[key], style(status.state) if style else status.state, doses, since
    if chart.last_dose_on is not None:
        yield (quiet(f"the last dose was on {chart.last_dose_on}"),)


def _latest(definition: Definition, chart: Chart) -> Iterator[Pair]:
    if not chart.counts and not chart.assessments:
        yield "counts", (quiet("none"),)
    for counts in chart.counts[-3:]:
        yield "counts", (f"{counts.on}: ANC {counts.anc}, platelets {counts.platelets} x10^9/L (entry {counts.entry})",)
    for seen in chart.assessments[-3:]:
        yield "response", (f"{seen.on}: {seen.response}, {_meaning(definition, seen.response)} (entry {seen.entry})",)


def _meaning(definition: Definition, response: str) -> str:
    meaning = definition.meanings[response].value
    return {"none": "no response", "partial": "partial response"}.get(meaning, meaning)
