"""What an entry asks, held to what anybody can ask: forms and words that are refused before there is a decision.

A fact is told once more in the words that it keeps, by the function that made it: a grade of 9, an agent that the
protocol does not name, a number with a blank in it were never told to software of ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from msgspec import structs

from workflow.engine.answer import in_its_place
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.decision import ENROLLED, Enrolment, Proposal, Trigger, Void
from workflow.engine.facts import Fact, When
from workflow.engine.facts.adverse_event import AdverseEvent, AdverseEventNews, adverse_event, news
from workflow.engine.facts.check import shown
from workflow.engine.facts.consent import Consent, consent
from workflow.engine.facts.contact import Contact, contact
from workflow.engine.facts.counts import Counts, counts
from workflow.engine.facts.dose import Dose, dose
from workflow.engine.facts.eligibility import WORDS, Eligibility, eligibility
from workflow.engine.facts.hold import Hold, hold
from workflow.engine.facts.response import Response, response
from workflow.engine.numbers import ENGINE
from workflow.errors import InvalidInput
from workflow.ledger.entry import Body, chain_of
from workflow.protocol import patient_id

_WHENEVER = When(1, date.min)
_ANSWERS = {word: answer for answer, word in WORDS.items()}


def require_askable(
    definition: Definition, chart: Chart | None, proposal: Proposal, body: Body, *, described: bool | None = None
) -> None:
    """Raise ``ValueError`` or ``InvalidInput`` where the question of an entry is one that nobody can ask.

    ``chart`` is the one before it; ``described`` is whether there is a note, where the entry itself does not say it. Of
    another engine's entries it is not known what could be told to it.
    """
    what = proposal.what
    if isinstance(what, Enrolment):
        if not patient_id.matches(definition.protocol.patient_id, what.patient):
            raise ValueError(f"it enrols {shown(what.patient)}, which is no patient's id here")
        if body.time is not None or body.texts or body.cause is not None or body.mode is not None:
            raise ValueError("nobody is enrolled with a time of day, in words, by itself or in spite of a rule")
    if body.engine != ENGINE:
        return
    match what:
        case Void() if body.time is not None or body.on != body.today:
            raise ValueError("a correction is of the day on which it is made, and of no time")
        case Void() if "reason" not in body.texts:
            raise ValueError("nothing is taken back without a reason")
        case Void():
            if what.anew is not None and (what.seq != ENROLLED or chain_of(what.anew) == body.chain):
                raise ValueError("only an enrolment is taken back for that of another patient")
            instead = in_its_place(proposal)
            if instead is not None and chart is not None:
                require_askable(definition, chart.without(what.seq), instead, body, described=True)  # by itself, too
        case Trigger() as step if chart is not None:
            if step.code not in codes_of(definition, chart, step.name):
                raise ValueError(f"{shown(step.name)} is not asked for with the code {shown(str(step.code))}")
        case Fact() as fact:
            require_told(definition, fact, described="note" in body.texts if described is None else described)


def require_told(definition: Definition, fact: Fact, *, described: bool) -> None:
    """Raise ``InvalidInput`` where nobody can have told the fact, with a note or without one."""
    if all(one != fact for one in _told_again(definition, fact, described=described)):
        raise InvalidInput("it says what nobody can have told")


def codes_of(definition: Definition, chart: Chart, trigger: str) -> tuple[str | None, ...]:
    """The codes that ``trigger`` can be asked for with, now; None is none. There are none of what is no trigger."""
    row = definition.table(chart.arm).by_trigger.get((chart.state_now(definition), trigger))
    if row is not None:
        return row.codes or (None,)
    return (None, *definition.codes.get(trigger, ())) if trigger in definition.triggers else ()


def _told_again(definition: Definition, fact: Fact, *, described: bool) -> Iterator[Fact]:
    """The fact as it comes out of the words that it keeps; several where they do not say which were used."""
    when = When(fact.entry, fact.on, fact.time)
    match fact:
        case Dose():
            unit = f"{fact.unit}/{fact.per}" if fact.per is not None else fact.unit
            yield Dose(*when, *_dose(definition, fact.agent, fact.amount, unit))
        case Counts():
            yield counts(when, fact.anc, fact.platelets)
        case AdverseEvent():
            yield adverse_event(
                definition,
                when,
                term=fact.said or fact.term,
                grade=fact.grade,
                attributed=fact.attributed,
                serious=fact.serious or False,
                unacceptable=fact.unacceptable,
                resolved=fact.resolved,
                stops=fact.stops,
                described=described,
            )
        case AdverseEventNews():
            yield news(
                definition,
                when,
                fact.of,
                grade=fact.grade,
                attributed=fact.attributed,
                unacceptable=fact.unacceptable,
                resolved=fact.resolved,
                stops=fact.stops,
                reopened=fact.reopened,
            )
        case Eligibility():
            if not _ANSWERS.keys() >= set(fact.answers.values()):
                raise InvalidInput("an answer to a criterion is met, not_met or unknown")
            answers = {key: _ANSWERS[word] for key, word in fact.answers.items()}
            for others in (False, True):
                yield eligibility(definition, when, fact.route, answers, others=others)
        case Hold():
            yield hold(definition, when, fact.code)
        case Response():
            yield response(definition, when, fact.response, fact.mrd)
        case Consent():
            yield consent(definition, when, fact.version)
        case Contact():
            yield contact(when, fact.disease, fact.source)
        case _:
            yield fact  # whose fields are numbers of entries, which guards look up


@lru_cache(maxsize=1024)
def _dose(definition: Definition, agent: str, amount: str | None, unit: str | None) -> tuple[Any, ...]:
    """What a dose says of itself; kept, for half of all entries are doses, and most of them the same."""
    return structs.astuple(dose(definition, _WHENEVER, agent, amount, unit))[len(_WHENEVER) :]
