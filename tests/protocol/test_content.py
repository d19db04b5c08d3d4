"""The written form: what is read is what was written, byte for byte, and whatever else is refused with its place."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.toy import ARM, RECORD, TOY, toy
from workflow import canonical
from workflow.errors import InvalidProtocol
from workflow.protocol import content, guards, model, source
from workflow.protocol.model import ByLabel, Phase, Protocol, Role
from workflow.protocol.value import Tagged, Value
from workflow.trials import shipped

WRITTEN = content.write(TOY)
every_protocol = pytest.mark.parametrize("protocol", [TOY, *shipped()], ids=lambda one: f"{one.trial} {one.version}")


def refused(data: bytes) -> str:
    with pytest.raises(InvalidProtocol) as caught:
        content.read(data)
    said = caught.value.message
    assert said.isprintable()
    return said


def changed(change: Any) -> bytes:
    """The toy's bytes with something else in them, in canonical form again."""
    value = json.loads(WRITTEN)
    change(value)
    return canonical.encode(value)


# ── there and back ─────────────────────────────────────────────────────────────────────────────────────────────────


@every_protocol
def test_what_is_written_is_read_as_an_equal_value_and_written_as_the_same_bytes(protocol: Protocol) -> None:
    there = content.write(protocol)
    back = content.read(there)
    assert back == protocol
    assert content.write(back) == there
    assert content.digest(there) == content.digest(protocol) == content.digest(back)


@every_protocol
def test_the_written_form_is_canonical_json(protocol: Protocol) -> None:
    there = content.write(protocol)
    value = json.loads(there)
    canonical.check(value)
    assert canonical.encode(value) == there
    assert value == content.plain(protocol)


def test_a_value_that_could_be_of_several_types_names_its_own() -> None:
    written = content.plain(TOY)
    (arm,) = written["arms"]
    assert "type" not in arm
    assert arm["cycle_guards"][0] == {"type": "ConsentGiven", "source": {"kind": "record", "cite": "TOY-1"}}
    by_label = replace(ARM.phases[0], then=ByLabel("2"))
    assert content.plain(by_label)["then"] == {"type": "ByLabel", "label": "2"}
    assert (
        content.read(content.write(toy(arms=(replace(ARM, phases=(by_label, *ARM.phases[1:])),)))).arms[0].phases[0]
        == by_label
    )


def test_what_equals_its_default_is_left_out_whoever_made_the_value() -> None:
    typed = "".join(["start", "_cycle"])  # equal to the default, and another object
    assert content.write(toy(arms=(replace(ARM, cycle_trigger=typed),))) == WRITTEN


# ── what is not taken ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "$: input data was truncated"),
        (b"TOY-1", "$: JSON is malformed"),
        (WRITTEN[:-1], "$: input data was truncated"),
        (WRITTEN[:1000], "$: input data was truncated"),
        (WRITTEN + b" ", "$: not in canonical form"),
        (WRITTEN + b"x", "$: JSON is malformed"),
        (WRITTEN + WRITTEN, "$: JSON is malformed"),
        (b"[]", "$: expected `object`, got `array`"),
        (b"\xff" + WRITTEN, "$: JSON is malformed"),
        (WRITTEN.replace(b"A toy trial", b"A t\xffy trial"), "$: "),
        (WRITTEN.replace(b"A toy trial", b"A \\ud800 trial"), "$: "),
        (b"[" * 100_000, "$: "),
        (b'{"arms":' + b"[" * 100_000, "$.arms"),
        (b" " * (content.LIMIT + 1), f"$: {content.LIMIT + 1} bytes; {content.LIMIT} are the most"),
    ],
    ids=range(14),
)
def test_what_is_no_such_text_is_refused(data: bytes, said: str) -> None:
    assert refused(data).startswith(said)


def test_what_is_nested_too_deeply_is_refused() -> None:
    deep = b'{"source":' * 100_000
    guard = b'{"arms":[{"cycle_guards":[' + deep
    assert refused(guard) == "$: nested too deeply"


