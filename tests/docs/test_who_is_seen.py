"""What the documents promise of verification, and what they say it cannot see, each carried out."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import deepcopy
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import PostgreSQL
from tests.copies import Copies
from tests.docs.pages import ROOT
from tests.ledger.forge import Body, Log
from tests.ledger.tamper import Rows, behind, plain, restore, snapshot
from workflow import Actor, Trial, canonical
from workflow.errors import DatabaseError
from workflow.ledger.entry import SALT, commitment, hash_of
from workflow.store.audit import verify_unopened
from workflow.store.schema import metadata

PAGE = ROOT / "docs" / "explanation" / "verification.md"
ALEX, LEE = Actor("alex"), Actor("lee")
PATIENT = "patient/p-0001"


def promised() -> dict[str, str]:
    """The rows of the page's table: who, and whether they are seen."""
    table = PAGE.read_text("utf-8").partition("| is it seen |")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| (\w.+?) \| (.+?) \|$", table.replace("**", ""), re.MULTILINE))


class Site:
    """A trial with one patient, in a database of its own; ``older`` are its rows from before the last entries."""

    def __init__(self, url: str, older: Rows) -> None:
        self.url, self.older = url, older
        self.sqlite = url.startswith("sqlite")

    def opened(self) -> Trial:
        return Trial.open(self.url, clock=lambda: datetime(2026, 2, 1, tzinfo=UTC))

    def record(self, platelets: str) -> None:
        with self.opened() as trial:
            on = date(2026, 1, 6)
            counts = {"anc": "1.0", "platelets": platelets, "on": on, "note": "seen"}
            trial.record_counts("P-0001", by=LEE, **counts, request_id="ward-7").or_raise()
            trial.record_consent("P-0001", by=LEE, on=on, note="signed").or_raise()

    @property
    def rows(self) -> Rows:
        return snapshot(self.url)

    def put(self, rows: Rows) -> None:
        """These rows in place of all that are there, past the triggers, which are then as they were."""
        restore(self.url, rows)

    def plainly(self, *statements: str) -> None:
        """With nothing put back: what happened to triggers stays so."""
        with plain(self.url).begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    @property
    def sound(self) -> bool:
        try:
            with self.opened() as trial:
                return trial.verify().sound
        except DatabaseError as error:
            return verify_unopened(self.url, error).sound

    def spoil(self, *statements: str) -> None:
        """With SQLite's own table of the schema open to change."""
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def overwrite(self, data: bytes) -> None:
        """The beginning of the file."""
        with open(self.url.removeprefix("sqlite:///"), "r+b") as file:
            file.write(data)


Attack = Callable[[Site], None]


def make(url: str, older: dict[str, Rows]) -> None:
    with Trial.init(url, by=ALEX, zone="America/Chicago", clock=lambda: datetime(2026, 2, 1, tzinfo=UTC)) as trial:
        trial.add_person("lee", "coordinator", by=ALEX)
        trial.enroll("P-0001", "I", by=LEE, on=date(2026, 1, 5))
        assert not trial.advance("P-0001", by=LEE, on=date(2026, 1, 5)).allowed
    site = Site(url, snapshot(url))
    older[url.partition(":")[0].partition("+")[0]] = site.older
    site.record("40")
    with site.opened() as trial:
        trial.add_person("mia", "coordinator", by=ALEX)  # who never does anything
    assert site.sound


def run(*statements: str) -> Attack:
    def attack(site: Site) -> None:
        with behind(site.url) as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    return attack


def drop_a_trigger(site: Site) -> None:
    if site.sqlite:
        site.plainly("DROP TRIGGER regimen_entry_no_update")
    else:
        site.plainly("DROP TRIGGER regimen_entry_no_change ON regimen_entry")


def truncate(site: Site) -> None:
    """The patient's entries, texts and row as they are in the older copy."""
    names = ("regimen_request", "regimen_entry_text", "regimen_entry", "regimen_patient")
    of = {name: [row for row in site.rows[name] if row["chain"] != PATIENT] for name in names}
    back = {name: [*of[name], *(row for row in site.older[name] if row["chain"] == PATIENT)] for name in names}
    site.put({**site.rows, **back})


