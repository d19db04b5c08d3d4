"""Every column of every table, and every way to change rows: what is found, and the few things that are not.

Tables and columns are those of the schema: a new one is tried by itself. Each cell is the whole database with one
thing changed. ``PROMISED`` are the rows of the page's table under which what is not found stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from tests.docs.test_who_is_seen import promised
from tests.ledger.conftest import Furnished
from tests.ledger.forge import Log
from tests.ledger.tamper import TABLES, Rows, behind, chain_of_row, others, restore
from workflow.ledger.report import Report
from workflow.store.audit import verify
from workflow.store.schema import REVISIONS, VERSION_TABLE, entry

COLUMNS = [(table, column) for table in TABLES for column in table.columns]
CUT = "removes the last entries of a chain and sets the row back to what it was"
GONE = "removes a patient whole: every entry and the row"


class Cell(NamedTuple):
    """What is done, what the rows are then, and the chains of which one has to be named; none where any will do."""

    what: str
    rows: Rows
    chains: frozenset[str] = frozenset()
    seq: int | None = None
    excuse: str | None = None  # the row of the page's table that says that it is not seen


def changed(rows: Rows, table: sa.Table, row_number: int, values: dict[str, Any]) -> Rows:
    new = {name: list(there) for name, there in rows.items()}
    new[table.name][row_number] = {**new[table.name][row_number], **values}
    return new


def key(table: sa.Table, row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key.columns)


def taken(table: sa.Table, there: list[dict[str, Any]]) -> bool:
    """Whether two rows have what only one may have: no database takes them."""
    unique = [one for one in table.constraints if isinstance(one, sa.PrimaryKeyConstraint | sa.UniqueConstraint)]
    keys = [[tuple(row[column.name] for column in one.columns) for row in there] for one in unique]
    return any(len(set(one)) < len(one) for one in keys)


def _samples(rows: Rows, table: sa.Table, column: sa.Column[Any]) -> Iterator[int]:
    """Of every chain a row with a value in the column and one without."""
    found: dict[tuple[str, bool], int] = {}
    for place, row in enumerate(rows[table.name]):
        found[chain_of_row(table, row), row[column.name] is None] = place
    yield from found.values()


# ── one column ─────────────────────────────────────────────────────────────────────────────────────────────────────


def edits(rows: Rows, table: sa.Table, column: sa.Column[Any]) -> Iterator[Cell]:
    for place in _samples(rows, table, column):
        row = rows[table.name][place]
        values = [*others(column, row[column.name]), *_extremes(row[column.name])]
        values += [one[column.name] for one in rows[table.name] if one[column.name] is not None][:3]
        for value in values:
            if value == row[column.name] or (value is None and not column.nullable):
                continue
            new = changed(rows, table, place, {column.name: value})
            if taken(table, new[table.name]):
                continue
            yield _about(f"{row[column.name]!r} is {value!r}", table, row, new, new[table.name][place])


def _extremes(value: object) -> list[Any]:
    match value:
        case bytes():
            return [b"", value * 2]
        case str():
            return ["", f" {value}", value.swapcase(), f"{value}\u00a0"]
        case int():
            return [0, -value, 2**31 - 1]
    return []


def _about(what: str, table: sa.Table, row: dict[str, Any], new: Rows, after: dict[str, Any]) -> Cell:
    chains = frozenset({chain_of_row(table, row), chain_of_row(table, after)})
    seq = row["seq"] if table is entry and key(table, row) == key(table, after) else None
    return Cell(what, new, chains, seq)


def swaps(rows: Rows, table: sa.Table, column: sa.Column[Any]) -> Iterator[Cell]:
    """Two neighbours, and the first and the last, have each other's value."""
    there = rows[table.name]
    for one, other in {(0, len(there) - 1), *((place, place + 1) for place in range(len(there) - 1))}:
        first, second = there[one], there[other]
        if first[column.name] == second[column.name]:
            continue
        new = changed(rows, table, one, {column.name: second[column.name]})
        new = changed(new, table, other, {column.name: first[column.name]})
        if taken(table, new[table.name]) or _same(table, there, new[table.name]):
            continue
        chains = frozenset(chain_of_row(table, row) for row in (first, second, new[table.name][one]))
        yield Cell(f"{one} and {other}", new, chains)


