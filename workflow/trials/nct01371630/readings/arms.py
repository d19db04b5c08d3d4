"""Readings of Arms II and III and of how a patient comes into an arm."""

from __future__ import annotations

from workflow.protocol.model import Grade, Reading
from workflow.trials.nct01371630.readings.options import options

A19 = Reading(
    "A19",
    "NCT01371630, Arm II, cycles 1, 3 and 5",
    "Inotuzumab on days 2 and 8 of the odd cycles has no limit to cycles 1 and 3, as its neighbours have."
    " In cycle 5 too?",
    options(
        in_cycle_5="yes: cycles 1-5",
        to_cycle_4="no: the limit was forgotten, cycles 1-4",
    ),
    "in_cycle_5",
    "As printed. Publications stop at cycle 4, so the investigator should know before giving it.",
    Grade.RECORD,
)

A20 = Reading(
    "A20",
    "NCT01371630, Arm II, all cycles",
    "Blinatumomab runs on days 4-21, inotuzumab is given on day 8. At the same time?",
    options(
        together="yes, by design",
        interrupt="blinatumomab is interrupted for inotuzumab",
    ),
    "together",
    "The dense schedule of this arm was described as giving both together.",
    Grade.PUBLICATION,
)

A21 = Reading(
    "A21",
    "NCT01371630, Arm II, cycles 1, 3 and 5",
    "Vincristine once, on day 1. Publications give days 1 and 8, or day 4. Which?",
    options(
        day_1="day 1, as printed",
        days_1_and_8="days 1 and 8, as in Arm I",
        day_4="day 4, as published for the dense schedule",
    ),
    "day_1",
    "As printed.",
    Grade.RECORD,
)

A22 = Reading(
    "A22",
    "NCT01371630, Arm II",
    "When does a patient of Arm II go to maintenance?",
    options(
        after_cycle_6="after cycle 6; transplant is a way out",
        after_cycle_4="after cycle 4",
    ),
    "after_cycle_6",
    "Six cycles are printed before maintenance, and transplant nowhere.",
    Grade.RECORD,
)

A23 = Reading(
    "A23",
    "NCT01371630, Arms I, II and III, populations",
    "Age 60 and older leads to Arm I, age 70 and older to Arm III. Who goes where?",
    options(
        by_disease_then_age="relapsed or refractory to Arm II; untreated of 70 and older to Arm III;"
        " untreated of 60-69, or unfit of 18-59, to Arm I",
        investigator="untreated patients of 70 and older to Arm I or III, as the investigator sees fit",
    ),
    "by_disease_then_age",
    "The arm names its own age. The arm is worked out, then confirmed by an investigator; another one needs"
    " a reason and is a deviation.",
    Grade.JUDGEMENT,
)

A24 = Reading(
    "A24",
    "NCT01371630, Arm III, induction (cycle 1)",
    "How long is the induction cycle?",
    options(
        days_42="42 days, as the cycles of intrathecal prophylaxis, of which it is the first",
        days_28="28 days, when blinatumomab ends",
    ),
    "days_42",
    "Intrathecal prophylaxis covers cycles 1-4 and repeats every 42 days.",
    Grade.RECORD,
)

A26 = Reading(
    "A26",
    "NCT01371630, Arm III, intrathecal prophylaxis",
    "Two drugs alternate on days 2 and 8. Which on which day?",
    options(
        first_named_day_2="the first-named on day 2, the other on day 8: eight doses over four cycles",
        by_cycle="one of them on both days, the other in the next cycle",
        both_days="both on each of the days",
    ),
    "first_named_day_2",
    "So do Arms I and II, and eight doses are what was published.",
    Grade.PUBLICATION,
)

A27 = Reading(
    "A27",
    "NCT01371630, Arm III, consolidation (cycles 2-5)",
    "Up to four cycles: may there be fewer?",
    options(
        fewer_with_reason="yes, with a reason",
        all_four="no: four unless something ends treatment",
    ),
    "fewer_with_reason",
    "The wording sets an upper limit.",
    Grade.RECORD,
)

A28 = Reading(
    "A28",
    "NCT01371630, Arm III",
    "Is there maintenance in Arm III?",
    options(
        none="no",
        as_arm_i="yes, as in Arms I and II",
    ),
    "none",
    "None is described, and the arm's list of interventions has neither mercaptopurine nor prednisone.",
    Grade.RECORD,
)

A30 = Reading(
    "A30",
    "NCT01371630, study design",
    "The trial is not randomised. How is the arm assigned?",
    options(
        by_rule="by disease and age, confirmed by an investigator",
        by_choice="by the investigator alone",
    ),
    "by_rule",
    "The populations are printed with the arms, so the rule can be stated, and a choice against it seen.",
    Grade.JUDGEMENT,
)

ARMS = (A19, A20, A21, A22, A23, A24, A26, A27, A28, A30)
