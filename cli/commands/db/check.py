"""The command that checks the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.errors import Exit

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from workflow.store.transaction import Transaction


@click.command()
@options.reads
@pass_call
def check(call: Call) -> Exit:
    """Check that the database is as it should be.

    Its schema, how it keeps what was committed, the triggers that close the log to change, and whether the installed
    protocol versions are those of this software. Whether the log itself was altered is for `regimen audit verify`.
    """
    from workflow.cli.screen import json, streams
    from workflow.cli.screen.page import Page
    from workflow.cli.screen.style import bad, good, quiet
    from workflow.store.engine import create_engine
    from workflow.store.transaction import Transactions

    engine = create_engine(call.database)
    _revision_or_raise(engine)
    transactions = Transactions(engine)
    with transactions.reading() as tx:
        found = {"database": call.shown_database(), **_looked_at(tx)}
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
        row("schema", found["schema"]["revision"], ok=True)
        row("storage", found["storage"]["is"], ok=found["storage"]["ok"])
        missing = found["triggers"]["missing"]
        row("triggers", f"missing: {', '.join(missing)}" if missing else "all there", ok=not missing)
        for version in found["protocols"]:
            row("protocol", f"{version['version']}  {version['is']}", ok=version["ok"])
        page.show()
    if not sound:
        streams.complain("the database is not as it should be")
    return Exit.DONE if sound else Exit.DATABASE


def _revision_or_raise(engine: Engine) -> None:
    from workflow.store.transaction import Transactions
    from workflow.store.upgrade import require_current

    transactions = Transactions(engine)
    with transactions.reading() as tx:
        require_current(tx.connection)
    transactions.close()


def _looked_at(tx: Transaction) -> dict[str, Any]:
    from workflow.store.audit import missing_triggers
    from workflow.store.schema import REVISIONS

    missing = missing_triggers(tx)
    return {
        "schema": {"revision": REVISIONS[-1], "ok": True},
        "storage": _sqlite(tx) if tx.sqlite else _postgresql(tx),
        "triggers": {"missing": missing, "ok": not missing},
        "protocols": _protocols(tx),
    }


_SYNCHRONOUS = ("off", "normal", "full", "extra")


def _sqlite(tx: Transaction) -> dict[str, Any]:
    """Which library, and which pair of journal and synchronous: some pairs lose commits when the power fails."""
    import sqlite3

    from workflow.store.engine import JOURNAL, SYNCHRONOUS, WAL_IS_SOUND

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
        "is": said if ok else f"{said}; it should be journal {JOURNAL}, synchronous {SYNCHRONOUS}",
        "ok": ok,
    }


def _postgresql(tx: Transaction) -> dict[str, Any]:
    def setting(name: str) -> str:
        return str(tx.connection.exec_driver_sql(f"SHOW {name}").scalar())

    version, commit, fsync = setting("server_version"), setting("synchronous_commit"), setting("fsync")
    said = f"PostgreSQL {version}, synchronous_commit {commit}, fsync {fsync}"
    ok = commit != "off" and fsync == "on"
    return {
        "kind": "postgresql",
        "version": version,
        "synchronous_commit": commit,
        "fsync": fsync,
        "is": said if ok else f"{said}: commits may be lost when the power fails",
        "ok": ok,
    }


def _protocols(tx: Transaction) -> list[dict[str, Any]]:
    from workflow import trials
    from workflow.protocol import content
    from workflow.store import contents

    found = []
    for version, installed in contents.digests(tx).items():
        ours = content.digest(trials.find(version)) if version in trials.VERSIONS else None
        if ours is None:
            said = "this software does not have it"
        elif ours != installed:
            said = f"this software has other content: digest {ours[:12]}, installed was {installed[:12]}"
        else:
            said = f"digest {installed[:12]}"
        same = {"version": version, "installed": installed, "software": ours, "is": said, "ok": ours == installed}
        found.append(same)
    for version in trials.VERSIONS:
        if not any(one["version"] == version for one in found):
            said = "not installed: regimen db upgrade installs it"
            found.append({"version": version, "installed": None, "software": None, "is": said, "ok": True})
    return found
