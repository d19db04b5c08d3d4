"""What `regimen demo` shows: where everybody stands, a history, a refusal, the verification, what to type next."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from shlex import quote
from shutil import which
from typing import TYPE_CHECKING, Any

from workflow.cli.call import Call

if TYPE_CHECKING:
    from workflow.cli.output import Text
    from workflow.desk.trial import Trial
    from workflow.engine.course import Definition
    from workflow.ledger.entry import Entry
    from workflow.ledger.replay import Report
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


# ── the pages ──────────────────────────────────────────────────────────────────────────────────────────────────────


def tell(run: Run) -> None:
    from workflow.cli import output

    trial, summary = run.trial, run.summary
    _introduce(run)
    _heading("Where everyone stands on the day the data end")
    _standing(trial)
    _heading("How treatment ended, and who left the study")
    _ways_out(trial, summary)
    shown = _most_eventful(summary)
    if shown is not None:
        _history(run, shown)
    if summary.refusal is not None:
        _refusal(run)
    _verification(run)
    _what_next(run, shown)
    output.flush()


def _introduce(run: Run) -> None:
    from workflow.cli.output import Page, quiet, strong
    from workflow.simulation import CUT_OFF

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
                    f" {outcomes['overridden']:,} overridden",
                ),
            ),
            ("database", (f"{run.call.url}, made in {run.seconds:.1f} s", quiet(f" (seed {run.seed})"))),
        ]
    )
    page.show()


def _heading(text: str) -> None:
    from workflow.cli import output

    output.line()
    output.line(output.strong(text))
    output.line()


def _standing(trial: Trial) -> None:
    from workflow.cli.patient import phase_of

    counted = Counter((phase_of(one.state), one.arm) for one in trial.patients())
    titles: dict[str, str] = {}
    for arm in _arms(trial):
        for place in trial.definition().table(arm).places:
            titles.setdefault(phase_of(place.name), place.phase.title if place.phase else place.title)
    _by_arm("phase", trial, ((title, phase) for phase, title in titles.items()), counted, total=True)


def _ways_out(trial: Trial, summary: Summary) -> None:
    counted = Counter[tuple[str, str]]()
    for (arm, trigger, _), count in summary.exits.items():
        counted[trigger, arm] += count
    completed = ("complete_treatment", "allowed")
    counted += Counter((completed[0], story.arm) for story in summary.stories if completed in story.seen)
    titles: dict[str, str] = {}
    for arm in _arms(trial):
        found = trial.definition().arm(arm)
        titles.setdefault(completed[0], "Treatment completed")
        for path in found.exits:
            titles.setdefault(path.trigger, path.title)
    _by_arm("", trial, ((title, trigger) for trigger, title in titles.items()), counted, total=False)


def _arms(trial: Trial) -> list[str]:
    return [arm.key for arm in trial.definition().protocol.arms]


def _by_arm(
    first: str, trial: Trial, rows: Iterable[tuple[str, str]], counted: Counter[tuple[str, str]], *, total: bool
) -> None:
    from workflow.cli import output

    arms = _arms(trial)

    def row(title: str, counts: Sequence[int]) -> tuple[str, ...]:
        return (title, *(str(count or "-") for count in (*counts, sum(counts))))

    listed = [row(title, [counted[key, arm] for arm in arms]) for title, key in rows]
    if total:
        listed.append(row("all", [sum(n for (_, of), n in counted.items() if of == arm) for arm in arms]))
    headers = (first, *(f"arm {arm}" for arm in arms), "all")
    output.table(headers, listed, right=headers[1:])


# ── one patient ────────────────────────────────────────────────────────────────────────────────────────────────────


def _most_eventful(summary: Summary) -> str | None:
    """Of the patients with a history short enough to read, the one to whom the most different things happened."""
    legible = [story for story in summary.stories if story.entries - story.doses <= LEGIBLE]
    found = max(legible, key=lambda story: len(story.seen), default=None)
    return found.patient if found is not None else None


def _history(run: Run, patient: str) -> None:
    from workflow.cli import output
    from workflow.cli.output import Page, quiet
    from workflow.store.log import Filter

    entries = run.trial.log(Filter(patient=patient))
    view = run.trial.show(patient)
    page = Page()
    page.heading(f"One of them: {patient}, arm {view.arm}, protocol version {view.version}")
    page.add(quiet("Of those with a short history, the one to whom the most different things happened."))
    page.add(quiet(f"By {_people(entries)}."))
    page.blank()
    page.columns(_told(entries, run.trial.definition(view.version)), indent=0)
    output.line()
    page.show()


def _people(entries: Sequence[Entry]) -> str:
    """Who did all this: "amari, brandt (coordinator); dubois (investigator)"."""
    roles: dict[str, list[str]] = {}
    for one in entries:
        who = roles.setdefault(one.actor.role, [])
        if one.actor.id not in who:
            who.append(one.actor.id)
    return "; ".join(f"{', '.join(who)} ({role})" for role, who in roles.items())


def _told(entries: Sequence[Entry], definition: Definition) -> Iterator[Sequence[Text]]:
    """A line for each entry, one for doses in a row; below, what stood against a step, and why it was late."""
    from workflow.cli.output import bad, good, quiet, warn
    from workflow.cli.results import days

    marks = {"allowed": good, "refused": bad, "overridden": warn}
    for given, some in groupby(entries, lambda one: one.kind == "dose" and one.outcome == "allowed"):
        these = list(some)
        if given and len(these) > 1:
            number, what = f"{these[0].seq}-{these[-1].seq}", _doses(these)
            yield quiet(number), str(these[0].occurred_on), good("allowed"), these[0].actor.id, what
            continue
        for one in these:
            mark = marks[one.outcome](one.outcome)
            yield quiet(str(one.seq)), str(one.occurred_on), mark, one.actor.id, _what(one, definition)
            for reason in one.reasons:
                yield (quiet(f"{reason.message} [{reason.code}]"),)
            if "reason" in one.texts:
                late = f"{days(one.delay)} late: " if one.delay else "reason given: "
                yield (quiet(f"{late}{one.texts['reason']}"),)


def _doses(entries: Sequence[Entry]) -> str:
    agents = dict.fromkeys(one.data["agent"] for one in entries)
    until = f" until {entries[-1].occurred_on}" if entries[-1].occurred_on > entries[0].occurred_on else ""
    return f"{len(entries)} doses{until}: {', '.join(agents)}"


def _what(entry: Entry, definition: Definition) -> str:
    data = entry.data
    match entry.kind:
        case "consent":
            return f"consent to version {data['version']}"
        case "eligibility":
            open_ = "".join(f", {word} {', '.join(data[word])}" for word in ("failed", "unknown") if data[word])
            return f"eligibility by {data['route']}{open_}"
        case "adverse_event":
            return _adverse_event(data, definition)
        case "counts":
            return f"counts: ANC {data['anc']}, platelets {data['platelets']}"
        case "response":
            mrd = f", MRD {data['mrd']}" if data["mrd"] is not None else ""
            return f"response: {data['response']}{mrd}"
        case "dose":
            return f"dose: {data['agent']}"
        case "hold":
            return f"hold: {data['code'].replace('_', ' ')}"
    code = f" ({entry.code.replace('_', ' ')})" if entry.code is not None else ""
    return f"{(entry.trigger or entry.kind).replace('_', ' ')}{code}{_movement(entry)}"


def _adverse_event(data: dict[str, Any], definition: Definition) -> str:
    """ "Febrile neutropenia grade 3 due to inotuzumab", "Febrile neutropenia grade 3 (entry 48), resolved"."""
    what = f"{definition.terms[data['term']].title} grade {data['grade']}"
    if data["of"] is not None:
        what += f" (entry {data['of']})"
    elif data["attributed"]:
        what += f" due to {', '.join(data['attributed'])}"
    if data["resolved"] is not None:
        what += ", resolved"
    if data["unacceptable"]:
        what += ", unacceptable"
    if data["stops"]:
        what += f", stops {', '.join(data['stops'])}"
    return what


def _movement(entry: Entry) -> str:
    if entry.kind not in ("transition", "enrolment"):
        return ""
    here, there = _short(entry.source), _short(entry.target)
    if not there or there == here:
        return f", in {here}"
    return f": {here} -> {there}" if here else f": {there}"


def _short(state: str | None) -> str:
    return (state or "").removeprefix("treatment.")


# ── one refusal ────────────────────────────────────────────────────────────────────────────────────────────────────


def _refusal(run: Run) -> None:
    from workflow.cli import output
    from workflow.cli.entries import evidence
    from workflow.cli.output import Page, bad, quiet
    from workflow.cli.results import days

    refused = run.summary.refusal
    assert refused is not None
    page = Page()
    page.heading("A step that was refused, with every reason and what would lift it")
    page.blank()
    asked = f"{refused.action} on {refused.occurred_on} from {_short(refused.source)}"
    page.add(f"{refused.patient}, entry {refused.seq}: {asked}: ", bad("refused"), hang=2)
    for reason in refused.reasons:
        page.add("- ", reason.message, quiet(evidence(reason)), quiet(f" [{reason.code}]"), indent=2, hang=2)
        hard = quiet("; cannot be overridden") if reason.hard else ""
        page.add(quiet("lifted by: "), reason.lifted_by, hard, indent=4, hang=2)
    after = _step_after(run)
    if after is not None:
        waited = (after.occurred_on - refused.occurred_on).days
        when = f"{days(waited)} later" if waited else "the same day"
        page.add(f"Then, {when}, entry {after.seq}: {after.trigger} {after.outcome}, to {_short(after.target)}", hang=2)
    output.line()
    page.show()


def _step_after(run: Run) -> Entry | None:
    """The next step that the patient took."""
    from workflow.store.log import Filter

    refused = run.summary.refusal
    assert refused is not None
    steps = run.trial.log(Filter(patient=refused.patient, kind="transition"))
    return next((one for one in steps if one.allowed and one.seq > (refused.seq or 0)), None)


# ── the log, and what to do next ───────────────────────────────────────────────────────────────────────────────────


def _verification(run: Run) -> None:
    from workflow.cli import output
    from workflow.cli.output import Page, bad, good

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
    output.line()
    page.show()


def _what_next(run: Run, shown: str | None) -> None:
    from workflow.cli import output
    from workflow.cli.output import Page, command, quiet
    from workflow.simulation import CUT_OFF

    page = Page()
    may_act = quiet(f" (you may act, too: you are {run.visitor}, an investigator)") if run.visitor else ""
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
    output.line()
    page.show()


def _most_held_back(trial: Trial) -> str | None:
    """Of those who are due, the one against whose next step there is most to say."""
    from workflow.simulation import CUT_OFF

    found = max(trial.due(on=CUT_OFF, limit=ENOUGH).items, key=lambda item: len(item.blocked), default=None)
    return found.patient if found is not None else None


def _program() -> str:
    """What to type for ``regimen``: how it was called, where the shell would not find it by its name."""
    typed = Path(sys.argv[0])
    return quote(str(typed)) if typed.name == PROGRAM and which(PROGRAM) is None else PROGRAM
