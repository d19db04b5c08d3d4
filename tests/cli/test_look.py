"""What is shown of patients: next, due, show."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.cli.regimen import Regimen


def test_next_shows_steps_first_then_ways_out(regimen: Regimen) -> None:
    regimen.treated()
    out = regimen.done("next", "P-001", "--on", "2022-01-20").out
    assert (
        out
        == """\
P-001  arm I  Induction, cycle 1  as of 2022-01-20
NCT01371630, protocol 2025-12-18; treatment.induction.1; last entry 5
by what stands now (Etc/UTC)

  this cycle began      2022-01-10 (day 11)
  the next step opens   2022-01-31 (in 11 days)
  the next step is due  2022-02-07 (in 18 days)

The step forward

  blocked  start_cycle  Start the next cycle -> Consolidation, cycle 2
                        (coordinator or investigator)
           - opens on 2022-01-31, day 22 of the cycle that began on 2022-01-10:
             11 days too early [interval.early]
             lifted by: wait until 2022-01-31, or an investigator's override
           - no blood counts dated up to 2022-01-20 are recorded
             [counts.missing]
             lifted by: counts taken from 2022-01-13 to 2022-01-20, or an
               investigator's override
             regimen record counts P-001 --anc NUMBER --platelets NUMBER --on 2022-01-20
           an investigator may override all of this, with a reason:
           regimen advance P-001 --override --reason TEXT --on 2022-01-20

Ways out

  -> Follow-up, 30 days after treatment (follow_up.day_30)
  blocked  progression            Disease progression: investigator only
  blocked  relapse                Relapse: investigator only
  blocked  refractory             No response after induction: investigator only
  blocked  unacceptable_toxicity  Unacceptable toxicity: investigator only
  blocked  transplant             Stem cell transplant: investigator only
  blocked  stop_treatment         Treatment stopped early: investigator only

  -> Maintenance, cycle 1 (treatment.maintenance.1)
  blocked  switch_to_maintenance  Switch to maintenance early: investigator only

  -> Off study (off_study)
  open     withdraw           Withdrawal from the study  (coordinator or
                              investigator)
           regimen advance P-001 withdraw --code CODE --on 2022-01-20
           CODE: consent_withdrawn, moved_away or other
  open     lost_to_follow_up  Lost to follow-up  (coordinator or investigator)
           regimen advance P-001 lost_to_follow_up --on 2022-01-20
  open     death              Death  (coordinator or investigator)
           regimen advance P-001 death --code CODE --on 2022-01-20
           CODE: disease, infection, sinusoidal_obstruction_syndrome,
                 transplant_related, secondary_malignancy, other or unknown
