"""May the patient be treated at all: consent and eligibility."""

from __future__ import annotations

from collections.abc import Iterable

from workflow.engine.decision import Args, Reason, Strength
from workflow.engine.guards.situation import Reasons, Situation
from workflow.protocol.guards import ConsentGiven, EligibilityRecorded, StillEligible

HARD, SOFT = Strength.HARD, Strength.SOFT


def consent(guard: ConsentGiven, now: Situation) -> Reasons:
    given = now.then.consents
    if not given:
        yield Reason("consent.missing", {"on": f"{now.proposal.on}"}, HARD)
        return
    version = now.definition.version
    other = [one for one in given if one.version != version]
    if other:
        one = min(other, key=lambda one: one.version)
        args: Args = {"on": f"{one.on}", "consented": one.version, "version": version}
        yield Reason("consent.version", args, HARD, tuple(each.entry for each in other))


def eligibility(guard: EligibilityRecorded, now: Situation) -> Reasons:
    answer = now.then.eligibility
    if answer is None:
        yield Reason("eligibility.missing", {"on": f"{now.proposal.on}"}, HARD)
        return
    if answer.failed:
        yield Reason("eligibility.not_met", {"criteria": _ordered(answer.failed, now)}, HARD, answer.entries)
    if answer.unknown:
        yield Reason("eligibility.unknown", {"criteria": _ordered(answer.unknown, now)}, HARD, answer.entries)
    routes = now.definition.arm(now.chart.arm).routes
    for route in answer.routes:
        if route not in routes:
            args: Args = {"route": route, "arm": now.chart.arm, "routes": list(routes)}
            yield Reason("eligibility.arm", args, SOFT, answer.entries)


def still_eligible(guard: StillEligible, now: Situation) -> Reasons:
    yield from found_ineligible(now)


def found_ineligible(now: Situation) -> Reasons:
    """A criterion that was last found not to be met. Those not answered again are as they were."""
    found = now.then.ineligible
    if found:
        yield Reason(
            "eligibility.not_met_since", {"criteria": _ordered(found, now)}, SOFT, tuple(sorted({*found.values()}))
        )


def _ordered(ids: Iterable[str], now: Situation) -> list[str]:
    """As the protocol lists them, whatever was typed first."""
    places = {criterion.id: place for place, criterion in enumerate(now.definition.protocol.criteria)}
    return sorted(ids, key=lambda id: (places.get(id, len(places)), id))
