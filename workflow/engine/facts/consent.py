"""Written informed consent, to a version of the protocol."""

from __future__ import annotations

import re

from workflow.engine.course import Definition
from workflow.engine.facts.check import shown
from workflow.engine.facts.fact import Fact, Telling, When
from workflow.errors import InvalidInput

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)


class Consent(Fact, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Signed on its day; ``version`` is the protocol's that was consented to."""

    KIND = "consent"
    TITLE = "consent"

    version: str

    def words(self, definition: Definition) -> str:
        return f"to version {self.version}"


def consent(definition: Definition, when: When, version: str | None) -> Consent:
    """The version consented to (default: the patient's) may be one that is not installed; it is no free text."""
    if version is not None and not _VERSION.fullmatch(version):
        raise InvalidInput(f"not a protocol version: {shown(version)}", hint=f"for example {definition.version}")
    return Consent(*when, version if version is not None else definition.version)


def telling(version: str | None = None) -> Telling:
    return Telling(Consent.KIND, {"version": version}, lambda definition, _, when: consent(definition, when, version))
