"""The facts about the study and the eligibility criteria, looked up in the protocol."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from workflow.protocol.model import CriterionKind, Protocol, Source, SourceKind
from workflow.trials.nct01371630.coverage.row import NOWHERE, Row
from workflow.trials.nct01371630.record.eligibility import CRITERIA
from workflow.trials.nct01371630.record.study import FACTS
from workflow.trials.nct01371630.sources import TRIAL

Found = tuple[str, bool, tuple[str, ...]]  # where, whether it says the same, the readings
LookUp = Callable[[Protocol], Found]

# ── facts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _population(key: str, says: str) -> LookUp:
    def look(protocol: Protocol) -> Found:
        arm = protocol.arm(key)
        if arm is None:
            return NOWHERE, False, ()
        return f"Arm {key}: {arm.population}", says in arm.population, ("A23",)

    return look


def _visit(state: str, days: int | None, months: int | None) -> LookUp:
    def look(protocol: Protocol) -> Found:
        visits = [s.visit for arm in protocol.arms for s in arm.states if s.key == state]
        same = all(visit is not None and (visit.days, visit.months) == (days, months) for visit in visits)
        return f"visit of `{state}` in every arm", same and len(visits) == len(protocol.arms), ("A31", "A39")

    return look


def _maintenance_length(protocol: Protocol) -> Found:
    ends = [phase.end for arm in protocol.arms for phase in arm.phases if phase.key == "maintenance"]
    same = len(ends) == 2 and all(end is not None and end.years == 3 for end in ends)
    return "end of `maintenance`", same, ("A14", "A17")


def _philadelphia(protocol: Protocol) -> Found:
    texts = [criterion.text for criterion in protocol.criteria if criterion.id in ("IN01", "IN02")]
    return "criteria `IN01` and `IN02`", all("Philadelphia-negative or -positive" in t for t in texts), ("A37",)


LOOK_UP: dict[str, LookUp] = {
    "trial": lambda p: (f"trial `{p.trial}`", p.trial == "NCT01371630", ()),
    "version": lambda p: (f"version `{p.version}`", p.version == "2025-12-18", ()),
    "study_start": lambda p: (
        "study start: nothing is dated before it",
        p.study_start.isoformat() == "2011-08-26",
        (),
    ),
    "study_end": lambda p: (
        "study end: guard of `close_study`",
        p.study_end.isoformat() == "2027-12-25",
        ("A31",),
    ),
    "arms": lambda p: (f"arms {', '.join(arm.key for arm in p.arms)}", len(p.arms) == 3, ()),
    "untreated": _population("I", "untreated"),
    "relapsed": _population("II", "relapsed or refractory"),
    "70_and_older": _population("III", "aged 70 or older"),
    "allocation": lambda p: (
        "criteria that lead into each arm",
        all(arm.routes for arm in p.arms),
        ("A23", "A30"),
    ),
    "day_30": _visit("follow_up.day_30", 30, None),
    "every_4_months": _visit("follow_up.long_term", None, 4),
    "maintenance_length": _maintenance_length,
    "philadelphia": _philadelphia,
}


def fact_rows(protocol: Protocol) -> Iterator[Row]:
    for fact in FACTS:
        where, found, readings = LOOK_UP[fact.key](protocol)
        yield Row(fact.place, fact.says, where, readings, found)


# ── criteria ───────────────────────────────────────────────────────────────────────────────────────────────────────


def criterion_rows(protocol: Protocol) -> Iterator[Row]:
    known = {criterion.id: criterion for criterion in protocol.criteria}
    for item in CRITERIA:
        criterion = known.get(item.id)
        if criterion is None:
            yield Row(item.place, item.says, NOWHERE, found=False)
            continue
        same = (
            criterion.source == Source(SourceKind.RECORD, f"{TRIAL}, {item.place}")
            and criterion.printed == item.printed
            and (criterion.kind is CriterionKind.EXCLUSION) == item.place.startswith("exclusion")
            and figures(criterion.text) == figures(item.says)
        )
        under = f", under `{criterion.parent}`" if criterion.parent else ""
        yield Row(item.place, item.says, f"`{item.id}`, {criterion.kind}{under}", cited(criterion.note), same)


def figures(text: str) -> set[str]:
    """The numbers in a text; class III is 3, and "18 to 59" has two."""
    return set(re.findall(r"(?<![A-Za-z\d.])\d+(?:\.\d+)?", re.sub(r"\bIII\b", "3", text)))


def cited(note: str) -> tuple[str, ...]:
    """The readings that a note names."""
    return tuple(dict.fromkeys(re.findall(r"\b[AE]\d+\b", note)))


def undescribed(protocol: Protocol) -> Iterator[str]:
    """Criteria of the protocol that no item of the record accounts for."""
    listed = {item.id for item in CRITERIA}
    return (criterion.id for criterion in protocol.criteria if criterion.id not in listed)
