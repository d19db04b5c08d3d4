"""The reasons of a decision as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from workflow.report.views import Reason

if TYPE_CHECKING:
    from workflow.engine import decision
    from workflow.engine.course import Definition


def shown(
    reasons: Iterable[decision.Reason], definition: Definition | None, zone: str | None = None
) -> tuple[Reason, ...]:
    """Each with its sentences, in the words of the protocol where there is one.

    A day that is called today is one in ``zone``, the trial's, where it was asked now.
    """
    if not reasons:
        return ()
    from workflow.report.words.reasons import lifts, sentence

    return tuple(
        Reason(
            one.code,
            sentence(one, definition) + (f" ({zone})" if zone is not None and "today" in one.args else ""),
            lifts(one, definition),
            one.strength,
            one.evidence,
            one.args,
        )
        for one in reasons
    )
