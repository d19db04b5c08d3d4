"""Nothing ends before what it ends: refused in both orders of typing, naming the entries that contradict.

These guards alone look at what is dated after the day: they decide nothing by it, but say that both cannot be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from workflow.engine.decision import Args, Reason, Strength
from workflow.engine.facts.dose import Dose
from workflow.engine.facts.fact import Fact
from workflow.engine.facts.hold import Hold
from workflow.engine.guards.situation import Reasons, Situation
from workflow.protocol.model import Purpose
from workflow.protocol.table import Transition

NAMED = 5  # entries that a reason lists; how many there are, it says


def fact_after_an_end(fact: Fact, now: Situation) -> Reasons:
    """A fact dated after the death, after the patient was lost, after they left the study."""
    then, last = now.then, fact.last_day
    if last > now.proposal.on:
        then = now.chart.as_of(now.definition, last)
    if not then.over:
        return
    death, loss = then.death, then.loss
    if death is not None and last > death.on:
        yield _never("dates.after_death", death.on, (death.entry,))
    elif loss is not None and last > loss.on and not isinstance(fact, Dose):
        yield _never("dates.after_loss", loss.on, (loss.entry,))
    elif then.off_study is not None and last > then.off_study.on and not fact.AFTER_STUDY:
        yield _never("dates.off_study", then.off_study.on, (then.off_study.entry,))


def step_before_what_it_ends(row: Transition, now: Situation) -> Reasons:
    """An end of treatment, of contact, of taking part, of life, dated before a fact that it ends."""
    on, then = now.proposal.on, now.then
    target = then.table.by_name[row.target]
    if row.purpose is Purpose.DEATH:
        yield from _later("order.death", now.chart.facts(), on)
    elif row.purpose is Purpose.LOSS:
        yield from _later("order.loss", now.chart.facts(), on)
    elif target.final:
        study = (fact for fact in now.chart.facts() if isinstance(fact, Dose) or not fact.AFTER_STUDY)
        yield from _later("order.off_study", study, on)
    elif then.on_treatment and target.cycle is None:
        treatment: Sequence[Fact] = (*now.chart.of(Dose), *now.chart.of(Hold))
        yield from _later("order.end_of_treatment", treatment, on)


def _later(code: str, facts: Iterator[Fact] | Sequence[Fact], on: date) -> Reasons:
    found = sorted((fact.last_day, fact.entry) for fact in facts if fact.last_day > on)
    if found:
        entries = tuple(entry for _, entry in found[:NAMED])
        args: Args = {"on": f"{on}", "first": f"{found[0][0]}", "count": len(found)}
        yield Reason(code, args, Strength.NEVER, entries)


def _never(code: str, end: date, evidence: tuple[int, ...]) -> Reason:
    return Reason(code, {"end": f"{end}"}, Strength.NEVER, evidence)


def step_after_an_end(now: Situation) -> Reasons:
    """A step dated after the death."""
    death = now.then.death
    if death is not None and now.proposal.on > death.on:
        yield _never("dates.after_death", death.on, (death.entry,))
