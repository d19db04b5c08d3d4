"""The words a protocol is written in. Frozen values only: no behaviour beyond looking things up.

The vocabulary is the field's: an arm runs through phases (SDTM epochs), a phase through cycles (SDTM elements), a
cycle holds administrations. Where the record is ambiguous the choice is a ``Reading``; whatever is not the record's
own carries its ``Source``. Days are counted as in the record: day 1 is the first day of the cycle.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from workflow.protocol.guards import Guard
from workflow.protocol.source import Source as Source
from workflow.protocol.source import SourceKind as SourceKind

# ── how an open point was read ─────────────────────────────────────────────────────────────────────────────────────


class Grade(StrEnum):
    """What settles a reading."""

    RECORD = "T"  # another line of the record
    PUBLICATION = "P"
    JUDGEMENT = "J"
    SITE = "SITE"


@dataclass(frozen=True, slots=True)
class Option:
    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A named choice where the record leaves something open: what is possible, what was taken, and why."""

    id: str
    place: str
    question: str
    options: tuple[Option, ...]
    taken: str  # the key of one of the options
    why: str
    grade: Grade


# ── what is given ──────────────────────────────────────────────────────────────────────────────────────────────────


class Route(StrEnum):
    IV = "IV"
    IT = "IT"
    PO = "PO"
    IV_OR_PO = "IV or PO"
    CIVI = "CIVI"  # continuous intravenous infusion


@dataclass(frozen=True, slots=True)
class Agent:
    key: str  # lower case, e.g. "inotuzumab"
    title: str
    abbreviations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OnDays:
    """Given on each of these days of the cycle, ``times_a_day`` times each."""

    days: tuple[int, ...]
    times_a_day: int = 1


@dataclass(frozen=True, slots=True)
class OnOneOf:
    """Given once, on any one of these days of the cycle."""

    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Continuously:
    """Runs without a break for ``days`` times 24 hours from ``first_day``; disconnected on ``first_day + days``."""

    first_day: int
    days: int


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class ByCalendar:
    """Runs by the calendar from day 1 of the phase, beside the cycle counter, for ``years`` years.

    Once every day, week or month, on ``run_days`` consecutive days each time, ``times_a_day`` times a day.
    """

    every: Every
    years: int
    run_days: int = 1
    times_a_day: int = 1


Timing = OnDays | OnOneOf | Continuously | ByCalendar


@dataclass(frozen=True, slots=True)
class InfusionTime:
    """How long one infusion runs, in minutes; ``about`` where the record says so."""

    at_least: int
    at_most: int
    about: bool = False


@dataclass(frozen=True, slots=True)
class Dose:
    """An amount with the place it was published. The record itself prints no doses."""

    amount: str  # a decimal, e.g. "0.25"
    unit: str  # e.g. "g/m2", "mg", "ug/day"
    source: Source
    note: str = ""


@dataclass(frozen=True, slots=True)
class Optional:
    """The administration may be left out; ``when`` says what calls for it."""

    when: str
    source: Source


@dataclass(frozen=True, slots=True)
class Administration:
    """One line of a cycle: which agent, by which route, when.

    ``printed`` is the timing as the record prints it where our timing reads it differently ("1-29").
    ``steps`` are the infusions one dose consists of, in order; empty where the record gives no time.
    """

    key: str  # unique in its cycle (for a phase's own administrations: in the phase)
    agent: str
    route: Route
    timing: Timing
    source: Source
    steps: tuple[InfusionTime, ...] = ()
    optional: Optional | None = None
    dose: Dose | None = None
    printed: str = ""
    readings: tuple[str, ...] = ()


# ── when ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Window:
    """Days from the start of one thing to the next: it opens after ``earliest``, is due after ``due``.

    Later than ``due`` is late: allowed with a reason. From ``warn`` days late on the delay is shown as long.
    A cycle of 21 to 28 days is ``Window(21, 28)``: the next opens on day 22 and is due on day 29.
    """

    earliest: int
    due: int
    warn: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A follow-up visit, open from ``before`` days before it is due, late from ``after`` days after.

    Due ``days`` after its anchor, once; or every ``months`` after it, for as long as the state lasts.
    """

    before: int
    after: int
    source: Source  # of the interval
    window_source: Source  # of before and after
    days: int | None = None
    months: int | None = None


@dataclass(frozen=True, slots=True)
class CalendarEnd:
    """The phase lasts ``years`` from its first day; the cycle that runs then is its last. ``readings`` say how so."""

    years: int
    source: Source
    readings: tuple[str, ...] = ()


# ── arm, phase, cycle ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Cycle:
    """One treatment cycle.

    ``position`` counts the courses of the arm from 1 and is unique in it. ``label`` is the number the record prints,
    which is not unique. ``number`` is what the state is named by, unique in the phase: the position, or a count that
    starts again.
    """

    position: int
    number: int
    label: str
    length: Window
    source: Source
    administrations: tuple[Administration, ...] = ()
    guards: tuple[Guard, ...] = ()  # before this cycle, beside those of the arm
    readings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ByLabel:
    """Refers to a cycle by the label the record prints. Allowed only where that label is unique in the arm."""

    label: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of treatment. ``then`` names the next phase (or the first cycle of it, by label); None ends treatment.

    ``administrations`` belong to the phase as a whole: they run by the calendar, beside the cycles.
    """

    key: str
    title: str
    cycles: tuple[Cycle, ...]
    then: str | ByLabel | None
    source: Source
    administrations: tuple[Administration, ...] = ()
    end: CalendarEnd | None = None
    readings: tuple[str, ...] = ()


