"""Commands that record what happened to a patient."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.errors import Exit

note = click.option("--note", metavar="TEXT", help="Anything to add, in words. No names, no birth dates.")


@click.group()
def record() -> None:
    """Record consent, counts, adverse events, doses..."""


@record.command()
@click.argument("patient")
@click.option(
    "--protocol",
    "version",
    metavar="VERSION",
    type=options.Word(words.VERSIONS),
    help="The protocol version consented to.  [default: the patient's]",
)
@options.on("The day of the signature.")
@note
@options.writes()
@pass_call
def consent(call: Call, patient: str, version: str | None, on: date | None, note: str | None) -> Exit:
    """Written informed consent."""
    return _record(call, "record_consent", patient, on=on, version=version, note=note)


@record.command()
@click.argument("patient")
@click.option(
    "--route",
    required=True,
    type=options.Word(words.ROUTES),
    help=f"The criterion by which the patient enters: {words.listed(words.ROUTES)}.",
)
@click.option("--others-in-order", is_flag=True, help="Every criterion not named was checked and is in order.")
@click.option("--met", multiple=True, metavar="ID", help="A criterion whose statement holds. May be repeated.")
@click.option("--not-met", multiple=True, metavar="ID", help="A criterion whose statement does not hold.")
@click.option("--unknown", multiple=True, metavar="ID", help="A criterion that is not known yet.")
@options.on("The day of the assessment.")
@note
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
    code = _record(
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


@record.command()
@click.argument("patient")
@click.option("--term", help="What it was: a CTCAE term or a synonym; `other` with a --note for the rest.")
@click.option("--grade", type=int, metavar="1-5", help="The CTCAE v5 grade.")
@click.option("--update", type=options.NUMBER, metavar="ENTRY", help="News of the open event that this entry recorded.")
@click.option(
    "--attributed",
    multiple=True,
    metavar="AGENT",
    type=options.Word(words.AGENTS),
    help="An agent it is attributed to. May be repeated.",
)
@click.option("--unrelated", is_flag=True, help="It is attributed to no agent of the trial.")
@click.option("--serious", is_flag=True, help="It was serious.")
@click.option("--unacceptable", is_flag=True, help="An investigator declares it unacceptable: off treatment.")
@click.option("--resolved", type=options.DAY, help="The day it resolved.")
@click.option(
    "--stops",
    multiple=True,
    metavar="AGENT",
    type=options.Word(words.AGENTS),
    help="An agent that an investigator stops for good. May be repeated.",
)
@options.on("The day it began, or of the news.")
@note
@options.writes()
@pass_call
def ae(
    call: Call,
    patient: str,
    term: str | None,
    grade: int | None,
    update: int | None,
    attributed: tuple[str, ...],
    unrelated: bool,
    serious: bool,
    unacceptable: bool,
    resolved: date | None,
    stops: tuple[str, ...],
    on: date | None,
    note: str | None,
) -> Exit:
    """An adverse event, or news of an earlier one.

    A new one needs --term and --grade. News name its entry with --update; what is not given stays as it was.
    Say what it is attributed to, with --attributed or --unrelated: a severe one that nobody has judged holds the next
    cycle back.
    """
    context = click.get_current_context()
    if attributed and unrelated:
        raise click.UsageError("--attributed and --unrelated contradict each other", context)
    common = {
        "grade": grade,
        "attributed": attributed if attributed or unrelated else None,
        "unacceptable": unacceptable,
        "resolved": resolved,
        "stops": stops,
        "on": on,
        "note": note,
    }
    if update is not None:
        if term is not None or serious:
            raise click.UsageError("--update takes no --term and no --serious: they stay as recorded", context)
        return _record(call, "update_adverse_event", patient, entry=update, **common)
    if term is None or grade is None:
        raise click.UsageError("a new adverse event needs --term and --grade; news of one needs --update", context)
    return _record(call, "record_adverse_event", patient, term=term, serious=serious, **common)


@record.command()
@click.argument("patient")
@click.option("--anc", required=True, metavar="NUMBER", help="Absolute neutrophil count, x10^9/L.")
@click.option("--platelets", required=True, metavar="NUMBER", help="Platelets, x10^9/L.")
@options.on("The day of the blood sample.")
@note
@options.writes()
@pass_call
def counts(call: Call, patient: str, anc: str, platelets: str, on: date | None, note: str | None) -> Exit:
    """Blood counts."""
    return _record(call, "record_counts", patient, on=on, anc=anc, platelets=platelets, note=note)


@record.command()
@click.argument("patient")
@click.option(
    "--response",
    required=True,
    type=options.Word(words.RESPONSES),
    help=f"{words.listed(words.RESPONSES)}.",
)
@click.option("--mrd", type=options.Word(words.MRD), help="Measurable residual disease: negative or positive.")
@options.on("The day of the assessment.")
@note
@options.writes()
@pass_call
def response(call: Call, patient: str, response: str, mrd: str | None, on: date | None, note: str | None) -> Exit:
    """A response assessment."""
    return _record(call, "record_response", patient, on=on, response=response, mrd=mrd, note=note)


@record.command()
@click.argument("patient")
@click.option("--agent", required=True, type=options.Word(words.AGENTS), help="Its name or abbreviation.")
@click.option("--amount", metavar="NUMBER", help="How much.")
@click.option("--unit", help="Of what, such as mg/m2.")
@click.option("--reason", metavar="TEXT", help="Why, in words: for an override.")
@click.option("--override", is_flag=True, help="Pass the soft guards, as an investigator, with a --reason.")
@options.on("The day it was given.")
@note
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
    on: date | None,
    note: str | None,
) -> Exit:
    """A dose given."""
    return _record(
        call,
        "record_dose",
        patient,
        on=on,
        agent=agent,
        amount=amount,
        unit=unit,
        reason=reason,
        override=override,
        note=note,
    )


def _conflicts(call: Call, patient: str, ids: tuple[str, ...]) -> None:
    """Where the record is at odds with itself about a criterion that was named, say so."""
    from workflow.cli import output

    with call.trial() as trial:
        criteria = trial.definition(trial.show(patient).version).protocol.criteria
    for criterion in criteria:
        if criterion.id in ids and criterion.note:
            output.talk(f"regimen: note on {criterion.id}: {criterion.note}")


def _record(call: Call, method: str, patient: str, **told_of: Any) -> Exit:
    """Record by the method of ``Trial`` of that name."""
    from workflow.cli.results import told

    with call.trial() as trial:
        by = call.actor(trial)
        result = getattr(trial, method)(patient, by=by, **told_of, **call.how)
        return told(call, trial, result)
