"""A fact is taken back: what is said of it, and what cannot be."""

from __future__ import annotations

from tests.cli.regimen import Regimen


def counted(regimen: Regimen) -> None:
    regimen.treated()
    regimen.done("record", "counts", "P-001", "--anc", "0.4", "--platelets", "20", "--on", "2022-01-20")


def test_what_was_taken_back_is_said_in_words(regimen: Regimen) -> None:
    counted(regimen)
    asked = ("correct", "P-001", "6", "--reason", "another patient's")
    tried = regimen.done(*asked, "--dry-run")
    assert tried.out.splitlines()[1].startswith("  entry 6 would stand no longer: counts of 2022-01-20: ANC 0.4")
    ran = regimen.done(*asked)
    assert ran.out.splitlines()[0] == "P-001 is corrected (entry 7)"
    assert ran.out.splitlines()[1].startswith("  entry 6 stands no longer: counts of 2022-01-20: ANC 0.4")
    assert ran.err == "regimen: what was decided since stays decided; record the right value anew\n"
    assert regimen.json("show", "P-001")["patient"]["standing"]["counts"] is None
    assert regimen.json("audit", "verify")["sound"]


def test_the_log_says_of_both_what_became_of_them(regimen: Regimen) -> None:
    counted(regimen)
    regimen.done("correct", "P-001", "6", "--reason", "another patient's")
    for shown in (regimen.done("audit", "log", "--kind", "counts").out, regimen.done("show", "P-001").out):
        assert "stands no longer: entry 7 took it back\n" in shown
    void = regimen.done("audit", "log", "--kind", "void").out
    assert "void  allowed" in void
    assert "    takes back entry 6\n    reason: another patient's\n" in void
    first, second = regimen.json("audit", "log", "--patient", "P-001", "--last", 2)["items"]
    assert (first["voided_by"], second["voided_by"]) == (7, None)


def test_what_followed_by_itself_goes_with_it(regimen: Regimen) -> None:
    regimen.treated()
    event = ("record", "ae", "P-001", "--term", "sepsis", "--grade", 4, "--on", "2022-01-20", "--unacceptable")
    regimen.done(*event, "--as", "ivan")
    assert regimen.json("show", "P-001")["patient"]["state"] == "follow_up.day_30"
    refused = regimen("correct", "P-001", "6", "--reason", "another patient's")
    assert (refused.code, "may not declare an event unacceptable" in refused.complaint) == (3, True)
    ran = regimen.done("correct", "P-001", "6", "--reason", "another patient's", "--as", "ivan")
    first, *gone = ran.out.splitlines()
    assert first == "P-001 is corrected (entry 9); back in treatment.induction.1"
    assert gone[:2] == [
        "  entry 6 stands no longer: adverse event of 2022-01-20: Sepsis grade 4; declared unacceptable",
        "  entry 7 stands no longer: unacceptable_toxicity",
    ]
    assert "followed by itself from: entry 6" in regimen.done("audit", "log", "--trigger", "unacceptable_toxicity").out


def test_the_last_step_is_taken_back(regimen: Regimen) -> None:
    regimen.treated()
    ran = regimen.done("correct", "P-001", "5", "--reason", "another patient's")
    assert ran.out.splitlines()[:2] == [
        "P-001 is corrected (entry 6); back in enrolled",
        "  entry 5 stands no longer: start_cycle",
    ]
    assert ran.err == "regimen: what was decided since stays decided; record the right value anew\n"
    assert "stands no longer: entry 6 took it back" in regimen.done("audit", "log", "--trigger", "start_cycle").out
    assert regimen.json("audit", "verify")["sound"]
    regimen.done("advance", "P-001", "--on", "2022-01-11")
    assert regimen.json("show", "P-001")["patient"]["state"] == "treatment.induction.1"


def test_an_agent_that_a_correction_lets_go_is_named(regimen: Regimen) -> None:
    regimen.treated()
    sos = ("--term", "SOS", "--grade", 3, "--attributed", "inotuzumab")
    regimen.done("record", "ae", "P-001", *sos, "--on", "2022-01-12")
    out = regimen.done("correct", "P-001", "6", "--reason", "another patient's").out
    assert "P-001 Inotuzumab ozogamicin may be given again; it was discontinued" in out


def test_what_cannot_be_taken_back_is_refused(regimen: Regimen) -> None:
    counted(regimen)
    for entry, code in ((1, "correct.enrolment"), (4, "correct.stands_on")):
        refused = regimen("correct", "P-001", entry, "--reason", "x")
        assert (refused.code, refused.out, code in refused.err) == (3, "", True)
        assert "see entr" in refused.err
    regimen.done("correct", "P-001", "6", "--reason", "x")
    assert "correct.nothing" in regimen("correct", "P-001", "6", "--reason", "x").complaint
