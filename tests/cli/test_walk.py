"""One patient of each arm from enrolment to follow-up, by the commands that a coordinator types."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.cli.regimen import Regimen
from workflow import Trial

CYCLES = {"I": 12 + 26, "II": 6 + 26, "III": 5}
DAY = timedelta(days=1)


@pytest.mark.parametrize("arm", ["I", "II", "III"])
def test_a_patient_of_each_arm_reaches_follow_up(regimen: Regimen, arm: str) -> None:
    patient = regimen.enrolled("P-001", arm)

    refused = regimen("advance", patient, "--on", "2022-01-04")
    assert refused.code == 3
    assert refused.err.startswith("regimen: refused: P-001 register on 2022-01-04: 2 reasons")

    regimen.done("record", "consent", patient, "--on", "2022-01-04")
    route = "IN08" if arm == "II" else "IN01"
    regimen.done("record", "eligibility", patient, "--route", route, "--others-in-order", "--on", "2022-01-05")
    assert "went from screening to enrolled" in regimen.done("advance", patient, "--on", "2022-01-06").out
    regimen.done("advance", patient, "--on", "2022-01-10")

    cycles = 1
    while (standing := regimen.json("show", patient)["patient"])["state"].startswith("treatment."):
        opens, due = (date.fromisoformat(standing["window"][name]) for name in ("opens", "due"))
        if cycles <= 3:
            early = regimen("advance", patient, "--on", opens - DAY)
            assert early.code == 3
            assert "interval.early" in early.err
        regimen.done("record", "counts", patient, "--anc", "1.5", "--platelets", "90", "--on", due)
        stepped = regimen.done("advance", patient, "--on", due)
        cycles += "start_cycle" in stepped.out
    assert cycles == CYCLES[arm]
    assert standing["state"] == "follow_up.day_30"

    for state in ("follow_up.long_term", "follow_up.long_term"):
        due_on = regimen.json("show", patient)["patient"]["window"]["due"]
        regimen.done("advance", patient, "--on", due_on)
        assert regimen.json("show", patient)["patient"]["state"] == state
    assert regimen.json("audit", "verify")["sound"]


def test_a_step_tells_what_moved_and_what_is_next(regimen: Regimen) -> None:
    regimen.enrolled()
    regimen.done("record", "consent", "P-001", "--on", "2022-01-04")
    regimen.done("record", "eligibility", "P-001", "--route", "IN01", "--others-in-order", "--on", "2022-01-05")
    first = regimen.done("advance", "P-001", "--on", "2022-01-06")
    then = regimen.done("advance", "P-001", "--on", "2022-01-10")
    assert first.out == "P-001 went from screening to enrolled on 2022-01-06 (register, entry 4)\n"
    assert then.out == (
        "P-001 went from enrolled to treatment.induction.1 on 2022-01-10 (start_cycle, entry 5);"
        " next opens 2022-01-31, due 2022-02-07\n"
    )
    assert first.err == then.err == ""


def test_a_refusal_for_one_reason_is_one_line(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("record", "counts", "P-001", "--anc", "1.5", "--platelets", "90", "--on", "2022-01-29")
    refused = regimen("advance", "P-001", "--on", "2022-01-30")
    assert (refused.code, refused.out) == (3, "")
    assert refused.complaint == (
        "regimen: refused: P-001 start_cycle on 2022-01-30: opens on 2022-01-31, day 22 of the cycle that began on"
        " 2022-01-10: 1 day too early [interval.early]; lifted by: wait until 2022-01-31, or an investigator's override"
        " (entry 7)"
    )


def test_a_refusal_for_several_reasons_has_a_line_for_each(regimen: Regimen) -> None:
    regimen.treated()
    refused = regimen("advance", "P-001", "--on", "2022-01-17")
    first, early, counts = refused.err.splitlines()
    assert first == "regimen: refused: P-001 start_cycle on 2022-01-17: 2 reasons (entry 6)"
    assert early.startswith("  opens on 2022-01-31")
    assert "[interval.early]; lifted by: wait until 2022-01-31" in early
    assert counts.startswith(
        "  no blood counts dated up to 2022-01-17 are recorded [counts.missing]; lifted by: counts taken from 2022-01-1"
    )


def test_an_investigator_passes_soft_guards_with_a_reason(regimen: Regimen) -> None:
    regimen.treated()
    asked = ("advance", "P-001", "--on", "2022-02-01", "--override")
    assert regimen(*asked, "--reason", "recovering").code == 3  # a coordinator may not
    assert "override.reason" in regimen(*asked, "--as", "ivan").err
    passed = regimen.done(*asked, "--as", "ivan", "--reason", "recovering")
    assert "treatment.consolidation.2" in passed.out
    assert "overridden" in passed.out
    assert passed.err.splitlines() == [
        "regimen: overridden: 1 reason passed over",
        "  no blood counts dated up to 2022-02-01 are recorded [counts.missing]",
    ]


def test_a_late_step_needs_a_reason_and_tells_the_delay(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("record", "counts", "P-001", "--anc", "1.5", "--platelets", "90", "--on", "2022-02-10")
    assert "interval.late" in regimen("advance", "P-001", "--on", "2022-02-10").err
    late = regimen.done("advance", "P-001", "--on", "2022-02-10", "--reason", "a holiday")
    assert "3 days late" in late.out
    assert "a holiday" in regimen.done("audit", "log", "--patient", "P-001", "--last", 1).out


def test_a_toxicity_declared_unacceptable_takes_the_patient_off_treatment(regimen: Regimen) -> None:
    regimen.treated()
    event = ("record", "ae", "P-001", "--term", "sepsis", "--grade", 4, "--on", "2022-01-20", "--unacceptable")
    assert "a person in the role of coordinator may not declare an event unacceptable" in regimen(*event).err
    declared = regimen.done(*event, "--as", "ivan")
    assert declared.out.splitlines() == [
        "P-001 adverse event of 2022-01-20 recorded (entry 7)",
        "P-001 went from treatment.induction.1 to follow_up.day_30 on 2022-01-20 (unacceptable_toxicity, entry 8);"
        " next opens 2022-02-12, due 2022-02-19",
        "P-001 Blinatumomab and Inotuzumab ozogamicin are held: no dose from 2022-01-20 on until the event resolved or"
        " fell, or is judged to have another cause",
    ]


def test_an_adverse_event_tells_what_it_does_to_agents(regimen: Regimen) -> None:
    regimen.treated()
    held = regimen.done(
        "record", "ae", "P-001", "--term", "nausea", "--grade", 2, "--attributed", "InO", "--on", "2022-01-15"
    )
    assert "Inotuzumab ozogamicin is held" in held.out
    released = regimen.done("record", "ae", "P-001", "--update", 6, "--resolved", "2022-01-18", "--on", "2022-01-18")
    assert "Inotuzumab ozogamicin may be given again" in released.out
    stopped = regimen.done("record", "ae", "P-001", "--term", "VOD", "--grade", 1, "--on", "2022-01-20")
    assert "Inotuzumab ozogamicin is stopped for good" in stopped.out
    refused = regimen("record", "dose", "P-001", "--agent", "inotuzumab", "--on", "2022-01-21")
    assert (refused.code, "dose.discontinued" in refused.err) == (3, True)


def test_a_hold_holds_until_it_is_resumed(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("record", "counts", "P-001", "--anc", "1.5", "--platelets", "90", "--on", "2022-02-01")
    assert regimen.done("hold", "P-001", "--code", "infection", "--on", "2022-01-30").out == (
        "P-001 is on hold from 2022-01-30 (entry 7)\n"
    )
    assert "hold.open" in regimen("advance", "P-001", "--on", "2022-02-01").err
    regimen.done("resume", "P-001", "--reason", "cultures are negative", "--on", "2022-02-01")
    regimen.done("advance", "P-001", "--on", "2022-02-01")


def test_a_way_out_takes_its_coded_reason(regimen: Regimen) -> None:
    regimen.treated()
    stop = ("advance", "P-001", "stop_treatment", "--on", "2022-01-20", "--as", "ivan")
    assert regimen(*stop).code == 2
    assert "--code with one of: patient_decision" in regimen(*stop).complaint
    assert "no reason code" in regimen(*stop, "--code", "bored").complaint
    regimen.done(*stop, "--code", "patient_decision")
    assert regimen.json("show", "P-001")["patient"]["standing"]["left_code"] == "patient_decision"


def test_of_two_values_of_one_day_the_later_counts_where_both_tell_the_time(regimen: Regimen) -> None:
    regimen.treated()
    for at, anc in (("14:00", "1.5"), ("08:30", "0.2")):
        regimen.done("record", "counts", "P-001", "--anc", anc, "--platelets", "90", "--on", "2022-02-01", "--at", at)
    assert regimen.json("show", "P-001")["patient"]["standing"]["counts"]["anc"] == "1.5"
    assert "P-001 7  2022-02-01 08:30  counts  allowed" in regimen.done("audit", "log", "--last", 1).out
    assert regimen.json("audit", "log", "--last", 1)["items"][0]["time"] == "08:30"


def test_an_event_that_ended_goes_on_where_it_is_said_to(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("record", "ae", "P-001", "--term", "nausea", "--grade", 1, "--unrelated", "--on", "2022-01-12",
                 "--resolved", "2022-01-13")  # fmt: skip
    news = ("record", "ae", "P-001", "--update", 6, "--grade", 2, "--on", "2022-01-15")
    assert "adverse_event.ended" in regimen(*news).err
    regimen.done(*news, "--reopened")
    (event,) = regimen.json("show", "P-001")["patient"]["standing"]["events"]
    assert (event["grade"], event["open"]) == (2, True)


def test_a_fatal_event_asks_for_the_death(regimen: Regimen) -> None:
    regimen.treated()
    ran = regimen.done("record", "ae", "P-001", "--term", "sepsis", "--grade", 5, "--on", "2022-01-12")
    assert "until the event resolved" not in ran.out
    assert "regimen: a fatal event asks for the death: regimen advance P-001 death --on DATE" in ran.err
    regimen.done("advance", "P-001", "death", "--code", "infection", "--on", "2022-01-12")


def test_what_happened_to_an_event_has_a_day_of_its_own_and_a_judgement_has_none(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("record", "ae", "P-001", "--term", "sepsis", "--grade", 3, "--on", "2022-01-12")
    refused = regimen("record", "ae", "P-001", "--update", 6, "--grade", 4, "--resolved", "2022-01-19")
    assert (refused.code, "say with --on from which day on" in refused.complaint) == (2, True)
    judged = regimen.done("record", "ae", "P-001", "--update", 6, "--unrelated")
    assert judged.out.startswith("P-001 news of an adverse event of 2022-01-12 recorded")
    ended = regimen.done("record", "ae", "P-001", "--update", 6, "--resolved", "2022-01-19", "--attributed", "ino")
    assert ended.out.startswith("P-001 news of an adverse event of 2022-01-19 recorded")
    regimen.done("advance", "P-001", "death", "--code", "other", "--on", "2022-02-02")
    late = regimen.done("record", "ae", "P-001", "--update", 6, "--unrelated")
    assert "of 2022-01-12 recorded" in late.out


def test_a_hold_that_ends_says_which_others_hold_still(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("hold", "P-001", "--code", "infection", "--on", "2022-01-12")
    regimen.done("hold", "P-001", "--code", "toxicity", "--on", "2022-01-13")
    out = regimen.done("next", "P-001", "--on", "2022-01-14").out
    assert all(f"regimen resume P-001 --hold {entry} --on 2022-01-14" in out for entry in (6, 7))
    ran = regimen.done("resume", "P-001", "--hold", 6, "--on", "2022-01-15")
    assert ran.out == "the hold of P-001 ends on 2022-01-15 (entry 8); still on hold: entry 7 (toxicity)\n"
    assert regimen.done("resume", "P-001", "--on", "2022-01-16").out.startswith("P-001 is off hold from 2022-01-16")


def test_of_several_holds_the_one_that_ends_is_named(regimen: Regimen) -> None:
    regimen.treated()
    for code, day in (("infection", "2022-01-18"), ("counts", "2022-01-19")):
        regimen.done("hold", "P-001", "--code", code, "--on", day)
    asked = ("resume", "P-001", "--on", "2022-01-20")
    which = regimen(*asked)
    assert (which.code, "say which one ends: --hold ENTRY" in which.complaint) == (2, True)
    regimen.done(*asked, "--hold", 6)
    assert [hold["entry"] for hold in regimen.json("show", "P-001")["patient"]["standing"]["holds"]] == [7]


# ── what every command that writes takes ───────────────────────────────────────────────────────────────────────────

WRITES = (
    ("enroll", "P-009", "--arm", "II", "--on", "2022-01-03"),
    ("advance", "P-001", "death", "--code", "infection", "--on", "2022-01-20"),
    ("hold", "P-001", "--code", "counts", "--on", "2022-01-20"),
    ("record", "consent", "P-001", "--on", "2022-01-20"),
    ("record", "eligibility", "P-001", "--route", "IN01", "--on", "2022-01-20"),
    ("record", "ae", "P-001", "--term", "fever", "--grade", "1", "--on", "2022-01-20"),
    ("record", "counts", "P-001", "--anc", "1.5", "--platelets", "90", "--on", "2022-01-20"),
    ("record", "response", "P-001", "--response", "CR", "--mrd", "negative", "--on", "2022-01-20"),
    ("record", "dose", "P-001", "--agent", "vincristine", "--amount", "2", "--unit", "mg", "--on", "2022-01-20"),
)


@pytest.mark.parametrize("command", WRITES, ids=" ".join)
def test_a_dry_run_decides_and_writes_nothing(regimen: Regimen, command: tuple[str, ...]) -> None:
    regimen.treated()
    before = regimen.entries()
    dry = regimen.done(*command, "--dry-run")
    assert dry.out != ""
    assert dry.err.startswith("regimen: dry run, nothing was written\n")
    assert regimen.entries() == before
    assert regimen.json(*command, "--dry-run")["seq"] is None


@pytest.mark.parametrize("command", WRITES, ids=" ".join)
def test_the_same_request_again_answers_the_first_result(regimen: Regimen, command: tuple[str, ...]) -> None:
    regimen.treated()
    first = regimen.json(*command, "--request-id", "r-1")
    before = regimen.entries()
    again = regimen.done(*command, "--request-id", "r-1", "--json")
    assert (again.json["seq"], again.json["hash"]) == (first["seq"], first["hash"])
    assert "carried out before" in again.err
    assert regimen.entries() == before
    other = regimen("hold", "P-001", "--code", "other", "--request-id", "r-1")
    assert (other.code, "was used for another request" in other.complaint) == (5, True)


def test_expect_is_a_conflict_when_the_patient_has_moved_on(regimen: Regimen) -> None:
    regimen.treated()
    command = ("hold", "P-001", "--code", "counts", "--on", "2022-01-20", "--expect")
    moved = regimen(*command, 4)
    assert (moved.code, moved.complaint) == (
        5,
        "regimen: patient P-001 has moved on: the last entry is 5, not 4 (look at regimen next P-001)",
    )
    regimen.done(*command, 5)


def test_a_resume_can_be_tried_as_well(regimen: Regimen) -> None:
    regimen.treated()
    refused = regimen("resume", "P-001", "--dry-run")
    assert (refused.code, "resume.none" in refused.err) == (3, True)


def test_eligibility_takes_the_answers_by_criterion(regimen: Regimen) -> None:
    regimen.enrolled()
    asked = ("record", "eligibility", "P-001", "--route", "IN01", "--others-in-order", "--on", "2022-01-05")
    regimen.done(*asked, "--not-met", "IN04", "--unknown", "EX01", "--met", "EX02")
    known = regimen.json("show", "P-001")["patient"]["standing"]["eligibility"]
    assert (known["failed"], known["unknown"]) == (["IN04", "EX02"], ["EX01"])
    twice = regimen(*asked, "--met", "IN04", "--not-met", "IN04")
    assert (twice.code, "answered twice" in twice.complaint) == (2, True)


def test_news_of_what_is_no_event_are_refused_and_kept(regimen: Regimen) -> None:
    regimen.treated()
    ran = regimen("record", "ae", "P-001", "--update", "3", "--grade", "1", "--on", "2022-01-20")
    assert (ran.code, ran.out) == (3, "")
    assert "entry 3 is no adverse event that stands [adverse_event.unknown]" in ran.err
    assert regimen.json("audit", "log", "--last", "1")["items"][0]["outcome"] == "refused"


def test_the_step_forward_is_that_of_where_the_patient_stood_when_it_was_asked(
    regimen: Regimen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two desks type the same: the second is told that the patient has moved on, and takes no second step."""
    regimen.enrolled()
    regimen.done("record", "consent", "P-001", "--on", "2022-01-04")
    regimen.done("record", "eligibility", "P-001", "--route", "IN01", "--others-in-order", "--on", "2022-01-05")
    looked = Trial.show

    def show(trial: Trial, *asked: Any, **more: Any) -> Any:
        seen = looked(trial, *asked, **more)
        monkeypatch.setattr(Trial, "show", looked)
        assert regimen.process("advance", "P-001", "--on", "2022-01-07").code == 0
        return seen

    monkeypatch.setattr(Trial, "show", show)
    second = regimen("advance", "P-001", "--on", "2022-01-07")
    assert (second.code, "has moved on" in second.complaint) == (5, True)
    assert regimen.json("show", "P-001")["patient"]["state"] == "enrolled"
