"""Under one engine number a question is answered alike for ever."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.corpus import sources
from tests.corpus.recorded import PATH, Digests, differences, text
from tests.corpus.write import answers
from workflow.engine import numbers
from workflow.engine.numbers import ENGINE, FOLD

SHOWN = 20
LEAST = 5_000


@pytest.fixture(scope="module")
def found() -> Digests:
    return answers()


def test_no_answer_has_changed_under_this_engine_number(found: Digests) -> None:
    assert PATH.exists(), f"there is no corpus of engine {ENGINE}: run `make corpus`"
    changed = list(differences(found, PATH.read_text()))
    shown = "\n  ".join(changed[:SHOWN])
    assert not changed, (
        f"an answer changed under engine {ENGINE}: raise ENGINE in {numbers.__name__.replace('.', '/')}.py and run"
        f" `make corpus`; where the cases are others, or what a protocol says, `make corpus` alone.\n"
        f"{len(changed)} are otherwise:\n  {shown}"
    )


def test_the_corpus_is_of_every_protocol_and_large(found: Digests) -> None:
    assert {protocol for protocol, _ in found} == {"toy", "toy2", "2017-03", "2025-12-18"}
    assert sum(map(len, found.values())) >= LEAST


def test_an_answer_that_changed_is_named(found: Digests) -> None:
    place, kept = next((place, kept) for place, kept in found.items() if len(kept) > 1)
    name = list(kept)[1]
    others = {**found, place: {**kept, name: "0" * 16}}
    assert list(differences(others, text(found))) == [f"{place[0]}, {place[1]}: {name}"]


def test_cases_that_come_go_or_are_others_are_named_by_their_subject(found: Digests) -> None:
    place, kept = next(iter(found.items()))
    where = ", ".join(place)
    fewer = {each: answers for each, answers in found.items() if each != place}
    renamed = {**found, place: {f"{name}!": digest for name, digest in kept.items()}}
    assert list(differences(fewer, text(found))) == [f"{where}: its cases are gone"]
    assert list(differences(found, text(fewer))) == [f"{where}: its cases are new"]
    assert list(differences(renamed, text(found))) == [f"{where}: its cases are others"]


# ── the sources ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_sources_that_decide_are_those_of_the_last_row() -> None:
    last = sources.rows()[-1]
    assert (last["engine"], last["fold"], last["sources"]) == (ENGINE, FOLD, sources.digest()), (
        "the sources that decide have changed: raise the number in workflow/engine/numbers.py and run"
        ' `make engine-row`; or add a row that says why no decision can change: `make engine-row WHY="..."`'
    )


def test_every_row_has_another_engine_number_than_the_one_before_or_says_why() -> None:
    for before, row in pairwise(sources.rows()):
        assert before["engine"] != row["engine"] or row.get("why")
        assert before["sources"] != row["sources"] or before["engine"] != row["engine"]


def test_a_row_under_the_same_number_has_to_say_why() -> None:
    before: list[sources.Row] = [{"engine": ENGINE, "fold": FOLD, "sources": "of another day"}]
    with pytest.raises(ValueError, match=f"engine {ENGINE} has a row"):
        sources.added(before, "")
    assert sources.added(before, "only a comment")[-1]["why"] == "only a comment"
    with pytest.raises(ValueError, match="the last row is of these sources"):
        sources.added(sources.added(before, "only a comment"), "again")
    assert "why" not in sources.added([{**before[0], "engine": "0"}], "")[-1]


def test_what_decides_is_among_the_sources() -> None:
    names = {path.relative_to(sources.ROOT).as_posix() for path in sources.deciding()}
    assert {
        "workflow/engine/answer.py",
        "workflow/engine/facts/dose.py",
        "workflow/engine/guards/order.py",
        "workflow/protocol/schedule.py",
        "workflow/ledger/fold.py",
    } <= names
