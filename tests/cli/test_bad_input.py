"""Whatever is typed: one clear line, the right exit code, and nothing written."""

from __future__ import annotations

import pytest

from tests.cli.regimen import Regimen
from workflow.cli import lazy, root

LONG = "P" + "1" * 10_000
CONTROL = "P-1\x1b[2J\x07\r\n"
EARLY = "2012-01-03"  # when nobody knows which version was in force for arm I
SQL = "P-001'; DROP TABLE entry; --"
ODD = (LONG, CONTROL, SQL, "", " ", "ü-1", "../../etc/passwd", "%s%n", "P-001 ", "\u202eP-1")

USAGE, REFUSED, NOT_FOUND, CONFLICT = 2, 3, 4, 5

CASES = (
    # what is not there
    (NOT_FOUND, "there is no patient 'X-1'", ("next", "X-1")),
    (NOT_FOUND, "there is no patient 'X-1'", ("show", "X-1")),
    (NOT_FOUND, "there is no patient 'X-1'", ("advance", "X-1")),
    (NOT_FOUND, "there is no patient 'X-1'", ("hold", "X-1", "--code", "other")),
    (NOT_FOUND, "there is no patient 'X-1'", ("record", "consent", "X-1")),
    (NOT_FOUND, "there is no patient 'X-1'", ("audit", "log", "--patient", "X-1")),
    (NOT_FOUND, "no trigger 'start_cycel'", ("advance", "P-001", "start_cycel")),
    (NOT_FOUND, "did you mean start_cycle?", ("advance", "P-001", "start_cycel")),
    (NOT_FOUND, "there is no arm 'IV' (the arms are I, II, III)", ("enroll", "P-002", "--arm", "IV")),
    (NOT_FOUND, "no protocol version is known to have been in force", ("enroll", "P-002", "--arm", "I", "--on", EARLY)),
    (NOT_FOUND, "name one with --protocol: 2017-03, 2025-12-18", ("enroll", "P-002", "--arm", "I", "--on", EARLY)),
    (NOT_FOUND, "counts is a fact and no step (regimen record counts records it)", ("advance", "P-001", "counts")),
    (NOT_FOUND, "regimen record ae records it", ("advance", "P-001", "adverse_event")),
    (NOT_FOUND, "hold is a fact and no step (regimen hold records it)", ("advance", "P-001", "hold")),
    (NOT_FOUND, "P-001 has no entry 9", ("correct", "P-001", "9", "--reason", "x")),
    (NOT_FOUND, "there is no arm 'IV'", ("due", "--arm", "IV")),
    (NOT_FOUND, "there is no arm 'IV'", ("show", "--arm", "IV")),
    (NOT_FOUND, "no protocol version '1999'", ("enroll", "P-002", "--arm", "I", "--protocol", "1999")),
    (NOT_FOUND, "has no arm 'IV'", ("protocol", "show", "--arm", "IV")),
    (NOT_FOUND, "no protocol version '1999'", ("protocol", "show", "--version", "1999")),
    (NOT_FOUND, "no protocol version '1999'", ("protocol", "lint", "--version", "1999")),
    (NOT_FOUND, "has no reading 'Z9'", ("protocol", "readings", "Z9")),
    (NOT_FOUND, "position 99", ("protocol", "show", "--cycle", "99")),
    (NOT_FOUND, "does not act as 'mallory'", ("resume", "P-001", "--as", "mallory")),
    (NOT_FOUND, "there is no active person 'mallory'", ("people", "deactivate", "mallory", "--as", "root")),
    # dates
    (USAGE, "'2022-13-01' is not in the calendar", ("advance", "P-001", "--on", "2022-13-01")),
    (USAGE, "'2022-02-29' is not in the calendar", ("next", "P-001", "--on", "2022-02-29")),
    (USAGE, "dates are written YYYY-MM-DD", ("advance", "P-001", "--on", "01/02/2022")),
    (USAGE, "dates are written YYYY-MM-DD", ("advance", "P-001", "--on", "20220102")),
    (USAGE, "dates are written YYYY-MM-DD", ("advance", "P-001", "--on", "2022-W01-1")),
    (USAGE, "dates are written YYYY-MM-DD", ("advance", "P-001", "--on", "٢٠٢٢-٠١-٠١")),
    (USAGE, "dates are written YYYY-MM-DD", ("due", "--until", "today")),
    (USAGE, "is no date of a trial", ("next", "P-001", "--on", "0001-01-01")),
    (USAGE, "is no date of a trial", ("next", "P-001", "--on", "9999-12-31")),
    # forms
    (USAGE, "no such command 'advnce'. Did you mean 'advance'?", ("advnce",)),
    (USAGE, "missing argument 'PATIENT'", ("advance",)),
    (USAGE, "missing option '--arm'", ("enroll", "P-002")),
    (USAGE, "no such option '--colour'", ("show", "--colour")),
    (USAGE, "ANC must be a number", ("record", "counts", "P-001", "--anc", "1,5", "--platelets", "90")),
    (USAGE, "ANC must be a number", ("record", "counts", "P-001", "--anc", "NaN", "--platelets", "90")),
    (USAGE, "counts are given in x10^9/L", ("record", "counts", "P-001", "--anc", "1500", "--platelets", "90")),
    (USAGE, "a CTCAE grade is 1 to 5", ("record", "ae", "P-001", "--term", "nausea", "--grade", "6")),
    (USAGE, "'high' is not a valid integer", ("record", "ae", "P-001", "--term", "nausea", "--grade", "high")),
    (USAGE, "no adverse event term 'nausae'", ("record", "ae", "P-001", "--term", "nausae", "--grade", "1")),
    (USAGE, "did you mean nausea?", ("record", "ae", "P-001", "--term", "nausae", "--grade", "1")),
    (USAGE, "needs a note", ("record", "ae", "P-001", "--term", "other", "--grade", "1")),
    (USAGE, "needs --term and --grade", ("record", "ae", "P-001", "--term", "nausea")),
    (USAGE, "--update takes no --term", ("record", "ae", "P-001", "--update", "3", "--term", "nausea")),
    (USAGE, "--reopened goes with --update", ("record", "ae", "P-001", "--term", "nausea", "--reopened")),
    (USAGE, "has a grade", ("record", "ae", "P-001", "--update", "3", "--reopened", "--resolved", "2022-01-05")),
    (USAGE, "not a time of day: '25:00'", ("hold", "P-001", "--code", "other", "--at", "25:00")),
    (USAGE, "say one of the two", ("advance", "P-001", "--override", "--happened", "--reason", "x")),
    (USAGE, "missing option '--reason'", ("correct", "P-001", "1")),
    (USAGE, "the reason is empty", ("correct", "P-001", "1", "--reason", " ")),
    (USAGE, "is not in the range", ("correct", "P-001", "0", "--reason", "x")),
    (USAGE, "--as-of is given twice", ("show", "--as-of", "2022-01-05", "--on", "2022-01-05")),
    *(
        (USAGE, said, (*command, "--known-by", day))
        for command in (("show",), ("show", "P-001"), ("next", "P-001"), ("due",), ("audit", "log"), ("people", "list"))
        for day, said in (
            ("2199-01-01", "what will be known by 2199-01-01 nobody knows yet; today is "),
            ("2022-01-02", "by 2022-01-02 nothing was known: the trial began on "),
            ("2022-01-32", "'2022-01-32' is not in the calendar"),
        )
    ),
    (NOT_FOUND, "carol is no 'investigator' today", ("hold", "P-001", "--code", "other", "--role", "investigator")),
    (
        USAGE,
        "is before 2022-01-02",
        ("people", "add", "bob", "--role", "auditor", "--from", "2022-01-02", "--until", "2022-01-01", "--as", "root"),
    ),
    (USAGE, "no response 'great'", ("record", "response", "P-001", "--response", "great")),
    (USAGE, "no MRD result 'some'", ("record", "response", "P-001", "--response", "CR", "--mrd", "some")),
    (USAGE, "no agent 'aspirin'", ("record", "dose", "P-001", "--agent", "aspirin")),
    (USAGE, "an amount needs its unit", ("record", "dose", "P-001", "--agent", "VCR", "--amount", "2")),
    (USAGE, "no eligibility route 'IN99'", ("record", "eligibility", "P-001", "--route", "IN99")),
    (USAGE, "no criterion 'IN99'", ("record", "eligibility", "P-001", "--route", "IN01", "--met", "IN99")),
    (USAGE, "no reason for a hold 'lunch'", ("hold", "P-001", "--code", "lunch")),
    (USAGE, "the reason is empty", ("resume", "P-001", "--reason", " ")),
    (USAGE, "4000 are the most", ("resume", "P-001", "--reason", "x" * 4001)),
    (USAGE, "control characters", ("resume", "P-001", "--reason", "a\x1b[2Jb")),
    (USAGE, "not a request id", ("resume", "P-001", "--request-id", "a b")),
    (USAGE, "is not in the range", ("resume", "P-001", "--expect", "0")),
    (USAGE, "is not in the range", ("audit", "log", "--limit", "1" + "0" * 30)),
    (USAGE, "exclude each other", ("audit", "log", "--limit", "1", "--last", "1")),
    (USAGE, "exclude each other", ("due", "--days", "1", "--until", "2022-01-01")),
    (USAGE, "is not one of 'allowed'", ("audit", "log", "--outcome", "maybe")),
    (USAGE, "no kind of entry 'rumour'; there are: enrolment", ("audit", "log", "--kind", "rumour")),
    (USAGE, "not the mark of a page", ("due", "--after", "yesterday")),
    (USAGE, "--arm and --state go with the list", ("show", "P-001", "--arm", "I")),
    (USAGE, "no role 'boss'", ("people", "add", "bob", "--role", "boss", "--as", "root")),
    (USAGE, "not a login", ("people", "add", "bob", "--role", "auditor", "--login", "a b", "--as", "root")),
    (USAGE, "not a person's id", ("people", "add", "Bob Smith", "--role", "auditor", "--as", "root")),
    (USAGE, "not valid UTF-8", ("show", "P-\udcff")),
    (USAGE, "no database of that kind", ("show", "--database-url", "mysql://db/x")),
    (USAGE, "not a database URL", ("show", "--database-url", "://")),
    # what is there already
    (CONFLICT, "patient P-001 is enrolled already", ("enroll", "P-001", "--arm", "I")),
    (
        CONFLICT,
        "there is a person ivan already, in the role of investigator",
        ("people", "add", "IVAN", "--role", "investigator", "--as", "root"),
    ),
    (CONFLICT, "patient P-001 is enrolled already", ("enroll", "p-001", "--arm", "I", "--protocol", "2017-03")),
    (CONFLICT, "there is a trial in this database already", ("init",)),
)


