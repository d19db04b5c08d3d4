"""The protocol on the screen: everything that is in it, where it is from, and nothing that is not."""

from __future__ import annotations

import re

import pytest

from tests.cli.regimen import Regimen
from workflow import trials
from workflow.protocol.model import (
    ByCalendar,
    Continuously,
    Every,
    InfusionTime,
    OnDays,
    OnOneOf,
    Timing,
    Window,
)
from workflow.protocol.table import table
from workflow.report.words import protocol as words

VERSIONS = trials.VERSIONS


def flat(text: str) -> str:
    """The text without its line breaks."""
    return " ".join(text.split())


@pytest.mark.parametrize("version", VERSIONS)
def test_every_administration_of_every_cycle_is_shown(bare: Regimen, version: str) -> None:
    protocol = trials.find(version)
    titles = {agent.key: agent.title for agent in protocol.agents}
    for arm in protocol.arms:
        for phase in arm.phases:
            for cycle in phase.cycles:
                shown = flat(bare.done("protocol", "show", "--version", version, "--arm", arm.key,
                                       "--cycle", cycle.position).out)  # fmt: skip
                assert cycle.source.cite in shown
                assert words.length(cycle.length) in shown
                for one in (*phase.administrations, *cycle.administrations):
                    assert f"{titles[one.agent]} {one.route.value} {words.timing(one.timing)}" in shown
                    assert words.infusion(one.steps) in shown
                    assert one.source.cite in shown
                    if one.readings:
                        assert f"[{','.join(one.readings)}]" in shown
                    if one.optional is not None:
                        assert f"optional: {one.optional.when} (" in shown
                    if one.dose is not None:
                        dose = f"{titles[one.agent]} {one.route.value} {one.dose.amount} {one.dose.unit}"
                        assert dose in shown.partition("doses, not in the record")[2]
                        assert flat(words.source(one.dose.source)) in shown


@pytest.mark.parametrize("version", VERSIONS)
def test_the_whole_shows_every_cycle_once(bare: Regimen, version: str) -> None:
    out = bare.done("protocol", "show", "--version", version).out
    for arm in trials.find(version).arms:
        for phase in arm.phases:
            start = out.index(f"Arm {arm.key}  {phase.title}  ")
            section = out[start : out.index("\nArm ", start)]
            headings = re.findall(r"^  Cycles? ([-0-9, ]+)", section, flags=re.MULTILINE)
            numbers = [number for heading in headings for number in spread(heading)]
            assert sorted(numbers) == [cycle.number for cycle in phase.cycles]


def spread(heading: str) -> list[int]:
    numbers: list[int] = []
    for part in heading.strip(" ,").split(", "):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


@pytest.mark.parametrize("version", VERSIONS)
def test_cycles_stand_together_only_where_they_are_the_same(version: str) -> None:
    for arm in trials.find(version).arms:
        for phase in arm.phases:
            groups = words.alike(phase.cycles)
            for group in groups:
                for cycle in group:
                    assert cycle.administrations == group[0].administrations
                    assert (cycle.length, cycle.guards, cycle.source) == (
                        group[0].length,
                        group[0].guards,
                        group[0].source,
                    )
            assert len({words._content(group[0]) for group in groups}) == len(groups)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_step_exit_and_guard_is_shown(bare: Regimen, version: str) -> None:
    for arm in trials.find(version).arms:
        shown = flat(bare.done("protocol", "show", "--version", version, "--arm", arm.key).out)
        for row in table(arm).transitions:
            assert row.trigger in shown
            for guard in row.guards:
                if guard.name != "period":
                    assert flat(words.guard(guard)) in shown
        for path in arm.exits:
            assert f"codes: {', '.join(path.codes)}" in shown


def test_the_lists_are_complete(bare: Regimen) -> None:
    protocol = trials.find()
    shown = flat(bare.done("protocol", "show", "--criteria", "--terms", "--rules", "--roles").out)
    for criterion in protocol.criteria:
        assert f"{criterion.id} {flat(criterion.text)}" in shown
        assert flat(criterion.note) in shown
    for term in protocol.terms:
        assert f"{term.key} {term.title}" in shown
        assert ", ".join(term.synonyms) in shown
    for rule in protocol.toxicity_rules:
        assert flat(rule.source.cite) in shown
    for permission in protocol.permissions:
        assert permission.action in shown


def test_a_reading_is_shown_in_full(bare: Regimen) -> None:
    for reading in trials.find().readings:
        shown = flat(bare.done("protocol", "readings", reading.id.lower()).out)
        assert flat(reading.question) in shown
        assert f"taken {reading.taken}: " in shown
        assert flat(reading.why) in shown
        for option in reading.options:
            assert f"{option.key}: {flat(option.text)}" in shown


def test_a_diagram_is_bare_text_for_one_arm_and_a_page_for_all(bare: Regimen) -> None:
    assert bare.done("protocol", "diagram", "--arm", "III").out.startswith("stateDiagram-v2\n")
    page = bare.done("protocol", "diagram").out
    assert page.count("```mermaid\nstateDiagram-v2\n") == 3
    assert bare.done("protocol", "diagram", "--phases").out != page


def test_a_finding_of_the_linter_is_a_line_and_an_exit_code(bare: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    from msgspec.structs import replace

    protocol = trials.find()
    broken = replace(protocol, readings=(*protocol.readings, protocol.readings[0]))
    monkeypatch.setitem(trials._SHIPPED, trials.DEFAULT, lambda: broken)
    ran = bare("protocol", "lint")
    assert ran.code == 7
    assert re.match(r"P\d{3} [\w-]+  .*: ", ran.out)
    assert ran.complaint.startswith("regimen: version 2025-12-18 has ")
    assert bare.done("protocol", "lint", "--version", "2017-03").out.endswith("nothing found\n")


# ── in words ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (OnDays((3,)), "day 3"),
        (OnDays((1, 8)), "days 1, 8"),
        (OnDays((1, 2, 3), times_a_day=2), "days 1-3, twice a day"),
        (OnDays((1, 2, 3, 4, 11, 12, 13, 14)), "days 1-4, 11-14"),
        (OnDays((1,), times_a_day=4), "day 1, 4 times a day"),
        (OnOneOf((2, 3)), "day 2 or 3, one dose"),
        (Continuously(4, 18), "from day 4 without a break for 18 days, off on day 22"),
        (ByCalendar(Every.DAY, 3, times_a_day=2), "every day, twice a day, for 3 years from day 1 of the phase"),
        (ByCalendar(Every.MONTH, 1, run_days=5), "on 5 days in a row every month, for 1 year from day 1 of the phase"),
    ],
)
def test_timing_in_words(when: Timing, said: str) -> None:
    assert words.timing(when) == said


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((), ""),
        ((InfusionTime(30, 30),), "over 30 min"),
        ((InfusionTime(15, 30),), "over 15 to 30 min"),
        ((InfusionTime(120, 360),), "over 2 to 6 h"),
        ((InfusionTime(120, 120, True), InfusionTime(1320, 1320, True)), "over about 2 h, then about 22 h"),
    ],
)
def test_infusions_in_words(steps: tuple[InfusionTime, ...], said: str) -> None:
    assert words.infusion(steps) == said


def test_lengths_in_words() -> None:
    assert words.length(Window(21, 28, 42)) == (
        "21 to 28 days: the next opens on day 22 and is due on day 29; from 42 days late a long delay (site default)"
    )
    assert words.length(Window(42, 42)) == "42 days: the next opens and is due on day 43"
