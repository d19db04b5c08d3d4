"""A dose that was given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from workflow.engine.course import Definition
from workflow.engine.decision import Reason
from workflow.engine.facts.check import agent_key, decimal, shown
from workflow.engine.facts.fact import Fact, Telling, When
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from workflow.engine.guards.situation import Situation

_UNIT = re.compile(r"[A-Za-z0-9/ .^%-]{1,20}", re.ASCII)


class Dose(Fact, frozen=True, array_like=True, forbid_unknown_fields=True):
    """``amount`` is a decimal in text, of ``unit`` per ``per`` ("m2", or not said).

    ``administration`` is the key of the planned one that it was, ``measures`` the entry of the height and weight that
    it was worked out from, ``until`` the last day of a dose that runs over several, ``part`` what was given of it: they
    have their place in the log, and nothing fills them in yet.
    """

    KIND = "dose"
    TITLE = "dose"
    AFTER_STUDY = True  # as a fact; as a question it is refused

    agent: str
    amount: str | None = None
    unit: str | None = None
    per: str | None = None
    route: str | None = None
    administration: str | None = None
    measures: int | None = None
    until: date | None = None
    part: str | None = None

    @property
    def last_day(self) -> date:
        return self.until or self.on

    def forbids(self, now: Situation) -> Iterator[Reason]:
        from workflow.engine.guards.dose import may_be_given

        yield from may_be_given(self, now)

    def words(self, definition: Definition) -> str:
        amount = "" if self.amount is None else f" {self.amount} {self.unit}" + (f"/{self.per}" if self.per else "")
        return definition.agent_titles.get(self.agent, self.agent) + amount


def dose(definition: Definition, when: When, agent: str, amount: str | None, unit: str | None) -> Dose:
    """``unit`` as people write it: "mg", "mg/m2", "ug/day"."""
    if (amount is None) is not (unit is None):
        raise InvalidInput("an amount needs its unit, and a unit its amount", hint="for example 0.3 mg/m2")
    if unit is not None and not _UNIT.fullmatch(unit):
        raise InvalidInput(f"not a unit: {shown(unit)}")
    given = decimal(amount, "the amount") if amount is not None else None
    if given is not None and given <= 0:
        raise InvalidInput(f"the amount must be above zero, not {given}")
    per = None
    if unit is not None and unit.endswith("/m2"):
        unit, per = unit.removesuffix("/m2"), "m2"
    return Dose(*when, agent_key(definition, agent), str(given) if given is not None else None, unit, per)


def telling(agent: str, amount: str | None = None, unit: str | None = None) -> Telling:
    told = {"agent": agent, "amount": amount, "unit": unit}
    return Telling(Dose.KIND, told, lambda definition, _, when: dose(definition, when, agent, amount, unit))
