"""What is read otherwise in the version of March 2017, and what only that version leaves open."""

from __future__ import annotations

from msgspec.structs import replace

from workflow.protocol.model import Grade, Reading
from workflow.trials.nct01371630.readings.arms import A23
from workflow.trials.nct01371630.readings.courses import A1, A6
from workflow.trials.nct01371630.readings.maintenance import A13, A14, A15
from workflow.trials.nct01371630.readings.options import options

# ── read otherwise ─────────────────────────────────────────────────────────────────────────────────────────────────

A1_2017 = replace(
    A1,
    taken="blinatumomab_instead",
    why="So it was published: four cycles of blinatumomab after four of chemotherapy, then maintenance.",
    grade=Grade.PUBLICATION,
)

A6_2017 = replace(
    A6,
    taken="by_cd20_everywhere",
    why="So it was published for both groups: in the first four courses, where CD20 is on at least 20 %.",
    grade=Grade.PUBLICATION,
)

A13_2017 = replace(
    A13,
    taken="each_cycle",
    why="The publications count POMP in cycles: twelve of them are the year of vincristine and prednisone.",
    grade=Grade.PUBLICATION,
)

A14_2017 = replace(
    A14,
    taken="sixteen_cycles",
    why="So it was published: twelve cycles of POMP and four of blinatumomab, in place of three years.",
    grade=Grade.PUBLICATION,
)

A15_2017 = replace(
    A15,
    taken="pause",
    why="The publications tell POMP cycles from blinatumomab cycles, so each has its own drugs.",
    grade=Grade.JUDGEMENT,
)

A23_2017 = replace(
    A23,
    place="version 2017-03, populations",
    question="There is no Arm III yet. Who goes where?",
    options=options(
        by_disease="relapsed or refractory to Arm II; untreated to Arm I, at any age from 60, or from 18 if unfit",
        investigator="as the investigator sees fit",
    ),
    taken="by_disease",
    why="Published untreated patients were up to 87 years old and treated alike.",
    grade=Grade.PUBLICATION,
)

# ── open in that version only ──────────────────────────────────────────────────────────────────────────────────────

A41 = Reading(
    "A41",
    "version 2017-03, maintenance",
    "How long is a POMP cycle? The publications call it monthly.",
    options(
        days_28="28 days, as four weekly doses of methotrexate",
        calendar_month="a calendar month",
        days_42="42 days, as the record has it for all of maintenance since",
    ),
    "days_28",
    "Whole weeks fit a weekly drug, and twelve of them are close to a year.",
    Grade.JUDGEMENT,
)

A42 = Reading(
    "A42",
    "version 2017-03, Arm II",
    "Which treatment did relapsed or refractory patients have?",
    options(
        as_arm_i="the same as untreated patients: four cycles of chemotherapy with inotuzumab, four of"
        " blinatumomab, maintenance of sixteen cycles",
        as_in_2025="the dense schedule of the later record",
    ),
    "as_arm_i",
    "The publications of both groups print the same courses, and the dense schedule came later. Days and"
    " infusion times they do not print are those of Arm I in the record.",
    Grade.JUDGEMENT,
)

A43 = Reading(
    "A43",
    "version 2017-03, both arms",
    "The publications print doses and days, but few infusion times, no days for the intrathecal drugs, no"
    " eligibility in full and no follow-up. Where do these come from?",
    options(
        from_the_record="from the record of 2025-12-18, as far as it says them",
        left_open="they are left open",
    ),
    "from_the_record",
    "The chemotherapy did not change between the two. A site that has the protocol document of 2017 goes by that.",
    Grade.JUDGEMENT,
)
