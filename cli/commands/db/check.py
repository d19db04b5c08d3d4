"""The command that checks the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import Exit

if TYPE_CHECKING:
    from workflow.errors import DatabaseError
    from workflow.store.transaction import Transaction, Transactions


@click.command(cls=Command)
@options.reads
@pass_call
def check(call: Call) -> Exit:
    """Check that the database is as it should be.

    Its schema, how it keeps what was committed, its tables, indexes and triggers, its pages, the numbers that it is in
    use under, the trial's time zone, how many patients' rows are stale, and whether the installed protocol versions are
    what was installed.
    Whether the log itself was altered is for `regimen audit verify`.
    """
    from workflow.cli.screen import json, streams
    from workflow.cli.screen.page import Page
    from workflow.cli.screen.style import bad, good, quiet, warn
    from workflow.errors import DatabaseError
    from workflow.store.engine import create_engine
    from workflow.store.transaction import Transactions
    from workflow.store.upgrade import require_current

    found: dict[str, Any] = {"database": call.shown_database()}
    engine = create_engine(call.database)
    transactions = Transactions(engine)
    try:
        with transactions.reading() as tx:
            require_current(tx.connection)
            found |= _looked_at(tx)
        found["integrity"] = _integrity(transactions)
    except DatabaseError as error:
        found |= _what_can_be_read(call.database, error)
    finally:
        transactions.close()
        engine.dispose()
    sound = all(part["ok"] for part in found.values() if isinstance(part, dict) and "ok" in part) and all(
        version["ok"] for version in found["protocols"]
    )
    if call.json:
        json.show({**found, "ok": sound})
    else:
        page = Page(as_is=True)

        def row(name: str, text: str, *, ok: bool) -> None:
            page.add(quiet(name.ljust(10)), good("ok     ") if ok else bad("WRONG  "), text, hang=17)

        page.add(quiet("database".ljust(10)), found["database"], hang=10)
        row("schema", found["schema"]["is"], ok=found["schema"]["ok"])
        if found["storage"] is not None:
            row("storage", found["storage"]["is"], ok=found["storage"]["ok"])
            for said in found["storage"]["warnings"]:
                page.add(" " * 10, warn("LOOK   "), said, hang=17)
        wrong = found["objects"]["wrong"]
        row(
            "objects",
            "; ".join(wrong) or "tables, indexes and triggers are all there, and ours",
            ok=not wrong,
        )
        for part in ("integrity", "software", "zone", "rows"):
            if part == "zone" and found[part] is not None and found[part]["ok"] and found[part]["zone"] is None:
                page.add(quiet("zone".ljust(10)), warn("LOOK   "), found["zone"]["is"], hang=17)
            elif found[part] is not None:
                row(part, found[part]["is"], ok=found[part]["ok"])
        for version in found["protocols"]:
            row("protocol", f"{version['version']}  {version['is']}", ok=version["ok"])
        page.show()
    if not sound:
        streams.complain("the database is not as it should be")
    return Exit.DONE if sound else Exit.DATABASE


def _what_can_be_read(url: str, why: DatabaseError) -> dict[str, Any]:
    """Of a database that does not open; raises ``why`` where there is none of ours."""
    from workflow.store.audit import check_unopened

    report = check_unopened(url, why)
    pages = [one.message for one in report.findings if one.code == "integrity"]
    return {
        "schema": {"revision": None, "is": why.message, "ok": False},
        "objects": {"wrong": [one.message for one in report.findings if one.code != "integrity"], "ok": False},
        "integrity": {"wrong": pages, "is": "; ".join(pages) or report.integrity, "ok": not pages},
        **dict.fromkeys(("storage", "software", "zone", "rows")),
        "protocols": [],
    }


def _looked_at(tx: Transaction) -> dict[str, Any]:
    from workflow.store import objects
    from workflow.store.schema import REVISIONS

    wrong = [message for _, message in objects.wrong(tx)]
    return {
        "schema": {"revision": REVISIONS[-1], "is": REVISIONS[-1], "ok": True},
        "storage": _sqlite(tx) if tx.sqlite else _postgresql(tx),
        "objects": {"wrong": wrong, "ok": not wrong},
        "software": _software(tx),
        "zone": _zone(tx),
        "rows": _rows(tx),
        "protocols": _protocols(tx),
    }


def _integrity(transactions: Transactions) -> dict[str, Any]:
    """What the database says of its own pages and indexes, however long it takes."""
    from workflow.ledger.report import Report
    from workflow.store.audit import check_integrity

    report = Report()
    check_integrity(transactions, report, seconds=float("inf"))
    wrong = [one.message for one in report.findings]
    return {"wrong": wrong, "is": "; ".join(wrong) or report.integrity, "ok": not wrong}


_SYNCHRONOUS = ("off", "normal", "full", "extra")


def _sqlite(tx: Transaction) -> dict[str, Any]:
    """Which library, and which pair of journal and synchronous: some pairs lose commits when the power fails."""
    import sqlite3

    from workflow.store.engine import JOURNAL, SYNCHRONOUS, WAL_IS_SOUND
    from workflow.store.file import warnings_of

    def pragma(name: str) -> Any:
        return tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    journal, synchronous = str(pragma("journal_mode")), _SYNCHRONOUS[int(pragma("synchronous"))]
    said = f"SQLite {sqlite3.sqlite_version}, journal {journal}, synchronous {synchronous}"
    ok = synchronous == SYNCHRONOUS and (journal == "delete" or (journal == "wal" and WAL_IS_SOUND))
    return {
        "kind": "sqlite",
        "version": sqlite3.sqlite_version,
        "journal": journal,
        "synchronous": synchronous,
        "warnings": warnings_of(tx.connection.engine.url),
        "is": said if ok else f"{said}; it should be journal {JOURNAL}, synchronous {SYNCHRONOUS}",
        "ok": ok,
    }


def _postgresql(tx: Transaction) -> dict[str, Any]:
    """Whether what was committed is on the disk: every command asks for it itself, if the server does not lie."""

    def setting(name: str) -> str:
        return str(tx.connection.exec_driver_sql(f"SHOW {name}").scalar())

    version, commit, fsync = setting("server_version"), setting("synchronous_commit"), setting("fsync")
    said = f"PostgreSQL {version}, synchronous_commit {commit} (on for what commands write), fsync {fsync}"
    ok = fsync == "on"
    return {
        "kind": "postgresql",
        "version": version,
        "synchronous_commit": commit,
        "fsync": fsync,
        "warnings": [],
        "is": said if ok else f"{said}: commits may be lost when the power fails",
        "ok": ok,
    }


def _software(tx: Transaction) -> dict[str, Any]:
    """The numbers that the database is in use under, beside those of this software."""
    from workflow.desk import software
    from workflow.errors import WorkflowError
    from workflow.ledger.entry import ours

    here = ours()
    found: dict[str, Any] = {"engine": None, "fold": None, "format": None}
    said = "no entry says which numbers are in use"
    ok = False
    try:
        there = software.in_use(tx)
        software.require_ours(tx)
        ok = there is not None
    except WorkflowError as error:
        there, said = None, error.message
    if there is not None:
        found = {"engine": there.engine, "fold": there.fold, "format": there.format}
        said = ", ".join(f"{name} {value}" for name, value in found.items())
    return {
        **found,
        "software": {"engine": here.engine, "fold": here.fold, "format": here.format},
        "is": said,
        "ok": ok,
    }


def _zone(tx: Transaction) -> dict[str, Any]:
    """The time zone of the trial's site, and which day it is there."""
    from workflow.desk.site import Site, local_now
    from workflow.errors import WorkflowError

    site = Site(local_now)
    zone = None
    try:
        zone = site.zone(tx)
        now = site.moment_in(zone)
    except WorkflowError as error:
        return {"zone": zone, "today": None, "is": error.message, "ok": False}
    said = f"today is {now.said}"
    if zone is None:
        said += ", by the zone of whichever machine asks: regimen db zone ZONE --reason TEXT sets the trial's"
    return {"zone": zone, "today": now.today, "is": said, "ok": True}


