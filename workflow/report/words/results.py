"""What came of a command, in sentences: what was done, what it did to agents, and each reason with what lifts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from workflow.engine.decision import Strength
from workflow.engine.facts import BY_KIND
from workflow.engine.facts.adverse_event import FATAL
from workflow.engine.facts.dose import Dose
from workflow.protocol.table import ENTERED_IN_ERROR
from workflow.report.views import Entry, PatientView, Reason, Result
from workflow.report.words.grammar import both, days, several

# ── reasons ────────────────────────────────────────────────────────────────────────────────────────────────────────


def lifted(reason: Reason) -> str:
    """A reason with its code and what would lift it."""
    return f"{coded(reason)}; lifted by: {reason.lifted_by}"


def coded(reason: Reason) -> str:
    """A reason with its code."""
    return f"{reason.message} [{reason.code}]"


def limits(reason: Reason) -> str:
    """What cannot be done about a reason, behind what would lift it: "; cannot be overridden"."""
    return "; cannot be overridden" if reason.strength is Strength.HARD else ""


def counted(reasons: Sequence[Reason]) -> str:
    """ "3 reasons"."""
    return several(len(reasons), "reason")


# ── what was done ──────────────────────────────────────────────────────────────────────────────────────────────────


REMARKED = {"acknowledge": "acknowledgement", "review": "review", "query": "query"}  # what is said of entries


def sentence(result: Result, view: PatientView | None, *, dry_run: bool) -> str:
    """Who, what, when, which entry, and what is next. ``view`` is the patient as they stand after it, if known."""
    who, on = result.patient, result.occurred_on
    kept = f" (entry {result.seq})" if result.seq is not None else ""
    if result.action == "enroll":
        where, under = (f" in arm {view.arm}", f", under protocol {view.version}") if view is not None else ("", "")
        return f"{who} {'would be ' if dry_run else ''}enrolled{where} on {on}{under}{kept}"
    if result.action == "resume" and view is not None and view.standing.holds:
        others = both([f"entry {held.entry} ({held.code})" for held in view.standing.holds])
        return f"the hold of {who} ends on {on}{kept}; still on hold: {others}"
    if result.action in ("hold", "resume"):
        verb = "would be" if dry_run else "is"
        return f"{who} {verb} {'on hold' if result.action == 'hold' else 'off hold'} from {on}{kept}"
    if result.action == "redact":
        return f"{who}: the text {'would be' if dry_run else 'is'} removed for good{kept}"
    if result.action == "correct" and result.state == ENTERED_IN_ERROR.name:
        return f"{who} {'would be' if dry_run else 'is'} entered in error{kept}: the enrolment stands no longer"
    if result.action == "correct":
        back = f"; back in {result.state}" if result.state != result.source else ""
        return f"{who} {'can be' if dry_run else 'is'} corrected{kept}{back}"
    if result.action in REMARKED:
        return f"{who} {REMARKED[result.action]} {'can be' if dry_run else 'is'} recorded{kept}"
    if result.action in BY_KIND:
        verb = "can be recorded" if dry_run else "recorded"
        against = f", against the rules: {', '.join(result.deviations)}" if result.deviations else ""
        return f"{who} {BY_KIND[result.action].TITLE} of {on} {verb}{kept}{against}"
    return _movement(result, view, dry_run=dry_run)


def taken_away(entry: Entry, *, dry_run: bool) -> str:
    """What a correction took back: which entry, and what it said."""
    kind = BY_KIND.get(entry.kind)
    what = f"{kind.TITLE} of {entry.occurred_on}: {entry.words}" if kind is not None else entry.trigger or entry.kind
    return f"entry {entry.seq} {'would stand no longer' if dry_run else 'stands no longer'}: {what}"


def rested(result: Result, *, dry_run: bool) -> Iterator[str]:
    """What rested on what a correction took back: "start_cycle of 2022-02-07 (entry 9) rests on it and stays: ..."."""
    verb = "rests on it, and would stay" if dry_run else "rested on it, and stays"
    for one in result.rested:
        why = "; ".join(coded(reason) for reason in one.reasons)
        without = f"without it: {why}" if why else "nothing that it was taken for stands any more"
        yield f"{one.action} of {one.on} (entry {one.entry}) {verb}; {without}"


def _movement(result: Result, view: PatientView | None, *, dry_run: bool) -> str:
    about = [result.action, *([f"entry {result.seq}"] if result.seq is not None else [])]
    about += [f"{days(result.delay)} late"] if result.delay else []
    about += [result.outcome] if result.outcome != "allowed" else []
    about += list(result.deviations)
    verb = "would go" if dry_run else "went"
    where = f"from {result.source} to {result.state}" if result.source != result.state else f"on in {result.state}"
    said = f"{result.patient} {verb} {where} on {result.occurred_on} ({', '.join(about)})"
    if view is None or view.state != result.state or view.window is None:
        return said
    return f"{said}; next opens {view.window.opens}, due {view.window.due}"


_AGENTS = {
    "held": (
        "is held: no dose",
        "are held: no dose",
        " until the event resolved or fell, or is judged to have another cause",
    ),
    "discontinued": ("is stopped for good", "are stopped for good", ""),
    "active": ("may be given again", "may be given again", ""),
    "planned": ("may be given again", "may be given again", ""),
}


def agents(result: Result, view: PatientView, titles: Mapping[str, str]) -> Iterator[str]:
    """What an adverse event did to agents, those alike in a sentence. ``titles`` are their names by their keys."""
    if result.action == Dose.KIND:
        return
    touched = [agent for agent in view.standing.agents if result.seq is not None and agent.entry == result.seq]
    for state, since in dict.fromkeys((agent.state, agent.since) for agent in touched):
        alike = [titles[agent.key] for agent in touched if (agent.state, agent.since) == (state, since)]
        one, many, until = _AGENTS[state]
        held_by = {event for agent in touched for event in agent.held_by}
        if any(event.grade == FATAL for event in view.standing.events if event.entry in held_by):
            until = ""
        yield f"{view.id} {both(alike)} {one if len(alike) == 1 else many} from {since} on{until}"


def changed(before: PatientView, after: PatientView, titles: Mapping[str, str]) -> Iterator[str]:
    """What a correction did to agents: those that are in another state than before it."""
    for was, now in zip(before.standing.agents, after.standing.agents, strict=True):
        if was.state != now.state and {was.state, now.state} != {"planned", "active"}:
            one, _, until = _AGENTS[now.state]
            yield f"{after.id} {titles[now.key]} {one}{until}; it was {was.state}"
