"""The command that adds a person."""

from __future__ import annotations

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.errors import Exit
from workflow.report.words.grammar import article


@click.command()
@click.argument("person")
@click.option(
    "--role",
    required=True,
    type=options.Word(words.roles),
    help="Their role; an unknown one is answered with the list. `regimen protocol show --roles` says who may do what.",
)
@click.option("--login", metavar="USER", help="The operating system's user that acts as them.  [default: none]")
@options.writes(request=False, expect=False)
@pass_call
def add(call: Call, person: str, role: str, login: str | None) -> Exit:
    """Add a person in a role, or bring one back.

    One login may stand for several people, who then say which of them acts with --as. A person without a login takes
    part through a service, or not at all.
    """
    from workflow.cli.screen import result as results
    from workflow.cli.screen import streams

    with call.trial() as trial:
        result = trial.add_person(person, role, by=call.actor(trial, "administrator"), login=login, **call.how)
    code = results.show_of_person(call, result, "add", f"is {article(role)} {role} now")
    if code is Exit.DONE and login is None:
        streams.talk(f"regimen: no login acts as {person}; to use this command they need one (--login)")
    return code
