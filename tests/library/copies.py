"""A copy of a database, kept as it was; and everything that the library reads, asked of one database or another."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from workflow import Actor, Filter, Trial
from workflow.errors import NotFound, UnknownPatient, WorkflowError
from workflow.report.views import DuePage, Outlook, PatientView

Answers = dict[str, Any]


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def copied(url: str, name: str) -> str:
    """A copy of a SQLite database beside it."""
    there = file_of(url).with_name(name)
    with closing(sqlite3.connect(file_of(url))) as ours, closing(sqlite3.connect(there)) as theirs:
        ours.backup(theirs)
    return f"sqlite:///{there}"


@contextmanager
def asked_at(url: str, moment: datetime) -> Iterator[Trial]:
    """The trial in a database, by a clock that stands still."""
    with Trial.open(url, clock=lambda: moment) as trial:
        yield trial


def all_reads(
    trial: Trial,
    day: date,
    *,
    patients: Iterable[str],
    people: Iterable[Actor],
    arms: Iterable[str] = ("A", "Z"),
    known_by: date | None = None,
    deep: bool = True,
    filters: int = 99,
) -> Answers:
    """What every read answers, by what was asked; ``day`` is the day that it is, or that is ``known_by``.

    ``deep``: on other days than this one, too. ``filters``: so many of the log's.
    """
    then: Mapping[str, Any] = {} if known_by is None else {"known_by": known_by}
    days = [None, day]
    if deep:
        days += [day - timedelta(days=1), day - timedelta(days=40), day + timedelta(days=30)]
    found: Answers = {"zone": trial.zone(**then)}

    def ask(name: str, read: Callable[[], Any]) -> None:
        found[name] = _answer(read)

    for id in patients:
        for on in days:
            ask(f"show {id} {on}", lambda id=id, on=on: trial.show(id, on=on, **then))
            ask(f"next {id} {on}", lambda id=id, on=on: trial.next(id, on=on, **then))
        for by in people:
            ask(f"next {id} by {by.id}", lambda id=id, by=by: trial.next(id, by=by, **then))
        ask(f"log {id}", lambda id=id: trial.log(Filter(patient=id), **then))
        ask(f"last {id}", lambda id=id: trial.log(Filter(patient=id), limit=3, last=True, **then))
        ask(f"log as of {id}", lambda id=id: trial.log(Filter(patient=id), on=day - timedelta(days=1), **then))
    for arm in (None, *arms):
        for on in days:
            ask(f"due {arm} {on}", lambda arm=arm, on=on: trial.due(arm=arm, on=on, **then))
            ask(f"patients {arm} {on}", lambda arm=arm, on=on: trial.patients(arm=arm, on=on, **then))
        ask(f"pages {arm}", lambda arm=arm: pages(trial, arm, day, then))
    for state in ("screening", "treatment", "follow_up", "off_study", "nowhere"):
        ask(f"state {state}", lambda state=state: trial.patients(state=state, **then))
    for wanted in islice(_filters(day, people), filters):
        ask(f"log {wanted}", lambda wanted=wanted: trial.log(wanted, **then))
        ask(f"last {wanted}", lambda wanted=wanted: trial.log(wanted, limit=4, last=True, **then))
        ask(f"log as of {wanted}", lambda wanted=wanted: trial.log(wanted, on=day, limit=5, last=True, **then))
    ask("people", lambda: trial.people(**then))
    for on in (day, day - timedelta(days=40), day + timedelta(days=30)):
        ask(f"people {on}", lambda on=on: trial.people(on=on, **then))
    return found


def _filters(day: date, people: Iterable[Actor]) -> Iterator[Filter]:
    yield Filter()
    yield Filter(kind=("void", "counts"))
    yield Filter(outcome="refused")
    yield Filter(outcome="refused", occurred_from=day - timedelta(days=60))
    yield Filter(occurred_to=day - timedelta(days=3))
    yield Filter(recorded_from=day - timedelta(days=3))
    yield Filter(recorded_to=day)
    for chain in ("people", "trial", "patient/p9"):
        yield Filter(chain=chain)
    for by in people:
        yield Filter(actor=by.id)


def pages(trial: Trial, arm: str | None, day: date, then: Mapping[str, Any]) -> list[Any]:
    """Who falls due within two years, two on a page."""
    found: list[Any] = []
    after = None
    while True:
        page = trial.due(arm=arm, until=day + timedelta(days=730), limit=2, after=after, **then)
        found += [page.items, page.after]
        after = page.after
        if after is None:
            return found


def _answer(read: Callable[[], Any]) -> Any:
    try:
        return without_clock(read())
    except NotFound as error:  # who is unknown to a copy is known to us, and of that we speak
        return "unknown" if type(error) in (NotFound, UnknownPatient) else (type(error), error.message, error.hint)
    except WorkflowError as error:
        return type(error), error.message, error.hint


def without_clock(answer: Any) -> Any:
    """A copy does not know that it is one."""
    if isinstance(answer, Outlook):
        return replace(answer, patient=replace(answer.patient, known_by=None))
    return replace(answer, known_by=None) if isinstance(answer, PatientView | DuePage) else answer


def require_same(ours: Answers, theirs: Answers, place: object) -> None:
    assert ours.keys() == theirs.keys()
    different = {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]}
    assert not different, (place, different)