"""
    )


def test_an_open_step_says_what_to_type(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("record", "counts", "P-001", "--anc", "1.5", "--platelets", "90", "--on", "2022-02-01")
    out = regimen.done("next", "P-001", "--on", "2022-02-01").out
    (typed,) = (line.strip() for line in out.splitlines() if line.strip().startswith("regimen advance P-001 --on"))
    assert "  open     start_cycle  Start the next cycle" in out
    regimen.done(*typed.split()[1:])
    assert regimen.json("show", "P-001")["patient"]["state"] == "treatment.consolidation.2"


@pytest.mark.parametrize("person", ["carol", "ivan"])
def test_every_command_that_next_shows_does_what_it_says(regimen: Regimen, person: str) -> None:
    regimen.treated()
    found = regimen.json("next", "P-001", "--on", "2022-02-01", "--as", person)
    lines = [
        line.strip() for line in regimen.done("next", "P-001", "--on", "2022-02-01", "--as", person).out.splitlines()
    ]
    for choice in found["choices"]:
        if not choice["open"]:
            continue
        typed = next(line for line in lines if line.startswith(f"regimen advance P-001 {choice['trigger']}"))
        if len(choice["codes"]) > 1:
            typed = typed.replace("CODE", choice["codes"][0])
        assert regimen.json(*typed.split()[1:], "--dry-run")["state"] == choice["target"]


def test_what_is_typed_keeps_the_database_and_the_person(regimen: Regimen) -> None:
    regimen.treated()
    (regimen.folder / "regimen.db").rename(regimen.folder / "my trial.db")
    out = regimen.done("next", "P-001", "--as", "ivan", "--database-url", "my trial.db").out
    assert "regimen advance P-001 refractory --as ivan --database-url 'my trial.db'" in out


def test_next_says_what_stands_in_the_way(regimen: Regimen) -> None:
    regimen.treated()
    for words in (
        "hold P-001 --code infection --on 2022-01-18",
        "record ae P-001 --term nausea --grade 3 --attributed InO --on 2022-01-12",
        "record ae P-001 --term VOD --grade 1 --on 2022-01-13",
        "record ae P-001 --term sepsis --grade 3 --on 2022-01-14",
        "record response P-001 --response REL --on 2022-01-19",
    ):
        regimen.done(*words.split())
    out = regimen.done("next", "P-001", "--on", "2022-04-01").out
    for said in (
        "ON HOLD                since 2022-01-18: infection (entry 6)",
        "relapse                2022-01-19: REL (entry 10)",
        "stopped for good       Inotuzumab ozogamicin on 2022-01-13 (entry 8)",
        "the next step was due  2022-02-07: 53 days late, a LONG delay",
        "- relapse on 2022-01-19 (REL) (entry 10) [progression.relapse]",
        "regimen resume P-001 --on 2022-04-01",
        "regimen record ae P-001 --update 7 --resolved DATE",
        "regimen record ae P-001 --update 9 --attributed AGENT",
        "regimen record ae P-001 --update 9 --unrelated",
        "regimen advance P-001 --reason TEXT --on 2022-04-01",
    ):
        assert said in out


def test_next_says_of_each_reason_what_cannot_be_done_about_it(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("record", "response", "P-001", "--response", "REL", "--on", "2022-01-19")
    out = " ".join(regimen.done("next", "P-001", "--on", "2022-01-20").out.split())
    assert "lifted by: the patient leaves treatment: relapse; cannot be overridden" in out
    assert "lifted by: wait until 2022-01-31, or an investigator's override" in out
    out = " ".join(regimen.done("next", "P-001", "--on", "2022-01-08").out.split())
    assert "lifted by: a date from 2022-01-10 on" in out
    assert "a date from 2022-01-10 on; or correct" not in out  # it rests on a step, and no step is taken back
    assert "may override all of this" not in out


def test_next_and_show_tell_how_somebody_stood_on_the_day_asked_for(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("hold", "P-001", "--code", "infection", "--on", "2022-01-15")
    for command in ("next", "show"):
        then = regimen.done(command, "P-001", "--on", "2022-01-08").out
        assert "as of 2022-01-08\nNCT01371630, protocol 2025-12-18; enrolled;" in then
        assert "ON HOLD" not in then
        assert "ON HOLD" in regimen.done(command, "P-001", "--on", "2022-01-16").out
    assert regimen.json("show", "P-001", "--on", "2022-01-08")["patient"]["as_of"] == "2022-01-08"


def test_a_day_to_come_is_looked_at_as_it_will_stand(regimen: Regimen) -> None:
    regimen.treated()
    out = regimen.done("next", "P-001", "--on", "2199-01-01").out
    assert "2199-01-01 is in the future: this is how it will stand if nothing more is" in out
    assert "dates.future" not in out
    assert "  later    lost_to_follow_up  Lost to follow-up" in out
    assert "  blocked  start_cycle" in out


def test_nothing_leads_on_from_the_end(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("advance", "P-001", "death", "--code", "infection", "--on", "2022-01-20")
    out = regimen.done("next", "P-001").out
    assert "died             2022-01-20" in out
    assert "treatment ended  2022-01-20: death (infection)" in out
    assert out.endswith("Nothing leads on from here.\n")


# ── due ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_due_lists_the_longest_due_first_and_marks_long_delays(regimen: Regimen) -> None:
    regimen.treated("P-002", "III")
    regimen.treated("P-001", "I")
    out = regimen.done("due", "--on", "2022-03-25").out
    assert (
        out
        == """\
