"""What verification of the log found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflow.cli.screen.page import Page
from workflow.cli.screen.style import bad, good, quiet, warn
from workflow.report.words.grammar import noun

if TYPE_CHECKING:
    from workflow.ledger.replay import Report


def show(report: Report) -> None:
    page = Page(as_is=True)
    for finding in report.findings:
        place = finding.chain if finding.seq is None else f"{finding.chain} {finding.seq}"
        page.add(bad("finding"), f"  {place}: {finding.message}", quiet(f" [{finding.code}]"), hang=9)
    for one in report.differences:
        said = f"  {one.chain} {one.seq}: was {one.then}, would be {one.now} (software {one.software} decided it)"
        page.add(warn("difference"), said, hang=12)
    page.blank()
    undecided = f"{report.undecided:,}, under a protocol that this software does not have"
    page.pairs(
        [
            ("entries", (f"{report.entries:,} in {counted(report.chains, 'chain')}",)),
            ("decided again", (f"{report.decided:,}",)),
            *([("not decided again", (warn(undecided),))] if report.undecided else []),
            ("differences", (f"{len(report.differences):,}",)),
            ("findings", (f"{len(report.findings):,}",)),
            ("the log", (good("is sound") if report.sound else bad("does not verify"),)),
        ],
        indent=0,
    )
    page.show()


def counted(count: int, what: str) -> str:
    """ "12,000 chains": there may be many."""
    return f"{count:,} {noun(count, what)}"
