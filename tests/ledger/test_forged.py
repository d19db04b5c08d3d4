"""Every member of every kind of entry changed, with every hash after it: by somebody who can compute them all.

The rows then agree in themselves - links, heads, charts, people, requests. What is found is found in what the entries
say. What is not is what a person could have asked and the engine would have answered so: ``GENUINE``, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any, NamedTuple

import pytest

from tests.docs.test_who_is_seen import promised
from tests.ledger.conftest import Furnished
from tests.ledger.forge import Log
from tests.ledger.tamper import Rows, restore
from workflow.ledger.report import Report
from workflow.store.audit import verify
from workflow.store.transaction import Transactions

Path = tuple[str | int, ...]
GONE = object()

# What can be changed unseen: the kind of an entry, and the member. An asterisk is any kind of a patient's chain.
GENUINE = {
    *("* actor", "* actor.assurance", "* at", "* mode", "* on", "* request", "* request.id", "* request.sha256"),
    *("* software", "* time"),
    *("counts data.anc", "counts data.platelets"),
    *("adverse_event data.attributed", "adverse_event data.grade", "adverse_event_news data.grade"),
    *("adverse_event data.stops", "response data.mrd"),
    *("dose data.amount", "dose data.per", "dose data.unit"),
    # of the other chains
    *("person_added actor.assurance", "person_added at", "person_added software"),
    *("person_added data.id", "person_added data.role"),  # refused
    *("person_deactivated actor.assurance", "person_deactivated at", "person_deactivated software"),
    *("trial_opened actor.assurance", "trial_opened at", "trial_opened software"),
    *("software_changed actor.assurance", "software_changed at", "software_changed software"),
    "software_changed data.kinds",
    *("content_installed actor.assurance", "content_installed at", "content_installed software"),
    *("setting_changed actor.assurance", "setting_changed at", "setting_changed software"),
    "content_installed seen.people",
    *("enrolment data", "enrolment data.patient"),  # refused
}
EXCUSES = (
    "writes a whole chain anew, hashes and row included, so that the engine would decide it so",
    "writes every chain anew that saw the people's or the trial's",
)

ADDED: dict[str, list[Any]] = {  # to an entry that lacks it
    "time": ["08:30"],
    "stated": ["given", "not_in_source"],
    "mode": ["override", "happened", "ask"],
    "code": ["other"],
    "trigger": ["register"],
    "cause": [1],
    "delay": [1],
    "deviations": [["other"]],
    "imported": [{"source": "44", "line": 7, "row": "r7", "decided_by": "site"}],
    "request": [{"id": "mine", "sha256": "0" * 64}],
    "texts": [{"note": "0" * 64}],
    "from": ["screening"],
    "to": ["enrolled"],
    "protocol": [None],
    "seen": [{"people": [8, "0" * 64]}, {"trial": [7, "0" * 64]}, {"patient/p1": [1, "0" * 64]}],
    "data": [{"more": 1}],
    "reasons": [[{"code": "hold.open"}]],
    "more": [1],
}


class Cell(NamedTuple):
    """An entry by its chain and place, the member that is changed, and what it says then."""

    chain: str
    place: int
    kind: str
    path: Path
    value: object

    @property
    def member(self) -> str:
        return ".".join(part for part in self.path if isinstance(part, str))


def paths(value: object, at: Path = ()) -> Iterator[Path]:
    if at:
        yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*at, key))
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield from paths(inner, (*at, place))


def got(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def put(body: Any, path: Path, value: object) -> None:
    for part in path[:-1]:
        body = body[part]
    if value is GONE:
        del body[path[-1]]
    else:
        body[path[-1]] = value


def instead_of(value: Any, elsewhere: list[Any]) -> Iterator[Any]:
    """What may stand there instead: what stands in the same place of another entry, what is near, what is none."""
    yield from (GONE, None)
    yield from [one for one in elsewhere if one != value and type(one) is type(value)][:1]
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, 0, -1, value + 1000, float(value), str(value), 2**53)
    elif isinstance(value, str):
        yield from (f"{value}x", "", value.upper(), "a" * 300, 1, f"{value}\u0301", f"{value} ", f"{value}\0")
        yield from _near(value)
    elif isinstance(value, list):
        yield from ([], [*value, *value[:1]], value[::-1], {})
    elif isinstance(value, dict):
        yield from ({}, [], {**value, "more": 1})


def _near(value: str) -> Iterator[str]:
    if value[-1:].isdigit():
        yield value[:-1] + str((int(value[-1]) + 1) % 10)
    if value.endswith("Z"):
        yield from (f"{value[:-2]}{(int(value[-2]) + 1) % 10}Z", value.replace("T10:0", "T10:3"))
        yield from (value.replace("T10", "T09"), value.replace("2025-06", "2025-05"), f"1999{value[4:]}")
    else:
        try:
            yield (date.fromisoformat(value) + timedelta(days=1)).isoformat()
        except ValueError:
            return


def cells(rows: Rows) -> Iterator[Cell]:
    """Of every kind of entry and outcome, within a chain and at its end: every member, and those that it lacks."""
    log = Log(rows)
    elsewhere: dict[str, list[Any]] = {}
    for body in log.bodies():
        for path in paths(body):
            elsewhere.setdefault(Cell("", 0, "", path, None).member, []).append(got(body, path))
    done = set()
    for chain, bodies in log.chains.items():
        for place, body in enumerate(bodies):
            kind, last = body["kind"], place == len(bodies) - 1
            for path in [*paths(body), *((name,) for name in ADDED if name not in body)]:
                cell = Cell(chain, place, kind, path, None)
                key = (kind, body["outcome"], last, cell.member)
                if key in done or path == ("prev",):
                    continue
                done.add(key)
                there = got(body, path) if path[0] in body else GONE
                values = instead_of(there, elsewhere[cell.member]) if there is not GONE else ADDED[cell.member]
                tried: list[object] = [there]
                for value in values:
                    if not any(type(one) is type(value) and one == value for one in tried):
                        tried.append(value)
                        yield cell._replace(value=value)


def forged(rows: Rows, cell: Cell) -> Rows:
    log = Log(rows)
    put(log.chains[cell.chain][cell.place], cell.path, cell.value)
    return log.fit()


def names(cell: Cell) -> set[str]:
    """What ``GENUINE`` may call it."""
    of_a_patient = cell.chain.startswith("patient/") or cell.kind == "enrolment"
    return {f"{cell.kind} {cell.member}", *([f"* {cell.member}"] if of_a_patient else [])}


def is_genuine(cell: Cell) -> bool:
    return not names(cell).isdisjoint(GENUINE)


def verified(transactions: Transactions, url: str, rows: Rows) -> Report:
    restore(url, rows)
    return verify(transactions)


EVERY = {"sqlite": 101, "postgresql": 301}  # of so many cells one is tried with every run of the tests
PARTS = 8


def unfound(furnished: Furnished, some: Iterable[Cell]) -> Iterator[Cell]:
    """Try each of them, and put back what was; those that are not found."""
    desk, rows = furnished
    transactions = desk.trial._transactions
    for cell in some:
        report = verified(transactions, desk.url, forged(rows, cell))
        if report.sound:
            yield cell
        elif report.findings and cell.chain.startswith("patient/"):  # on the others, everything rests
            elsewhere = cell.member.startswith("request")  # of two that say one id, that of the other
            assert elsewhere or any(finding.chain == cell.chain for finding in report.findings), cell
    restore(desk.url, rows)


def test_what_is_forged_without_a_change_is_sound(furnished: Furnished) -> None:
    """Else everything would be found for the forger's own mistakes."""
    desk, rows = furnished
    assert verified(desk.trial._transactions, desk.url, Log(rows).fit()).sound
    restore(desk.url, rows)


