"""What a list is narrowed to: only what exists may be asked for: to a misspelt word an empty answer is a wrong one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from msgspec.structs import replace

from workflow.desk.roster import known_by
from workflow.engine.course import Definition
from workflow.engine.decision import Outcome
from workflow.engine.facts.check import one_of, shown
from workflow.errors import InvalidInput, UnknownArm, UnknownPerson, UnknownTrigger
from workflow.ledger.entry import KINDS, id_key
from workflow.ledger.standing import Known
from workflow.store import log, roster
from workflow.store.log import Filter, Words
from workflow.store.transaction import Transaction


def checked(wanted: Filter, tx: Transaction, definitions: Iterable[Definition], then: Known | None = None) -> Filter:
    """``wanted`` with people's ids as first typed. ``definitions`` are those of every installed protocol.

    With ``then`` they are of those who were known by then.
    """
    for name in ("patient", "chain"):
        value = getattr(wanted, name)
        if value is not None and not isinstance(value, str):
            raise InvalidInput(f"the {name} of a filter is a text")
    _in_order(wanted, "occurred_from", "occurred_to")
    _in_order(wanted, "recorded_from", "recorded_to")
    triggers = words_of("trigger", wanted.trigger)
    if triggers:
        known = list(dict.fromkeys(name for definition in definitions for name in definition.triggers))
        for trigger in triggers:
            one_of(trigger, known, "trigger", UnknownTrigger)
    return replace(
        wanted,
        chain=id_key(wanted.chain) if wanted.chain is not None else None,
        kind=_words(one_of(kind, tuple(KINDS), "kind of entry") for kind in words_of("kind", wanted.kind)),
        trigger=_words(triggers),
        outcome=_words(one_of(one, list(Outcome), "outcome") for one in words_of("outcome", wanted.outcome)),
        actor=_words(_people(tx, words_of("actor", wanted.actor), then)),
    )


def words_of(name: str, value: Words) -> tuple[str, ...]:
    """One word or several, as several."""
    if isinstance(value, str):
        return (value,)
    found = tuple(value) if isinstance(value, list | tuple) else (None,) if value is not None else ()
    if not all(isinstance(one, str) for one in found):
        raise InvalidInput(f"the {name} of a filter is a text, or a list of texts")
    return found


def _words(found: Iterable[str]) -> Words:
    several = tuple(dict.fromkeys(map(str, found)))
    return several if len(several) > 1 else several[0] if several else None


def _in_order(wanted: Filter, first: str, last: str) -> None:
    days = [getattr(wanted, name) for name in (first, last)]
    for day in days:
        if day is not None and (isinstance(day, datetime) or not isinstance(day, date)):
            raise InvalidInput("the days of a filter are dates")
    if None not in days and days[0] > days[1]:
        raise InvalidInput(f"from {days[0]} is after to {days[1]}", hint="the first day comes first")


def _people(tx: Transaction, ids: Sequence[str], then: Known | None) -> list[str]:
    if not ids:
        return []
    end = then.end if then is not None else None
    roll = known_by(tx, end) if end is not None else roster.roll(tx)
    found = []
    for id in ids:
        theirs = roll.of(id)
        if not theirs and not log.has_actor(tx, id, end):
            raise UnknownPerson(
                f"there is no person {shown(id)}",
                hint=near(id, {one[0].id: one[0].id for one in roll.people.values()})
                or "regimen people list shows who there is",
            )
        found.append(theirs[0].id if theirs else id)
    return found


def near(word: str, known: Mapping[str, str]) -> str | None:
    """``known`` are words, and what each stands for."""
    from difflib import get_close_matches

    close = get_close_matches(word[:100], known, n=1)
    return f"did you mean {known[close[0]]}?" if close else None


def require_states(states: Sequence[str], definitions: Iterable[Definition]) -> None:
    """Each is a state of an arm of some protocol, or what such states stand under."""
    if not states:
        return
    places = [
        place.name
        for definition in definitions
        for arm in definition.protocol.arms
        for place in definition.table(arm.key).by_name.values()
    ]
    known = list(dict.fromkeys(".".join(place.split(".")[:depth]) for place in places for depth in (1, 2, 3)))
    ends = {word: name for name in reversed(known) for word in (name, name.rpartition(".")[2])}
    for state in states:
        if state not in known:
            hint = near(state, ends) or "regimen show lists where everybody stands"
            raise InvalidInput(f"there is no state {shown(state)}", hint=hint)


def require_arm(arm: str | None, definitions: Iterable[Definition]) -> None:
    known = list(dict.fromkeys(one.key for definition in definitions for one in definition.protocol.arms))
    if arm is not None and arm not in known:
        raise UnknownArm(f"there is no arm {shown(arm)}", hint=f"there are {', '.join(known)}")
