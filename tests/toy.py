"""A small protocol with one of everything, for every test that is not about the real trial.

TOY-1 has one arm, "A", and this path:

    screening > enrolled > induction 1 > consolidation 2, 3 > maintenance 1, 2, 3
        > follow-up day 30 > long-term follow-up > off study
"""

from __future__ import annotations

from datetime import date
from typing import Any

from msgspec.structs import replace

from workflow.protocol.guards import (
    ConsentGiven,
    CountsRecovered,
    CycleInterval,
    EligibilityRecorded,
    NoOpenHold,
    NoProgression,
    NotBefore,
    NoUnacceptableToxicity,
    StillEligible,
    VisitInterval,
)
from workflow.protocol.model import (
    Administration,
    Agent,
    AgentAction,
    Arm,
    ByCalendar,
    CalendarEnd,
    Continuously,
    Criterion,
    CriterionKind,
    Cycle,
    DeviationKind,
    Dose,
    Every,
    ExitPath,
    Grade,
    InfusionTime,
    OnDays,
    OnOneOf,
    Option,
    Optional,
    Permission,
    Phase,
    Protocol,
    Purpose,
    Reading,
    Response,
    ResponseMeaning,
    Role,
    Route,
    Source,
    SourceKind,
    State,
    Step,
    Term,
    ToxicityRule,
    Visit,
    Window,
)

RECORD = Source(SourceKind.RECORD, "TOY-1")
SITE = Source(SourceKind.SITE, "toy site")
LABEL = Source(SourceKind.LABEL, "toy label")
STUDY_END = date(2030, 12, 31)

# ── treatment ──────────────────────────────────────────────────────────────────────────────────────────────────────

COUNTS = CountsRecovered(SITE, anc="1.0", platelets="50", valid_days=7)

INDUCTION = Phase(
    "induction",
    "Induction",
    cycles=(
        Cycle(
            position=1,
            number=1,
            label="1",
            length=Window(21, 28, warn=42),
            source=RECORD,
            administrations=(
                Administration(
                    "alpha",
                    "alpha",
                    Route.IV,
                    OnDays((1, 8)),
                    RECORD,
                    steps=(InfusionTime(30, 60, about=True),),
                    dose=Dose("1.5", "mg/m2", LABEL),
                ),
                Administration("beta", "beta", Route.PO, OnDays((1, 2, 3), times_a_day=2), RECORD),
            ),
        ),
    ),
    then="consolidation",
    source=RECORD,
)

CONSOLIDATION = Phase(
    "consolidation",
    "Consolidation",
    cycles=tuple(
        Cycle(
            position=number,
            number=number,
            label=str(number),
            length=Window(21, 28, warn=42),
            source=RECORD,
            administrations=(
                Administration("alpha", "alpha", Route.IV, OnOneOf((2, 3)), RECORD),
                Administration(
                    "beta",
                    "beta",
                    Route.CIVI,
                    Continuously(first_day=4, days=14),
                    RECORD,
                    optional=Optional("where the investigator sees a need", SITE),
                ),
            ),
            guards=(COUNTS,),
        )
        for number in (2, 3)
    ),
    then="maintenance",
    source=RECORD,
)

MAINTENANCE = Phase(
    "maintenance",
    "Maintenance",
    cycles=tuple(
        Cycle(
            position=3 + number,
            number=number,
            label=str(number),
            length=Window(42, 42, warn=42),
            source=RECORD,
            administrations=(Administration("alpha", "alpha", Route.PO, OnDays((1,)), RECORD),),
        )
        for number in (1, 2, 3)
    ),
    then=None,
    source=RECORD,
    administrations=(Administration("beta", "beta", Route.PO, ByCalendar(Every.MONTH, years=1, run_days=5), RECORD),),
    end=CalendarEnd(1, RECORD, readings=("A1",)),
)

# ── around treatment ───────────────────────────────────────────────────────────────────────────────────────────────

STATES = (
    State("screening", "Screening"),
    State("enrolled", "Enrolled"),
    State("follow_up.day_30", "Follow-up, day 30", visit=Visit(7, 14, RECORD, SITE, days=30)),
    State("follow_up.long_term", "Long-term follow-up", visit=Visit(14, 28, RECORD, SITE, months=4)),
    State("off_study", "Off study", final=True),
)

SAFE = (NoProgression(RECORD), NoUnacceptableToxicity(RECORD))

