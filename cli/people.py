"""Commands about who takes part, in which role."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.errors import Exit

if TYPE_CHECKING:
    from workflow.report.views import PersonResult


@click.group()
def people() -> None:
    """Who takes part, in which role."""


@people.command("list")
@options.reads
@pass_call
def list_(call: Call) -> None:
    """List everybody, also those who no longer take part."""
    from workflow.cli import output

    with call.trial() as trial:
        found = trial.people()
    if call.json:
        output.as_json({"items": found})
        return
    rows = ((one.id, one.role, one.login or output.NOTHING, "yes" if one.active else "no") for one in found)
    output.table(("person", "role", "login", "active"), rows)


@people.command()
@click.argument("person")
@click.option("--role", required=True, type=options.Word(words.ROLES), help=f"{words.listed(words.ROLES)}.")
@click.option("--login", metavar="USER", help="The operating system's user that acts as them.  [default: none]")
@options.writes(request=False, expect=False)
@pass_call
def add(call: Call, person: str, role: str, login: str | None) -> Exit:
    """Add a person in a role, or bring one back.

    One login may stand for several people, who then say which of them acts with --as. A person without a login takes
    part through a service, or not at all.
    """
    from workflow.cli import output
    from workflow.cli.results import article

    with call.trial() as trial:
        result = trial.add_person(person, role, by=call.actor(trial, "administrator"), login=login, **call.how)
    code = _told(call, result, "add", f"is {article(role)} {role} now")
    if code is Exit.DONE and login is None:
        output.talk(f"regimen: no login acts as {person}; to use this command they need one (--login)")
    return code


@people.command()
@click.argument("person")
@options.writes(request=False, expect=False)
@pass_call
def deactivate(call: Call, person: str) -> Exit:
    """End a person's part; their entries keep their name."""
    with call.trial() as trial:
        result = trial.deactivate_person(person, by=call.actor(trial, "administrator"), **call.how)
    return _told(call, result, "deactivate", "takes no part any more")


def _told(call: Call, result: PersonResult, action: str, done: str) -> Exit:
    from workflow.cli import output
    from workflow.cli.results import refused

    if call.json:
        output.as_json(result)
    if not result.allowed:
        refused(f"people {action} {result.person.id}", result.reasons, None)
    elif not call.json:
        output.line(f"{result.person.id} {done}" if not call.dry else f"{result.person.id}: people {action} is allowed")
    if call.dry:
        output.talk("regimen: dry run, nothing was written")
    return Exit.DONE if result.allowed else Exit.REFUSED
