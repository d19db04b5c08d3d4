"""The facts: one module a kind, and the closed union of them, which is the dictionary of the log.

A new kind is a module here and its line in ``FACTS``; with it come a command, and a permission in the protocol.
"""

from __future__ import annotations

from workflow.engine.facts.adverse_event import AdverseEvent, AdverseEventNews
from workflow.engine.facts.consent import Consent
from workflow.engine.facts.contact import Contact
from workflow.engine.facts.counts import Counts
from workflow.engine.facts.dose import Dose
from workflow.engine.facts.eligibility import Eligibility
from workflow.engine.facts.fact import Fact, Telling, When
from workflow.engine.facts.hold import Hold
from workflow.engine.facts.response import Response
from workflow.engine.facts.resume import Resume

FACTS: tuple[type[Fact], ...] = (
    Consent,
    Eligibility,
    AdverseEvent,
    AdverseEventNews,
    Counts,
    Response,
    Dose,
    Hold,
    Resume,
    Contact,
)
BY_KIND = {kind.KIND: kind for kind in FACTS}
KINDS = tuple(BY_KIND)

__all__ = ["BY_KIND", "FACTS", "KINDS", "Fact", "Telling", "When"]
