"""The chart: what the guards need to know of one patient, folded from the entries of their chain.

A chart is a cache of the log. ``apply`` is the only way that it changes, on the write path and in verification alike,
and ``dumps`` gives one text for one chart, so that the row and a replay can be compared. Only allowed entries change a
chart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from workflow.engine.agents import AgentEvent, AgentState
from workflow.engine.course import Definition, agent_after
from workflow.errors import DamagedRow
from workflow.protocol.model import AgentAction, Purpose, ResponseMeaning, ToxicityRule
from workflow.protocol.table import TREATMENT

KEPT_DAYS = 60  # counts older than this, seen from the newest, no longer bear on any step
KEPT_ASSESSMENTS = 8

ENROLMENT = "enroll"
CONSENT = "consent"
ELIGIBILITY = "eligibility"
ADVERSE_EVENT = "adverse_event"
COUNTS = "counts"
RESPONSE = "response"
DOSE = "dose"
HOLD = "hold"
RESUME = "resume"
FACTS = (CONSENT, ELIGIBILITY, ADVERSE_EVENT, COUNTS, RESPONSE, DOSE, HOLD, RESUME)


class Consent(NamedTuple):
    entry: int
    on: date
    version: str


class Eligibility(NamedTuple):
    """``failed`` are the criteria that keep the patient out, ``unknown`` those not answered."""

    entry: int
    on: date
    route: str
    failed: list[str]
    unknown: list[str]


class Hold(NamedTuple):
    entry: int
    on: date
    code: str


class EndedHold(NamedTuple):
    """A hold that was resumed on ``until``: it still stands in the way of a step dated before that."""

    entry: int
    on: date
    until: date


class Toxicity(NamedTuple):
    """An adverse event that is open, or was declared unacceptable. ``entry`` names it in every later entry about it."""

    entry: int
    on: date  # onset
    term: str
    grade: int
    attributed: list[str] | None  # to no agent: empty; not judged yet: None
    unacceptable: bool
    open: bool


class Counts(NamedTuple):
    """ANC and platelets, both x10^9/L, as decimals in text."""

    entry: int
    on: date
    anc: str
    platelets: str


class Assessment(NamedTuple):
    entry: int
    on: date
    response: str


class AgentStatus(NamedTuple):
    """``held_by`` are the adverse events that hold the agent, ``entry`` what put it in this state."""

    state: str
    entry: int
    on: date
    doses: int
    held_by: list[int]


@dataclass(slots=True)
class Chart:
    """One patient as the guards see them, as of the last entry."""

    version: str
    arm: str
    state: str
    since: date  # the date of the last step
    enrolled_on: date
    treatment_from: date | None = None
    cycle_from: date | None = None  # day 1 of the running cycle; after treatment, of the last one
    phase_from: date | None = None  # day 1 of the running phase
    treatment_to: date | None = None
    visits: int = 0
    last_dose_on: date | None = None
    died_on: date | None = None
    ended_by: str | None = None  # what ended treatment, and its coded reason
    ended_code: str | None = None
    left_by: str | None = None  # the exit taken last, and its coded reason
    left_code: str | None = None
    hold: Hold | None = None
    ended_holds: list[EndedHold] = field(default_factory=list)  # those that ended after the last step
    progression: Assessment | None = None  # the first since treatment began: it stands
    consents: list[Consent] = field(default_factory=list)  # by their dates, as the lists that follow
    eligibilities: list[Eligibility] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)  # the latest, oldest first
    counts: list[Counts] = field(default_factory=list)  # the latest, oldest first
    toxicities: list[Toxicity] = field(default_factory=list)
    agents: dict[str, AgentStatus] = field(default_factory=dict)

    @property
    def consent(self) -> Consent | None:
        """The latest."""
        return self.consents[-1] if self.consents else None

    @property
    def eligibility(self) -> Eligibility | None:
        """The latest."""
        return self.eligibilities[-1] if self.eligibilities else None

    @property
    def on_treatment(self) -> bool:
        return self.state.startswith(TREATMENT + ".")

    def agent(self, key: str) -> AgentStatus:
        return self.agents.get(key) or AgentStatus(AgentState.PLANNED.value, 0, self.enrolled_on, 0, [])

    def toxicity(self, entry: int) -> Toxicity | None:
        return next((t for t in self.toxicities if t.entry == entry), None)


# ── the fold ───────────────────────────────────────────────────────────────────────────────────────────────────────


def enrolled(definition: Definition, arm: str, on: date) -> Chart:
    """The chart after the first entry."""
    return Chart(definition.version, arm, definition.table(arm).initial, on, on)


def apply(
    definition: Definition,
    chart: Chart,
    *,
    seq: int,
    action: str,
    on: date,
    target: str | None,
    code: str | None,
    data: dict[str, Any],
) -> None:
    """Fold one allowed entry into ``chart``, in place. ``target`` is the state after a transition, None for a fact."""
    if target is not None:
        _move(definition, chart, action, on, target, code)
    else:
        _FOLDS[action](definition, chart, seq, on, data)


def _move(definition: Definition, chart: Chart, trigger: str, on: date, target: str, code: str | None) -> None:
    places = definition.table(chart.arm).by_name
    before, after = places[chart.state], places[target]
    if after.cycle is not None:
        chart.cycle_from = on
        if before.phase is not after.phase:
            chart.phase_from = on
        if chart.treatment_from is None:
            chart.treatment_from = on
            for seen in chart.assessments:  # recorded before the step, dated after it
                _note_progression(definition, chart, seen)
    elif before.cycle is not None:
        chart.phase_from = chart.hold = None
        chart.treatment_to = on
        chart.ended_by, chart.ended_code = trigger, code
    if before.visit is not None and before.visit.months is not None and target == before.name:
        chart.visits += 1
    if code is not None:
        chart.left_by, chart.left_code = trigger, code
    if trigger in definition.triggers_for(Purpose.DEATH):
        chart.died_on = on
    chart.ended_holds = [ended for ended in chart.ended_holds if ended.until > on]
    chart.state = target
    chart.since = on


def _by_date(fact: Consent | Eligibility | Assessment | Counts) -> tuple[date, int]:
    return fact.on, fact.entry


def _consent(definition: Definition, chart: Chart, seq: int, on: date, data: dict[str, Any]) -> None:
    chart.consents.append(Consent(seq, on, data["version"]))
    chart.consents.sort(key=_by_date)


def _eligibility(definition: Definition, chart: Chart, seq: int, on: date, data: dict[str, Any]) -> None:
    chart.eligibilities.append(Eligibility(seq, on, data["route"], list(data["failed"]), list(data["unknown"])))
    chart.eligibilities.sort(key=_by_date)


def _hold(definition: Definition, chart: Chart, seq: int, on: date, data: dict[str, Any]) -> None:
    chart.hold = Hold(seq, on, data["code"])


def _resume(definition: Definition, chart: Chart, seq: int, on: date, data: dict[str, Any]) -> None:
    if chart.hold is not None and on > chart.since:
        chart.ended_holds.append(EndedHold(chart.hold.entry, chart.hold.on, on))
    chart.hold = None


def _counts(definition: Definition, chart: Chart, seq: int, on: date, data: dict[str, Any]) -> None:
    chart.counts.append(Counts(seq, on, data["anc"], data["platelets"]))
    chart.counts.sort(key=_by_date)
    oldest = chart.counts[-1].on - timedelta(days=KEPT_DAYS)
    chart.counts = [counts for counts in chart.counts if counts.on >= oldest]


def _response(definition: Definition, chart: Chart, seq: int, on: date, data: dict[str, Any]) -> None:
    seen = Assessment(seq, on, data["response"])
    chart.assessments.append(seen)
    chart.assessments.sort(key=_by_date)
    del chart.assessments[:-KEPT_ASSESSMENTS]
    _note_progression(definition, chart, seen)


def _note_progression(definition: Definition, chart: Chart, seen: Assessment) -> None:
    if chart.treatment_from is None or seen.on < chart.treatment_from:
        return  # the disease that brought the patient in
    if definition.meanings[seen.response] in (ResponseMeaning.PROGRESSION, ResponseMeaning.RELAPSE):
        chart.progression = min(filter(None, (chart.progression, seen)), key=_by_date)


def _dose(definition: Definition, chart: Chart, seq: int, on: date, data: dict[str, Any]) -> None:
    key = data["agent"]
    _agent_event(chart, key, AgentEvent.GIVE, seq, on)
    status = chart.agents[key]
    chart.agents[key] = status._replace(doses=status.doses + 1)
    chart.last_dose_on = max(filter(None, (chart.last_dose_on, on)))


def _adverse_event(definition: Definition, chart: Chart, seq: int, on: date, data: dict[str, Any]) -> None:
    """A new event, or (``of``) news of one: its grade changed, it resolved, it was declared unacceptable."""
    known = chart.toxicity(data["of"]) if data["of"] is not None else None
    event = Toxicity(
        entry=known.entry if known else seq,
        on=known.on if known else on,
        term=data["term"],
        grade=data["grade"],
        attributed=list(data["attributed"]) if data["attributed"] is not None else None,
        unacceptable=data["unacceptable"] or (known is not None and known.unacceptable),
        open=data["resolved"] is None and (known is None or known.open),  # news of a resolved event does not reopen it
    )
    chart.toxicities = [t for t in chart.toxicities if t.entry != event.entry]
    if event.open or event.unacceptable:
        chart.toxicities.append(event)
    for key in data["stops"]:
        _agent_event(chart, key, AgentEvent.DISCONTINUE, seq, on)
    for key, rules in definition.rules_of(chart.arm).items():
        if any(rule.action is AgentAction.DISCONTINUE and matches(definition, rule, event) for rule in rules):
            _agent_event(chart, key, AgentEvent.DISCONTINUE, seq, on)
        _hold_or_release(definition, chart, key, rules, event, seq, on)


def matches(definition: Definition, rule: ToxicityRule, event: Toxicity) -> bool:
    """Whether ``rule`` applies to ``event`` at the grade it now has."""
    return event.grade >= rule.grade and concerns(definition, rule, event)


def concerns(definition: Definition, rule: ToxicityRule, event: Toxicity) -> bool:
    """Whether ``rule`` is about events such as ``event``, at some grade."""
    if rule.attributed and rule.agent not in (event.attributed or ()):
        return False
    return event.term in rule.terms if rule.terms else not definition.terms[event.term].haematological


def _hold_or_release(
    definition: Definition,
    chart: Chart,
    key: str,
    rules: tuple[ToxicityRule, ...],
    event: Toxicity,
    seq: int,
    on: date,
) -> None:
    """An event holds an agent from a rule's grade up, and lets go of it at the lower grade or when it resolved."""
    status = chart.agent(key)
    holding = event.entry in status.held_by
    holds = [rule for rule in rules if rule.action is AgentAction.HOLD]
    if not holding:
        if event.open and any(matches(definition, rule, event) for rule in holds):
            _agent_event(chart, key, AgentEvent.HOLD, seq, on)
            status = chart.agents[key]
            chart.agents[key] = status._replace(held_by=[*status.held_by, event.entry])
        return
    bearing = [rule for rule in holds if concerns(definition, rule, event)]
    below = all(rule.until_grade is not None and event.grade <= rule.until_grade for rule in bearing)
    if below or not event.open:
        left = [entry for entry in status.held_by if entry != event.entry]
        chart.agents[key] = status._replace(held_by=left)
        if not left:
            _agent_event(chart, key, AgentEvent.RELEASE if status.doses else AgentEvent.RELEASE_UNUSED, seq, on)


