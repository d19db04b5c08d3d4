"""Readings of how the trial is run: follow-up, what ends treatment, delays, blood counts, what is not mentioned."""

from __future__ import annotations

from workflow.protocol.model import Grade, Reading
from workflow.trials.nct01371630.readings.options import options

A31 = Reading(
    "A31",
    "NCT01371630, follow-up after treatment",
    "Two intervals are printed for follow-up. From when, after which end of treatment, and until when?",
    options(
        from_last_dose="from the last dose, after any end of treatment, until death, withdrawal, loss to"
        " follow-up or the end of the study",
        from_decision="from the day treatment was declared ended",
        after_completion_only="only after treatment was completed",
    ),
    "from_last_dose",
    "Late toxicity counts from the last dose, and whoever was treated can have it.",
    Grade.JUDGEMENT,
)

A32 = Reading(
    "A32",
    "NCT01371630, all treatment blocks",
    "Treatment goes on only while there is no progression and no unacceptable toxicity. Neither is defined."
    " What are they?",
    options(
        three_levels="toxicity acts on a dose, on an agent, or on the patient: an agent can stop for good"
        " and treatment go on. It is unacceptable where an investigator declares it so; an unresolved grade"
        " 3 holds back the next cycle. Progression, relapse and no response after induction each end"
        " treatment",
        any_grade_3="any attributed event of grade 3 or more ends treatment",
        investigator_only="the investigator decides, without rules",
    ),
    "three_levels",
    "Published patients lost inotuzumab to liver toxicity and went on; one yes-or-no could not tell that."
    " The rules for agents come from the labels, the grade that holds back a cycle is a default of the"
    " site.",
    Grade.JUDGEMENT,
)

A34 = Reading(
    "A34",
    "NCT01371630, all cycles",
    "No longest delay is named. What if a cycle is very late?",
    options(
        warn_at_42_days="shown as long from 42 days late on; nothing happens by itself",
        off_treatment="treatment ends after a set delay",
        no_limit="nothing is shown",
    ),
    "warn_at_42_days",
    "Somebody should look, and an investigator should decide.",
    Grade.SITE,
)

A35 = Reading(
    "A35",
    "NCT01371630, all arms",
    "Stem cell transplant is not mentioned. What becomes of a patient who goes to transplant?",
    options(
        way_out="protocol treatment ends and follow-up begins, from any treatment cycle",
        hold="treatment is on hold and goes on after the transplant",
    ),
    "way_out",
    "Almost half of the published relapsed or refractory patients and one in twenty of the untreated were"
    " transplanted.",
    Grade.PUBLICATION,
)

A37 = Reading(
    "A37",
    "NCT01371630, conditions and inclusion 1 and 2",
    "Philadelphia-positive patients are eligible, but no tyrosine kinase inhibitor is listed. Is one part"
    " of the trial?",
    options(
        concomitant="no: it is a concomitant medication, and recorded as one",
        part_of_treatment="yes: it belongs to the treatment of these patients",
    ),
    "concomitant",
    "No arm lists one; publications mention them beside the treatment.",
    Grade.PUBLICATION,
)

A38 = Reading(
    "A38",
    "NCT01371630, all cycles and visits",
    "From when is a cycle late?",
    options(
        after_the_due_day="from the day after the due day; a reason is recorded",
        days_of_grace="after some days of grace",
    ),
    "after_the_due_day",
    "The record prints no tolerance, so none is taken as given. A reason is enough to go on.",
    Grade.JUDGEMENT,
)

A39 = Reading(
    "A39",
    "NCT01371630, follow-up after treatment",
    "How far from its day may a follow-up visit be?",
    options(
        site_windows="30 days: 7 days before to 14 after; every 4 months: 14 days before to 28 after",
        exact_day="on the day",
        any_day="on any day",
    ),
    "site_windows",
    "The record prints no windows.",
    Grade.SITE,
)

A40 = Reading(
    "A40",
    "NCT01371630, chemotherapy cycles, and Arm III cycles with inotuzumab",
    "Must blood counts have recovered before the next cycle?",
    options(
        counts_required="yes: ANC 1.0 and platelets 50 (x10^9/L), from a sample of the last 7 days; an"
        " investigator may go on without, with a reason",
        not_required="no: the record does not ask for it",
    ),
    "counts_required",
    "Publications let the counts set the pace but print no levels. For inotuzumab the levels are the"
    " label's, for chemotherapy the site's. Cycles of blinatumomab alone and maintenance ask for none.",
    Grade.SITE,
)

CONDUCT = (A31, A32, A34, A35, A37, A38, A39, A40)
