"""Time zones by their names in the IANA database: which day it is in one at a moment. No clock is asked here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from workflow.engine.facts.check import shown
from workflow.errors import UnknownZone

SMALLEST = timedelta(microseconds=1)  # between two moments of the log

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", re.ASCII)
_NO_PLACE = re.compile(r"(posix|right)/.*|posixrules|localtime|Factory")  # another thing on each machine, or none


@lru_cache(maxsize=64)
def find(name: str) -> ZoneInfo | None:
    """The zone of that name; None where it is no name, or the time zone database of this machine has no such zone."""
    if not _NAME.fullmatch(name) or _NO_PLACE.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not there; no zone; a folder of zones
        return None


def require(name: str) -> ZoneInfo:
    """The zone of that name. Raises ``UnknownZone`` where this machine's database has no such zone."""
    found = find(name)
    if found is None:
        raise UnknownZone(
            f"the trial's zone is {shown(name)}, which the time zone database of this machine does not have",
            hint="install a newer one: pip install --upgrade tzdata",
        )
    return found


def day_in(zone: tzinfo, moment: datetime) -> date:
    return moment.astimezone(zone).date()


def end_of(zone: tzinfo, day: date) -> datetime:
    """The moment, in UTC, from which on it is no longer ``day`` there; a midnight may come twice, or not at all."""
    midnight = datetime.combine(day + timedelta(days=1), time(), zone)
    twice = {midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    return max(one for one in twice if day_in(zone, one - SMALLEST) <= day < day_in(zone, one))


def names() -> frozenset[str]:
    """Every name that this machine's time zone database, or the package tzdata, has."""
    return frozenset(name for name in available_timezones() if not _NO_PLACE.fullmatch(name))


def near(word: str, known: Iterable[str]) -> list[str]:
    """Up to three of the names that somebody may have meant: by another case, by the city alone, misspelt."""
    from difflib import get_close_matches

    asked = word[:100].strip().replace(" ", "_").casefold()
    whole = {name.casefold(): name for name in sorted(known)}
    cities: dict[str, list[str]] = {}
    for key, name in whole.items():
        cities.setdefault(key.rpartition("/")[2], []).append(name)
    city = asked.rpartition("/")[2]
    if asked in whole or city in cities:
        return ([whole[asked]] if asked in whole else cities[city])[:3]
    found = [whole[one] for one in get_close_matches(asked, whole, n=3, cutoff=0.8)]
    found += [name for one in get_close_matches(city, cities, n=3, cutoff=0.8) for name in cities[one]]
    return list(dict.fromkeys(found))[:3]
