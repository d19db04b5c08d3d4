"""Uses of the package that have to be errors, each in its line: what mypy calls it, and what pyright does."""

from __future__ import annotations

from datetime import date

from workflow import Actor, Filter, Outcome, PatientView, Result, Trial
from workflow import Protocol as Unknown  # mypy: attr-defined; pyright: reportAttributeAccessIssue

ON = date(2026, 1, 5)
ward = Actor("ward-7")
trial = Trial("sqlite:///ward.db")  # mypy: arg-type; pyright: reportArgumentType

# Who acts is always said, by name, and as a person.
trial.advance("P-0001")  # mypy: call-arg; pyright: reportCallIssue
trial.advance("P-0001", by="ward-7")  # mypy: arg-type; pyright: reportArgumentType
trial.advance("P-0001", "register", ward)  # mypy: call-arg; pyright: reportCallIssue
Actor(7)  # mypy: arg-type; pyright: reportArgumentType

# Days are dates, numbers of entries are numbers, and blood counts are no floats.
trial.advance("P-0001", by=ward, on="2026-01-05")  # mypy: arg-type; pyright: reportArgumentType
trial.correct("P-0001", "4", by=ward)  # mypy: arg-type; pyright: reportArgumentType
trial.record_counts("P-0001", by=ward, anc=1.5, platelets=80)  # mypy: arg-type; pyright: reportArgumentType
trial.record_adverse_event("P-0001", by=ward, term="SOS", grade="2")  # mypy: arg-type; pyright: reportArgumentType

# An option that there is not, and one of another type.
trial.record_consent("P-0001", by=ward, overide=True)  # mypy: call-arg; pyright: reportCallIssue
trial.record_consent("P-0001", by=ward, expect="3")  # mypy: arg-type; pyright: reportArgumentType
trial.enroll("P-0001", by=ward)  # mypy: call-arg; pyright: reportCallIssue
Filter(patent="P-0001")  # mypy: call-arg; pyright: reportCallIssue

# Answers are values: nothing is set in them, and what may be missing is.
result = trial.enroll("P-0001", "III", by=ward)
result.state = "enrolled"  # mypy: misc; pyright: reportAttributeAccessIssue
result.permitted  # mypy: attr-defined; pyright: reportAttributeAccessIssue
result.seq + 1  # mypy: operator; pyright: reportOptionalOperand
result.outcome is Outcome.DENIED  # mypy: attr-defined; pyright: reportAttributeAccessIssue
patient: PatientView = result  # mypy: assignment; pyright: reportAssignmentType
results: list[Result] = trial.advance_many(["P-0001"], by=ward)  # mypy: assignment; pyright: reportAssignmentType
trial.next("P-0001").choices[0].open()  # mypy: operator; pyright: reportCallIssue


def not_every_outcome(outcome: Outcome) -> str:  # mypy: return; pyright: reportReturnType
    match outcome:
        case Outcome.ALLOWED:
            return "on"
