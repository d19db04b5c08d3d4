"""The command that enrols a patient."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import Exit


@click.command(cls=Command)
@click.argument("patient")
@click.option(
    "--arm", required=True, type=options.Word(words.arms), help="Which arm; `regimen protocol show` tells them."
)
@click.option(
    "--protocol",
    "version",
    metavar="VERSION",
    type=options.Word(words.versions),
    help="The protocol version.  [default: the one in force for the arm that day]",
)
@options.on("The day of enrolment.")
@click.option(
    "--instead-of",
    metavar="PATIENT",
    type=options.PATIENT,
    help="The id under which the same person was enrolled wrongly: that enrolment is taken back.",
)
@click.option("--reason", type=options.WORDS, help="Why it is corrected, in words.")
@options.writes(expect=False)
@pass_call
def enroll(
    call: Call,
    patient: str,
    arm: str,
    version: str | None,
    on: date | None,
    instead_of: str | None,
    reason: str | None,
) -> Exit:
    """Enrol a patient in an arm.

    PATIENT is a pseudonym of letters, digits, dots, dashes and underscores with at least one digit: never a name.

    Who was enrolled wrongly - in the wrong arm, under the wrong id - and of whom nothing else is recorded is enrolled
    anew under another id with --instead-of: the first enrolment stands no longer, its id is never used again, and each
    names the other.
    """
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        by = call.actor(trial)
        more = {"version": version, "on": on, "instead_of": instead_of, "reason": reason, **call.how}
        return results.show(call, trial, trial.enroll(patient, arm, by=by, **more))
