"""An entry of the audit log on a page: what, when, who, why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.cli.screen.page import Page
from workflow.cli.screen.style import Text, bad, good, quiet, strong, warn
from workflow.report.words.entry import described, evidence
from workflow.report.words.grammar import days
from workflow.report.words.results import lifted

if TYPE_CHECKING:
    from workflow.ledger.entry import Entry

MARKS = {"allowed": good, "overridden": warn, "refused": bad}


def add(page: Page, entry: Entry, *, indent: int = 0, brief: bool = False) -> None:
    """The entry in a line for what happened, one for who and when, and one for each thing there is to say of why.

    ``brief`` is for the entries of one patient among other things: who did it stands in the first line.
    """
    name = "" if brief else entry.patient or entry.chain
    mark = MARKS.get(entry.outcome, quiet)
    what = entry.trigger or entry.kind
    page.add(
        strong(f"{name} {entry.seq}".strip()),
        f"  {entry.occurred_on}  {what}  ",
        mark(entry.outcome),
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


def _target(entry: Entry) -> tuple[Text, ...]:
    return (f"  -> {entry.target}",) if entry.target is not None else ()


def _movement(entry: Entry) -> tuple[Text, ...]:
    if entry.target is None:
        return (quiet(f"  in {entry.source}"),) if entry.source is not None else ()
    source = f"{entry.source} " if entry.source is not None else ""
    return (f"  {source}-> {entry.target}",)


def _why(entry: Entry) -> list[tuple[Text, ...]]:
    lines: list[tuple[Text, ...]] = []
    data = described(entry.data)
    if entry.protocol is not None and entry.patient is None:
        data = f"version {entry.protocol['version']} {data}".strip()
    if data:
        lines.append((data,))
    if entry.code is not None:
        lines.append((quiet("code: "), entry.code))
    if entry.delay:
        lines.append((quiet("delay: "), days(entry.delay)))
    for name in entry.committed:
        lines.append((quiet(f"{name}: "), entry.texts.get(name) or quiet("(withdrawn)")))
    because = "refused: " if entry.outcome == "refused" else "passed over: "
    lines.extend((quiet(because), lifted(reason), quiet(evidence(reason))) for reason in entry.reasons)
    return lines
