"""The rest of the record: facts about the study, and what no patient's course depends on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """``key`` is what ``coverage`` knows it by."""

    key: str
    place: str
    says: str


FACTS = (
    Fact("trial", "identifier", "NCT01371630"),
    Fact("version", "last updated", "2025-12-18"),
    Fact("study_start", "study start date", "2011-08-26"),
    Fact("study_end", "study completion date", "2027-12-25"),
    Fact("arms", "outline and study groups", "3 arms, all experimental"),
    Fact("untreated", "Arm I", "untreated patients"),
    Fact("relapsed", "Arm II", "relapsed or refractory patients"),
    Fact("70_and_older", "Arm III", "patients of 70 years and older"),
    Fact("allocation", "study design", "not randomised, parallel arms, no blinding"),
    Fact("day_30", "follow-up after treatment", "30 days after completion"),
    Fact("every_4_months", "follow-up after treatment", "every 4 months"),
    Fact("maintenance_length", "Arms I and II, maintenance", "cycles for 3 years"),
    Fact("philadelphia", "conditions", "Philadelphia-positive disease among the conditions"),
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What the protocol does not carry, and why."""

    place: str
    says: str
    why: str


LEFT_OUT = (
    LeftOut(
        "outline and primary objective I",
        "phase I finds the dose of inotuzumab, phase II follows",
        "the course of the study, not of a patient",
    ),
    LeftOut("total enrolment", "276 participants", "a count of the study; no step of a patient depends on it"),
    LeftOut("recruitment status", "recruiting", "changes without the protocol changing"),
    LeftOut(
        "objectives",
        "efficacy, side effects, genomic alterations, residual disease by sequencing",
        "what is analysed afterwards; no step of a patient depends on it",
    ),
    LeftOut(
        "interventions", "laboratory biomarker analysis in all arms", "correlative studies on samples, not treatment"
    ),
    LeftOut("conditions", "list of diseases", "the criteria say which of them lead into which arm"),
    LeftOut("eligibility", "all sexes, no healthy volunteers", "follows from the diseases"),
    LeftOut(
        "sponsors, investigator, locations, contacts, other identifiers",
        "who runs the study, and where",
        "no step of a patient depends on it",
    ),
    LeftOut("references", "six publications", "those that the protocol rests on are cited where they are used"),
    LeftOut("study results", "none posted", "no step of a patient depends on it"),
)
