"""The command that brings the database up to date."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call, trusts_clock
from workflow.cli.lazy import Command

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from workflow.desk.trial import Upgraded


@click.command(cls=Command)
@options.writes(request=False, expect=False, role=False)
@pass_call
def upgrade(call: Call) -> None:
    """Bring the database up to date with this software.

    The schema first, then the protocol versions of its trial that it does not have yet, then the patients whose rows an
    earlier version of the software wrote. Nothing recorded is lost or changed. It can be interrupted, and run again.
    """
    from workflow.cli.screen import json, streams
    from workflow.cli.screen.result import nothing_written
    from workflow.store.engine import create_engine
    from workflow.store.schema import REVISIONS

    engine = create_engine(call.database)
    before: str | None = _revision(engine)
    if call.dry:
        after = REVISIONS[-1]
        done = _would_be(engine) if before == after else None
    else:
        from workflow.store import upgrade as schema

        before, after = schema.upgrade(engine)
        done = _brought_up(call, engine)
        streams.recorded("the database is upgraded")
    engine.dispose()
    installed, folded = (done.installed, done.folded) if done is not None else ((), 0)
    if call.json:
        json.show({"before": before, "after": after, "installed": installed, "folded": folded})
    else:
        _show(before, after, installed, folded)
    if call.dry:
        nothing_written()


def _show(before: str | None, after: str, installed: tuple[str, ...], folded: int) -> None:
    from workflow.cli.screen import style
    from workflow.report.words.grammar import several

    if before == after and not installed and not folded:
        style.line(f"the database is up to date: schema {after}")
        return
    said = [f"schema {before} -> {after}"]
    said += [f"protocol versions installed: {', '.join(installed)}"] if installed else []
    said += [f"{several(folded, 'patient')} folded anew"] if folded else []
    style.line("; ".join(said))


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


def _brought_up(call: Call, engine: Engine) -> Upgraded:
    from workflow.cli.screen import progress
    from workflow.desk.trial import Trial
    from workflow.protocol.words import ADMINISTRATOR

    with Trial(engine, trust_clock=trusts_clock()) as trial, progress.bar("folding anew", "patients") as counting:
        return trial.upgrade(by=call.actor(trial, ADMINISTRATOR), progress=counting)


def _would_be(engine: Engine) -> Upgraded:
    """What there would be to do, beside the schema."""
    from workflow import trials
    from workflow.desk.protocols import Protocols
    from workflow.desk.trial import Upgraded
    from workflow.engine.numbers import FOLD
    from workflow.store import log
    from workflow.store.transaction import Transactions

    transactions = Transactions(engine)
    protocols = Protocols(transactions)
    with transactions.reading() as tx:
        protocols.read(tx)
        stale = log.count_stale(tx, FOLD)
    transactions.close()
    return Upgraded(tuple(one.version for one in protocols.missing(trials.shipped())), stale)
