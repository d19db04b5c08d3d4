"""A simulated study: invented patients, led through the real protocol by invented people, as people do it.

Everything goes through the public methods of ``Trial``, and nobody passes a guard by. They ask, are refused, read the
reasons, wait or do what is missing, and ask again. For a seed all is the same each time, but the salts of free text.

**No figure here is a result of the trial.** The rates are invented for the demonstration: near enough to what is
published of such patients to look familiar, and high enough where something is rare that it is seen at all.

``cast`` says who takes part, ``chances`` how likely what is. ``patient`` holds one patient's days and gives their
commands; ``screening``, ``treatment``, ``fates``, ``exits`` and ``follow_up`` are what happens to them; ``answers`` is
what people do about each reason for a refusal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from workflow.desk.trial import Trial
from workflow.ledger.entry import TRIAL_CHAIN, TRIAL_OPENED
from workflow.report.views import Result
from workflow.simulation import follow_up, screening, treatment
from workflow.simulation.cast import ADMINISTRATOR, PEOPLE, SIMULATED
from workflow.simulation.chances import CHANCES, LATER_SHARES, SHARES
from workflow.simulation.clock import CUT_OFF, OPENING, ZONE, Clock, DataCutOff
from workflow.simulation.patient import Patient, Story, StudyEnded, TreatmentEnded, weight
from workflow.store.log import Filter

__all__ = ["CUT_OFF", "PATIENTS", "SEED", "Clock", "Story", "Summary", "is_simulated", "let_in", "set_up", "simulate"]

PATIENTS = 276  # as many as the trial may take in
SEED = 46  # a study in which something of everything happens

LAST_ENROLMENT = date(2025, 12, 16)
PICKING_UP = 0.7  # 1 would be evenly over the years
ARM_III_OPENS = date(2019, 1, 1)  # until then patients are enrolled under the version that has no Arm III
EARLIER, LATER = "2017-03", "2025-12-18"


@dataclass(frozen=True, slots=True)
class Summary:
    """What was done. ``exits`` counts (arm, trigger, coded reason); ``refusal`` is the one with the most reasons."""

    stories: tuple[Story, ...]
    outcomes: Counter[str]
    exits: Counter[tuple[str, str, str]]
    refusal: Result | None

    @property
    def entries(self) -> int:
        """How many entries it made."""
        return sum(story.entries for story in self.stories)


def set_up(url: str, clock: Clock) -> Trial:
    """A new database with the trial and the cast in it. Raises ``AlreadyExists`` where there is a trial already."""
    clock.now = OPENING
    trial = Trial.init(url, by=ADMINISTRATOR, zone=ZONE, clock=clock)
    for person, role in PEOPLE:
        trial.add_person(person.id, role, by=ADMINISTRATOR)
    return trial


def let_in(trial: Trial, clock: Clock, id: str, login: str) -> None:
    """Add a real person when the data have ended, as an investigator: they may act in the simulated study."""
    clock.now = datetime.combine(CUT_OFF, time(18, tzinfo=UTC))
    trial.add_person(id, "investigator", by=ADMINISTRATOR, login=login)


def is_simulated(trial: Trial) -> bool:
    """Whether ``set_up`` made this."""
    first = trial.log(Filter(chain=TRIAL_CHAIN), limit=1)
    return bool(first) and first[0].kind == TRIAL_OPENED and first[0].actor.assurance == SIMULATED


def simulate(
    trial: Trial,
    clock: Clock,
    *,
    patients: int = PATIENTS,
    seed: int = SEED,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Enrol ``patients`` and let the years pass until the data cut-off. ``clock`` is the one that ``trial`` goes by.

    One transaction for each patient. ``progress`` is told how many of them are done, and how many there are.
    """
    stories = []
    for number, enrolled_on in enumerate(_enrolments(patients, seed), 1):
        stories.append(_live(trial, clock, number, enrolled_on, seed))
        if progress is not None:
            progress(number, patients)
    refusals = [story.refusal for story in stories if story.refusal is not None]
    return Summary(
        stories=tuple(stories),
        outcomes=sum((story.outcomes for story in stories), Counter[str]()),
        exits=Counter((story.arm, *exit) for story in stories for exit in story.exits),
        refusal=max(refusals, key=weight, default=None),
    )


def _enrolments(patients: int, seed: int) -> list[date]:
    """The days of enrolment, in order: over the years there are more and more."""
    dice = Random(f"{seed}/enrolment")  # noqa: S311 - a game, not a secret
    first = OPENING.date() + timedelta(days=14)
    span = (LAST_ENROLMENT - first).days
    return sorted(first + timedelta(days=int(span * dice.random() ** PICKING_UP)) for _ in range(patients))


def _live(trial: Trial, clock: Clock, number: int, enrolled_on: date, seed: int) -> Story:
    dice = Random(f"{seed}/{number}")  # noqa: S311 - a game, not a secret
    early = enrolled_on < ARM_III_OPENS
    shares = SHARES if early else LATER_SHARES
    arm = dice.choices(list(shares), list(shares.values()))[0]
    clock.next_patient()
    with trial.transaction() as connection:
        patient = Patient(
            id=f"P-{number:03}",
            arm=arm,
            version=EARLIER if early else LATER,
            day=enrolled_on,
            chances=CHANCES[arm],
            dice=dice,
            trial=trial,
            clock=clock,
            connection=connection,
        )
        with suppress(StudyEnded, DataCutOff):  # gone, or still under way when the data end
            _course(patient)
    return patient.story


def _course(patient: Patient) -> None:
    screening.screen(patient)
    try:
        treatment.treat(patient)
    except TreatmentEnded:
        follow_up.follow(patient)
