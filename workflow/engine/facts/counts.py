"""Blood counts: absolute neutrophil count (ANC) and platelets."""

from __future__ import annotations

from decimal import Decimal

from workflow.engine.course import Definition
from workflow.engine.facts.check import decimal
from workflow.engine.facts.fact import Fact, Telling, When
from workflow.errors import InvalidInput

# Above these, a value was surely given per microlitre and not in x10^9/L.
HIGHEST_ANC = 200
HIGHEST_PLATELETS = 5000


class Counts(Fact, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Both x10^9/L, as decimals in text; its day is that of the blood sample."""

    KIND = "counts"
    TITLE = "counts"

    anc: str
    platelets: str

    def words(self, definition: Definition) -> str:
        return f"ANC {self.anc}, platelets {self.platelets} (x10^9/L)"


def counts(when: When, anc: str | int | Decimal, platelets: str | int | Decimal) -> Counts:
    values = (decimal(anc, "ANC"), decimal(platelets, "platelets"))
    for value, shown_as, most in zip(values, ("ANC", "platelets"), (HIGHEST_ANC, HIGHEST_PLATELETS), strict=True):
        if value > most:
            raise InvalidInput(
                f"{shown_as} {value} x10^9/L cannot be",
                hint=f"counts are given in x10^9/L: {value} per microlitre is {value / 1000} x10^9/L",
            )
    return Counts(*when, *map(str, values))


def telling(anc: str | int | Decimal, platelets: str | int | Decimal) -> Telling:
    told = {"anc": anc, "platelets": platelets}
    return Telling(Counts.KIND, told, lambda _, __, when: counts(when, anc, platelets))