CHANGES: list[tuple[str, Any]] = [
    ("$: object contains unknown field `colour`", lambda p: p.update(colour="red")),
    ("$.arms[0].phases[1].cycles[0]: object contains unknown field `weather`",
     lambda p: p["arms"][0]["phases"][1]["cycles"][0].update(weather="fine")),
    ("$.arms[0].cycle_guards[0].type: invalid value 'FullMoon'",
     lambda p: p["arms"][0]["cycle_guards"][0].update(type="FullMoon")),
    ("$.arms[0].cycle_guards[0]: object missing required field `type`",
     lambda p: p["arms"][0]["cycle_guards"][0].pop("type")),
    ("$.arms[0]: object contains unknown field `type`", lambda p: p["arms"][0].update(type="Arm")),
    ("$.arms[0].key: expected `str`, got `int`", lambda p: p["arms"][0].update(key=1)),
    ("$: object missing required field `roles`", lambda p: p.pop("roles")),
    ("$.arms[0].phases[0].cycles[0].position: expected `int`, got `str`",
     lambda p: p["arms"][0]["phases"][0]["cycles"][0].update(position="1")),
    ("$.arms[0].phases[0].cycles[0].position: expected `int`, got `bool`",
     lambda p: p["arms"][0]["phases"][0]["cycles"][0].update(position=True)),
    ("$.criteria[0].kind: invalid enum value 'maybe'", lambda p: p["criteria"][0].update(kind="maybe")),
    ("$.study_start: invalid RFC3339", lambda p: p.update(study_start="yesterday")),
    ("$: not in canonical form", lambda p: p.update(edition=1)),
    ("$: not in canonical form", lambda p: p["arms"][0].update(cycle_trigger="start_cycle")),
    ("$: not in canonical form", lambda p: p["arms"][0].update(in_force_from=None)),
    ("$.edition: an integer must stay below 2**53", lambda p: p.update(edition=2**53)),
    ("$.title: a character that is not printable: 'A\\x1b[2J trial'", lambda p: p.update(title="A\x1b[2J trial")),
    ("$.arms[0].title: a character that is not printable", lambda p: p["arms"][0].update(title="Arm\nA")),
    ("$.agents[1].title: a character that is not printable", lambda p: p["agents"][1].update(title="B\u202eeta")),
    ("$.arms[0].key: a slash in a name: 'A/B'", lambda p: p["arms"][0].update(key="A/B")),
    ("$.arms[0].exits[1].codes[0]: a slash in a name", lambda p: p["arms"][0]["exits"][1].update(codes=["a/b"])),
    ("$.version: a slash in a name", lambda p: p.update(version="2026/1")),
    ("$.hold_codes[0]: a slash in a name", lambda p: p.update(hold_codes=["a/b"])),
    ("$.hold_codes[2]: a slash in a name", lambda p: p.update(hold_codes=["a]", "b", "c/d"])),
    ("$.hold_codes[1]: a slash in a name", lambda p: p.update(hold_codes=["a\"", "/b"])),
    ("$.trial: a slash in a name", lambda p: p.update(trial='TOY"/1')),
    ("$.trial: a slash in a name", lambda p: p.update(trial="TOY\\/1")),
]  # fmt: skip


@pytest.mark.parametrize("name", ["a\nb", "\x1b[2J", "x" * 10**6, "` - at `$.title"])
def test_what_is_foreign_in_a_message_is_shown_in_a_line(name: str) -> None:
    assert len(refused(changed(lambda p: p.update({name: 1})))) <= content.SHOWN


@pytest.mark.parametrize(("said", "change"), CHANGES, ids=range(len(CHANGES)))
def test_what_is_wrong_is_said_with_its_place(said: str, change: Any) -> None:
    assert refused(changed(change)).startswith(said)


@pytest.mark.parametrize(
    "data",
    [
        WRITTEN.replace(b",", b", ", 1),
        b'{"version":"1",' + WRITTEN[1:],  # a key twice
        WRITTEN.replace(b'"TOY-1"', b'"TOY\\u002d1"', 1),
        WRITTEN.replace(b'"position":1,', b'"position":1.0,', 1),
        WRITTEN.replace(b'"2020-01-01"', b'"2020-01-01 "', 1),
        json.dumps(dict(reversed(json.loads(WRITTEN).items())), separators=(",", ":")).encode(),
    ],
    ids=range(6),
)
def test_the_same_protocol_written_otherwise_is_refused(data: bytes) -> None:
    assert data != WRITTEN
    refused(data)


def attempt(data: bytes) -> Protocol | str:
    """What is read, or what is said instead."""
    try:
        return content.read(data)
    except InvalidProtocol as error:
        return error.message


def comes_back_or_is_refused(data: bytes) -> None:
    found = attempt(data)
    if isinstance(found, str):
        assert found.startswith("$")
        assert found.isprintable()
    else:
        assert content.write(found) == data


