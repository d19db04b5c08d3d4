"""What `regimen demo` shows: where everybody stands, a history, a refusal, the verification, what to type next."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shlex import quote
from shutil import which
from typing import TYPE_CHECKING

from workflow.cli.call import Call
from workflow.cli.screen import history, streams, style, table
from workflow.cli.screen.page import Page
from workflow.cli.screen.style import NOTHING, Text, bad, command, good, quiet, strong
from workflow.report.words.grammar import article
from workflow.report.words.protocol import phase_name
from workflow.simulation import CUT_OFF

if TYPE_CHECKING:
    from workflow.desk.trial import Trial
    from workflow.ledger.report import Report
    from workflow.simulation import Summary

PROGRAM = "regimen"
ENOUGH = 1000  # more than are ever due
LEGIBLE = 40  # entries, beside doses, of a history that is shown in full


@dataclass(frozen=True, slots=True)
class Run:
    """A simulated study in its database, and what verification says of it. ``visitor`` is who the reader may act as."""

    call: Call
    trial: Trial
    summary: Summary
    seed: int
    seconds: float
    visitor: str | None
    report: Report
    verified_in: float


def show(run: Run) -> None:
    trial, summary = run.trial, run.summary
    _introduce(run)
    _heading("Where everyone stands on the day the data end")
    _phases(trial)
    _heading("How treatment ended, and who left the study")
    _ways_out(trial, summary)
    shown = _most_eventful(summary)
    if shown is not None:
        history.show(trial, shown)
    if summary.refusal is not None:
        history.show_refusal(trial, summary.refusal)
    _verification(run)
    _what_next(run, shown)
    streams.flush()


def _introduce(run: Run) -> None:
    protocol, summary = run.trial.definition().protocol, run.summary
    page = Page()
    page.add(strong("A simulated study"), f" of {protocol.trial}: {protocol.title}")
    page.add(quiet("Patients, people and rates are invented. Nothing here is a result of the trial."))
    page.blank()
    outcomes = summary.outcomes
    page.pairs(
        [
            ("patients", (f"{len(summary.stories)}, enrolled from 2017 on; the data end on {CUT_OFF}",)),
            (
                "entries",
                (
                    f"{summary.entries:,}: {outcomes['allowed']:,} allowed, {outcomes['refused']:,} refused,"
                    f" {outcomes['overridden']:,} overridden, {outcomes['deviated']:,} against the rules",
                ),
            ),
            ("database", (f"{run.call.url}, made in {run.seconds:.1f} s", quiet(f" (seed {run.seed})"))),
        ]
    )
    page.show()


def _heading(text: str) -> None:
    style.line()
    style.line(strong(text))
    style.line()


# ── how many are where ─────────────────────────────────────────────────────────────────────────────────────────────


def _phases(trial: Trial) -> None:
    counted = Counter(
        (phase_name(trial.definition(one.version).table(one.arm), one.state), one.arm) for one in trial.patients()
    )
    titles: dict[str, str] = {}
    for arm in _arms(trial):
        path = trial.definition().table(arm)
        for place in path.places:
            titles.setdefault(phase_name(path, place.name), place.phase.title if place.phase else place.title)
    _by_arm("phase", trial, ((title, phase) for phase, title in titles.items()), counted, total=True)


def _ways_out(trial: Trial, summary: Summary) -> None:
    counted = Counter[tuple[str, str]]()
    for (arm, trigger, _), count in summary.exits.items():
        counted[trigger, arm] += count
    titles: dict[str, str] = {}
    for arm in _arms(trial):
        found = trial.definition().arm(arm)
        completed = found.completes.trigger
        titles.setdefault(completed, "Treatment completed")
        counted[completed, arm] += sum(
            story.arm == arm and (completed, "allowed") in story.seen for story in summary.stories
        )
        for path in found.exits:
            titles.setdefault(path.trigger, path.title)
    _by_arm("", trial, ((title, trigger) for trigger, title in titles.items()), counted, total=False)


def _arms(trial: Trial) -> list[str]:
    return [arm.key for arm in trial.definition().protocol.arms]


def _by_arm(
    first: str, trial: Trial, rows: Iterable[tuple[str, str]], counted: Counter[tuple[str, str]], *, total: bool
) -> None:
    arms = _arms(trial)

    def row(title: str, counts: Sequence[int]) -> tuple[str, ...]:
        return (title, *(str(count or NOTHING) for count in (*counts, sum(counts))))

    listed = [row(title, [counted[key, arm] for arm in arms]) for title, key in rows]
    if total:
        listed.append(row("all", [sum(n for (_, of), n in counted.items() if of == arm) for arm in arms]))
    headers = (first, *(f"arm {arm}" for arm in arms), "all")
    table.show(headers, listed, right=headers[1:])


def _most_eventful(summary: Summary) -> str | None:
    """Of the patients with a history short enough to read, the one to whom the most different things happened."""
    legible = [story for story in summary.stories if story.entries - story.doses <= LEGIBLE]
    found = max(legible, key=lambda story: len(story.seen), default=None)
    return found.patient if found is not None else None


# ── the log, and what to do next ───────────────────────────────────────────────────────────────────────────────────


def _verification(run: Run) -> None:
    report = run.report
    page = Page()
    page.heading("The log, verified")
    page.blank()
    page.pairs(
        [
            ("entries", (f"{report.entries:,} in {report.chains:,} chains: bytes, hashes, links, columns",)),
            ("decisions", (f"{report.decided:,} taken again, {len(report.differences):,} of them otherwise",)),
            ("findings", (f"{len(report.findings):,}",)),
            (
                "the log",
                (good("is sound") if report.sound else bad("does not verify"), f", in {run.verified_in:.1f} s"),
            ),
        ]
    )
    style.line()
    page.show()


def _what_next(run: Run, shown: str | None) -> None:
    page = Page()
    may_act = _may_act(run) if run.visitor else ""
    page.heading("Look around", may_act)
    page.blank()
    stuck = _most_held_back(run.trial)
    wanted: list[tuple[str, tuple[str, str], date | None]] = [
        ("who is due, and what holds them back", ("due", "--limit 10"), CUT_OFF)
    ]
    if stuck is not None:
        wanted.insert(0, ("what may happen to somebody, and why not", ("next", stuck), CUT_OFF))
    if shown is not None:
        wanted.append(("the whole of that history", ("audit log", f"--patient {shown}"), None))
    for what, words, on in wanted:
        page.add(quiet(what))
        page.add(command(_program() + run.call.typed(*words, on=on).removeprefix(PROGRAM)), indent=2)
    style.line()
    page.show()


def _may_act(run: Run) -> Text:
    (role,) = (person.role for person in run.trial.people() if person.id == run.visitor)
    return quiet(f" (you may act, too: you are {run.visitor}, {article(role)} {role})")


def _most_held_back(trial: Trial) -> str | None:
    """Of those who are due, the one against whose next step there is most to say."""
    found = max(trial.due(on=CUT_OFF, limit=ENOUGH).items, key=lambda item: len(item.blocked), default=None)
    return found.patient if found is not None else None


def _program() -> str:
    """What to type for ``regimen``: how it was called, where the shell would not find it by its name."""
    typed = Path(sys.argv[0])
    return quote(str(typed)) if typed.name == PROGRAM and which(PROGRAM) is None else PROGRAM
