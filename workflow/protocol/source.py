"""Where a statement comes from. What the record does not say must never look as if it did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SourceKind(StrEnum):
    RECORD = "record"  # the ClinicalTrials.gov record
    PUBLICATION = "publication"  # a paper or abstract
    LABEL = "label"  # the drug's label
    STANDARD = "standard"  # CTCAE, CDISC, ...
    SITE = "site"  # a default of the site, in no public source
    JUDGEMENT = "judgement"  # our own reading


@dataclass(frozen=True, slots=True)
class Source:
    """Where a statement comes from; ``cite`` names the place, e.g. "NCT01371630, Arm I, cycles 5-8"."""

    kind: SourceKind
    cite: str
