"""Somebody was enrolled wrongly: that is taken back, they are enrolled anew, and each enrolment names the other."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.ledger.forge import Body, Log
from tests.ledger.tamper import restore
from tests.library.desk import AUDITOR, COORDINATOR, ENROLLED, Desk, day
from workflow import Result
from workflow.errors import AlreadyExists, InvalidInput, UnknownPatient
from workflow.store.log import Filter

P1, P2 = "patient/p1", "patient/p2"
WHY = "the number of another patient"


def anew(desk: Desk, id: str = "P2", instead_of: str = "P1", **more: Any) -> Result:
    more = {"by": COORDINATOR, "on": day(1), "reason": WHY, **more}
    return desk.trial.enroll(id, "A", instead_of=instead_of, **more)


def codes(result: Result) -> list[str]:
    return [reason.code for reason in result.reasons]


# ── the enrolment is taken back ────────────────────────────────────────────────────────────────────────────────────


def test_an_enrolment_is_taken_back_where_nothing_else_stands(desk: Desk) -> None:
    desk.enrol("P1")
    result = desk.trial.correct("P1", 1, by=COORDINATOR, reason=WHY).or_raise()
    assert result.state == "entered_in_error"
    view = desk.trial.show("P1")
    assert (view.state, view.title, view.window) == ("entered_in_error", "Entered in error", None)
    assert desk.trial.show("P1", on=ENROLLED).state == "entered_in_error"
    assert desk.trial.next("P1").choices == ()
    assert [one.id for one in desk.trial.patients(state="entered_in_error")] == ["P1"]
    assert desk.trial.log(Filter(patient="P1"))[0].voided_by == 2
    desk.check()


def test_what_was_taken_back_before_stands_no_longer_in_the_way(desk: Desk) -> None:
    desk.enrol("P1")
    told = desk.trial.record_consent("P1", by=COORDINATOR, on=ENROLLED).or_raise()
    refused = desk.trial.correct("P1", 1, by=COORDINATOR, reason=WHY)
    assert (codes(refused), refused.reasons[0].evidence) == (["correct.enrolment"], (told.seq,))
    desk.trial.correct("P1", told.seq or 0, by=COORDINATOR, reason=WHY).or_raise()
    assert desk.trial.correct("P1", 1, by=COORDINATOR, reason=WHY).allowed
    desk.check()


def test_nothing_happens_to_who_was_entered_in_error(desk: Desk) -> None:
    desk.enrol("P1")
    desk.trial.correct("P1", 1, by=COORDINATOR, reason=WHY).or_raise()
    asked: list[Callable[[], Result]] = [
        lambda: desk.trial.record_consent("P1", by=COORDINATOR, on=ENROLLED),
        lambda: desk.trial.advance("P1", "withdraw", by=COORDINATOR, code="withdrawn"),
        lambda: desk.trial.correct("P1", 1, by=COORDINATOR, reason=WHY),
        lambda: desk.trial.correct("P1", 2, by=COORDINATOR, reason=WHY),
        lambda: desk.trial.hold("P1", by=COORDINATOR, code="infection"),
    ]
    for ask in asked:
        assert codes(ask()) == ["correct.entered_in_error"]
    assert desk.trial.due(until=day(9999)).items == ()
    desk.check()


def test_the_id_is_never_used_again(desk: Desk) -> None:
    desk.enrol("P1")
    desk.trial.correct("P1", 1, by=COORDINATOR, reason=WHY).or_raise()
    with pytest.raises(AlreadyExists, match="P1 was entered in error"):
        desk.enrol("p1")


def test_nothing_takes_the_place_of_an_enrolment_in_its_own_chain(desk: Desk) -> None:
    desk.enrol("P1")
    with pytest.raises(InvalidInput, match="nothing takes an enrolment's place"):
        desk.trial.correct("P1", 1, by=COORDINATOR, reason=WHY, on=day(1))
    with pytest.raises(InvalidInput, match="nothing takes an enrolment's place"):
        desk.trial.record_consent("P1", by=COORDINATOR, corrects=1, reason=WHY)


# ── and the same person is enrolled anew ───────────────────────────────────────────────────────────────────────────


def test_each_enrolment_names_the_other(desk: Desk) -> None:
    desk.enrol("P1")
    result = anew(desk).or_raise()
    (taken_back,) = result.also
    assert (result.patient, result.seq, taken_back.patient, taken_back.seq) == ("P2", 1, "P1", 2)
    assert [(row.id, row.state) for row in desk.trial.patients()] == [("P1", "entered_in_error"), ("P2", "screening")]
    (void,) = desk.trial.log(Filter(patient="P1", kind="void"))
    assert (void.data["anew"], void.texts) == ("P2", {"reason": WHY})
    (first,) = desk.trial.log(Filter(patient="P2"))
    assert first.data["instead_of"] == {"patient": "P1", "seq": 2, "hash": void.hash}
    assert "instead of P1" in first.words
    assert "anew as P2" in void.words
    desk.check()
    assert desk.trial.verify(patient="P2").sound


def test_both_happen_or_neither(desk: Desk) -> None:
    desk.walk("P1")
    assert codes(anew(desk)) == ["correct.enrolment"]
    desk.enrol("P3")
    assert codes(anew(desk, "P4", "P3", on=day(5000))) == ["dates.future"]
    assert codes(anew(desk, "P4", "P3", by=AUDITOR)) == ["role.not_permitted"]
    assert [row.id for row in desk.trial.patients()] == ["P1", "P3"]
    assert desk.trial.show("P3").state == "screening"
    desk.check()


def test_a_dry_run_writes_nothing(desk: Desk) -> None:
    desk.enrol("P1")
    before = desk.everything()
    result = anew(desk, dry_run=True)
    assert (result.allowed, result.seq, result.also[0].seq) == (True, None, None)
    assert desk.everything() == before


def test_the_same_request_again_is_answered_as_it_was(desk: Desk) -> None:
    desk.enrol("P1")
    first = anew(desk, request_id="r1").or_raise()
    again = anew(desk, request_id="r1")
    assert (again.repeated, again.seq, again.hash) == (True, first.seq, first.hash)
    assert [(one.patient, one.hash) for one in again.also] == [(one.patient, one.hash) for one in first.also]
    desk.check()


def test_the_same_request_again_is_refused_as_it_was_and_adds_nothing(desk: Desk) -> None:
    desk.walk("P1")
    first = anew(desk, request_id="r1")
    again = anew(desk, request_id="r1")
    assert (again.repeated, again.patient, again.seq, again.hash) == (True, "P1", first.seq, first.hash)
    assert anew(desk, "P3", request_id="r1").seq == desk.seq("P1") == (first.seq or 0) + 1  # another id was meant
    desk.check()


def test_who_was_refused_may_ask_in_the_same_words_once_nothing_stands_in_the_way(desk: Desk) -> None:
    desk.enrol("P1")
    told = desk.trial.record_consent("P1", by=COORDINATOR, on=ENROLLED).or_raise()
    assert not anew(desk, request_id="r1").allowed
    desk.trial.correct("P1", told.seq or 0, by=COORDINATOR, reason=WHY).or_raise()
    done = anew(desk, request_id="r1").or_raise()
    assert (done.patient, done.repeated, anew(desk, request_id="r1").hash) == ("P2", False, done.hash)
    desk.check()


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"instead_of": "p2"}, InvalidInput, "instead of themselves"),
        ({"instead_of": "P9"}, UnknownPatient, "no patient 'P9'"),
        ({"reason": None}, InvalidInput, "a correction needs a reason"),
        ({"instead_of": None}, InvalidInput, "where it corrects another"),
        ({"reason": " "}, InvalidInput, "the reason is empty"),
        ({"instead_of": 1}, InvalidInput, "instead_of is to be a text"),
    ],
)
def test_bad_input_is_named(desk: Desk, more: dict[str, Any], error: type[Exception], said: str) -> None:
    desk.enrol("P1")
    with pytest.raises(error, match=said):
        anew(desk, **more)
    desk.check()


# ── forged ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Chains = dict[str, list[Body]]


def to_nobody(chains: Chains) -> None:
    chains[P1][-1]["data"]["anew"] = "P7"


def without_saying_so(chains: Chains) -> None:
    del chains[P1][-1]["data"]["anew"]


def instead_of_nobody(chains: Chains) -> None:
    del chains[P2][0]["data"]["instead_of"]


def instead_of_another(chains: Chains) -> None:
    chains[P2][0]["data"]["instead_of"]["patient"] = "P3"


def under_another_hash(chains: Chains) -> None:
    chains[P2][0]["data"]["instead_of"]["hash"] = "0" * 64


def of_a_fact(chains: Chains) -> None:
    chains[P1][-1]["data"]["seq"] = 2


def never_taken_back(chains: Chains) -> None:
    del chains[P1][-1]


def without_a_reason(chains: Chains) -> None:
    del chains[P1][-1]["texts"], chains[P1][-1]["stated"]


@pytest.mark.parametrize(
    "change",
    [
        to_nobody,
        without_saying_so,
        instead_of_nobody,
        instead_of_another,
        under_another_hash,
        of_a_fact,
        never_taken_back,
        without_a_reason,
    ],
)
def test_one_that_does_not_fit_the_other_is_found(quick_desk: Desk, change: Callable[[Chains], None]) -> None:
    quick_desk.enrol("P1", "P3")
    anew(quick_desk).or_raise()
    log = Log(quick_desk.everything())
    for name in (P1, P2):
        log.chains[name] = deepcopy(log.chains[name])
    change(log.chains)
    restore(quick_desk.url, log.fit())
    assert {one.chain for one in quick_desk.verify().findings} <= {P1, P2, "patient/p7", "patient/p3"}
    assert quick_desk.verify().findings
