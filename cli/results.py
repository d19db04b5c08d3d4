"""What came of a command that writes: one line on stdout where it was done, every reason on stderr where refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workflow.cli import output
from workflow.cli.call import Call
from workflow.errors import Exit

if TYPE_CHECKING:
    from workflow.desk.trial import Trial
    from workflow.engine.decision import Reason
    from workflow.report.views import PatientView, Result

OVERRIDE = "or an investigator's override"


def told(call: Call, trial: Trial, result: Result) -> Exit:
    """Tell what came of a command on a patient."""
    if call.json:
        output.as_json(result)
    if not result.allowed:
        what = f"{result.patient} {result.action} on {result.occurred_on}"
        refused(what, result.reasons, f"entry {result.seq}" if result.seq is not None else None)
        return _ended(call, result.repeated, Exit.REFUSED)
    if not call.json:
        view = None if call.dry or result.repeated else trial.show(result.patient)
        output.line(_sentence(result, view, call.dry))
        for after in result.also:
            output.line(_sentence(after, view, call.dry))
    if result.outcome == "overridden":
        output.talk(f"regimen: overridden: {_counted(result.reasons)} passed over")
        for reason in result.reasons:
            output.talk(f"  {_passed(reason)}")
    if not call.json and view is not None:
        for line in _agents(trial, view, result):
            output.line(line)
    return _ended(call, result.repeated, Exit.DONE)


def _ended(call: Call, repeated: bool, code: Exit) -> Exit:
    if repeated:
        output.talk("regimen: this request was carried out before; that was its result, and nothing new was written")
    if call.dry:
        output.talk("regimen: dry run, nothing was written")
    return code


# ── refused ────────────────────────────────────────────────────────────────────────────────────────────────────────


def refused(what: str, reasons: Sequence[Reason], entry: str | None) -> None:
    """Every reason on stderr: a single one in the line itself, several in a line each."""
    kept = f" ({entry})" if entry is not None else ""
    if len(reasons) == 1:
        output.talk(f"regimen: refused: {what}: {lifted(reasons[0])}{kept}")
        return
    output.talk(f"regimen: refused: {what}: {_counted(reasons)}{kept}")
    for reason in reasons:
        output.talk(f"  {lifted(reason)}")


def lifted(reason: Reason) -> str:
    """A reason with its code and what would lift it."""
    by = reason.lifted_by
    if not reason.hard and "override" not in by:
        by = f"{by}, {OVERRIDE}"
    return f"{reason.message} [{reason.code}]; lifted by: {by}"


def _passed(reason: Reason) -> str:
    return f"{reason.message} [{reason.code}]"


def _counted(reasons: Sequence[Reason]) -> str:
    return "1 reason" if len(reasons) == 1 else f"{len(reasons)} reasons"


# ── done ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _sentence(result: Result, view: PatientView | None, dry: bool) -> str:
    """Who, what, when, which entry, and what is next."""
    who, on = result.patient, result.occurred_on
    kept = f" (entry {result.seq})" if result.seq is not None else ""
    if result.action == "enroll":
        where, under = (f" in arm {view.arm}", f", under protocol {view.version}") if view is not None else ("", "")
        return f"{who} {'would be ' if dry else ''}enrolled{where} on {on}{under}{kept}"
    if result.action in ("hold", "resume"):
        verb = "would be" if dry else "is"
        return f"{who} {verb} {'on hold' if result.action == 'hold' else 'off hold'} from {on}{kept}"
    if result.action in _FACTS:
        verb = "can be recorded" if dry else "recorded"
        return f"{who} {_FACTS[result.action]} of {on} {verb}{kept}"
    about = [result.action, *([f"entry {result.seq}"] if result.seq is not None else [])]
    about += [f"{days(result.delay)} late"] if result.delay else []
    about += [result.outcome] if result.outcome != "allowed" else []
    verb = "would go" if dry else "went"
    where = f"from {result.source} to {result.state}" if result.source != result.state else f"on in {result.state}"
    said = f"{who} {verb} {where} on {on} ({', '.join(about)})"
    if view is None or view.state != result.state or view.window is None:
        return said
    return f"{said}; next opens {view.window.opens}, due {view.window.due}"


_FACTS = {
    "consent": "consent",
    "eligibility": "eligibility",
    "adverse_event": "adverse event",
    "counts": "counts",
    "response": "response",
    "dose": "dose",
}


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _agents(trial: Trial, view: PatientView, result: Result) -> list[str]:
    """What an adverse event did to agents."""
    if result.action != "adverse_event" or result.seq is None:
        return []
    titles = trial.definition(view.version).agent_titles
    words: dict[str, Any] = {
        "held": "is held: no dose until the event resolved or fell",
        "discontinued": "is stopped for good",
        "active": "may be given again",
        "planned": "may be given again",
    }
    changed = ((key, status) for key, status in view.chart.agents.items() if status.entry == result.seq)
    return [f"{view.id} {titles[key]} {words[status.state]}" for key, status in changed]


def article(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"
