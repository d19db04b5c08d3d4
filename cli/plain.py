"""What the library answers with, as plain JSON: the same field names, dates as ISO text, moments in UTC.

``docs/reference/json.md`` describes what comes out; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

# Properties that are shown beside the fields, by the name of the type.
SHOWN = {
    "Choice": ("open", "overridable"),
    "Entry": ("patient",),
    "PersonResult": ("allowed",),
    "Report": ("sound",),
    "Result": ("allowed",),
}


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
        case tuple() if hasattr(value, "_asdict"):
            return {key: plain(item) for key, item in value._asdict().items()}
        case list() | tuple():
            return [plain(item) for item in value]
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} has no place in JSON")
    named = [field.name for field in fields(value)]
    return {name: plain(getattr(value, name)) for name in (*named, *SHOWN.get(type(value).__name__, ()))}