def _agent_event(chart: Chart, key: str, event: AgentEvent, seq: int, on: date) -> None:
    status = chart.agent(key)
    after = agent_after(status.state, event)
    if after != status.state:
        status = status._replace(state=after, entry=seq, on=on)
    chart.agents[key] = status


_FOLDS = {
    CONSENT: _consent,
    ELIGIBILITY: _eligibility,
    ADVERSE_EVENT: _adverse_event,
    COUNTS: _counts,
    RESPONSE: _response,
    DOSE: _dose,
    HOLD: _hold,
    RESUME: _resume,
}


# ── the stored text ────────────────────────────────────────────────────────────────────────────────────────────────

_DATES = (
    "since",
    "enrolled_on",
    "treatment_from",
    "cycle_from",
    "phase_from",
    "treatment_to",
    "last_dose_on",
    "died_on",
)
_PARTS: dict[str, Any] = {"hold": Hold, "progression": Assessment}
_LISTS: dict[str, Any] = {
    "consents": Consent,
    "eligibilities": Eligibility,
    "assessments": Assessment,
    "counts": Counts,
    "toxicities": Toxicity,
}

_encode = json.JSONEncoder(separators=(",", ":"), default=date.isoformat).encode


def dumps(chart: Chart) -> str:
    """The chart as JSON: what is empty is left out, the parts are arrays in the order of their fields."""
    fields: dict[str, Any] = {}
    for name in Chart.__slots__:
        value = getattr(chart, name)
        if value:
            fields[name] = value
    return _encode(fields)


def _dated(kind: Any, raw: list[Any]) -> Any:
    raw[1] = date.fromisoformat(raw[1])
    return kind._make(raw)


def loads(text: str) -> Chart:
    """The chart that ``dumps`` wrote. Raises ``DamagedRow`` for anything else."""
    try:
        return _load(json.loads(text))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise DamagedRow(hint="regimen audit verify says what does not fit") from None


def _load(raw: dict[str, Any]) -> Chart:
    for name in _DATES:
        if name in raw:
            raw[name] = date.fromisoformat(raw[name])
    for name, kind in _PARTS.items():
        if name in raw:
            raw[name] = _dated(kind, raw[name])
    for name, kind in _LISTS.items():
        if name in raw:
            raw[name] = [_dated(kind, item) for item in raw[name]]
    if "ended_holds" in raw:
        spans = ((entry, date.fromisoformat(on), date.fromisoformat(until)) for entry, on, until in raw["ended_holds"])
        raw["ended_holds"] = [EndedHold(*span) for span in spans]
    if "agents" in raw:
        raw["agents"] = {
            key: AgentStatus(state, entry, date.fromisoformat(on), doses, held_by)
            for key, (state, entry, on, doses, held_by) in raw["agents"].items()
        }
    return Chart(**raw)
