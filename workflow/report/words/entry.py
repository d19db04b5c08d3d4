"""What an entry of the audit log says, as text: the content of its fact, and the step or the fact in a phrase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workflow.engine.facts import BY_KIND
from workflow.ledger.entry import (
    ACKNOWLEDGED,
    CONTENT_INSTALLED,
    ENROLMENT,
    QUERY,
    REDACTED,
    REVIEWED,
    SETTING_CHANGED,
    SOFTWARE_CHANGED,
    VOID,
    Body,
)
from workflow.protocol.table import Table
from workflow.report.words.grammar import noun, numbers
from workflow.report.words.protocol import state_name

if TYPE_CHECKING:
    from workflow.report.views import Entry, Reason


def evidence(reason: Reason) -> str:
    """The entries that show the reason, " (entries 3, 5)", but for those that its words name already."""
    entries = [seq for seq in reason.evidence if f"entry {seq}" not in reason.message]
    if not entries:
        return ""
    return f" ({noun(len(entries), 'entry', 'entries')} {', '.join(str(seq) for seq in entries)})"


# ── the whole, in a phrase ─────────────────────────────────────────────────────────────────────────────────────────


def phrase(entry: Entry, table: Table) -> str:
    """The step or the fact, "start cycle: induction.1 -> consolidation.2", in the words of the patient's protocol."""
    kind = BY_KIND.get(entry.kind)
    if kind is not None:
        return f"{kind.TITLE}: {entry.words}"
    code = f" ({entry.code.replace('_', ' ')})" if entry.code is not None else ""
    return f"{(entry.trigger or entry.kind).replace('_', ' ')}{code}{_movement(entry, table)}"


def doses(entries: Sequence[Entry]) -> str:
    """Doses in a row: "3 doses until 2022-01-15: vincristine, prednisone"."""
    agents = dict.fromkeys(str(one.data["agent"]) for one in entries)
    until = f" until {entries[-1].occurred_on}" if entries[-1].occurred_on > entries[0].occurred_on else ""
    return f"{len(entries)} doses{until}: {', '.join(agents)}"


def _movement(entry: Entry, table: Table) -> str:
    if entry.kind not in ("transition", "enrolment"):
        return ""
    here = state_name(table, entry.source) if entry.source is not None else ""
    there = state_name(table, entry.target) if entry.target is not None else ""
    if not there or there == here:
        return f", in {here}"
    return f": {here} -> {there}" if here else f": {there}"


# ── where the kind of fact does not say it itself ────────────────────────────────────────────────────────────────────


def content_in_words(body: Body, data: Mapping[str, object]) -> str:
    match body.kind:
        case _ if body.kind == ENROLMENT:
            return f"arm {data['arm']}{_instead_of(data['instead_of'])}"
        case _ if body.kind == VOID:
            return f"takes back entry {data['seq']}{_instead(body, data['instead'])}{_anew(body, data['anew'])}"
        case _ if body.kind == REDACTED:
            return f"removes the {data['field']} of entry {data['seq']}"
        case _ if body.kind == ACKNOWLEDGED:
            named = [int(one["seq"]) for one in data["entries"]]  # type: ignore[attr-defined]
            return f"deviation of {noun(len(named), 'entry', 'entries')} {numbers(named)}: {data['assessment']}"
        case _ if body.kind == REVIEWED:
            return f"reviewed up to entry {data['seq']}: {str(data['outcome']).replace('_', ' ')}"
        case _ if body.kind == QUERY:
            about = "about entry" if data["step"] == "asked" else "the query of entry"
            return f"{data['step']}, {about} {data['seq']}"
        case _ if body.kind == CONTENT_INSTALLED and body.protocol is not None:
            return f"version {body.protocol.version}, edition {body.protocol.edition}"
        case _ if body.kind == SOFTWARE_CHANGED:
            return f"engine {data['engine']}, fold {data['fold']}, format {data['format']}"
        case _ if body.kind == SETTING_CHANGED:
            return f"{data['name']} {data['value']}"
    return "; ".join(f"{name} {_text(value)}" for name, value in data.items() if value not in (None, False, [], ()))


def _instead(body: Body, said: Any) -> str:
    if said is None:
        return ""
    if body.outcome == "refused":
        return f", for {said.get('trigger') or said['kind']} of {said['on']}"
    return f"; entry {body.seq + 1} stands in its place"


def _anew(body: Body, patient: object) -> str:
    if patient is None:
        return ""
    return f", to enrol {patient}" if body.outcome == "refused" else f"; enrolled anew as {patient}"


def _instead_of(said: Any) -> str:
    return f", instead of {said['patient']}" if said is not None else ""


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