def another_history(site: Site) -> None:
    truncate(site)
    site.record("400")


def older_copy(site: Site) -> None:
    site.put(site.older)


def under_another_name(site: Site) -> None:
    with site.opened() as trial:
        trial.record_response("P-0001", by=LEE, response="CR", on=date(2026, 1, 7)).or_raise()


Change = Callable[[list[Body]], None]


def rewrite(site: Site, change: Change) -> None:
    """The patient's chain with other bodies: columns, hashes, links and row made to fit, as the software would."""
    log = Log(site.rows)
    change(log.chains[PATIENT])
    site.put(log.fit())


def anew(site: Site, name: str, change: Change, *, see: bool = False) -> None:
    """One of the other chains with other bodies, its head and table with it; seen by the others or not."""
    log = Log(site.rows)
    change(log.chains[name])
    for number, one in enumerate(log.chains[name], 1):
        one["seq"] = number
        if number > 1:
            one["prev"] = ""
    site.put(log.fit(see=see))


def borrowed(statement: str, back: str, act: Callable[[Trial], Any]) -> Attack:
    """Somebody is given something in the table of people, acts, and it is taken back."""

    def attack(site: Site) -> None:
        run(statement)(site)
        with site.opened() as trial:
            act(trial)
        run(back)(site)

    return attack


def declare(trial: Trial) -> None:
    event: dict[str, Any] = {"term": "nausea", "grade": 3, "unacceptable": True, "on": date(2026, 1, 7)}
    trial.record_adverse_event("P-0001", by=LEE, **event).or_raise()


def by_login(login: str) -> Callable[[Trial], Any]:
    by = Actor("lee", "os", login)
    return lambda trial: trial.record_response("P-0001", by=by, response="CR", on=date(2026, 1, 7)).or_raise()


def says_of_its_login(*people: str, assurance: str) -> Attack:
    """The last entry is of a login that acts as these people, and then says otherwise of it."""

    def attack(site: Site) -> None:
        with site.opened() as trial:
            for id in people:
                trial.add_person(id, "coordinator", by=ALEX, login="ward")
            by = Actor(people[0], "os", "ward")
            trial.record_response("P-0001", by=by, response="CR", on=date(2026, 1, 7)).or_raise()
        rewrite(site, lambda bodies: bodies[-1]["actor"].update(assurance=assurance))

    return attack


def said(number: int, **changes: Any) -> Attack:
    """The entry of this number says something else, and everything behind it fits."""
    return lambda site: rewrite(site, lambda bodies: bodies[number - 1].update(changes))


def bytes_alone(site: Site, *, hashed: bool) -> None:
    """Other counts in the bytes of an entry; its hash with them, or not."""
    rows = site.rows
    row = next(row for row in rows["regimen_entry"] if row["kind"] == "counts")
    row["body"] = row["body"].replace(b'"40"', b'"90"')
    if hashed:
        row["hash"] = hash_of(row["body"])
    site.put(rows)


def no_exit(site: Site) -> None:
    """The exit that followed from an event is gone, and the chain goes on as if it had never been."""
    with site.opened() as trial:
        trial.add_person("ines", "investigator", by=ALEX)
        ines = Actor("ines")
        trial.record_eligibility("P-0001", by=LEE, route="IN01", others_in_order=True, on=date(2026, 1, 6)).or_raise()
        for _ in range(2):
            trial.advance("P-0001", by=LEE, on=date(2026, 1, 7)).or_raise()
        event: dict[str, Any] = {"term": "nausea", "grade": 3, "unacceptable": True, "on": date(2026, 1, 8)}
        assert trial.record_adverse_event("P-0001", by=ines, **event).also
    rewrite(site, lambda bodies: bodies.__delitem__(-1))


