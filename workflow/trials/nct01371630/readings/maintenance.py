"""Readings of maintenance: its clock, its numbering, what runs beside the cycles."""

from __future__ import annotations

from workflow.protocol.model import Grade, Reading
from workflow.trials.nct01371630.readings.options import options

A13 = Reading(
    "A13",
    "NCT01371630, Arms I and II, maintenance",
    "Vincristine once a month and prednisone five times a month do not fit cycles of 42 days. What counts the months?",
    options(
        calendar_months="the calendar, from day 1 of maintenance; prednisone on five days in a row",
        each_cycle="each cycle counts as a month",
        any_five_days="the calendar, prednisone on any five days of the month",
    ),
    "calendar_months",
    "A month is a month. They run beside the cycle counter, and five days in a row is what was published.",
    Grade.JUDGEMENT,
)

A14 = Reading(
    "A14",
    "NCT01371630, Arms I and II, maintenance",
    "Three years are 26 cycles of 42 days and a few days more, and blinatumomab is named up to cycle 16."
    " When does maintenance end?",
    options(
        cycle_running_at_3_years="with the cycle that runs at the three-year date, at the latest the 26th;"
        " a 27th never starts. Vincristine and prednisone end at the one-year date",
        cut_at_3_years="on the three-year date, in the middle of a cycle if need be",
        sixteen_cycles="with cycle 16",
    ),
    "cycle_running_at_3_years",
    "The record names three years, not a number of cycles. A cycle that has begun is finished. 26 is the number of"
    " whole cycles in three years, not printed anywhere.",
    Grade.JUDGEMENT,
)

A15 = Reading(
    "A15",
    "NCT01371630, Arms I and II, maintenance",
    "Do mercaptopurine and methotrexate pause while blinatumomab runs?",
    options(
        without_a_break="no: both run for three years without a break",
        pause="yes: not in cycles 4, 8, 12 and 16",
    ),
    "without_a_break",
    "Both are given for three years, and no pause is named.",
    Grade.RECORD,
)

A16 = Reading(
    "A16",
    "NCT01371630, Arms I and II, maintenance",
    "Blinatumomab in cycles 4, 8, 12 and 16: counted from where?",
    options(
        from_maintenance="from the first cycle of maintenance, which is number 1 again",
        from_treatment="from the first cycle of treatment",
    ),
    "from_maintenance",
    "Publications count one blinatumomab cycle after every three of maintenance.",
    Grade.PUBLICATION,
)

A17 = Reading(
    "A17",
    "NCT01371630, Arms I and II, maintenance",
    "From when do the year and the three years run, and do holds extend them?",
    options(
        calendar_from_day_1="from day 1 of maintenance, by the calendar; holds do not extend them",
        treated_time="from day 1 of maintenance, counting treated time only",
        from_remission="from remission",
    ),
    "calendar_from_day_1",
    "The plainest of the three, and the only one whose end is known on day 1.",
    Grade.JUDGEMENT,
)

A18 = Reading(
    "A18",
    "NCT01371630, Arms I and II, maintenance",
    "Is there premedication before blinatumomab in maintenance?",
    options(
        none="none is planned",
        as_cycles_6_to_8="dexamethasone on day 1, as in cycles 6-8 of Arm I",
    ),
    "none",
    "The record names it for cycles 5-8 of Arm I and not here. A site may give it and record it.",
    Grade.RECORD,
)

MAINTENANCE = (A13, A14, A15, A16, A17, A18)
