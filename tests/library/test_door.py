"""The library's door: whatever is given for an argument, what comes of it is an answer or an error of ours."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any, get_type_hints

import pytest

from tests.library.desk import ADMIN, AUDITOR, COORDINATOR, INVESTIGATOR, Desk, day
from tests.toy import TOY
from workflow import Actor, Filter, Trial
from workflow.desk.trial import Options, Remarks
from workflow.engine.facts import consent
from workflow.errors import WorkflowError


def an(actor: Any, assurance: Any = "service", via: Any = None, role: Any = None) -> Actor:
    return Actor(actor, assurance, via, role)


def a(**wanted: Any) -> Filter:
    return Filter(**wanted)


WRONG: list[Any] = [
    *(None, True, False, 0, -1, 1.5, float("nan"), 2**70, b"P1", "", " ", "P1\0", "P1\ud800", "é" * 5000, "nobody"),
    *([], ["P1", None], [b"x"], {}, {"a": 1}, {None: True}, (), set(), object(), Decimal("NaN"), print, int),
    *(date(2024, 1, 1), date.min, date.max, datetime(2024, 1, 1, tzinfo=UTC)),
    *(
        an("nobody"),
        an(None),
        an(b"x"),
        an("x\0"),
        an(["x"]),
        an("carl", True),
        an("carl", via=b"x"),
        an("carl", role=7),
    ),
    *(a(patient=b"x"), a(kind=7), a(chain=1.5), a(actor=True), a(occurred_from="x"), a(recorded_to=True)),
    *(a(trigger=[None]), a(kind={}), a(patient="P\0"), a(actor="P\ud800"), a(chain="\0")),
]

# Each public method with arguments that are as they should be.
CALLS: dict[str, dict[str, Any]] = {
    "enroll": {"patient": "P7", "arm": "A", "by": COORDINATOR, "on": day(1), "version": None, "instead_of": None},
    "advance": {"patient": "P1", "trigger": "withdraw", "by": COORDINATOR, "on": day(40), "code": None},
    "advance_many": {"patients": ["P1"], "trigger": "withdraw", "by": COORDINATOR, "on": day(40)},
    "correct": {"patient": "P1", "entry": 2, "by": COORDINATOR, "on": day(1), "code": None},
    "redact": {"patient": "P1", "entry": 2, "by": ADMIN, "field": None, "reason": "a name"},
    "record": {"patient": "P1", "telling": consent.telling(None), "by": COORDINATOR, "on": day(1)},
    "record_consent": {"patient": "P1", "by": COORDINATOR, "on": day(1), "version": None},
    "record_eligibility": {
        "patient": "P1",
        "by": COORDINATOR,
        "route": "IN01",
        "answers": {"EX01": False},
        "others_in_order": True,
        "on": day(1),
    },
    "record_adverse_event": {
        "patient": "P1",
        "by": INVESTIGATOR,
        "term": "nausea",
        "grade": 2,
        "on": day(3),
        "attributed": ["alpha"],
        "serious": False,
        "unacceptable": False,
        "resolved": day(4),
        "stops": [],
    },
    "update_adverse_event": {
        "patient": "P1",
        "entry": 6,
        "by": INVESTIGATOR,
        "on": day(5),
        "grade": 1,
        "resolved": None,
        "unacceptable": False,
        "attributed": ["alpha"],
        "stops": [],
        "reopened": False,
    },
    "record_counts": {"patient": "P1", "by": COORDINATOR, "anc": "1.5", "platelets": 100, "on": day(3)},
    "record_response": {"patient": "P1", "by": COORDINATOR, "response": "CR", "mrd": None, "on": day(3)},
    "record_dose": {
        "patient": "P1",
        "by": COORDINATOR,
        "agent": "alpha",
        "amount": "1",
        "unit": "mg",
        "on": day(3),
    },
    "hold": {"patient": "P1", "by": COORDINATOR, "code": "other", "on": day(3)},
    "resume": {"patient": "P1", "by": COORDINATOR, "on": day(4), "hold": None},
    "show": {"patient": "P1", "on": day(3), "known_by": None, "connection": None},
    "next": {"patient": "P1", "on": day(3), "known_by": None, "by": COORDINATOR, "connection": None},
    "due": {
        "until": day(40),
        "on": day(30),
        "known_by": None,
        "arm": "A",
        "after": None,
        "limit": 5,
        "damaged": print,
    },
    "patients": {"on": day(3), "known_by": None, "arm": "A", "state": "treatment", "damaged": print},
    "patient_ids": {"beginning": "P", "limit": 5},
    "log": {
        "wanted": Filter(patient="P1"),
        "on": day(3),
        "known_by": None,
        "limit": 5,
        "last": True,
        "damaged": print,
    },
    "log_pages": {
        "wanted": Filter(patient="P1"),
        "on": day(3),
        "known_by": None,
        "limit": 5,
        "last": True,
        "damaged": print,
    },
    "verify": {"patient": None, "workers": 1, "progress": None},
    "review": {"patient": None, "since": day(1), "late": 7, "whole": False, "damaged": print},
    "sign_review": {"patient": "P1", "seq": 1, "hash": "00", "outcome": "in_order", "by": AUDITOR},
    "deviations": {"patient": None, "since": day(1), "outstanding": True, "damaged": print},
    "acknowledge": {"patient": "P1", "entries": [2], "assessment": "minor", "by": INVESTIGATOR},
    "queries": {"patient": None, "open": True, "damaged": print},
    "ask_query": {"patient": "P1", "entry": 2, "text": "why?", "by": AUDITOR},
    "answer_query": {"patient": "P1", "query": 2, "text": "so", "by": COORDINATOR},
    "close_query": {"patient": "P1", "query": 2, "by": AUDITOR, "text": None},
    "people": {"on": day(1), "known_by": None, "damaged": print},
    "people_of": {"login": "root", "known_by": None},
    "add_person": {"id": "lena", "role": "auditor", "by": ADMIN, "login": "lena", "since": day(1), "until": day(9)},
    "deactivate_person": {"id": "ada", "by": ADMIN, "role": "auditor"},
    "roles": {},
    "zone": {"known_by": None},
    "today": {},
    "set_zone": {"zone": "UTC", "by": ADMIN, "reason": "the site moved"},
    "installed": {},
    "definition": {"version": None},
    "exported": {"version": TOY.version},
    "install": {"protocol": TOY, "by": ADMIN},
    "upgrade": {"by": ADMIN, "protocols": [], "progress": None},
}
MORE: dict[str, Any] = {
    "corrects": None,
    "at": "08:30",
    "note": "a note",
    "reason": "a reason",
    "override": False,
    "happened": False,
    "expect": None,
    "request_id": None,
    "connection": None,
    "dry_run": False,
}
SAID = {"acknowledge", "sign_review", "ask_query", "answer_query", "close_query"}  # of entries
OF_REMARKS = get_type_hints(Remarks)
ELSEWHERE = {"open", "init", "close", "transaction", "engine", "definition_of"}


def public() -> set[str]:
    return {name for name in dir(Trial) if not name.startswith("_")}


def asked() -> Iterator[tuple[str, str]]:
    for name, given in CALLS.items():
        taken = inspect.signature(getattr(Trial, name)).parameters
        named = OF_REMARKS if name in SAID else MORE if "more" in taken else taken
        more = {key: MORE[key] for key in named if key in MORE}
        yield from ((name, argument) for argument in {**given, **more})


def test_every_public_method_is_asked() -> None:
    assert public() == set(CALLS) | ELSEWHERE
    assert set(MORE) == set(get_type_hints(Options))
    for name, given in CALLS.items():
        assert set(inspect.signature(getattr(Trial, name)).parameters) - {"self", "more"} <= set(given) | set(MORE), (
            name
        )


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def door(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workflow.store.engine.SYNCHRONOUS", "off")
        url = f"sqlite:///{tmp_path_factory.mktemp('door')}/regimen.db"
        if request.param == "postgresql":
            url = request.getfixturevalue("postgresql_server").create()
        desk = Desk(url)
        desk.walk()
        yield desk
        desk.close()


def done(method: Callable[..., Any], given: dict[str, Any]) -> None:
    answer = method(**given)
    if isinstance(answer, Iterator):
        list(answer)


def ours(ask: Callable[[], object], what: str) -> str | None:
    try:
        ask()
    except WorkflowError as error:
        return None if str(error) else f"{what}: an error that says nothing"
    except Exception as error:  # noqa: BLE001 - each is one that should not be
        return f"{what}: {type(error).__name__}: {error}"
    return None


@pytest.mark.parametrize(("name", "argument"), list(asked()), ids=lambda each: each)
def test_whatever_is_given_the_error_is_ours(door: Desk, name: str, argument: str) -> None:
    found = []
    taken = inspect.signature(getattr(Trial, name)).parameters
    for wrong in WRONG:
        given = {**CALLS[name], **({"reason": "why"} if name == "correct" else {}), argument: wrong}
        dry = {"dry_run": True} if ("more" in taken or "dry_run" in taken) and argument != "dry_run" else {}
        found.append(ours(partial(done, getattr(door.trial, name), {**given, **dry}), repr(wrong)[:60]))
    assert [each for each in found if each] == []


def test_after_all_of_it_the_log_is_sound(door: Desk) -> None:
    door.check()