@pytest.mark.parametrize(
    ("code", "said", "args"), CASES, ids=[f"{' '.join(args)[:60]}: {said[:30]}" for _, said, args in CASES]
)
def test_one_clear_line_and_nothing_written(regimen: Regimen, code: int, said: str, args: tuple[str, ...]) -> None:
    regimen.enrolled()
    before = regimen.entries()
    ran = regimen(*args)
    assert (ran.code, ran.out) == (code, "")
    assert ran.complaint.startswith("regimen: ")
    assert said in ran.complaint
    assert len(ran.complaint) < 700
    assert ran.complaint.isprintable()
    assert regimen.entries() == before


@pytest.mark.parametrize("id", ODD, ids=lambda id: ascii(id)[:20])
@pytest.mark.parametrize(
    ("code", "args"),
    [
        (NOT_FOUND, ("next", ...)),
        (NOT_FOUND, ("show", ...)),
        (NOT_FOUND, ("advance", ...)),
        (NOT_FOUND, ("record", "counts", ..., "--anc", "1", "--platelets", "90")),
        (NOT_FOUND, ("audit", "log", "--patient", ...)),
        (USAGE, ("enroll", ..., "--arm", "I")),
        (NOT_FOUND, ("enroll", "P-002", "--arm", ...)),
        (NOT_FOUND, ("advance", "P-001", ...)),
        (NOT_FOUND, ("resume", "P-001", "--as", ...)),
        (USAGE, ("people", "add", ..., "--role", "auditor", "--as", "root")),
    ],
    ids=lambda case: " ".join("ID" if word is ... else word for word in case) if isinstance(case, tuple) else None,
)
def test_no_id_gets_further_than_its_check(regimen: Regimen, code: int, args: tuple[object, ...], id: str) -> None:
    if id == "" and args[:3] == ("resume", "P-001", "--as"):
        pytest.skip("an empty --as names nobody, as an empty variable does")
    regimen.enrolled()
    before = regimen.entries()
    ran = regimen(*(id if word is ... else word for word in args))
    assert ran.code == code
    assert ran.complaint.isprintable()
    assert len(ran.complaint) < 700
    assert regimen.entries() == before


