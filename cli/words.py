"""The words of a trial that people type, asked of its definition for the shell's completion. None of them stands here.

A function answers the words that a definition has for one thing. ``installed`` and ``shipped`` are where definitions
come from; where a database cannot be asked there are none, and nothing is offered.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from workflow.cli.call import Call
from workflow.errors import WorkflowError

if TYPE_CHECKING:
    from workflow.engine.course import Definition

MOST_PATIENTS = 50  # offered at once: more are narrowed by typing on

# ── what a definition has ──────────────────────────────────────────────────────────────────────────────────────────


def versions(definition: Definition) -> Iterable[str]:
    return (definition.version,)


def arms(definition: Definition) -> Iterable[str]:
    return (arm.key for arm in definition.protocol.arms)


def triggers(definition: Definition) -> Iterable[str]:
    return definition.triggers


def routes(definition: Definition) -> Iterable[str]:
    from workflow.protocol.model import CriterionKind

    return (one.id for one in definition.protocol.criteria if one.kind is CriterionKind.ROUTE)


def agents(definition: Definition) -> Iterable[str]:
    return definition.agent_titles


def responses(definition: Definition) -> Iterable[str]:
    return definition.meanings


def mrd(definition: Definition) -> Iterable[str]:
    from workflow.engine.facts.response import MRD

    return MRD


def hold_codes(definition: Definition) -> Iterable[str]:
    return definition.protocol.hold_codes


def roles(definition: Definition) -> Iterable[str]:
    from workflow.protocol.words import RESERVED_ROLES

    return (*(role.key for role in definition.protocol.roles), *RESERVED_ROLES)


# ── whom to ask ────────────────────────────────────────────────────────────────────────────────────────────────────


def installed(call: Call) -> list[Definition]:
    """The definitions in the database that the call names, the newest first, but for those that cannot be run here."""
    found = []
    with suppress(WorkflowError), call.trial() as trial:
        for version in reversed(trial.installed()):
            with suppress(WorkflowError):
                found.append(trial.definition(version))
    return found


def shipped(call: Call) -> list[Definition]:
    """The definitions that come with this software, the newest first, for commands that need no database."""
    from workflow import trials
    from workflow.engine.course import Definition

    return [Definition(protocol) for protocol in reversed(trials.shipped())]


def patients(call: Call, beginning: str) -> tuple[str, ...]:
    """The first patients in the database that the call names whose ids begin so."""
    with suppress(WorkflowError), call.trial() as trial:
        return trial.patient_ids(beginning, limit=MOST_PATIENTS)
    return ()
