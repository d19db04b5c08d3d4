"""Which day it is at the site, and the only place that asks a clock.

A trial's site is at one place. A server in UTC, a laptop on a journey and a service in a container have to agree on the
day there, for the day decides. So the zone stands on the trial's chain, and what a clock gives is a moment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime

from workflow.desk.append import append_to, told
from workflow.desk.request import Moment
from workflow.engine.facts.check import shown
from workflow.errors import AlreadyExists, InvalidInput, UnknownZone
from workflow.ledger import zone as zones
from workflow.ledger.entry import (
    SETTING_CHANGED,
    TRIAL_CHAIN,
    ZONE,
    SettingChanged,
    Signature,
    instant,
)
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
        found = zones.find(zone)
        if found is None:
            raise UnknownZone(
                f"the trial's zone is {shown(zone)}, which the time zone database of this machine does not have",
                hint="install a newer one: pip install --upgrade tzdata",
            )
        return Moment(instant(now), zones.day_in(found, now), zone, self._trusted)

    def require_not_behind(self, tx: Transaction, now: Moment, row: PatientRow) -> None:
        """Raise where the clock is behind the log, by more than clocks may differ."""
        ends = (row.people_seq, row.trial_seq)
        if self._last[0] != ends:
            self._last = (ends, log.last_of_house(tx))
        own = row.recorded_at if type(row.recorded_at) is str else log.recorded(tx, row)
        now.require_not_behind(max(own, self._last[1]))


# ── what the trial's chain says ────────────────────────────────────────────────────────────────────────────────────


def zone_in(tx: Transaction) -> str | None:
    """The zone that the newest entry says which sets one."""
    said = told(tx, SETTING_CHANGED, SettingChanged)
    return next((one.value for one in said if one.name == ZONE), None)


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
