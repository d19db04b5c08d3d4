"""What a person tells, as the payload of an entry: checked, complete, in canonical form. Pure.

Each function answers the ``data`` of one kind of fact. Whatever is malformed is an ``InvalidInput`` that names the
value; whether the fact may be recorded now is for the guards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any

from workflow.engine.course import Definition
from workflow.errors import InvalidInput, WorkflowError
from workflow.protocol.model import CriterionKind

HOLD_CODES = ("toxicity", "infection", "counts", "logistics", "patient_request", "other")
MRD = ("negative", "positive")

# Above these, a value was surely given per microlitre and not in x10^9/L.
HIGHEST_ANC = 200
HIGHEST_PLATELETS = 5000

_DECIMAL = re.compile(r"\d{1,9}(\.\d{1,6})?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


def shown(text: str, limit: int = 40) -> str:
    """Any text as one short printable line."""
    quoted = ascii(text)
    return quoted if len(quoted) <= limit else f"{quoted[: limit - 2]}…'"


def one_of(value: str, allowed: Sequence[str], what: str, error: type[WorkflowError] = InvalidInput) -> str:
    """``value`` if it is one of ``allowed``; else an ``error`` that lists them."""
    if value in allowed:
        return value
    close = get_close_matches(value[:100], allowed, n=1)
    hint = f"did you mean {close[0]}?" if close else None
    raise error(f"no {what} {shown(value)}; there are: {', '.join(allowed)}", hint=hint)


def decimal(value: str | int | Decimal, what: str) -> Decimal:
    text = str(value)
    if not _DECIMAL.fullmatch(text):
        raise InvalidInput(f"{what} must be a number such as 1.5, not {shown(text)}")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidInput(f"{what} must be a number such as 1.5, not {shown(text)}") from None


def consent(definition: Definition, version: str | None) -> dict[str, Any]:
    """The version consented to may be one that is not installed; it is no free text all the same."""
    if version is not None and not _VERSION.fullmatch(version):
        raise InvalidInput(f"not a protocol version: {shown(version)}", hint=f"for example {definition.version}")
    return {"version": version if version is not None else definition.version}


def eligibility(
    definition: Definition, route: str, answers: Mapping[str, bool | None], *, others: bool = False
) -> dict[str, Any]:
    """Which route the patient enters by, and whether each criterion's statement is true, false or unknown (None).

    ``others`` says that every criterion not named was checked and is in order; without it they are unknown.
    """
    criteria = {criterion.id: criterion for criterion in definition.protocol.criteria}
    routes = [c.id for c in criteria.values() if c.kind is CriterionKind.ROUTE]
    one_of(route, routes, "eligibility route")
    for key in answers:
        one_of(key, list(criteria), "criterion")
    failed, unknown, said = [], [], {}
    for criterion in criteria.values():
        if criterion.kind is CriterionKind.PART or (criterion.kind is CriterionKind.ROUTE and criterion.id != route):
            if criterion.id in answers:
                said[criterion.id] = _WORDS[answers[criterion.id]]
            continue
        in_order = criterion.kind is not CriterionKind.EXCLUSION
        answer = answers.get(criterion.id, in_order if others or criterion.id == route else None)
        said[criterion.id] = _WORDS[answer]
        if answer is None:
            unknown.append(criterion.id)
        elif answer is not in_order:
            failed.append(criterion.id)
    return {"route": route, "failed": failed, "unknown": unknown, "answers": said}


_WORDS = {True: "met", False: "not_met", None: "unknown"}


def counts(anc: str | int | Decimal, platelets: str | int | Decimal) -> dict[str, Any]:
    """Absolute neutrophil count and platelets, both x10^9/L."""
    values = {"anc": decimal(anc, "ANC"), "platelets": decimal(platelets, "platelets")}
    for name, shown_as, most in (("anc", "ANC", HIGHEST_ANC), ("platelets", "platelets", HIGHEST_PLATELETS)):
        if values[name] > most:
            raise InvalidInput(
                f"{shown_as} {values[name]} x10^9/L cannot be",
                hint=f"counts are given in x10^9/L: {values[name]} per microlitre is {values[name] / 1000} x10^9/L",
            )
    return {name: str(value) for name, value in values.items()}


def response(definition: Definition, key: str, mrd: str | None) -> dict[str, Any]:
    known = [response.key for response in definition.protocol.responses]
    exact = {k.lower(): k for k in known}.get(key.lower(), key)
    one_of(exact, known, "response")
    return {"response": exact, "mrd": one_of(mrd, MRD, "MRD result") if mrd is not None else None}


def dose(definition: Definition, agent: str, amount: str | None, unit: str | None) -> dict[str, Any]:
    if (amount is None) is not (unit is None):
        raise InvalidInput("an amount needs its unit, and a unit its amount", hint="for example 0.3 mg/m2")
    if unit is not None and not re.fullmatch(r"[A-Za-z0-9/ .^%-]{1,20}", unit):
        raise InvalidInput(f"not a unit: {shown(unit)}")
    given = decimal(amount, "the amount") if amount is not None else None
    if given is not None and given <= 0:
        raise InvalidInput(f"the amount must be above zero, not {given}")
    return {"agent": agent_key(definition, agent), "amount": str(given) if given is not None else None, "unit": unit}


def agent_key(definition: Definition, agent: str) -> str:
    """The agent by its key, title or abbreviation."""
    found = definition.agent_names.get(agent.strip().lower())
    return found if found is not None else one_of(agent, [a.key for a in definition.protocol.agents], "agent")


def term_key(definition: Definition, term: str) -> str:
    """The adverse event term by its key, title or a synonym. A term that is not known is never guessed."""
    names = definition.term_names
    found = names.get(term.strip().lower())
    if found is not None:
        return found
    close = [names[name] for name in get_close_matches(term.lower()[:100], names, n=3)]
    hint = f"did you mean {' or '.join(dict.fromkeys(close))}? " if close else ""
    raise InvalidInput(
        f"no adverse event term {shown(term)}",
        hint=hint + "regimen protocol show --terms lists them; `other` with a note serves for the rest",
    )


def adverse_event(
    definition: Definition,
    *,
    term: str,
    grade: int,
    attributed: Sequence[str] | None = None,
    serious: bool | None = False,
    unacceptable: bool = False,
    resolved: date | None = None,
    on: date,
    stops: Sequence[str] = (),
    of: int | None = None,
    described: bool = False,
) -> dict[str, Any]:
    """An adverse event (CTCAE v5, grade 1 to 5), or news of the one that entry ``of`` recorded.

    ``serious`` None leaves that as it was. ``attributed`` names the agents it is attributed to; empty says to none of
    them, None that nobody has judged it yet.
    """
    if type(grade) is not int or not 1 <= grade <= 5:
        raise InvalidInput(f"a CTCAE grade is 1 to 5, not {grade}")
    if of is None and resolved is not None and resolved < on:
        raise InvalidInput(f"resolved on {resolved}, before {on}")
    key = term_key(definition, term)
    if key == "other" and not described and of is None:
        raise InvalidInput("the term `other` needs a note that says what it was")
    return {
        "of": of,
        "term": key,
        "grade": grade,
        "attributed": [agent_key(definition, agent) for agent in attributed] if attributed is not None else None,
        "serious": bool(serious) if serious is not None else None,
        "unacceptable": bool(unacceptable),
        "resolved": resolved.isoformat() if resolved is not None else None,
        "stops": [agent_key(definition, agent) for agent in stops],
    }


def hold(code: str) -> dict[str, Any]:
    return {"code": one_of(code, HOLD_CODES, "reason for a hold")}
