"""A patient's history, a line for each entry; and a refused step with all there is to say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from workflow.cli.screen import style
from workflow.cli.screen.entry import outcome
from workflow.cli.screen.page import Page
from workflow.cli.screen.style import Text, bad, good, quiet
from workflow.report.words.entry import doses, evidence, phrase
from workflow.report.words.grammar import days
from workflow.report.words.protocol import state_name
from workflow.report.words.results import limits
from workflow.store.log import Filter

if TYPE_CHECKING:
    from workflow.desk.trial import Trial
    from workflow.protocol.table import Table
    from workflow.report.views import Entry, Result

# ── a history ──────────────────────────────────────────────────────────────────────────────────────────────────────


def show(trial: Trial, patient: str) -> None:
    entries = trial.log(Filter(patient=patient))
    view = trial.show(patient)
    table = trial.definition_of(view).table(view.arm)
    page = Page()
    page.heading(f"One of them: {patient}, arm {view.arm}, protocol version {view.version}")
    page.add(quiet("Of those with a short history, the one to whom the most different things happened."))
    page.add(quiet(f"By {_people(entries)}."))
    page.blank()
    page.columns(_lines(entries, table), indent=0)
    style.line()
    page.show()


def _people(entries: Sequence[Entry]) -> str:
    """Who did all this: "amari, brandt (coordinator); dubois (investigator)"."""
    roles: dict[str, list[str]] = {}
    for one in entries:
        who = roles.setdefault(one.actor.role, [])
        if one.actor.id not in who:
            who.append(one.actor.id)
    return "; ".join(f"{', '.join(who)} ({role})" for role, who in roles.items())


def _lines(entries: Sequence[Entry], table: Table) -> Iterator[Sequence[Text]]:
    """A line for each entry, one for doses in a row; below, what stood against a step, and why it was late."""
    for given, some in groupby(entries, lambda one: one.kind == "dose" and one.outcome == "allowed"):
        these = list(some)
        if given and len(these) > 1:
            number, what = f"{these[0].seq}-{these[-1].seq}", doses(these)
            yield quiet(number), str(these[0].occurred_on), good("allowed"), these[0].actor.id, what
            continue
        for one in these:
            yield quiet(str(one.seq)), str(one.occurred_on), outcome(one), one.actor.id, phrase(one, table)
            for reason in one.reasons:
                yield (quiet(f"{reason.message} [{reason.code}]"),)
            if "reason" in one.texts:
                late = f"{days(one.delay)} late: " if one.delay else "reason given: "
                yield (quiet(f"{late}{one.texts['reason']}"),)


# ── a refusal ──────────────────────────────────────────────────────────────────────────────────────────────────────


def show_refusal(trial: Trial, refused: Result) -> None:
    """Every reason and what would lift it, and the step that was taken in the end."""
    view = trial.show(refused.patient)
    table = trial.definition_of(view).table(view.arm)
    page = Page()
    page.heading("A step that was refused, with every reason and what would lift it")
    page.blank()
    asked = f"{refused.action} on {refused.occurred_on} from {state_name(table, refused.source or '')}"
    page.add(f"{refused.patient}, entry {refused.seq}: {asked}: ", bad("refused"), hang=2)
    for reason in refused.reasons:
        page.add("- ", reason.message, quiet(evidence(reason)), quiet(f" [{reason.code}]"), indent=2, hang=2)
        page.add(quiet("lifted by: "), reason.lifted_by, quiet(limits(reason)), indent=4, hang=2)
    after = _step_after(trial, refused)
    if after is not None:
        waited = (after.occurred_on - refused.occurred_on).days
        when = f"{days(waited)} later" if waited else "the same day"
        where = state_name(table, after.target or "")
        page.add(f"Then, {when}, entry {after.seq}: {after.trigger} {after.outcome}, to {where}", hang=2)
    style.line()
    page.show()


def _step_after(trial: Trial, refused: Result) -> Entry | None:
    """The next step that the patient took."""
    steps = trial.log(Filter(patient=refused.patient, kind="transition"))
    return next((one for one in steps if one.allowed and one.seq > (refused.seq or 0)), None)
