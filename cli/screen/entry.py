"""An entry of the audit log on a page: what, when, who, why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.cli.screen.page import Page
from workflow.cli.screen.style import Part, Text, bad, good, quiet, strong, warn
from workflow.report.words.entry import evidence
from workflow.report.words.grammar import days
from workflow.report.words.results import lifted

if TYPE_CHECKING:
    from workflow.report.views import Entry

MARKS = {"allowed": good, "overridden": warn, "deviated": warn, "refused": bad}
BECAUSE = {"refused": "refused", "overridden": "passed over", "deviated": "against it"}


def add(page: Page, entry: Entry, *, indent: int = 0, brief: bool = False) -> None:
    """The entry in a line for what happened, one for who and when, and one for each thing there is to say of why.

    ``brief`` is for the entries of one patient among other things: who did it stands in the first line.
    """
    name = "" if brief else entry.patient or entry.chain
    what = entry.trigger or entry.kind
    when = f"{entry.occurred_on} {entry.time}" if entry.time is not None else f"{entry.occurred_on}"
    page.add(
        strong(f"{name} {entry.seq}".strip()),
        f"  {when}  {what}  ",
        outcome(entry),
        *(_target(entry) if brief else _movement(entry)),
        quiet(f"  by {entry.actor.id}" if brief else ""),
        indent=indent,
        hang=4,
    )
    if not brief:
        who = entry.actor
        via = f" via {who.via}" if who.via is not None else ""
        recorded = entry.recorded_at.strftime("%Y-%m-%d %H:%M:%SZ")
        said = f"by {who.id}, {who.role} ({who.assurance}{via}); recorded {recorded}, software {entry.software}"
        page.add(quiet(said), indent=indent + 4, hang=4)
    for line in _why(entry):
        page.add(*line, indent=indent + 4, hang=4)


def outcome(entry: Entry) -> Part:
    """How it was decided, as far as that is understood."""
    if entry.outcome is None:
        return bad("not understood")
    return MARKS[entry.outcome](entry.outcome)


def _target(entry: Entry) -> tuple[Text, ...]:
    return (f"  -> {entry.target}",) if entry.target is not None else ()


def _movement(entry: Entry) -> tuple[Text, ...]:
    if entry.target is None:
        return (quiet(f"  in {entry.source}"),) if entry.source is not None else ()
    source = f"{entry.source} " if entry.source is not None else ""
    return (f"  {source}-> {entry.target}",)


_MODES = {"override": "as an override", "happened": "as something that did happen"}


def _why(entry: Entry) -> list[tuple[Text, ...]]:
    lines: list[tuple[Text, ...]] = []
    if entry.words:
        lines.append((entry.words,))
    if entry.voided_by is not None:
        lines.append((bad(f"stands no longer: entry {entry.voided_by} took it back"),))
    if entry.outcome == "refused" and entry.mode in _MODES:
        lines.append((quiet("told: "), _MODES[entry.mode]))
    if entry.deviations:
        lines.append((quiet("deviation: "), ", ".join(entry.deviations)))
    if entry.cause is not None:
        lines.append((quiet("followed by itself from: "), f"entry {entry.cause}"))
    if entry.code is not None:
        lines.append((quiet("code: "), entry.code))
    if entry.delay:
        lines.append((quiet("delay: "), days(entry.delay)))
    for name in entry.committed:
        lines.append((quiet(f"{name}: "), entry.texts.get(name) or quiet("(removed for good)")))
    because = f"{BECAUSE.get(entry.outcome or '', 'reasons')}: "
    lines.extend((quiet(because), lifted(reason), quiet(evidence(reason))) for reason in entry.reasons)
    return lines
