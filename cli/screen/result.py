"""What came of a command that writes: one line on stdout where it was done, every reason on stderr where refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workflow.cli.call import Call
from workflow.cli.screen import json, streams, style
from workflow.errors import Exit
from workflow.report.words.results import agents, coded, counted, lifted, sentence

if TYPE_CHECKING:
    from workflow.desk.trial import Trial
    from workflow.engine.decision import Reason
    from workflow.report.views import PersonResult, Result


def show(call: Call, trial: Trial, result: Result) -> Exit:
    """Of a command on a patient."""
    if call.json:
        json.show(result)
    if not result.allowed:
        what = f"{result.patient} {result.action} on {result.occurred_on}"
        _refused(what, result.reasons, f"entry {result.seq}" if result.seq is not None else None)
        return _ended(call, result.repeated, Exit.REFUSED)
    if not call.json:
        view = None if call.dry or result.repeated else trial.show(result.patient)
        for one in (result, *result.also):
            style.line(sentence(one, view, dry_run=call.dry))
    if result.outcome == "overridden":
        streams.talk(f"regimen: overridden: {counted(result.reasons)} passed over")
        for reason in result.reasons:
            streams.talk(f"  {coded(reason)}")
    if not call.json and view is not None:
        for said in agents(result, view, trial.definition(view.version).agent_titles):
            style.line(said)
    return _ended(call, result.repeated, Exit.DONE)


def _ended(call: Call, repeated: bool, code: Exit) -> Exit:
    if repeated:
        streams.talk("regimen: this request was carried out before; that was its result, and nothing new was written")
    if call.dry:
        nothing_written()
    return code


def show_of_person(call: Call, result: PersonResult, action: str, done: str) -> Exit:
    """Of a command on somebody who takes part; ``done`` says what they are or do now."""
    if call.json:
        json.show(result)
    if not result.allowed:
        _refused(f"people {action} {result.person.id}", result.reasons, None)
    elif not call.json:
        style.line(f"{result.person.id} {done}" if not call.dry else f"{result.person.id}: people {action} is allowed")
    if call.dry:
        nothing_written()
    return Exit.DONE if result.allowed else Exit.REFUSED


def nothing_written() -> None:
    streams.talk("regimen: dry run, nothing was written")


def _refused(what: str, reasons: Sequence[Reason], entry: str | None) -> None:
    """Every reason on stderr: a single one in the line itself, several in a line each."""
    kept = f" ({entry})" if entry is not None else ""
    if len(reasons) == 1:
        streams.talk(f"regimen: refused: {what}: {lifted(reasons[0])}{kept}")
        return
    streams.talk(f"regimen: refused: {what}: {counted(reasons)}{kept}")
    for reason in reasons:
        streams.talk(f"  {lifted(reason)}")
