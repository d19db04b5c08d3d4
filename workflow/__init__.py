"""A treatment protocol run as code: every step decided by guards, every attempt one entry in an append-only log.

The public names are those of ``__all__``. Importing this package imports no SQL; ``Trial`` is loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workflow.version import VERSION

__version__ = VERSION

if TYPE_CHECKING:
    from workflow.desk.trial import Trial
    from workflow.desk.write import Actor
    from workflow.engine.decision import Reason
    from workflow.ledger.entry import Entry
    from workflow.report.views import Choice, DueItem, DuePage, Outlook, PatientView, Result
    from workflow.store.log import Filter

_HOMES = {
    "Actor": "workflow.desk.write",
    "Choice": "workflow.report.views",
    "DueItem": "workflow.report.views",
    "DuePage": "workflow.report.views",
    "Entry": "workflow.ledger.entry",
    "Filter": "workflow.store.log",
    "Outlook": "workflow.report.views",
    "PatientView": "workflow.report.views",
    "Reason": "workflow.engine.decision",
    "Result": "workflow.report.views",
    "Trial": "workflow.desk.trial",
}

__all__ = [
    "Actor",
    "Choice",
    "DueItem",
    "DuePage",
    "Entry",
    "Filter",
    "Outlook",
    "PatientView",
    "Reason",
    "Result",
    "Trial",
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
