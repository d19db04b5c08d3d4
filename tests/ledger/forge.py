"""Somebody who can compute every hash: the rows of a whole log in memory, changed, and made to fit again.

What is forged here agrees in itself: links, hashes, what was seen, columns, heads, folded rows, people, requests. What
verification then finds it finds in what the entries say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from msgspec import MsgspecError

from tests.ledger.tamper import Rows
from workflow.engine import stored
from workflow.engine.answer import row_columns
from workflow.engine.course import Definition
from workflow.errors import WorkflowError
from workflow.ledger.entry import PEOPLE_CHAIN, TRIAL_CHAIN, NotUnderstood, decode, hash_of, id_key
from workflow.ledger.fold import fold
from workflow.protocol import content as protocols

Body = dict[str, Any]


class Log:
    """The bodies of a log, by chain; ``fit`` makes rows of them in which everything follows from them."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.chains: dict[str, list[Body]] = {}
        self._was = {(row["chain"], row["seq"]): row["hash"].hex() for row in rows["regimen_entry"]}
        self.raw: dict[int, Callable[[bytes], bytes]] = {}  # by the id of a body: its bytes in another form
        for row in sorted(rows["regimen_entry"], key=lambda row: row["seq"]):
            self.chains.setdefault(row["chain"], []).append(json.loads(row["body"]))

    def bodies(self) -> Iterator[Body]:
        for chain in self.chains.values():
            yield from chain

    def fit(self, *, see: bool = True) -> Rows:
        """The rows, with every hash computed again; unless they ``see`` it, the chains keep what they saw of others."""
        entries, heads = self._entries(see=see)
        rows = {name: [dict(row) for row in there] for name, there in self._rows.items()}
        rows["regimen_entry"] = entries
        for row in rows["regimen_chain"]:
            if row["name"] in heads:
                row["seq"], row["head"] = heads[row["name"]]
        for row in rows["regimen_patient"]:
            if row["chain"] in heads:
                row["seq"], row["head"] = heads[row["chain"]]
        self._follow(rows)
        return {name: [_storable(row) for row in there] for name, there in rows.items()}

    def _entries(self, *, see: bool) -> tuple[list[dict[str, Any]], dict[str, tuple[int, bytes]]]:
        hashes: dict[tuple[str, int], str] = {}
        heads: dict[str, tuple[int, bytes]] = {}
        entries: list[dict[str, Any]] = []
        first = (PEOPLE_CHAIN, TRIAL_CHAIN)
        for name in (*first, *(name for name in self.chains if name not in first)):
            prev = None
            for place, body in enumerate(self.chains.get(name, ()), 1):
                if prev is not None or "prev" in body:
                    body["prev"] = prev.hex() if prev is not None else body["prev"]
                if see:
                    _see(body, hashes)
                said = body.get("data")
                if isinstance(said, dict) and "hash" in said:  # of an entry that is taken back
                    meant = (name, said.get("seq"))
                    if said["hash"] == self._was.get(meant):
                        said["hash"] = hashes[meant]
                data = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(
                    "utf-8", "surrogatepass"
                )
                if id(body) in self.raw:
                    data = self.raw[id(body)](data)
                prev = hash_of(data)
                hashes[name, place] = prev.hex()
                heads[name] = (place, prev)
                entries.append(_row(name, place, body, data, prev))
        return entries, heads

    def _follow(self, rows: Rows) -> None:
        definitions = dict(_definitions(rows["regimen_content"]))
        for row in rows["regimen_patient"]:
            there = [one for one in rows["regimen_entry"] if one["chain"] == row["chain"]]
            try:
                bodies = [decode(one["body"]) for one in there]
                chart = fold(bodies)
                columns = row_columns(definitions.__getitem__, chart)
            except (NotUnderstood, ValueError, LookupError, AttributeError, MsgspecError, WorkflowError):
                continue  # nothing follows from what is none
            row.update(columns._asdict(), chart=stored.dumps(chart), arm=chart.arm, enrolled_on=chart.enrolled_on)
            row["digest"] = chart.under[-1].digest
        rows["regimen_request"] = list(_requests(self.chains))
        rows["regimen_person"] = list(_people(self.chains.get(PEOPLE_CHAIN, [])))
        at = {
            digest: body.get("at")
            for body in self.chains.get(TRIAL_CHAIN, ())
            if body.get("kind") == "content_installed" and isinstance(body.get("protocol"), dict)
            if isinstance(digest := body["protocol"].get("digest"), str)
        }
        for row in rows["regimen_content"]:
            if isinstance(at.get(row["digest"]), str):
                row["installed_at"] = _moment(at[row["digest"]]) or row["installed_at"]


