"""The floor: what a careful person would write by hand with sqlite3 for the same rows in the same tables.

It keeps what a reader of the log gets - a chained, hashed entry per step with the same columns and as many bytes,
the row moved on under a guard - and nothing of what the library adds: no guards, no reasons, no chart, no checks.
"""

from __future__ import annotations

import json
import sqlite3
from hashlib import sha256

SELECT = "SELECT chain, digest, arm, state, seq, head, chart FROM regimen_patient WHERE chain = ?"
INSERT = (
    "INSERT INTO regimen_entry (chain, seq, kind, trigger, outcome, from_state, to_state, occurred_on, recorded_at,"
    " actor, role, code, body, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
UPDATE = (
    "UPDATE regimen_patient SET state = ?, seq = ?, head = ?, chart = ?, opens_on = ?, due_on = ?"
    " WHERE chain = ? AND seq = ?"
)
WHEN = "2026-01-05T09:00:00.000000Z"


def prepare(path: str, synchronous: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA recursive_triggers = ON")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    return connection


def step(connection: sqlite3.Connection, chain: str, target: str, day: str, body: dict[str, object]) -> None:
    """Move one patient on, as one transaction."""
    execute = connection.execute
    execute("BEGIN IMMEDIATE")
    row = execute(SELECT, (chain,)).fetchone()
    entry, update = rows(row, target, day, body)
    execute(INSERT, entry)
    if execute(UPDATE, update).rowcount != 1:
        raise RuntimeError("lost")
    execute("COMMIT")


def many(connection: sqlite3.Connection, finished: list[tuple[tuple[object, ...], tuple[object, ...]]]) -> None:
    """Write finished rows, as one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(INSERT, [entry for entry, _ in finished])
    connection.executemany(UPDATE, [update for _, update in finished])
    connection.execute("COMMIT")


def rows(
    row: tuple[str, str, str, str, int, bytes, str], target: str, day: str, body: dict[str, object]
) -> tuple[tuple[object, ...], tuple[object, ...]]:
    chain, _, _, state, seq, head, chart = row
    body = body | {"chain": chain, "seq": seq + 1, "prev": head.hex(), "from": state, "to": target, "on": day}
    data = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
    digest = sha256(b"\x00" + data).digest()
    entry = (
        chain,
        seq + 1,
        "transition",
        "start_cycle",
        "allowed",
        state,
        target,
        day,
        WHEN,
        "carla",
        "coordinator",
        None,
        data,
        digest,
    )
    return entry, (target, seq + 1, digest, chart, day, day, chain, seq)
