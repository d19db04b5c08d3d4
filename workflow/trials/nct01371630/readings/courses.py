"""Readings of the treatment courses: order, length, days and infusions, in the chemotherapy and blinatumomab cycles."""

from __future__ import annotations

from workflow.protocol.model import Grade, Reading
from workflow.trials.nct01371630.readings.options import options

A1 = Reading(
    "A1",
    "NCT01371630, Arm I, cycles 1-10",
    "Chemotherapy is numbered 1-4 and 7-10, blinatumomab 5-8, so two courses bear the number 7 and two the"
    " number 8. Which are given, and in which order?",
    options(
        every_course="every printed course once: chemotherapy 1-4, blinatumomab 5-8, chemotherapy 7-10, maintenance",
        blinatumomab_instead="blinatumomab takes the place of chemotherapy 5-8, with no chemotherapy after it",
        six_then_blinatumomab="chemotherapy and blinatumomab share the numbers 7 and 8 and alternate",
    ),
    "every_course",
    "Nothing printed is left out and nothing is given twice. A course has its position in the arm besides"
    " the printed number. The order that was published before this record stands in the version of March"
    " 2017.",
    Grade.JUDGEMENT,
)

A2 = Reading(
    "A2",
    "NCT01371630, Arm I, cycles 7-10",
    "Do inotuzumab, rituximab and the intrathecal drugs belong to the chemotherapy cycles printed 7-10?",
    options(
        chemotherapy_only="no: these cycles are chemotherapy alone",
        as_before="yes, as in cycles 1-4",
    ),
    "chemotherapy_only",
    "The record names the cycles of each of these drugs, and none is later than 4.",
    Grade.RECORD,
)

A3 = Reading(
    "A3",
    "NCT01371630, Arm I, chemotherapy cycles",
    "A cycle lasts three to four weeks. When may the next one begin?",
    options(
        opens_day_22_due_day_29="from day 22 on, due on day 29; later is a delay that needs a reason",
        exactly_day_22="on day 22; later is a delay",
        exactly_day_29="on day 29; earlier is too early",
    ),
    "opens_day_22_due_day_29",
    "Publications describe cycles of about four weeks, sooner or later as the counts recover.",
    Grade.PUBLICATION,
)

A4 = Reading(
    "A4",
    "NCT01371630, Arm I, cycles 1, 3, 7 and 9",
    "Dexamethasone runs to day 14 of a cycle that may be as short as 21 days. Can a cycle end before its last dose?",
    options(
        after_last_dose="no: a cycle does not end before its last planned day of treatment",
        by_length="yes: only the length counts",
    ),
    "after_last_dose",
    "Two cycles of treatment would otherwise overlap. With cycles of 21 days or more it never comes to that.",
    Grade.JUDGEMENT,
)

A5 = Reading(
    "A5",
    "NCT01371630, Arm I, cycles 2-4",
    "Inotuzumab is given on day 2 or 3. One dose or two, and who decides on the day?",
    options(
        one_dose_either_day="one dose, on either day; the day is recorded",
        day_3="one dose on day 3, as in cycle 1",
        both_days="a dose on each of the days",
    ),
    "one_dose_either_day",
    "The wording offers a choice of day, not two doses.",
    Grade.RECORD,
)

A6 = Reading(
    "A6",
    "NCT01371630, Arms I, II and III, rituximab",
    "Rituximab may be given in Arms I and III and is given in Arm II. What decides?",
    options(
        by_cd20="optional in Arms I and III, called for by CD20 on at least 20 % of the cells; planned in"
        " Arm II, where it may be recorded as not given, with a reason",
        by_cd20_everywhere="optional in all arms, called for by CD20",
        free_choice="optional in Arms I and III at the physician's choice; planned in Arm II",
    ),
    "by_cd20",
    "Publications about this trial tie rituximab to CD20 on at least 20 % of the cells. What the record says"
    " without condition stays without one.",
    Grade.PUBLICATION,
)

A7 = Reading(
    "A7",
    "NCT01371630, Arms I and II, cyclophosphamide and cytarabine",
    "Two infusions a day for three days, or two: when the first starts late, the last falls on the day after.",
    options(
        count_doses="count the doses, six or four; the last may fall on the next day",
        count_days="count the days; a dose after the last day is not given",
    ),
    "count_doses",
    "Every 12 hours is what was published, and a planned dose is not lost to the hour of the first.",
    Grade.JUDGEMENT,
)

A8 = Reading(
    "A8",
    "NCT01371630, methotrexate in Arm I (even cycles) and Arm II (even cycles)",
    "Arm I infuses methotrexate over about 2 hours and then about 22 hours, Arm II over 24 hours. Is it the same?",
    options(
        same_24_hours="one dose over the same 24 hours, in two steps in Arm I, in one in Arm II",
        two_doses="two doses in Arm I, one in Arm II",
    ),
    "same_24_hours",
    "The hours add up, and the published dose is one for the whole infusion.",
    Grade.JUDGEMENT,
)

A9 = Reading(
    "A9",
    "NCT01371630, intrathecal cytarabine in the even cycles",
    "Day 5 in Arm I, day 2 in Arms II and III. Is one of them a slip?",
    options(
        as_printed="no: each arm as printed",
        day_2="day 5 is a slip for day 2",
        day_5="day 2 is a slip for day 5",
    ),
    "as_printed",
    "Each day stands in its own arm, and no line contradicts it.",
    Grade.RECORD,
)

A10 = Reading(
    "A10",
    "NCT01371630, blinatumomab in all arms",
    "The infusion is printed as days 1-29 in Arm I and as days 1-28 in maintenance and Arm III. How long does it run?",
    options(
        whole_days="28 days of 24 hours in all of them; in Arm I day 29 is when the pump comes off",
        day_29_too="29 days in Arm I, 28 elsewhere",
    ),
    "whole_days",
    "Four weeks of infusion in six are what was published for this trial."
    " Days 4-21 and 15-28 are likewise 18 and 14 days of 24 hours.",
    Grade.PUBLICATION,
)

A11 = Reading(
    "A11",
    "NCT01371630, Arm I, cycles 5-8",
    "Dexamethasone before blinatumomab: on which days?",
    options(
        as_printed="days 1 and 3 of the first blinatumomab cycle, day 1 of the other three",
        day_1_only="day 1 of each",
    ),
    "as_printed",
    "The record says so, and no line contradicts it.",
    Grade.RECORD,
)

A12 = Reading(
    "A12",
    "NCT01371630, Arm I, cycles 5-8",
    "28 days of infusion in 42 days. Does the rest belong to the cycle?",
    options(
        rest_in_cycle="yes: 28 days on, 14 off, then the next cycle",
        rest_between="no: the cycle ends with the infusion and a pause follows",
    ),
    "rest_in_cycle",
    "Treatment repeats every 42 days.",
    Grade.RECORD,
)

COURSES = (A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12)
