"""Time zones by their names in the IANA database: which day it is in one at a moment. No clock is asked here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

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


def day_in(zone: ZoneInfo, moment: datetime) -> date:
    return moment.astimezone(zone).date()


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