@given(st.integers(0, len(WRITTEN) - 1), st.integers(0, 3), st.binary(max_size=3))
def test_bytes_with_some_others_in_them_come_back_or_are_refused(at: int, dropped: int, put: bytes) -> None:
    comes_back_or_is_refused(WRITTEN[:at] + put + WRITTEN[at + dropped :])


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value: what it is in, and the key or index."""
    keys = list(range(len(value))) if isinstance(value, list) else list(value)
    inside = (place for key in keys if isinstance(value[key], dict | list) for place in places(value[key]))
    return [*((value, key) for key in keys), *inside]


OTHER: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from([None, True, False, 0, 1, -1, 2**53, [], {}, "A", "1", "", "start_cycle", "2020-01-01"]),
    st.text(max_size=3).filter(lambda text: not any("\ud800" <= char <= "\udfff" for char in text)),
)


@given(st.integers(0, len(places(json.loads(WRITTEN))) - 1), OTHER)
def test_a_value_in_the_place_of_another_comes_back_or_is_refused(index: int, other: Any) -> None:
    value = json.loads(WRITTEN)
    within, key = places(value)[index]
    within[key] = other
    comes_back_or_is_refused(canonical.encode(value))


@given(st.integers(0, len(places(json.loads(WRITTEN))) - 1))
def test_a_value_left_out_comes_back_or_is_refused(index: int) -> None:
    value = json.loads(WRITTEN)
    within, key = places(value)[index]
    del within[key]
    comes_back_or_is_refused(canonical.encode(value))


# ── what never changes ─────────────────────────────────────────────────────────────────────────────────────────────

# Every field that may be left out, and what it then is. A default once released never changes: protocols were written
# without it. A field that is new comes with one.
DEFAULTS: dict[str, dict[str, Any]] = {
    "Administration": {"steps": (), "optional": None, "dose": None, "printed": "", "readings": ()},
    "Agent": {"abbreviations": ()},
    "Arm": {
        "readings": (),
        "cycle_trigger": "start_cycle",
        "cycle_title": "Start the next cycle",
        "in_force_from": None,
        "in_force_source": None,
    },
    "ByCalendar": {"run_days": 1, "times_a_day": 1},
    "CalendarEnd": {"readings": ()},
    "Criterion": {"printed": "", "parent": None, "note": "", "met_by": ()},
    "Cycle": {"administrations": (), "guards": (), "readings": ()},
    "CycleInterval": {"late_needs_reason": True},
    "Dose": {"note": ""},
    "ExitPath": {"guards": (), "readings": ()},
    "InfusionTime": {"about": False},
    "NoProgression": {"response_after": None},
    "NoUnacceptableToxicity": {"open_grade": None, "open_grade_source": None},
    "OnDays": {"times_a_day": 1},
    "Phase": {"administrations": (), "end": None, "readings": ()},
    "Protocol": {
        "sources": (),
        "edition": 1,
        "in_force_from": None,
        "in_force_source": None,
        "registered_on": None,
        "hold_codes": (),
        "deviations": (),
    },
    "State": {"final": False, "visit": None, "readings": ()},
    "Step": {"guards": ()},
    "Term": {"haematological": False, "synonyms": ()},
    "ToxicityRule": {"terms": (), "attributed": True, "until_grade": None},
    "Visit": {"days": None, "months": None},
    "Window": {"warn": None},
}

WORDS = {
    word
    for room in (model, guards, source)
    for word in vars(room).values()
    if isinstance(word, type) and issubclass(word, Value) and word not in (Value, Tagged)
}


def test_no_default_changes() -> None:
    found = {
        word.__name__: {f.name: f.default for f in msgspec.structs.fields(word) if f.default is not msgspec.NODEFAULT}
        for word in WORDS
    }
    assert {name: defaults for name, defaults in found.items() if defaults} == DEFAULTS


def test_a_word_names_its_type_where_another_could_stand() -> None:
    tagged = {word.__name__ for word in WORDS if issubclass(word, Tagged)}
    assert tagged == {"OnDays", "OnOneOf", "Continuously", "ByCalendar", "ByLabel"} | {
        guard.__name__ for guard in guards.Guard.__args__
    }
    for word in WORDS:
        config = word.__struct_config__
        assert config.frozen, word
        assert (config.tag, config.tag_field) == ((word.__name__, "type") if issubclass(word, Tagged) else (None, None))


# ── looking up ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_arm_is_in_force_from_its_own_day_or_the_protocols_or_the_registrys() -> None:
    day = date(2021, 9, 1)
    assert toy(arms=(replace(ARM, in_force_from=day),)).starts("A") == day
    assert TOY.starts("A") == date(2020, 1, 1)
    assert toy(in_force_from=None, registered_on=day).starts("A") == day
    assert toy(in_force_from=None).starts("A") is None


def test_what_is_frozen_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        TOY.title = "Another"  # type: ignore[misc]
    assert hash(Role("a", "A")) == hash(Role("a", "A"))
    assert isinstance(ARM.phases[0], Phase)
    assert RECORD in {RECORD}
