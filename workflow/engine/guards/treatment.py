"""May treatment go on: progression, toxicity, blood counts, holds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from workflow.engine.as_of import AsOf, Event
from workflow.engine.decision import Args, Reason, Strength
from workflow.engine.guards.situation import Reasons, Situation
from workflow.protocol.guards import CountsRecovered, NoOpenHold, NoProgression, NoUnacceptableToxicity
from workflow.protocol.model import Purpose, ResponseMeaning

HARD, SOFT = Strength.HARD, Strength.SOFT
_RESPONDED = (ResponseMeaning.REMISSION, ResponseMeaning.PARTIAL)


def progression(guard: NoProgression, now: Situation) -> Reasons:
    yield from progressed(now, before=False)
    if guard.response_after is not None:
        yield from not_responded(now, before=False)


def progressed(now: Situation, *, before: bool) -> Reasons:
    """A progression or relapse up to the day; with ``before``, up to the day before it."""
    seen = now.then.progression
    if seen is not None and not (before and seen.on >= now.proposal.on):
        kind = now.then.meaning(seen).value
        yield Reason(f"progression.{kind}", {"on": f"{seen.on}", "response": seen.response}, HARD, (seen.entry,))


def not_responded(now: Situation, *, before: bool) -> Reasons:
    """The last assessment found no response. With ``before`` one of the day itself may lift that, but adds nothing."""
    then = now.then
    today = then.response
    if before and today is not None and today.on == now.proposal.on and then.meaning(today) not in _RESPONDED:
        then = AsOf(now.definition, now.chart, date.fromordinal(max(now.proposal.on.toordinal() - 1, 1)))
    seen = then.no_response
    if seen is not None and not (before and seen.on >= now.proposal.on):
        args: Args = {"on": f"{seen.on}", "response": seen.response}
        yield Reason("progression.no_response", args, SOFT, (seen.entry,))


def toxicity(guard: NoUnacceptableToxicity, now: Situation) -> Reasons:
    yield from declared_unacceptable(now)
    least = guard.open_grade
    if least is None:
        return
    for event in now.then.events:
        if event.unacceptable or event.fatal or event.grade < least or not event.open:
            continue
        if event.attributed is None and not now.definition.terms[event.term].haematological:
            yield Reason("toxicity.unattributed", {**_named(event), "least": least}, SOFT, (event.entry,))
        elif event.attributed:
            yield Reason("toxicity.open", {**_named(event), "least": least}, SOFT, (event.entry,))


def _named(event: Event) -> Args:
    return {"term": event.term, "grade": event.grade, "on": f"{event.on}", "entry": event.entry}


def declared_unacceptable(now: Situation) -> Reasons:
    """An event that was declared unacceptable: it counts from its first day on."""
    for event in now.then.unacceptable_events:
        ways = list(now.definition.triggers_for(Purpose.TOXICITY))
        yield Reason("toxicity.unacceptable", {**_named(event), "exits": ways}, HARD, (event.entry,))


def fatal(now: Situation) -> Reasons:
    """An event that was fatal, from that day on: no cycle, no dose, no visit follows it."""
    for event in now.then.fatal_events:
        ways = list(now.definition.triggers_for(Purpose.DEATH))
        yield Reason("toxicity.fatal", {**_named(event), "exits": ways}, HARD, (event.told_by,))


def counts(guard: CountsRecovered, now: Situation) -> Reasons:
    on, latest = now.proposal.on, now.then.counts
    first = date.fromordinal(max(on.toordinal() - guard.valid_days, 1))
    span: Args = {"first": f"{first}", "last": f"{on}"}
    if latest is None:
        yield Reason("counts.missing", span, SOFT)
        return
    age = (on - latest.on).days
    if age > guard.valid_days:
        old: Args = {**span, "on": f"{latest.on}", "age": age, "valid": guard.valid_days}
        yield Reason("counts.old", old, SOFT, latest.entries)
    for name, value, least in (("anc", latest.anc, guard.anc), ("platelets", latest.platelets, guard.platelets)):
        if Decimal(value) < Decimal(least):
            args: Args = {"value": value, "on": f"{latest.on}", "least": least}
            yield Reason(f"counts.{name}", args, SOFT, latest.entries)


def hold(guard: NoOpenHold, now: Situation) -> Reasons:
    yield from on_hold(now, HARD)


def on_hold(now: Situation, strength: Strength) -> Reasons:
    for span in now.then.holds:
        if span.open:
            yield Reason("hold.open", {"on": f"{span.on}", "code": span.code}, strength, (span.entry,))
