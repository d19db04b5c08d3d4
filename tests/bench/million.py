"""A database of a million entries, on which `audit verify` is sound: a simulated study, copied under other ids.

A copy is what the same study would have been with other ids, a few microseconds later: every entry is written and
hashed anew, its chain verifies. It is made once and kept in build/.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Raw
from msgspec.structs import replace

from workflow.ledger.entry import COLUMNS, ENROLMENT, VOID, Sealed, columns_of, decode, seal
from workflow.simulation import Clock, set_up, simulate

ENTRIES = 1_000_000
ENTRY = (*COLUMNS, "body", "hash")
TEXT = ("chain", "seq", "field", "salt", "text")
Row = tuple[Any, ...]


def make(path: Path) -> None:
    """The database at ``path``, unless it is there already; half-made ones have another name."""
    if path.exists():
        return
    half = path.with_suffix(".half")
    half.unlink(missing_ok=True)
    time = Clock()
    trial = set_up(str(half), time)
    simulate(trial, time)
    trial.close()
    hand = sqlite3.connect(half, isolation_level=None)
    hand.execute("PRAGMA synchronous = OFF")
    hand.execute("PRAGMA cache_size = -1000000")
    hand.execute("BEGIN")
    study = _Study(hand)
    for number in range(1, ENTRIES // study.entries + 1):
        patients, entries, texts = study.copy(number)
        hand.executemany(insert("regimen_patient", study.names), patients)
        hand.executemany(insert("regimen_entry", ENTRY), entries)
        hand.executemany(insert("regimen_entry_text", TEXT), texts)
    hand.execute("COMMIT")
    hand.close()
    half.rename(path)


def insert(table: str, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


class _Study:
    """The patients of a study, for copying."""

    def __init__(self, hand: sqlite3.Connection) -> None:
        cursor = hand.execute("SELECT * FROM regimen_patient ORDER BY chain")
        self.names = tuple(column[0] for column in cursor.description)
        self._patients = [dict(zip(self.names, row, strict=True)) for row in cursor]
        of_patients = "FROM {} WHERE chain LIKE 'patient/%' ORDER BY chain, seq"
        self._texts = hand.execute(f"SELECT {', '.join(TEXT)} {of_patients}".format("regimen_entry_text")).fetchall()
        bodies = hand.execute(f"SELECT body {of_patients}".format("regimen_entry")).fetchall()
        self._bodies = [decode(body) for (body,) in bodies]
        self.entries = len(bodies)

    def copy(self, number: int) -> tuple[list[Row], list[Row], list[Row]]:
        """The rows of the patients, of their entries, of the texts."""
        entries, heads = [], {}
        for sealed in self._sealed(number):
            entries.append((*columns_of(sealed.body), sealed.data, sealed.hash))
            heads[sealed.body.chain] = sealed.hash
        patients = []
        for row in self._patients:
            chain = _named(row["chain"], number)
            named = {"chain": chain, "id_key": _named(row["id_key"], number), "id": _named(row["id"], number)}
            patients.append(tuple({**row, **named, "head": heads[chain]}.values()))
        return patients, entries, [(_named(chain, number), *rest) for chain, *rest in self._texts]

    def _sealed(self, number: int) -> Iterator[Sealed]:
        hashes: dict[int, str] = {}
        for body in self._bodies:
            data = json.loads(bytes(body.data))
            if body.kind == ENROLMENT:
                data["patient"] = _named(data["patient"], number)
            elif body.kind == VOID:
                data["hash"] = hashes[data["seq"]]
            sealed = seal(
                replace(
                    body,
                    chain=_named(body.chain, number),
                    prev=hashes[body.seq - 1] if body.seq > 1 else None,
                    at=f"{body.at[:-7]}{number:06}Z",
                    data=Raw(_written(data)) if body.kind in (ENROLMENT, VOID) else body.data,
                ),
                {},
            )
            hashes[body.seq] = sealed.hash.hex()
            yield sealed


def _named(id: str, number: int) -> str:
    return f"{id}-{number}"


def _written(data: object) -> bytes:
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
