"""Criteria made of parts: what a criterion's answer is, from the answers that were given. In three values.

True, False, and None for what is not known. "And" is false where any part is, "or" true where any alternative is, and
what is not known makes the whole unknown where it could still turn it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workflow.protocol.model import Criterion

Answer = bool | None


def holds(criterion: Criterion, answers: Mapping[str, Answer]) -> Answer:
    """Is the criterion's statement true?

    Where any of the parts in ``met_by`` is answered, were it with "not known", the parts decide; those that are not
    answered are not known. Otherwise it is the criterion's own answer, and not known without one.
    """
    if any(part in answers for alternative in criterion.met_by for part in alternative):
        return _any(_all(answers.get(part) for part in alternative) for alternative in criterion.met_by)
    return answers.get(criterion.id)


def _all(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return False if False in found else None if None in found else True


def _any(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return True if True in found else None if None in found else False
