"""Where the protocol's statements come from: the record by place, published facts and labels by work.

Only the record says what the trial does. Whatever stands in the protocol beside it names another kind of source.
"""

from __future__ import annotations

from workflow.protocol.model import Source, SourceKind

TRIAL = "NCT01371630"


def record(place: str) -> Source:
    """A place in the ClinicalTrials.gov record."""
    return Source(SourceKind.RECORD, f"{TRIAL}, {place}")


def site(what: str) -> Source:
    """A default that a site may set otherwise; no public source gives it."""
    return Source(SourceKind.SITE, what)


def judgement(why: str) -> Source:
    """Our own reading, with the reason."""
    return Source(SourceKind.JUDGEMENT, why)


# ── works ──────────────────────────────────────────────────────────────────────────────────────────────────────────

THE_RECORD = Source(SourceKind.RECORD, f"{TRIAL}, ClinicalTrials.gov, last updated 2025-12-18")

UNTREATED_2014 = Source(SourceKind.PUBLICATION, "Blood 2014;124:794 (untreated patients)")
UNTREATED_2018 = Source(SourceKind.PUBLICATION, "Lancet Oncol 2018;19:240-248 (untreated patients)")
UNTREATED_2023 = Source(SourceKind.PUBLICATION, "Lancet Haematol 2023;10:e433-e444 (untreated patients)")
UNTREATED_ASH_2023 = Source(SourceKind.PUBLICATION, "Blood 2023;142(suppl 1):2878 (untreated patients)")
RELAPSED_2021 = Source(SourceKind.PUBLICATION, "Blood 2021;138(suppl 1):3363 (relapsed or refractory patients)")
RELAPSED_2023 = Source(SourceKind.PUBLICATION, "J Hematol Oncol 2023;16:44 (relapsed or refractory patients)")

# From when an arm was treated as the record has it. The record's own date is only that of its last update.
ARM_II_BY_2021 = Source(
    SourceKind.PUBLICATION, "the dense schedule (relapsed or refractory patients): from September 2021"
)
ARM_III_BY_2020 = Source(SourceKind.PUBLICATION, "untreated patients of 70 and older: by 2020")

INOTUZUMAB_LABEL = Source(SourceKind.LABEL, "inotuzumab ozogamicin, prescribing information, dose modifications")
BLINATUMOMAB_LABEL = Source(SourceKind.LABEL, "blinatumomab, prescribing information, dose modifications")

CTCAE = Source(SourceKind.STANDARD, "CTCAE version 5.0, National Cancer Institute, 2017")

WORKS = (
    THE_RECORD,
    UNTREATED_2014,
    UNTREATED_2018,
    UNTREATED_2023,
    UNTREATED_ASH_2023,
    RELAPSED_2021,
    RELAPSED_2023,
    INOTUZUMAB_LABEL,
    BLINATUMOMAB_LABEL,
    CTCAE,
)
