"""Which day it is at the site, and the only place that asks a clock.

A trial's site is at one place. A server in UTC, a laptop on a journey and a service in a container have to agree on the
day there, for the day decides. So the zone stands on the trial's chain, and what a clock gives is a moment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from workflow.desk.append import append_to, told, told_with
from workflow.desk.request import Moment
from workflow.engine.facts.check import shown
from workflow.errors import AlreadyExists, DamagedRow, InvalidInput
from workflow.ledger import zone as zones
from workflow.ledger.entry import (
    SETTING_CHANGED,
    TRIAL_CHAIN,
    ZONE,
    Body,
    NotUnderstood,
    SettingChanged,
    Signature,
    decode,
    instant,
)
from workflow.ledger.standing import Known, end_of
from workflow.store import log
from workflow.store.log import End, PatientRow
from workflow.store.transaction import Transaction

LOCALTIME = "/etc/localtime"
FOLDER = "zoneinfo/"


def local_now() -> datetime:
    """The moment by this machine's clock, with the offset of this machine's own zone."""
    return datetime.now().astimezone()


class Site:
    """The clock's moments, each with the day that it is at the site.

    The zone is looked up again where the trial's chain has moved on: a process may outlive the zone it began with. The
    entries say it; a damaged head of theirs keeps nobody from looking.
    """

    def __init__(self, clock: Callable[[], datetime], *, trusted: bool = False) -> None:
        self._clock = clock
        self._trusted = trusted
        self._last: tuple[object, str] = (None, "")  # the ends of the people's and the trial's chain, and their time
        self._known: tuple[object, str | None] | None = None  # the trial's last entry, and the zone at it

    def moment(self, tx: Transaction, end: End | None = None) -> Moment:
        """The present moment. ``end`` is the last entry of the trial's chain, where the caller has read it."""
        return self.moment_in(self.zone(tx, end))

    def zone(self, tx: Transaction, end: End | None = None) -> str | None:
        """The name of the trial's zone; None where no entry says one."""
        there = end if end is not None else log.head_as_it_is(tx, TRIAL_CHAIN)
        if self._known is None or self._known[0] != there:
            self._known = (there, zone_in(tx))
        return self._known[1]

    def moment_in(self, zone: str | None) -> Moment:
        """The present moment in ``zone``; without one its day is the one that the clock says it is."""
        now = self._clock()
        if now.tzinfo is None:
            raise InvalidInput("the clock gives a moment without an offset from UTC")
        if zone is None:
            return Moment(instant(now), now.date(), None, self._trusted)
        return Moment(instant(now), zones.day_in(zones.require(zone), now), zone, self._trusted)

    def require_not_behind(self, tx: Transaction, now: Moment, row: PatientRow) -> None:
        """Raise where the clock is behind the log, by more than clocks may differ."""
        ends = (row.people_seq, row.trial_seq)
        if self._last[0] != ends:
            self._last = (ends, log.last_of_house(tx))
        own = row.recorded_at if type(row.recorded_at) is str else log.recorded(tx, row)
        now.require_not_behind(max(own, self._last[1]))

    # ── what was known ───────────────────────────────────────────────────────────────────────────────────────────

    def known(self, tx: Transaction, day: date) -> Known:
        """The end of ``day``, for what was known by then.

        Raises ``InvalidInput`` for a day that is still to come, or was over before the trial began.
        """
        now = self.moment(tx)
        if day > now.today:
            raise InvalidInput(
                f"what will be known by {day} nobody knows yet; today is {now.said}", hint="name today, or a day before"
            )
        began = _began(tx)
        if day < began:
            raise InvalidInput(f"by {day} nothing was known: the trial began on {began}", hint="name a later day")
        return end_of(day, zones_in(tx), self._clock().tzinfo or UTC)

    def then(self, known: Known) -> Moment:
        """The last moment of the day, as a clock at the site gave it."""
        return Moment(instant(known.end - zones.SMALLEST), known.day, known.zone)


# ── what the trial's chain says ────────────────────────────────────────────────────────────────────────────────────


def zone_in(tx: Transaction) -> str | None:
    """The zone that the newest entry says which sets one."""
    said = told(tx, SETTING_CHANGED, SettingChanged)
    return next((one.value for one in said if one.name == ZONE), None)


def zones_in(tx: Transaction) -> list[tuple[datetime, str]]:
    """Each zone that the trial's chain sets, and since when it holds, in the order of the chain."""
    found: list[tuple[datetime, str]] = []
    for body, said in told_with(tx, SETTING_CHANGED, SettingChanged):
        if said.name == ZONE:
            found.append((_moment_of(body), said.value))
    return found[::-1]


def _moment_of(body: Body) -> datetime:
    try:
        return datetime.fromisoformat(body.at).astimezone(UTC)
    except (ValueError, OverflowError):
        raise DamagedRow("it is not what was written", chain=body.chain, seq=body.seq) from None


def _began(tx: Transaction) -> date:
    """The day that the first entry of the trial's chain was recorded on."""
    first = log.one(tx, TRIAL_CHAIN, 1)
    if first is None:
        raise DamagedRow("it is missing", chain=TRIAL_CHAIN, seq=1)
    try:
        return decode(first.data).today
    except (NotUnderstood, ValueError):
        raise DamagedRow("it is not what was written", chain=TRIAL_CHAIN, seq=1) from None


def set_zone(
    tx: Transaction, zone: str, signature: Signature, now: Moment, texts: Mapping[str, str] | None = None
) -> None:
    """Say on the trial's chain that ``zone`` is the trial's from here on."""
    append_to(tx, TRIAL_CHAIN, SETTING_CHANGED, signature, now, SettingChanged(ZONE, zone), texts=texts or {})


def require_another(zone: str, before: str | None) -> None:
    if zone == before:
        raise AlreadyExists(f"the trial's zone is {zone} already")


# ── names ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def checked(zone: str) -> str:
    """The zone as it was named, if there is such a one. Raises ``InvalidInput`` with the names near it."""
    if not isinstance(zone, str):
        raise InvalidInput("a zone is to be a text", hint='"America/Chicago"')
    known = zones.names()
    if zone in known:
        return zone
    close = zones.near(zone, known)
    raise InvalidInput(
        f"no time zone {shown(zone)}",
        hint=f"did you mean {' or '.join(close)}?" if close else "a zone is named as in America/Chicago",
    )


def of_this_machine() -> str:
    """The name of the zone that this machine is in: by the variable TZ, else by the file that stands for it.

    Raises ``InvalidInput`` where it has no name.
    """
    said = os.environ.get("TZ")
    name = _without_folder(said.removeprefix(":") or "UTC") if said is not None else _linked()
    if name not in zones.names():
        by = f"TZ is {shown(said)}" if said is not None else f"{LOCALTIME} is a copy"
        raise InvalidInput(
            f"the zone of this machine has no name: {by}",
            hint="name the zone of the trial's site, as in --zone America/Chicago",
        )
    return name


def _linked() -> str:
    """What the file of the machine's zone is a link to; a machine without the file is in UTC. A copy has no name."""
    if not os.path.lexists(LOCALTIME):
        return "UTC"
    if not os.path.islink(LOCALTIME):
        return ""
    said = os.readlink(LOCALTIME)
    return _without_folder(said if FOLDER in said else os.path.realpath(LOCALTIME))


def _without_folder(path: str) -> str:
    """ "/usr/share/zoneinfo/America/Chicago" is "America/Chicago"."""
    _, found, name = path.rpartition(FOLDER)
    return name.removeprefix("posix/") if found else path
