"""The compiled machines: they and the tables say the same, threads may share them, broken tables are refused."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec.structs import replace

from tests.toy import ARM, STEPS, TOY
from tests.toy2 import TOY2
from workflow import trials
from workflow.engine.course import Definition, StateMachine
from workflow.errors import InvalidProtocol, UnknownArm
from workflow.protocol.model import Arm, Protocol

SHIPPED = [pytest.param(trials.find, version, id=version) for version in trials.VERSIONS]


def toy(_: str) -> Protocol:
    return TOY


def toy2(_: str) -> Protocol:
    return TOY2


# ── the table and the machine ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("find", "version"), [pytest.param(toy, "1", id="toy"), pytest.param(toy2, "1", id="toy2"), *SHIPPED]
)
def test_machine_and_table_agree_on_every_state_and_trigger_of_every_arm(find: Any, version: str) -> None:
    protocol = find(version)
    definition = Definition(protocol)
    for arm in protocol.arms:
        flat, machine = definition.table(arm.key), definition.machine(arm.key)
        for place in flat.places:
            for trigger in definition.triggers:
                row = flat.by_trigger.get((place.name, trigger))
                expected = row.target if row is not None else None
                assert machine.fire(place.name, trigger, allowed=True) == expected, (arm.key, place.name, trigger)


def test_what_was_not_allowed_the_machine_does_not_do() -> None:
    assert Definition(TOY).machine("A").fire("screening", "register", allowed=False) is None


def test_a_trigger_that_no_arm_has_leads_nowhere() -> None:
    assert Definition(TOY).machine("A").fire("screening", "fly", allowed=True) is None


def test_the_librarys_own_triggers_are_not_there() -> None:
    assert Definition(TOY).machine("A").fire("screening", "to_off_study", allowed=True) is None


def test_what_is_fired_again_is_answered_as_the_library_answered() -> None:
    definition = Definition(TOY)
    machine = definition.machine("A")
    for place in definition.table("A").places:
        for trigger in definition.triggers:
            for allowed in (True, False, True):
                assert machine.fire(place.name, trigger, allowed) == machine.ask(place.name, trigger, allowed)


def test_machines_are_made_once() -> None:
    definition = Definition(TOY)
    assert definition.machine("A") is definition.machine("A")
    assert definition.table("A") is definition.table("A")


def test_an_arm_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UnknownArm, match="no arm 'B'") as error:
        Definition(TOY).machine("B")
    assert error.value.hint == "its arms are A"


# ── threads ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("way", ["fire", "ask"])
def test_threads_share_a_machine(way: str) -> None:
    definition = Definition(TOY)
    flat, machine = definition.table("A"), definition.machine("A")
    asked = [(place.name, trigger) for place in flat.places for trigger in flat.triggers]
    begin = threading.Barrier(4)
    fire_or_ask = getattr(machine, way)

    def fire(seed: int) -> list[tuple[str, str, str | None]]:
        order = random.Random(seed).choices(asked, k=1500)  # noqa: S311 - any order will do
        begin.wait()
        return [(state, trigger, fire_or_ask(state, trigger, True)) for state, trigger in order]

    with ThreadPoolExecutor(4) as pool:
        for answers in pool.map(fire, range(4)):
            for state, trigger, after in answers:
                row = flat.by_trigger.get((state, trigger))
                assert after == (row.target if row is not None else None)


@pytest.mark.usefixtures("restless")
def test_threads_share_a_definition_that_nobody_has_used_yet() -> None:
    begin = threading.Barrier(4)

    def look(definition: Definition) -> tuple[object, ...]:
        begin.wait()
        return (
            definition.triggers,
            definition.agents_of("A"),
            definition.machine("A").fire("screening", "register", allowed=True),
        )

    for _ in range(20):
        definition = Definition(TOY)
        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(look, [definition] * 4))) == 1


# ── broken tables ──────────────────────────────────────────────────────────────────────────────────────────────────


def compiled(arm: Arm) -> StateMachine:
    return Definition(replace(TOY, arms=(arm,))).machine("A")


def test_a_misspelt_target_is_refused() -> None:
    steps = (replace(STEPS[0], target="enroled"), *STEPS[1:])
    with pytest.raises(InvalidProtocol, match="register names a state that does not exist: enroled"):
        compiled(replace(ARM, steps=steps))


def test_a_misspelt_source_is_refused() -> None:
    steps = (replace(STEPS[0], source="screning"), *STEPS[1:])
    with pytest.raises(InvalidProtocol, match="register names a state that does not exist: screning"):
        compiled(replace(ARM, steps=steps))


def test_two_transitions_for_one_trigger_from_one_state_are_refused() -> None:
    steps = (*STEPS, replace(STEPS[0], target="off_study"))
    with pytest.raises(InvalidProtocol, match="two transitions for register from screening"):
        compiled(replace(ARM, steps=steps))


def test_an_exit_that_collides_with_a_step_is_refused() -> None:
    exits = (*ARM.exits, replace(ARM.exits[0], trigger="start_cycle"))
    with pytest.raises(InvalidProtocol, match="two transitions for start_cycle from treatment"):
        compiled(replace(ARM, exits=exits))