class Purpose(StrEnum):
    """What an exit is for."""

    PROGRESSION = "progression"
    TOXICITY = "toxicity"
    WITHDRAWAL = "withdrawal"
    DEATH = "death"
    COMPLETION = "completion"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class State:
    """A state outside the treatment cycles, e.g. screening or long-term follow-up. A visit may repeat on it."""

    key: str
    title: str
    final: bool = False
    visit: Visit | None = None  # what the state waits for
    readings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A step forward between states outside the cycles. ``target`` is a state, or a phase (its first cycle)."""

    trigger: str
    source: str
    target: str
    title: str
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True, slots=True)
class ExitPath:
    """A way out of the planned path, declared once for a whole branch of states.

    ``leaves`` are states or their parents ("treatment"); ``target`` is a state, or a phase (its first cycle).
    ``codes`` are the coded reasons, one of which is always recorded.
    """

    trigger: str
    leaves: tuple[str, ...]
    target: str
    title: str
    codes: tuple[str, ...]
    purpose: Purpose
    source: Source
    guards: tuple[Guard, ...] = ()
    readings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arm:
    """One treatment path: the states around it, the phases in it, the steps between, the ways out.

    ``cycle_guards`` stand before every cycle; ``completes`` is the step that follows the last one.
    ``routes`` are the eligibility criteria that lead into this arm.
    """

    key: str
    title: str
    population: str
    states: tuple[State, ...]
    steps: tuple[Step, ...]
    phases: tuple[Phase, ...]
    exits: tuple[ExitPath, ...]
    completes: Step
    cycle_guards: tuple[Guard, ...]
    routes: tuple[str, ...]
    source: Source
    readings: tuple[str, ...] = ()

    def phase(self, key: str) -> Phase | None:
        return next((phase for phase in self.phases if phase.key == key), None)


# ── who may take part, who may ask ─────────────────────────────────────────────────────────────────────────────────


class CriterionKind(StrEnum):
    ROUTE = "route"  # one of these brings a patient in
    INCLUSION = "inclusion"  # all of these must be met
    EXCLUSION = "exclusion"  # none of these may apply
    PART = "part"  # an item under another criterion; answers for its parent


@dataclass(frozen=True, slots=True)
class Criterion:
    """One eligibility criterion, in our own words; ``id`` is ours and stable, ``printed`` the record's number.

    ``text`` is written so that the patient qualifies when it is true; an exclusion's so that the patient is excluded.
    """

    id: str
    kind: CriterionKind
    text: str
    source: Source
    printed: str = ""
    parent: str | None = None
    note: str = ""  # a conflict within the record that the reader must see


class Role(StrEnum):
    COORDINATOR = "coordinator"
    INVESTIGATOR = "investigator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Permission:
    """Which roles may ask for an action: a trigger, or the recording of a kind of fact."""

    action: str
    roles: tuple[Role, ...]


# ── what is observed ───────────────────────────────────────────────────────────────────────────────────────────────


class ResponseMeaning(StrEnum):
    REMISSION = "remission"
    PARTIAL = "partial"
    NONE = "none"  # no response
    PROGRESSION = "progression"
    RELAPSE = "relapse"


@dataclass(frozen=True, slots=True)
class Response:
    """A category of disease response."""

    key: str
    title: str
    meaning: ResponseMeaning


@dataclass(frozen=True, slots=True)
class Term:
    """An adverse event term of CTCAE v5 (but for ``other``) with the words people also use for it."""

    key: str
    title: str
    system: str  # CTCAE system organ class
    haematological: bool = False
    synonyms: tuple[str, ...] = ()


class AgentAction(StrEnum):
    HOLD = "hold"
    DISCONTINUE = "discontinue"


@dataclass(frozen=True, slots=True)
class ToxicityRule:
    """What an adverse event does to one agent.

    It applies to the listed ``terms`` (empty: every non-haematological term), from ``grade`` up, and, where
    ``attributed``, only to events attributed to the agent. A hold ends when the event is at or below ``until_grade``
    or resolved.
    """

    agent: str
    action: AgentAction
    grade: int
    source: Source
    terms: tuple[str, ...] = ()
    attributed: bool = True
    until_grade: int | None = None


# ── the whole ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Protocol:
    """A treatment protocol, complete: what an installed version consists of, and what its digest covers."""

    trial: str
    version: str
    title: str
    summary: str  # what this version is, in a sentence
    patient_id: str  # a regular expression; ids are pseudonyms
    study_start: date
    study_end: date
    arms: tuple[Arm, ...]
    agents: tuple[Agent, ...]
    criteria: tuple[Criterion, ...]
    responses: tuple[Response, ...]
    terms: tuple[Term, ...]
    toxicity_rules: tuple[ToxicityRule, ...]
    permissions: tuple[Permission, ...]
    readings: tuple[Reading, ...]
    sources: tuple[Source, ...] = field(default=())  # works cited as a whole

    def arm(self, key: str) -> Arm | None:
        return next((arm for arm in self.arms if arm.key == key), None)