@pytest.mark.parametrize(
    ("said", "args"),
    [
        ("dates.future", ("advance", "P-001", "--on", "2199-01-01")),
        ("dates.before_previous", ("advance", "P-001", "--on", "2021-12-31")),
        ("dates.before_study", ("record", "counts", "P-001", "--anc", "1", "--platelets", "9", "--on", "2001-01-01")),
    ],
)
def test_a_date_that_cannot_be_is_refused_and_kept_as_an_attempt(
    regimen: Regimen, said: str, args: tuple[str, ...]
) -> None:
    regimen.enrolled()
    before = regimen.json("show", "P-001")["patient"]
    ran = regimen(*args)
    assert ran.code == REFUSED
    assert said in ran.err
    assert regimen.json("show", "P-001")["patient"] == {**before, "seq": before["seq"] + 1}


@pytest.mark.parametrize("args", dict.fromkeys(args for _, _, args in CASES), ids=lambda args: " ".join(args)[:60])
def test_an_error_is_an_object_too_where_json_was_asked_for(regimen: Regimen, args: tuple[str, ...]) -> None:
    regimen.enrolled()
    ran = regimen(*args, "--json")
    error = ran.json["error"]
    assert set(error) == {"slug", "message", "hint", "exit", "retry"}
    assert error["exit"] == ran.code
    assert ran.complaint.startswith("regimen: ")


def test_help_is_shown_where_nothing_was_asked_for(bare: Regimen) -> None:
    ran = bare()
    assert (ran.code, ran.out) == (USAGE, "")
    assert ran.err.startswith("Usage: regimen [OPTIONS] COMMAND")


def test_what_was_not_foreseen_is_one_line(regimen: Regimen, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"fall": lazy.Lazy("tests.cli.test_bad_input:fall", "Fall.")}
    monkeypatch.setattr(root.regimen, "known", broken)
    ran = regimen("fall")
    assert ran.code == 1
    assert ran.complaint == (
        "regimen: unexpected: ZeroDivisionError: division by zero"
        " (a fault of this software; REGIMEN_TRACEBACK=1 shows where)"
    )
    monkeypatch.setenv("REGIMEN_TRACEBACK", "1")
    assert "Traceback" in regimen("fall").err


@root.click.command()
def fall() -> None:
    1 / 0  # noqa: B018
