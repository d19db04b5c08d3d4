"""Static analysis of a protocol: numbered findings, all of them at once. Pure, and it answers for broken protocols too.

``lint(protocol, facts)`` returns what is wrong; ``CHECKS`` lists every finding there is, by number, with its meaning. A
number keeps its meaning for good. Verification holds what is installed to them once more, so one that is added, or that
finds more, raises the engine's number. The checks stand in the modules of this package by what they look at, one
function each.
"""

from __future__ import annotations

from collections.abc import Collection

from workflow.errors import InvalidProtocol
from workflow.protocol.lint import (  # noqa: F401 - each adds to CHECKS
    declared,
    names,
    paths,
    references,
    sources,
    times,
    values,
)
from workflow.protocol.lint.finding import CHECKS, Check, Finding
from workflow.protocol.lint.subject import Subject
from workflow.protocol.model import Protocol

__all__ = ["CHECKS", "Check", "Finding", "lint", "require_sound"]


def require_sound(protocol: Protocol, facts: Collection[str]) -> None:
    """Raise ``InvalidProtocol`` where anything is found."""
    found = lint(protocol, facts)
    if found:
        first = found[0]
        raise InvalidProtocol(
            f"{len(found)} {'finding' if len(found) == 1 else 'findings'} of static analysis, the first {first.code} at"
            f" {first.where}: {first.message}",
            hint="regimen protocol lint --file FILE lists them",
        )


def lint(protocol: Protocol, facts: Collection[str]) -> tuple[Finding, ...]:
    """Everything that is wrong with ``protocol``, in the order of the numbers.

    ``facts`` are the kinds of facts that the engine records: they live a floor above, and permissions name them.
    """
    subject = Subject(protocol, facts)
    return tuple(found for code in sorted(CHECKS) for found in CHECKS[code].findings(subject))
