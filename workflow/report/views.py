"""What the library answers with: the result of a command, a patient, what may happen next, what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from workflow.engine.chart import Chart
from workflow.engine.decision import Reason
from workflow.errors import RefusedError
from workflow.protocol.schedule import Interval
from workflow.protocol.table import Kind
from workflow.store.roster import Person


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a command. ``outcome`` is allowed, overridden or refused; ``reasons`` say why (or what was passed).

    ``seq`` and ``hash`` name the entry in the patient's chain; both are None for a dry run. ``also`` holds what
    followed in the same transaction; ``repeated`` that the request had been carried out before and this is its first
    result.
    """

    patient: str
    action: str
    outcome: str
    occurred_on: date
    source: str | None
    state: str | None
    reasons: tuple[Reason, ...]
    delay: int
    seq: int | None
    hash: str | None
    recorded_at: datetime
    also: tuple[Result, ...] = ()
    repeated: bool = False

    @property
    def allowed(self) -> bool:
        return self.outcome != "refused"

    def or_raise(self) -> Self:
        """The result itself, or ``RefusedError`` with every reason.

        Inside the caller's own transaction that exception takes the refusal's entry back too, if it is let through.
        """
        if not self.allowed:
            said = "; ".join(reason.message for reason in self.reasons)
            raise RefusedError(f"{self.patient}: {self.action} on {self.occurred_on} is refused: {said}")
        return self


@dataclass(frozen=True, slots=True)
class Choice:
    """One trigger that leads on from here. ``reasons`` is empty when it is open; ``roles`` may ask for it."""

    trigger: str
    kind: Kind
    title: str
    target: str
    codes: tuple[str, ...]
    roles: tuple[str, ...]
    reasons: tuple[Reason, ...]

    @property
    def open(self) -> bool:
        return not self.reasons

    @property
    def overridable(self) -> bool:
        return bool(self.reasons) and not any(reason.hard for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class PatientView:
    """A patient as they stand. ``window`` is when the step after this state opens, is due and becomes late."""

    id: str
    trial: str
    version: str
    arm: str
    state: str
    title: str
    seq: int
    chart: Chart
    window: Interval | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What can happen next to a patient on a day, and why not."""

    patient: PatientView
    on: date
    forward: str | None
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class DueItem:
    """A patient for whom something is due. ``blocked`` are the codes of what holds the step back on the day asked."""

    patient: str
    arm: str
    state: str
    trigger: str | None
    opens_on: date
    due_on: date
    days_late: int  # negative while it is not due yet
    long_delay: bool
    blocked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DuePage:
    """One page of the due list; ``after`` continues it."""

    items: tuple[DueItem, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class PatientSummary:
    """A patient in a list."""

    id: str
    version: str
    arm: str
    state: str
    enrolled_on: date
    due_on: date | None


@dataclass(frozen=True, slots=True)
class PersonResult:
    """What came of adding or deactivating a person."""

    person: Person
    outcome: str
    reasons: tuple[Reason, ...]

    @property
    def allowed(self) -> bool:
        return self.outcome != "refused"