patient  arm  state        step         due         days late  blocked by
P-001    I    induction.1  start_cycle  2022-02-07  46 LONG    counts.missing
P-002    III  induction.1  start_cycle  2022-02-21  32         counts.missing
"""
    )
    assert regimen.done("due", "--on", "2022-02-10", "--arm", "III", "--days", "20").out.splitlines()[1].split() == [
        "P-002", "III", "induction.1", "start_cycle", "2022-02-21", "in", "11", "interval.early,", "counts.missing",
    ]  # fmt: skip


def test_nothing_due_is_said_on_stderr(regimen: Regimen) -> None:
    ran = regimen.done("due", "--on", "2022-01-01")
    said = "regimen: nothing is due up to 2022-01-01; as of 2022-01-01 in Etc/UTC, by what stands now\n"
    assert (ran.out, ran.err) == ("", said)
    asked = regimen("due", "--on", "2022-02-15", "--until", "2022-02-01")
    assert (asked.code, "--until 2022-02-01 is before --as-of 2022-02-15" in asked.err) == (2, True)


def test_due_tells_how_to_go_on(regimen: Regimen) -> None:
    for number in (1, 2, 3):
        regimen.treated(f"P-00{number}")
    seen = []
    page = regimen.done("due", "--on", "2022-03-01", "--limit", 1)
    while "there are more" in page.err:
        seen += [page.out.splitlines()[1].split()[0]]
        more = page.err.splitlines()[-1]
        assert more.startswith("regimen: there are more: regimen due ")
        page = regimen.done(*more.split("regimen ")[1].split())
    seen += [page.out.splitlines()[1].split()[0]]
    assert seen == ["P-001", "P-002", "P-003"]
    assert regimen.json("due", "--on", "2022-03-01", "--limit", 1)["after"] == "2022-02-07/P-001"


# ── show ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_show_tells_a_patient_in_full(regimen: Regimen) -> None:
    regimen.treated()
    for words in (
        "record counts P-001 --anc 0.4 --platelets 20 --on 2022-01-17",
        "record response P-001 --response CRi --mrd positive --on 2022-01-25",
        "record dose P-001 --agent InO --amount 0.6 --unit mg/m2 --on 2022-01-12",
    ):
        regimen.done(*words.split())
    out = regimen.done("show", "P-001").out
    for said in (
        "enrolled               2022-01-03",
        "treatment began        2022-01-10",
        "consent      2022-01-04, to version 2025-12-18 (entry 2)",
        "eligibility  met 2022-01-05, by IN01 (entry 3)",
        "Inotuzumab ozogamicin  active   1 dose   since 2022-01-12 (entry 8)",
        "Vincristine            planned  0 doses",
        "counts    2022-01-17: ANC 0.4, platelets 20 x10^9/L (entry 6)",
        "response  2022-01-25: CRi, remission; MRD positive (entry 7)",
        "5  2022-01-10  start_cycle  allowed  -> treatment.induction.1  by carol",
        "8  2022-01-12  dose  allowed  by carol",
        "Inotuzumab ozogamicin 0.6 mg/m2",
    ):
        assert said in out


def test_show_tells_what_keeps_a_patient_out(regimen: Regimen) -> None:
    regimen.enrolled()
    regimen.done("record", "eligibility", "P-001", "--route", "IN01", "--others-in-order", "--not-met", "IN04")
    out = regimen.done("show", "P-001").out
    assert "consent      not recorded" in out
    assert "eligibility  not met" in out
    assert "not met    IN04: " in out


def test_show_without_a_patient_is_everybody(regimen: Regimen) -> None:
    assert regimen.done("show").err == "regimen: there are no patients yet: regimen enroll PATIENT --arm ARM\n"
    regimen.treated("P-001")
    regimen.enrolled("P-002", "II")
    assert regimen.done("show", "--state", "off_study").err == (
        "regimen: none of the patients stands there: regimen show lists them all\n"
    )
    both = regimen.done("show", "--state", "screening", "--state", "treatment").out
    assert "P-001" in both
    assert "P-002" in both
    assert (
        regimen.done("show").out
        == """\
patient  arm  state                  enrolled    due         protocol
P-001    I    treatment.induction.1  2022-01-03  2022-02-07  2025-12-18
P-002    II   screening              2022-01-03  -           2025-12-18

phase      arm I  arm II  all
screening      -       1    1
induction      1       -    1
all            1       1    2
"""
    )
    assert regimen.json("show")["counts"] == {"I": {"induction": 1}, "II": {"screening": 1}}
    assert [p["id"] for p in regimen.json("show", "--arm", "II")["items"]] == ["P-002"]
    assert [p["id"] for p in regimen.json("show", "--state", "treatment")["items"]] == ["P-001"]


def test_a_conflict_in_the_record_is_told_where_its_criterion_is_named(regimen: Regimen) -> None:
    regimen.enrolled()
    ran = regimen.done("record", "eligibility", "P-001", "--route", "IN02", "--others-in-order", "--met", "IN02C4")
    assert "regimen: note on IN02C4: At odds with IN05C" in ran.err


@pytest.mark.parametrize("command", ["next", "show"])
def test_a_day_that_is_past_is_shown_as_it_was_and_says_so(regimen: Regimen, command: str) -> None:
    regimen.treated()
    shown = regimen.done(command, "P-001", "--on", "2022-01-05").out
    assert shown.splitlines()[0].startswith("P-001  arm I  Screening  as of 2022-01-05")
    assert "2022-01-05 is past: this is how they stood then. Today it is" in shown
    assert "(treatment.induction.1)." in shown
    assert "this cycle began" not in shown
    assert "is past" not in regimen.done(command, "P-001", "--on", "2022-01-12").out
    assert "is past" not in regimen.done(command, "P-001").out
    before = regimen.done(command, "P-001", "--on", "2021-12-31").out
    assert "2021-12-31 is before they were enrolled, on 2022-01-03." in before


def test_the_dates_of_next_are_counted_from_the_day_asked_for(regimen: Regimen) -> None:
    regimen.treated()
    shown = regimen.done("next", "P-001", "--on", "2022-01-12").out
    assert "this cycle began      2022-01-10 (day 3)" in shown
    opens = date.fromisoformat(re.search(r"the next step opens +(\S+)", shown)[1])  # type: ignore[index]
    assert f"{opens} (in {(opens - date(2022, 1, 12)).days} days)" in shown
    assert all(day.startswith("2022") for day in re.findall(r"--on (\S+)", shown))
