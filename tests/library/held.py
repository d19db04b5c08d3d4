"""What the library tells of a patient, held to the plain model of their history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from tests.library.history import History, Told
from workflow import Entry, Trial

ZONE = ZoneInfo("Europe/Berlin")


def as_walked(entry: Entry) -> Told:
    """Of somebody under way: nothing that was told of them was refused, or taken back."""
    assert entry.outcome == "allowed"
    step = entry.kind == "transition"
    told = date(2025, 6, 15)
    who = entry.actor.id
    named = {"trigger": entry.trigger, "target": entry.target} if step else {}
    return Told(entry.seq, entry.kind, "allowed", entry.occurred_on, told, who, entry.hash, **named)


def as_told(entry: Entry) -> dict[str, Any]:
    step = entry.kind == "transition"
    return {
        "seq": entry.seq,
        "kind": entry.kind,
        "outcome": entry.outcome,
        "on": entry.occurred_on,
        "told": entry.recorded_at.astimezone(ZONE).date(),
        "by": entry.actor.id,
        "hash": entry.hash,
        "trigger": entry.trigger,
        "target": entry.target if step else None,
        "texts": entry.texts,
        "committed": set(entry.committed),
        "cause": entry.cause,
        "takes": entry.data["seq"] if entry.kind == "void" else None,
        "voided_by": entry.voided_by,
    }


def as_kept(history: History, told: Told) -> dict[str, Any]:
    """An entry as the model has it, in the same words."""
    return {
        "seq": told.seq,
        "kind": told.kind,
        "outcome": told.outcome,
        "on": told.on,
        "told": told.told,
        "by": told.by,
        "hash": told.hash,
        "trigger": told.trigger,
        "target": told.target,
        "texts": told.texts,
        "committed": set(told.words),
        "cause": told.cause,
        "takes": told.takes,
        "voided_by": history.taken_back_by(told),
    }


def require_same(entries: Sequence[Entry], history: History) -> None:
    """The entries are those of the model, each as it has them."""
    assert len(entries) == len(history.entries)
    for entry, told in zip(entries, history.entries, strict=True):
        assert as_told(entry) == as_kept(history, told)


def of(said: Any) -> tuple[int, str, str] | None:
    return (said.entry, said.assessment, said.by) if said is not None else None


def of_told(said: Told | None) -> tuple[int, str, str] | None:
    return (said.seq, said.word, said.by) if said is not None else None


def require_remarks(trial: Trial, id: str, history: History) -> None:
    """Deviations and what was said of them, queries, and what there is to review: as the model has them."""
    found = [(one.entry, of(one.acknowledged), one.voided_by) for one in trial.deviations(patient=id)]
    deviated = [one for one in history.entries if one.outcome == "deviated"]
    assert found == [(one.seq, of_told(history.acknowledged(one.seq)), history.taken_back_by(one)) for one in deviated]
    asked = {one.query: one for one in trial.queries(patient=id)}
    assert list(asked) == [one.seq for one in history.done("query", "asked")]
    for seq, query in asked.items():
        told, closed = history.entries[seq - 1], history.closed(seq)
        answers = [one for one in history.done("query", "answered") if one.about == (seq,)]
        assert (query.about, query.text, query.open) == (told.about[0], told.texts.get("note"), closed is None)
        assert [(one.entry, one.text) for one in query.answers] == [(o.seq, o.texts.get("note")) for o in answers]
        assert closed is None or (query.closed is not None and query.closed.entry == closed.seq)
    fresh = [one for one in history.entries if one.seq > history.reviewed and one.kind != "reviewed"]
    reviews = list(trial.review(patient=id))
    assert bool(reviews) is bool(fresh)
    for review in reviews:
        assert (review.since or 0, review.seq) == (history.reviewed, len(history.entries))
        corrected = [(one.entry, one.of.entry) for one in review.items if one.kind == "corrected" and one.of]
        assert corrected == [(one.seq, one.takes) for one in history.done("void") if one in fresh]
        mentioned = {one.entry for one in review.items if one.kind == "deviated"}
        assert mentioned == {one.seq for one in fresh if one.outcome == "deviated"}


def require_no_gap(entries: Sequence[Entry]) -> None:
    """Each entry names the one before, and has seen no less of the other chains."""
    assert [one.prev for one in entries] == [None, *(one.hash for one in entries[:-1])]
    for before, one in pairwise(entries):
        for chain in before.seen.keys() & one.seen.keys():
            assert before.seen[chain].seq <= one.seen[chain].seq
