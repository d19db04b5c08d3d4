"""What the documents promise of verification, and what they say it cannot see, each carried out."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT
from workflow import Actor, Trial, canonical
from workflow.engine.stored import dumps
from workflow.ledger.entry import KINDS, decode, hash_of
from workflow.ledger.fold import fold
from workflow.store.schema import metadata

PAGE = ROOT / "docs" / "explanation" / "verification.md"
ALEX, LEE = Actor("alex"), Actor("lee")
PATIENT = "patient/p-0001"


def promised() -> dict[str, str]:
    """The rows of the page's table: who, and whether they are seen."""
    table = PAGE.read_text("utf-8").partition("| is it seen |")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| (\w.+?) \| (.+?) \|$", table.replace("**", ""), re.MULTILINE))


class Site:
    """A trial with one patient, and the file it lies in."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @classmethod
    def set_up(cls, file: Path) -> Site:
        with Trial.init(
            str(file), by=ALEX, zone="America/Chicago", clock=lambda: datetime(2026, 2, 1, tzinfo=UTC)
        ) as trial:
            trial.add_person("lee", "coordinator", by=ALEX)
            trial.enroll("P-0001", "I", by=LEE, on=date(2026, 1, 5))
            assert not trial.advance("P-0001", by=LEE, on=date(2026, 1, 5)).allowed
        return cls(file)

    def record(self, platelets: str) -> None:
        with Trial.open(str(self.file)) as trial:
            on = date(2026, 1, 6)
            counts = {"anc": "1.0", "platelets": platelets, "on": on, "note": "seen"}
            trial.record_counts("P-0001", by=LEE, **counts, request_id="ward-7").or_raise()
            trial.record_consent("P-0001", by=LEE, on=on, note="signed").or_raise()

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """The file without its triggers, which are put back; with ``leaf``, the hash of an entry's bytes."""
        with closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
            connection.create_function("leaf", 1, hash_of)
            connection.execute("ATTACH ? AS older", (str(self.file.with_name("older.db")),))
            connection.execute("BEGIN")
            triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                connection.execute(f"DROP TRIGGER main.{name}")
            yield connection
            for _, sql in triggers:
                connection.execute(sql)
            connection.execute("COMMIT")

    @property
    def entries(self) -> list[Any]:
        with closing(sqlite3.connect(self.file)) as connection:
            return connection.execute("SELECT chain, seq, hash FROM regimen_entry ORDER BY chain, seq").fetchall()

    @property
    def sound(self) -> bool:
        with Trial.open(str(self.file)) as trial:
            return trial.verify().sound


def run(*statements: str) -> Callable[[Site], None]:
    def attack(site: Site) -> None:
        with site.opened() as connection:
            for statement in statements:
                connection.execute(statement)

    return attack


def drop_a_trigger(site: Site) -> None:
    with closing(sqlite3.connect(site.file)) as connection:
        connection.execute("DROP TRIGGER regimen_entry_no_update")


def truncate(site: Site) -> None:
    """The patient's entries, texts and row as they are in the older copy."""
    with site.opened() as connection:
        for table in ("regimen_request", "regimen_entry_text", "regimen_entry"):
            connection.execute(f"DELETE FROM main.{table} WHERE chain = ?", (PATIENT,))
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM older.{table} WHERE chain = ?", (PATIENT,))
        connection.execute("INSERT OR REPLACE INTO main.regimen_patient SELECT * FROM older.regimen_patient")


def another_history(site: Site) -> None:
    truncate(site)
    site.record("400")


def older_copy(site: Site) -> None:
    shutil.copy(site.file.with_name("older.db"), site.file)


def under_another_name(site: Site) -> None:
    with Trial.open(str(site.file)) as trial:
        trial.record_response("P-0001", by=LEE, response="CR", on=date(2026, 1, 7)).or_raise()


