"""The shipped versions: what identifies each, and in what they differ."""

from __future__ import annotations

import subprocess
import sys

import pytest
from msgspec.structs import fields, replace

from workflow import canonical
from workflow.engine.facts import KINDS as FACTS
from workflow.errors import UnknownProtocol
from workflow.protocol import content
from workflow.protocol.lint import lint
from workflow.protocol.model import Arm, Continuously, Cycle, OnDays, Phase, Protocol
from workflow.trials import DEFAULT, VERSIONS, find, shipped

NEW, OLD = find("2025-12-18"), find("2017-03")

DIGESTS = {
    "2017-03": "07ee5221033713902a3da6146aba280e42d84cfb750605f23a342b7da577e2d4",
    "2025-12-18": "bf940f7f6c3f888b5d6225af86623fa88e119b75f9bf50dc80f0c19e71ec819a",
}


def phase_of(protocol: Protocol, arm: str, key: str) -> Phase:
    found = arm_of(protocol, arm).phase(key)
    assert found is not None
    return found


def arm_of(protocol: Protocol, key: str) -> Arm:
    found = protocol.arm(key)
    assert found is not None
    return found


# ── identity ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("version", VERSIONS)
def test_the_content_of_a_version_does_not_change(version: str) -> None:
    digest = content.digest(find(version))
    assert digest == DIGESTS[version], (
        f"the content of version {version} changed; a database that has it installed will refuse it."
        " Put the change into a new version, or, before a release, write the new digest here"
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_the_canonical_content_is_json_and_comes_back_the_same(version: str) -> None:
    there = content.write(find(version))
    assert canonical.encode(canonical.decode(there)) == there
    canonical.check(canonical.decode(there))


@pytest.mark.parametrize("protocol", shipped(), ids=lambda protocol: protocol.version)
def test_a_shipped_version_has_no_findings(protocol: Protocol) -> None:
    assert lint(protocol, FACTS) == ()


def test_the_default_is_the_latest() -> None:
    assert find() is find(DEFAULT) is shipped()[-1]
    assert VERSIONS == tuple(sorted(VERSIONS)) == tuple(protocol.version for protocol in shipped())


def test_an_unknown_version_is_refused_by_name() -> None:
    with pytest.raises(UnknownProtocol, match="2016-01") as caught:
        find("2016-01")
    assert "2017-03" in str(caught.value.hint)


def test_one_version_is_built_without_the_others() -> None:
    script = (
        "import sys; from workflow import trials; trials.find();"
        "sys.exit(any(name.endswith(('v2017_03', 'amendments', 'record', 'coverage')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


# ── what differs between March 2017 and the record ─────────────────────────────────────────────────────────────────


def test_only_the_arms_and_readings_differ() -> None:
    differ = {f.name for f in fields(Protocol) if getattr(NEW, f.name) != getattr(OLD, f.name)}
    assert differ == {"version", "summary", "arms", "readings", "in_force_from", "in_force_source", "registered_on"}


def test_arm_iii_is_new() -> None:
    assert [arm.key for arm in OLD.arms] == ["I", "II"]
    assert [arm.key for arm in NEW.arms] == ["I", "II", "III"]


@pytest.mark.parametrize("key", ["I", "II"])
def test_what_surrounds_treatment_is_the_same(key: str) -> None:
    old, new = arm_of(OLD, key), arm_of(NEW, key)
    differ = {f.name for f in fields(Arm) if getattr(old, f.name) != getattr(new, f.name)}
    assert differ <= {"title", "population", "phases", "readings", "in_force_from", "in_force_source"}


def test_in_arm_i_chemotherapy_after_blinatumomab_is_new() -> None:
    assert [p.key for p in arm_of(OLD, "I").phases] == [
        *("induction", "consolidation"),
        *("blinatumomab", "maintenance"),
    ]
    assert [p.key for p in arm_of(NEW, "I").phases] == [
        *("induction", "consolidation"),
        *("blinatumomab", "late_consolidation", "maintenance"),
    ]


def test_in_arm_i_the_blinatumomab_cycles_are_the_same() -> None:
    old, new = phase_of(OLD, "I", "blinatumomab"), phase_of(NEW, "I", "blinatumomab")
    assert (old.then, new.then) == ("maintenance", "late_consolidation")
    assert replace(old, then=new.then) == new


@pytest.mark.parametrize("key", ["induction", "consolidation"])
def test_in_arm_i_the_chemotherapy_cycles_differ_in_inotuzumab_alone(key: str) -> None:
    def without_inotuzumab(cycle: Cycle) -> Cycle:
        rest = tuple(item for item in cycle.administrations if item.agent != "inotuzumab")
        return replace(cycle, administrations=rest)

    old, new = phase_of(OLD, "I", key), phase_of(NEW, "I", key)
    assert replace(old, cycles=()) == replace(new, cycles=())
    assert [*map(without_inotuzumab, old.cycles)] == [*map(without_inotuzumab, new.cycles)]


@pytest.mark.parametrize("arm", ["I", "II"])
def test_inotuzumab_in_march_2017_is_two_small_doses_a_cycle(arm: str) -> None:
    doses = {
        cycle.position: [
            (item.timing, item.dose.amount, item.dose.unit)
            for item in cycle.administrations
            if item.agent == "inotuzumab" and item.dose
        ]
        for phase in arm_of(OLD, arm).phases
        for cycle in phase.cycles
    }
    assert doses[1] == [(OnDays((2,)), "0.6", "mg/m2"), (OnDays((8,)), "0.3", "mg/m2")]
    assert doses[2] == doses[3] == doses[4] == [(OnDays((2, 8)), "0.3", "mg/m2")]
    assert not any(given for position, given in doses.items() if position > 4)


@pytest.mark.parametrize("arm", ["I", "II"])
def test_maintenance_in_march_2017_is_twelve_cycles_of_pomp_and_four_of_blinatumomab(arm: str) -> None:
    phase = phase_of(OLD, arm, "maintenance")
    given = {cycle.number: {item.agent for item in cycle.administrations} for cycle in phase.cycles}
    pomp = {"vincristine", "prednisone", "mercaptopurine", "methotrexate"}
    assert given == {n: {"blinatumomab"} if n in (4, 8, 12, 16) else pomp for n in range(1, 17)}
    assert (phase.end, phase.administrations) == (None, ())


def test_arm_ii_in_march_2017_is_treated_as_arm_i() -> None:
    one, two = arm_of(OLD, "I").phases, arm_of(OLD, "II").phases
    assert [phase.key for phase in one] == [phase.key for phase in two]
    given = [[(c.length, [(i.key, i.timing) for i in c.administrations]) for c in p.cycles] for p in one]
    assert given == [[(c.length, [(i.key, i.timing) for i in c.administrations]) for c in p.cycles] for p in two]
    assert not any(isinstance(i.timing, Continuously) for p in two[:2] for c in p.cycles for i in c.administrations)


def test_the_readings_that_differ() -> None:
    old, new = {r.id: r for r in OLD.readings}, {r.id: r for r in NEW.readings}
    assert old.keys() - new.keys() == {"A41", "A42", "A43"}
    assert new.keys() - old.keys() == {
        *("A2", "A5", "A17"),  # late consolidation, day 2 or 3, the three years
        *("A19", "A20", "A21", "A22"),  # the dense schedule of Arm II
        *("A24", "A26", "A27", "A28"),  # Arm III
    }
    taken = {id: (old[id].taken, new[id].taken) for id in old.keys() & new.keys() if old[id] != new[id]}
    assert taken == {
        "A1": ("blinatumomab_instead", "every_course"),
        "A6": ("by_cd20_everywhere", "by_cd20"),
        "A13": ("each_cycle", "calendar_months"),
        "A14": ("sixteen_cycles", "cycle_running_at_3_years"),
        "A15": ("pause", "without_a_break"),
        "A23": ("by_disease", "by_disease_then_age"),
    }
