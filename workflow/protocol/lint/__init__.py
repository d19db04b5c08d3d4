"""Static analysis of a protocol: numbered findings, all of them at once. Pure, and it answers for broken protocols too.

``lint(protocol)`` returns what is wrong; ``CHECKS`` lists every finding there is, by number, with its meaning. A number
keeps its meaning for good. The checks stand in the modules of this package by what they look at, one function each.
"""

from __future__ import annotations

from workflow.protocol.lint import names, paths, references, sources, times, values  # noqa: F401 - each adds to CHECKS
from workflow.protocol.lint.finding import CHECKS, Check, Finding
from workflow.protocol.lint.subject import Subject
from workflow.protocol.model import Protocol

__all__ = ["CHECKS", "Check", "Finding", "lint"]


def lint(protocol: Protocol) -> tuple[Finding, ...]:
    """Everything that is wrong with ``protocol``, in the order of the numbers."""
    subject = Subject(protocol)
    return tuple(found for code in sorted(CHECKS) for found in CHECKS[code].findings(subject))
