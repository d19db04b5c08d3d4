"""The toy protocol in other words: the same trial, of which nothing is called as it is in ``tests.toy``.

What holds of both was not held by a name. ``WORDS`` says each name of the toy in the other's words; titles and prose
stay. ``there`` and ``back`` translate what a test says, states with their dots included (but no kind of fact, which is
the engine's: "counts" is translated as the hold code that it also is).
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from tests.toy import TOY
from workflow.protocol.model import Protocol

WORDS = {
    # the trial
    "TOY-1": "PLAY-2",
    "A": "B7",
    # states and phases; treatment is the language's word
    "screening": "intake",
    "enrolled": "listed",
    "induction": "opening",
    "consolidation": "middle",
    "maintenance": "long_run",
    "follow_up": "afterwards",
    "day_30": "first_look",
    "long_term": "looks",
    "off_study": "gone",
    # triggers
    "register": "admit",
    "start_cycle": "next_block",
    "complete_treatment": "finish_blocks",
    "visit": "look",
    "close_study": "end_of_play",
    "progression": "worse",
    "relapse": "came_back",
    "refractory": "no_use",
    "unacceptable_toxicity": "too_much_harm",
    "transplant": "graft",
    "stop_treatment": "break_off",
    "switch_to_maintenance": "skip_ahead",
    "withdraw": "say_no",
    "lost_to_follow_up": "out_of_sight",
    "death": "died",
    "screen_failure": "turned_away",
    # coded reasons of exits and holds
    "marrow": "bone",
    "extramedullary": "elsewhere",
    "no_response": "unmoved",
    "toxicity": "harm",
    "donor_found": "match",
    "physician": "ward",
    "patient": "themselves",
    "poor_function": "weak",
    "infections": "fevers",
    "withdrawn": "said_no",
    "lost": "unseen",
    "disease": "illness",
    "other": "any_other",
    "not_eligible": "unsuited",
    "declined": "unwilling",
    "infection": "sepsis",
    "counts": "blood",
    "logistics": "no_bed",
    "patient_request": "asked_for",
    # roles
    "coordinator": "nurse",
    "investigator": "doctor",
    # agents
    "alpha": "xylo",
    "beta": "zeta",
    # criteria
    "IN01": "R1",
    "IN02": "C1",
    "IN02A": "C1X",
    "IN02B": "C1Y",
    "IN02C": "C1Z",
    "EX01": "N1",
    # responses and terms
    "CR": "GOOD",
    "NR": "SAME",
    "PD": "BAD",
    "REL": "AGAIN",
    "liver_injury": "hepar",
    "nausea": "queasy",
    "neutropenia": "low_white",
    "fever": "hot",
    # deviations
    "wrong_agent": "not_this_drug",
    "before_the_start": "too_soon",
    "after_the_end": "too_late",
    "after_stopped": "though_stopped",
    "while_held": "though_held",
    "after_progression": "though_worse",
    "after_toxicity": "though_harmed",
    "without_consent": "unasked",
    "wrong_day": "off_day",
    "counts_not_recovered": "low_blood",
    # readings
    "A1": "Q1",
    "calendar": "by_date",
    "count": "by_number",
}
BACK = {other: word for word, other in WORDS.items()}

# The fields that hold names: of the value itself, or of what it refers to. All other text is for people.
NAMING = frozenset(
    {
        *("trial", "key", "id", "abbreviations"),
        *("trigger", "cycle_trigger", "source", "target", "leaves", "then", "codes", "hold_codes"),
        *("response_after", "phase", "agent", "terms", "routes", "parent", "met_by"),
        *("action", "roles", "readings", "taken"),
    }
)

# The engine's own words, which no protocol chooses: kinds of facts, and what else a permission can be for.
ENGINES = frozenset(
    {
        *("consent", "eligibility", "adverse_event", "counts", "response", "dose", "contact", "hold", "resume"),
        *("enroll", "override", "declare_unacceptable", "stop_agent", "correct", "step_happened"),
    }
)
UNNAMED = frozenset({"acknowledge"})  # which neither toy says anything of


def there(name: str) -> str:
    """A name of the toy in the other's words."""
    return _translated(name, WORDS)


def back(name: str) -> str:
    """A name of the other in the toy's words."""
    return _translated(name, BACK)


def _translated(name: str, words: dict[str, str]) -> str:
    """A name, or each part of a state's ("follow_up.day_30"); what is in no list stays."""
    return words.get(name) or ".".join(words.get(part, part) for part in name.split("."))


def translated(value: Any, name: str = "") -> Any:
    """``value`` with every name in it, and every reference to one, in the other's words."""
    match value:
        case Struct():
            parts = {field: translated(getattr(value, field), field) for field in value.__struct_fields__}
            return type(value)(**parts)
        case tuple():
            return tuple(translated(item, name) for item in value)
        case str() if name in NAMING and type(value) is str and not (name == "action" and value in ENGINES):
            return there(value)
    return value


TOY2: Protocol = translated(TOY)


def toy2(**changes: Any) -> Protocol:
    """The toy in other words, or one that differs from it in these fields."""
    return replace(TOY2, **changes) if changes else TOY2
