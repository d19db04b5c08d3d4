"""Who may take part. A patient needs one route in, every inclusion and no exclusion.

The record's numbers start again several times, so each criterion has an id of ours beside them. Parts spell out the
criterion they stand under; where they decide on it, ``met_by`` says how. Where the record is at odds with itself, the
note says so and names the reading.
"""

from __future__ import annotations

from workflow.protocol.model import Criterion, CriterionKind
from workflow.trials.nct01371630.sources import record

ROUTE, INCLUSION, EXCLUSION, PART = (
    CriterionKind.ROUTE,
    CriterionKind.INCLUSION,
    CriterionKind.EXCLUSION,
    CriterionKind.PART,
)

# ── routes in ──────────────────────────────────────────────────────────────────────────────────────────────────────

UNTREATED_60_AND_OLDER = (
    Criterion(
        "IN01",
        ROUTE,
        "aged 60 or older, with pre-B ALL, Philadelphia-negative or -positive, untreated but for very little:"
        " steroids for less than 1 week, vincristine, 1 dose of an anthracycline or alkylating agent",
        record("inclusion 1"),
        printed="1",
        note="Age on the day of registration (reading E12). Age also decides on the arm (reading A23).",
    ),
    Criterion(
        "IN07",
        PART,
        "in first remission",
        record("inclusion 7"),
        printed="7",
        parent="IN01",
        note="Stands by itself in the record: read as a state in which an untreated patient may enter by any of"
        " IN01, IN02 and IN03, not evaluable for response then; neither a route nor a condition (reading E8).",
    ),
)

_COMORBIDITY = "inclusion 2, comorbidity"

UNTREATED_AND_UNFIT_18_TO_59 = (
    Criterion(
        "IN02",
        ROUTE,
        "aged 18 or older and below 60, and unfit by at least one of five comorbidities, with pre-B ALL,"
        " Philadelphia-negative or -positive, untreated; or after one or two courses of chemotherapy, where"
        " hyper-CVAD was begun before the cytogenetics were known (tyrosine kinase inhibitors allowed)",
        record("inclusion 2"),
        printed="2",
        note="Any one of the five makes a patient unfit, though the record joins the last two by 'and' (reading E1).",
        met_by=(("IN02C1",), ("IN02C2",), ("IN02C3",), ("IN02C4",), ("IN02C5",)),
    ),
    Criterion(
        "IN02C1",
        PART,
        "ECOG performance status 2 or more",
        record(f"{_COMORBIDITY} 1"),
        printed="1",
        parent="IN02",
        note="IN04 lets nobody in above 3.",
    ),
    Criterion(
        "IN02C2",
        PART,
        "severe heart disease, such as treated heart failure, an ejection fraction of 50 % or less, or"
        " chronic stable angina",
        record(f"{_COMORBIDITY} 2"),
        printed="2",
        parent="IN02",
        note="An ejection fraction of 40-50 % qualifies, below 40 % EX03 excludes; EX02 excludes NYHA above"
        " III (reading E4).",
    ),
    Criterion(
        "IN02C3",
        PART,
        "severe lung disease, such as DLCO or FEV1 of 65 % or less",
        record(f"{_COMORBIDITY} 3"),
        printed="3",
        parent="IN02",
    ),
    Criterion(
        "IN02C4",
        PART,
        "creatinine clearance below 45 mL/min",
        record(f"{_COMORBIDITY} 4"),
        printed="4",
        parent="IN02",
        note="At odds with IN05C, which asks for 50 mL/min/1.73 m2 or more: both hold only in a patient"
        " with a small body surface, or under IN05D (reading E2).",
    ),
    Criterion(
        "IN02C5",
        PART,
        "liver disease with total bilirubin above 1.5 x ULN",
        record(f"{_COMORBIDITY} 5"),
        printed="5",
        parent="IN02",
        note="At odds with IN05A, which asks for less than 1.95 mg/dL: both hold only in a narrow band, or"
        " under IN05D (reading E3).",
    ),
    Criterion(
        "IN02E1",
        PART,
        "after hyper-CVAD in complete remission: evaluable only for survival, event-free and overall",
        record("inclusion 2, after the comorbidities, 1"),
        printed="1",
        parent="IN02",
        note="Says what the patient is evaluable for; no condition of entry (reading E13).",
    ),
    Criterion(
        "IN02E2",
        PART,
        "after hyper-CVAD not in complete remission: evaluable for remission, and for survival likewise",
        record("inclusion 2, after the comorbidities, 2"),
        printed="2",
        parent="IN02",
        note="Says what the patient is evaluable for; no condition of entry (reading E13).",
    ),
)

