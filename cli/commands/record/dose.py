"""The command that records a dose."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.cli.commands.record import note
from workflow.cli.lazy import Command
from workflow.errors import Exit

if TYPE_CHECKING:
    from workflow.report.views import Result


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.option(
    "--agent",
    required=True,
    type=options.Word(words.agents),
    help="Its name or abbreviation; `regimen show PATIENT` lists those of the arm.",
)
@click.option("--amount", metavar="NUMBER", help="How much.")
@click.option("--unit", help="Of what, such as mg/m2.")
@options.happened
@options.on("The day it was given.")
@options.at
@note
@options.corrects(reason=False)
@options.writes()
@pass_call
def dose(
    call: Call,
    patient: str,
    agent: str,
    amount: str | None,
    unit: str | None,
    reason: str | None,
    override: bool,
    happened: bool,
    on: date | None,
    note: str | None,
) -> Exit:
    """A dose given.

    Where the protocol says no, that is a refusal. A dose that was given all the same is told with --happened and a
    --reason, and kept as a deviation; on a terminal that is asked at once.
    """
    from workflow.cli.screen import asking
    from workflow.cli.screen import result as results

    told: dict[str, Any] = {"agent": agent, "amount": amount, "unit": unit, "on": on, "note": note}
    with call.trial() as trial:
        by = call.actor(trial)

        def ask() -> Result:
            return trial.record_dose(
                patient, by=by, reason=reason, override=override, happened=happened, **told, **call.how
            )

        if call.corrects is not None:
            return results.of_correction(call, trial, patient, call.corrects, ask)
        result = ask()
        results.keep(result)
        if not result.may_have_happened or call.dry:
            return results.show(call, trial, result)
        if not asking.possible(call):
            given = ((name, {**told, **call.how}[name]) for name in ("agent", "amount", "unit", "at", "note"))
            typed = [word for name, value in given if value is not None for word in (f"--{name}", value)]
            repair = results.as_happened(call, ["record", "dose", patient, *typed], reason, on)
            return results.show(call, trial, result, repair=repair)
        results.show(call, trial, result)
        given_because = asking.given_all_the_same(result, reason)
        if given_because is None:
            return Exit.REFUSED
        call.how["expect"] = result.seq  # nothing else may have come between
        result = trial.record_dose(patient, by=by, reason=given_because, happened=True, **told, **call.how)
        return results.show(call, trial, result)
