"""The command that sets a new database up."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, login, pass_call


@click.command()
@click.option("--administrator", metavar="PERSON", help="The first administrator.  [default: your login's name]")
@click.option("--dry-run", is_flag=True, help="Look whether it could be done, and write nothing.")
@options.reads
@pass_call
def init(call: Call, administrator: str | None, dry_run: bool) -> None:
    """Set up a new database.

    It gets the tables, the protocol versions that come with this software, and its first administrator, who acts
    through your login and adds the others.
    """
    from workflow.cli.screen import json, streams, style
    from workflow.cli.screen.result import nothing_written
    from workflow.desk.trial import Trial
    from workflow.desk.write import Actor

    user = login()
    by = Actor(administrator or user, "os", user)
    if dry_run:
        installed = _could_be(call.database, by.id)
    else:
        with Trial.init(call.database, by=by) as trial:
            installed = trial.installed()
    database = call.shown_database()
    if call.json:
        json.show({"database": database, "administrator": by.id, "login": user, "installed": installed})
        if dry_run:
            nothing_written()
        return
    verb = "could be" if dry_run else "is"
    style.line(f"{database} {verb} set up: protocol versions {', '.join(installed)}; administrator {by.id}")
    if dry_run:
        nothing_written()
    else:
        streams.talk("regimen: next, say who takes part, each with the login that acts for them, such as")
        for person, role in (("NAME", "coordinator"), ("NAME", "investigator")):
            streams.talk(f"  {call.typed('people add', person, '--role', role, '--login', 'USER')}")


def _could_be(url: str, administrator: str) -> tuple[str, ...]:
    """The protocol versions that a new database would get; an error where none could be set up."""
    from workflow import trials
    from workflow.desk import inputs
    from workflow.errors import AlreadyExists, DatabaseMissing, NotOurDatabase
    from workflow.store.engine import create_engine
    from workflow.store.transaction import Transactions
    from workflow.store.upgrade import inspect

    inputs.person(administrator)
    try:
        engine = create_engine(url)
    except DatabaseMissing:
        return trials.VERSIONS
    with Transactions(engine).reading() as tx:
        state = inspect(tx.connection)
    engine.dispose()
    if state.revision is not None:
        raise AlreadyExists("there is a trial in this database already", hint="regimen show tells who is in it")
    if not state.empty:
        raise NotOurDatabase("the database holds other tables and none of ours", hint="name another database")
    return trials.VERSIONS
