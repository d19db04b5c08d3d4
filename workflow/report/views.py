"""What the library answers with: the result of a command, a patient, what may happen next, what is due, an entry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Self

from msgspec import Struct

from workflow.engine.decision import Mode, Outcome, Strength
from workflow.errors import RefusedError
from workflow.ledger.entry import ProtocolRef, RequestRef, Seen, Signature
from workflow.ledger.people import Person
from workflow.protocol.schedule import Interval
from workflow.protocol.table import Kind


class Reason(Struct, frozen=True):
    """One guard's no: what is wrong, in a sentence and as a code with its arguments, and what would lift it.

    ``evidence`` are the numbers of the entries that show it. A ``soft`` one can be overridden; of what a ``hard`` one
    refuses it can be said that it happened all the same; one that is ``never`` contradicts what stands.
    """

    code: str
    message: str
    lifted_by: str
    strength: Strength
    evidence: tuple[int, ...]
    args: Mapping[str, object]

    @property
    def hard(self) -> bool:
        return self.strength is not Strength.SOFT


class Result(Struct, frozen=True):
    """What came of a command. ``reasons`` say why it was refused, or what was passed otherwise.

    ``role`` is the one that the person acted in. ``seq`` and ``hash`` name the entry in the patient's chain; both are
    None for a dry run. ``deviations`` are the coded kinds of what happened against the rules. ``also`` holds what
    followed in the same transaction; ``repeated`` says that the request had been carried out before and that this is
    its first result. ``today`` is the day that it was at the site, ``zone`` the trial's. ``rested`` is what rested on
    what a correction took back, and stays.
    """

    patient: str
    action: str
    outcome: Outcome
    occurred_on: date
    source: str | None
    state: str | None
    reasons: tuple[Reason, ...]
    delay: int
    seq: int | None
    hash: str | None
    recorded_at: datetime
    role: str
    deviations: tuple[str, ...] = ()
    also: tuple[Result, ...] = ()
    repeated: bool = False
    today: date | None = None
    zone: str | None = None
    rested: tuple[Rested, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.outcome is not Outcome.REFUSED

    @property
    def may_have_happened(self) -> bool:
        """Whether what was refused can be said to have happened all the same."""
        return not self.allowed and not any(reason.strength is Strength.NEVER for reason in self.reasons)

    def or_raise(self) -> Self:
        """The result itself, or ``RefusedError`` with every reason.

        Inside the caller's own transaction that exception takes the refusal's entry back too, if it is let through.
        """
        if not self.allowed:
            said = "; ".join(reason.message for reason in self.reasons)
            raise RefusedError(f"{self.patient}: {self.action} on {self.occurred_on} is refused: {said}")
        return self


class Rested(Struct, frozen=True):
    """A step or a dose that would be refused since a correction, for these reasons; it stays decided."""

    entry: int
    on: date
    action: str
    reasons: tuple[Reason, ...]


class Choice(Struct, frozen=True):
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
        return bool(self.reasons) and all(reason.strength is Strength.SOFT for reason in self.reasons)


class Standing(Struct, frozen=True):
    """Where a patient stood on a day, and what held treatment or an agent back."""

    treatment_from: date | None
    cycle_from: date | None
    phase_from: date | None
    treatment_to: date | None
    ended_by: str | None
    ended_code: str | None
    since: date
    left_by: str | None
    left_code: str | None
    died_on: date | None
    visits: int
    last_dose_on: date | None
    on_treatment: bool
    final: bool
    consents: tuple[Consented, ...]
    eligibility: Answered | None
    counts: Counted | None
    response: Assessed | None
    progression: Assessed | None
    holds: tuple[Held, ...]
    events: tuple[Event, ...]
    agents: tuple[Agent, ...]


class Consented(Struct, frozen=True):
    entry: int
    on: date
    version: str


class Answered(Struct, frozen=True):
    """The eligibility criteria: the routes said, and which criteria speak against or are open."""

    entries: tuple[int, ...]
    on: date
    routes: tuple[str, ...]
    failed: tuple[str, ...]
    unknown: tuple[str, ...]


class Counted(Struct, frozen=True):
    """ANC and platelets, both x10^9/L."""

    entries: tuple[int, ...]
    on: date
    anc: str
    platelets: str


class Assessed(Struct, frozen=True):
    entry: int
    on: date
    response: str
    mrd: str | None


class Held(Struct, frozen=True):
    """A hold that was open on the day."""

    entry: int
    on: date
    code: str


class Event(Struct, frozen=True):
    """An adverse event that was open on the day, fatal, or declared unacceptable."""

    entry: int
    on: date
    term: str
    grade: int
    open: bool
    attributed: tuple[str, ...] | None
    serious: bool
    unacceptable: bool


class Agent(Struct, frozen=True):
    """An agent on the day: planned, active, held, discontinued; by which events it was held."""

    key: str
    state: str
    since: date
    entry: int
    doses: int
    held_by: tuple[int, ...]
    proposed: tuple[int, ...]


class PatientView(Struct, frozen=True):
    """A patient as they stood ``as_of`` a day: by what stands now, or by what was known when day ``known_by`` ended.

    ``today`` is the day that it was at the site, ``zone`` the trial's; with ``known_by`` that day, and the zone then.
    ``window`` is when the step after their state
    opens, is due and becomes late. ``stale``: the row was written by another fold, and what it shows was folded anew.
    """

    id: str
    trial: str
    version: str
    edition: int
    digest: str
    arm: str
    state: str
    title: str
    seq: int
    enrolled_on: date
    as_of: date
    today: date
    zone: str | None
    standing: Standing
    window: Interval | None
    stale: bool
    known_by: date | None = None


class Outlook(Struct, frozen=True):
    """What can happen next to a patient on a day, and why not."""

    patient: PatientView
    on: date
    forward: str | None
    choices: tuple[Choice, ...]


class DueItem(Struct, frozen=True):
    """A patient for whom something is due. ``blocked`` are the codes of what holds the step back on the day asked.

    ``stale``: the row was written by another fold; its dates are that fold's, until the database is upgraded.
    """

    patient: str
    arm: str
    state: str
    trigger: str | None
    opens_on: date
    due_on: date
    days_late: int  # negative while it is not due yet
    long_delay: bool
    blocked: tuple[str, ...]
    stale: bool = False


class DuePage(Struct, frozen=True):
    """One page of the due list, as it is ``on`` a day; ``after`` continues it.

    ``today`` is the day that it was at the site, ``zone`` the trial's; with ``known_by`` as of that day.
    """

    items: tuple[DueItem, ...]
    after: str | None
    on: date
    today: date
    zone: str | None
    known_by: date | None = None


class PatientSummary(Struct, frozen=True):
    """A patient in a list. ``stale``: the row was written by an earlier fold; its state and date are that fold's."""

    id: str
    version: str
    arm: str
    state: str
    enrolled_on: date
    due_on: date | None
    stale: bool = False


