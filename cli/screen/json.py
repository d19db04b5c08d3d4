"""What the library answers with, as JSON: the same field names, dates as ISO text, moments in UTC.

``docs/reference/json.md`` describes what comes out; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from workflow.cli.screen.streams import write

# Properties that are shown beside the fields, by the name of the type.
SHOWN = {
    "Choice": ("open", "overridable"),
    "QueryView": ("open",),
    "Reason": ("hard",),
    "PersonResult": ("allowed",),
    "Deviation": ("outstanding",),
    "PatientReview": ("wants_an_eye",),
    "Report": ("sound",),
    "Result": ("allowed", "may_have_happened"),
}


def show(value: Any) -> None:
    """One JSON document on stdout, in ASCII."""
    from json import dumps

    write(dumps(plain(value), indent=2) + "\n")


def show_items(pages: Iterable[Iterable[Any]], beside: Callable[[], Mapping[str, Any]]) -> None:
    """What ``show`` writes of ``{"items": ..., **beside()}``, a page at a time: a log may be longer than memory."""
    from json import dumps

    write('{\n  "items": [')
    between, end = "\n    ", "]"
    for page in pages:
        for value in page:
            write(between + dumps(plain(value), indent=2).replace("\n", "\n    "))
            between, end = ",\n    ", "\n  ]"
    more = dumps(plain(dict(beside())), indent=2)
    write(f"{end},{more[1:]}\n")


def plain(value: Any) -> Any:
    """``value`` in terms of JSON."""
    match value:
        case Enum():
            return value.value
        case None | str() | bool() | int():
            return value
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case date():
            return value.isoformat()
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
    kind = type(value)
    if names := named(kind):
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"{kind.__name__} has no place in JSON")


def named(kind: type[Any]) -> tuple[str, ...]:
    """The names under which a value of this type shows what it holds; none where it has no fields."""
    known: tuple[str, ...] = getattr(kind, "_fields", getattr(kind, "__struct_fields__", ()))
    if is_dataclass(kind):
        known = tuple(field.name for field in fields(kind) if field.metadata.get("shown", True))
    return (*known, *SHOWN.get(kind.__name__, ())) if known else ()