def test_a_member_changed_with_every_hash_is_found_but_where_it_could_have_been_said(furnished: Furnished) -> None:
    desk, rows = furnished
    every = EVERY["sqlite" if desk.url.startswith("sqlite") else "postgresql"]
    some = list(islice(cells(rows), 0, None, every))
    assert len(some) > 20
    assert [cell for cell in unfound(furnished, some) if not is_genuine(cell)] == []
    assert [promised()[excuse] for excuse in EXCUSES] == ["no", "no"]


@pytest.mark.deep
@pytest.mark.parametrize("number", range(PARTS))
def test_so_is_every_other(furnished: Furnished, number: int) -> None:
    some = list(islice(cells(furnished[1]), number, None, PARTS))
    assert len(some) > 500
    assert [cell for cell in unfound(furnished, some) if not is_genuine(cell)] == []


@pytest.mark.deep
def test_nothing_is_excused_for_nothing(furnished: Furnished) -> None:
    needed: set[str] = set()
    some = (cell for cell in cells(furnished[1]) if names(cell) & GENUINE - needed)
    for cell in unfound(furnished, some):
        needed |= names(cell)
    assert GENUINE - needed == set()


# ── bytes in another form ──────────────────────────────────────────────────────────────────────────────────────────


def _first_key_twice(data: bytes) -> bytes:
    """The member that is read last is the true one."""
    return b'{"actor":{"assurance":"service","id":"ada","role":"auditor"},' + data[1:]


