"""What verification says: findings, differences, and what it could not judge.

A *finding* says that the log is not what was written. A *difference* says that another engine would decide a past case
otherwise: the log is sound, the software has changed. A *stale* row was written by another fold, and waits to be folded
anew. An entry of a kind or format that this software does not know is *not understood*: nothing that follows on its
chain is judged, and the log is not verified.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from workflow.errors import VerificationFailed


@dataclass(frozen=True, slots=True)
class Finding:
    """The log is not what was written. ``seq`` is None where it is about a chain or a table as a whole."""

    chain: str
    seq: int | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A past decision that this software would take otherwise; ``software`` and ``engine`` are those that took it."""

    chain: str
    seq: int
    software: str
    engine: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The text ``field`` of entry ``seq`` was removed for good; entry ``by`` says why."""

    chain: str
    seq: int
    field: str
    by: int


@dataclass(slots=True)
class Report:
    """What verification found.

    ``undecided`` entries could not be decided again: their protocol cannot be had. ``not_understood`` are of a kind or
    format that this software does not know, and with them what follows on their chains. ``stale`` rows were written by
    another fold. ``redacted`` texts are gone, as the log says. ``integrity`` is what the database's own check of its
    pages and indexes said, ``integrity_ms`` how many milliseconds that took; None where it was not asked.
    """

    entries: int = 0
    chains: int = 0
    decided: int = 0
    undecided: int = 0
    not_understood: int = 0
    stale: int = 0
    redacted: list[Gone] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    integrity: str | None = None
    integrity_ms: int | None = None
    claims: list[Any] = field(default_factory=list, metadata={"shown": False})  # ``ledger.anew``, held to both chains

    @property
    def sound(self) -> bool:
        """Nothing was found, and everything was understood and judged."""
        return not (self.findings or self.not_understood or self.undecided)

    def or_raise(self) -> Self:
        """The report itself, or ``VerificationFailed`` with the first finding and how many there are."""
        if self.findings:
            first = self.findings[0]
            raise VerificationFailed(f"{len(self.findings)} findings, the first in {first.chain}: {first.message}")
        if not self.sound:
            unjudged = self.not_understood + self.undecided
            raise VerificationFailed(
                f"not verified: {unjudged} entries are not understood", hint="newer software wrote them"
            )
        return self

    def find(self, chain: str, seq: int | None, code: str, message: str) -> None:
        self.findings.append(Finding(chain, seq, code, message))

    def absorb(self, other: Report) -> None:
        """Add what was found of another part of the log."""
        self.entries += other.entries
        self.chains += other.chains
        self.decided += other.decided
        self.undecided += other.undecided
        self.not_understood += other.not_understood
        self.stale += other.stale
        self.redacted += other.redacted
        self.findings += other.findings
        self.differences += other.differences
        self.claims += other.claims
