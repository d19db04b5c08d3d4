"""What can happen next to a patient, and why not: the answer of `regimen next`, for people to read.

Open and blocked are words, not colours; so is later, for what will be open on a day to come. Under a blocked step
stands every reason, with what would lift it and, where that is to be recorded, what to type for it; under an open one
the command that takes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from workflow.cli.call import Call
from workflow.cli.screen.page import Page
from workflow.cli.screen.patient import header, standing
from workflow.cli.screen.style import Part, Text, bad, command, good, quiet, strong
from workflow.report.words.entry import evidence
from workflow.report.words.grammar import article, either
from workflow.report.words.results import limits

if TYPE_CHECKING:
    from workflow.engine.course import Definition
    from workflow.report.views import Choice, Outlook, PatientView, Reason

MARK = len("blocked  ")
ROLE = "role.not_permitted"
FUTURE = "dates.future"


def show(
    call: Call, definition: Definition, outlook: Outlook, asked: date | None, now: PatientView | None = None
) -> None:
    """``asked`` is the day that was asked for, None for today: a command to type says it only then.

    By what was known on an earlier day there is nothing to type.

    ``now`` is the patient as they stand today, where the day is an earlier one.
    """
    view = outlook.patient
    titles = {place.name: place.title for place in definition.table(view.arm).places}
    who_overrides = definition.roles.get("override", ())
    page = Page()
    header(page, view, now)
    page.pairs(standing(definition, view))
    steps = [choice for choice in outlook.choices if choice.kind == "step"]
    exits = [choice for choice in outlook.choices if choice.kind == "exit"]
    if not outlook.choices:
        page.heading("Nothing leads on from here.")
    if steps:
        page.heading("Steps forward" if len(steps) > 1 else "The step forward")
        for choice in sorted(steps, key=lambda choice: choice.trigger != outlook.forward):
            page.blank()
            where = f"{choice.title} -> {titles[choice.target]}"
            _choice(page, call, outlook, choice, asked, choice.trigger, where, who_overrides)
    if exits:
        page.heading("Ways out")
        for target, group in groupby(sorted(exits, key=lambda c: _place(exits, c)), key=lambda c: c.target):
            page.blank()
            page.add(quiet("-> "), titles[target], quiet(f" ({target})"), indent=2)
            choices = list(group)
            width = max(len(choice.trigger) for choice in choices)
            for choice in choices:
                _choice(page, call, outlook, choice, asked, choice.trigger.ljust(width), choice.title, who_overrides)
    page.show()


def _place(exits: Sequence[Choice], choice: Choice) -> int:
    """Exits in their order, those to one target together."""
    return next(i for i, other in enumerate(exits) if other.target == choice.target)


def _choice(
    page: Page,
    call: Call,
    outlook: Outlook,
    choice: Choice,
    asked: date | None,
    name: str,
    title: str,
    who_overrides: Sequence[str],
) -> None:
    """The choice in a line, under it what to type or what stands in the way; that it is another role's, in the line."""
    asking, then = " or ".join(choice.roles), outlook.patient.known_by is not None
    forbidden = any(reason.code == ROLE for reason in choice.reasons)
    reasons = [reason for reason in choice.reasons if reason.code not in (ROLE, FUTURE)]
    who: tuple[Text, ...] = (": ", quiet(f"{asking} only")) if forbidden else (quiet(f"  ({asking})"),)
    mark, into = _mark(choice, reasons, forbidden=forbidden), 2 + MARK
    page.add(mark, strong(name), f"  {title}", *who, indent=2, hang=MARK + len(name) + 2)
    if not reasons and not forbidden:
        _typed(page, outlook, _advance(call, outlook, choice, asked), into)
        if len(choice.codes) > 1:
            page.add(quiet(f"CODE: {either(choice.codes)}"), indent=into, hang=6)
    for reason in reasons:
        _reason(page, call, outlook, reason, asked, into)
    if choice.overridable and who_overrides and not _only_late(choice.reasons):
        who_may = f"{article(who_overrides[0])} {either(who_overrides)}"
        page.add(quiet(f"{who_may} may override all of this, with a reason{'' if then else ':'}"), indent=into)
        _typed(page, outlook, _advance(call, outlook, choice, asked, "--override", "--reason TEXT"), into)


def _mark(choice: Choice, reasons: Sequence[Reason], *, forbidden: bool) -> Part:
    if choice.open:
        return good("open     ")
    return bad("blocked  ") if reasons or forbidden else strong("later    ")


def _advance(call: Call, outlook: Outlook, choice: Choice, asked: date | None, *more: str) -> str:
    words = ["advance", outlook.patient.id]
    if choice.trigger != outlook.forward:
        words.append(choice.trigger)
    if len(choice.codes) > 1:
        words.append("--code CODE")
    return call.typed(*words, *more, on=asked)


def _reason(page: Page, call: Call, outlook: Outlook, reason: Reason, asked: date | None, into: int) -> None:
    page.add("- ", reason.message, quiet(evidence(reason)), quiet(f" [{reason.code}]"), indent=into, hang=2)
    page.add(quiet("lifted by: "), reason.lifted_by, quiet(limits(reason)), indent=into + 2, hang=2)
    for typed in _remedies(call, outlook.patient, reason, asked):
        _typed(page, outlook, typed, into + 2)


def _typed(page: Page, outlook: Outlook, text: str, indent: int) -> None:
    if outlook.patient.known_by is None:  # what was known once is no ground to do something now
        page.add(command(text), indent=indent)


def _only_late(reasons: Iterable[Reason]) -> bool:
    return all(reason.code == "interval.late" for reason in reasons)


def _remedies(call: Call, view: PatientView, reason: Reason, asked: date | None) -> Iterator[str]:
    """What to type so that the reason falls, where something is to be recorded."""
    patient = view.id
    match reason.code.split("."):
        case ["consent", "missing" | "version"]:
            yield call.typed("record consent", patient, on=asked)
        case ["eligibility", "missing" | "unknown"]:
            yield call.typed("record eligibility", patient, "--route ROUTE --others-in-order", on=asked)
        case ["counts", _]:
            yield call.typed("record counts", patient, "--anc NUMBER --platelets NUMBER", on=asked)
        case ["toxicity", "open"]:
            yield call.typed("record ae", patient, f"--update {reason.args['entry']}", "--resolved DATE")
        case ["toxicity", "unattributed"]:
            entry = f"--update {reason.args['entry']}"
            yield call.typed("record ae", patient, entry, "--attributed AGENT")
            yield call.typed("record ae", patient, entry, "--unrelated")
        case ["hold", "open"]:
            which = [f"--hold {reason.evidence[0]}"] if len(view.standing.holds) > 1 else []
            yield call.typed("resume", patient, *which, on=asked)
        case ["interval", "late"]:
            yield call.typed("advance", patient, "--reason TEXT", on=asked)
        case ["progression", "no_response"]:
            yield call.typed("record response", patient, "--response RESPONSE", on=asked)
