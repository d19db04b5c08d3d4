"""A contact: the patient was known to be alive, wherever they stand."""

from __future__ import annotations

import pytest

from tests.engine.case import DEFINITION, TODAY, at, codes, day
from tests.library.desk import DAY_30, INDUCTION, LONG_TERM, OFF_STUDY
from workflow.engine.decision import Strength
from workflow.engine.facts import When
from workflow.engine.facts.contact import DISEASE, SOURCES, contact, telling
from workflow.errors import InvalidInput

ALIVE = telling("in_remission", "telephone")


@pytest.mark.parametrize("state", ["screening", "enrolled", INDUCTION, DAY_30, LONG_TERM, OFF_STUDY])
def test_it_is_recorded_in_every_state(state: str) -> None:
    case = at(state)
    assert case.ask(ALIVE, TODAY).allowed


@pytest.mark.parametrize(("exit", "code"), [("lost_to_follow_up", "lost"), ("death", "other")])
def test_nobody_is_known_to_be_alive_after_the_day_of_an_end_in_either_order_of_typing(exit: str, code: str) -> None:
    ended = at(INDUCTION)
    ended.do(exit, day(9), code=code)
    assert ended.ask(ALIVE, day(9)).allowed
    (reason,) = ended.ask(ALIVE, day(10)).reasons
    assert reason.strength is Strength.NEVER
    known = at(INDUCTION)
    known.do(ALIVE, day(10))
    assert known.ask(exit, day(10), code=code).allowed
    assert [c.partition(".")[0] for c in codes(known.ask(exit, day(9), code=code))] == ["order"]


def test_who_left_the_study_is_known_to_be_alive_later() -> None:
    case = at(INDUCTION)
    case.do("withdraw", day(9), code="withdrawn")
    assert case.ask(ALIVE, day(100)).allowed


def test_it_bears_on_no_step() -> None:
    case, other = at(INDUCTION), at(INDUCTION)
    case.do(ALIVE, day(20))
    assert case.ask("start_cycle", day(29)) == other.ask("start_cycle", day(29))


def test_it_reads_as_a_person_would_say_it() -> None:
    told = contact(When(2, day(1)), "in_remission", "telephone")
    assert told.words(DEFINITION) == "alive, disease: in remission; source: telephone"


@pytest.mark.parametrize(
    ("disease", "source", "said"), [("well", "seen", "state of disease"), ("unknown", "me", "source")]
)
def test_another_word_is_refused_with_those_there_are(disease: str, source: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=f"no {said}"):
        contact(When(0, day(1)), disease, source)


def test_the_words_of_the_command_are_those_of_the_fact() -> None:
    from workflow.cli.commands.record.contact import contact as command

    said = " ".join(str(getattr(option, "help", "")) for option in command.params)
    assert all(word in said for word in (*DISEASE, *SOURCES))
