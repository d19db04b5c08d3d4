"""P060-P065: what a protocol declares for itself (roles, deviations, the parts of criteria) and what its names mean."""

from __future__ import annotations

from collections.abc import Iterator

from workflow.protocol.lint.finding import check
from workflow.protocol.lint.references import ACTIONS, triggers
from workflow.protocol.lint.subject import Subject
from workflow.protocol.model import Criterion, CriterionKind, DeviationKind, Permission, Role
from workflow.protocol.words import RESERVED_ROLES

HOLD = "hold"  # the fact whose codes are the protocol's


@check("P060", "undeclared-role", "A permission names a role that the protocol does not declare.")
def undeclared_role(subject: Subject) -> Iterator[tuple[str, str]]:
    known = {role.key for role in subject.protocol.roles}
    for where, permission in subject.each(Permission):
        for role in permission.roles:
            if role not in known:
                yield where, f"there is no role {role!r}"


@check("P061", "reserved-role", "A role is declared under a name that is the program's own.")
def reserved_role(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, role in subject.each(Role):
        if role.key in RESERVED_ROLES:
            yield where, "is the program's own, and may do what the program says"


@check("P062", "reason-in-two-kinds", "A reason for a refusal makes two kinds of deviation.")
def reason_in_two_kinds(subject: Subject) -> Iterator[tuple[str, str]]:
    first: dict[str, str] = {}
    for where, kind in subject.each(DeviationKind):
        for reason in kind.reasons:
            if reason in first:
                yield where, f"{reason!r} makes {first[reason]} already"
            else:
                first[reason] = kind.key


@check(
    "P063",
    "not-a-part",
    "A criterion is met by what is no part of it, by a part that is made of parts itself, or by nothing.",
)
def not_a_part(subject: Subject) -> Iterator[tuple[str, str]]:
    known = {criterion.id: criterion for criterion in subject.protocol.criteria}
    for where, criterion in subject.each(Criterion):
        for alternative in criterion.met_by:
            if not alternative:
                yield where, "an alternative asks for no part, so it always holds"
            for id in alternative:
                part = known.get(id)
                if part is None or part.kind is not CriterionKind.PART or part.parent != criterion.id:
                    yield where, f"{id!r} is no part of it"
                elif part.met_by:
                    yield where, f"{id!r} is made of parts itself, and is asked for as one answer"


@check("P064", "trigger-named-as-another", "A trigger is named as a fact is, or as another action.")
def trigger_named_as_another(subject: Subject) -> Iterator[tuple[str, str]]:
    for trigger in triggers(subject):
        if trigger in subject.facts:
            yield "", f"{trigger} is a kind of fact, so nobody could tell the two apart"
        elif trigger in ACTIONS:
            yield "", f"{trigger} is an action of the program's own"


@check("P065", "hold-without-codes", "A hold may be asked for, and there are no coded reasons to choose from.")
def hold_without_codes(subject: Subject) -> Iterator[tuple[str, str]]:
    for where, permission in subject.each(Permission):
        if permission.action == HOLD and permission.roles and not subject.protocol.hold_codes:
            yield where, "a hold gives a code, and there is none"
