"""The command that gives a person a role."""

from __future__ import annotations

from datetime import date

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.cli.lazy import Command
from workflow.errors import Exit
from workflow.report.words.grammar import article


@click.command(cls=Command)
@click.argument("person")
@click.option(
    "--role",
    required=True,
    type=options.Word(words.roles),
    help="Their role; an unknown one is answered with the list. `regimen protocol show --roles` says who may do what.",
)
@click.option("--login", metavar="USER", help="The operating system's user that acts as them.  [default: none]")
@click.option("--from", "since", type=options.DAY, help="The first day that the role is theirs.  [default: always]")
@click.option("--until", type=options.DAY, help="The last day that the role is theirs.  [default: always]")
@options.writes(request=False, expect=False, role=False)
@pass_call
def add(call: Call, person: str, role: str, login: str | None, since: date | None, until: date | None) -> Exit:
    """Give a person a role, or bring one back in it.

    A person may have several roles, but an auditor has no other. One login may stand for several people, who then say
    which of them acts with --as. A person without a login takes part through a service, or not at all.
    """
    from workflow.cli.screen import result as results
    from workflow.cli.screen import streams
    from workflow.protocol.words import ADMINISTRATOR

    with call.trial() as trial:
        by = call.actor(trial, ADMINISTRATOR)
        result = trial.add_person(person, role, by=by, login=login, since=since, until=until, **call.how)
        today = trial.today()
        reached = any(one.login is not None and one.active for one in trial.people() if one.id == result.person.id)
    days = "".join(f" {word} {day}" for word, day in (("from", since), ("until", until)) if day is not None)
    code = results.show_of_person(call, result, "add", f"is {article(role)} {role} now{days}")
    if code is Exit.DONE and until is not None and until < today:
        streams.talk(f"regimen: {until} is past: the role is theirs no more")
    if code is Exit.DONE and login is None and not reached:
        streams.talk(f"regimen: no login acts as {person}; to use this command they need one (--login)")
    return code
