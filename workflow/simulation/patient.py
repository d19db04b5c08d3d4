"""One simulated patient: their days, what is planned for them, and how commands about them are given.

What happens on which day stands on an agenda; ``wait`` lets the days pass and does what falls due. Whoever leads the
patient knows what people would know: the answers they got, what they noted down, what ``Trial.show`` says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from heapq import heapify, heappop, heappush
from random import Random
from typing import Any, TypeVar

import sqlalchemy as sa

from workflow.desk.request import Actor
from workflow.desk.trial import Trial
from workflow.engine.facts.dose import Dose
from workflow.protocol.schedule import Interval
from workflow.protocol.table import TREATMENT, Place
from workflow.report.views import Result, Standing
from workflow.simulation.cast import COORDINATORS, INVESTIGATORS
from workflow.simulation.chances import Chances
from workflow.simulation.clock import Clock

ENTERED_LATE = 0.1  # of the facts: put in some days after they were seen

T = TypeVar("T")
Action = Callable[["Patient"], object]


class TreatmentEnded(Exception):
    """The patient has left treatment for follow-up."""


class StudyEnded(Exception):
    """The patient has left the study."""


@dataclass(slots=True)
class Story:
    """What came of a patient. ``seen`` are the kinds of entries: what was asked for, and the outcome."""

    patient: str
    arm: str
    entries: int = 0
    doses: int = 0  # of the entries
    outcomes: Counter[str] = field(default_factory=Counter)
    seen: set[tuple[str, str]] = field(default_factory=set)
    exits: list[tuple[str, str]] = field(default_factory=list)
    refusal: Result | None = None  # the one with the most different reasons

    def add(self, result: Result) -> None:
        self.entries += 1
        self.doses += result.action == Dose.KIND
        self.outcomes[result.outcome] += 1
        self.seen.add((result.action, result.outcome))
        if not result.allowed:
            self.refusal = max(filter(None, (self.refusal, result)), key=weight)


def weight(refusal: Result) -> int:
    """How much stands against a step: the different reasons."""
    return len({reason.code for reason in refusal.reasons})


class Patient:
    """A patient and the people around them. ``day`` is the day that it is in the patient's life."""

    def __init__(
        self,
        *,
        id: str,
        arm: str,
        version: str,
        day: date,
        chances: Chances,
        dice: Random,
        trial: Trial,
        clock: Clock,
        connection: sa.Connection,
    ) -> None:
        self.id, self.arm, self.version, self.day = id, arm, version, day
        self.chances, self.dice = chances, dice
        self.trial, self._clock, self._connection = trial, clock, connection
        self.definition = trial.definition(version)
        self.story = Story(id, arm)
        self.state = ""
        self.since = day  # of this state
        self.window: Interval | None = None  # as it was last seen in this state
        self._coordinator, self.investigator = dice.choice(COORDINATORS), dice.choice(INVESTIGATORS)
        self._agenda: list[tuple[date, int, bool, Action]] = []
        self._planned = 0
        self.cd20 = arm == "II" or self.chance(0.4)
        self.route = ""
        self.remission = False
        self.recovers_on = day  # until then the blood counts are low
        self.hold_until: date | None = None
        self.withheld: set[str] = set()  # agents known to be held
        self.stopped: set[str] = set()  # agents known to be stopped for good
        self.events: dict[int, date] = {}  # open adverse events, and when they are expected to be over
        self.unjudged: dict[int, Sequence[str]] = {}  # those that nobody has attributed yet, and what will be blamed

    # ── luck ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def pick(self, weights: Mapping[T, float]) -> T:
        return self.dice.choices(list(weights), list(weights.values()))[0]

    def later(self, first: int, last: int, after: date | None = None) -> date:
        """A day ``first`` to ``last`` days after ``after`` (default: today)."""
        return (after or self.day) + timedelta(days=self.dice.randint(first, last))

    def at_desk(self) -> Actor:
        """The coordinator who is at the desk: mostly the same one."""
        return self._coordinator if self.chance(0.85) else self.dice.choice(COORDINATORS)

    # ── where they stand ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def on_treatment(self) -> bool:
        return self.state.startswith(f"{TREATMENT}.")

    @property
    def place(self) -> Place:
        return self.definition.table(self.arm).by_name[self.state]

    def look(self) -> tuple[Interval, Standing]:
        """When the next step opens and is due (noted as ``window``), and what else there is to see."""
        view = self.trial.show(self.id, connection=self._connection)
        assert view.window is not None, f"nothing is awaited in {view.state}"
        self.window = view.window
        return view.window, view.standing

    # ── the agenda ───────────────────────────────────────────────────────────────────────────────────────────────

    def plan(self, day: date, action: Action, *, in_cycle: bool = False) -> None:
        """Put ``action`` on the agenda; what is planned ``in_cycle`` falls away when the cycle ends."""
        self._planned += 1
        heappush(self._agenda, (max(day, self.day), self._planned, in_cycle, action))

    def wait(self, until: date) -> None:
        """Let the days pass, and do what falls due. Stops short when the patient moves on meanwhile."""
        before = self.state
        while self._agenda and self._agenda[0][0] <= until:
            day, _, _, action = heappop(self._agenda)
            self.day = max(self.day, day)
            action(self)
            if self.state != before:
                return
        self.day = max(self.day, until)

    # ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────

    def enroll(self, *, by: Actor) -> Result:
        self._clock.move_to(self.day, self.dice)
        self._clock.last_enrolment = self._clock.now
        return self._give(self.trial.enroll, arm=self.arm, version=self.version, by=by, on=self.day)

    def ask(self, trigger: str | None, *, by: Actor, known_after: int = 0, **told: Any) -> Result:
        """Ask for a step that is taken today; ``known_after`` days where the study learns of it later."""
        self._clock.move_to(self.day + timedelta(days=known_after), self.dice)
        return self._give(self.trial.advance, trigger=trigger, by=by, on=self.day, **told)

    def record(
        self, command: Callable[..., Result], *, by: Actor | None = None, on: date | None = None, **told: Any
    ) -> Result:
        """Record a fact of ``on`` (default: today): mostly on the day, now and then some days later."""
        late = self.dice.randint(1, 3) if self.chance(ENTERED_LATE) else 0
        self._clock.move_to(self.day + timedelta(days=late), self.dice)
        return self._give(command, by=by or self.at_desk(), on=on or self.day, **told)

    def _give(self, command: Callable[..., Result], **told: Any) -> Result:
        result = command(self.id, connection=self._connection, **told)
        for one in (result, *result.also):
            self.story.add(one)
            codes = self.definition.codes.get(one.action)
            if one.allowed and codes:
                self.story.exits.append((one.action, told.get("code") or codes[0]))
        if result.allowed and result.state is not None and result.state != self.state:
            self._move(result.state)
        return result

    def _move(self, state: str) -> None:
        """Note where the patient stands now. Raises ``TreatmentEnded`` or ``StudyEnded`` when that is elsewhere."""
        was_treated = self.on_treatment
        self.state, self.since, self.window = state, self.day, None
        self._agenda = [item for item in self._agenda if not item[2]]
        heapify(self._agenda)
        if self.place.final:
            raise StudyEnded
        if was_treated and not self.on_treatment:
            self.hold_until = None
            raise TreatmentEnded
