"""What a finding is, and the register of all checks by number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workflow.protocol.lint.subject import Subject

Look = Callable[[Subject], Iterator[tuple[str, str]]]  # yields where it is and what is wrong


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a protocol."""

    code: str  # "P001"
    slug: str  # "unreachable-state"
    where: str  # "arm A/consolidation/cycle 2/alpha"
    message: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that can be wrong with a protocol."""

    code: str
    slug: str
    meaning: str
    look: Look

    def findings(self, subject: Subject) -> Iterator[Finding]:
        """What the check finds; where the protocol is too broken for it, a P000 that says so."""
        try:
            for where, message in self.look(subject):
                yield Finding(self.code, self.slug, where, message)
        except Exception as error:  # noqa: BLE001 - a check reads whatever it is given, and must not end the others
            yield Finding(NOT_ANALYSED, CHECKS[NOT_ANALYSED].slug, "", f"{self.slug} not checked: {error!r}")


CHECKS: dict[str, Check] = {}


def check(code: str, slug: str, meaning: str) -> Callable[[Look], Look]:
    """Registers a check under its number."""

    def register(look: Look) -> Look:
        if code in CHECKS:
            raise ValueError(f"{code} is taken by {CHECKS[code].slug}")
        CHECKS[code] = Check(code, slug, meaning, look)
        return look

    return register


NOT_ANALYSED = "P000"


@check(
    NOT_ANALYSED,
    "not-analysed",
    "The protocol is too broken to be read, or a check could not be carried out.",
)
def not_analysed(subject: Subject) -> Iterator[tuple[str, str]]:
    for arm, error in subject.untabled:
        yield f"arm {arm.key}", f"no transition table can be made of it: {error}"
