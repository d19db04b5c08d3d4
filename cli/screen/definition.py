"""A protocol version in full, for people to read beside the record.

What the record says stands in the lines of a cycle; doses stand apart, each with the publication it is from, for the
record prints none. Cycles stand together only where they differ in nothing but their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from workflow.cli.screen.page import Page
from workflow.cli.screen.style import Part, Text, bad, quiet, strong, warn
from workflow.protocol.model import AgentAction, CriterionKind
from workflow.protocol.table import resolve
from workflow.report.words import protocol as words
from workflow.report.words.grammar import either, numbers, several

if TYPE_CHECKING:
    from workflow.protocol.model import (
        Administration,
        Arm,
        Criterion,
        Cycle,
        Phase,
        Protocol,
        Reading,
        Source,
        ToxicityRule,
    )

# ── the whole ──────────────────────────────────────────────────────────────────────────────────────────────────────


def title(page: Page, protocol: Protocol, digest: str) -> None:
    page.add(strong(protocol.trial), "  protocol version ", strong(protocol.version))
    page.add(protocol.title)
    page.blank()
    page.pairs(
        [
            ("this version", (protocol.summary,)),
            ("study", (f"from {protocol.study_start} to {protocol.study_end}",)),
            *((f"arm {arm.key}", (arm.population,)) for arm in protocol.arms),
            ("digest", (digest,)),
            *(("" if i else "sources", (words.source(work),)) for i, work in enumerate(protocol.sources)),
            ("given", ("IV into a vein, CIVI into a vein without a break, IT into the spinal canal, PO by mouth",)),
            ("[A1]", ("a reading, our choice where the record is open: regimen protocol readings A1",)),
        ]
    )


def arm(page: Page, protocol: Protocol, found: Arm, position: int | None) -> None:
    page.blank()
    page.heading(f"Arm {found.key}", f"  {found.title}")
    if position is None:
        page.pairs(
            [
                ("for", (found.population,)),
                ("entered by", (either(found.routes),)),
                ("place", (words.source(found.source),)),
                ("path", (" > ".join(f"{p.title} ({_span(p)})" for p in found.phases),)),
                ("readings", (", ".join(found.readings),)),
            ]
        )
    for phase in found.phases:
        cycles = [cycle for cycle in phase.cycles if position in (None, cycle.position)]
        if cycles:
            _phase(page, protocol, found, phase, cycles)
    if position is None:
        _around(page, found)


def _span(phase: Phase) -> str:
    counted = [cycle.number for cycle in phase.cycles]
    return f"{'cycle' if len(counted) == 1 else 'cycles'} {numbers(counted)}"


# ── phases and cycles ──────────────────────────────────────────────────────────────────────────────────────────────


def _phase(page: Page, protocol: Protocol, arm: Arm, phase: Phase, cycles: Sequence[Cycle]) -> None:
    page.blank()
    then = f"then {words.target(phase.then)}"
    page.add(quiet(f"Arm {arm.key}  "), strong(phase.title), f"  {_span(phase)}, {then}", _readings(phase.readings))
    if phase.end is not None:
        years = several(phase.end.years, "year")
        said = f"lasts {years} from its first day; the cycle that then runs is its last"
        page.add(said, _readings(phase.end.readings), indent=2, hang=2)
    if phase.administrations:
        page.blank()
        page.add(strong("Through the whole phase, beside its cycles"), indent=2)
        page.add(quiet(words.source(phase.source)), indent=4)
        _administrations(page, protocol, phase.administrations, phase.source.cite)
    for group in words.alike(cycles):
        page.blank()
        _cycle(page, protocol, group)


def _cycle(page: Page, protocol: Protocol, cycles: Sequence[Cycle]) -> None:
    first = cycles[0]
    page.add(Part(words.cycle_names(cycles), "strong"), indent=2, hang=2)
    page.add(quiet(words.source(first.source)), indent=4)
    page.add(f"{words.length(first.length)}{_readings(first.readings)}", indent=4, hang=2)
    for guard in first.guards:
        said = f"before it: {words.guard(guard)}"
        page.add(said, quiet(f" ({words.source(guard.source)})"), indent=4, hang=2)
    if first.administrations:
        _administrations(page, protocol, first.administrations, first.source.cite)
    else:
        page.add("nothing but what is given through the whole phase", indent=4)


def _administrations(page: Page, protocol: Protocol, given: Sequence[Administration], place: str) -> None:
    titles = {agent.key: agent.title for agent in protocol.agents}
    rows: list[tuple[Text, ...]] = []
    for one in given:
        printed = f" (printed {one.printed})" if one.printed else ""
        when = words.timing(one.timing) + printed
        over = words.infusion(one.steps)
        said = f"{when}; {over}" if over else when
        rows.append((titles[one.agent], one.route.value, said + _readings(one.readings)))
        if one.optional is not None:
            rows.append((warn(f"optional: {one.optional.when} ({words.source(one.optional.source)})"),))
        if one.source.cite != place:
            rows.append((quiet(words.source(one.source)),))
    page.columns(rows, indent=4)
    sources = dict.fromkeys(one.dose.source for one in given if one.dose is not None)
    for source in sources:
        page.add(quiet(f"doses, not in the record; {words.source(source)}"), indent=4, hang=2)
        page.columns(_doses(titles, given, source), indent=6)


def _doses(titles: dict[str, str], given: Sequence[Administration], source: Source) -> Iterator[tuple[Text, ...]]:
    for one in given:
        if one.dose is not None and one.dose.source == source:
            note = f", {one.dose.note}" if one.dose.note else ""
            yield titles[one.agent], one.route.value, f"{one.dose.amount} {one.dose.unit}{note}"


def _readings(ids: Sequence[str]) -> str:
    return f"  [{','.join(ids)}]" if ids else ""


# ── around treatment ───────────────────────────────────────────────────────────────────────────────────────────────


def _around(page: Page, arm: Arm) -> None:
    page.blank()
    page.add(quiet(f"Arm {arm.key}  "), strong("Before every cycle after the first"))
    for guard in arm.cycle_guards:
        page.add(f"- {words.guard(guard)}", quiet(f" ({words.source(guard.source)})"), indent=2, hang=2)
    page.blank()
    page.add(quiet(f"Arm {arm.key}  "), strong("Steps around treatment"))
    for step in (*arm.steps, arm.completes):
        to = resolve(arm, step.target)
        page.add(strong(step.trigger), f"  {step.title}: {step.source} > {to}", indent=2, hang=2)
        for guard in step.guards:
            page.add(f"- {words.guard(guard)}", quiet(f" ({words.source(guard.source)})"), indent=4, hang=2)
    page.blank()
    page.add(quiet(f"Arm {arm.key}  "), strong("Follow-up"))
    for state in arm.states:
        if state.visit is not None:
            page.add(f"{state.title}: {words.visit(state.visit)}", _readings(state.readings), indent=2, hang=2)
            page.add(quiet(words.source(state.visit.source)), indent=4, hang=2)
            page.add(quiet(words.source(state.visit.window_source)), indent=4, hang=2)
    page.blank()
    page.add(quiet(f"Arm {arm.key}  "), strong("Ways out"))
    for path in arm.exits:
        to = resolve(arm, path.target)
        leaves = ", ".join(path.leaves)
        page.add(strong(path.trigger), f"  {path.title}: {leaves} > {to}", _readings(path.readings), indent=2, hang=2)
        page.add(quiet("codes: "), ", ".join(path.codes), indent=4, hang=2)
        for guard in path.guards:
            page.add(f"- {words.guard(guard)}", quiet(f" ({words.source(guard.source)})"), indent=4, hang=2)
        page.add(quiet(words.source(path.source)), indent=4, hang=2)


# ── lists ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_HEADINGS = {
    CriterionKind.ROUTE: "Routes: one of these brings a patient in",
    CriterionKind.INCLUSION: "Inclusion: all of these must be met",
    CriterionKind.EXCLUSION: "Exclusion: none of these may apply",
}


def criteria(page: Page, protocol: Protocol) -> None:
    parts = [one for one in protocol.criteria if one.kind is CriterionKind.PART]
    for kind, heading in _HEADINGS.items():
        page.heading(f"{heading}")
        for one in protocol.criteria:
            if one.kind is kind:
                page.blank()
                _criterion(page, one, 2)
                for part in parts:
                    if part.parent == one.id:
                        _criterion(page, part, 6)


def _criterion(page: Page, one: Criterion, indent: int) -> None:
    page.add(strong(one.id.ljust(8)), one.text, indent=indent, hang=8)
    printed = f", printed {one.printed}" if one.printed else ""
    page.add(quiet(f"{words.source(one.source)}{printed}"), indent=indent + 8, hang=2)
    if one.note:
        page.add(warn(f"note: {one.note}"), indent=indent + 8, hang=2)


def terms(page: Page, protocol: Protocol) -> None:
    for system in dict.fromkeys(term.system for term in protocol.terms):
        page.heading(system)
        for term in protocol.terms:
            if term.system == system:
                also = f"; also {', '.join(term.synonyms)}" if term.synonyms else ""
                kind = "; haematological" if term.haematological else ""
                page.add(strong(term.key), f"  {term.title}", quiet(also + kind), indent=2, hang=2)


def rules(page: Page, protocol: Protocol) -> None:
    titles = {agent.key: agent.title for agent in protocol.agents}
    page.heading("What adverse events do to single agents")
    for agent in dict.fromkeys(rule.agent for rule in protocol.toxicity_rules):
        page.blank()
        page.add(strong(titles[agent]), indent=2)
        for rule in protocol.toxicity_rules:
            if rule.agent == agent:
                _rule(page, protocol, rule)


def _rule(page: Page, protocol: Protocol, rule: ToxicityRule) -> None:
    titles = {term.key: term.title for term in protocol.terms}
    stops = rule.action is AgentAction.DISCONTINUE
    verb = bad("stopped for good") if stops else warn("held".ljust(len("stopped for good")))
    what = ", ".join(titles[key] for key in rule.terms) if rule.terms else "any non-haematological event"
    which = "attributed to it" if rule.attributed else "whatever its cause"
    until = f", until grade {rule.until_grade} or resolved" if rule.until_grade is not None else ""
    page.add(verb, f"  from grade {rule.grade}, {which}{until}: {what}", indent=4, hang=4)
    page.add(quiet(words.source(rule.source)), indent=8, hang=2)


def roles(page: Page, protocol: Protocol) -> None:
    page.heading("Who may ask for what")
    for which in dict.fromkeys(permission.roles for permission in protocol.permissions):
        page.blank()
        page.add(strong(either(which)), indent=2)
        page.add(", ".join(p.action for p in protocol.permissions if p.roles == which), indent=4)


def readings(page: Page, found: Sequence[Reading]) -> None:
    for one in found:
        page.add(strong(one.id.ljust(5)), one.question, hang=5)
        page.add(quiet("taken: "), one.taken, quiet(f" ({one.grade.value}); {one.place}"), indent=5, hang=2)


def reading(page: Page, one: Reading) -> None:
    page.add(strong(one.id), f"  {one.question}", hang=2)
    page.add(quiet(f"place: {one.place}"), indent=2, hang=2)
    for option in one.options:
        taken = option.key == one.taken
        page.add(strong("taken  ") if taken else quiet("       "), f"{option.key}: {option.text}", indent=2, hang=9)
    page.add(quiet("why: "), one.why, indent=2, hang=2)
    page.add(quiet(f"settled by: {GRADES[one.grade.value]}"), indent=2)


GRADES = {
    "T": "another line of the record",
    "P": "a publication",
    "J": "judgement",
    "SITE": "a default of the site",
}
