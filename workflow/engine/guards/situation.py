"""What a guard looks at, and what it answers with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workflow.engine.as_of import AsOf
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.decision import Proposal, Reason

Reasons = Iterator[Reason]


@dataclass(slots=True)
class Situation:
    """A proposal about a patient. ``then`` is what stood on the day that it is about.

    A guard asks ``then``. The chart itself, with what is dated later, is for those that look for contradictions.
    """

    definition: Definition
    chart: Chart
    then: AsOf
    proposal: Proposal
