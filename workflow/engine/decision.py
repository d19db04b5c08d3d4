"""What goes into a decision and what comes out of it.

Tuples where a frozen dataclass would do: one of each is made for every decision, and a replay takes millions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple


class Proposal(NamedTuple):
    """Somebody asks for something: a trigger to fire or a fact to record.

    ``on`` is when it happened to the patient, ``today`` the day of asking at the site. ``reasoned`` tells that a
    reason was given in words (the words themselves are no part of the decision); ``override`` that an investigator
    takes it on themselves to pass the soft guards. ``role`` None asks what the protocol says, whoever may ask for it.
    """

    action: str
    on: date
    today: date
    role: str | None
    data: dict[str, Any]
    code: str | None = None
    reasoned: bool = False
    override: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One guard's no: what is wrong, the entries that show it, and what would lift it.

    ``code`` is ``<guard>.<case>``. A ``hard`` reason cannot be overridden.
    """

    code: str
    message: str
    lifted_by: str
    evidence: tuple[int, ...] = ()
    hard: bool = False


class Outcome(StrEnum):
    ALLOWED = "allowed"
    OVERRIDDEN = "overridden"
    REFUSED = "refused"


class Decision(NamedTuple):
    """The answer. ``reasons`` are all the guards that said no: of a refusal why, of an override what was passed.

    ``target`` is the state after an allowed transition (None for facts), ``delay`` the days it is late.
    """

    outcome: Outcome
    source: str | None
    target: str | None
    reasons: tuple[Reason, ...] = ()
    delay: int = 0

    @property
    def allowed(self) -> bool:
        return self.outcome is not Outcome.REFUSED
