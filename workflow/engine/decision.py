"""What goes into a decision and what comes out of it.

Structures in C where a frozen dataclass would do: some are made for every decision, and a replay takes millions.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from workflow.engine.facts.fact import Fact

Argument = str | int | list[str] | None  # of a reason: what its sentence names
Args = dict[str, Argument]


class Mode(StrEnum):
    """How something is asked.

    ``ask`` is the question. ``override``: an investigator takes it on themselves to pass the soft guards. ``happened``:
    it did happen, whatever the guards say; the log keeps it as a deviation.
    """

    ASK = "ask"
    OVERRIDE = "override"
    HAPPENED = "happened"


class Stated(StrEnum):
    """Whether a reason was given in words. The words themselves are no part of a decision."""

    GIVEN = "given"
    NOT_IN_SOURCE = "not_in_source"  # of what is imported: the source gives none


class Strength(StrEnum):
    """What can be done about a reason.

    ``soft``: an investigator may override the question. ``hard``: the question is refused; that it happened all the
    same may be said. ``never``: it contradicts what stands, or cannot be.
    """

    SOFT = "soft"
    HARD = "hard"
    NEVER = "never"


class Outcome(StrEnum):
    ALLOWED = "allowed"
    OVERRIDDEN = "overridden"
    DEVIATED = "deviated"
    REFUSED = "refused"


# ── what is asked ──────────────────────────────────────────────────────────────────────────────────────────────────


ENROLLED = 1  # the number of the enrolment in a patient's chain


class Elsewhere(NamedTuple):
    """An entry of another patient's chain, and its hash, which says which one is meant."""

    patient: str
    seq: int
    hash: str


class Enrolment(NamedTuple):
    """A patient's chain is opened: in ``arm``, under the protocol of this ``digest``.

    ``instead_of`` is the entry that took a wrong enrolment of the same person back.
    """

    patient: str
    arm: str
    digest: str
    instead_of: Elsewhere | None = None


class Trigger(NamedTuple):
    """A step is asked for by its name; ``code`` is an exit's coded reason."""

    name: str
    code: str | None = None


class Instead(NamedTuple):
    """What takes the place of what is taken back: a fact, or a step on a day."""

    what: Trigger | Fact
    on: date


class Void(NamedTuple):
    """An earlier fact, the last step or the enrolment is taken back: it, and what followed from it by itself.

    ``hash`` says which entry is meant. ``instead`` takes its place: both happen, or neither; where it is the enrolment,
    ``anew`` is the patient as whom the same person is enrolled instead.
    """

    seq: int
    hash: str
    instead: Instead | None = None
    anew: str | None = None


class Proposal(Struct, frozen=True):
    """Somebody asks for something: a step, that a fact be recorded, that one be taken back, an enrolment.

    ``on`` is when it happened to the patient, ``today`` the day of asking at the site, ``entry`` the number that the
    answer will have in the patient's chain. ``role`` None asks what the protocol says, whoever may ask for it.
    ``cause`` is the entry from which this follows by itself.
    """

    what: Trigger | Fact | Void | Enrolment
    on: date
    today: date
    role: str | None
    entry: int
    mode: Mode = Mode.ASK
    stated: Stated | None = None
    cause: int | None = None


# ── what is answered ───────────────────────────────────────────────────────────────────────────────────────────────


class Reason(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One guard's no: what is wrong, by code and arguments, how strong it is, and the entries that show it.

    ``code`` is ``<guard>.<case>``. The sentence is made of it elsewhere (``report.words``): a better wording changes no
    entry. ``evidence`` are numbers of entries in the patient's chain.
    """

    code: str
    args: Args = {}
    strength: Strength = Strength.HARD
    evidence: tuple[int, ...] = ()


class Decision(Struct, frozen=True):
    """The answer. ``reasons`` are all the guards that said no: of a refusal why, otherwise what was passed.

    ``target`` is the state after an allowed step (None for facts), ``delay`` the days it is late, ``deviations`` the
    protocol's coded kinds of what happened against its rules.
    """

    outcome: Outcome
    source: str | None
    target: str | None
    reasons: tuple[Reason, ...] = ()
    delay: int = 0
    deviations: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        return self.outcome is not Outcome.REFUSED
