"""What answers follow from, part by part: an answer that is kept goes by one of these subjects and by nothing else."""

from __future__ import annotations

from typing import Any

from workflow.engine.facts.adverse_event import AdverseEvent, AdverseEventNews
from workflow.engine.facts.eligibility import Eligibility
from workflow.engine.facts.hold import Hold
from workflow.engine.facts.response import Response
from workflow.engine.facts.resume import Resume


class Subject:
    """The facts of some kinds; with ``steps`` the steps that were taken, too."""

    __slots__ = ("kinds", "steps")

    def __init__(self, *kinds: type[Any], steps: bool = False) -> None:
        self.kinds = kinds
        self.steps = steps


STEPS = Subject(steps=True)
EVENTS = Subject(AdverseEvent, AdverseEventNews)
ELIGIBILITY = Subject(Eligibility)
RESPONSES = Subject(Response, steps=True)
HOLDS = Subject(Hold, Resume, steps=True)
BARS = Subject(Eligibility, Response, Hold, Resume, AdverseEvent, AdverseEventNews, steps=True)  # what may bar a dose

SUBJECTS = (STEPS, EVENTS, ELIGIBILITY, RESPONSES, HOLDS, BARS)
KINDS = frozenset(kind for subject in SUBJECTS for kind in subject.kinds)
