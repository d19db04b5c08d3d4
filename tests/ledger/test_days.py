"""Which day an entry may call today: by the zones that the trial's chain sets, and when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.ledger.test_not_understood import append, newer_software_came
from tests.library.desk import ADMIN, Desk
from tests.library.test_zone import THERE
from workflow import Filter
from workflow.ledger import zone as zones
from workflow.ledger.entry import KINDS, SETTING_CHANGED, instant
from workflow.ledger.ground import Days
from workflow.ledger.report import Finding
from workflow.store.schema import entry

P2 = "patient/p2"


def found(name: str) -> Any:
    zone = zones.find(name)
    assert zone is not None
    return zone


@pytest.mark.parametrize(("zone", "moment", "there"), THERE)
def test_a_day_is_held_to_the_zone(zone: str, moment: str, there: str) -> None:
    days, today, at = Days(), date.fromisoformat(there), instant(datetime.fromisoformat(moment))
    days.change(at, found(zone), opens=True)
    assert days.wrong_with(today, at) is None
    for off in (-1, 1):
        other = today + timedelta(days=off)
        assert days.wrong_with(other, at) == f"was recorded at {at}, which is {there} in {zone}, and not {other}"


def test_around_a_change_either_zone_is_right_and_only_there() -> None:
    days = Days()
    days.change("2025-06-01T00:00:00.000000Z", found("America/Chicago"), opens=True)
    days.change("2025-06-15T20:00:00.000000Z", found("Asia/Tokyo"), opens=False)
    days.change("2025-06-15T21:00:00.000000Z", found("America/Chicago"), opens=False)
    chicago, tokyo = date(2025, 6, 15), date(2025, 6, 16)
    right = {
        "19:54:59": {chicago},
        "19:55:00": {chicago, tokyo},
        "20:05:00": {chicago, tokyo},
        "20:05:01": {tokyo},
        "20:54:59": {tokyo},
        "20:55:00": {chicago, tokyo},
        "21:05:00": {chicago, tokyo},
        "21:05:01": {chicago},
    }
    for time, expected in right.items():
        at = f"2025-06-15T{time}.000000Z"
        assert {day for day in (chicago, tokyo) if days.wrong_with(day, at) is None} == expected, time


def test_before_the_first_zone_it_is_a_day_somewhere() -> None:
    days = Days()
    days.change("2025-06-15T20:00:00.000000Z", found("Asia/Tokyo"), opens=False)
    before, behind = "2025-06-15T12:00:00.000000Z", "2025-06-15T20:30:00.000000Z"
    assert [days.wrong_with(date(2025, 6, day), before) is None for day in (13, 14, 15, 16, 17)] == [
        *(False, True, True, True, False)
    ]
    assert [days.wrong_with(date(2025, 6, day), behind) is None for day in (14, 15, 16, 17)] == [
        *(False, False, True, False)
    ]


@pytest.mark.parametrize("at", ["", "soon", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z"])
def test_a_moment_that_is_none_ends_nothing(at: str) -> None:
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        days = Days()
        days.change(at, found(zone), opens=True)
        assert isinstance(days.wrong_with(date(2025, 6, 15), at), str)


# ── in a log ───────────────────────────────────────────────────────────────────────────────────────────────────────


def wrong(desk: Desk, chain: str) -> list[Finding]:
    return [one for one in desk.verify().findings if one.chain == chain]


def clocks(desk: Desk) -> list[int | None]:
    """The entries of the patient that are said to be of a wrong day."""
    return [one.seq for one in wrong(desk, P2) if one.code == "clock"]


def setting(desk: Desk, value: str, **more: Any) -> int:
    return append(
        desk, "trial", drop=("protocol",), kind=SETTING_CHANGED, data={"name": "zone", "value": value}, **more
    )


@pytest.mark.parametrize("off", [-1, 1])
def test_an_entry_of_another_day_is_found(desk: Desk, off: int) -> None:
    body = append(desk, P2, today=f"{date(2025, 6, 15) + timedelta(days=off)}")
    assert clocks(desk) == [body]


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "localtime", "../../etc/passwd", "/etc/localtime", "", "\n", "right/UTC", "x" * 5000]
)
def test_a_zone_of_no_place_is_found_and_the_rest_is_judged(desk: Desk, name: str) -> None:
    decided = desk.verify().decided
    seq = setting(desk, name)
    later = append(desk, P2, today="2025-06-20")
    report = desk.verify()
    first = next(one for one in wrong(desk, "trial") if one.code == "zone")
    assert (first.seq, first.code) == (seq, "zone")
    assert first.message.startswith(f"entry {seq} sets a time zone that this machine does not know: ")
    assert clocks(desk) == [later]  # which was nowhere that day
    assert report.decided >= decided


def test_a_zone_that_this_machine_lacks_is_a_finding_and_no_other_stands_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zones, "find", lambda name: None)
    (one,) = desk.verify().findings
    assert (one.chain, one.seq, one.code) == ("trial", 3, "zone")
    assert one.message == "entry 3 sets a time zone that this machine does not know: 'Europe/Berlin'"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data": {"name": "colour", "value": "red"}}, "there is no setting 'colour'"),
        ({"data": {"name": "zone", "value": "Europe/Berlin"}}, "the zone is 'Europe/Berlin' already"),
        ({"data": {"name": "zone"}}, "missing required field `value`"),
        ({"data": {"name": "zone", "value": 5}}, "Expected `str`"),
        ({"data": {"name": "zone", "value": "UTC", "until": "2026-01-01"}}, "unknown field `until`"),
        ({"outcome": "refused"}, "says what nothing accounts for: outcome"),
        ({"stated": "given"}, "says what nothing accounts for: stated"),
        ({"code": "x"}, "says what nothing accounts for: code"),
        ({"kv": 2}, "was never in use"),
    ],
)
def test_a_setting_that_no_software_writes_is_found(desk: Desk, changes: dict[str, Any], said: str) -> None:
    seq = append(
        *(desk, "trial"),
        drop=("protocol",),
        **{"kind": SETTING_CHANGED, "data": {"name": "zone", "value": "UTC"}, **changes},
    )
    assert any(one.seq == seq and said in one.message for one in wrong(desk, "trial")), wrong(desk, "trial")


def test_a_setting_has_its_place_on_the_trials_chain_alone(desk: Desk) -> None:
    seq = append(desk, P2, drop=("seen",), kind=SETTING_CHANGED, data={"name": "zone", "value": "UTC"})
    assert any(one.seq == seq and "has no place" in one.message for one in wrong(desk, P2))


def test_a_setting_of_newer_software_leaves_the_day_open(desk: Desk) -> None:
    newer_software_came(desk, kinds={**KINDS, SETTING_CHANGED: 2})
    seq = append(desk, "trial", drop=("protocol",), kind=SETTING_CHANGED, kv=2, data={"zones": ["UTC"]})
    append(desk, P2, today="2025-06-16")
    report = desk.verify()
    assert report.not_understood == 1
    assert "clock" not in {one.code for one in report.findings}, report.findings
    assert seq == desk.trial.log(Filter(chain="trial"))[-1].seq


def test_the_reason_of_a_change_is_held_to_its_commitment(desk: Desk) -> None:
    from tests.ledger.tamper import behind
    from workflow.store.schema import entry_text

    desk.trial.set_zone("UTC", by=ADMIN, reason="the site moved")
    assert desk.verify().sound
    (row,) = (one for one in desk.rows(entry) if one["chain"] == "trial" and b'"UTC"' in one["body"])
    with behind(desk.url) as connection:
        connection.execute(entry_text.update().where(entry_text.c.chain == "trial").values(text="it did not"))
    (one,) = desk.verify().findings
    assert (one.chain, one.seq, one.code) == ("trial", row["seq"], "text")


def test_moments_of_the_desk_are_days_of_its_zone(desk: Desk) -> None:
    """At every hour of a day that has 23 of them, and of one that has 25."""
    for day in (date(2026, 3, 28), date(2026, 10, 24)):
        for hour in range(50):
            desk.clock.now = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)
            desk.trial.hold("P2", by=ADMIN, code="other", on=date(2024, 2, 1))
    desk.check()
