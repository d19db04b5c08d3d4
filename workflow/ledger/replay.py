"""Verification: what each entry's bytes, columns, link and decision must be, and what is found otherwise. No SQL.

Tampering and difference are two things. A *finding* says that the log is not what was written: bytes that do not hash
to their hash, columns that say something else than the bytes, a broken link, a row that is not the fold of its
entries. A *difference* says that today's engine would decide a past case otherwise: the log is sound, the software has
changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, Self

from workflow.engine import chart as charts
from workflow.engine.answer import decide, decide_enrolment
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.decision import Decision, Proposal
from workflow.errors import VerificationFailed
from workflow.ledger.entry import (
    ENROLMENT,
    PATIENT_PREFIX,
    PERSON_ADDED,
    PERSON_DEACTIVATED,
    PROTOCOL_INSTALLED,
    Texts,
    commitment,
)

# The columns of an entry before its bytes and hash, in the order that `expected_columns` gives them.
COLUMNS = (
    "chain",
    "seq",
    "kind",
    "trigger",
    "outcome",
    "from_state",
    "to_state",
    "occurred_on",
    "recorded_at",
    "actor",
    "role",
    "code",
    "request_id",
)


_decode = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Finding:
    """The log is not what was written. ``seq`` is None where it is about a chain or a table as a whole."""

    chain: str
    seq: int | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A past decision that this software would take otherwise; ``software`` is the version that took it."""

    chain: str
    seq: int
    software: str
    then: str
    now: str


@dataclass(slots=True)
class Report:
    """What verification found. ``undecided`` entries could not be decided again: this software lacks their protocol."""

    entries: int = 0
    chains: int = 0
    decided: int = 0
    undecided: int = 0
    findings: list[Finding] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.findings

    def or_raise(self) -> Self:
        """The report itself, or ``VerificationFailed`` with the first finding and how many there are."""
        if self.findings:
            first = self.findings[0]
            raise VerificationFailed(f"{len(self.findings)} findings, the first in {first.chain}: {first.message}")
        return self

    def absorb(self, other: Report) -> None:
        self.entries += other.entries
        self.chains += other.chains
        self.decided += other.decided
        self.undecided += other.undecided
        self.findings += other.findings
        self.differences += other.differences


