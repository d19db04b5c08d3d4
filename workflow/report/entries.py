"""Entries of the log as a reader sees them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from msgspec.json import decode as decode_json
from msgspec.json import encode as encode_json

from workflow.engine.decision import Mode, Outcome
from workflow.engine.facts import BY_KIND, When
from workflow.ledger.entry import Body, NotUnderstood, Signature, Stored, decode, payload
from workflow.ledger.standing import taken_back_by
from workflow.report.reasons import shown
from workflow.report.views import Entry
from workflow.report.words.entry import content_in_words

if TYPE_CHECKING:
    from workflow.engine.course import Definition


def entry_of(
    stored: Stored, definition: Definition | None, patient: str | None = None, voids: Mapping[int, int] | None = None
) -> Entry:
    """``definition`` is the protocol that the entry names, where there is one: it says what things are called.

    ``patient`` is the id of whose chain it is in; ``voids`` are the entries of it that were taken back, by which.
    """
    texts = {name: text for name, (_, text) in stored.texts.items()}
    try:
        body = decode(stored.data)
    except NotUnderstood:
        return _unknown(stored, texts, patient)
    fact = BY_KIND[body.kind].read(When(body.seq, body.on, body.time), body.data) if body.kind in BY_KIND else None
    data = fact.as_said() if fact is not None else _plain(body)
    return Entry(
        chain=body.chain,
        seq=body.seq,
        kind=body.kind,
        trigger=body.trigger,
        outcome=Outcome(body.outcome),
        mode=Mode(body.mode) if body.mode is not None else Mode.ASK,
        source=body.source,
        target=body.target,
        occurred_on=body.on,
        time=body.time,
        recorded_at=datetime.fromisoformat(body.at),
        actor=body.actor,
        code=body.code,
        data=data,
        words=fact.words(definition) if fact is not None and definition is not None else content_in_words(body, data),
        reasons=shown(body.reasons, definition),
        deviations=body.deviations,
        delay=body.delay,
        cause=body.cause,
        protocol=body.protocol,
        engine=body.engine,
        software=body.software,
        request=body.request,
        seen=body.seen,
        hash=stored.hash.hex(),
        prev=body.prev,
        texts=texts,
        committed=tuple(body.texts),
        patient=patient,
        voided_by=taken_back_by(body.seq, body.cause, voids or {}),
    )


def digest_of(stored: Stored) -> str | None:
    """The digest of the protocol that an entry names."""
    try:
        named = decode(stored.data).protocol
    except (NotUnderstood, ValueError):
        return None
    return named.digest if named is not None else None


_NESTED = {"instead", "instead_of", "entries"}


def _plain(body: Body) -> Mapping[str, Any]:
    found = payload(body)
    values = {name: getattr(found, name) for name in found.__struct_fields__}
    for name in _NESTED & values.keys():
        values[name] = decode_json(encode_json(values[name]))
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _unknown(stored: Stored, texts: Mapping[str, str], patient: str | None) -> Entry:
    """An entry that newer software wrote: what every format says of itself."""
    raw: dict[str, Any] = decode_json(stored.data)
    actor = raw.get("actor") or {}
    return Entry(
        chain=stored.chain,
        seq=stored.seq,
        kind=str(raw["kind"]),
        trigger=None,
        outcome=None,
        mode=Mode.ASK,
        source=None,
        target=None,
        occurred_on=date.fromisoformat(raw["on"]),
        time=None,
        recorded_at=datetime.fromisoformat(raw["at"]),
        actor=Signature(str(actor.get("id")), str(actor.get("role")), str(actor.get("assurance")), actor.get("via")),
        code=None,
        data={},
        words="of a kind or format that this software does not know",
        reasons=(),
        deviations=(),
        delay=0,
        cause=None,
        protocol=None,
        engine=str(raw["engine"]),
        software=str(raw.get("software")),
        request=None,
        seen={},
        hash=stored.hash.hex(),
        prev=raw.get("prev"),
        texts=texts,
        committed=tuple(texts),
        patient=patient,
        understood=False,
    )
