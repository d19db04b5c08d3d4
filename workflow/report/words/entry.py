"""What an entry of the audit log says, as text: the content of its fact, and the step or the fact in a phrase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workflow.engine.course import Definition
from workflow.engine.decision import Reason
from workflow.ledger.entry import Entry
from workflow.protocol.table import Table
from workflow.report.words.grammar import noun
from workflow.report.words.protocol import state_name

# ── its content, name by name ──────────────────────────────────────────────────────────────────────────────────────

# The order in which the content of a fact is given; the rest follows as it stands.
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


def evidence(reason: Reason) -> str:
    """The entries that show the reason, " (entries 3, 5)", but for those that its words name already."""
    entries = [seq for seq in reason.evidence if f"entry {seq}" not in reason.message]
    if not entries:
        return ""
    return f" ({noun(len(entries), 'entry', 'entries')} {', '.join(str(seq) for seq in entries)})"


# ── the whole, in a phrase ─────────────────────────────────────────────────────────────────────────────────────────


def phrase(entry: Entry, definition: Definition, table: Table) -> str:
    """The step or the fact, "start cycle: induction.1 -> consolidation.2", in the words of the patient's protocol."""
    data = entry.data
    match entry.kind:
        case "consent":
            return f"consent to version {data['version']}"
        case "eligibility":
            open_ = "".join(f", {word} {', '.join(data[word])}" for word in ("failed", "unknown") if data[word])
            return f"eligibility by {data['route']}{open_}"
        case "adverse_event":
            return _adverse_event(data, definition)
        case "counts":
            return f"counts: ANC {data['anc']}, platelets {data['platelets']}"
        case "response":
            mrd = f", MRD {data['mrd']}" if data["mrd"] is not None else ""
            return f"response: {data['response']}{mrd}"
        case "dose":
            return f"dose: {data['agent']}"
        case "hold":
            return f"hold: {data['code'].replace('_', ' ')}"
    code = f" ({entry.code.replace('_', ' ')})" if entry.code is not None else ""
    return f"{(entry.trigger or entry.kind).replace('_', ' ')}{code}{_movement(entry, table)}"


def doses(entries: Sequence[Entry]) -> str:
    """Doses in a row: "3 doses until 2022-01-15: vincristine, prednisone"."""
    agents = dict.fromkeys(one.data["agent"] for one in entries)
    until = f" until {entries[-1].occurred_on}" if entries[-1].occurred_on > entries[0].occurred_on else ""
    return f"{len(entries)} doses{until}: {', '.join(agents)}"


def _adverse_event(data: dict[str, Any], definition: Definition) -> str:
    """ "Febrile neutropenia grade 3 due to inotuzumab", "Febrile neutropenia grade 3 (entry 48), resolved"."""
    what = f"{definition.terms[data['term']].title} grade {data['grade']}"
    if data["of"] is not None:
        what += f" (entry {data['of']})"
    elif data["attributed"]:
        what += f" due to {', '.join(data['attributed'])}"
    if data["resolved"] is not None:
        what += ", resolved"
    if data["unacceptable"]:
        what += ", unacceptable"
    if data["stops"]:
        what += f", stops {', '.join(data['stops'])}"
    return what


def _movement(entry: Entry, table: Table) -> str:
    if entry.kind not in ("transition", "enrolment"):
        return ""
    here = state_name(table, entry.source) if entry.source is not None else ""
    there = state_name(table, entry.target) if entry.target is not None else ""
    if not there or there == here:
        return f", in {here}"
    return f": {here} -> {there}" if here else f": {there}"