STEPS = (
    Step(
        "register",
        "screening",
        "enrolled",
        "Register",
        (ConsentGiven(RECORD), EligibilityRecorded(RECORD)),
    ),
    Step(
        "start_cycle",
        "enrolled",
        "induction",
        "Start treatment",
        (ConsentGiven(RECORD), EligibilityRecorded(RECORD), NoUnacceptableToxicity(RECORD), NoOpenHold(SITE)),
    ),
    Step("visit", "follow_up.day_30", "follow_up.long_term", "Visit", (VisitInterval(RECORD),)),
    Step("visit", "follow_up.long_term", "follow_up.long_term", "Visit", (VisitInterval(RECORD),)),
    Step(
        "close_study",
        "follow_up.long_term",
        "off_study",
        "The study ends",
        (NotBefore(RECORD, STUDY_END, "the study's end"),),
    ),
)

COMPLETES = Step(
    "complete_treatment",
    "treatment",
    "follow_up.day_30",
    "Complete treatment",
    (CycleInterval(RECORD, late_needs_reason=False), NoOpenHold(SITE), *SAFE),
)

CYCLE_GUARDS = (
    ConsentGiven(RECORD),
    StillEligible(SITE),
    NoProgression(RECORD, response_after="induction"),
    NoUnacceptableToxicity(RECORD, open_grade=3, open_grade_source=SITE),
    NoOpenHold(SITE),
    CycleInterval(RECORD),
)

EVERYWHERE = ("screening", "enrolled", "treatment", "follow_up")


def _from_treatment(trigger: str, title: str, purpose: Purpose, *codes: str) -> ExitPath:
    return ExitPath(trigger, ("treatment",), "follow_up.day_30", title, codes, purpose, SITE)


def _from_everywhere(trigger: str, title: str, purpose: Purpose, *codes: str) -> ExitPath:
    return ExitPath(trigger, EVERYWHERE, "off_study", title, codes, purpose, SITE)


EXITS = (
    _from_treatment("progression", "Disease progression", Purpose.PROGRESSION, "progression"),
    _from_treatment("relapse", "Relapse", Purpose.PROGRESSION, "marrow", "extramedullary"),
    _from_treatment("refractory", "No response", Purpose.PROGRESSION, "no_response"),
    _from_treatment("unacceptable_toxicity", "Unacceptable toxicity", Purpose.TOXICITY, "toxicity"),
    _from_treatment("transplant", "Transplant", Purpose.OTHER, "donor_found"),
    _from_treatment("stop_treatment", "Stop treatment", Purpose.OTHER, "physician", "patient"),
    ExitPath(
        "switch_to_maintenance",
        ("treatment",),
        "maintenance",
        "Switch to maintenance early",
        ("poor_function", "infections"),
        Purpose.OTHER,
        SITE,
        guards=(NoOpenHold(SITE), *SAFE),
    ),
    _from_everywhere("withdraw", "Withdraw consent", Purpose.WITHDRAWAL, "withdrawn"),
    _from_everywhere("lost_to_follow_up", "Lost to follow-up", Purpose.LOSS, "lost"),
    _from_everywhere("death", "Death", Purpose.DEATH, "disease", "toxicity", "other"),
    ExitPath(
        "screen_failure",
        ("screening",),
        "off_study",
        "Screening failed",
        ("not_eligible", "declined"),
        Purpose.OTHER,
        SITE,
    ),
)

ARM = Arm(
    key="A",
    title="Arm A",
    population="adults",
    states=STATES,
    steps=STEPS,
    phases=(INDUCTION, CONSOLIDATION, MAINTENANCE),
    exits=EXITS,
    completes=COMPLETES,
    cycle_guards=CYCLE_GUARDS,
    routes=("IN01",),
    source=RECORD,
)

# ── who may ask ────────────────────────────────────────────────────────────────────────────────────────────────────

BOTH = ("coordinator", "investigator")

FOR_BOTH = (
    *("enroll", "consent", "eligibility", "register", "screen_failure"),
    *("start_cycle", "complete_treatment", "visit", "close_study"),
    *("adverse_event", "counts", "response", "dose", "contact", "hold", "resume", "correct"),
    *("withdraw", "lost_to_follow_up", "death"),
)

