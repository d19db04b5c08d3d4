"""Commands about the protocol versions that come with this software. They need no database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workflow.cli import options, words
from workflow.cli.call import Call, pass_call
from workflow.errors import Exit

if TYPE_CHECKING:
    from workflow.protocol.model import Arm, Protocol

version_option = click.option(
    "--version",
    metavar="VERSION",
    type=options.Word(words.VERSIONS),
    help="Which version.  [default: the newest]",
)
arm_option = click.option("--arm", type=options.Word(words.ARMS), help="This arm alone.")


@click.group()
def protocol() -> None:
    """The protocol versions that come with this software."""


def _find(version: str | None) -> Protocol:
    from workflow import trials
    from workflow.engine.facts import shown
    from workflow.errors import UnknownProtocol

    if version is not None and version not in trials.VERSIONS:
        raise UnknownProtocol(
            f"no protocol version {shown(version)} comes with this software",
            hint=f"there are {', '.join(trials.VERSIONS)}",
        )
    return trials.find(version or trials.DEFAULT)


def _arms(found: Protocol, key: str | None) -> tuple[Arm, ...]:
    from workflow.engine.facts import shown
    from workflow.errors import UnknownArm

    if key is None:
        return found.arms
    one = found.arm(key)
    if one is None:
        known = ", ".join(arm.key for arm in found.arms)
        raise UnknownArm(f"version {found.version} has no arm {shown(key)}", hint=f"its arms are {known}")
    return (one,)


@protocol.command("list")
@options.shows
@pass_call
def list_(call: Call) -> None:
    """List the versions."""
    from workflow import trials
    from workflow.cli import output
    from workflow.protocol import content

    shipped = [(one, content.digest(one), one.version == trials.DEFAULT) for one in trials.shipped()]
    if call.json:
        items = [
            {
                "version": one.version,
                "trial": one.trial,
                "arms": [arm.key for arm in one.arms],
                "summary": one.summary,
                "digest": digest,
                "default": default,
            }
            for one, digest, default in shipped
        ]
        output.as_json({"items": items})
        return
    rows = (
        (
            output.strong(one.version + (" (default)" if default else "")),
            one.trial,
            ", ".join(arm.key for arm in one.arms),
            digest[:12],
            one.summary,
        )
        for one, digest, default in shipped
    )
    output.table(("version", "trial", "arms", "digest", "what it is"), rows)


@protocol.command()
@version_option
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
    from workflow.cli import definition, output
    from workflow.protocol import content

    found = _find(version)
    arms = _arms(found, arm)
    _position(found, arms, cycle)
    lists = {"criteria": criteria, "terms": terms, "toxicity_rules": rules, "permissions": roles}
    chosen = [name for name, wanted in lists.items() if wanted]
    if call.json:
        output.as_json(_as_json(content.plain(found), content.digest(found), [a.key for a in arms], cycle, chosen))
        return
    page = output.Page()
    if not chosen and arm is None and cycle is None:
        definition.title(page, found, content.digest(found))
    elif not chosen:
        page.add(output.quiet(f"{found.trial}, protocol version {found.version}"))
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


@protocol.command()
@version_option
@options.shows
@pass_call
def lint(call: Call, version: str | None) -> Exit:
    """Look for mistakes in a version.

    Every finding in a line, with its number; exit code 7 where there is one.
    """
    from workflow.cli import output
    from workflow.protocol.lint import CHECKS
    from workflow.protocol.lint import lint as look

    one = _find(version)
    found = look(one)
    if call.json:
        output.as_json({"version": one.version, "checks": len(CHECKS), "items": found})
    else:
        for finding in found:
            output.line(output.bad(finding.code), f" {finding.slug}  {finding.where}: {finding.message}")
        if not found:
            output.line(f"version {one.version}: {len(CHECKS)} checks, nothing found")
    if found:
        output.complain(f"version {one.version} has {len(found)} {'finding' if len(found) == 1 else 'findings'}")
    return Exit.VERIFICATION if found else Exit.DONE


@protocol.command()
@click.argument("reading", required=False)
@version_option
@options.shows
@pass_call
def readings(call: Call, reading: str | None, version: str | None) -> None:
    """The choices made where the record leaves something open.

    With READING, such as A1, that one in full: the question, what is possible, what was taken, and why.
    """
    from workflow.cli import definition, output
    from workflow.engine.facts import shown
    from workflow.errors import NotFound

    one = _find(version)
    found = [r for r in one.readings if reading is None or r.id.lower() == reading.lower()]
    if not found and reading is not None:
        raise NotFound(
            f"version {one.version} has no reading {shown(reading)}", hint="regimen protocol readings lists them"
        )
    if call.json:
        output.as_json({"version": one.version, "items": found})
        return
    page = output.Page()
    if reading is not None:
        definition.reading(page, found[0])
    else:
        definition.readings(page, found)
    page.show()
    if reading is None:
        grades = "; ".join(f"{key} {meaning}" for key, meaning in definition.GRADES.items())
        output.talk(f"regimen: settled by {grades}; regimen protocol readings ID says more")


@protocol.command()
@version_option
@arm_option
@click.option("--phases", is_flag=True, help="Each phase as one state.")
@options.shows
@pass_call
def diagram(call: Call, version: str | None, arm: str | None, phases: bool) -> None:
    """The state machine of an arm, as Mermaid text.

    Without --arm, every arm's, each in a block of a Markdown page.
    """
    from workflow.cli import output
    from workflow.protocol.diagram import mermaid
    from workflow.protocol.table import table

    found = _find(version)
    drawn = [{"arm": one.key, "mermaid": mermaid(table(one), cycles=not phases)} for one in _arms(found, arm)]
    if call.json:
        output.as_json({"version": found.version, "items": drawn})
    elif arm is not None:
        output.write(drawn[0]["mermaid"])
    else:
        output.write("\n".join(f"## Arm {one['arm']}\n\n```mermaid\n{one['mermaid']}```\n" for one in drawn))