UNFIT_60_AND_OLDER = (
    Criterion(
        "IN03",
        ROUTE,
        "aged 60 or older (a Jehovah's Witness at any age) and too unfit for intensive chemotherapy, with a"
        " performance status of 1 or more and at least one comorbidity, such as of the heart, vessels,"
        " kidneys or lungs, diabetes, or hypertension out of control",
        record("inclusion 3"),
        printed="3",
        note="Names neither disease nor prior treatment: read as untreated ALL (reading E9).",
    ),
    Criterion(
        "IN03J",
        PART,
        "a Jehovah's Witness, whatever the age",
        record("inclusion 3, last sentence"),
        parent="IN03",
        note="Lifts the age limit of IN03, not the trial's minimum of 18 in IN09 (reading E7).",
    ),
)

RELAPSED_OR_REFRACTORY = (
    Criterion(
        "IN08",
        ROUTE,
        "relapsed or refractory, at any age: ALL; Burkitt lymphoma, or the Burkitt-like with 11q aberration;"
        " or, with the marrow involved, high-grade B-cell lymphoma, not otherwise specified or rearranged in"
        " MYC together with BCL2, BCL6 or both",
        record("inclusion 8"),
        printed="8",
        note="Any age is read as any from 18, the trial's minimum in IN09 (reading E6). Marrow involvement,"
        " printed after the last disease, is read of both high-grade lymphomas (reading E10). Relapsed"
        " Burkitt is in, newly diagnosed out by EX01 (reading E11).",
    ),
)

# ── what all must meet ─────────────────────────────────────────────────────────────────────────────────────────────

ALL_MUST_MEET = (
    Criterion("IN04", INCLUSION, "Zubrod performance status 0 to 3", record("inclusion 4"), printed="4"),
    Criterion(
        "IN05",
        INCLUSION,
        "liver and kidneys work well enough: IN05A, IN05B and IN05C, or IN05D where the tumour is thought"
        " to be the cause",
        record("inclusion 5"),
        printed="5",
        note="At odds with the comorbidities IN02C4 and IN02C5 (readings E2 and E3).",
        met_by=(("IN05A", "IN05B", "IN05C"), ("IN05D",)),
    ),
    Criterion(
        "IN05A",
        PART,
        "bilirubin below 1.95 mg/dL",
        record("inclusion 5, liver"),
        parent="IN05",
        note="At odds with IN02C5 (reading E3).",
    ),
    Criterion(
        "IN05B",
        PART,
        "SGPT (ALT) and SGOT (AST) below 3 x ULN",
        record("inclusion 5, liver"),
        parent="IN05",
        note="The record says one or the other: read as both (reading E5).",
    ),
    Criterion(
        "IN05C",
        PART,
        "estimated creatinine clearance of 50 mL/min/1.73 m2 or more",
        record("inclusion 5, kidneys"),
        parent="IN05",
        note="At odds with IN02C4 (reading E2).",
    ),
    Criterion(
        "IN05D",
        PART,
        "where the tumour is thought to be the cause: bilirubin below 2.6 mg/dL and creatinine below 3 mg/dL",
        record("inclusion 5, last sentence"),
        parent="IN05",
        note="The exception is printed with the liver limits; the sentence that bounds it names creatinine"
        " too, so it is read of the kidneys as well (readings E2 and E3).",
    ),
    Criterion("IN06", INCLUSION, "informed consent in writing", record("inclusion 6"), printed="6"),
    Criterion(
        "IN09",
        INCLUSION,
        "aged 18 or older",
        record("minimum age"),
        note="Stands apart from the numbered criteria, and holds for the whole trial.",
    ),
)

# ── what excludes ──────────────────────────────────────────────────────────────────────────────────────────────────

EXCLUDES = (
    Criterion(
        "EX01",
        EXCLUSION,
        "newly diagnosed Burkitt leukaemia or lymphoma, or ALL or lymphoblastic lymphoma of T lineage",
        record("exclusion 1"),
        printed="1",
        note="Relapsed Burkitt is included by IN08; T lineage is excluded new or relapsed (reading E11).",
    ),
    Criterion(
        "EX02",
        EXCLUSION,
        "active heart disease, NYHA class above III by history and examination",
        record("exclusion 2"),
        printed="2",
        note="So class III may take part, and class IV may not (reading E4).",
    ),
    Criterion(
        "EX03",
        EXCLUSION,
        "cardiac ejection fraction below 40 % by MUGA or echocardiogram",
        record("exclusion 3"),
        printed="3",
        note="Up to 50 % qualifies as unfit under IN02C2 (reading E4).",
    ),
    Criterion("EX04", EXCLUSION, "active hepatitis", record("exclusion 4"), printed="4"),
    Criterion("EX05", EXCLUSION, "pregnant or breast-feeding", record("exclusion 5"), printed="5"),
)

CRITERIA = (
    *UNTREATED_60_AND_OLDER,
    *UNTREATED_AND_UNFIT_18_TO_59,
    *UNFIT_60_AND_OLDER,
    *RELAPSED_OR_REFRACTORY,
    *ALL_MUST_MEET,
    *EXCLUDES,
)
