"""Disease response, and what adverse events do to single agents.

The rules are the labels', as far as a term and a grade can say them. Reduced doses, how long a hold may last, a second
seizure, infusion reactions, low counts for weeks: these stay with the investigator, who can stop an agent at any time.
What a label stops for good at once, it stops whatever anybody says of the cause.
"""

from __future__ import annotations

from workflow.protocol.model import AgentAction, Response, ResponseMeaning, Source, SourceKind, ToxicityRule
from workflow.trials.nct01371630.sources import BLINATUMOMAB_LABEL, INOTUZUMAB_LABEL
from workflow.trials.nct01371630.terms import NERVOUS, PSYCHIATRIC, TERMS

# ── response, by the general criteria for ALL ──────────────────────────────────────────────────────────────────────

RESPONSES = (
    Response(
        "CR",
        "Complete remission: marrow blasts < 5 %, none circulating, ANC >= 1.0, platelets >= 100, no"
        " extramedullary disease",
        ResponseMeaning.REMISSION,
    ),
    Response("CRp", "Complete remission, but platelets < 100", ResponseMeaning.REMISSION),
    Response("CRi", "Complete remission, but counts not recovered", ResponseMeaning.REMISSION),
    Response(
        "mCR",
        "Marrow complete remission: marrow blasts < 5 %, whatever the counts",
        ResponseMeaning.REMISSION,
    ),
    Response("PR", "Partial response", ResponseMeaning.PARTIAL),
    Response("NR", "No response", ResponseMeaning.NONE),
    Response("PD", "Progression", ResponseMeaning.PROGRESSION),
    Response("REL", "Relapse after remission: marrow, extramedullary or CNS", ResponseMeaning.RELAPSE),
)

# ── inotuzumab ─────────────────────────────────────────────────────────────────────────────────────────────────────

SOS = ("sinusoidal_obstruction_syndrome",)
LIVER_FAILURE = ("hepatic_failure",)
BILIRUBIN = ("blood_bilirubin_increased",)
TRANSAMINASES = ("alanine_aminotransferase_increased", "aspartate_aminotransferase_increased")

_BILIRUBIN_LIMIT = Source(
    SourceKind.LABEL,
    "inotuzumab ozogamicin, prescribing information, dose modifications: bilirubin above 1.5 x ULN, where"
    " grade 2 begins",
)
_TRANSAMINASE_LIMIT = Source(
    SourceKind.JUDGEMENT,
    "the label of inotuzumab ozogamicin holds it above 2.5 x ULN; grade 2, above 3 x ULN, is the nearest grade",
)

INOTUZUMAB = (
    ToxicityRule("inotuzumab", AgentAction.DISCONTINUE, 1, INOTUZUMAB_LABEL, terms=SOS, attributed=False),
    ToxicityRule("inotuzumab", AgentAction.DISCONTINUE, 3, INOTUZUMAB_LABEL, terms=LIVER_FAILURE, attributed=False),
    ToxicityRule("inotuzumab", AgentAction.HOLD, 2, _BILIRUBIN_LIMIT, terms=BILIRUBIN, attributed=False, until_grade=1),
    ToxicityRule(
        "inotuzumab",
        AgentAction.HOLD,
        2,
        _TRANSAMINASE_LIMIT,
        terms=TRANSAMINASES,
        attributed=False,
        until_grade=1,
    ),
    ToxicityRule("inotuzumab", AgentAction.HOLD, 2, INOTUZUMAB_LABEL, until_grade=1),
)

# ── blinatumomab ───────────────────────────────────────────────────────────────────────────────────────────────────

CRS = ("cytokine_release_syndrome",)
NEUROLOGICAL = tuple(term.key for term in TERMS if term.system in (NERVOUS, PSYCHIATRIC))

_SEIZURES = Source(
    SourceKind.LABEL,
    "blinatumomab, prescribing information, dose modifications: neurological toxicity"
    " (more than one seizure also stops it for good: for the investigator)",
)

BLINATUMOMAB = (
    ToxicityRule("blinatumomab", AgentAction.DISCONTINUE, 4, BLINATUMOMAB_LABEL, terms=CRS, attributed=False),
    ToxicityRule("blinatumomab", AgentAction.HOLD, 3, BLINATUMOMAB_LABEL, terms=CRS, until_grade=1),
    ToxicityRule("blinatumomab", AgentAction.DISCONTINUE, 4, _SEIZURES, terms=NEUROLOGICAL, attributed=False),
    ToxicityRule("blinatumomab", AgentAction.HOLD, 3, _SEIZURES, terms=NEUROLOGICAL, until_grade=1),
    ToxicityRule("blinatumomab", AgentAction.HOLD, 3, BLINATUMOMAB_LABEL, until_grade=1),
)

TOXICITY_RULES = (*INOTUZUMAB, *BLINATUMOMAB)
