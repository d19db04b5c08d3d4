"""The answers to the eligibility criteria, as of a day."""

from __future__ import annotations

from collections.abc import Mapping

from workflow.engine.course import Definition
from workflow.engine.facts.check import one_of
from workflow.engine.facts.fact import Fact, Telling, When
from workflow.protocol.criteria import holds
from workflow.protocol.model import Criterion, CriterionKind

WORDS = {True: "met", False: "not_met", None: "unknown"}


class Eligibility(Fact, frozen=True, array_like=True, forbid_unknown_fields=True):
    """``failed`` are the criteria that keep the patient out, ``unknown`` those not answered.

    ``answers`` are those to single criteria: "met", "not_met", "unknown".
    """

    KIND = "eligibility"
    TITLE = "eligibility"

    route: str
    failed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    answers: dict[str, str] = {}  # noqa: RUF012 - a struct copies it

    def words(self, definition: Definition) -> str:
        said = [f"route {self.route}"]
        said += [f"not met: {', '.join(self.failed)}"] if self.failed else []
        said += [f"unknown: {', '.join(self.unknown)}"] if self.unknown else []
        return "; ".join(said)


def eligibility(
    definition: Definition, when: When, route: str, answers: Mapping[str, bool | None], *, others: bool = False
) -> Eligibility:
    """Which route the patient enters by, and whether each criterion's statement is true, false or unknown (None).

    ``others`` says that every criterion not named was checked and is in order; without it they are unknown. A criterion
    that is made of parts is decided by its parts where any of them was answered, unless it is said not to hold itself;
    ``others`` then speaks of the first way in which it is met: that another one holds is said by name.
    """
    criteria = {criterion.id: criterion for criterion in definition.protocol.criteria}
    routes = [c.id for c in criteria.values() if c.kind is CriterionKind.ROUTE]
    one_of(route, routes, "eligibility route")
    for key in answers:
        one_of(key, list(criteria), "criterion")
    failed: list[str] = []
    unknown: list[str] = []
    said = {id: WORDS[answer] for id, answer in answers.items()}
    for criterion in criteria.values():
        if criterion.kind is CriterionKind.PART or (criterion.kind is CriterionKind.ROUTE and criterion.id != route):
            continue
        in_order = criterion.kind is not CriterionKind.EXCLUSION
        named = criterion.id == route and not criterion.met_by  # what is made of parts is not answered by its name
        answer = _answer(criterion, answers, in_order if others or named else None, others=others)
        said[criterion.id] = WORDS[answer]
        if answer is None:
            unknown.append(criterion.id)
        elif answer is not in_order:
            failed.append(criterion.id)
    return Eligibility(*when, route, tuple(failed), tuple(unknown), dict(sorted(said.items())))


def _answer(
    criterion: Criterion, answers: Mapping[str, bool | None], default: bool | None, *, others: bool
) -> bool | None:
    own = answers.get(criterion.id, default)
    parts = {part: answers[part] for way in criterion.met_by for part in way if part in answers}
    if own is False or not parts:
        return own
    in_order = dict.fromkeys(criterion.met_by[0], True) if others else {}
    return holds(criterion, {**in_order, **parts})


def telling(route: str, answers: Mapping[str, bool | None], *, others: bool = False) -> Telling:
    return Telling(
        Eligibility.KIND,
        {"route": route, "answers": dict(answers), "others": others},
        lambda definition, _, when: eligibility(definition, when, route, answers, others=others),
    )
