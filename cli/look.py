"""Commands that look: what can happen next, who is due, how a patient stands."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call, today

if TYPE_CHECKING:
    from workflow.cli.output import Text
    from workflow.desk.trial import Trial
    from workflow.report.views import DueItem

LAST_ENTRIES = 10


@click.command("next")
@click.argument("patient")
@options.on("The day to look at.")
@options.acting
@options.reads
@pass_call
def next_(call: Call, patient: str, on: date | None) -> None:
    """What can happen to a patient, and why not.

    Steps forward first, then the ways out. Each is open or blocked; a blocked one lists every reason, the entries that
    show it, and what would lift it; an open one the command to type.
    """
    from workflow.cli import output
    from workflow.cli.outlook import show

    with call.trial() as trial:
        found = trial.next(patient, on=on, by=call.actor_if_any(trial))
        if call.json:
            output.as_json(found)
        else:
            show(call, trial.definition(found.patient.version), found, on)


@click.command()
@click.option("--until", type=options.DAY, help="Everything due up to this day.")
@click.option("--days", type=click.IntRange(0, 36_500), metavar="N", help="Everything due within N days.")
@options.on("The day to look at.")
@click.option("--arm", type=options.Word(words.ARMS), help="This arm alone.")
@click.option("--limit", type=options.COUNT, metavar="N", default=50, show_default=True, help="At most N patients.")
@click.option("--after", metavar="MARK", help="Go on after this mark, which the page before ends with.")
@options.reads
@pass_call
def due(
    call: Call,
    until: date | None,
    days: int | None,
    on: date | None,
    arm: str | None,
    limit: int,
    after: str | None,
) -> None:
    """Who is due, and how late.

    The longest due first, up to today or as far ahead as asked. What holds a step back is named by its codes;
    `regimen next PATIENT` tells more.
    """
    from workflow.cli import output

    if until is not None and days is not None:
        raise click.UsageError("--until and --days exclude each other", click.get_current_context())
    day = on or today()
    last = day + timedelta(days=days) if days is not None else until or day
    with call.trial() as trial:
        page = trial.due(until=last, on=on, arm=arm, after=after, limit=limit)
        if not page.items and arm is not None:
            _known_arm(trial, arm)
    if call.json:
        output.as_json(page)
        return
    if not page.items:
        output.talk(f"regimen: nothing is due up to {last}")
        return
    rows = (
        (
            output.strong(item.patient),
            item.arm,
            item.state.removeprefix("treatment."),
            item.trigger or output.NOTHING,
            str(item.due_on),
            _late(item, day),
            ", ".join(item.blocked) or output.NOTHING,
        )
        for item in page.items
    )
    output.table(("patient", "arm", "state", "step", "due", "days late", "blocked by"), rows)
    if page.after is not None:
        given = [f"--on {on}"] if on is not None else []
        given += [f"--arm {arm}"] if arm is not None else []
        more = call.typed("due", f"--until {last}", *given, f"--limit {limit}", f"--after {page.after}")
        output.talk(f"regimen: there are more: {more}")


def _late(item: DueItem, day: date) -> Text:
    from workflow.cli import output

    if item.long_delay:
        return output.bad(f"{item.days_late} LONG")
    if item.days_late > 0:
        return output.warn(str(item.days_late))
    return output.quiet(f"in {(item.due_on - day).days}" if day < item.due_on else "due")


@click.command()
@click.argument("patient", required=False)
@click.option("--arm", type=options.Word(words.ARMS), help="Without PATIENT: this arm alone.")
@click.option("--state", help="Without PATIENT: this state alone, or all under it (follow_up).")
@options.reads
@pass_call
def show(call: Call, patient: str | None, arm: str | None, state: str | None) -> None:
    """A patient in full, or everybody."""
    from workflow.cli import output
    from workflow.cli.patient import everybody, in_full

    with call.trial() as trial:
        if patient is None:
            found = trial.patients(arm=arm, state=state)
            if not found and arm is not None:
                _known_arm(trial, arm)
            everybody(call, found)
            return
        if arm is not None or state is not None:
            raise click.UsageError("--arm and --state go with the list of everybody", click.get_current_context())
        from workflow.store.log import Filter

        view = trial.show(patient)
        entries = trial.log(Filter(patient=patient), limit=LAST_ENTRIES, last=True)
        if call.json:
            output.as_json({"patient": view, "entries": entries})
        else:
            in_full(trial.definition(view.version), view, entries)


def _known_arm(trial: Trial, arm: str) -> None:
    """An arm that no installed version has is an error, and no empty list."""
    from workflow.engine.facts import shown
    from workflow.errors import UnknownArm

    known = [a.key for version in trial.installed() for a in trial.definition(version).protocol.arms]
    if arm not in known:
        raise UnknownArm(f"there is no arm {shown(arm)}", hint=f"there are {', '.join(dict.fromkeys(known))}")
