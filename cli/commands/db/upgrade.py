"""The command that brings the database up to date."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call

if TYPE_CHECKING:
    from sqlalchemy import Engine


@click.command()
@options.writes(request=False, expect=False)
@pass_call
def upgrade(call: Call) -> None:
    """Bring the database up to date with this software.

    The schema first, then the protocol versions that it does not have yet. Nothing recorded is lost or changed.
    """
    from workflow.cli.screen import json, style
    from workflow.cli.screen.result import nothing_written
    from workflow.desk.trial import Trial
    from workflow.store.engine import create_engine
    from workflow.store.schema import REVISIONS

    engine = create_engine(call.database)
    before: str | None = _revision(engine)
    if call.dry:
        after = REVISIONS[-1]
        installed: tuple[str, ...] = _missing(engine) if before == after else ()
    else:
        from workflow.store import upgrade as schema

        before, after = schema.upgrade(engine)
        with Trial(engine) as trial:
            missing = _missing(engine)
            installed = trial.install(by=call.actor(trial, "administrator")) if missing else ()
    engine.dispose()
    if call.json:
        json.show({"before": before, "after": after, "installed": installed})
    elif before == after and not installed:
        style.line(f"the database is up to date: schema {after}")
    else:
        versions = f"; protocol versions installed: {', '.join(installed)}" if installed else ""
        style.line(f"schema {before} -> {after}{versions}")
    if call.dry:
        nothing_written()


def _revision(engine: Engine) -> str:
    """The schema that the database has; an error where it has none, or one that this software does not know."""
    from workflow.errors import SchemaOlder
    from workflow.store.transaction import Transactions
    from workflow.store.upgrade import inspect, require_current

    transactions = Transactions(engine)
    with transactions.reading() as tx:
        found = inspect(tx.connection).revision
        with suppress(SchemaOlder):
            require_current(tx.connection)
    transactions.close()
    assert found is not None
    return found


def _missing(engine: Engine) -> tuple[str, ...]:
    from workflow import trials
    from workflow.store import contents
    from workflow.store.transaction import Transactions

    transactions = Transactions(engine)
    with transactions.reading() as tx:
        there = contents.digests(tx)
    transactions.close()
    return tuple(version for version in trials.VERSIONS if version not in there)
