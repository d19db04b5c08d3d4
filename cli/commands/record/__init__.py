"""Commands that record what happened to a patient, and how each of them does it."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from workflow.cli import options
from workflow.cli.call import Call
from workflow.cli.lazy import Lazy, LazyGroup
from workflow.errors import Exit

note = click.option("--note", type=options.WORDS, help="Anything to add, in words. No names, no birth dates.")


@click.group(
    cls=LazyGroup,
    sections={
        "Commands": {
            "ae": Lazy("workflow.cli.commands.record.adverse_event:ae", "An adverse event, or news of an earlier one."),
            "consent": Lazy("workflow.cli.commands.record.consent:consent", "Written informed consent."),
            "contact": Lazy("workflow.cli.commands.record.contact:contact", "The patient was known to be alive."),
            "counts": Lazy("workflow.cli.commands.record.counts:counts", "Blood counts."),
            "dose": Lazy("workflow.cli.commands.record.dose:dose", "A dose given."),
            "eligibility": Lazy(
                "workflow.cli.commands.record.eligibility:eligibility", "The answers to the eligibility criteria."
            ),
            "response": Lazy("workflow.cli.commands.record.response:response", "A response assessment."),
        }
    },
)
def record() -> None:
    """Record consent, counts, adverse events, doses..."""


def carry_out(call: Call, method: str, patient: str, **fact: Any) -> Exit:
    """Record a fact by the method of ``Trial`` of that name, and show what came of it."""
    from workflow.cli.screen import result as results

    with call.trial() as trial:
        by = call.actor(trial)
        return results.carried_out(
            call, trial, patient, partial(getattr(trial, method), patient, by=by, **fact, **call.how)
        )
