"""The closed lists of the language: what a field of a protocol can say, and no other word."""

from __future__ import annotations

from enum import StrEnum

# The roles that the program itself knows, whatever the protocol: who sets the trial up, and who looks. All others are
# the protocol's, and so is what they may do.
ADMINISTRATOR = "administrator"
AUDITOR = "auditor"
RESERVED_ROLES = (AUDITOR, ADMINISTRATOR)


class SourceKind(StrEnum):
    RECORD = "record"  # the ClinicalTrials.gov record
    PUBLICATION = "publication"  # a paper or abstract
    LABEL = "label"  # the drug's label
    STANDARD = "standard"  # CTCAE, CDISC, ...
    SITE = "site"  # a default of the site, in no public source
    JUDGEMENT = "judgement"  # our own reading


class Grade(StrEnum):
    """What settles a reading."""

    RECORD = "T"  # another line of the record
    PUBLICATION = "P"
    JUDGEMENT = "J"
    SITE = "SITE"


class Route(StrEnum):
    IV = "IV"
    IT = "IT"
    PO = "PO"
    IV_OR_PO = "IV or PO"
    CIVI = "CIVI"  # continuous intravenous infusion


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Purpose(StrEnum):
    """What an exit is for."""

    PROGRESSION = "progression"
    TOXICITY = "toxicity"
    WITHDRAWAL = "withdrawal"
    DEATH = "death"
    LOSS = "loss"  # nobody knows where the patient is
    COMPLETION = "completion"
    OTHER = "other"


class CriterionKind(StrEnum):
    ROUTE = "route"  # one of these brings a patient in
    INCLUSION = "inclusion"  # all of these must be met
    EXCLUSION = "exclusion"  # none of these may apply
    PART = "part"  # an item under another criterion; answers for its parent


class ResponseMeaning(StrEnum):
    REMISSION = "remission"
    PARTIAL = "partial"
    NONE = "none"  # no response
    PROGRESSION = "progression"
    RELAPSE = "relapse"


class AgentAction(StrEnum):
    HOLD = "hold"
    DISCONTINUE = "discontinue"
