"""The treatment blocks of the record: which drug, in which printed cycles, by which route, on which days."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Given:
    """One drug of a block. ``cycles`` are printed numbers; empty where the drug runs through the whole block."""

    cycles: tuple[int, ...]
    drug: str
    route: str
    days: str
    times_a_day: int = 1
    over: str = ""  # infusion time, where one is printed
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of an arm: the cycles it numbers, how often one comes, what is given. Empty is not printed."""

    arm: str
    place: str
    cycles: tuple[int, ...]
    every: str
    given: tuple[Given, ...]
    ends_on: str = "progression or unacceptable toxicity"


TWICE = 2

# ── Arm I ──────────────────────────────────────────────────────────────────────────────────────────────────────────

ARM_I = (
    Block(
        "I",
        "cycles 1, 3, 7 and 9",
        (1, 3, 7, 9),
        "21-28 days",
        (
            Given((1, 3, 7, 9), "cyclophosphamide", "IV", "1-3", TWICE, over="about 3 h"),
            Given((1, 3, 7, 9), "vincristine", "IV", "1, 8", over="30 min"),
            Given((1, 3, 7, 9), "dexamethasone", "IV or PO", "1-4, 11-14"),
            Given((1,), "inotuzumab ozogamicin", "IV", "3", over="about 1 h"),
            Given((3,), "inotuzumab ozogamicin", "IV", "2 or 3", over="about 1 h"),
            Given((1, 3), "methotrexate", "IT", "2"),
            Given((1, 3), "cytarabine", "IT", "8"),
            Given((1, 3), "rituximab", "IV", "1, 8", optional=True),
        ),
    ),
    Block(
        "I",
        "cycles 2, 4, 8 and 10",
        (2, 4, 8, 10),
        "21-28 days",
        (
            Given((2, 4, 8, 10), "methotrexate", "IV", "1", over="about 2 h, then about 22 h"),
            Given((2, 4, 8, 10), "cytarabine", "IV", "2-3", TWICE, over="about 3 h"),
            Given((2, 4), "inotuzumab ozogamicin", "IV", "2 or 3", over="about 1 h"),
            Given((2, 4), "cytarabine", "IT", "5"),
            Given((2, 4), "methotrexate", "IT", "8"),
            Given((2, 4), "rituximab", "IV", "1, 8", optional=True),
        ),
    ),
    Block(
        "I",
        "cycles 5-8",
        (5, 6, 7, 8),
        "42 days",
        (
            Given((5, 6, 7, 8), "blinatumomab", "CIVI", "1-29"),
            Given((5,), "dexamethasone", "IV", "1, 3", over="15-30 min"),
            Given((6, 7, 8), "dexamethasone", "IV", "1", over="15-30 min"),
        ),
    ),
    Block(
        "I",
        "maintenance",
        (),
        "42 days",
        (
            Given((), "mercaptopurine", "PO", "every day for 3 years", TWICE),
            Given((), "methotrexate", "PO", "once a week for 3 years"),
            Given((), "vincristine", "IV", "once a month for 1 year", over="30 min"),
            Given((), "prednisone", "PO", "5 days a month for 1 year"),
            Given((4, 8, 12, 16), "blinatumomab", "CIVI", "1-28"),
        ),
    ),
)

# ── Arm II ─────────────────────────────────────────────────────────────────────────────────────────────────────────

