"""The command that shows a protocol version in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.cli import options
from workflow.cli.call import Call, pass_call
from workflow.cli.commands.protocol import arm_option, arms_of, file_option, find, version_option
from workflow.cli.lazy import Command

if TYPE_CHECKING:
    from workflow.protocol.model import Arm, Protocol


@click.command(cls=Command)
@version_option
@file_option
@arm_option
@click.option("--cycle", type=options.NUMBER, metavar="POSITION", help="The cycle at this position of the arm alone.")
@click.option("--criteria", is_flag=True, help="The eligibility criteria.")
@click.option("--terms", is_flag=True, help="The adverse event terms.")
@click.option("--rules", is_flag=True, help="What adverse events do to single agents.")
@click.option("--roles", is_flag=True, help="Who may ask for what.")
@options.shows
@pass_call
def show(
    call: Call,
    version: str | None,
    file: str | None,
    arm: str | None,
    cycle: int | None,
    criteria: bool,
    terms: bool,
    rules: bool,
    roles: bool,
) -> None:
    """A version in full.

    Arms, phases, and every cycle with what is given, by which route, when, how long, and the place in the record it is
    from. Doses stand apart, with their publications. Or, by option, the lists that belong to it.
    """
    from workflow.cli.screen import definition, json
    from workflow.cli.screen.page import Page
    from workflow.cli.screen.style import quiet
    from workflow.protocol import content

    found = find(version, file)
    arms = arms_of(found, arm)
    _position(found, arms, cycle)
    lists = {"criteria": criteria, "terms": terms, "toxicity_rules": rules, "permissions": roles}
    chosen = [name for name, wanted in lists.items() if wanted]
    if call.json:
        json.show(_as_json(content.plain(found), content.digest(found), [a.key for a in arms], cycle, chosen))
        return
    page = Page()
    if not chosen and arm is None and cycle is None:
        definition.title(page, found, content.digest(found))
    elif not chosen:
        page.add(quiet(f"{found.trial}, protocol version {found.version}"))
    if not chosen:
        for one in arms:
            if cycle is None or any(c.position == cycle for phase in one.phases for c in phase.cycles):
                definition.arm(page, found, one, cycle)
    if criteria:
        definition.criteria(page, found)
    if terms:
        definition.terms(page, found)
    if rules:
        definition.rules(page, found)
    if roles:
        definition.roles(page, found)
    page.show()


def _position(found: Protocol, arms: tuple[Arm, ...], cycle: int | None) -> None:
    from workflow.errors import NotFound

    positions = {c.position for arm in arms for phase in arm.phases for c in phase.cycles}
    if cycle is not None and cycle not in positions:
        which = f"arm {arms[0].key}" if len(arms) == 1 else "no arm"
        negated = f"{which} of version {found.version} has {'no' if len(arms) == 1 else 'a'} cycle at position {cycle}"
        raise NotFound(negated, hint=f"positions are 1 to {max(positions)}")


def _as_json(content: Any, digest: str, arms: list[str], cycle: int | None, lists: list[str]) -> Any:
    """The canonical content, or the arms, cycles or lists of it that were asked for."""
    if lists:
        return {name: content[name] for name in ("trial", "version", *lists)}
    kept = [arm for arm in content["arms"] if arm["key"] in arms]
    if cycle is not None:
        kept = [{**arm, "phases": _with_cycle(arm["phases"], cycle)} for arm in kept]
        kept = [arm for arm in kept if arm["phases"]]
    return {"digest": digest, **content, "arms": kept}


def _with_cycle(phases: list[Any], cycle: int) -> list[Any]:
    kept = ({**p, "cycles": [c for c in p["cycles"] if c["position"] == cycle]} for p in phases)
    return [phase for phase in kept if phase["cycles"]]