def expected_columns(body: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the columns of an entry must say, by its bytes."""
    actor, request = body["actor"], body["request"]
    return (
        body["chain"],
        body["seq"],
        body["kind"],
        body["trigger"],
        body["outcome"],
        body["from"],
        body["to"],
        body["on"],
        body["at"],
        actor["id"],
        actor["role"],
        body["code"],
        request["id"] if request is not None else None,
    )


class ChainCheck:
    """One chain, entry by entry in the order of ``seq``; subclasses replay what the chain is about."""

    def __init__(self, chain: str, report: Report) -> None:
        self.chain = chain
        self.report = report
        self.last = 0
        self.head: bytes | None = None
        self.intact = True  # so far: what rests on broken entries is not judged

    def find(self, seq: int | None, code: str, message: str) -> None:
        self.intact = False
        self.report.findings.append(Finding(self.chain, seq, code, message))

    def take(self, columns: Sequence[Any], data: bytes, digest: bytes, texts: Texts) -> None:
        """Check the next entry as it is stored."""
        seq = columns[1]
        self.report.entries += 1
        if seq != self.last + 1:
            gone = f"{self.last + 1}" if seq == self.last + 2 else f"{self.last + 1} to {seq - 1}"
            self.find(seq, "missing", f"entry {gone} is missing before entry {seq}")
        if sha256(b"\x00" + data).digest() != digest:
            self.find(seq, "hash", f"the bytes of entry {seq} do not hash to its hash")
        try:
            text = data.decode()
            body, end = _decode(text)
            if end != len(text):
                raise ValueError("something follows the object")
            expected = expected_columns(body)
            prev, commitments = body["prev"], body["texts"]
            if not isinstance(commitments, dict):
                raise TypeError("the commitments are no object")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            self.find(seq, "bytes", f"the bytes of entry {seq} are no entry: {type(error).__name__}")
            self.last, self.head = seq, digest
            return
        if expected != tuple(columns):
            self._name_columns(seq, columns, expected)
        if prev != (self.head.hex() if self.head is not None else None) and seq == self.last + 1:
            self.find(seq, "link", f"entry {seq} does not follow from entry {self.last}: one of them was altered")
        if texts or commitments:
            self._check_texts(seq, commitments, texts)
        if self.intact:
            try:
                self.replay(seq, body)
            except Exception as error:  # noqa: BLE001 - whatever a forged body breaks is a finding, not a crash
                self.find(
                    seq, "replay", f"entry {seq} cannot follow what was before it: {type(error).__name__} {error}"
                )
        self.last, self.head = seq, digest

    def _name_columns(self, seq: int, columns: Sequence[Any], expected: tuple[Any, ...]) -> None:
        for name, there, said in zip(COLUMNS, columns, expected, strict=True):
            if there != said:
                self.find(seq, "column", f"entry {seq}: column {name} says {there!r}, its bytes say {said!r}")

    def _check_texts(self, seq: int, commitments: Mapping[str, str], texts: Texts) -> None:
        for name, committed in commitments.items():
            if name not in texts:
                self.find(seq, "text", f"the {name} of entry {seq} is missing")
            elif commitment(*texts[name]) != committed:
                self.find(seq, "text", f"the {name} of entry {seq} was altered")
        for name in texts:
            if name not in commitments:
                self.find(seq, "text", f"entry {seq} was recorded without a {name}, and now has one")

    def replay(self, seq: int, body: dict[str, Any]) -> None:
        """Follow what the entry says happened."""

    def finish(self, row: Mapping[str, Any] | None) -> None:
        """Compare the chain's end with the row that caches it."""
        self.report.chains += 1
        if row is None:
            self.find(None, "row", f"{self.chain} has entries, but no row")
            return
        if row["seq"] != self.last:
            what = "entries at its end are missing" if row["seq"] > self.last else "entries were added at its end"
            self.find(None, "head", f"the last entry is {self.last}, its row says {row['seq']}: {what}")
        elif row["head"] != self.head:
            self.find(self.last, "head", f"the hash of entry {self.last} is not the one its row names")
        if self.intact:
            self.compare(row)

    def compare(self, row: Mapping[str, Any]) -> None:
        """Compare what was replayed with the row."""


class PatientCheck(ChainCheck):
    """A patient's chain: every decision taken again, every allowed entry folded, the row compared with the fold."""

    def __init__(
        self,
        chain: str,
        report: Report,
        definition_of: Callable[[str, str], Definition | None],
        cached: Callable[[Definition, Chart], dict[str, Any]],
    ) -> None:
        super().__init__(chain, report)
        self._definition_of = definition_of
        self._cached = cached
        self._definition: Definition | None = None
        self._chart: Chart | None = None
        self._enrolled_on = ""

    def replay(self, seq: int, body: dict[str, Any]) -> None:
        said = body["protocol"]
        if seq == 1:
            self._definition = self._definition_of(said["version"], said["digest"])
            self._enrolled_on = body["on"]
        definition = self._definition
        if definition is None:
            self.report.undecided += 1
            return
        if said["version"] != definition.version or said["digest"] != definition.digest:
            self.find(seq, "protocol", f"entry {seq} names another protocol than the patient is under")
            return
        proposal = proposal_of(body)
        if seq == 1:
            if body["kind"] != ENROLMENT:
                raise ValueError("the first entry is no enrolment")
            decision = decide_enrolment(definition, proposal, body["data"]["arm"])
            self._chart = charts.enrolled(definition, body["data"]["arm"], proposal.on)
        else:
            chart = self._chart
            if chart is None:
                raise ValueError("there is no enrolment before it")
            decision = decide(definition, chart, proposal)
            if body["outcome"] != "refused":
                charts.apply(
                    definition,
                    chart,
                    seq=seq,
                    action=proposal.action,
                    on=proposal.on,
                    target=body["to"],
                    code=body["code"],
                    data=body["data"],
                )
        self.report.decided += 1
        compare_decisions(self.report, self.chain, seq, body, decision)

    def compare(self, row: Mapping[str, Any]) -> None:
        definition, chart = self._definition, self._chart
        if definition is None or chart is None:
            return
        folded = {
            "version": definition.version,
            "arm": chart.arm,
            "enrolled_on": self._enrolled_on,
            **self._cached(definition, chart),
        }
        for name, value in folded.items():
            if row[name] == value:
                continue
            if name == "chart":
                where = _differing(row[name], value)
                self.find(None, "row", f"the row's chart is not what its entries say: {where}")
            else:
                self.find(None, "row", f"the row says {name} {row[name]!r}, its entries say {value!r}")


def _differing(there: str, said: str) -> str:
    """The parts in which two charts differ."""
    try:
        one, other = json.loads(there), json.loads(said)
        keys = [key for key in {**other, **one} if one.get(key) != other.get(key)]
    except (ValueError, AttributeError, TypeError):
        return "it is no chart"
    return ", ".join(keys) or "its form"


def proposal_of(body: Mapping[str, Any]) -> Proposal:
    """What was asked, as the engine was asked it."""
    return Proposal(
        body["trigger"] or body["kind"],
        date.fromisoformat(body["on"]),
        date.fromisoformat(body["today"]),
        body["actor"]["role"],
        body["data"],
        body["code"],
        "reason" in body["texts"],
        body["override"],
    )


def compare_decisions(report: Report, chain: str, seq: int, body: Mapping[str, Any], decision: Decision) -> None:
    if (
        decision.outcome == body["outcome"]
        and decision.target == body["to"]
        and decision.delay == body["delay"]
        and (not (decision.reasons or body["reasons"]) or _codes(decision) == [r["code"] for r in body["reasons"]])
    ):
        return
    then = _told(body["outcome"], body["to"], [reason["code"] for reason in body["reasons"]])
    report.differences.append(
        Difference(chain, seq, body["software"], then, _told(decision.outcome, decision.target, _codes(decision)))
    )


def _codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def _told(outcome: str, target: str | None, codes: Sequence[str]) -> str:
    where = f" to {target}" if target is not None else ""
    why = f" ({', '.join(codes)})" if codes else ""
    return f"{outcome}{where}{why}"


class TrialCheck(ChainCheck):
    """The trial's own chain: which protocol versions were installed; refused enrolments are decided again."""

    def __init__(self, chain: str, report: Report, definition_of: Callable[[str, str], Definition | None]) -> None:
        super().__init__(chain, report)
        self._definition_of = definition_of
        self.installed: dict[str, dict[str, str]] = {}

    def replay(self, seq: int, body: dict[str, Any]) -> None:
        if body["kind"] == PROTOCOL_INSTALLED:
            self.installed[body["protocol"]["version"]] = {**body["protocol"], "installed_at": body["at"]}
        elif body["kind"] == ENROLMENT:
            definition = self._definition_of(body["protocol"]["version"], body["protocol"]["digest"])
            if definition is None:
                self.report.undecided += 1
                return
            self.report.decided += 1
            decision = decide_enrolment(definition, proposal_of(body), body["data"]["arm"])
            compare_decisions(self.report, self.chain, seq, body, decision)


class PeopleCheck(ChainCheck):
    """The chain of people: who took part in which role; the table of people is its fold."""

    def __init__(self, chain: str, report: Report) -> None:
        super().__init__(chain, report)
        self.people: dict[str, dict[str, Any]] = {}

    def replay(self, seq: int, body: dict[str, Any]) -> None:
        data = body["data"]
        if body["outcome"] == "refused":
            return
        if body["kind"] in (PERSON_ADDED, PERSON_DEACTIVATED):
            active = int(body["kind"] == PERSON_ADDED)
            self.people[data["id"]] = {"role": data["role"], "login": data["login"], "active": active}


def is_patient(chain: str) -> bool:
    return chain.startswith(PATIENT_PREFIX)