class PersonResult(Struct, frozen=True):
    """What came of adding or deactivating a person. ``also`` are their other roles that it was done to."""

    person: Person
    outcome: Outcome
    reasons: tuple[Reason, ...]
    also: tuple[PersonResult, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.outcome is not Outcome.REFUSED


class Entry(Struct, frozen=True):
    """An entry of the log as a reader sees it.

    ``data`` is the content of its kind, by names; ``words`` the same in a line. ``texts`` are the free texts still
    there, ``committed`` names all of them. ``patient`` is whose chain it is in, as their id was first typed; None where
    it is no patient's. ``voided_by`` is the correction that took it back, or what it followed from. One that this
    software does not know the format or kind of is not ``understood``: then only what every format says of itself is
    filled in.
    """

    chain: str
    seq: int
    kind: str
    trigger: str | None
    outcome: Outcome | None
    mode: Mode
    source: str | None
    target: str | None
    occurred_on: date
    time: str | None
    recorded_at: datetime
    actor: Signature
    code: str | None
    data: Mapping[str, object]
    words: str
    reasons: tuple[Reason, ...]
    deviations: tuple[str, ...]
    delay: int
    cause: int | None
    protocol: ProtocolRef | None
    engine: str
    software: str
    request: RequestRef | None
    seen: Mapping[str, Seen]
    hash: str
    prev: str | None
    texts: Mapping[str, str]
    committed: tuple[str, ...]
    patient: str | None
    voided_by: int | None = None
    understood: bool = True

    @property
    def allowed(self) -> bool:
        return self.outcome is not Outcome.REFUSED
