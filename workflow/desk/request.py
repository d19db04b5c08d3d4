"""What is asked of the desk: by whom, when, and what, before it is known where the patient stands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from json import dumps
from typing import Any

from msgspec import Struct

from workflow.engine.decision import Mode, Stated
from workflow.engine.facts import Telling
from workflow.engine.facts.check import shown
from workflow.errors import ClockBehind, InvalidInput
from workflow.ledger.clock import is_behind
from workflow.ledger.entry import RequestRef, id_key, is_label
from workflow.ledger.people import is_like_by_login


class Actor(Struct, frozen=True):
    """Who acts. ``assurance`` says how that is known: "os" (the kernel's user), "service" (an embedding service)...

    ``via`` names the login or the service. ``role`` is wanted only where the person has several and another than the
    first that may ask is meant; what roles they have is not the caller's to say.
    """

    id: str
    assurance: str = "service"
    via: str | None = None
    role: str | None = None

    def check(self) -> None:
        """Raise unless each part is a text at all."""
        if not isinstance(self.id, str) or not isinstance(self.role, str | None):
            raise InvalidInput("an actor's id and role are texts", hint='Actor("lee", role="coordinator")')
        for said in (self.assurance, self.via):
            if (not is_label(said) and said is not None) or is_like_by_login(said or ""):
                raise InvalidInput(
                    f"not a name for how {shown(str(self.id))} is known: {shown(str(said))}",
                    hint="1 to 64 printable characters",
                )


class Moment(Struct, frozen=True):
    """The time of a command: in UTC for the log, and as the date that it is at the site, in the trial's zone."""

    at: str  # as entries write it
    today: date
    zone: str | None = None  # none is set: the day is the one that the clock says it is
    trusted: bool = False  # whatever the log says

    @property
    def said(self) -> str:
        """The day with its zone: 2026-11-25 (America/Chicago)."""
        return f"{self.today} ({self.zone})" if self.zone is not None else f"{self.today}"

    def require_not_behind(self, last: str) -> None:
        """Raise where an entry of ``last`` is there already: verification would find whatever is written now."""
        if is_behind(self.at, last) and not self.trusted:
            here, there = (_minutes(one) for one in (self.at, last))
            raise ClockBehind(
                f"this machine's clock says {here} UTC, and an entry was recorded at {there} UTC",
                hint="set the clock; if it is right, another machine's was ahead: see clock-behind in docs/errors.md",
            )


def _minutes(at: str) -> str:
    return at[:16].replace("T", " ")


class Advance(Struct, frozen=True):
    """A step is asked for; ``trigger`` None is the step forward."""

    trigger: str | None
    code: str | None = None

    def as_asked(self) -> list[Any]:
        return ["advance", self.trigger, self.code]


class Recording(Struct, frozen=True):
    """A fact is told."""

    telling: Telling

    def as_asked(self) -> list[Any]:
        return ["record", self.telling.kind, dict(self.telling.told)]


class Again(Struct, frozen=True):
    """What an entry recorded is told anew: of another day, with another coded reason."""

    code: str | None = None

    def as_asked(self) -> list[Any]:
        return ["again", self.code]


class Correction(Struct, frozen=True):
    """An entry of the patient's chain is to be taken back; ``instead`` takes its place, on the day of the request.

    Where the request names no day, that is the day of what is taken back. ``anew`` is of an enrolment: the patient as
    whom the same person is enrolled instead.
    """

    entry: int
    instead: Advance | Recording | Again | None = None
    anew: str | None = None

    def as_asked(self) -> list[Any]:
        anew = [id_key(self.anew)] if self.anew is not None else []
        return ["correct", self.entry, *anew, *(self.instead.as_asked() if self.instead is not None else ())]


class Remarking(Struct, frozen=True):
    """Something is said of entries: of which ``kind``, of which, and in which ``word`` of that kind.

    ``hash`` is the one under which the only entry was seen, where that is said. An empty ``word`` is the only one that
    there is.
    """

    kind: str
    entries: tuple[int, ...]
    word: str
    hash: str | None = None

    def as_asked(self) -> list[Any]:
        return [self.kind, *self.entries, self.word, self.hash]


class Enrolling(Struct, frozen=True):
    """A patient is to be enrolled in ``arm`` under ``version`` (None: the one in force).

    ``instead_of`` is the patient as whom they were enrolled wrongly: that enrolment is taken back with it.
    """

    arm: str
    version: str | None
    instead_of: str | None = None

    def as_asked(self) -> list[Any]:
        instead_of = [id_key(self.instead_of)] if self.instead_of is not None else []
        return ["enroll", self.arm, self.version, *instead_of]


class Request(Struct, frozen=True):
    """A command on one patient. ``on`` None is today, ``time`` the time of day (HH:MM) where it was told.

    ``texts`` are the free texts given, by name. With ``expect`` it is a conflict unless the patient's last entry has
    that number. ``id`` is the caller's own: the same request again answers the first result.
    """

    what: Advance | Recording | Correction | Enrolling | Remarking
    on: date | None = None
    time: str | None = None
    mode: Mode = Mode.ASK
    texts: Mapping[str, str] = {}
    expect: int | None = None
    id: str | None = None

    @property
    def stated(self) -> Stated | None:
        return Stated.GIVEN if "reason" in self.texts else None

    def fingerprint(self, patient: str, by: Actor) -> str:
        """What is asked for, without its free text (an unsalted hash would let that be guessed)."""
        asked = [id_key(patient), id_key(by.id), *self.what.as_asked(), self.on, self.time, self.mode, self.expect]
        return hashlib.sha256(dumps(asked, sort_keys=True, default=str).encode()).hexdigest()

    def ref(self, patient: str, by: Actor) -> RequestRef | None:
        return RequestRef(self.id, self.fingerprint(patient, by)) if self.id is not None else None
