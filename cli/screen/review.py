"""What an auditor is to look at: a page for each patient with anything of the kind, then what was whose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from workflow.cli.screen import table
from workflow.cli.screen.page import Page
from workflow.cli.screen.remarks import judged
from workflow.cli.screen.style import Text, bad, quiet, strong, warn
from workflow.report.review import CORRECTED, DEVIATED, DOUBTED, LATE, OVERRIDDEN, REPEATED
from workflow.report.words.entry import evidence
from workflow.report.words.grammar import days, noun, numbers
from workflow.report.words.results import coded

if TYPE_CHECKING:
    from workflow.report.review import Mention, PatientReview, Pattern, ReviewItem

HEADINGS = {
    DOUBTED: "would have come out otherwise, by what stands now",
    LATE: "recorded late",
    OVERRIDDEN: "overridden",
    DEVIATED: "happened against the rules",
    CORRECTED: "corrected",
    REPEATED: "refused, then carried out with another date",
}


def add(page: Page, one: PatientReview) -> None:
    since = f", behind entry {one.since}, up to which it was signed off" if one.since is not None else ""
    page.heading(one.patient, quiet(f"  up to entry {one.seq}{since}"))
    if one.not_understood is not None:
        said = f"entry {one.not_understood} was written by newer software: from there on nothing is reviewed"
        page.add(bad("not reviewed"), f"  {said}", indent=2, hang=2)
    for kind, heading in HEADINGS.items():
        items = [item for item in one.items if item.kind == kind and not item.waited]
        if items:
            page.add(warn(heading), indent=2)
        for item in items:
            _add(page, item)
    waited = [item.entry for item in one.items if item.waited]
    if waited:
        entries = noun(len(waited), "entry", "entries")
        page.add(
            quiet(f"refused, and carried out when their day had come: {entries} {numbers(waited)}"), indent=2, hang=2
        )


def _add(page: Page, item: ReviewItem) -> None:
    said = f": {item.words}" if item.words else ""
    page.add(strong(f"{item.entry}"), f"  {item.on}  {item.action}{said}", quiet(_who(item)), indent=4, hang=4)
    for line in _why(item):
        page.add(*line, indent=8, hang=2)


def _who(item: ReviewItem) -> str:
    late = f", {days(item.days_late)} after its day" if item.kind == LATE else ""
    return f"  by {item.by}, {item.role}; recorded {item.recorded_on}{late}"


def _why(item: ReviewItem) -> Iterator[Sequence[Text]]:
    if item.voided_by is not None and item.kind != DEVIATED:
        yield (bad(f"stands no longer: entry {item.voided_by} took it back"),)
    if item.would_be is not None:
        refused = item.would_be == "refused"
        yield ("it would be refused:" if refused else f"it was {item.would_be} without knowing of this:",)
    if item.deviations:
        yield quiet("deviation: "), ", ".join(item.deviations)
    if item.of is not None and item.kind == CORRECTED:
        yield quiet("taken back: "), _mentioned(item.of)
    if item.instead is not None:
        yield quiet("in its place: "), _mentioned(item.instead)
    if item.of is not None and item.kind == REPEATED:
        yield quiet("refused as: "), _mentioned(item.of)
    for reason in item.reasons:
        yield coded(reason), quiet(evidence(reason))
    for one in item.learned:
        yield quiet("learned since: "), _mentioned(one)
    for one in item.taken_back:
        yield quiet("taken back since: "), _mentioned(one)
    if item.reason is not None:
        yield quiet("reason: "), item.reason
    if item.kind == DEVIATED:
        yield judged(item.voided_by, item.acknowledged)


def _mentioned(one: Mention) -> str:
    said = f": {one.words}" if one.words else ""
    return f"entry {one.entry}, {one.action} of {one.on}{said}; recorded {one.recorded_on} by {one.by}"


def show_people(people: Iterable[Pattern]) -> None:
    headers = ("person", "entries", "refused", "overridden", "deviated", "late", "corrections", "repeated")
    rows = ((one.person, *(f"{getattr(one, name):,}" for name in headers[1:])) for one in people)
    table.show(headers, rows, right=headers[1:])


# ── a line each ────────────────────────────────────────────────────────────────────────────────────────────────────

COLUMNS = (
    "patient",
    "kind",
    "entry",
    "day",
    "action",
    "words",
    "by",
    "role",
    "recorded",
    "days late",
    "outcome",
    "would be",
    "reasons",
    "learned since",
    "taken back since",
    "deviations",
    "acknowledged by",
    "assessment",
    "of entry",
    "in its place",
    "waited",
    "reason",
)


def row(patient: str, item: ReviewItem) -> tuple[object, ...]:
    return (
        patient,
        item.kind,
        item.entry,
        item.on,
        item.action,
        item.words,
        item.by,
        item.role,
        item.recorded_on,
        item.days_late,
        item.outcome.value,
        item.would_be.value if item.would_be is not None else None,
        "; ".join(map(coded, item.reasons)),
        _entries(item.learned),
        _entries(item.taken_back),
        ", ".join(item.deviations),
        item.acknowledged.by if item.acknowledged is not None else None,
        item.acknowledged.assessment if item.acknowledged is not None else None,
        item.of.entry if item.of is not None else None,
        item.instead.entry if item.instead is not None else None,
        "yes" if item.waited else None,
        item.reason,
    )


def _entries(mentions: Sequence[Mention]) -> str:
    return ", ".join(str(one.entry) for one in mentions)
