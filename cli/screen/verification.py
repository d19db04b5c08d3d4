"""What verification of the log found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.cli.screen.page import Page
from workflow.cli.screen.style import bad, good, quiet, warn
from workflow.report.words.grammar import noun

if TYPE_CHECKING:
    from workflow.ledger.report import Report


def show(report: Report) -> None:
    page = Page(as_is=True)
    for finding in report.findings:
        place = finding.chain if finding.seq is None else f"{finding.chain} {finding.seq}"
        page.add(bad("finding"), f"  {place}: {finding.message}", quiet(f" [{finding.code}]"), hang=9)
    for one in report.differences:
        by = f"software {one.software}, engine {one.engine}"
        said = f"  {one.chain} {one.seq}: was {one.then}, would be {one.now} ({by} decided it)"
        page.add(warn("difference"), said, hang=12)
    page.blank()
    undecided = f"{report.undecided:,}, under a protocol that cannot be had"
    unknown = f"{report.not_understood:,}, by newer software"
    stale = f"{counted(report.stale, 'row')}: regimen db upgrade folds anew"
    page.pairs(
        [
            ("entries", (f"{report.entries:,} in {counted(report.chains, 'chain')}",)),
            ("decided again", (f"{report.decided:,}",)),
            *([("not decided again", (warn(undecided),))] if report.undecided else []),
            *([("not understood", (bad(unknown),))] if report.not_understood else []),
            *([("redacted", (_redacted(report),))] if report.redacted else []),
            *([("stale", (warn(stale),))] if report.stale else []),
            *([("integrity", (_integrity(report),))] if report.integrity is not None else []),
            ("differences", (f"{len(report.differences):,}",)),
            ("findings", (f"{len(report.findings):,}",)),
            ("the log", (good("is sound") if report.sound else bad(_said(report)),)),
        ],
        indent=0,
    )
    page.show()


def _integrity(report: Report) -> str:
    """What the database said of itself; how long it took where anybody waited."""
    took = f", in {report.integrity_ms / 1000:.1f} s" if (report.integrity_ms or 0) >= 1000 else ""  # type: ignore[operator]
    return f"{report.integrity}{took}"


def _redacted(report: Report) -> str:
    some = "; ".join(f"{one.chain} {one.seq} {one.field}, by entry {one.by}" for one in report.redacted[:5])
    more = f"; and {len(report.redacted) - 5:,} more (--json)" if len(report.redacted) > 5 else ""
    return f"{counted(len(report.redacted), 'text')}: {some}{more}"


def _said(report: Report) -> str:
    return "does not verify" if report.findings else "is not verified"


def not_sound(report: Report) -> str:
    """Why it is not, in a line."""
    unknown = report.not_understood
    not_understood = f"{counted(unknown, 'entry', 'entries')} {'is' if unknown == 1 else 'are'} not understood"
    if not report.findings and report.undecided:
        return f"not verified: {counted(report.undecided, 'entry', 'entries')} under a protocol that cannot be had"
    if not report.findings:
        return f"not verified: {not_understood}"
    found = f"the audit log does not verify: {counted(len(report.findings), 'finding')}"
    return f"{found}; {not_understood}" if unknown else found


def not_the_same(report: Report) -> str:
    """What else there is, in a line."""
    return f"{counted(len(report.differences), 'difference')}, {counted(report.stale, 'stale row')}"


def counted(count: int, what: str, many: str | None = None) -> str:
    """ "12,000 chains": there may be many."""
    return f"{count:,} {noun(count, what, many)}"