FOR_INVESTIGATORS = (
    *("progression", "relapse", "refractory", "unacceptable_toxicity", "transplant"),
    *("stop_treatment", "switch_to_maintenance"),
    *("override", "declare_unacceptable", "stop_agent", "step_happened"),
)

DEVIATIONS = (
    DeviationKind("wrong_agent", "Another agent", ("dose.not_in_arm",)),
    DeviationKind("before_the_start", "Before treatment began", ("dose.before_treatment",)),
    DeviationKind("after_the_end", "After treatment ended", ("dose.after_treatment",)),
    DeviationKind("after_stopped", "After the agent was stopped", ("dose.discontinued",)),
    DeviationKind("while_held", "During a hold", ("dose.held", "dose.stop_proposed", "hold")),
    DeviationKind("after_progression", "After progression", ("progression",)),
    DeviationKind("after_toxicity", "With a toxicity", ("toxicity",)),
    DeviationKind("without_consent", "Without consent", ("consent",)),
    DeviationKind("not_eligible", "Not eligible", ("eligibility",)),
    DeviationKind("wrong_day", "On another day", ("interval", "visit", "not_before", "period")),
    DeviationKind("counts_not_recovered", "With low counts", ("counts",)),
)

# ── the whole ──────────────────────────────────────────────────────────────────────────────────────────────────────

TOY = Protocol(
    trial="TOY-1",
    version="1",
    title="A toy trial",
    summary="One arm, six cycles, two agents.",
    patient_id="*",
    study_start=date(2020, 1, 1),
    study_end=STUDY_END,
    arms=(ARM,),
    agents=(Agent("alpha", "Alpha", ("A",)), Agent("beta", "Beta")),
    criteria=(
        Criterion("IN01", CriterionKind.ROUTE, "has the disease, untreated", RECORD, printed="1"),
        Criterion(
            "IN02",
            CriterionKind.INCLUSION,
            "is fit enough",
            RECORD,
            printed="2",
            met_by=(("IN02A", "IN02B"), ("IN02C",)),
        ),
        Criterion("IN02A", CriterionKind.PART, "the liver works", RECORD, parent="IN02"),
        Criterion("IN02B", CriterionKind.PART, "the kidneys work", RECORD, parent="IN02"),
        Criterion("IN02C", CriterionKind.PART, "neither does because of the disease", RECORD, parent="IN02"),
        Criterion("EX01", CriterionKind.EXCLUSION, "is pregnant", RECORD, printed="1"),
    ),
    responses=(
        Response("CR", "Complete remission", ResponseMeaning.REMISSION),
        Response("NR", "No response", ResponseMeaning.NONE),
        Response("PD", "Progressive disease", ResponseMeaning.PROGRESSION),
        Response("REL", "Relapse", ResponseMeaning.RELAPSE),
    ),
    terms=(
        Term("liver_injury", "Liver injury", "Hepatobiliary disorders"),
        Term("nausea", "Nausea", "Gastrointestinal disorders", synonyms=("feeling sick",)),
        Term("neutropenia", "Neutropenia", "Investigations", haematological=True),
        Term("fever", "Fever", "General disorders"),
        Term("other", "Other", "General disorders"),
    ),
    toxicity_rules=(
        ToxicityRule("alpha", AgentAction.DISCONTINUE, 1, LABEL, terms=("liver_injury",), attributed=False),
        ToxicityRule("beta", AgentAction.HOLD, 3, LABEL, until_grade=1),
    ),
    roles=(Role("coordinator", "Coordinator"), Role("investigator", "Investigator")),
    permissions=(
        *(Permission(action, BOTH) for action in FOR_BOTH),
        *(Permission(action, ("investigator",)) for action in FOR_INVESTIGATORS),
    ),
    readings=(
        Reading(
            id="A1",
            place="maintenance",
            question="When does the year of maintenance end?",
            options=(
                Option("calendar", "when the cycle that runs at the date ends"),
                Option("count", "after three cycles"),
            ),
            taken="calendar",
            why="the plainer of the two",
            grade=Grade.JUDGEMENT,
        ),
    ),
    in_force_from=date(2020, 1, 1),
    in_force_source=RECORD,
    hold_codes=("toxicity", "infection", "counts", "logistics", "patient_request", "other"),
    deviations=DEVIATIONS,
)


def toy(**changes: Any) -> Protocol:
    """The toy protocol, or one that differs from it in these fields."""
    return replace(TOY, **changes) if changes else TOY
