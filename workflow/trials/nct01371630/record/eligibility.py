"""The eligibility criteria of the record, in its order, with its numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Criterion:
    """``says`` is ours, its figures are the record's. ``id`` is where the protocol has it."""

    place: str
    printed: str
    says: str
    id: str


CRITERIA = (
    Criterion(
        "inclusion 1",
        "1",
        "60 or older; untreated pre-B ALL, Ph- or Ph+; allowed: less than 1 week of steroids; vincristine;"
        " 1 dose of an anthracycline or alkylating agent",
        "IN01",
    ),
    Criterion(
        "inclusion 2",
        "2",
        "18 or older, below 60, unfit, at least one comorbidity; untreated pre-B ALL, Ph- or Ph+; allowed:"
        " one or two courses where hyper-CVAD came before cytogenetics, TKI or not",
        "IN02",
    ),
    Criterion("inclusion 2, comorbidity 1", "1", "ECOG 2 or more", "IN02C1"),
    Criterion(
        "inclusion 2, comorbidity 2",
        "2",
        "severe heart disease: treated heart failure, EF 50 % or less, chronic stable angina",
        "IN02C2",
    ),
    Criterion("inclusion 2, comorbidity 3", "3", "severe lung disease: DLCO or FEV1 65 % or less", "IN02C3"),
    Criterion("inclusion 2, comorbidity 4", "4", "creatinine clearance below 45 mL/min", "IN02C4"),
    Criterion("inclusion 2, comorbidity 5", "5", "liver disease, total bilirubin above 1.5 x ULN", "IN02C5"),
    Criterion(
        "inclusion 2, after the comorbidities, 1",
        "1",
        "already in CR: only survival is assessed, event-free and overall",
        "IN02E1",
    ),
    Criterion(
        "inclusion 2, after the comorbidities, 2",
        "2",
        "not in CR: remission is assessed too",
        "IN02E2",
    ),
    Criterion(
        "inclusion 3",
        "3",
        "60 or older, unfit for intensive chemotherapy, one or more comorbidities, performance status 1 or more",
        "IN03",
    ),
    Criterion("inclusion 3, last sentence", "", "Jehovah's Witnesses of all ages", "IN03J"),
    Criterion("inclusion 4", "4", "Zubrod 0 to 3", "IN04"),
    Criterion("inclusion 5", "5", "adequate liver and renal function", "IN05"),
    Criterion("inclusion 5, liver", "", "bilirubin below 1.95 mg/dL", "IN05A"),
    Criterion("inclusion 5, liver", "", "SGPT or SGOT below 3 x ULN", "IN05B"),
    Criterion("inclusion 5, kidneys", "", "estimated creatinine clearance 50 mL/min/1.73 m2 or more", "IN05C"),
    Criterion(
        "inclusion 5, last sentence",
        "",
        "due to tumour: bilirubin below 2.6 mg/dL, creatinine below 3 mg/dL",
        "IN05D",
    ),
    Criterion("inclusion 6", "6", "written informed consent", "IN06"),
    Criterion("inclusion 7", "7", "first remission", "IN07"),
    Criterion(
        "inclusion 8",
        "8",
        "refractory-relapsed at any age: ALL, Burkitt, Burkitt-like with 11q, high-grade B-cell lymphoma with"
        " MYC and BCL2 / BCL6 or NOS, the last with marrow involvement",
        "IN08",
    ),
    Criterion(
        "exclusion 1",
        "1",
        "Burkitt leukaemia or lymphoma, newly diagnosed; ALL of T cells; lymphoblastic lymphoma",
        "EX01",
    ),
    Criterion("exclusion 2", "2", "active heart disease, NYHA class above 3", "EX02"),
    Criterion("exclusion 3", "3", "ejection fraction below 40 % by MUGA or echocardiogram", "EX03"),
    Criterion("exclusion 4", "4", "active hepatitis", "EX04"),
    Criterion("exclusion 5", "5", "pregnant or breast-feeding", "EX05"),
    Criterion("minimum age", "", "18 years", "IN09"),
)