def rewrite(site: Site, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """The patient's chain with other bodies: columns, hashes, links and row made to fit, as the software would."""
    with site.opened() as connection:
        query = "SELECT body FROM main.regimen_entry WHERE chain = ? ORDER BY seq"
        said = [json.loads(data) for (data,) in connection.execute(query, (PATIENT,))]
        change(said)
        stored: list[bytes] = []
        for one in said:
            if stored:
                one["prev"] = hash_of(stored[-1]).hex()
            stored.append(canonical.encode(one))
            connection.execute(
                "INSERT OR REPLACE INTO main.regimen_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*_columns(one), stored[-1], hash_of(stored[-1])),
            )
        known = [decode(data) for data in stored if json.loads(data)["kind"] in KINDS]
        values = (len(stored), hash_of(stored[-1]), dumps(fold(known)), known[-1].target or known[-1].source)
        connection.execute("UPDATE main.regimen_patient SET seq = ?, head = ?, chart = ?, state = ?", values)


def _columns(said: dict[str, Any]) -> tuple[Any, ...]:
    states = (said.get("from"), said.get("to"))
    first = (said["chain"], said["seq"], said["kind"], said.get("trigger"), said["outcome"], *states)
    return (*first, said["on"], said["at"], said["actor"]["id"], said["actor"]["role"], said.get("code"))


def anew(site: Site, name: str, change: Callable[[list[dict[str, Any]]], None]) -> None:
    """One of the other chains with other bodies, its head with it."""
    with site.opened() as connection:
        query = "SELECT body FROM main.regimen_entry WHERE chain = ? ORDER BY seq"
        said = [json.loads(data) for (data,) in connection.execute(query, (name,))]
        change(said)
        connection.execute("DELETE FROM main.regimen_entry WHERE chain = ?", (name,))
        prev = None
        for number, one in enumerate(said, 1):
            one["seq"] = number
            if prev is not None:
                one["prev"] = prev.hex()
            data = canonical.encode(one)
            prev = hash_of(data)
            values = (*_columns(one), data, prev)
            connection.execute(f"INSERT INTO main.regimen_entry VALUES ({', '.join('?' * 14)})", values)
        connection.execute("UPDATE main.regimen_chain SET seq = ?, head = ? WHERE name = ?", (len(said), prev, name))


def borrowed(statement: str, back: str, act: Callable[[Trial], Any]) -> Callable[[Site], None]:
    """Somebody is given something in the table of people, acts, and it is taken back."""

    def attack(site: Site) -> None:
        run(statement)(site)
        with Trial.open(str(site.file)) as trial:
            act(trial)
        run(back)(site)

    return attack


def declare(trial: Trial) -> None:
    event: dict[str, Any] = {"term": "nausea", "grade": 3, "unacceptable": True, "on": date(2026, 1, 7)}
    trial.record_adverse_event("P-0001", by=LEE, **event).or_raise()


def by_login(login: str) -> Callable[[Trial], Any]:
    by = Actor("lee", "os", login)
    return lambda trial: trial.record_response("P-0001", by=by, response="CR", on=date(2026, 1, 7)).or_raise()


def said(number: int, **changes: Any) -> Callable[[Site], None]:
    """The entry of this number says something else, and everything behind it fits."""
    return lambda site: rewrite(site, lambda bodies: bodies[number - 1].update(changes))


def no_exit(site: Site) -> None:
    """The exit that followed from an event is gone, and the chain goes on as if it had never been."""
    with Trial.open(str(site.file)) as trial:
        trial.add_person("ines", "investigator", by=ALEX)
        ines = Actor("ines")
        trial.record_eligibility("P-0001", by=LEE, route="IN01", others_in_order=True, on=date(2026, 1, 6)).or_raise()
        for _ in range(2):
            trial.advance("P-0001", by=LEE, on=date(2026, 1, 7)).or_raise()
        event: dict[str, Any] = {"term": "nausea", "grade": 3, "unacceptable": True, "on": date(2026, 1, 8)}
        assert trial.record_adverse_event("P-0001", by=ines, **event).also
    with site.opened() as connection:
        last = f"chain = '{PATIENT}' AND seq = (SELECT max(seq) FROM main.regimen_entry WHERE chain = '{PATIENT}')"
        connection.execute(f"DELETE FROM main.regimen_entry WHERE {last}")
    rewrite(site, lambda bodies: None)


def untrue_protocol(content: bytes, *, installed: bool) -> Callable[[Site], None]:
    """The patient is put under other content; where it is ``installed``, the trial's chain is made to say so."""

    def attack(site: Site) -> None:
        digest = sha256(content).hexdigest()

        def installs(bodies: list[dict[str, Any]]) -> None:
            forged = json.loads(json.dumps(bodies[-1]))
            forged["protocol"] |= {"version": "9", "digest": digest}
            bodies.append(forged)

        if installed:
            anew(site, "trial", installs)
            with site.opened() as connection:
                query = "INSERT INTO main.regimen_content SELECT ?, trial, '9', edition, ?, installed_at"
                connection.execute(f"{query} FROM main.regimen_content LIMIT 1", (digest, content))

        def changed(bodies: list[dict[str, Any]]) -> None:
            for one in bodies:
                one["protocol"] |= {"version": "9", "digest": digest}

        rewrite(site, changed)

    return attack


def another_trigger(site: Site) -> None:
    with closing(sqlite3.connect(site.file)) as connection:
        connection.execute("DROP TRIGGER regimen_entry_no_update")
        connection.execute("CREATE TRIGGER regimen_entry_no_update BEFORE UPDATE ON regimen_entry BEGIN SELECT 1; END")
        connection.commit()


def plainly(statement: str) -> Callable[[Site], None]:
    def attack(site: Site) -> None:
        with closing(sqlite3.connect(site.file)) as connection:
            connection.execute(statement)
            connection.commit()

    return attack


def hostile(column: str, value: str) -> Callable[[Site], None]:
    """A value of another type, past the strictness of the table, which is as strict as before afterwards."""

    def made(site: Site, strict: str) -> None:
        with closing(sqlite3.connect(site.file)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'regimen_patient'", (strict,))
            connection.commit()

    def attack(site: Site) -> None:
        with closing(sqlite3.connect(site.file)) as connection:
            (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'regimen_patient'").fetchone()
        made(site, sql[: sql.rindex("STRICT")])
        run(f"UPDATE regimen_patient SET {column} = {value}")(site)
        made(site, sql)

    return attack


def mallory(bodies: list[dict[str, Any]]) -> None:
    """Another person in the people's chain, by its rules, behind its end."""
    added = json.loads(json.dumps(bodies[-1]))
    added["data"] |= {"id": "mallory"}
    bodies.append(added)


def unseen_person(site: Site) -> None:
    anew(site, "people", mallory)
    run(
        "INSERT INTO regimen_person SELECT 'mallory', role, 'mallory', login, active, place, from_day, until_day"
        " FROM regimen_person WHERE id = 'lee'"
    )(site)


def people_rewritten(site: Site) -> None:
    def change(bodies: list[dict[str, Any]]) -> None:
        bodies[1]["data"]["role"] = "investigator"

    anew(site, "people", change)
    run("UPDATE regimen_person SET role = 'investigator' WHERE id = 'lee'")(site)


def trial_rewritten(site: Site) -> None:
    def change(bodies: list[dict[str, Any]]) -> None:
        bodies[0]["software"] = "9.9"

    anew(site, "trial", change)


def people_cut(site: Site) -> None:
    """Whoever acted is no longer there, nor ever was."""

    def change(bodies: list[dict[str, Any]]) -> None:
        del bodies[1:]

    anew(site, "people", change)
    run("DELETE FROM regimen_person WHERE id IN ('lee', 'mia')")(site)


def people_cut_unseen(site: Site) -> None:
    anew(site, "people", lambda bodies: bodies.pop())
    run("DELETE FROM regimen_person WHERE id = 'mia'")(site)


def stranger(site: Site) -> None:
    def change(bodies: list[dict[str, Any]]) -> None:
        bodies[-1]["actor"]["id"] = "mallory"

    rewrite(site, change)


def permitted(site: Site) -> None:
    """The refused registration, allowed; and what was recorded afterwards, recorded of a registered patient."""

    def change(said: list[dict[str, Any]]) -> None:
        said[1] |= {"outcome": "allowed", "to": "enrolled"}
        del said[1]["reasons"]
        for one in said[2:]:
            one["from"] = "enrolled"

    rewrite(site, change)


def unheard_of(site: Site) -> None:
    def change(said: list[dict[str, Any]]) -> None:
        said.append({**said[0], "seq": len(said) + 1, "kind": "telepathy", "from": "screening"})

    rewrite(site, change)


def zoned(value: str = "UTC", name: str = "zone", **changes: Any) -> Callable[[Site], None]:
    """A setting behind the end of the trial's chain, by its rules but for ``changes``."""

    def sets(bodies: list[dict[str, Any]]) -> None:
        data = {"name": name, "value": value}
        bodies.append({**json.loads(json.dumps(bodies[2])), "data": data, "at": bodies[-1]["at"], **changes})

    return lambda site: anew(site, "trial", sets)


COORDINATOR = {"id": "lee", "role": "coordinator", "assurance": "service"}
MIDDLE, LAST = (f"chain = '{PATIENT}' AND seq = {seq}" for seq in (3, 4))
REST = "kind, trigger, outcome, from_state, to_state, occurred_on, recorded_at, actor, role, code, body, hash"
OTHER_COUNTS = """CAST(replace(body, '"40"', '"90"') AS BLOB)"""

ATTACKS: dict[str, list[Callable[[Site], None]]] = {
    "changes a column, a row, a person's role, a reason's text": [
        run("UPDATE regimen_entry SET occurred_on = '2026-01-07' WHERE kind = 'counts'"),
        run("UPDATE regimen_patient SET state = 'enrolled'"),
        run("UPDATE regimen_person SET role = 'investigator' WHERE id = 'lee'"),
        run("UPDATE regimen_entry_text SET text = 'not seen' WHERE text = 'seen'"),
    ],
    "changes the bytes of an entry, and its hash": [
        run(f"UPDATE regimen_entry SET body = {OTHER_COUNTS} WHERE {MIDDLE}"),
        run(f"UPDATE regimen_entry SET body = {OTHER_COUNTS}, hash = leaf({OTHER_COUNTS}) WHERE {MIDDLE}"),
    ],
    "removes, inserts or reorders entries": [
        run(f"DELETE FROM regimen_entry_text WHERE {MIDDLE}", f"DELETE FROM regimen_entry WHERE {MIDDLE}"),
        run(f"INSERT INTO regimen_entry SELECT chain, 5, {REST} FROM regimen_entry WHERE {LAST}"),
        run(
            "DELETE FROM regimen_entry_text",
            f"UPDATE regimen_entry SET seq = 9 WHERE {MIDDLE}",
            f"UPDATE regimen_entry SET seq = 3 WHERE {LAST}",
            f"UPDATE regimen_entry SET seq = 4 WHERE chain = '{PATIENT}' AND seq = 9",
        ),
    ],
    "removes the last entries of a chain, and leaves the row": [
        run(f"DELETE FROM regimen_entry_text WHERE {LAST}", f"DELETE FROM regimen_entry WHERE {LAST}"),
    ],
    "turns a refusal into a permission, and writes the rest of the chain anew, hashes and row included": [permitted],
    "the same, under an engine that is not yet in use, or no longer": [said(2, engine="2"), said(2, engine="0")],
    "the same, under a protocol that was never installed, or that nobody can run": [
        untrue_protocol(b"{}", installed=False),
        untrue_protocol(b"{}", installed=True),
    ],
    "gives somebody a role or a login, lets them act, and takes it back": [
        borrowed(
            "UPDATE regimen_person SET role = 'investigator' WHERE id = 'lee'",
            "UPDATE regimen_person SET role = 'coordinator' WHERE id = 'lee'",
            declare,
        ),
        borrowed(
            "UPDATE regimen_person SET login = 'mallory' WHERE id = 'lee'",
            "UPDATE regimen_person SET login = NULL WHERE id = 'lee'",
            by_login("mallory"),
        ),
    ],
    "adds an entry of somebody who was not there, or no longer": [stranger],
    "adds members to an entry that no software writes, or writes it in another form": [
        said(4, cause=1),
        said(3, code="disease"),
        said(3, imported={"source": "44", "line": 7, "row": "r7", "decided_by": "site"}),
        said(3, time="25:99"),
    ],
    "removes an exit that followed by itself from an event": [no_exit],
    "dates an entry before what it saw, or behind what came after": [said(4, at="1999-01-01T00:00:00.000000Z")],
    "says of an entry that it was another day at the site than it was": [
        said(1, today="2026-02-01"),  # which it was in UTC
        said(2, today="2026-01-30"),
        said(4, today="2026-01-31"),
    ],
    "sets another zone for the trial who may not, or one that there is not": [
        zoned(actor=COORDINATOR),
        zoned("Mars/Olympus"),
        zoned("America/Chicago"),  # which it is already
        zoned(name="colour"),
        zoned(outcome="refused"),
        zoned(today="2026-02-01"),
    ],
    "adds an entry of a kind that was never in use": [unheard_of],
    "removes or adds a request id, or leads it to another entry": [
        run("DELETE FROM regimen_request"),
        run(f"INSERT INTO regimen_request VALUES ('ward-8', '{PATIENT}', 1)"),
        run("UPDATE regimen_request SET seq = 4"),
    ],
    "removes the trial's or the people's chain, or empties the database": [
        run("DELETE FROM regimen_entry WHERE chain = 'trial'", "DELETE FROM regimen_chain WHERE name = 'trial'"),
        run("DELETE FROM regimen_entry WHERE chain = 'people'", "DELETE FROM regimen_chain WHERE name = 'people'"),
        run(*(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables))),
    ],
    "writes the people's or the trial's chain anew": [people_rewritten, trial_rewritten],
    "removes the last entries of the people's chain, and sets its head back": [people_cut],
    "drops a trigger, or puts one in its place that does nothing": [drop_a_trigger, another_trigger],
    "adds a trigger, a rule, a policy, a view or an index to a table of the log": [
        plainly("CREATE TRIGGER mine AFTER INSERT ON regimen_entry BEGIN SELECT 1; END"),
        plainly("CREATE VIEW mine AS SELECT * FROM regimen_entry"),
        plainly("CREATE INDEX mine ON regimen_entry (code)"),
    ],
    "puts a value there that is of no type of ours: broken text, an endless date, brackets without end": [
        hostile("state", "CAST(x'ff' AS TEXT)"),
        hostile("seq", "'many'"),
        hostile("due_on", "'infinity'"),
        hostile("chart", "replace(hex(zeroblob(50000)), '0', '[')"),
    ],
    "removes the last entries of a chain and sets the row back to what it was": [truncate],
    "removes the last entries of the people's chain before anybody acted on them, and sets head and table back": [
        people_cut_unseen
    ],
    "adds to the people's chain by its rules, behind the last entry that anybody saw": [unseen_person],
    "the same with the trial's, such as another zone": [zoned()],
    "writes a whole chain anew, hashes and row included, so that the engine would decide it so": [another_history],
    "removes a patient whole: every entry and the row": [
        run(
            f"DELETE FROM regimen_entry_text WHERE chain = '{PATIENT}'",
            f"DELETE FROM regimen_entry WHERE chain = '{PATIENT}'",
            "DELETE FROM regimen_request",
            "DELETE FROM regimen_patient",
        ),
    ],
    "puts an older copy of the database in place": [older_copy],
    "adds entries, by the rules, under another person's name": [under_another_name],
}
CASES = [(who, attack) for who, attacks in ATTACKS.items() for attack in attacks]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a trial, and a copy from before the last entries."""
    folder = tmp_path_factory.mktemp("trial")
    site = Site.set_up(folder / "regimen.db")
    shutil.copy(site.file, folder / "older.db")
    site.record("40")
    with Trial.open(str(site.file)) as trial:
        trial.add_person("mia", "coordinator", by=ALEX)  # who never does anything
    assert site.sound
    return folder


@pytest.fixture
def site(made: Path, tmp_path: Path) -> Site:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return Site(tmp_path / "regimen.db")


def test_every_row_of_the_table_is_tried() -> None:
    assert set(promised()) == set(ATTACKS)


@pytest.mark.parametrize(("who", "attack"), CASES, ids=[f"{who[:40]}-{i}" for i, (who, _) in enumerate(CASES)])
def test_it_is_seen_or_not_as_the_page_says(site: Site, who: str, attack: Callable[[Site], None]) -> None:
    before = site.entries
    attack(site)
    if promised()[who] == "no":
        assert site.entries != before
        assert site.sound
    else:
        assert not site.sound
