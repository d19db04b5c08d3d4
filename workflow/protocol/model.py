"""The words a protocol is written in. Frozen values only: no behaviour beyond looking things up.

The vocabulary is the field's: an arm runs through phases (SDTM epochs), a phase through cycles (SDTM elements), a
cycle holds administrations. Where the record is ambiguous the choice is a ``Reading``; whatever is not the record's
own carries its ``Source``. Days are counted as in the record: day 1 is the first day of the cycle.
"""

from __future__ import annotations

from datetime import date

from workflow.protocol.guards import Guard
from workflow.protocol.source import Source as Source
from workflow.protocol.source import SourceKind as SourceKind
from workflow.protocol.value import Tagged, Value
from workflow.protocol.words import AgentAction as AgentAction
from workflow.protocol.words import CriterionKind as CriterionKind
from workflow.protocol.words import Every as Every
from workflow.protocol.words import Grade as Grade
from workflow.protocol.words import Purpose as Purpose
from workflow.protocol.words import ResponseMeaning as ResponseMeaning
from workflow.protocol.words import Route as Route

# ── how an open point was read ─────────────────────────────────────────────────────────────────────────────────────


class Option(Value, frozen=True):
    key: str
    text: str


class Reading(Value, frozen=True):
    """A named choice where the record leaves something open: what is possible, what was taken, and why."""

    id: str
    place: str
    question: str
    options: tuple[Option, ...]
    taken: str  # the key of one of the options
    why: str
    grade: Grade


# ── what is given ──────────────────────────────────────────────────────────────────────────────────────────────────


class Agent(Value, frozen=True):
    key: str  # lower case, e.g. "inotuzumab"
    title: str
    abbreviations: tuple[str, ...] = ()


class OnDays(Tagged, frozen=True):
    """Given on each of these days of the cycle, ``times_a_day`` times each."""

    days: tuple[int, ...]
    times_a_day: int = 1


class OnOneOf(Tagged, frozen=True):
    """Given once, on any one of these days of the cycle."""

    days: tuple[int, ...]


class Continuously(Tagged, frozen=True):
    """Runs without a break for ``days`` times 24 hours from ``first_day``; disconnected on ``first_day + days``."""

    first_day: int
    days: int


class ByCalendar(Tagged, frozen=True):
    """Runs by the calendar from day 1 of the phase, beside the cycle counter, for ``years`` years.

    Once every day, week or month, on ``run_days`` consecutive days each time, ``times_a_day`` times a day.
    """

    every: Every
    years: int
    run_days: int = 1
    times_a_day: int = 1


Timing = OnDays | OnOneOf | Continuously | ByCalendar


class InfusionTime(Value, frozen=True):
    """How long one infusion runs, in minutes; ``about`` where the record says so."""

    at_least: int
    at_most: int
    about: bool = False


class Dose(Value, frozen=True):
    """An amount with the place it was published. The record itself prints no doses."""

    amount: str  # a decimal, e.g. "0.25"
    unit: str  # e.g. "g/m2", "mg", "ug/day"
    source: Source
    note: str = ""


class Optional(Value, frozen=True):
    """The administration may be left out; ``when`` says what calls for it."""

    when: str
    source: Source


class Administration(Value, frozen=True):
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


class Window(Value, frozen=True):
    """Days from the start of one thing to the next: it opens after ``earliest``, is due after ``due``.

    Later than ``due`` is late: allowed with a reason. From ``warn`` days late on the delay is shown as long.
    A cycle of 21 to 28 days is ``Window(21, 28)``: the next opens on day 22 and is due on day 29.
    """

    earliest: int
    due: int
    warn: int | None = None


class Visit(Value, frozen=True):
    """A follow-up visit, open from ``before`` days before it is due, late from ``after`` days after.

    Due ``days`` after its anchor, once; or every ``months`` after it, for as long as the state lasts.
    """

    before: int
    after: int
    source: Source  # of the interval
    window_source: Source  # of before and after
    days: int | None = None
    months: int | None = None


class CalendarEnd(Value, frozen=True):
    """The phase lasts ``years`` from its first day; the cycle that runs then is its last. ``readings`` say how so."""

    years: int
    source: Source
    readings: tuple[str, ...] = ()


# ── arm, phase, cycle ──────────────────────────────────────────────────────────────────────────────────────────────


class Cycle(Value, frozen=True):
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


class ByLabel(Tagged, frozen=True):
    """Refers to a cycle by the label the record prints. Allowed only where that label is unique in the arm."""

    label: str


class Phase(Value, frozen=True):
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


class State(Value, frozen=True):
    """A state outside the treatment cycles, e.g. screening or long-term follow-up. A visit may repeat on it."""

    key: str
    title: str
    final: bool = False
    visit: Visit | None = None  # what the state waits for
    readings: tuple[str, ...] = ()


