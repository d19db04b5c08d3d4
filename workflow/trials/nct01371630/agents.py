"""The agents of the trial, and the doses that were published for them.

The record prints no doses. Those below are from publications about this trial and stand only on administrations that
have the published shape. Intrathecal drugs, premedication, the whole of Arm III and, in the version of 2025-12-18,
inotuzumab have none: no publication gives a dose for them as they are given there.
"""

from __future__ import annotations

from workflow.protocol.model import Agent, Dose
from workflow.trials.nct01371630.sources import RELAPSED_2021, UNTREATED_ASH_2023

AGENTS = (
    Agent("blinatumomab", "Blinatumomab", ("blina",)),
    Agent("cyclophosphamide", "Cyclophosphamide", ("CTX",)),
    Agent("cytarabine", "Cytarabine", ("ara-C",)),
    Agent("dexamethasone", "Dexamethasone", ("dex",)),
    Agent("inotuzumab", "Inotuzumab ozogamicin", ("InO",)),
    Agent("mercaptopurine", "Mercaptopurine", ("6-MP",)),
    Agent("methotrexate", "Methotrexate", ("MTX",)),
    Agent("prednisone", "Prednisone", ("pred",)),
    Agent("rituximab", "Rituximab", ("RTX",)),
    Agent("vincristine", "Vincristine", ("VCR",)),
)

# ── mini-hyper-CVD ─────────────────────────────────────────────────────────────────────────────────────────────────

CYCLOPHOSPHAMIDE = Dose("150", "mg/m2", RELAPSED_2021, note="every 12 hours, 6 doses")
VINCRISTINE = Dose("2", "mg", RELAPSED_2021, note="whatever the body surface")
DEXAMETHASONE = Dose("20", "mg", RELAPSED_2021)
METHOTREXATE = Dose("250", "mg/m2", RELAPSED_2021, note="over the whole 24 hours")
CYTARABINE = Dose("0.5", "g/m2", RELAPSED_2021, note="every 12 hours, 4 doses")
RITUXIMAB = Dose("375", "mg/m2", UNTREATED_ASH_2023, note="8 doses")

# ── blinatumomab ───────────────────────────────────────────────────────────────────────────────────────────────────

BLINATUMOMAB = Dose("28", "ug/day", UNTREATED_ASH_2023, note="28 of 42 days")

# ── maintenance (POMP) ─────────────────────────────────────────────────────────────────────────────────────────────

MERCAPTOPURINE = Dose("50", "mg", RELAPSED_2021, note="twice daily")
METHOTREXATE_WEEKLY = Dose("10", "mg/m2", RELAPSED_2021, note="once a week")
PREDNISONE = Dose("50", "mg", RELAPSED_2021, note="daily for 5 days")