def untrue_protocol(content: bytes, *, installed: bool) -> Attack:
    """The patient is put under other content; where it is ``installed``, the trial's chain is made to say so."""

    def attack(site: Site) -> None:
        digest = sha256(content).hexdigest()
        rows = site.rows
        other = {"version": "9", "digest": digest}
        if installed:
            rows["regimen_content"].append({**rows["regimen_content"][0], **other, "content": content})
        log = Log(rows)
        if installed:
            trial = log.chains["trial"]
            trial.append({**deepcopy(trial[-1]), "seq": len(trial) + 1, "prev": ""})
            trial[-1]["protocol"] |= other
        for one in log.chains[PATIENT]:
            one["protocol"] |= other
        site.put(log.fit())

    return attack


def installs(**changes: Any) -> Attack:
    """A version of the first protocol with ``changes`` is installed behind the end of the trial's chain."""

    def attack(site: Site) -> None:
        rows = site.rows
        first = rows["regimen_content"][0]
        content = canonical.encode({**json.loads(first["content"]), "version": "9", **changes})
        other = {"version": "9", "digest": sha256(content).hexdigest()}
        rows["regimen_content"].append({**first, **other, "content": content})
        log = Log(rows)
        trial = log.chains["trial"]
        trial.append({**deepcopy(trial[-1]), "seq": len(trial) + 1, "prev": ""})
        trial[-1]["protocol"] |= other
        site.put(log.fit())

    return attack


def names_a_protocol(bodies: list[Body]) -> None:
    """The entry that opens the trial."""
    bodies[0]["protocol"] = bodies[-1]["protocol"]


def refused_again(site: Site) -> None:
    """Of somebody else this is true."""
    with site.opened() as trial:
        assert not trial.enroll("P-0002", "I", by=ALEX, on=date(2026, 1, 5)).allowed
    anew(site, "trial", lambda bodies: bodies[-1]["data"].update(patient="P-0001"), see=True)


def other_words(text: str) -> Attack:
    """The last entry's note is this, by the hashes too."""

    def attack(site: Site) -> None:
        rewrite(site, lambda bodies: bodies[-1]["texts"].update(note=commitment(b"0" * SALT, text)))
        rows = site.rows
        seq = max(row["seq"] for row in rows["regimen_entry"] if row["chain"] == PATIENT)
        for row in rows["regimen_entry_text"]:
            if (row["chain"], row["seq"]) == (PATIENT, seq):
                row.update(salt=b"0" * SALT, text=text)
        site.put(rows)

    return attack


def back_in_steps(site: Site) -> None:
    """Every entry is four minutes before the one that it follows; what the last ones saw is older still."""

    def change(bodies: list[Body]) -> None:
        for number, one in enumerate(reversed(bodies)):
            one["at"] = f"2026-02-01T00:{4 * number:02}:00.000000Z"

    rewrite(site, change)


def another_trigger(site: Site) -> None:
    if site.sqlite:
        site.plainly(
            "DROP TRIGGER regimen_entry_no_update",
            "CREATE TRIGGER regimen_entry_no_update BEFORE UPDATE ON regimen_entry BEGIN SELECT 1; END",
        )
    else:
        does_nothing = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
        site.plainly(f"CREATE OR REPLACE FUNCTION regimen_refuse() {does_nothing}")


def catalog(*statements: str) -> Attack:
    """By a superuser, with PostgreSQL's own tables open to change."""

    def attack(site: Site) -> None:
        name = plain(site.url).url.database
        opened = "SET LOCAL allow_system_table_mods = on"
        site.plainly(opened, *(statement.replace("DATABASE here", f"DATABASE {name}") for statement in statements))

    return attack


def led_elsewhere(site: Site) -> None:
    """Whoever connects as one role writes to the copy from now on, and nobody to the log."""
    role, names = "led", [table.name for table in metadata.sorted_tables]
    copied = [f"CREATE TABLE apart.{name} AS SELECT * FROM public.{name}" for name in (*names, "regimen_schema")]
    rights = f"GRANT USAGE ON SCHEMA apart TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA apart TO {role}"
    rights += f"; GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {role}"  # which it had, and has no use for
    there = f"ALTER ROLE {role} IN DATABASE here SET search_path = apart"
    catalog("CREATE SCHEMA apart", *copied, f"CREATE ROLE {role} LOGIN; {rights}; {there}")(site)
    url = sa.make_url(site.url).set(username=role).render_as_string(hide_password=False)
    before = len(site.rows["regimen_entry"])
    under_another_name(Site(url, site.older))
    assert len(site.rows["regimen_entry"]) == before


