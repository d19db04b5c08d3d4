"""The forms of ids, free texts and marks, at their limits: the last that passes and the first that does not."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from workflow.desk import inputs
from workflow.engine.decision import Mode
from workflow.errors import InvalidInput, UnknownPatient
from workflow.ledger.entry import TEXT_LIMIT


def refused(form: Any, said: Any, match: str, error: type[Exception] = InvalidInput) -> None:
    with pytest.raises(error, match=match):
        form(said)


def test_a_day_is_a_date_and_no_moment() -> None:
    assert inputs.day(date(2024, 1, 8)) == date(2024, 1, 8)
    assert inputs.day(None) is None
    for said in (datetime(2024, 1, 8), "2024-01-08", 20240108):  # noqa: DTZ001 - no zone makes it a date
        refused(inputs.day, said, "a date is asked for, not a moment")


@pytest.mark.parametrize("said", ["00:00", "08:30", "19:59", "23:59"])
def test_a_time_of_day_is_within_the_day(said: str) -> None:
    assert inputs.time(said) == said


@pytest.mark.parametrize("said", ["24:00", "24:30", "12:60", "8:30", "08:30:00", "0830", "", "٠٨:٣٠", "08:30\n", 830])
def test_what_is_no_time_of_day_is_refused(said: Any) -> None:
    refused(inputs.time, said, "not a time of day")


def test_a_text_is_kept_up_to_its_limit_without_the_white_space_around_it() -> None:
    longest = "x" * TEXT_LIMIT
    assert inputs.texts(note=f"  {longest}\n", reason=None) == {"note": longest}
    with pytest.raises(InvalidInput, match=f"the note has {TEXT_LIMIT + 1} characters"):
        inputs.texts(note=longest + "x")


@pytest.mark.parametrize("said", ["", " ", "\r\n\t"])
def test_a_text_of_nothing_is_none(said: str) -> None:
    with pytest.raises(InvalidInput, match="the reason is empty"):
        inputs.texts(reason=said)


@pytest.mark.parametrize("code", [0, 8, 11, 27, 31, 127, 0xD800, 0xDFFF])
def test_a_text_holds_no_signs_that_are_not_seen(code: int) -> None:
    with pytest.raises(InvalidInput, match="the note holds control characters"):
        inputs.texts(note=f"a{chr(code)}b")


def test_a_text_may_have_lines_and_any_script() -> None:
    assert inputs.texts(note="a\tb\r\nc é 好 \U0001f600") == {"note": "a\tb\nc é 好 \U0001f600"}


def test_what_is_asked_is_asked_in_one_way() -> None:
    assert inputs.mode(override=False, happened=False) is Mode.ASK
    assert inputs.mode(override=True, happened=False) is Mode.OVERRIDE
    assert inputs.mode(override=False, happened=True) is Mode.HAPPENED
    with pytest.raises(InvalidInput, match="an override is for what is asked"):
        inputs.mode(override=True, happened=True)


def test_a_request_id_and_a_login_are_printable_and_short() -> None:
    assert inputs.request_id("x" * 100) == "x" * 100
    assert inputs.login("x" * 64) == "x" * 64
    for said in ("", "x" * 101, "a b", "a\n", "é"):
        refused(inputs.request_id, said, "not a request id")
        refused(inputs.login, said, "not a login")


@pytest.mark.parametrize("said", ["", "P 1", "P1\n", "P1\nP2", "é1", "x" * 65, 7])
def test_what_can_be_no_patient_s_id_is_no_patient(said: Any) -> None:
    refused(inputs.patient, said, "there is no patient", UnknownPatient)


def test_the_mark_of_a_page_is_a_date_and_a_patient() -> None:
    assert inputs.mark("2024-01-08/P/1") == (date(2024, 1, 8), "P/1")
    assert inputs.mark(None) is None
    for said in ("", "P1", "2024-02-30/P1"):
        refused(inputs.mark, said, "not the mark of a page")
