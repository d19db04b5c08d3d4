"""Where a statement comes from. What the record does not say must never look as if it did."""

from __future__ import annotations

from workflow.protocol.value import Value
from workflow.protocol.words import SourceKind as SourceKind


class Source(Value, frozen=True):
    """Where a statement comes from; ``cite`` names the place, e.g. "NCT01371630, Arm I, cycles 5-8"."""

    kind: SourceKind
    cite: str