def lying_server(site: Site) -> None:
    """A function of its own says that every trigger is switched on; one is not, and the last entries go."""
    catalog(
        'CREATE FUNCTION pg_catalog.concat_ws(text, text, text, "char") RETURNS text LANGUAGE sql'
        " AS $$ SELECT $2 || ' enabled A' $$"
    )(site)
    truncate(site)
    site.plainly("ALTER TABLE regimen_entry DISABLE TRIGGER regimen_entry_no_change")


def endless(table: str) -> Attack:
    def attack(site: Site) -> None:
        numbers = "generate_series(1, 100000000000)"
        if site.sqlite:
            numbers = "(WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT n FROM n)"
            site.plainly("PRAGMA legacy_alter_table = ON", f"ALTER TABLE {table} RENAME TO mine")
        else:
            site.plainly(f"ALTER TABLE {table} RENAME TO mine")
        site.plainly(f"CREATE VIEW {table} AS SELECT mine.* FROM mine, {numbers} AS numbers")

    return attack


def taken_for(kind: str, sign: str) -> Attack:
    return plainly(
        f"CREATE FUNCTION mine({kind}, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
        f" CREATE OPERATOR public.{sign} (LEFTARG = {kind}, RIGHTARG = varchar, FUNCTION = mine)"
    )


def member(role: str) -> Attack:
    """Roles are the server's, and not the database's: this one goes with the site."""
    return plainly(f"CREATE ROLE somebody LOGIN; GRANT {role} TO somebody")


def plainly(statement: str) -> Attack:
    return lambda site: site.plainly(statement)


