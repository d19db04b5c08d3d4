"""What every value of the language is: frozen, and written with what it says alone, defaults left out."""

from __future__ import annotations

from msgspec import Struct


class Value(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A word of the language with its fields. A struct: a class of these takes a thirtieth of a dataclass's time."""


class Tagged(Value, frozen=True, tag_field="type", tag=True):
    """A word that may stand where another could: its written form names it, under ``type``."""
