"""Uses of the package that have to type-check, and the types of what it answers. Read by type checkers, never run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import assert_type

import sqlalchemy as sa

from workflow import (
    Actor,
    Choice,
    DueItem,
    DuePage,
    Entry,
    Filter,
    Mode,
    Outcome,
    Outlook,
    PatientView,
    Reason,
    Result,
    Strength,
    Trial,
    __version__,
)
from workflow.errors import RefusedError, WorkflowError

ON = date(2026, 1, 5)
VERSION: str = __version__
alex, ward = Actor("alex"), Actor("ward-7", via="bed-planner", role="coordinator")


# ── a trial ────────────────────────────────────────────────────────────────────────────────────────────────────────

engine = sa.create_engine("sqlite://")
with Trial.init(engine, by=alex, protocols=[b"{}"]) as begun:
    assert_type(begun, Trial)
with Trial.open("sqlite:///ward.db", clock=lambda: datetime(2026, 1, 5)) as opened:  # noqa: DTZ001 - types alone
    assert_type(opened, Trial)
trial = Trial(engine)


class Ward(Trial):
    """What is made of a class of the caller's own is of that class."""


assert_type(Ward.open("sqlite:///ward.db"), Ward)


# ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────

result = trial.enroll("P-0001", "III", by=ward, on=ON, request_id="form-1")
assert_type(result, Result)
assert_type(result.or_raise(), Result)
assert_type(result.outcome, Outcome)
assert_type(result.state, str | None)
assert_type(result.seq, int | None)
assert_type(result.recorded_at, datetime)
assert_type(result.also, tuple[Result, ...])
assert_type(result.reasons, tuple[Reason, ...])
assert_type(result.deviations, tuple[str, ...])
for reason in result.reasons:
    assert_type(reason, Reason)
    assert_type(reason.strength, Strength)
    assert_type(reason.args, Mapping[str, object])
    assert_type(reason.evidence, tuple[int, ...])

assert_type(trial.advance("P-0001", by=ward, on=ON), Result)
trial.advance("P-0001", "withdraw", code="withdrawn", by=ward, on=ON, expect=3, note="by telephone")
trial.advance("P-0001", by=ward, on=ON, override=True, reason="the counts come tomorrow", dry_run=True)
assert_type(trial.advance_many(["P-0001", "P-0002"], by=ward, on=ON), tuple[Result, ...])
trial.record_consent("P-0001", by=ward)
trial.record_eligibility("P-0001", by=ward, route="IN01", answers={"EX01": False, "EX02": None}, others_in_order=True)
for count in (1, "1.5", Decimal("1.5")):
    trial.record_counts("P-0001", by=ward, anc=count, platelets=count, on=ON, at="08:00")
trial.record_adverse_event("P-0001", by=ward, term="SOS", grade=2, attributed=None)
trial.update_adverse_event("P-0001", 10, by=ward, attributed=("inotuzumab",), resolved=ON)
trial.record_dose("P-0001", by=ward, agent="inotuzumab", amount="0.3", unit="mg/m2", happened=True, reason="given")
trial.hold("P-0001", by=ward, code="toxicity")
assert_type(trial.correct("P-0001", 4, by=ward, reason="mistyped"), Result)

with trial.transaction() as connection:
    assert_type(connection, sa.Connection)
    trial.record_consent("P-0001", by=ward, connection=connection)

try:
    result.or_raise()
except RefusedError as refused:
    error: WorkflowError = refused
    assert_type(error.hint, str | None)


# ── looking ────────────────────────────────────────────────────────────────────────────────────────────────────────

patient = trial.show("P-0001", on=ON)
assert_type(patient, PatientView)
assert_type(patient.state, str)
outlook = trial.next("P-0001", by=ward)
assert_type(outlook, Outlook)
for choice in outlook.choices:
    assert_type(choice, Choice)
    assert_type(choice.open, bool)
page = trial.due(on=ON)
assert_type(page, DuePage)
for item in page.items:
    assert_type(item, DueItem)
entries = trial.log(Filter(patient="P-0001", outcome=Outcome.REFUSED), limit=20, last=True)
assert_type(entries, tuple[Entry, ...])
assert_type(entries[0].mode, Mode)
assert_type(entries[0].occurred_on, date)
assert_type(trial.verify(workers=2).sound, bool)
assert_type(trial.exported("2025-12-18"), bytes)


def whatever_came(outcome: Outcome) -> str:
    """Every outcome has its case: a new one would be an error here."""
    match outcome:
        case Outcome.ALLOWED | Outcome.OVERRIDDEN:
            return "on"
        case Outcome.DEVIATED:
            return "kept"
        case Outcome.REFUSED:
            return "not on"
