"""An entry of the audit log, for people to read: what, when, who, why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.cli.output import Page, Text, bad, good, quiet, strong, warn
from workflow.cli.results import days, lifted

if TYPE_CHECKING:
    from workflow.engine.decision import Reason
    from workflow.ledger.entry import Entry

_MARKS = {"allowed": good, "overridden": warn, "refused": bad}


def told(page: Page, entry: Entry, *, indent: int = 0, brief: bool = False) -> None:
    """The entry in a line for what happened, one for who and when, and one for each thing there is to say of why.

    ``brief`` is for the entries of one patient among other things: who did it stands in the first line.
    """
    name = "" if brief else entry.patient or entry.chain
    mark = _MARKS.get(entry.outcome, quiet)
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


def evidence(reason: Reason) -> str:
    """The entries that show the reason, " (entries 3, 5)", but for those that its words name already."""
    entries = [seq for seq in reason.evidence if f"entry {seq}" not in reason.message]
    if not entries:
        return ""
    name = "entry" if len(entries) == 1 else "entries"
    return f" ({name} {', '.join(str(seq) for seq in entries)})"


# The order in which a fact is told; the rest follows as it stands.
_ORDER = ("of", "term", "grade", "route", "agent", "amount", "unit", "response", "mrd")


def described(data: dict[str, Any]) -> str:
    """The content of a fact in a line: what is empty is left out, and so are the answers one by one."""
    said = []
    for name in sorted(data, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)):
        value = data[name]
        if name == "attributed" and value == []:
            said.append("attributed to no agent")
        if value is None or value is False or value == [] or isinstance(value, dict):
            continue
        if name == "of":
            said.append(f"news of entry {value}")
        elif value is True:
            said.append(name)
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            said.append(f"{name} {text}")
    return "; ".join(said)
