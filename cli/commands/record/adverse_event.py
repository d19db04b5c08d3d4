"""The command that records an adverse event, or news of one."""

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
@click.option("--term", help="What it was: a CTCAE term or a synonym; `other` with a --note for the rest.")
@click.option("--grade", type=int, metavar="1-5", help="The CTCAE v5 grade.")
@click.option("--update", type=options.NUMBER, metavar="ENTRY", help="News of the open event that this entry recorded.")
@click.option(
    "--attributed",
    multiple=True,
    metavar="AGENT",
    type=options.Word(words.agents),
    help="An agent it is attributed to. May be repeated.",
)
@click.option("--unrelated", is_flag=True, help="It is attributed to no agent of the trial.")
@click.option("--serious", is_flag=True, help="It was serious.")
@click.option(
    "--unacceptable", is_flag=True, help="It is declared unacceptable, by whom the protocol lets: off treatment."
)
@click.option("--resolved", type=options.DAY, help="The day it resolved.")
@click.option("--reopened", is_flag=True, help="With --update and --grade: it goes on after an end.")
@click.option(
    "--stops",
    multiple=True,
    metavar="AGENT",
    type=options.Word(words.agents),
    help="An agent that is stopped for good, by whom the protocol lets. May be repeated.",
)
@options.on("The day it began, or of the news.")
@options.at
@note
@options.corrects()
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
    reopened: bool,
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
        return carry_out(call, "update_adverse_event", patient, entry=update, reopened=reopened, **common)
    if reopened:
        raise click.UsageError("--reopened goes with --update", context)
    if term is None or grade is None:
        raise click.UsageError("a new adverse event needs --term and --grade; news of one needs --update", context)
    return carry_out(call, "record_adverse_event", patient, term=term, serious=serious, **common)
