"""P040-P044: what is said without saying where it comes from, which reading it rests on, or why."""

from __future__ import annotations

from collections.abc import Iterator

from workflow.protocol.guards import NoUnacceptableToxicity
from workflow.protocol.lint.finding import check
from workflow.protocol.lint.references import readings_used
from workflow.protocol.lint.subject import Subject
from workflow.protocol.model import Arm, Dose, ExitPath, Protocol, Reading, Source, SourceKind


@check("P040", "missing-source", "A statement does not say where it comes from.")
def missing_source(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, source in subject.each(Source):
        if not source.cite.strip():
            yield where, f"a source of kind {source.kind} names no place"
    for where, value in subject.values:
        for name in ("source", "window_source"):
            if getattr(value, name, "") is None:
                yield where, f"{type(value).__name__} gives no {name}"
    for where, part in subject.each(Protocol, Arm):
        if part.in_force_from is not None and part.in_force_source is None:
            yield where, f"nothing says where it is known from that it is in force from {part.in_force_from}"
    for where, guard in subject.each(NoUnacceptableToxicity):
        if guard.open_grade is not None and guard.open_grade_source is None:
            yield where, f"nothing says where the limit of grade {guard.open_grade} comes from"


@check("P041", "dose-from-record", "A dose gives the trial's record as its source, and the record prints none.")
def dose_from_record(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, dose in subject.each(Dose):
        if dose.source.kind is SourceKind.RECORD:
            yield where, f"{dose.amount} {dose.unit} is said to stand in {dose.source.cite}"


@check(
    "P042",
    "reading-without-choice",
    "A reading offers fewer than two options, or takes one that it does not offer.",
)
def reading_without_choice(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, reading in subject.each(Reading):
        keys = [option.key for option in reading.options]
        if len(set(keys)) < 2 or len(set(keys)) < len(keys):
            yield where, f"the options are {', '.join(keys) or 'none'}"
        if reading.taken not in keys:
            yield where, f"{reading.taken!r} was taken and is not among the options"


@check("P043", "reading-unused", "Nothing refers to a reading.")
def reading_unused(subject: Subject) -> Iterator[tuple[str, str]]:
    used = {reading for _, reading in readings_used(subject)}
    for where, reading in subject.each(Reading):
        if reading.id not in used:
            yield where, "nothing refers to it"


@check("P044", "exit-without-codes", "An exit has no coded reasons to choose from.")
def exit_without_codes(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, path in subject.each(ExitPath):
        if not path.codes:
            yield where, "gives no codes, and leaving needs one"
