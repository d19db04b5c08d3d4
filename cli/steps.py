"""Commands that move a patient: enrol, advance, hold, resume."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.errors import Exit


@click.command()
@click.argument("patient")
@click.option("--arm", required=True, type=options.Word(words.ARMS), help=f"{words.listed(words.ARMS)}.")
@click.option(
    "--protocol",
    "version",
    metavar="VERSION",
    type=options.Word(words.VERSIONS),
    help="The protocol version.  [default: the newest installed]",
)
@options.on("The day of enrolment.")
@options.writes(expect=False)
@pass_call
def enroll(call: Call, patient: str, arm: str, version: str | None, on: date | None) -> Exit:
    """Enrol a patient in an arm.

    PATIENT is a pseudonym of letters, digits, dots, dashes and underscores with at least one digit: never a name.
    """
    from workflow.cli.results import told

    with call.trial() as trial:
        by = call.actor(trial)
        return told(call, trial, trial.enroll(patient, arm, by=by, version=version, on=on, **call.how))


@click.command()
@click.argument("patient")
@click.argument("trigger", required=False, type=options.Word(words.TRIGGERS))
@options.on("The day of the step.")
@click.option("--code", help="The coded reason of a way out; `regimen next` lists them.")
@click.option("--reason", metavar="TEXT", help="Why, in words: for a delay, an override.")
@click.option("--override", is_flag=True, help="Pass the soft guards, as an investigator, with a --reason.")
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
) -> Exit:
    """Take a patient a step further, or out.

    Without TRIGGER it is the step forward. A refusal lists every reason, and is kept in the audit log as well.
    """
    from workflow.cli.results import told

    with call.trial() as trial:
        by = call.actor(trial)
        result = trial.advance(patient, trigger, by=by, on=on, code=code, reason=reason, override=override, **call.how)
        return told(call, trial, result)


@click.command()
@click.argument("patient")
@click.option("--code", required=True, type=options.Word(words.HOLDS), help=f"Why: {words.listed(words.HOLDS)}.")
@click.option("--reason", metavar="TEXT", help="Why, in words.")
@options.on("The day the hold began.")
@options.writes()
@pass_call
def hold(call: Call, patient: str, code: str, reason: str | None, on: date | None) -> Exit:
    """Hold a patient's treatment.

    No step forward until `regimen resume`.
    """
    from workflow.cli.results import told

    with call.trial() as trial:
        by = call.actor(trial)
        return told(call, trial, trial.hold(patient, by=by, code=code, on=on, reason=reason, **call.how))


@click.command()
@click.argument("patient")
@click.option("--reason", metavar="TEXT", help="Why, in words.")
@options.on("The day the hold ended.")
@options.writes()
@pass_call
def resume(call: Call, patient: str, reason: str | None, on: date | None) -> Exit:
    """End a hold."""
    from workflow.cli.results import told

    with call.trial() as trial:
        by = call.actor(trial)
        return told(call, trial, trial.resume(patient, by=by, on=on, reason=reason, **call.how))
