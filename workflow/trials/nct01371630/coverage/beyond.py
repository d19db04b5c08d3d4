"""What stands in the protocol beside the record: every source of another kind, and what rests on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from workflow.protocol.model import (
    Administration,
    Arm,
    Dose,
    ExitPath,
    Optional,
    Protocol,
    Source,
    SourceKind,
    State,
    ToxicityRule,
    Visit,
)


def beyond_the_record(protocol: Protocol) -> dict[Source, tuple[str, ...]]:
    """Each source that is not the record, with the statements that rest on it."""
    found: dict[Source, dict[str, None]] = {}
    for what, source in statements(protocol):
        if source.kind is not SourceKind.RECORD:
            found.setdefault(source, {})[what] = None
    return {source: tuple(names) for source, names in found.items()}


def statements(value: Any, what: str = "", within: Any = None) -> Iterator[tuple[str, Source]]:
    """Every source in ``value``, with what it is the source of. Works cited as a whole are left out."""
    if isinstance(value, Source):
        yield what, value
    elif isinstance(value, tuple):
        for item in value:
            yield from statements(item, what, within)
    elif isinstance(value, Struct):
        for field in value.__struct_fields__:
            if not (isinstance(value, Protocol) and field == "sources"):
                yield from statements(getattr(value, field), _name(value, within), value)


def _name(value: Any, within: Any) -> str:
    match value, within:
        case Dose(), Administration(agent=agent):
            return f"dose of {agent}"
        case Optional(), Administration(agent=agent):
            return f"when {agent} is given"
        case Visit(), State(key=key):
            return f"window of the visit `{key}`"
        case Arm(key=key), _:  # its path is the record's own
            return f"from when arm {key} is in force"
        case Protocol(), _:
            return "from when the version is in force"
        case Administration(key=key), _:
            return f"administration `{key}`"
        case ExitPath(trigger=trigger), _:
            return f"exit `{trigger}`"
        case ToxicityRule(agent=agent, action=action), _:
            return f"{action} {agent}"
        case _ if hasattr(value, "name"):
            return f"guard `{value.name}`"
    return type(value).__name__.lower()
