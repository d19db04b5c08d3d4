"""Looking: who is due, what may happen next, everybody, the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import pytest
from msgspec.structs import replace

from tests.library.desk import (
    ADMIN,
    AUDITOR,
    CONSOLIDATION,
    COORDINATOR,
    INDUCTION,
    INVESTIGATOR,
    LONG_TERM,
    Desk,
    day,
)
from tests.toy import ARM, TOY
from workflow import Actor, Entry, Filter
from workflow.errors import (
    InvalidInput,
    NotFound,
    UnknownArm,
    UnknownPatient,
    UnknownPerson,
    UnknownTrigger,
    WorkflowError,
)

# ── due ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def pages(desk: Desk, limit: int, until: date | None = None, arm: str | None = None) -> list[list[str]]:
    found, after = [], None
    while True:
        page = desk.trial.due(until=until, arm=arm, after=after, limit=limit)
        found.append([item.patient for item in page.items])
        after = page.after
        if after is None:
            return found


@pytest.fixture
def ward(desk: Desk) -> Desk:
    """P1 and P2 due on one day, P3 later, P4 not at all."""
    desk.walk("P2")
    desk.walk("P1")
    desk.walk("P3", CONSOLIDATION)
    desk.enrol("P4")
    return desk


def test_who_is_due_comes_in_the_order_of_the_dates_and_then_of_the_ids(ward: Desk) -> None:
    assert pages(ward, 50) == [["P1", "P2", "P3"]]


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_put_together_are_the_whole_list(ward: Desk, limit: int) -> None:
    found = pages(ward, limit)
    assert [id for page in found for id in page] == ["P1", "P2", "P3"]
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1]


def test_a_page_goes_on_where_the_last_ended_though_somebody_was_moved_on(ward: Desk) -> None:
    first = ward.trial.due(limit=1)
    assert [item.patient for item in first.items] == ["P1"]
    ward.leave("P1")
    second = ward.trial.due(limit=1, after=first.after)
    assert [item.patient for item in second.items] == ["P2"]


def test_nobody_is_due_after_the_day_asked_for(ward: Desk) -> None:
    assert pages(ward, 50, until=day(29)) == [["P1", "P2"]]
    assert pages(ward, 50, until=day(28)) == [[]]


def test_the_list_of_an_arm_holds_that_arm_alone(database_url: str) -> None:
    two = replace(TOY, arms=(ARM, replace(ARM, key="B", title="Arm B")))
    desk = Desk(database_url, protocols=(two,))
    desk.walk("P1")
    desk.enrol("P2", arm="B")
    desk.trial.record_consent("P2", by=COORDINATOR, on=date(2024, 1, 1))
    desk.trial.record_eligibility("P2", by=COORDINATOR, route="IN01", others_in_order=True, on=date(2024, 1, 1))
    desk.onward("P2", INDUCTION)
    assert pages(desk, 1, arm="A") == [["P1"]]
    assert pages(desk, 1, arm="B") == [["P2"]]
    assert [row.id for row in desk.trial.patients(arm="B")] == ["P2"]
    desk.close()


def test_an_item_says_what_is_due_since_when_and_what_holds_it_back(ward: Desk) -> None:
    item = ward.trial.due(on=day(31)).items[0]
    assert (item.patient, item.arm, item.state, item.trigger) == ("P1", "A", INDUCTION, "start_cycle")
    assert (item.opens_on, item.due_on, item.days_late) == (day(22), day(29), 2)
    assert item.blocked == ("counts.missing",)
    assert not item.long_delay


def test_lateness_is_counted_from_the_end_of_the_window(desk: Desk) -> None:
    desk.walk("P1", LONG_TERM)
    item = desk.trial.due(on=date(2025, 1, 5)).items[0]
    assert (item.due_on, item.days_late) == (date(2024, 12, 5), 3)
    assert desk.trial.due(on=date(2024, 12, 5)).items[0].days_late == -28


def test_a_delay_of_42_days_is_long(ward: Desk) -> None:
    assert [item.long_delay for item in ward.trial.due(on=day(70)).items] == [False, False, False]
    assert ward.trial.due(on=day(71)).items[0].long_delay


@pytest.mark.parametrize("mark", ["", "x", "P1", "2024-13-01/P1", "/"])
def test_a_mark_that_is_none_is_refused(quick_desk: Desk, mark: str) -> None:
    with pytest.raises(InvalidInput, match="not the mark of a page"):
        quick_desk.trial.due(after=mark)


@pytest.mark.parametrize("on", [date.min, date.max])
def test_the_ends_of_the_calendar_are_dates_too(ward: Desk, on: date) -> None:
    assert bool(ward.trial.due(on=on, until=date.max).items) is (on == date.max)  # nobody was enrolled before
    assert ward.trial.next("P1", on=on).choices


# ── next ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_next_lists_every_way_on_open_or_not(ward: Desk) -> None:
    outlook = ward.trial.next("P1", on=day(29))
    assert outlook.forward == "start_cycle"
    choices = {choice.trigger: choice for choice in outlook.choices}
    forward = choices["start_cycle"]
    assert (forward.open, forward.overridable, forward.target) == (False, True, CONSOLIDATION)
    assert [reason.code for reason in forward.reasons] == ["counts.missing"]
    assert choices["withdraw"].open
    assert choices["death"].codes == ("disease", "toxicity", "other")
    assert choices["transplant"].roles == ("investigator",)


def test_next_for_a_person_says_what_that_person_may_ask_for(ward: Desk) -> None:
    for who, allowed in ((COORDINATOR, False), (INVESTIGATOR, True)):
        choices = {choice.trigger: choice for choice in ward.trial.next("P1", by=who).choices}
        assert choices["transplant"].open is allowed


@pytest.mark.parametrize("who", [AUDITOR, ADMIN])
def test_next_for_somebody_who_moves_nobody_is_next_for_anybody(ward: Desk, who: object) -> None:
    assert ward.trial.next("P1", by=who) == ward.trial.next("P1")  # type: ignore[arg-type]


def test_next_answers_as_the_command_would(ward: Desk) -> None:
    for choice in ward.trial.next("P1", on=day(40), by=INVESTIGATOR).choices:
        code = choice.codes[0] if choice.codes else None
        result = ward.trial.advance("P1", choice.trigger, by=INVESTIGATOR, on=day(40), code=code, dry_run=True)
        assert (result.reasons, result.allowed) == (choice.reasons, choice.open)


def test_from_the_end_nothing_is_next(ward: Desk) -> None:
    ward.leave("P1")
    outlook = ward.trial.next("P1")
    assert (outlook.forward, outlook.choices) == (None, ())


def test_nothing_in_looking_writes(ward: Desk) -> None:
    before = ward.everything()
    ward.trial.next("P1")
    ward.trial.show("P1")
    ward.trial.due()
    ward.trial.patients()
    ward.trial.log()
    ward.trial.people()
    ward.check()
    assert ward.everything() == before


# ── everybody ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everybody_comes_in_the_order_of_their_ids(ward: Desk) -> None:
    assert [(row.id, row.state) for row in ward.trial.patients()] == [
        ("P1", INDUCTION),
        ("P2", INDUCTION),
        ("P3", CONSOLIDATION),
        ("P4", "screening"),
    ]


@pytest.mark.parametrize(
    ("state", "ids"),
    [
        ("treatment", ["P1", "P2", "P3"]),
        ("treatment.induction", ["P1", "P2"]),
        (INDUCTION, ["P1", "P2"]),
        ("off_study", []),
    ],
)
def test_a_state_stands_for_those_within_it(ward: Desk, state: str, ids: list[str]) -> None:
    assert [row.id for row in ward.trial.patients(state=state)] == ids


@pytest.mark.parametrize(
    ("beginning", "limit", "ids"),
    [("", 9, ["A-1", "P-1", "P-10", "P-2", "P_3"]), ("P-", 2, ["P-1", "P-10"]), ("P_", 9, ["P_3"]), ("%", 9, [])],
)
def test_ids_are_found_by_how_they_begin(desk: Desk, beginning: str, limit: int, ids: list[str]) -> None:
    for id in ("P-2", "P-10", "A-1", "P_3", "P-1"):
        desk.trial.enroll(id, "A", by=COORDINATOR)
    assert sorted(desk.trial.patient_ids(beginning, limit=limit)) == ids


def test_a_patient_is_shown_with_the_window_of_what_is_next(ward: Desk) -> None:
    view = ward.trial.show("P3")
    assert (view.state, view.title, view.seq) == (CONSOLIDATION, "Consolidation, cycle 2", 7)
    assert view.window is not None
    assert (view.window.opens, view.window.due) == (day(50), day(57))


# ── the log ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_log_is_everything_in_the_order_it_was_recorded(ward: Desk) -> None:
    entries = ward.trial.log()
    assert len(entries) == ward.verify().entries
    assert list(entries) == sorted(entries, key=lambda entry: entry.recorded_at)
    assert entries[0].kind in ("trial_opened", "person_added")
    assert entries[-1].patient == "P4"


def test_a_filter_finds_what_it_says(ward: Desk) -> None:
    ward.trial.advance("P1", by=COORDINATOR, on=day(20))
    everything = ward.trial.log()
    asked: list[tuple[Filter, Callable[[Entry], bool]]] = [
        (Filter(), lambda e: True),
        (Filter(patient="P3"), lambda e: e.patient == "P3"),
        (Filter(chain="people"), lambda e: e.chain == "people"),
        (Filter(kind="consent"), lambda e: e.kind == "consent"),
        (Filter(trigger="register"), lambda e: e.trigger == "register"),
        (Filter(outcome="refused"), lambda e: e.outcome == "refused"),
        (Filter(actor="ines"), lambda e: e.actor.id == "ines"),
        (Filter(occurred_from=day(1)), lambda e: e.occurred_on >= day(1)),
        (Filter(occurred_to=day(1)), lambda e: e.occurred_on <= day(1)),
        (
            Filter(patient="P3", kind="transition", occurred_from=day(1), occurred_to=day(1)),
            lambda e: (e.patient, e.kind, e.occurred_on) == ("P3", "transition", day(1)),
        ),
    ]
    for wanted, is_wanted in asked:
        found = ward.trial.log(wanted)
        assert found, wanted
        assert found == tuple(entry for entry in everything if is_wanted(entry)), wanted


def test_days_of_recording_are_days_in_utc(desk: Desk) -> None:
    east = timezone(timedelta(hours=10))
    desk.clock.now = datetime(2025, 7, 2, 9, 59, tzinfo=east)  # 1 July, 23:59 in UTC
    desk.enrol("P1")
    desk.clock.now = datetime(2025, 7, 2, 10, 0, tzinfo=east)  # 2 July, 0:00 in UTC
    desk.enrol("P2")
    first, second = date(2025, 7, 1), date(2025, 7, 2)
    assert [e.patient for e in desk.trial.log(Filter(recorded_from=first, recorded_to=first))] == ["P1"]
    assert [e.patient for e in desk.trial.log(Filter(recorded_from=second))] == ["P2"]
    assert len(desk.trial.log(Filter(recorded_to=date.max))) == len(desk.trial.log())
    assert len(desk.trial.log(Filter(recorded_from=date.min))) == len(desk.trial.log())


def test_the_first_and_the_last_entries_are_to_be_had(ward: Desk) -> None:
    entries = ward.trial.log()
    assert ward.trial.log(limit=3) == entries[:3]
    assert ward.trial.log(limit=3, last=True) == entries[-3:]
    assert ward.trial.log(Filter(patient="P3"), limit=2, last=True) == ward.entries("P3")[-2:]


def test_the_log_comes_in_pages_between_which_others_write(ward: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.trial.advance("P1", by=COORDINATOR, on=day(20), note="early")
    ward.trial.advance("P2", by=COORDINATOR, on=day(20), note="early too")
    everything = ward.trial.log()
    filters = [Filter(), Filter(patient="P3"), Filter(actor="ines"), Filter(outcome="refused", occurred_from=day(1))]
    limits: list[tuple[int | None, bool]] = [(None, False), (0, False), (4, False), (5, True), (999, True)]
    whole = {(wanted, *how): ward.trial.log(wanted, limit=how[0], last=how[1]) for wanted in filters for how in limits}
    monkeypatch.setattr("workflow.desk.reading.PAGE", 2)
    for (wanted, limit, last), entries in whole.items():
        assert ward.trial.log(wanted, limit=limit, last=last) == entries
        pages = list(ward.trial.log_pages(wanted, limit=limit, last=last))
        assert [entry for page in pages for entry in page] == list(entries)
        assert all(0 < len(page) <= 2 for page in pages)
    rest = ward.trial.log_pages()
    first = next(rest)
    ward.clock.now += timedelta(hours=1)
    ward.counts("P1", on=day(20))
    assert len(first) + sum(map(len, rest)) == len(everything) + 1


def test_a_chain_comes_in_the_order_of_its_numbers_though_the_clock_was_set_back(desk: Desk) -> None:
    desk.walk()
    desk.clock.now -= timedelta(hours=1)
    with desk.again(trust_clock=True) as trial:
        trial.record_counts("P1", by=COORDINATOR, anc="2.5", platelets="120", on=day(2))
    assert [entry.seq for entry in desk.entries()] == list(range(1, 7))
    assert desk.trial.log(Filter(patient="P1"), limit=1, last=True)[0].kind == "counts"
    assert [(one.seq, one.code) for one in desk.verify().findings] == [(6, "clock")]  # before those who act were there


@pytest.mark.parametrize("text", ["\udcff", "a\x00b"])
def test_what_no_database_can_hold_is_a_clear_error(desk: Desk, text: str) -> None:
    with pytest.raises((InvalidInput, UnknownPerson), match=r"text holds a character|there is no person"):
        desk.trial.log(Filter(actor=text))


# ── only what exists may be asked for ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        (Filter(patient="P9"), UnknownPatient, "there is no patient 'P9'"),
        (Filter(patient="Jane Doe"), UnknownPatient, "there is no patient"),
        (Filter(chain="patient/p9"), NotFound, "there is no chain"),
        (Filter(kind="transitoin"), InvalidInput, "no kind of entry 'transitoin'"),
        (Filter(kind=["hold", "x"]), InvalidInput, "no kind of entry 'x'"),
        (Filter(trigger="start_cyle"), UnknownTrigger, "no trigger 'start_cyle'"),
        (Filter(outcome="alowed"), InvalidInput, "no outcome 'alowed'"),
        (Filter(actor="crl"), UnknownPerson, "there is no person 'crl'"),
        (Filter(actor=["carl", "crl"]), UnknownPerson, "there is no person 'crl'"),
        (Filter(occurred_from=day(2), occurred_to=day(1)), InvalidInput, "is after"),
        (Filter(recorded_from=day(2), recorded_to=day(1)), InvalidInput, "is after"),
    ],
    ids=str,
)
def test_a_filter_that_names_nothing_is_an_error(
    quick_desk: Desk, wanted: Filter, error: type[WorkflowError], said: str
) -> None:
    with pytest.raises(error, match=said):
        quick_desk.trial.log(wanted)


def test_a_near_word_is_suggested(quick_desk: Desk) -> None:
    quick_desk.walk()
    for ask, near in (
        (lambda: quick_desk.trial.log(Filter(actor="crl")), "carl"),
        (lambda: quick_desk.trial.log(Filter(kind="transitoin")), "transition"),
        (lambda: quick_desk.trial.patients(state="treatment.inducton"), "treatment.induction"),
    ):
        with pytest.raises(WorkflowError) as error:
            ask()
        assert error.value.hint == f"did you mean {near}?"


def test_an_arm_or_a_state_that_no_protocol_has_is_an_error(quick_desk: Desk) -> None:
    quick_desk.walk()
    for ask in (lambda: quick_desk.trial.patients(arm="Z"), lambda: quick_desk.trial.due(arm="Z")):
        with pytest.raises(UnknownArm, match="there is no arm 'Z'"):
            ask()
    for state in ("treat", "inducton", "treatment.", ["screening", "x"]):
        with pytest.raises(InvalidInput, match="there is no state"):
            quick_desk.trial.patients(state=state)


def test_several_words_are_any_of_them(desk: Desk) -> None:
    desk.walk("P1")
    desk.enrol("P2")
    assert [row.id for row in desk.trial.patients(state=["screening", "treatment"])] == ["P1", "P2"]
    kinds = [entry.kind for entry in desk.trial.log(Filter(kind=["enrolment", "transition"]))]
    assert set(kinds) == {"enrolment", "transition"}
    assert len(kinds) == sum(len(desk.trial.log(Filter(kind=kind))) for kind in ("enrolment", "transition"))
    assert {entry.actor.id for entry in desk.trial.log(Filter(actor=("carl", "admin")))} == {"carl", "admin"}
    everything = Filter(outcome=["allowed", "refused"], occurred_from=date(2024, 1, 1), occurred_to=day(99))
    assert desk.trial.log(everything) == desk.trial.log(Filter(occurred_from=date(2024, 1, 1), occurred_to=day(99)))


def test_ids_are_taken_in_any_case(desk: Desk) -> None:
    desk.walk("P1")
    theirs = desk.trial.log(Filter(actor="carl"))
    assert theirs
    assert desk.trial.log(Filter(actor="CARL")) == theirs
    assert desk.trial.log(Filter(patient="p1")) == desk.trial.log(Filter(chain="patient/P1"))
    told = {"anc": 1, "platelets": 50, "on": day(3), "request_id": "r-1"}
    first = desk.trial.record_counts("p1", by=Actor("CARL"), **told)  # type: ignore[arg-type]
    again = desk.trial.record_counts("P1", by=COORDINATOR, **told)  # type: ignore[arg-type]
    assert (again.repeated, again.seq, first.patient) == (True, first.seq, "P1")
    assert desk.last().actor.id == "carl"
    assert desk.trial.deactivate_person("CARL", by=Actor("Admin")).person.id == "carl"
    desk.check()
