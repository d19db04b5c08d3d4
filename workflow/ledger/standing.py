"""What of a log stands, and what of it was known when: corrections applied, and the two clocks. No SQL.

*As of* a day is what was true on it, by what stands. *Known by* a day is what the system had learned when the day was
over at the site: of each chain the entries before the first that was recorded later. That is what a copy of the
database holds which was made that evening.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, tzinfo

from msgspec import Struct

from workflow.engine.decision import Outcome
from workflow.ledger import zone as zones
from workflow.ledger.entry import REMARKS, VOID, NotUnderstood, Voided, decode, payload

TakenBack = Mapping[int, int]  # entry of a chain to the correction that took it back

# ── what stands ────────────────────────────────────────────────────────────────────────────────────────────────────


def taken_back(bodies: Iterable[bytes]) -> dict[str, dict[int, int]]:
    """By chain what the corrections among these entries took back."""
    found: dict[str, dict[int, int]] = {}
    for data in bodies:
        with suppress(NotUnderstood, ValueError):  # of which verification tells
            body = decode(data)
            said = payload(body)
            if isinstance(said, Voided) and body.outcome != Outcome.REFUSED:
                found.setdefault(body.chain, {})[said.seq] = body.seq
    return found


def taken_back_by(seq: int, cause: int | None, found: TakenBack) -> int | None:
    """The correction that took an entry back: itself, or what it followed from by itself."""
    return found.get(cause, found.get(seq)) if cause is not None else found.get(seq)


def stands(kind: str, outcome: str | None, taken_back_by: int | None) -> bool:
    """Whether what an entry tells is so: it was not refused, nor taken back, nor is it about another entry alone."""
    return kind not in (VOID, *REMARKS) and outcome != Outcome.REFUSED and taken_back_by is None


# ── what was known ─────────────────────────────────────────────────────────────────────────────────────────────────


class Known(Struct, frozen=True):
    """``day`` as what was known by it goes: everything that was recorded before ``end``.

    ``zone`` is the one that the day ended in; None where the trial has none.
    """

    day: date
    end: datetime
    zone: str | None


def end_of(day: date, said: Sequence[tuple[datetime, str]], otherwise: tzinfo) -> Known:
    """When ``day`` was over at the site for the last time.

    ``said`` are the zones that the trial's chain sets, each from when on, in its order. The first holds from the
    beginning, for the site was somewhere before. Without any it goes by ``otherwise``. Where a change of zone made it
    a later day at once, the change is the end, and is itself of that later day; where it brought a day back, that day
    ended once more.
    """
    until = datetime.max.replace(tzinfo=UTC)
    for place in reversed(range(len(said))):
        since, name = said[place]
        end = min(zones.end_of(zones.require(name), day), until)
        if not place or since < end:
            return Known(day, end, name)
        until = min(since, until)
    return Known(day, zones.end_of(otherwise, day), None)