def _same(table: sa.Table, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> bool:
    """Whether the table holds the same rows, in whichever order."""
    return sorted(before, key=repr) == sorted(after, key=repr)


# ── rows ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def deletions(rows: Rows, table: sa.Table) -> Iterator[Cell]:
    for place, row in enumerate(rows[table.name]):
        new = {**rows, table.name: rows[table.name][:place] + rows[table.name][place + 1 :]}
        yield Cell(f"{key(table, row)}", new, frozenset({chain_of_row(table, row)}))
    yield Cell("all", {**rows, table.name: []})


def copies(rows: Rows, table: sa.Table) -> Iterator[Cell]:
    """A forged row is one that is there under another key: one column of it is another, or all are."""
    columns = list(table.primary_key.columns)
    also = [column for one in table.constraints if isinstance(one, sa.UniqueConstraint) for column in one.columns][-1:]
    for row in rows[table.name]:
        for some in [*([column] for column in columns), columns]:
            new = {name: list(there) for name, there in rows.items()}
            after = {**row, **{column.name: others(column, row[column.name])[0] for column in [*some, *also]}}
            new[table.name].append(after)
            if not taken(table, new[table.name]):
                yield Cell(f"{key(table, row)} as {key(table, after)}", new, frozenset({chain_of_row(table, after)}))


def moves(rows: Rows, table: sa.Table) -> Iterator[Cell]:
    """To another chain, behind its end or in place of what is there."""
    name = next((name for name in ("chain", "name") if name in table.c), None)
    if name is None:
        return
    chains = sorted({row["chain"] for row in rows["regimen_entry"]})
    for place, row in enumerate(rows[table.name]):
        for other in chains:
            seqs = [one["seq"] for one in rows["regimen_entry"] if one["chain"] == other]
            for seq in {row.get("seq"), max(seqs) + 1} if "seq" in table.c else {None}:
                new = changed(rows, table, place, {name: other, **({"seq": seq} if seq is not None else {})})
                if other == row[name] or taken(table, new[table.name]):
                    continue
                yield Cell(f"{key(table, row)} to {other} {seq}", new, frozenset({str(row[name]), other}))


def contents(rows: Rows, table: sa.Table) -> Iterator[Cell]:
    """Two rows have each other's content, but for their keys."""
    keys = {column.name for column in table.primary_key.columns}
    there = rows[table.name]
    for one, other in ((one, one + 1) for one in range(len(there) - 1)):
        first, second = there[one], there[other]
        new = changed(rows, table, one, {name: value for name, value in second.items() if name not in keys})
        new = changed(new, table, other, {name: value for name, value in first.items() if name not in keys})
        if first != new[table.name][one]:
            yield Cell(f"{one} and {other}", new, frozenset({chain_of_row(table, first)}))


BY_ROW: dict[str, Callable[[Rows, sa.Table], Iterator[Cell]]] = {
    "delete": deletions,
    "insert": copies,
    "move": moves,
    "swap contents": contents,
}
BY_COLUMN: dict[str, Callable[[Rows, sa.Table, sa.Column[Any]], Iterator[Cell]]] = {"edit": edits, "swap": swaps}


# ── ends of chains ─────────────────────────────────────────────────────────────────────────────────────────────────


def truncations(rows: Rows) -> Iterator[Cell]:
    """The tail cut with its row kept; the row set back with the tail kept; both, which is seen only from outside."""
    whole = Log(rows)
    for chain, bodies in whole.chains.items():
        for left in range(len(bodies)):
            log = Log(rows)
            del log.chains[chain][left:]
            short = _without_texts(log.fit(), chain, left)
            cut = {**rows, **{name: short[name] for name in ("regimen_entry", "regimen_entry_text", "regimen_request")}}
            back = {**rows, **{name: short[name] for name in ("regimen_patient", "regimen_chain", "regimen_person")}}
            here = frozenset({chain})
            yield Cell(f"{chain} after {left}, row kept", cut, here)
            if left:
                yield Cell(f"{chain} after {left}, row alone", back, here)
            # Of the others somebody has seen the end, and what follows from the last by itself is missed.
            unseen = chain.startswith("patient/") and bodies[left].get("cause") is None
            yield Cell(f"{chain} after {left}", short, frozenset(), None, CUT if unseen and left else None)
            if unseen and not left:
                gone = [row for row in short["regimen_patient"] if row["chain"] != chain]
                yield Cell(f"{chain} whole", {**short, "regimen_patient": gone}, frozenset(), None, GONE)


def _without_texts(rows: Rows, chain: str, left: int) -> Rows:
    texts = rows["regimen_entry_text"]
    return {**rows, "regimen_entry_text": [one for one in texts if one["chain"] != chain or one["seq"] <= left]}


def borrowed(rows: Rows) -> Iterator[Cell]:
    """Somebody acts in a role, or by a login, that the log says they did not have when they acted."""
    for name, after in (("taken back before", True), ("given behind", False)):
        log = Log(rows)
        people = log.chains["people"]
        admin = people[0]
        given = {**deepcopy(people[2]), "actor": admin["actor"], "data": {"id": "carl", "role": "investigator"}}
        back = {**given, "kind": "person_deactivated"}
        for body in (given, back):
            people.append({**deepcopy(body), "seq": len(people) + 1, "prev": "", "at": "2025-06-15T10:00:01.000000Z"})
        last = log.chains["patient/p1"][-1]
        last["actor"] = {"assurance": "service", "id": "carl", "role": "investigator"}
        last["at"] = "2025-06-15T10:00:02.000000Z"
        last["seen"]["people"] = [len(people) if after else len(people) - 2, ""]
        yield Cell(f"role {name}", log.fit(), frozenset({"patient/p1"}), len(log.chains["patient/p1"]))
    for via in ("lena", "mallory", "admin"):
        log = Log(rows)
        last = log.chains["patient/p1"][-1]
        last["actor"] |= {"assurance": "os", "via": via}
        yield Cell(f"login {via}", log.fit(), frozenset({"patient/p1"}), last["seq"])
    for actor in ("mallory", "INES", "admin", "ada", "lena"):
        log = Log(rows)
        log.chains["patient/p1"][-1]["actor"]["id"] = actor
        yield Cell(f"actor {actor}", log.fit(), frozenset({"patient/p1"}), len(log.chains["patient/p1"]))


def outcomes(rows: Rows) -> Iterator[Cell]:
    """Every entry with every other outcome: as it is, without its reasons, and leading somewhere."""
    for chain, bodies in Log(rows).chains.items():
        for place in range(len(bodies)):
            for outcome in ("allowed", "refused", "overridden", "deviated"):
                for how in ("", "without reasons", "leading on"):
                    log = Log(rows)
                    one = log.chains[chain][place]
                    if outcome == one["outcome"]:
                        continue
                    one["outcome"] = outcome
                    if how:
                        one.pop("reasons", None)
                    if how == "leading on":
                        one["to"] = "treatment.consolidation.3"
                    yield Cell(f"{chain} {place + 1} {outcome} {how}", log.fit(), frozenset({chain}), None)


GROUPS: dict[str, Callable[[Rows], Iterator[Cell]]] = {
    "truncate": truncations,
    "borrowed role or login": borrowed,
    "replaced outcome": outcomes,
}


# ── the matrix ─────────────────────────────────────────────────────────────────────────────────────────────────────

NO_CELL = {  # and why there is none
    "swap regimen_content.trial": "a database is about one trial",
    "swap regimen_patient.fold": "one fold has written every row",
    "move regimen_content": "it is of no chain",
    "move regimen_person": "it is of no chain",
}
EVERY = {"sqlite": 5, "postgresql": 17}  # of so many cells of a group one is tried with every run of the tests


def tried(furnished: Furnished, name: str, cells: Iterator[Cell], every: int) -> set[str]:
    """Try each, and at least one; the excuses that were needed."""
    desk, rows = furnished
    excused = set()
    number = -1
    for number, cell in enumerate(cells):
        if number % every:
            continue
        restore(desk.url, cell.rows)
        report = verify(desk.trial._transactions)
        if cell.excuse is not None:
            assert report.sound, cell.what
            excused.add(cell.excuse)
        else:
            _is_found(report, cell)
    restore(desk.url, rows)
    assert (number < 0) is (name in NO_CELL)
    return excused


def _is_found(report: Report, cell: Cell) -> None:
    assert not report.sound, cell.what
    if cell.chains and report.findings:
        here = [finding for finding in report.findings if finding.chain in cell.chains]
        assert here, (cell.what, report.findings)
        if cell.seq is not None:
            assert any(finding.seq == cell.seq for finding in here), (cell.what, report.findings)


def every(furnished: Furnished) -> int:
    return EVERY["sqlite" if furnished[0].url.startswith("sqlite") else "postgresql"]


def test_the_trial_has_something_in_every_column(furnished: Furnished) -> None:
    _, rows = furnished
    for table, column in COLUMNS:
        assert any(row[column.name] is not None for row in rows[table.name]), column


@pytest.mark.parametrize("what", BY_COLUMN)
@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=str)
def test_a_column(furnished: Furnished, table: sa.Table, column: sa.Column[Any], what: str) -> None:
    cells = BY_COLUMN[what](furnished[1], table, column)
    assert tried(furnished, f"{what} {column}", cells, every(furnished)) == set()


