"""Deviations and queries, as a page and as lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from workflow.cli.screen.page import Page
from workflow.cli.screen.style import Text, bad, good, quiet, strong, warn
from workflow.report.words.entry import evidence
from workflow.report.words.results import coded

if TYPE_CHECKING:
    from workflow.report.remarks import Acknowledgement, Deviation, QueryView, Saying


def show_deviations(found: Iterable[Deviation]) -> int:
    """Each with why, and with what it was judged to mean; how many there were."""
    count = 0
    for one in found:
        count += 1
        page = Page(as_is=True)
        said = f": {one.words}" if one.words else ""
        page.add(
            strong(f"{one.patient} {one.entry}"),
            f"  {one.on}  {one.action}{said}  ",
            warn(", ".join(one.kinds)),
            hang=4,
        )
        page.add(quiet(f"by {one.by}, {one.role}; recorded {one.recorded_on}"), indent=4, hang=4)
        for reason in one.reasons:
            page.add(quiet("against it: "), coded(reason), quiet(evidence(reason)), indent=4, hang=4)
        if one.reason is not None:
            page.add(quiet("reason: "), one.reason, indent=4, hang=4)
        page.add(*judged(one.voided_by, one.acknowledged), indent=4, hang=4)
        page.show()
    return count


def judged(voided_by: int | None, word: Acknowledgement | None) -> tuple[Text, ...]:
    """What was said of a deviation, or that nobody has said anything."""
    if voided_by is not None:
        return (bad(f"stands no longer: entry {voided_by} took it back"),)
    if word is None:
        return (bad("not acknowledged"),)
    why = f": {word.reason}" if word.reason is not None else ""
    return good(f"acknowledged, {word.assessment}"), f"{why}", quiet(f"  by {word.by}, {word.role}, {word.on}")


DEVIATIONS = (
    *("patient", "entry", "kinds", "day", "action", "words", "by", "role", "recorded", "reason", "against it"),
    *("acknowledged on", "acknowledged by", "assessment", "why", "taken back by"),
)


def deviation_row(one: Deviation) -> tuple[object, ...]:
    word = one.acknowledged
    said = (word.on, word.by, word.assessment, word.reason) if word is not None else (None,) * 4
    return (
        *(one.patient, one.entry, ", ".join(one.kinds), one.on, one.action, one.words, one.by, one.role),
        *(one.recorded_on, one.reason, "; ".join(map(coded, one.reasons)), *said, one.voided_by),
    )


def show_queries(found: Iterable[QueryView]) -> int:
    """Each with its answers; how many there were."""
    count = 0
    for one in found:
        count += 1
        page = Page(as_is=True)
        state = warn("open") if one.open else good("closed")
        page.add(strong(f"{one.patient} {one.query}"), f"  {one.on}  about entry {one.about}  ", state, hang=4)
        page.add(quiet(f"{one.by} asks: "), one.text or quiet("(withdrawn)"), indent=4, hang=4)
        for said in one.answers:
            _add(page, "answers", said)
        if one.closed is not None:
            _add(page, "closes it", one.closed)
        page.show()
    return count


def _add(page: Page, verb: str, said: Saying) -> None:
    text = f": {said.text}" if said.text is not None else ""
    page.add(quiet(f"{said.by} {verb} on {said.on}"), text, quiet(f"  (entry {said.entry})"), indent=4, hang=4)


QUERIES = (
    *("patient", "query", "about entry", "asked on", "asked by", "text", "answers", "answered on"),
    *("answered by", "last answer", "closed on", "closed by", "closed with"),
)


def query_row(one: QueryView) -> tuple[object, ...]:
    last = one.answers[-1] if one.answers else None
    answered = (last.on, last.by, last.text) if last is not None else (None,) * 3
    closed = (one.closed.on, one.closed.by, one.closed.text) if one.closed is not None else (None,) * 3
    return (one.patient, one.query, one.about, one.on, one.by, one.text, len(one.answers), *answered, *closed)
