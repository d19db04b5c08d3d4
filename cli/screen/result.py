"""What came of a command that writes: one line on stdout where it was done, every reason on stderr where refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from workflow.cli.call import Call
from workflow.cli.screen import json, streams, style
from workflow.engine.facts.adverse_event import FATAL, AdverseEvent, AdverseEventNews
from workflow.errors import Exit
from workflow.protocol.model import Purpose
from workflow.protocol.table import ENTERED_IN_ERROR
from workflow.report.words.grammar import noun
from workflow.report.words.reasons import entries as named
from workflow.report.words.results import agents, changed, coded, counted, lifted, rested, sentence, taken_away

if TYPE_CHECKING:
    from workflow.desk.trial import Trial
    from workflow.engine.course import Definition
    from workflow.report.views import Entry, PatientView, PersonResult, Reason, Result


def show(
    call: Call,
    trial: Trial,
    result: Result,
    *,
    repair: str | None = None,
    taken_back: Sequence[Entry] = (),
    before: PatientView | None = None,
) -> Exit:
    """Of a command on a patient. ``repair`` is what to type where what was refused did happen; ``taken_back`` are the
    entries that a correction is about, ``before`` is the patient as they stood before it."""
    keep(result)
    if call.json:
        json.show(result)
    acting = f", as {result.role}" if len(call.roles) > 1 else ""
    if not result.allowed:
        what = f"{result.patient} {result.action} on {result.occurred_on}"
        what += _today(result, what)
        _refused(what, result.reasons, f"entry {result.seq}{acting}" if result.seq is not None else None)
        for reason in result.reasons:
            if reason.code.startswith("correct.") and reason.evidence:
                streams.talk(f"regimen: see {named(reason.evidence)} of {result.patient}")
        if repair is not None:
            streams.talk(f"regimen: where it did happen: {repair}")
        return _ended(call, result.repeated, Exit.REFUSED)
    if not call.json:
        _done(call, trial, result, taken_back, acting, before)
    if result.outcome in _PASSED:
        streams.talk(f"regimen: {result.outcome}: {counted(result.reasons)} {_PASSED[result.outcome]}")
        for reason in result.reasons:
            streams.talk(f"  {coded(reason)}")
    if taken_back:
        anew = "" if result.also or result.state == ENTERED_IN_ERROR.name else "; record the right value anew"
        streams.talk(f"regimen: what was decided since stays decided{anew}")
    return _ended(call, result.repeated, Exit.DONE)


def carried_out(call: Call, trial: Trial, patient: str, ask: Callable[[], Result]) -> Exit:
    """Carry a command on a patient out, and show what came of it."""
    return (
        show(call, trial, ask()) if call.corrects is None else of_correction(call, trial, patient, call.corrects, ask)
    )


def of_correction(call: Call, trial: Trial, patient: str, entry: int, ask: Callable[[], Result]) -> Exit:
    """The same where ``entry`` is taken back by it: what stands no longer is said too."""
    from workflow.store.log import Filter

    before = trial.show(patient)
    result = ask()
    keep(result)
    gone = [one for one in trial.log(Filter(patient=patient)) if entry in (one.seq, one.cause) and one.allowed]
    return show(call, trial, result, taken_back=gone, before=before)


def keep(result: Result) -> None:
    """Remember what was recorded, for the case that it cannot be shown."""
    if result.seq is None or result.repeated:
        return
    kept = [one for one in (result, *result.also) if one.patient == result.patient]
    entries = f"{noun(len(kept), 'entry', 'entries')} {' and '.join(str(one.seq) for one in kept)}"
    streams.recorded(f"{result.patient} {result.action} is recorded as {entries}" if result.allowed else "")


def _today(result: Result, said: str) -> str:
    """Behind what names a command's day, where that is today: in which zone it is."""
    if result.zone is None or result.occurred_on != result.today or f"{result.today}" not in said:
        return ""
    return f", today in {result.zone}"


_PASSED = {"overridden": "passed over", "deviated": "against it, kept with it"}


def _done(
    call: Call, trial: Trial, result: Result, taken_back: Sequence[Entry], acting: str, before: PatientView | None
) -> None:
    view = None if call.dry or result.repeated else trial.show(result.patient)
    for said in rested(result, dry_run=call.dry):
        style.line(said)
    for one in (result, *result.also):
        said = sentence(one, view, dry_run=call.dry)
        style.line(said + acting, style.quiet(_today(one, said)))
    for entry in taken_back:
        style.line(f"  {taken_away(entry, dry_run=call.dry)}")
    if view is not None:
        definition = trial.definition_of(view)
        for said in agents(result, view, definition.agent_titles):
            style.line(said)
        for said in changed(before, view, definition.agent_titles) if before is not None else ():
            style.line(said)
        _ask_for_the_death(call, definition, result, view)


def _ask_for_the_death(call: Call, definition: Definition, result: Result, view: PatientView) -> None:
    """Of a fatal event that was just recorded, what is to be typed next."""
    told = result.action in (AdverseEvent.KIND, AdverseEventNews.KIND)
    if not told or not any(event.grade == FATAL for event in view.standing.events):
        return
    for row in definition.table(view.arm).outgoing[view.state]:
        if row.purpose is Purpose.DEATH:
            typed = call.typed("advance", view.id, row.trigger, "--on DATE")
            streams.talk(f"regimen: a fatal event asks for the death: {typed}")


def as_happened(call: Call, words: Sequence[str], reason: str | None, on: date | None, role: str | None = None) -> str:
    """The same command again, which says that it did happen. ``words`` are those of the command without its day."""
    from shlex import quote

    why = quote(reason) if reason is not None else "TEXT"
    return call.typed(*map(quote, words), "--happened", "--reason", why, on=on, role=role)


def _ended(call: Call, repeated: bool, code: Exit) -> Exit:
    if repeated:
        streams.talk("regimen: this request was carried out before; that was its result, and nothing new was written")
    if call.dry:
        nothing_written()
    return code


def show_of_person(call: Call, result: PersonResult, action: str, done: str) -> Exit:
    """Of a command on somebody who takes part; ``done`` says what they are or do now."""
    if result.allowed and not call.dry:
        streams.recorded(f"people {action} {result.person.id} is recorded")
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