def _kept(text: str) -> str:
    """Without the one character that PostgreSQL keeps in no text."""
    return text.replace("\0", "")


def _storable(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _kept(value) if isinstance(value, str) else value for name, value in row.items()}


def _definitions(contents: list[dict[str, Any]]) -> Iterator[tuple[str, Definition]]:
    for row in contents:
        with suppress(WorkflowError, MsgspecError):
            yield row["digest"], Definition(protocols.decode(row["content"]), digest=row["digest"])


def _see(body: Body, hashes: dict[tuple[str, int], str]) -> None:
    seen = body.get("seen")
    for chain, said in seen.items() if isinstance(seen, dict) else ():
        if isinstance(said, list) and len(said) == 2 and isinstance(said[0], int):
            said[1] = hashes.get((chain, said[0]), said[1])


def _row(name: str, place: int, body: Body, data: bytes, digest: bytes) -> dict[str, Any]:
    actor = body.get("actor") if isinstance(body.get("actor"), dict) else {}
    return {
        "chain": name,
        "seq": place,
        "kind": _text(body.get("kind")) or "",
        "trigger": _text(body.get("trigger")),
        "outcome": _text(body.get("outcome")) or "",
        "from_state": _text(body.get("from")),
        "to_state": _text(body.get("to")),
        "occurred_on": _day(body.get("on")),
        "recorded_at": _moment(body.get("at")) or datetime.fromisoformat("2025-06-15T10:00:00Z"),
        "actor": _text(actor.get("id")) or "",
        "role": _text(actor.get("role")) or "",
        "code": _text(body.get("code")),
        "body": data,
        "hash": digest,
    }


def _text(value: object) -> str | None:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return date(2024, 1, 1)


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _requests(chains: dict[str, list[Body]]) -> Iterator[dict[str, Any]]:
    """An id that is said twice has one row."""
    found = set()
    for name, bodies in chains.items():
        for place, body in enumerate(bodies, 1):
            said = body.get("request")
            if body.get("outcome") == "refused" or not isinstance(said, dict) or not isinstance(said.get("id"), str):
                continue
            if (id := _kept(said["id"])) not in found:
                found.add(id)
                yield {"id": id, "chain": name, "seq": place}


def _people(bodies: list[Body]) -> Iterator[dict[str, Any]]:
    """The table of people as the bodies of their chain say it."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for body in bodies:
        said = body.get("data")
        if body.get("outcome") != "allowed" or not isinstance(said, dict):
            continue
        if not isinstance(said.get("id"), str) or not isinstance(said.get("role"), str):
            continue
        said = _storable(said)  # two people who differ in what no text keeps are one row
        key = (id_key(said["id"]), said["role"])
        place = sum(one[0] == key[0] for one in found) + 1
        there = found.setdefault(key, {"id_key": key[0], "role": key[1], "id": said["id"], "place": place})
        there |= {
            "login": _text(said.get("login")),
            "active": int(body.get("kind") == "person_added"),
            "from_day": _day(said["since"]) if "since" in said else None,
            "until_day": _day(said["until"]) if "until" in said else None,
        }
    yield from found.values()
