"""The command that sets a new database up."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, login, pass_call
from workflow.cli.lazy import Command


@click.command(cls=Command)
@click.option("--administrator", metavar="PERSON", help="The first administrator.  [default: your login's name]")
@click.option(
    "--protocol",
    "files",
    multiple=True,
    metavar="FILE",
    help="Install the protocol version in this file. May be repeated.  [default: those that come with this software]",
)
@click.option(
    "--zone",
    metavar="ZONE",
    help="The time zone of the trial's site, such as America/Chicago: it says which day is today.  [default: this"
    " machine's own]",
)
@click.option("--dry-run", is_flag=True, help="Look whether it could be done, and write nothing.")
@options.reads
@pass_call
def init(call: Call, administrator: str | None, files: tuple[str, ...], zone: str | None, dry_run: bool) -> None:
    """Set up a new database.

    It gets the tables, its protocol versions, and its first administrator, who acts through your login and adds the
    others. With --protocol it runs the trial in those files, whichever that is.
    """
    from workflow.cli.screen import json, streams, style
    from workflow.cli.screen.result import nothing_written
    from workflow.desk import site
    from workflow.desk.request import Actor
    from workflow.desk.trial import Trial
    from workflow.protocol.words import ADMINISTRATOR
    from workflow.store.file import warnings_of

    user = login()
    by = Actor(administrator or user, "os", user)
    given = _read(files)
    own = zone is None
    zone = site.checked(zone) if zone is not None else site.of_this_machine()
    roles: tuple[str, ...] = ()
    if dry_run:
        installed = _could_be(call.database, by.id, given)
    else:
        with Trial.init(call.database, by=by, protocols=given, zone=zone) as trial:
            streams.recorded("the database is set up")
            installed, roles = trial.installed(), trial.roles()
            for said in warnings_of(trial.engine.url):
                streams.complain(said)
    database = call.shown_database()
    now = site.Site(site.local_now).moment_in(zone)
    if call.json:
        json.show(
            {
                "database": database,
                "administrator": by.id,
                "login": user,
                "installed": installed,
                "today": now.today,
                "zone": now.zone,
            }
        )
        if dry_run:
            nothing_written()
        return
    verb = "could be" if dry_run else "is"
    style.line(f"{database} {verb} set up: protocol versions {', '.join(installed)}; administrator {by.id}")
    whose = ", by this machine's own zone: --zone names another" if own else ""
    style.line(f"today is {now.said}", style.quiet(whose))
    if dry_run:
        nothing_written()
        return
    streams.talk("regimen: next, say who takes part, each with the login that acts for them, such as")
    for role in roles:
        if role != ADMINISTRATOR:
            streams.talk(f"  {call.typed('people add NAME', '--role', role, '--login', 'USER')}")


def _read(files: tuple[str, ...]) -> list[bytes] | None:
    """What the files hold; None where none was named."""
    from workflow.cli.commands.protocol import read

    return [data for data, _ in map(read, files)] or None


def _could_be(url: str, administrator: str, given: list[bytes] | None) -> tuple[str, ...]:
    """The protocol versions that a new database would get; an error where none could be set up."""
    from workflow import trials
    from workflow.desk import inputs
    from workflow.desk.protocols import require_sound
    from workflow.errors import AlreadyExists, DatabaseMissing, NotOurDatabase
    from workflow.protocol import content
    from workflow.store.engine import create_engine
    from workflow.store.transaction import Transactions
    from workflow.store.upgrade import inspect

    inputs.person(administrator)
    versions = trials.VERSIONS
    if given is not None:
        require_sound(given)
        versions = tuple(dict.fromkeys(content.read(data).version for data in given))
    try:
        engine = create_engine(url)
    except DatabaseMissing:
        return versions
    with Transactions(engine).reading() as tx:
        state = inspect(tx.connection)
    engine.dispose()
    if state.revision is not None:
        raise AlreadyExists("there is a trial in this database already", hint="regimen show tells who is in it")
    if not state.empty:
        raise NotOurDatabase("the database holds other tables and none of ours", hint="name another database")
    return versions
