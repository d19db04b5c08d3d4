"""The command that takes a patient a step further, or out."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import Exit

if TYPE_CHECKING:
    from workflow.desk.trial import Trial
    from workflow.report.views import Result


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.argument("trigger", required=False, type=options.Word(words.triggers))
@options.on("The day of the step.")
@click.option("--code", help="The coded reason of a way out; `regimen next` lists them.")
@options.happened
@options.corrects(reason=False)
@options.writes()
@pass_call
def advance(
    call: Call,
    patient: str,
    trigger: str | None,
    on: date | None,
    code: str | None,
    reason: str | None,
    override: bool,
    happened: bool,
) -> Exit:
    """Take a patient a step further, or out.

    Without TRIGGER it is the step forward; `regimen next PATIENT` lists what else leads on. A refusal lists
    every reason, and is kept in the audit log as well. A step that did happen all the same is told with --happened.
    """
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        if trigger is None and call.how.get("expect") is None and call.how.get("request_id") is None:
            call.how["expect"] = trial.show(patient).seq  # the step forward is that of where they stand now
        ask = partial(
            trial.advance,
            patient,
            trigger,
            by=call.actor(trial),
            on=on,
            code=code,
            reason=reason,
            override=override,
            happened=happened,
            **call.how,
        )
        if call.corrects is not None:
            return results.of_correction(call, trial, patient, call.corrects, ask)
        result = ask()
        results.keep(result)
        typed = ["advance", patient, *([trigger] if trigger else []), *(["--code", code] if code else [])]
        return results.show(call, trial, result, repair=_repair(call, trial, result, typed, reason, on))


def _repair(
    call: Call, trial: Trial, result: Result, typed: list[str], reason: str | None, on: date | None
) -> str | None:
    """What to type where a refused step did happen, for whom the protocol lets say so."""
    from workflow.cli.screen.result import as_happened

    if not result.may_have_happened or call.dry:
        return None
    may = trial.definition_of(trial.show(result.patient)).roles.get("step_happened", ())
    role = next((role for role in (result.role, *(call.roles if call.role is None else ())) if role in may), None)
    return as_happened(call, typed, reason, on, role=None if role == result.role else role) if role else None
