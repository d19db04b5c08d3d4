"""A response assessment: one of the protocol's categories."""

from __future__ import annotations

from workflow.engine.course import Definition
from workflow.engine.facts.check import one_of
from workflow.engine.facts.fact import Fact, Telling, When

MRD = ("negative", "positive")  # measurable residual disease


class Response(Fact, frozen=True, array_like=True, forbid_unknown_fields=True):
    """``response`` is the key of a category, ``mrd`` one of ``MRD`` or not said."""

    KIND = "response"
    TITLE = "response"

    response: str
    mrd: str | None = None

    def words(self, definition: Definition) -> str:
        return self.response if self.mrd is None else f"{self.response}; MRD {self.mrd}"


def response(definition: Definition, when: When, key: str, mrd: str | None) -> Response:
    known = [response.key for response in definition.protocol.responses]
    exact = {k.lower(): k for k in known}.get(key.lower(), key)
    one_of(exact, known, "response")
    return Response(*when, exact, one_of(mrd, MRD, "MRD result") if mrd is not None else None)


def telling(key: str, mrd: str | None = None) -> Telling:
    told = {"response": key, "mrd": mrd}
    return Telling(Response.KIND, told, lambda definition, _, when: response(definition, when, key, mrd))