def _rows(tx: Transaction) -> dict[str, Any]:
    """Patients whose rows an earlier fold wrote: nothing is wrong with them, but that they have to be folded anew."""
    from workflow.engine.numbers import FOLD
    from workflow.report.words.grammar import several
    from workflow.store import log

    stale = log.count_stale(tx, FOLD)
    said = f"{several(stale, 'patient')} stale: regimen db upgrade folds anew" if stale else "none is stale"
    return {"stale": stale, "is": said, "ok": True}


def _protocols(tx: Transaction) -> list[dict[str, Any]]:
    """Each installed content: whether it is what was installed, and whether this software can read it."""
    from workflow import trials
    from workflow.errors import InvalidProtocol
    from workflow.protocol import content
    from workflow.store import contents

    found: list[dict[str, Any]] = []
    listed, damaged = contents.listed(tx)
    found += [{"version": "?", "edition": None, "digest": None, "is": one.message, "ok": False} for one in damaged]
    for one in listed:
        data = contents.bytes_of(tx, one.digest) or b""
        said, ok = f"edition {one.edition}, digest {one.digest[:12]}", True
        if content.digest(data) != one.digest:
            said, ok = f"edition {one.edition}: the content does not hash to its digest {one.digest[:12]}", False
        else:
            try:
                content.read(data)
            except InvalidProtocol as error:
                said, ok = f"edition {one.edition}: this software cannot read it: {error.message}", False
        found.append({"version": one.version, "edition": one.edition, "digest": one.digest, "is": said, "ok": ok})
    there = {one.digest for one in listed}
    for shipped in trials.shipped():
        digest = content.digest(shipped)
        if shipped.trial in {one.trial for one in listed} and digest not in there:
            said = f"edition {shipped.edition}: not installed: regimen db upgrade installs it"
            missing = {"version": shipped.version, "edition": shipped.edition, "digest": None, "is": said, "ok": True}
            found.append(missing)
    return found