def _loose(**how: Any) -> Callable[[bytes], bytes]:
    return lambda data: json.dumps(json.loads(data), **how).encode()


FORMS: dict[str, Callable[[bytes], bytes]] = {
    "blank inside": lambda data: data.replace(b'":', b'": ', 1),
    "line behind": lambda data: data + b"\n",
    "line before": lambda data: b"\n" + data,
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "keys backwards": lambda data: json.dumps(
        dict(sorted(json.loads(data).items(), reverse=True)), separators=(",", ":")
    ).encode(),
    "indented": _loose(indent=1, sort_keys=True),
    "key twice": _first_key_twice,
    "last key twice": lambda data: data[:-1] + b',"v":1}',
    "escaped letter": lambda data: data.replace(b'"software":"0', b'"software":"\\u0030', 1),
    "escaped key": lambda data: data.replace(b'"kind"', b'"\\u006bind"', 1),
    "fraction": lambda data: data.replace(b'"kv":1', b'"kv":1.0', 1),
    "exponent": lambda data: data.replace(b'"kv":1', b'"kv":1e0', 1),
    "minus nothing": lambda data: data.replace(b'"v":1}', b'"v":-0}', 1),
    "leading nought": lambda data: data.replace(b'"kv":1', b'"kv":01', 1),
    "nothing said as null": lambda data: data.replace(b'"on":', b'"mode":null,"on":', 1),
    "what equals its default": lambda data: data.replace(b',"engine"', b',"delay":0,"engine"', 1),
    "empty list": lambda data: data.replace(b',"engine"', b',"deviations":[],"engine"', 1),
    "nothing behind": lambda data: data + b"\0",
    "two values": lambda data: data + data,
    "lone surrogate": lambda data: data.replace(b'"software":"', b'"software":"\\ud800', 1),
    "decomposed": lambda data: data.replace(b'"software":"', '"software":"e\u0301'.encode(), 1),
    "composed": lambda data: data.replace(b'"software":"', '"software":"\u00e9'.encode(), 1),
    "other bytes than UTF-8": lambda data: data.replace(b'"software":"', b'"software":"\xff', 1),
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "array": lambda data: b"[" + data + b"]",
    "quoted": lambda data: json.dumps(data.decode()).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_entry_in_another_form_is_found(furnished: Furnished, form: str) -> None:
    """One of every kind, each under its own number, and all behind it made to fit."""
    desk, rows = furnished
    log = Log(rows)
    places: dict[str, tuple[str, int]] = {}
    for chain, bodies in log.chains.items():
        for place, body in enumerate(bodies, 1):
            if places.setdefault(body["kind"], (chain, place)) == (chain, place):
                log.raw[id(body)] = FORMS[form]
    report = verified(desk.trial._transactions, desk.url, log.fit())
    found = {(one.chain, one.seq) for one in report.findings}
    assert set(places.values()) - found == set()
    restore(desk.url, rows)
