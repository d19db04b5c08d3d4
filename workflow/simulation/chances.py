"""How likely what is. Every figure is invented for the demonstration; none is a result of the trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

# ── arms ───────────────────────────────────────────────────────────────────────────────────────────────────────────

SHARES: Mapping[str, float] = {"I": 0.6, "II": 0.4}
LATER_SHARES: Mapping[str, float] = {"I": 0.4, "II": 0.35, "III": 0.25}

T = TypeVar("T")
Weights = Mapping[T, float]


@dataclass(frozen=True, slots=True)
class Chances:
    """Of a patient in one arm. ``..._a_year`` are rates, the others shares of the patients who begin treatment."""

    answer: Weights[str]  # to induction: the response that is assessed
    mrd_negative: float
    early_death: float
    relapse_a_year: float
    death_a_year: float  # in remission
    withdrawal_a_year: float
    loss_a_year: float
    transplant: float
    transplant_code: str
    sos: float
    unacceptable: float
    early_maintenance: float
    stop: float
    stop_codes: Weights[str]


STOP_CODES = {"patient_decision": 5.0, "physician_decision": 3.0, "intercurrent_illness": 2.0}

CHANCES: Mapping[str, Chances] = {
    "I": Chances(
        answer={"CR": 80, "CRp": 8, "CRi": 5, "mCR": 1, "PR": 3, "NR": 2, "PD": 1},
        mrd_negative=0.8,
        early_death=0.03,
        relapse_a_year=0.08,
        death_a_year=0.06,
        withdrawal_a_year=0.015,
        loss_a_year=0.015,
        transplant=0.06,
        transplant_code="first_remission",
        sos=0.09,
        unacceptable=0.04,
        early_maintenance=0.1,
        stop=0.05,
        stop_codes=STOP_CODES,
    ),
    "II": Chances(
        answer={"CR": 55, "CRp": 12, "CRi": 10, "mCR": 3, "PR": 3, "NR": 12, "PD": 5},
        mrd_negative=0.7,
        early_death=0.06,
        relapse_a_year=0.28,
        death_a_year=0.06,
        withdrawal_a_year=0.02,
        loss_a_year=0.02,
        transplant=0.65,
        transplant_code="later_remission",
        sos=0.12,
        unacceptable=0.04,
        early_maintenance=0.12,
        stop=0.05,
        stop_codes=STOP_CODES,
    ),
    "III": Chances(
        answer={"CR": 75, "CRp": 8, "CRi": 8, "mCR": 1, "PR": 4, "NR": 3, "PD": 1},
        mrd_negative=0.8,
        early_death=0.05,
        relapse_a_year=0.15,
        death_a_year=0.12,
        withdrawal_a_year=0.02,
        loss_a_year=0.02,
        transplant=0.03,
        transplant_code="first_remission",
        sos=0.07,
        unacceptable=0.05,
        early_maintenance=0,
        stop=0.25,
        stop_codes={**STOP_CODES, "fewer_cycles": 15.0},
    ),
}

# ── disease and death ──────────────────────────────────────────────────────────────────────────────────────────────

RELAPSE_SITES: Weights[str] = {"marrow": 70, "extramedullary": 14, "cns": 10, "combined": 6}
PROGRESSION_SITES: Weights[str] = {"marrow": 80, "extramedullary": 14, "cns": 6}

EARLY_DEATH: Weights[str] = {"infection": 60, "disease": 25, "other": 15}
DEATH_IN_REMISSION: Weights[str] = {"infection": 50, "secondary_malignancy": 18, "other": 20, "unknown": 12}
DEATH_AFTER_TRANSPLANT: Weights[str] = {"transplant_related": 70, "infection": 30}

MAINTENANCE_CODES: Weights[str] = {
    "infections": 40,
    "prolonged_myelosuppression": 30,
    "poor_function": 25,
    "other": 5,
}

# ── adverse events ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Event:
    """An adverse event that may befall somebody: how often beside the others, how bad, what is blamed, for how long."""

    term: str
    weight: float
    grades: Weights[int]
    agents: tuple[str, ...]  # blamed where the cycle has them
    days: tuple[int, int]


EVENTS_A_CYCLE: Weights[int] = {0: 50, 1: 34, 2: 13, 3: 3}

_CHEMOTHERAPY = ("cyclophosphamide", "cytarabine", "methotrexate")

EVENTS = (
    Event("febrile_neutropenia", 14, {3: 9, 4: 1}, (*_CHEMOTHERAPY, "inotuzumab"), (3, 9)),
    Event("platelet_count_decreased", 9, {2: 2, 3: 4, 4: 4}, ("inotuzumab", "cytarabine"), (7, 24)),
    Event("neutrophil_count_decreased", 6, {3: 5, 4: 5}, (*_CHEMOTHERAPY, "mercaptopurine"), (6, 20)),
    Event("anemia", 5, {2: 6, 3: 4}, _CHEMOTHERAPY, (7, 24)),
    Event("lung_infection", 8, {2: 3, 3: 7, 4: 1}, (), (7, 24)),
    Event("bacteremia", 5, {3: 9, 4: 1}, (), (5, 15)),
    Event("sepsis", 3, {4: 1}, (), (6, 20)),
    Event("catheter_related_infection", 4, {2: 4, 3: 6}, (), (5, 14)),
    Event("cytomegalovirus_infection_reactivation", 2, {2: 7, 3: 3}, ("blinatumomab", "inotuzumab"), (14, 40)),
    Event("shingles", 2, {2: 9, 3: 1}, (), (10, 25)),
    Event("skin_infection", 3, {2: 8, 3: 2}, (), (7, 16)),
    Event("cytokine_release_syndrome", 6, {1: 6, 2: 4, 3: 2, 4: 0.4}, ("blinatumomab",), (1, 5)),
    Event("encephalopathy", 4, {1: 3, 2: 4, 3: 2.5, 4: 0.4}, ("blinatumomab",), (2, 12)),
    Event("tremor", 5, {1: 7, 2: 3}, ("blinatumomab",), (3, 20)),
    Event("headache", 5, {1: 7, 2: 3}, ("blinatumomab", "cytarabine"), (1, 9)),
    Event("dysphasia", 2, {2: 5, 3: 5}, ("blinatumomab",), (2, 9)),
    Event("blood_bilirubin_increased", 6, {1: 3, 2: 5, 3: 3}, ("inotuzumab", "methotrexate"), (6, 26)),
    Event("alanine_aminotransferase_increased", 7, {1: 4, 2: 4, 3: 3}, ("inotuzumab", "methotrexate"), (6, 26)),
    Event("infusion_related_reaction", 4, {1: 4, 2: 5, 3: 1}, ("rituximab", "inotuzumab"), (1, 2)),
    Event("peripheral_sensory_neuropathy", 7, {1: 5, 2: 4, 3: 1}, ("vincristine",), (40, 200)),
    Event("hyperglycemia", 7, {2: 5, 3: 5, 4: 0.3}, ("dexamethasone", "prednisone"), (3, 14)),
    Event("mucositis_oral", 4, {1: 4, 2: 4, 3: 2}, ("methotrexate",), (5, 14)),
    Event("diarrhea", 4, {1: 5, 2: 4, 3: 1}, _CHEMOTHERAPY, (2, 8)),
    Event("nausea", 5, {1: 7, 2: 3}, (*_CHEMOTHERAPY, "mercaptopurine"), (1, 8)),
    Event("fatigue", 7, {1: 5, 2: 5}, (), (14, 90)),
    Event("fever", 5, {1: 8, 2: 2}, ("blinatumomab",), (1, 4)),
    Event("thromboembolic_event", 2, {2: 6, 3: 3}, (), (30, 90)),
    Event("acute_kidney_injury", 2, {2: 4, 3: 5}, ("methotrexate",), (5, 20)),
    Event("atrial_fibrillation", 2, {2: 7, 3: 3}, (), (2, 20)),
    Event("hypotension", 2, {2: 6, 3: 4}, ("blinatumomab",), (1, 4)),
    Event("rash_maculo_papular", 2, {1: 6, 2: 4}, ("mercaptopurine", "cytarabine"), (5, 15)),
    Event("avascular_necrosis", 1, {2: 6, 3: 4}, ("dexamethasone", "prednisone"), (200, 500)),
)

UNACCEPTABLE = (
    Event("hepatic_failure", 3, {4: 1}, ("inotuzumab",), (20, 60)),
    Event("encephalopathy", 4, {4: 1}, ("blinatumomab",), (15, 60)),
    Event("leukoencephalopathy", 2, {4: 1}, ("methotrexate",), (40, 120)),
    Event("pancreatitis", 3, {4: 1}, (), (15, 40)),
    Event("respiratory_failure", 2, {4: 1}, (), (15, 40)),
)

SOS = "sinusoidal_obstruction_syndrome"
SOS_GRADES: Weights[int] = {2: 3, 3: 5, 4: 4}
SECOND_MALIGNANCIES = ("myelodysplastic_syndrome", "leukemia_secondary_to_oncology_chemotherapy")

# ── what people do ─────────────────────────────────────────────────────────────────────────────────────────────────

SCREEN_FAILURE: Weights[str] = {"not_eligible": 6, "consent_refused": 2, "other": 0.7, "": 91.3}
NEVER_TREATED: Weights[str] = {"patient_decision": 0.8, "disease": 0.6, "physician_decision": 0.4, "": 98.2}

LATE_REASONS = (
    "no bed on the ward",
    "public holiday",
    "the patient asked for some days at home",
    "the infusion pump could not be had in time",
    "transport from home failed twice",
)
LONG_DELAY_REASONS = (
    "a long infection, then some weeks of rehabilitation",
    "surgery for another reason came first",
    "the patient wished to wait, and has now decided to go on",
)
LATE_VISIT_REASONS = (
    "the patient was abroad",
    "seen by the local haematologist meanwhile, letter filed",
    "appointment moved by the patient",
    "could not be reached for some weeks",
)
NOTES = (
    "seen on the ward",
    "reported by telephone",
    "admitted through the emergency department",
    "found on routine laboratory work",
    "treated as an outpatient",
)