def hostile(column: str, value: str) -> Attack:
    """On SQLite a value of another type, past the strictness of the table, which is as strict as before afterwards."""

    def made(site: Site, strict: str) -> None:
        with closing(sqlite3.connect(site.url.removeprefix("sqlite:///"))) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'regimen_patient'", (strict,))
            connection.commit()

    def attack(site: Site) -> None:
        change = run(f"UPDATE regimen_patient SET {column} = {value}")
        if not site.sqlite:
            change(site)
            return
        with closing(sqlite3.connect(site.url.removeprefix("sqlite:///"))) as connection:
            (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'regimen_patient'").fetchone()
        made(site, sql[: sql.rindex("STRICT")])
        change(site)
        made(site, sql)

    return attack


def mallory(bodies: list[Body]) -> None:
    """Another person in the people's chain, by its rules, behind its end."""
    added = deepcopy(bodies[-1])
    added["data"] |= {"id": "mallory"}
    bodies.append(added)


def another_role(bodies: list[Body]) -> None:
    bodies[1]["data"]["role"] = "investigator"


def every_chain(site: Site) -> None:
    """Whoever acted was somebody else, and so in every chain that saw it."""
    log = Log(site.rows)
    for body in log.bodies():
        for part in (body["actor"], body.get("data", {})):
            if part.get("id") == "lee":
                part["id"] = "leo"
    site.put(log.fit())


def cut(left: int | None) -> Change:
    def change(bodies: list[Body]) -> None:
        del bodies[left:]

    return change


def stranger(bodies: list[Body]) -> None:
    bodies[-1]["actor"]["id"] = "mallory"


def permitted(bodies: list[Body]) -> None:
    """The refused registration, allowed; and what was recorded afterwards, recorded of a registered patient."""
    bodies[1] |= {"outcome": "allowed", "to": "enrolled"}
    del bodies[1]["reasons"]
    for one in bodies[2:]:
        one["from"] = "enrolled"


def unheard_of(bodies: list[Body]) -> None:
    bodies.append({**bodies[0], "seq": len(bodies) + 1, "kind": "telepathy", "from": "screening", "prev": ""})


def zoned(value: str = "UTC", name: str = "zone", **changes: Any) -> Attack:
    """A setting behind the end of the trial's chain, by its rules but for ``changes``."""

    def sets(bodies: list[Body]) -> None:
        data = {"name": name, "value": value}
        why = {"stated": "given", "texts": {"reason": commitment(b"0" * SALT, "we moved")}}
        bodies.append({**deepcopy(bodies[2]), "data": data, "at": bodies[-1]["at"], **why, **changes})

    def act(site: Site) -> None:
        anew(site, "trial", sets)
        rows = site.rows
        seq = max(row["seq"] for row in rows["regimen_entry"] if row["chain"] == "trial")
        text = {"chain": "trial", "seq": seq, "field": "reason", "salt": b"0" * SALT, "text": "we moved"}
        rows["regimen_entry_text"].append(text)
        site.put(rows)

    return act


COORDINATOR = {"id": "lee", "role": "coordinator", "assurance": "service"}


def opened_by_a_refusal(site: Site) -> None:
    """The patient's chain is one refused enrolment, and the row says what it likes."""
    rows = site.rows
    log = Log(rows)
    del log.chains[PATIENT][1:]
    first = log.chains[PATIENT][0]
    first["outcome"] = "refused"
    del first["to"]
    new = log.fit()
    new["regimen_entry_text"] = []
    site.put(new)


REFUSE = "FOR EACH ROW EXECUTE FUNCTION regimen_refuse()"
MIDDLE, LAST = (f"chain = '{PATIENT}' AND seq = {seq}" for seq in (3, 4))
REST = "kind, trigger, outcome, from_state, to_state, occurred_on, recorded_at, actor, role, code, body, hash"
SQLITE, POSTGRESQL = "sqlite", "postgresql"
ATTACKS: dict[
    str, list[Attack | tuple[str, Attack]]
] = {  # with a database's name, where there is no such thing on another
    "changes a column, a row, a person's role, a reason's text": [
        run("UPDATE regimen_entry SET occurred_on = '2026-01-07' WHERE kind = 'counts'"),
        run("UPDATE regimen_patient SET state = 'enrolled'"),
        run("UPDATE regimen_person SET role = 'investigator' WHERE id = 'lee'"),
        run("UPDATE regimen_entry_text SET text = 'not seen' WHERE text = 'seen'"),
    ],
    "changes the bytes of an entry, and its hash": [
        lambda site: bytes_alone(site, hashed=False),
        lambda site: bytes_alone(site, hashed=True),
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
    "turns a refusal into a permission, and writes the rest of the chain anew, hashes and row included": [
        lambda site: rewrite(site, permitted)
    ],
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
    "adds an entry of somebody who was not among the people that it saw": [lambda site: rewrite(site, stranger)],
    "says of a login that it is one person's alone, or shared, and it was not": [
        says_of_its_login("ines", "carl", assurance="os"),
        says_of_its_login("ines", assurance="os-shared"),
    ],
    "adds members to an entry that no software writes, or writes it in another form": [
        said(4, cause=1),
        said(3, code="disease"),
        said(3, imported={"source": "44", "line": 7, "row": "r7", "decided_by": "site"}),
        said(3, time="25:99"),
        lambda site: anew(site, "trial", names_a_protocol, see=True),
    ],
    "asks for what nobody can ask: a grade of 9, an agent that there is not, a code that the protocol does not list": [
        said(3, data={"anc": "1.0", "platelets": "-40"}),
        said(4, data={"version": "the one in force"}),
        said(2, code="mallory"),
    ],
    "opens a chain by an enrolment that was refused": [opened_by_a_refusal],
    "says that somebody was refused who was enrolled already": [refused_again],
    "installs a protocol that no command installs": [
        installs(permissions=[]),
        installs(edition=1),
        installs(summary="\x1b[2J"),
    ],
    "removes an exit that followed by itself from an event": [no_exit],
    "dates an entry before what it saw, or behind what came after": [said(4, at="1999-01-01T00:00:00.000000Z")],
    "dates each entry a few minutes before the one that it follows": [back_in_steps],
    "puts a text in place that nobody can have typed, and commits to it": [
        other_words(""),
        other_words("signed\x1b[2J"),
        other_words("x" * 5_000_000),
    ],
    "says of an entry that it was another day at the site than it was": [
        said(1, today="2026-02-01"),  # which it was in UTC
        said(2, today="2026-01-30"),
        said(4, today="2026-02-02"),
    ],
    "sets another zone for the trial who may not, or one that there is not": [
        zoned(actor=COORDINATOR),
        zoned("Mars/Olympus"),
        zoned("America/Chicago"),  # which it is already
        zoned(name="colour"),
        zoned(outcome="refused"),
        zoned(today="2026-02-01"),
    ],
    "adds an entry of a kind that was never in use": [lambda site: rewrite(site, unheard_of)],
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
    "writes the people's or the trial's chain anew, and no other": [
        lambda site: anew(site, "people", another_role),
        lambda site: anew(site, "trial", lambda bodies: bodies[0].update(software="9.9")),
    ],
    "removes the last entries of the people's chain, and sets its head back": [
        lambda site: anew(site, "people", cut(1), see=True)
    ],
    "drops a trigger, or puts one in its place that does nothing": [drop_a_trigger, another_trigger],
    "adds a trigger, a view, an index, on PostgreSQL a rule or a policy, to a table of the log": [
        (SQLITE, plainly("CREATE TRIGGER mine AFTER INSERT ON regimen_entry BEGIN SELECT 1; END")),
        (POSTGRESQL, plainly(f"CREATE TRIGGER mine BEFORE INSERT ON regimen_entry {REFUSE}")),
        plainly("CREATE VIEW mine AS SELECT * FROM regimen_entry"),
        plainly("CREATE INDEX mine ON regimen_entry (code)"),
        (POSTGRESQL, plainly("CREATE RULE mine AS ON INSERT TO regimen_request DO INSTEAD NOTHING")),
        (POSTGRESQL, plainly("CREATE POLICY mine ON regimen_entry USING (false)")),
    ],
    "puts a value there that is none of ours: an endless date, brackets without end, on SQLite broken text": [
        (SQLITE, hostile("state", "CAST(x'ff' AS TEXT)")),
        (SQLITE, hostile("seq", "'many'")),
        (SQLITE, hostile("chart", "replace(hex(zeroblob(50000)), '0', '[')")),
        (POSTGRESQL, hostile("chart", "repeat('[', 100000)")),
        (POSTGRESQL, hostile("enrolled_on", "'4714-11-24 BC'")),
        hostile("due_on", "'infinity'"),
    ],
    "makes a schema of it that is none, or takes the version away": [
        (SQLITE, lambda site: site.spoil("UPDATE sqlite_master SET sql = 'x' WHERE name = 'regimen_entry'")),
        (SQLITE, lambda site: site.spoil("UPDATE regimen_schema SET version_num = CAST(x'ff' AS TEXT)")),
        plainly("DELETE FROM regimen_schema"),
        plainly("DROP TABLE regimen_schema"),
    ],
    "on SQLite, spoils the first page of the file": [
        (SQLITE, lambda site: site.overwrite(b"XX")),
        (SQLITE, lambda site: site.overwrite(b"SQLite format 3\0" + bytes(4096))),
    ],
    "on PostgreSQL, switches triggers, indexes or checks off in the catalog": [
        (POSTGRESQL, catalog("UPDATE pg_class SET relhastriggers = false WHERE relname = 'regimen_entry'")),
        (POSTGRESQL, catalog("UPDATE pg_class SET relhasindex = false WHERE relname = 'regimen_entry'")),
        (POSTGRESQL, catalog("UPDATE pg_class SET relchecks = 0 WHERE relname = 'regimen_person'")),
        (POSTGRESQL, catalog("UPDATE pg_trigger SET tgenabled = 'R' WHERE tgisinternal")),
        (
            POSTGRESQL,
            catalog("UPDATE pg_constraint SET convalidated = false WHERE conname ~ 'seq_check'"),
        ),
    ],
    "puts a view without end, or a table of elsewhere, in the place of a table": [
        endless("regimen_entry"),
        endless("regimen_content"),
        (POSTGRESQL, plainly("CREATE TABLE mine () INHERITS (regimen_request)")),
    ],
    "says that the schema is a newer one, which it is not": [plainly("UPDATE regimen_schema SET version_num = 'f2'")],
    "on PostgreSQL, puts operators or functions in place that our statements could be taken to mean": [
        (POSTGRESQL, taken_for("text", "=")),
        (POSTGRESQL, taken_for("name", "<>")),
    ],
    "on PostgreSQL, makes somebody a member of a role that may change the log": [
        (POSTGRESQL, member("pg_write_all_data")),
        (POSTGRESQL, member("pg_execute_server_program")),
    ],
    "on PostgreSQL, makes sessions replicas, or has them find other tables before some of ours": [
        (POSTGRESQL, catalog("ALTER ROLE ALL IN DATABASE here SET session_replication_role = replica")),
        (POSTGRESQL, catalog("CREATE SCHEMA postgres; ALTER TABLE regimen_person SET SCHEMA postgres")),
    ],
    "removes the last entries of a chain and sets the row back to what it was": [truncate],
    "removes the last entries of the people's chain before anybody acted on them, and sets head and table back": [
        lambda site: anew(site, "people", cut(-1))
    ],
    "adds to the people's chain by its rules, behind the last entry that anybody saw": [
        lambda site: anew(site, "people", mallory)
    ],
    "the same with the trial's, such as another zone": [zoned()],
    "writes a whole chain anew, hashes and row included, so that the engine would decide it so": [another_history],
    "writes every chain anew that saw the people's or the trial's": [every_chain],
    "dates the last entries of a chain otherwise, within the time of what they saw": [
        said(4, at="2026-02-01T00:03:00.000000Z")
    ],
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
    "on PostgreSQL, leads the sessions of a role to a copy of the whole log": [(POSTGRESQL, led_elsewhere)],
    "on PostgreSQL, teaches the server's own functions to lie": [(POSTGRESQL, lying_server)],
}


def cases() -> Iterator[Any]:
    for number, (who, attacks) in enumerate(ATTACKS.items()):
        for one in attacks:
            only, attack = one if isinstance(one, tuple) else (None, one)
            for dialect in (SQLITE, POSTGRESQL):
                if only in (None, dialect):
                    yield pytest.param(dialect, who, attack, id=f"{dialect} {number}: {who[:40]} {attacks.index(one)}")


OLDER: dict[str, Rows] = {}


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory, postgresql_server: PostgreSQL) -> Copies:
    return Copies(tmp_path_factory.mktemp("trial"), postgresql_server, lambda url: make(url, OLDER))


@pytest.fixture
def site(copies: Copies, dialect: str) -> Iterator[Site]:
    url = copies.new(dialect)
    yield Site(url, OLDER[dialect])
    if dialect == POSTGRESQL:
        Site(url, {}).plainly("DROP ROLE IF EXISTS somebody")
    copies.drop(url)


def test_every_row_of_the_table_is_tried_on_both_databases() -> None:
    assert set(promised()) == set(ATTACKS)
    tried = {(case.values[1], case.values[0]) for case in cases()}
    alone = {"on SQLite,": SQLITE, "on PostgreSQL,": POSTGRESQL}
    for who in ATTACKS:
        only = next((dialect for words, dialect in alone.items() if who.startswith(words)), None)
        assert {dialect for one, dialect in tried if one == who} == ({only} if only else {SQLITE, POSTGRESQL}), who


@pytest.mark.parametrize(("dialect", "who", "attack"), [*cases()])
def test_it_is_seen_or_not_as_the_page_says(site: Site, who: str, attack: Attack) -> None:
    before = site.rows
    attack(site)
    if promised()[who].startswith("nothing"):
        with pytest.raises(DatabaseError, match="nothing in the file can be judged"):
            assert site.sound
    elif promised()[who].startswith("no"):
        assert attack is led_elsewhere or site.rows != before
        assert site.sound
    else:
        assert not site.sound