ARM_II = (
    Block(
        "II",
        "cycles 1, 3 and 5",
        (1, 3, 5),
        "28 days",
        (
            Given((1, 3, 5), "cyclophosphamide", "IV", "1-3", TWICE, over="about 3 h"),
            Given((1, 3, 5), "vincristine", "IV", "1", over="30 min"),
            Given((1, 3), "rituximab", "IV", "1, 8", over="2-6 h"),
            Given((1, 3, 5), "dexamethasone", "IV or PO", "1-4"),
            Given((1, 3, 5), "inotuzumab ozogamicin", "IV", "2, 8", over="1 h"),
            Given((1, 3), "methotrexate", "IT", "2"),
            Given((1, 3), "cytarabine", "IT", "8"),
            Given((1, 3, 5), "blinatumomab", "CIVI", "4-21"),
        ),
    ),
    Block(
        "II",
        "cycles 2, 4 and 6",
        (2, 4, 6),
        "28 days",
        (
            Given((2, 4, 6), "methotrexate", "IV", "1", over="24 h"),
            Given((2, 4, 6), "cytarabine", "IV", "2-3", TWICE, over="about 3 h"),
            Given((2, 4), "rituximab", "IV", "1, 8", over="2-6 h"),
            Given((2, 4), "inotuzumab ozogamicin", "IV", "2, 8", over="1 h"),
            Given((2, 4), "cytarabine", "IT", "2"),
            Given((2, 4), "methotrexate", "IT", "8"),
            Given((2, 4, 6), "blinatumomab", "CIVI", "4-21"),
        ),
    ),
    Block(
        "II",
        "maintenance",
        (),
        "42 days",
        (
            Given((), "mercaptopurine", "PO", "every day for 3 years", TWICE),
            Given((), "methotrexate", "PO", "once a week for 3 years"),
            Given((), "vincristine", "IV", "once a month for 1 year", over="30 min"),
            Given((), "prednisone", "PO", "5 days a month for 1 year"),
            Given((4, 8, 12, 16), "blinatumomab", "CIVI", "1-28"),
        ),
    ),
)

# ── Arm III ────────────────────────────────────────────────────────────────────────────────────────────────────────

ARM_III = (
    Block(
        "III",
        "induction (cycle 1)",
        (1,),
        "",  # none is printed for this cycle
        (
            Given((1,), "dexamethasone", "IV or PO", "1-4"),
            Given((1,), "vincristine", "IV", "1", over="30 min"),
            Given((1,), "inotuzumab ozogamicin", "IV", "1, 8", over="1 h"),
            Given((1,), "blinatumomab", "CIVI", "15-28"),
            Given((1,), "rituximab", "IV", "2, 9", optional=True),
        ),
        ends_on="",
    ),
    Block(
        "III",
        "intrathecal prophylaxis",
        (1, 2, 3, 4),
        "42 days",
        (
            # Each pair alternates; that the first-named is given first is reading A26.
            Given((1, 3), "methotrexate", "IT", "2"),
            Given((1, 3), "cytarabine", "IT", "8"),
            Given((2, 4), "cytarabine", "IT", "2"),
            Given((2, 4), "methotrexate", "IT", "8"),
        ),
    ),
    Block(
        "III",
        "consolidation (cycles 2-5)",
        (2, 3, 4, 5),
        "42 days",
        (
            Given((2, 3, 4, 5), "blinatumomab", "CIVI", "1-28"),
            Given((2, 3, 4), "inotuzumab ozogamicin", "IV", "1, 8", over="1 h"),
            Given((2, 3, 4), "rituximab", "IV", "2, 9", optional=True),
        ),
    ),
)

BLOCKS = (*ARM_I, *ARM_II, *ARM_III)

# ── the lists of interventions ─────────────────────────────────────────────────────────────────────────────────────

_ALL_ROUTES = {
    "blinatumomab": ("CIVI",),
    "cyclophosphamide": ("IV",),
    "cytarabine": ("IT", "IV"),
    "dexamethasone": ("IV", "PO"),
    "inotuzumab ozogamicin": ("IV",),
    "mercaptopurine": ("PO",),
    "methotrexate": ("IT", "IV", "PO"),
    "prednisone": ("PO",),
    "rituximab": ("IV",),
    "vincristine": ("IV",),
}

# The lists of all three arms print a drug's routes in the whole study, also those its arm does not use.
INTERVENTIONS = {
    "I": _ALL_ROUTES,
    "II": _ALL_ROUTES,
    "III": {
        drug: routes
        for drug, routes in _ALL_ROUTES.items()
        if drug not in ("cyclophosphamide", "mercaptopurine", "prednisone")
    },
}
