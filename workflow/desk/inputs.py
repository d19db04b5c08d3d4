"""The forms that ids, free texts and marks must have. What does not have them never reaches a query or an entry."""

from __future__ import annotations

import re
from datetime import date, datetime

from workflow.desk.request import Advance, Again, Correction, Recording
from workflow.engine.decision import Mode
from workflow.engine.facts.check import shown
from workflow.errors import InvalidInput, UnknownPatient
from workflow.ledger.entry import id_key, is_label, is_person_id, is_request_id, wrong_with_text
from workflow.protocol.patient_id import matches

_ANY_PATIENT = re.compile(r"[!-~]{1,64}")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)


def new_patient(patient: str, pattern: str) -> str:
    """A new patient's id, which must be a pseudonym of the trial's ``pattern``."""
    if not (isinstance(patient, str) and matches(pattern, patient)):
        like = f"; here like {pattern} (# is a digit, * any run)" if pattern != "*" else ""
        raise InvalidInput(
            f"not a patient id: {shown(str(patient))}",
            hint="an id is a pseudonym of letters, digits, dots, underscores and dashes with at least one digit" + like,
        )
    return patient


def patient(patient: str) -> str:
    """A patient's id, when it could be one at all."""
    if not (isinstance(patient, str) and _ANY_PATIENT.fullmatch(patient)):
        raise UnknownPatient(f"there is no patient {shown(str(patient))}")
    return patient


def person(id: str) -> str:
    if not is_person_id(id):
        raise InvalidInput(f"not a person's id: {shown(str(id))}", hint="letters, digits, dots, dashes, underscores, @")
    return id


def login(login: str | None) -> str | None:
    if login is not None and not is_label(login):
        raise InvalidInput(f"not a login: {shown(login)}")
    return login


def day(on: date | None) -> date | None:
    """A day; a moment is one to the type checkers, and compares with none."""
    if isinstance(on, datetime) or not (on is None or isinstance(on, date)):
        raise InvalidInput(f"a date is asked for, not a moment: {on}", hint="the date that it was at the site")
    return on


def time(at: str | None) -> str | None:
    if at is not None and not (isinstance(at, str) and _TIME.fullmatch(at)):
        raise InvalidInput(f"not a time of day: {shown(str(at))}", hint="HH:MM, such as 08:30")
    return at


def mode(*, override: bool, happened: bool) -> Mode:
    if override and happened:
        raise InvalidInput("an override is for what is asked, not for what happened", hint="say one of the two")
    return Mode.OVERRIDE if override else Mode.HAPPENED if happened else Mode.ASK


def asked(
    what: Advance | Recording | Again | None, corrects: int | None, reason: str | None
) -> Advance | Recording | Correction:
    """What is told; with ``corrects`` in the place of what that entry recorded, or of nothing."""
    if corrects is None:
        assert isinstance(what, Advance | Recording)
        return what
    if type(corrects) is not int or corrects < 1:
        raise InvalidInput(f"not the number of an entry: {shown(str(corrects))}")
    if reason is None:
        raise InvalidInput("a correction needs a reason", hint="say in words why: --reason TEXT")
    return Correction(corrects, what)


def enrolled_anew(id: str, instead_of: str | None, reason: str | None) -> None:
    """Raise unless a wrong enrolment is corrected by another id, and in words."""
    if instead_of is None and reason is not None:
        raise InvalidInput(
            "an enrolment takes a reason where it corrects another", hint="--instead-of PATIENT says which"
        )
    if instead_of is None:
        return
    if id_key(patient(instead_of)) == id_key(id):
        raise InvalidInput(f"{id} cannot be enrolled instead of themselves", hint="the new id is another one")
    if reason is None:
        raise InvalidInput("a correction needs a reason", hint="say in words why: --reason TEXT")


def request_id(request_id: str | None) -> str | None:
    if request_id is not None and not is_request_id(request_id):
        raise InvalidInput(f"not a request id: {shown(request_id)}", hint="1 to 100 printable ASCII characters")
    return request_id


def texts(**given: str | None) -> dict[str, str]:
    """The free texts that were given, without the white space around them."""
    found = {}
    for name, text in given.items():
        if text is None:
            continue
        kept = text.strip().replace("\r\n", "\n")
        wrong = wrong_with_text(kept)
        if wrong is not None:
            raise InvalidInput(f"the {name} {wrong}")
        found[name] = kept
    return found


def mark(after: str | None) -> tuple[date, str] | None:
    """Where a page of the due list ended: a date and a patient."""
    if after is None:
        return None
    day, _, patient = after.partition("/")
    try:
        return date.fromisoformat(day), patient
    except ValueError:
        raise InvalidInput(f"not the mark of a page: {shown(after)}") from None
