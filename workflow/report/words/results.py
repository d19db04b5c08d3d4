"""What came of a command, in sentences: what was done, what it did to agents, and each reason with what lifts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from workflow.engine.decision import Reason
from workflow.report.views import PatientView, Result
from workflow.report.words.grammar import days, several

# ── reasons ────────────────────────────────────────────────────────────────────────────────────────────────────────

OVERRIDE = "or an investigator's override"


def lifted(reason: Reason) -> str:
    """A reason with its code and what would lift it."""
    by = reason.lifted_by
    if not reason.hard and "override" not in by:
        by = f"{by}, {OVERRIDE}"
    return f"{coded(reason)}; lifted by: {by}"


def coded(reason: Reason) -> str:
    """A reason with its code."""
    return f"{reason.message} [{reason.code}]"


def counted(reasons: Sequence[Reason]) -> str:
    """ "3 reasons"."""
    return several(len(reasons), "reason")


# ── what was done ──────────────────────────────────────────────────────────────────────────────────────────────────

_FACTS = {
    "consent": "consent",
    "eligibility": "eligibility",
    "adverse_event": "adverse event",
    "counts": "counts",
    "response": "response",
    "dose": "dose",
}


def sentence(result: Result, view: PatientView | None, *, dry_run: bool) -> str:
    """Who, what, when, which entry, and what is next. ``view`` is the patient as they stand after it, if known."""
    who, on = result.patient, result.occurred_on
    kept = f" (entry {result.seq})" if result.seq is not None else ""
    if result.action == "enroll":
        where, under = (f" in arm {view.arm}", f", under protocol {view.version}") if view is not None else ("", "")
        return f"{who} {'would be ' if dry_run else ''}enrolled{where} on {on}{under}{kept}"
    if result.action in ("hold", "resume"):
        verb = "would be" if dry_run else "is"
        return f"{who} {verb} {'on hold' if result.action == 'hold' else 'off hold'} from {on}{kept}"
    if result.action in _FACTS:
        verb = "can be recorded" if dry_run else "recorded"
        return f"{who} {_FACTS[result.action]} of {on} {verb}{kept}"
    return _movement(result, view, dry_run=dry_run)


def _movement(result: Result, view: PatientView | None, *, dry_run: bool) -> str:
    about = [result.action, *([f"entry {result.seq}"] if result.seq is not None else [])]
    about += [f"{days(result.delay)} late"] if result.delay else []
    about += [result.outcome] if result.outcome != "allowed" else []
    verb = "would go" if dry_run else "went"
    where = f"from {result.source} to {result.state}" if result.source != result.state else f"on in {result.state}"
    said = f"{result.patient} {verb} {where} on {result.occurred_on} ({', '.join(about)})"
    if view is None or view.state != result.state or view.window is None:
        return said
    return f"{said}; next opens {view.window.opens}, due {view.window.due}"


_AGENTS = {
    "held": "is held: no dose until the event resolved or fell",
    "discontinued": "is stopped for good",
    "active": "may be given again",
    "planned": "may be given again",
}


def agents(result: Result, view: PatientView, titles: Mapping[str, str]) -> Iterator[str]:
    """What an adverse event did to agents, a sentence each. ``titles`` are the agents' names by their keys."""
    if result.action != "adverse_event" or result.seq is None:
        return
    for key, status in view.chart.agents.items():
        if status.entry == result.seq:
            yield f"{view.id} {titles[key]} {_AGENTS[status.state]}"
