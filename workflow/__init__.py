"""A treatment protocol run as code: every step decided by guards, every attempt one entry in an append-only log.

The public names are those of ``__all__``. Importing this package imports no SQL; ``Trial`` is loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.version import VERSION

__version__ = VERSION

if TYPE_CHECKING:
    from workflow.desk.request import Actor
    from workflow.desk.trial import Trial
    from workflow.engine.decision import Mode, Outcome, Strength
    from workflow.report.remarks import Deviation, QueryView
    from workflow.report.review import PatientReview, ReviewItem
    from workflow.report.views import Choice, DueItem, DuePage, Entry, Outlook, PatientView, Reason, Result
    from workflow.store.log import Filter

_HOMES = {
    "Actor": "workflow.desk.request",
    "Choice": "workflow.report.views",
    "Deviation": "workflow.report.remarks",
    "DueItem": "workflow.report.views",
    "DuePage": "workflow.report.views",
    "Entry": "workflow.report.views",
    "Filter": "workflow.store.log",
    "Mode": "workflow.engine.decision",
    "Outcome": "workflow.engine.decision",
    "Outlook": "workflow.report.views",
    "PatientReview": "workflow.report.review",
    "PatientView": "workflow.report.views",
    "QueryView": "workflow.report.remarks",
    "Reason": "workflow.report.views",
    "Result": "workflow.report.views",
    "ReviewItem": "workflow.report.review",
    "Strength": "workflow.engine.decision",
    "Trial": "workflow.desk.trial",
}

__all__ = [
    "Actor",
    "Choice",
    "Deviation",
    "DueItem",
    "DuePage",
    "Entry",
    "Filter",
    "Mode",
    "Outcome",
    "Outlook",
    "PatientReview",
    "PatientView",
    "QueryView",
    "Reason",
    "Result",
    "ReviewItem",
    "Strength",
    "Trial",
    "__version__",
]


if not TYPE_CHECKING:  # to a type checker, this would make every name one of ours

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
