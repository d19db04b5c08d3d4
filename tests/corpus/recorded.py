"""What the engine answered, as digests, and the file that they are kept in: one for each engine number.

A digest is of the whole answer: the decision with its reasons, the row's columns, the chart's text. The protocol's own
digest is left out of it, so that a reworded title changes nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from msgspec import json as encoded
from msgspec.structs import astuple

from tests.engine.case import Case
from workflow.engine import stored
from workflow.engine.answer import Answer
from workflow.engine.numbers import ENGINE

HERE = Path(__file__).parent
PATH = HERE / f"engine-{ENGINE}.json"
ROW = 8  # digests in a line of the file

Digests = dict[tuple[str, str], dict[str, str]]  # by protocol and subject, by the name of the case


class Recorder:
    """Takes cases one by one; a case is named by what is told of it."""

    def __init__(self) -> None:
        self.digests: Digests = {}
        self.protocol = ""
        self.subject = ""

    def about(self, protocol: str, subject: str) -> None:
        self.protocol, self.subject = protocol, subject
        self.digests.setdefault((protocol, subject), {})

    def ask(self, name: object, case: Case, what: Any, on: Any, **more: Any) -> None:
        said = " ".join(f"{word}={value}" for word, value in more.items())
        self.keep(f"{name} {on} {said}".strip(), case, case.answer(what, on, **more))

    def keep(self, name: str, case: Case, answer: Answer) -> None:
        kept = self.digests[self.protocol, self.subject]
        assert name not in kept, f"two cases of {self.protocol}, {self.subject} are named {name!r}"
        kept[name] = digest(answer, case.definition.digest)


def digest(answer: Answer, protocol: str) -> str:
    chart = stored.dumps(answer.chart).replace(protocol, "") if answer.chart is not None else None
    return short(encoded.encode((astuple(answer.decision), answer.columns, chart)))


def short(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]


# ── the file ───────────────────────────────────────────────────────────────────────────────────────────────────────


def text(digests: Digests) -> str:
    """For each protocol and subject how many cases there are, what they are, and the answers in their order."""
    found: dict[str, dict[str, dict[str, object]]] = {}
    for (protocol, subject), answers in digests.items():
        values = list(answers.values())
        rows = [" ".join(values[start : start + ROW]) for start in range(0, len(values), ROW)]
        found.setdefault(protocol, {})[subject] = {
            "cases": len(values),
            "names": short("\n".join(answers).encode()),
            "answers": rows,
        }
    return json.dumps({"engine": ENGINE, "protocols": found}, indent=1) + "\n"


def differences(digests: Digests, kept: str) -> Iterator[str]:
    """What is otherwise than in the file: each case whose answer changed, each subject whose cases did."""
    read = json.loads(kept)["protocols"]
    then = {(protocol, subject): said for protocol, subjects in read.items() for subject, said in subjects.items()}
    for place in sorted({*then, *digests}):
        where = ", ".join(place)
        if place not in then or place not in digests:
            yield f"{where}: its cases are {'gone' if place not in digests else 'new'}"
            continue
        answers, said = digests[place], then[place]
        if said["names"] != short("\n".join(answers).encode()):
            yield f"{where}: its cases are others"
            continue
        before = " ".join(said["answers"]).split()
        for (name, now), once in zip(answers.items(), before, strict=True):
            if now != once:
                yield f"{where}: {name}"
