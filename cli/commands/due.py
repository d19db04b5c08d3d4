"""The command that lists who is due, and how late."""

from __future__ import annotations

from datetime import date, timedelta

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import DamagedRow, Exit


@click.command(cls=Command)
@click.option("--until", type=options.DAY, help="Everything due up to this day.")
@click.option("--days", type=click.IntRange(0, 36_500), metavar="N", help="Everything due within N days.")
@options.clocks("The day to look at: who was due then, by what stands now.")
@click.option("--arm", type=options.Word(words.arms), help="This arm alone.")
@click.option("--limit", type=options.COUNT, metavar="N", default=50, show_default=True, help="At most N patients.")
@click.option("--after", metavar="MARK", help="Go on after this mark, which the page before ends with.")
@options.reads
@pass_call
def due(
    call: Call,
    until: date | None,
    days: int | None,
    on: date | None,
    known_by: date | None,
    arm: str | None,
    limit: int,
    after: str | None,
) -> Exit:
    """Who is due, and how late.

    The longest due first, up to today or as far ahead as asked. What holds a step back is named by its codes;
    `regimen next PATIENT` tells more.
    """
    from workflow.cli.screen import clocks, damage, json, streams
    from workflow.cli.screen import due as due_list

    if until is not None and days is not None:
        raise click.UsageError("--until and --days exclude each other", click.get_current_context())
    if until is not None and on is not None and until < on:
        raise click.UsageError(f"--until {until} is before --as-of {on}", click.get_current_context())
    damaged: list[DamagedRow] = []
    with call.trial() as trial:
        day = on or known_by or trial.today()
        last = day + timedelta(days=days) if days is not None else until or day
        page = trial.due(
            until=last, on=on, known_by=known_by, arm=arm, after=after, limit=limit, damaged=damaged.append
        )
    if call.json:
        json.show({**json.plain(page), "as_of": page.on, "damaged": damage.as_json(damaged)})
        return damage.end(damaged)
    said = clocks.said(on, known_by, page.zone) or ""
    if on is None and known_by is None and page.zone is not None:
        said = f"today is {page.on} ({page.zone})"
    if not page.items:
        else_ = "else " if damaged else ""
        streams.talk(f"regimen: nothing {else_}is due up to {last}{said and '; '}{said}")
        return damage.end(damaged)
    if said:
        streams.talk(f"regimen: {said}")
    due_list.show(trial, page)
    if page.after is not None:
        given = [f"--as-of {on}"] if on is not None else []
        given += [f"--known-by {known_by}"] if known_by is not None else []
        given += [f"--arm {arm}"] if arm is not None else []
        more = call.typed("due", f"--until {last}", *given, f"--limit {limit}", f"--after {page.after}")
        streams.talk(f"regimen: there are more: {more}")
    return damage.end(damaged)
