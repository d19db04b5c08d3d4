"""Treatment is put on hold; a later fact, the resumption, ends the hold it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workflow.engine.course import Definition
from workflow.engine.decision import Reason, Strength
from workflow.engine.facts.check import one_of
from workflow.engine.facts.fact import Fact, Telling, When

if TYPE_CHECKING:
    from workflow.engine.guards.situation import Situation


class Hold(Fact, frozen=True, array_like=True, forbid_unknown_fields=True):
    """From its day on, until the day of a resumption that names it. ``code`` is one of the protocol's."""

    KIND = "hold"
    TITLE = "hold"

    code: str

    def forbids(self, now: Situation) -> Iterator[Reason]:
        resumed: set[int] = {of for fact in now.chart.facts() if fact.on <= self.on for of in fact.refers_to()}
        for other in now.chart.of(Hold):
            if (other.on, other.code) == (self.on, self.code) and other.entry not in resumed:
                yield Reason("hold.already", {"on": f"{self.on}", "code": self.code}, Strength.NEVER, (other.entry,))
        ended = now.then.end_of_treatment
        if ended is not None and self.on > ended.on:
            yield Reason("hold.no_treatment", {"ended": f"{ended.on}"}, Strength.NEVER, (ended.entry,))

    def words(self, definition: Definition) -> str:
        return self.code.replace("_", " ")


def hold(definition: Definition, when: When, code: str) -> Hold:
    return Hold(*when, one_of(code, definition.protocol.hold_codes, "reason for a hold"))


def telling(code: str) -> Telling:
    return Telling(Hold.KIND, {"code": code}, lambda definition, _, when: hold(definition, when, code))
