"""A plain model of a patient's history: the list of what was told and carried out, or refused, as the test saw it.

It knows what a correction takes away, and on which day what was told. Nothing is kept beside the list: every question
is answered by going through it, or through the part of it that was known by a day. It holds no word of the library's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

REMARKS = ("acknowledged", "reviewed", "query", "redacted")
IN_ERROR = "entered_in_error"


@dataclass
class Told:
    """An entry: of which day, told on which day, by whom, in which words.

    ``takes`` is what it takes back, ``cause`` what it followed from by itself, ``about`` what it names: a hold that it
    ends, an event that it has news of, entries that it is a remark on. ``words`` that were removed are None.
    """

    seq: int
    kind: str
    outcome: str
    on: date
    told: date
    by: str
    hash: str
    trigger: str | None = None
    target: str | None = None
    words: dict[str, str | None] = field(default_factory=dict)
    takes: int | None = None
    cause: int | None = None
    about: tuple[int, ...] = ()
    word: str = ""
    anew: str | None = None

    @property
    def done(self) -> bool:
        return self.outcome != "refused"

    @property
    def texts(self) -> dict[str, str]:
        return {name: text for name, text in self.words.items() if text is not None}


class History:
    """The entries of a patient: all of them, or those that were known by a day."""

    def __init__(self, entries: list[Told] | None = None) -> None:
        self.entries = entries if entries is not None else []

    def known_by(self, day: date) -> History:
        return History([one for one in self.entries if one.told <= day])

    def one(self, seq: int) -> Told | None:
        return self.entries[seq - 1] if 0 < seq <= len(self.entries) else None

    def done(self, kind: str, word: str | None = None) -> list[Told]:
        """What of a kind was carried out, and said in that word."""
        return [one for one in self.entries if one.done and one.kind == kind and word in (None, one.word)]

    # ── what stands ──────────────────────────────────────────────────────────────────────────────────────────────

    def taken_back_by(self, told: Told) -> int | None:
        """The correction that took it back, or what it followed from."""
        for void in self.done("void"):
            if void.takes == told.seq or (told.cause is not None and void.takes == told.cause):
                return void.seq
        return None

    def standing(self, on: date = date.max) -> list[Told]:
        return [
            one
            for one in self.entries
            if one.done and one.kind not in ("void", *REMARKS) and one.on <= on and self.taken_back_by(one) is None
        ]

    def steps(self, on: date = date.max) -> list[Told]:
        return [one for one in self.standing(on) if one.kind == "transition"]

    def state(self, on: date = date.max) -> str:
        if any(void.takes == 1 for void in self.done("void")):
            return IN_ERROR
        steps = self.steps(on)
        return (steps[-1].target or "") if steps else "screening"

    def open_holds(self, on: date, without: int | None = None) -> list[int]:
        standing = [one for one in self.standing(on) if one.seq != without]
        ended = {seq for one in standing if one.kind == "resume" for seq in one.about}
        return [one.seq for one in standing if one.kind == "hold" and one.seq not in ended]

    def in_the_way(self, seq: int) -> str | None:
        """Why this entry cannot be taken back, whoever asks: what rests on it, or that it is nothing that stands."""
        standing = self.standing()
        told = next((one for one in standing if one.seq == seq), None)
        if told is None:
            return "nothing"
        if seq == 1:
            return "enrolment" if len(standing) > 1 else None
        if told.cause is not None:
            return "its_cause"
        if any(seq in one.about for one in standing):
            return "referred_to"
        steps = self.steps()
        theirs = [place for place, one in enumerate(steps) if seq in (one.seq, one.cause)]
        return "stands_on" if theirs and theirs[0] + 1 < len(steps) else None

    # ── what was said of it ──────────────────────────────────────────────────────────────────────────────────────

    @property
    def deviations(self) -> list[int]:
        return [one.seq for one in self.standing() if one.outcome == "deviated"]

    def acknowledged(self, seq: int) -> Told | None:
        said = [one for one in self.done("acknowledged") if seq in one.about]
        return said[-1] if said else None

    @property
    def reviewed(self) -> int:
        """Up to which entry it was signed off."""
        said = self.done("reviewed")
        return said[-1].about[0] if said else 0

    def closed(self, query: int) -> Told | None:
        return next((one for one in self.done("query", "closed") if one.about == (query,)), None)

    def open_query(self, seq: int) -> bool:
        return any(one.seq == seq for one in self.done("query", "asked")) and self.closed(seq) is None

    def redacted(self) -> list[tuple[int, str, int]]:
        """The texts that were removed: of which entry, which, and by which."""
        return [(one.about[0], one.word, one.seq) for one in self.done("redacted")]


def ids_in_error(histories: Mapping[str, History]) -> dict[str, str | None]:
    """Who was entered in error, and as whom they were enrolled instead, where they were."""
    found: dict[str, str | None] = {}
    for id, history in histories.items():
        for void in history.done("void"):
            if void.takes == 1:
                found[id] = void.anew
    return found
