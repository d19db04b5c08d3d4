"""JSON: valid for every command, and what docs/reference/json.md says it is."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.cli.regimen import TREE, Regimen
from workflow.cli.screen.json import named, plain
from workflow.ledger.people import Person
from workflow.ledger.report import Report
from workflow.protocol import lint
from workflow.protocol.model import Reading
from workflow.protocol.schedule import Interval
from workflow.report.remarks import Acknowledgement, Deviation, QueryView, Saying
from workflow.report.review import Mention, PatientReview, Pattern, ReviewItem
from workflow.report.views import (
    Choice,
    DueItem,
    Entry,
    Outlook,
    PatientSummary,
    PatientView,
    PersonResult,
    Reason,
    Rested,
    Result,
    Standing,
)

PAGE = (TREE / "docs" / "reference" / "json.md").read_text(encoding="utf-8")
TYPES = {
    kind.__name__: kind
    for kind in (
        Result,
        Rested,
        Reason,
        Outlook,
        Choice,
        PatientView,
        Interval,
        Standing,
        DueItem,
        PatientSummary,
        Entry,
        Report,
        PatientReview,
        ReviewItem,
        Mention,
        Pattern,
        Deviation,
        Acknowledgement,
        QueryView,
        Saying,
    )
}
TYPES |= {"Person": Person, "PersonResult": PersonResult, "Reading": Reading, "LintFinding": lint.Finding}

# Each command, and the fields of its answer.
COMMANDS = {
    "show": {"items", "counts", "as_of", "known_by", "damaged"},
    "show P-001": {"patient", "entries"},
    "next P-001 --on 2022-01-20": {"patient", "on", "forward", "choices"},
    "due --on 2022-03-25": {"items", "after", "as_of", "on", "today", "zone", "known_by", "damaged"},
    "people list": {"items", "as_of", "known_by", "damaged"},
    "people add ada --role auditor --as root": {"person", "outcome", "reasons", "also", "allowed"},
    "people deactivate ivan --as root": {"person", "outcome", "reasons", "also", "allowed"},
    "audit log": {"items", "as_of", "known_by", "damaged"},
    "audit review": {"items", "people", "damaged"},
    "deviations": {"items", "damaged"},
    "query list": {"items", "damaged"},
    "audit verify": set(named(Report)),
    "db check": {
        "database",
        "schema",
        "storage",
        "objects",
        "integrity",
        "software",
        "zone",
        "rows",
        "protocols",
        "ok",
    },
    "db zone": {"zone", "today", "before"},
    "db zone Asia/Tokyo --reason moved --as root": {"zone", "today", "before"},
    "db upgrade": {"before", "after", "installed", "folded"},
    "init --database-url other.db": {"database", "administrator", "login", "installed", "today", "zone"},
    "protocol list": {"items"},
    "protocol export 2017-03 -o p.json": {"file", "version", "edition", "digest", "bytes"},
    "protocol lint": {"version", "checks", "items"},
    "protocol readings": {"version", "items"},
    "protocol readings A1": {"version", "items"},
    "protocol diagram": {"version", "items"},
    "protocol diagram --arm I": {"version", "items"},
    "protocol show --criteria --terms": {"trial", "version", "criteria", "terms"},
    "protocol show --rules --roles": {"trial", "version", "toxicity_rules", "permissions"},
}
RESULTS = (
    "enroll P-002 --arm II --on 2022-01-03",
    "hold P-001 --code counts --on 2022-01-20",
    "advance P-001 withdraw --code other --on 2022-01-20",
    "record consent P-001",
    "record eligibility P-001 --route IN01",
    "record ae P-001 --term nausea --grade 1",
    "record counts P-001 --anc 1 --platelets 90",
    "record response P-001 --response CR",
    "record dose P-001 --agent vincristine --on 2022-01-12",
    "correct P-001 3 --reason mistyped",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_answers_with_its_fields(regimen: Regimen, command: str) -> None:
    regimen.treated()
    ran = regimen.done(*command.split(), "--json")
    assert set(ran.json) == COMMANDS[command]
    assert ran.out.isascii()


@pytest.mark.parametrize("command", RESULTS)
def test_every_command_that_writes_answers_with_a_result(regimen: Regimen, command: str) -> None:
    regimen.treated()
    assert set(regimen.json(*command.split())) == documented()["Result"]


def test_a_refusal_is_a_result_on_stdout_and_told_on_stderr(regimen: Regimen) -> None:
    regimen.treated()
    ran = regimen("advance", "P-001", "--on", "2022-01-20", "--json")
    assert ran.code == 3
    assert ran.json["outcome"] == "refused"
    assert [reason["code"] for reason in ran.json["reasons"]] == ["interval.early", "counts.missing"]
    assert ran.err.startswith("regimen: refused: P-001 start_cycle on 2022-01-20: 2 reasons")


def test_what_follows_at_once_is_in_the_result(regimen: Regimen) -> None:
    regimen.treated()
    words = "record ae P-001 --term sepsis --grade 4 --unacceptable --on 2022-01-20 --as ivan"
    (also,) = regimen.json(*words.split())["also"]
    assert (also["action"], also["state"]) == ("unacceptable_toxicity", "follow_up.day_30")


def test_a_protocol_is_its_canonical_content(bare: Regimen) -> None:
    from workflow import canonical, trials
    from workflow.protocol import content

    shown = bare.json("protocol", "show", "--version", "2017-03")
    digest = shown.pop("digest")
    assert canonical.sha256(canonical.encode(shown)).hex() == digest == content.digest(trials.find("2017-03"))
    (arm,) = bare.json("protocol", "show", "--arm", "III", "--cycle", "2")["arms"]
    ((cycle,),) = (phase["cycles"] for phase in arm["phases"])
    assert (arm["key"], cycle["position"]) == ("III", 2)
    assert cycle["administrations"][0]["timing"] == {"type": "Continuously", "first_day": 1, "days": 28}


# ── the page ───────────────────────────────────────────────────────────────────────────────────────────────────────


def documented() -> dict[str, set[str]]:
    """Of each value that the page describes, its fields."""
    parts = re.split(r"^### (\w+)$", PAGE, flags=re.MULTILINE)[1:]
    return {
        name: set(re.findall(r"^\| `(\w+)` \|", text, flags=re.MULTILINE))
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }


def test_the_page_describes_all_fields_and_no_others() -> None:
    assert documented() == {name: set(named(kind)) for name, kind in TYPES.items()}


def test_the_page_names_the_fields_of_an_error(regimen: Regimen) -> None:
    (example,) = re.findall(r"^```json\n(.*?)\n```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    ran = regimen("show", "X-1", "--json")
    assert ran.json == json.loads(example)


def test_what_has_no_place_in_json_is_an_error() -> None:
    with pytest.raises(TypeError, match="object has no place in JSON"):
        plain({"a": [object()]})


def inside(value: Any) -> list[str]:
    """Every string in a document."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in inside(item)]
    if isinstance(value, list):
        return [text for item in value for text in inside(item)]
    return [value] if isinstance(value, str) else []


def test_dates_are_dates_and_moments_are_in_utc(regimen: Regimen) -> None:
    regimen.treated()
    texts = inside(regimen.json("audit", "log"))
    dated = [text for text in texts if re.match(r"\d{4}-\d{2}-\d{2}", text)]
    assert dated
    for text in dated:
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}\.\d{6}Z)?|2025-12-18|2017-03", text), text