class Step(Value, frozen=True):
    """A step forward between states outside the cycles. ``target`` is a state, or a phase (its first cycle)."""

    trigger: str
    source: str
    target: str
    title: str
    guards: tuple[Guard, ...] = ()


class ExitPath(Value, frozen=True):
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


class Arm(Value, frozen=True):
    """One treatment path: the states around it, the phases in it, the steps between, the ways out.

    ``cycle_guards`` stand before every cycle; ``completes`` is the step that follows the last one.
    ``routes`` are the eligibility criteria that lead into this arm. What is in force from a day of its own, an arm that
    came with a later amendment, says so.
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
    cycle_trigger: str = "start_cycle"  # what a person asks for to start a cycle after the first
    cycle_title: str = "Start the next cycle"
    in_force_from: date | None = None  # where it is another day than the protocol's
    in_force_source: Source | None = None

    def phase(self, key: str) -> Phase | None:
        return next((phase for phase in self.phases if phase.key == key), None)


# ── who may take part, who may ask ─────────────────────────────────────────────────────────────────────────────────


class Criterion(Value, frozen=True):
    """One eligibility criterion, in our own words; ``id`` is ours and stable, ``printed`` the record's number.

    ``text`` is written so that the patient qualifies when it is true; an exclusion's so that the patient is excluded.
    ``met_by`` are the alternatives by which its parts make it true, any one of which is enough: each names the parts
    that must all hold. "A and B, or C" is ``(("A", "B"), ("C",))``.
    """

    id: str
    kind: CriterionKind
    text: str
    source: Source
    printed: str = ""
    parent: str | None = None
    note: str = ""  # a conflict within the record that the reader must see
    met_by: tuple[tuple[str, ...], ...] = ()


class Role(Value, frozen=True):
    """What a person is in the trial. Administrators and auditors are the program's own, and not declared."""

    key: str  # lower case, e.g. "coordinator"
    title: str


class Permission(Value, frozen=True):
    """Which roles, by their keys, may ask for an action: a trigger, or the recording of a kind of fact."""

    action: str
    roles: tuple[str, ...]


# ── what was done all the same ─────────────────────────────────────────────────────────────────────────────────────


class DeviationKind(Value, frozen=True):
    """A kind of deviation: what it is called when something that was refused is said to have happened all the same.

    ``reasons`` are the codes of refusal that make it this kind: one code ("dose.held"), or a family ("counts" is every
    code that begins with "counts."). A code of its own goes before its family.
    """

    key: str
    title: str
    reasons: tuple[str, ...]


# ── what is observed ───────────────────────────────────────────────────────────────────────────────────────────────


class Response(Value, frozen=True):
    """A category of disease response."""

    key: str
    title: str
    meaning: ResponseMeaning


class Term(Value, frozen=True):
    """An adverse event term of CTCAE v5 (but for ``other``) with the words people also use for it."""

    key: str
    title: str
    system: str  # CTCAE system organ class
    haematological: bool = False
    synonyms: tuple[str, ...] = ()


class ToxicityRule(Value, frozen=True):
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


class Protocol(Value, frozen=True):
    """A treatment protocol, complete: what an installed version consists of, and what its digest covers.

    ``version`` is the sponsor's (an amendment), ``edition`` counts our encodings of it: a corrected one is the next.
    ``in_force_from`` is the day from which the version was in force, where a public source says so; ``registered_on``
    the registry's date of it, which is another thing.
    """

    trial: str
    version: str
    title: str
    summary: str  # what this version is, in a sentence
    patient_id: str  # a pattern: # is a digit, * any run, see `patient_id`; ids are pseudonyms
    study_start: date
    study_end: date
    arms: tuple[Arm, ...]
    agents: tuple[Agent, ...]
    criteria: tuple[Criterion, ...]
    responses: tuple[Response, ...]
    terms: tuple[Term, ...]
    toxicity_rules: tuple[ToxicityRule, ...]
    roles: tuple[Role, ...]
    permissions: tuple[Permission, ...]
    readings: tuple[Reading, ...]
    sources: tuple[Source, ...] = ()  # works cited as a whole
    edition: int = 1
    in_force_from: date | None = None
    in_force_source: Source | None = None
    registered_on: date | None = None
    hold_codes: tuple[str, ...] = ()  # the coded reasons of a hold
    deviations: tuple[DeviationKind, ...] = ()

    def arm(self, key: str) -> Arm | None:
        return next((arm for arm in self.arms if arm.key == key), None)

    def starts(self, arm_key: str) -> date | None:
        """The day from which patients may come into an arm: the arm's, else the protocol's, else the registry's."""
        arm = self.arm(arm_key)
        own = arm.in_force_from if arm is not None else None
        return own or self.in_force_from or self.registered_on

    def deviation(self, reason: str) -> DeviationKind | None:
        """The kind that a reason's code makes: by the code itself, else by its family."""
        family = reason.partition(".")[0]
        for name in (reason, family):
            for kind in self.deviations:
                if name in kind.reasons:
                    return kind
        return None
