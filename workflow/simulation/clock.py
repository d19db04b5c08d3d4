"""The simulated clock: it stands still until somebody does something, and ends at the data cut-off."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random

ZONE = "UTC"  # in which these people work, wherever it is shown
OPENING = datetime(2017, 4, 3, 8, tzinfo=UTC)
CUT_OFF = date(2025, 12, 18)

MORNING = time(8, tzinfo=UTC)
WORKING_MINUTES = 9 * 60


class DataCutOff(Exception):
    """The data end here."""


class Clock:
    """Give it to ``Trial`` as its clock. For one patient it never goes back, nor from one enrolment to the next."""

    def __init__(self) -> None:
        self.now = OPENING
        self.last_enrolment = OPENING

    def next_patient(self) -> None:
        """Back to the enrolment of the patient before."""
        self.now = self.last_enrolment

    def __call__(self) -> datetime:
        return self.now

    def move_to(self, day: date, dice: Random) -> None:
        """Some time of the working day, or a few minutes on where that has passed. Raises ``DataCutOff``."""
        if day > CUT_OFF:
            raise DataCutOff
        moment = datetime.combine(day, MORNING) + timedelta(minutes=dice.randrange(WORKING_MINUTES))
        moment = max(moment, self.now + timedelta(minutes=dice.randint(1, 6)))
        if moment.date() > CUT_OFF:
            raise DataCutOff
        self.now = moment
