"""The commands that ask, answer and close a query."""

from __future__ import annotations

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import Exit


def _text(*, required: bool) -> options.Decorator:
    return click.option("--text", type=options.WORDS, required=required, help="In words; kept apart from the entry.")


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.argument("entry", type=options.NUMBER)
@_text(required=True)
@options.writes()
@pass_call
def ask(call: Call, patient: str, entry: int, text: str) -> Exit:
    """Ask about an entry of a patient's.

    It is an auditor's to do. The number of the entry that asks is the query's: it is answered and closed by it.
    """
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        by = call.actor(trial, "auditor")
        return results.show(call, trial, trial.ask_query(patient, entry, text, by=by, **call.how))


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.argument("query", type=options.NUMBER)
@_text(required=True)
@options.writes()
@pass_call
def answer(call: Call, patient: str, query: int, text: str) -> Exit:
    """Answer the query that entry QUERY asks.

    Whoever may do anything to the patient may answer. What was recorded wrongly is put right by `regimen correct`.
    """
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        return results.show(call, trial, trial.answer_query(patient, query, text, by=call.actor(trial), **call.how))


@click.command(cls=Command)
@click.argument("patient", type=options.PATIENT)
@click.argument("query", type=options.NUMBER)
@_text(required=False)
@options.writes()
@pass_call
def close(call: Call, patient: str, query: int, text: str | None) -> Exit:
    """Close the query that entry QUERY asks, answered or not.

    It is an auditor's to do.
    """
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        by = call.actor(trial, "auditor")
        return results.show(call, trial, trial.close_query(patient, query, by=by, text=text, **call.how))
