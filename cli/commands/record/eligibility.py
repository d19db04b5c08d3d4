"""The command that records the answers to the eligibility criteria."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.cli.commands.record import carry_out, note
from workflow.cli.lazy import Command
from workflow.errors import Exit


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.option(
    "--route",
    required=True,
    type=options.Word(words.routes),
    help="The criterion by which the patient enters; `regimen protocol show --criteria` lists the routes.",
)
@click.option("--others-in-order", is_flag=True, help="Every criterion not named was checked and is in order.")
@click.option("--met", multiple=True, metavar="ID", help="A criterion whose statement holds. May be repeated.")
@click.option("--not-met", multiple=True, metavar="ID", help="A criterion whose statement does not hold.")
@click.option("--unknown", multiple=True, metavar="ID", help="A criterion that is not known yet.")
@options.on("The day of the assessment.")
@options.at
@note
@options.corrects()
@options.writes()
@pass_call
def eligibility(
    call: Call,
    patient: str,
    route: str,
    others_in_order: bool,
    met: tuple[str, ...],
    not_met: tuple[str, ...],
    unknown: tuple[str, ...],
    on: date | None,
    note: str | None,
) -> Exit:
    """The answers to the eligibility criteria.

    An inclusion is in order when it is met, an exclusion when it is not. What is not named counts as unknown, which
    holds back registration as a failed criterion does. `regimen protocol show --criteria` lists them.
    """
    answers: dict[str, bool | None] = {}
    for ids, answer in ((met, True), (not_met, False), (unknown, None)):
        for id in ids:
            if answers.setdefault(id, answer) is not answer:
                raise click.UsageError(f"{id[:40]} is answered twice", click.get_current_context())
    code = carry_out(
        call,
        "record_eligibility",
        patient,
        on=on,
        route=route,
        answers=answers,
        others_in_order=others_in_order,
        note=note,
    )
    _conflicts(call, patient, (route, *answers))
    return code


def _conflicts(call: Call, patient: str, ids: tuple[str, ...]) -> None:
    """Where the record is at odds with itself about a criterion that was named, say so."""
    from workflow.cli.screen import streams

    with call.trial() as trial:
        criteria = trial.definition_of(trial.show(patient)).protocol.criteria
    for criterion in criteria:
        if criterion.id in ids and criterion.note:
            streams.talk(f"regimen: note on {criterion.id}: {criterion.note}")