@pytest.mark.parametrize("what", BY_ROW)
@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_row(furnished: Furnished, table: sa.Table, what: str) -> None:
    assert tried(furnished, f"{what} {table}", BY_ROW[what](furnished[1], table), every(furnished)) == set()


@pytest.mark.parametrize("what", GROUPS)
def test_a_chain(furnished: Furnished, what: str) -> None:
    excused = tried(furnished, what, GROUPS[what](furnished[1]), every(furnished))
    assert {promised()[excuse] for excuse in excused} <= {"no"}
    assert bool(excused) is (what == "truncate")


@pytest.mark.deep
@pytest.mark.parametrize("number", range(8))
def test_every_other_cell(furnished: Furnished, number: int) -> None:
    rows = furnished[1]
    groups = [(f"{what} {one[1]}", make(rows, *one)) for what, make in BY_COLUMN.items() for one in COLUMNS]
    groups += [(f"{what} {table}", make(rows, table)) for what, make in BY_ROW.items() for table in TABLES]
    groups += [(what, make(rows)) for what, make in GROUPS.items()]
    for what, cells in groups[number::8]:
        tried(furnished, what, cells, 1)


# ── what is no row of ours ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT INTO {VERSION_TABLE} VALUES ('mine')",
        f"INSERT INTO {VERSION_TABLE} VALUES ('')",
    ],
)
def test_a_second_version_of_the_schema_is_found(furnished: Furnished, statement: str) -> None:
    desk, _ = furnished
    with behind(desk.url) as connection:
        connection.exec_driver_sql(statement)
    report = verify(desk.trial._transactions)
    with behind(desk.url) as connection:
        connection.exec_driver_sql(f"DELETE FROM {VERSION_TABLE} WHERE version_num <> '{REVISIONS[-1]}'")
    assert [(one.chain, one.code) for one in report.findings] == [("database", "schema")]
