"""What was said of entries, as a reader sees it: deviations with what they were judged to mean, and queries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from msgspec import Struct

from workflow.engine.decision import Outcome
from workflow.ledger.entry import ACKNOWLEDGED, VOID, Acknowledged, Body, Query, Stored, Voided, decode, payload
from workflow.ledger.remarks import ASKED, CLOSED
from workflow.report.views import Entry, Reason


class Acknowledgement(Struct, frozen=True):
    """Who has acknowledged a deviation, in which entry, and what they judged it to mean: none, minor, major."""

    entry: int
    on: date
    by: str
    role: str
    assessment: str
    reason: str | None


class Deviation(Struct, frozen=True):
    """Something that happened against the rules: ``kinds`` are the protocol's words for it.

    ``acknowledged`` is the last word on it; ``voided_by`` is the correction that took it back.
    """

    patient: str
    entry: int
    kinds: tuple[str, ...]
    on: date
    recorded_on: date
    action: str
    words: str
    by: str
    role: str
    reason: str | None
    reasons: tuple[Reason, ...]
    acknowledged: Acknowledgement | None
    voided_by: int | None

    @property
    def outstanding(self) -> bool:
        """Whether it stands, and nobody has acknowledged it."""
        return self.acknowledged is None and self.voided_by is None


class Saying(Struct, frozen=True):
    """An answer to a query, or the word with which it was closed."""

    entry: int
    on: date
    by: str
    role: str
    text: str | None


class QueryView(Struct, frozen=True):
    """A monitor's query, ``query`` the entry that asks, ``about`` the entry that it is about."""

    patient: str
    query: int
    about: int
    on: date
    by: str
    text: str | None
    answers: tuple[Saying, ...]
    closed: Saying | None

    @property
    def open(self) -> bool:
        return self.closed is None


class Said(Struct, frozen=True):
    """What the entries of a chain say of others: by the number of what they are about."""

    voided: Mapping[int, int]
    acknowledged: Mapping[int, Acknowledgement]


NOTHING_SAID = Said({}, {})


def said_in(entries: Sequence[Stored]) -> Said:
    voided: dict[int, int] = {}
    acknowledged: dict[int, Acknowledgement] = {}
    for one, body in _carried_out(entries):
        if body.kind == VOID:
            taken = payload(body)
            assert isinstance(taken, Voided)
            voided[taken.seq] = body.seq
        elif body.kind == ACKNOWLEDGED:
            said = payload(body)
            assert isinstance(said, Acknowledged)
            who = body.actor
            word = Acknowledgement(body.seq, body.today, who.id, who.role, said.assessment, _text(one, "reason"))
            acknowledged |= dict.fromkeys((there.seq for there in said.entries), word)
    return Said(voided, acknowledged)


def deviation_of(entry: Entry, action: str, recorded_on: date, said: Said) -> Deviation:
    return Deviation(
        entry.patient or entry.chain,
        entry.seq,
        entry.deviations,
        entry.occurred_on,
        recorded_on,
        action,
        entry.words,
        entry.actor.id,
        entry.actor.role,
        entry.texts.get("reason"),
        entry.reasons,
        said.acknowledged.get(entry.seq),
        said.voided.get(entry.seq),
    )


def queries_in(patient: str, entries: Sequence[Stored]) -> Iterator[QueryView]:
    """Those that the entries of one chain ask, with what came of them."""
    asked: dict[int, tuple[int, Body, str | None]] = {}
    answers: dict[int, list[Saying]] = {}
    closed: dict[int, Saying] = {}
    for one, body in _carried_out(entries):
        said = payload(body)
        assert isinstance(said, Query)
        if said.step == ASKED:
            asked[body.seq] = (said.seq, body, _text(one, "note"))
            continue
        word = Saying(body.seq, body.today, body.actor.id, body.actor.role, _text(one, "note"))
        if said.step == CLOSED:
            closed[said.seq] = word
        else:
            answers.setdefault(said.seq, []).append(word)
    for seq, (about, body, text) in asked.items():
        told = tuple(answers.get(seq, ()))
        yield QueryView(patient, seq, about, body.today, body.actor.id, text, told, closed.get(seq))


def _carried_out(entries: Sequence[Stored]) -> Iterator[tuple[Stored, Body]]:
    for one in entries:
        body = decode(one.data)
        if body.outcome != Outcome.REFUSED:
            yield one, body


def _text(one: Stored, name: str) -> str | None:
    return one.texts[name][1] if name in one.texts else None
