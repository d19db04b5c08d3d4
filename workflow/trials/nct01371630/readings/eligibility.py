"""Readings of the eligibility criteria: conflicts within the record, and what belongs to what."""

from __future__ import annotations

from workflow.protocol.model import Grade, Reading
from workflow.trials.nct01371630.readings.options import options

E1 = Reading(
    "E1",
    "NCT01371630, inclusion 2, comorbidities 1-5",
    "At least one of five comorbidities, yet the last two are joined by 'and'. Any one, or all?",
    options(
        any_one="any one of the five",
        last_two_together="any one of the first three, or the last two together",
    ),
    "any_one",
    "The sentence before the list asks for at least one.",
    Grade.RECORD,
)

E2 = Reading(
    "E2",
    "NCT01371630, inclusion 2, comorbidity 4, and inclusion 5",
    "A creatinine clearance below 45 mL/min makes a patient unfit; 50 mL/min/1.73 m2 or more is required. Can both be?",
    options(
        both_as_printed="both stand as printed: they meet only in a patient with a small body surface, or"
        " where the tumour is the cause and creatinine is below 3 mg/dL",
        unfit_prevails="a patient unfit by clearance need not meet the renal limit",
    ),
    "both_as_printed",
    "No line lifts either limit. The conflict is shown with the criterion.",
    Grade.JUDGEMENT,
)

E3 = Reading(
    "E3",
    "NCT01371630, inclusion 2, comorbidity 5, and inclusion 5",
    "Bilirubin above 1.5 x ULN makes a patient unfit; below 1.95 mg/dL is required. Can both be?",
    options(
        both_as_printed="both stand as printed: they meet in a narrow band that depends on the laboratory's"
        " limit, or up to 2.6 mg/dL where the tumour is the cause",
        unfit_prevails="a patient unfit by bilirubin need not meet the hepatic limit",
    ),
    "both_as_printed",
    "No line lifts either limit. The conflict is shown with the criterion.",
    Grade.JUDGEMENT,
)

E4 = Reading(
    "E4",
    "NCT01371630, inclusion 2, comorbidity 2, and exclusions 2 and 3",
    "An ejection fraction of 50 % or less makes a patient unfit and so eligible, one below 40 % excludes,"
    " and so does NYHA above class III. Where is the line?",
    options(
        exclusion_prevails="40-50 % qualifies, below 40 % excludes; NYHA class III may take part, class IV may not",
        nyha_iii_out="as before, but NYHA class III is excluded too",
    ),
    "exclusion_prevails",
    "An exclusion is stronger than a route in. Above class III leaves class IV alone.",
    Grade.JUDGEMENT,
)

E5 = Reading(
    "E5",
    "NCT01371630, inclusion 5",
    "SGPT or SGOT below 3 x ULN: is one of them enough?",
    options(both="both must be below", either="one below is enough"),
    "both",
    "A limit on liver function would mean little if the higher value could be left out.",
    Grade.JUDGEMENT,
)

E6 = Reading(
    "E6",
    "NCT01371630, inclusion 8, and minimum age",
    "Relapsed or refractory patients of any age are eligible, and the minimum age is 18. Which?",
    options(adults="any age from 18", children_too="any age at all"),
    "adults",
    "The minimum age is set for the whole trial.",
    Grade.RECORD,
)

E7 = Reading(
    "E7",
    "NCT01371630, inclusion 3",
    "Jehovah's Witnesses of all ages are eligible. By which route?",
    options(
        route_3_without_age="by route 3 without its age limit, from 18; its other conditions hold",
        own_route="by a route of their own, without the comorbidity",
    ),
    "route_3_without_age",
    "The sentence stands under inclusion 3 and speaks of age alone.",
    Grade.JUDGEMENT,
)

E8 = Reading(
    "E8",
    "NCT01371630, inclusion 7",
    "First remission stands among the inclusion criteria. Is it a route of its own?",
    options(
        state_at_entry="no: it is a state in which an untreated patient may enter; who enters in remission"
        " is not evaluable for response",
        own_route="yes: remission alone brings a patient in",
    ),
    "state_at_entry",
    "It names no disease and no age. Published patients entered in remission by the routes for the untreated.",
    Grade.JUDGEMENT,
)

E9 = Reading(
    "E9",
    "NCT01371630, inclusion 3",
    "Inclusion 3 names neither the disease nor prior treatment. Whom does it mean?",
    options(
        untreated="untreated ALL, as inclusions 1 and 2",
        any_disease_state="any of the trial's diseases, treated or not",
    ),
    "untreated",
    "It widens the two routes before it; relapsed or refractory disease has a route that asks for no fitness.",
    Grade.JUDGEMENT,
)

E10 = Reading(
    "E10",
    "NCT01371630, inclusion 8",
    "Marrow involvement stands after the last of the relapsed diseases. To which does it belong?",
    options(
        high_grade_lymphomas="to the high-grade B-cell lymphomas",
        last_only="to the last one only",
        all_lymphomas="to all the lymphomas",
    ),
    "high_grade_lymphomas",
    "The two are named alike, one after the other; without marrow involvement they would not be leukaemia.",
    Grade.JUDGEMENT,
)

E11 = Reading(
    "E11",
    "NCT01371630, exclusion 1",
    "Burkitt is excluded when newly diagnosed, and two T-cell diseases follow it: how far does each word reach?",
    options(
        new_burkitt_any_t_lineage="Burkitt only when newly diagnosed; ALL and lymphoblastic lymphoma of T"
        " lineage always",
        all_newly_diagnosed="all three only when newly diagnosed",
        any_lymphoblastic_lymphoma="as the first, with lymphoblastic lymphoma of any lineage",
    ),
    "new_burkitt_any_t_lineage",
    "Relapsed Burkitt is included by inclusion 8. The drugs of the trial are aimed at B lineage.",
    Grade.JUDGEMENT,
)

E12 = Reading(
    "E12",
    "NCT01371630, inclusions 1-3 and the arms",
    "Age on which day?",
    options(
        at_registration="on the day of registration",
        at_consent="on the day of consent",
        at_first_dose="on the day of the first dose",
    ),
    "at_registration",
    "Registration is when eligibility is settled and the arm is assigned.",
    Grade.JUDGEMENT,
)

E13 = Reading(
    "E13",
    "NCT01371630, inclusion 2, the two lines after the comorbidities",
    "Two lines about what patients are assessable for stand among the criteria. Are they conditions?",
    options(
        evaluability="no: they say what patients are evaluable for who had begun hyper-CVAD",
        conditions="yes",
    ),
    "evaluability",
    "They speak of assessment, and between them cover everybody they speak of.",
    Grade.JUDGEMENT,
)

FOR_ALL = (E4, E5, E11, E12)
FOR_UNTREATED = (E7, E8, E9)
FOR_UNFIT = (E1, E2, E3, E13)
FOR_RELAPSED = (E6, E10)

ELIGIBILITY = (E1, E2, E3, E4, E5, E6, E7, E8, E9, E10, E11, E12, E13)
