"""The toy in other words: sound, the same trial, and nothing in it is called as before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import Struct

from tests.toy import ARM, TOY
from tests.toy2 import BACK, ENGINES, NAMING, TOY2, UNNAMED, WORDS, back, there, translated
from workflow.engine.facts import BY_KIND
from workflow.engine.facts import KINDS as FACTS
from workflow.protocol import content
from workflow.protocol.lint import lint
from workflow.protocol.lint.references import ACTIONS
from workflow.protocol.table import TREATMENT, table


def names(value: Any, field: str = "") -> Iterator[str]:
    """Every name that stands in a protocol."""
    match value:
        case Struct():
            for name in value.__struct_fields__:
                yield from names(getattr(value, name), name)
        case tuple():
            for item in value:
                yield from names(item, field)
        case str() if field in NAMING and type(value) is str:
            yield value


def test_it_is_sound_and_another() -> None:
    assert lint(TOY2, FACTS) == ()
    assert content.read(content.write(TOY2)) == TOY2
    assert content.digest(TOY2) != content.digest(TOY)


def test_no_name_is_as_before() -> None:
    parts = [{part for name in names(toy) for part in name.split(".")} for toy in (TOY, TOY2)]
    assert parts[0] & parts[1] == ENGINES | {TREATMENT}
    assert parts[0] - set(WORDS) == ENGINES - {"counts"} | {TREATMENT}


def test_every_word_has_one_other_and_the_way_back() -> None:
    assert len(BACK) == len(WORDS)
    assert not set(BACK) & set(WORDS)
    assert all(back(there(name)) == name for name in names(TOY))


def test_translated_back_it_is_the_toy() -> None:
    table_there, table_here = table(TOY2.arms[0]), table(ARM)
    assert [back(place.name) for place in table_there.places] == [place.name for place in table_here.places]
    rows = [(back(row.trigger), back(row.source), back(row.target)) for row in table_there.transitions]
    assert rows == [(row.trigger, row.source, row.target) for row in table_here.transitions]


@pytest.mark.parametrize(("here", "other"), [("treatment.induction.1", "treatment.opening.1"), ("dose", "dose")])
def test_a_states_parts_are_translated_and_what_is_the_engines_stays(here: str, other: str) -> None:
    assert (there(here), back(other)) == (other, here)


def test_what_is_the_engines_is_what_it_says() -> None:
    assert {*(kind.PERMISSION or kind.KIND for kind in BY_KIND.values()), *ACTIONS} == ENGINES | UNNAMED
    assert translated(TOY) == TOY2
