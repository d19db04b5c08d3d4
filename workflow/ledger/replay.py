"""Verification: what each entry's bytes, columns, link and decision must be, and what is found otherwise. No SQL.

Three things are told apart. A *finding* says that the log is not what was written: bytes that do not hash to their
hash, columns that say something else than the bytes, a broken link, a decision that the same engine takes otherwise, a
row that is not the fold of its entries. A *difference* says that another engine would decide a past case otherwise: the
log is sound, the software has changed. A *stale* row was written by another fold, and waits to be folded anew.

An entry of a kind or format that this software does not know is *not understood*: nothing that follows on its chain is
judged, and the log is not verified.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any, Self

from msgspec import MsgspecError, Struct
from msgspec.json import decode as decode_json

from workflow import canonical
from workflow.engine import stored
from workflow.engine.answer import Columns, answer, row_columns
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.decision import Decision, Outcome
from workflow.engine.facts.check import shown
from workflow.engine.numbers import ENGINE, FOLD, rank, released
from workflow.errors import DamagedRow, VerificationFailed
from workflow.ledger import entry as entries
from workflow.ledger.entry import (
    COLUMNS,
    CONTENT_INSTALLED,
    ENROLMENT,
    PATIENT_PREFIX,
    PERSON_ADDED,
    PERSON_DEACTIVATED,
    SOFTWARE_CHANGED,
    TRIAL_OPENED,
    VOID,
    Body,
    NotUnderstood,
    PersonChanged,
    Seen,
    SoftwareChanged,
    Texts,
    Voided,
    commitment,
    payload,
)
from workflow.ledger.fold import folded, proposal_of

DefinitionOf = Callable[[str], Definition | None]  # by digest


@dataclass(frozen=True, slots=True)
class Finding:
    """The log is not what was written. ``seq`` is None where it is about a chain or a table as a whole."""

    chain: str
    seq: int | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A past decision that this software would take otherwise; ``software`` and ``engine`` are those that took it."""

    chain: str
    seq: int
    software: str
    engine: str
    then: str
    now: str


@dataclass(slots=True)
class Report:
    """What verification found.

    ``undecided`` entries could not be decided again: their protocol cannot be had. ``not_understood`` are of a kind or
    format that this software does not know, and with them what follows on their chains. ``stale`` rows were written by
    another fold.
    """

    entries: int = 0
    chains: int = 0
    decided: int = 0
    undecided: int = 0
    not_understood: int = 0
    stale: int = 0
    findings: list[Finding] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Nothing was found, and everything was understood."""
        return not self.findings and not self.not_understood

    def or_raise(self) -> Self:
        """The report itself, or ``VerificationFailed`` with the first finding and how many there are."""
        if self.findings:
            first = self.findings[0]
            raise VerificationFailed(f"{len(self.findings)} findings, the first in {first.chain}: {first.message}")
        if self.not_understood:
            raise VerificationFailed(
                f"not verified: {self.not_understood} entries are not understood", hint="newer software wrote them"
            )
        return self

    def absorb(self, other: Report) -> None:
        self.entries += other.entries
        self.chains += other.chains
        self.decided += other.decided
        self.undecided += other.undecided
        self.not_understood += other.not_understood
        self.stale += other.stale
        self.findings += other.findings
        self.differences += other.differences


# ── which formats and numbers were in use ──────────────────────────────────────────────────────────────────────────


class InUse:
    """What the trial's chain says was in use: numbers, and protocols. What was never in use is nobody's."""

    def __init__(self, changes: Sequence[SoftwareChanged | None] = (), installed: frozenset[str] | None = None) -> None:
        """``changes`` are the numbers in order; None is one that cannot be read.

        ``installed`` are the digests of protocols; None where the chain cannot say.
        """
        self._changes = changes
        self._installed = installed
        self._answers: dict[tuple[int, int, str, str], str | None] = {}

    @property
    def _known(self) -> Sequence[SoftwareChanged]:
        """Every change; none where newer software was here, for what that wrote is its own to say."""
        known = [change for change in self._changes if change is not None]
        return known if len(known) == len(self._changes) else ()

    def refuses_protocol(self, digest: str) -> bool:
        """Whether no protocol of this digest was ever installed."""
        return self._installed is not None and digest not in self._installed

    def refuses_fold(self, fold: int) -> bool:
        """Whether no row can have been written by this fold."""
        return bool(self._known) and fold not in {change.fold for change in self._known}

    def refuses(self, said: Body | entries.Envelope) -> str | None:
        """Why an entry of these numbers cannot have been written, if so."""
        key = (said.v, said.kv, said.kind, said.engine)
        if key not in self._answers:
            self._answers[key] = self._refuses(said)
        return self._answers[key]

    def _refuses(self, said: Body | entries.Envelope) -> str | None:
        known = self._known
        if not known:
            return None
        if all(said.v > change.format for change in known):
            return f"format {said.v} was never in use"
        if all(said.kv > change.kinds.get(said.kind, 0) for change in known):
            return f"kind {shown(said.kind)}, version {said.kv}, was never in use"
        if said.engine not in {change.engine for change in known}:
            return f"engine {shown(said.engine)} was never in use"
        return None


# ── a chain ────────────────────────────────────────────────────────────────────────────────────────────────────────


class ChainCheck:
    """One chain, entry by entry in the order of ``seq``; subclasses replay what the chain is about."""

    def __init__(self, chain: str, report: Report, in_use: InUse) -> None:
        self.chain = chain
        self.report = report
        self.in_use = in_use
        self.last = 0
        self.head: bytes | None = None
        self.intact = True  # so far: what rests on broken entries is not judged
        self.understood = True  # so far
        self.engine = (0, False)
        self.seen: dict[str, Seen] = {}

    def find(self, seq: int | None, code: str, message: str) -> None:
        self.intact = False
        self.report.findings.append(Finding(self.chain, seq, code, message))

    def take(self, columns: Sequence[Any], data: bytes, digest: bytes, texts: Texts) -> Body | None:
        """Check the next entry as it is stored; its body, if it is an entry that this software understands."""
        seq = columns[1]
        self.report.entries += 1
        if seq != self.last + 1:
            gone = f"{self.last + 1}" if seq == self.last + 2 else f"{self.last + 1} to {seq - 1}"
            self.find(seq, "missing", f"entry {gone} is missing before entry {seq}")
        if sha256(b"\x00" + data).digest() != digest:
            self.find(seq, "hash", f"the bytes of entry {seq} do not hash to its hash")
        body = None
        try:
            body = entries.decode(data)
        except NotUnderstood:
            self._not_understood(seq, data)
        except ValueError as error:
            self.find(seq, "bytes", f"the bytes of entry {seq} are no entry: {str(error)[:120]}")
        else:
            self._understood(seq, body, columns, data, texts)
        self.last, self.head = seq, digest
        return body

    def _not_understood(self, seq: int, data: bytes) -> None:
        envelope = entries.envelope_of(data)
        wrong = self.in_use.refuses(envelope) if envelope is not None else None
        if wrong is not None:
            self.find(seq, "never-in-use", f"entry {seq}: {wrong}")
        elif not canonical.is_canonical(data):
            self.find(seq, "bytes", f"the bytes of entry {seq} are not canonical")
        self.understood = False
        self.report.not_understood += 1
        try:
            link = decode_json(data)
        except (MsgspecError, ValueError, RecursionError):
            self.find(seq, "bytes", f"the bytes of entry {seq} are no entry")
            return
        self._link(seq, link.get("prev") if isinstance(link, dict) else None)

    def _understood(self, seq: int, body: Body, columns: Sequence[Any], data: bytes, texts: Texts) -> None:
        try:
            if not entries.is_as_written(body, data):
                self.find(seq, "bytes", f"the bytes of entry {seq} are not canonical")
        except ValueError as error:
            self.find(seq, "bytes", f"the bytes of entry {seq} are no {body.kind}: {str(error)[:120]}")
        expected = entries.columns_of(body)
        if expected != tuple(columns):
            self._name_columns(seq, columns, expected)
        self._link(seq, body.prev)
        if texts or body.texts:
            self._check_texts(seq, body.texts, texts)
        for name, seen in body.seen.items():
            self._check_seen(seq, name, seen)
        wrong = self.in_use.refuses(body)
        if wrong is not None:
            self.find(seq, "never-in-use", f"entry {seq}: {wrong}")
        elif body.protocol is not None and self.in_use.refuses_protocol(body.protocol.digest):
            self.find(seq, "never-in-use", f"entry {seq} names a protocol that was never installed")
        if not self.understood:
            self.report.not_understood += 1
        elif self.intact:
            try:
                self._engine(seq, body)
                self.replay(seq, body)
            except Exception as error:  # noqa: BLE001 - whatever a forged body breaks is a finding, not a crash
                said = f"{type(error).__name__} {error}"[:200]
                self.find(seq, "replay", f"entry {seq} cannot follow what was before it: {said}")

    def _engine(self, seq: int, body: Body) -> None:
        engine = rank(body.engine)
        if engine < self.engine:
            self.find(seq, "engine", f"entry {seq} was decided by an older engine than the entry before it")
        self.engine = max(engine, self.engine)

    def _link(self, seq: int, prev: str | None) -> None:
        if prev != (self.head.hex() if self.head is not None else None) and seq == self.last + 1:
            self.find(seq, "link", f"entry {seq} does not follow from entry {self.last}: one of them was altered")

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

    def _check_seen(self, seq: int, name: str, seen: Seen) -> None:
        """What was read of another chain is never behind what an earlier entry had read of it."""
        before = self.seen.get(name)
        if before is not None and seen.seq < before.seq:
            self.find(seq, "seen", f"entry {seq} saw entry {seen.seq} of {name}, after {before.seq} had been seen")
        elif before is not None and seen.seq == before.seq and seen.hash != before.hash:
            self.find(seq, "seen", f"entry {seq} saw another entry {seen.seq} of {name} than the one before it")
        else:
            self.seen[name] = seen

    def replay(self, seq: int, body: Body) -> None:
        """Follow what the entry says happened."""
        raise ValueError("there is no chain of this name")

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
        if self.intact and self.understood:
            self.compare(row)

    def compare(self, row: Mapping[str, Any]) -> None:
        """Compare what was replayed with the row."""


class PatientCheck(ChainCheck):
    """A patient's chain: every decision taken again, every allowed entry folded, the row compared with the fold."""

    def __init__(self, chain: str, report: Report, in_use: InUse, definition_of: DefinitionOf) -> None:
        super().__init__(chain, report, in_use)
        self._definition_of = definition_of
        self._chart: Chart | None = None
        self._decided = True  # so far: the protocol of every entry could be had
        self._patient = ""
        self._hashes: dict[int, bytes] = {}

    def replay(self, seq: int, body: Body) -> None:
        if self.head is not None:
            self._hashes[self.last] = self.head
        proposal = proposal_of(body)
        if body.kind == VOID:
            self._voids(seq, body)
        said = body.protocol
        if said is None:
            raise ValueError("it names no protocol")
        if seq == 1:
            if body.kind != ENROLMENT:
                raise ValueError("the first entry is no enrolment")
            self._patient = proposal.what.patient  # type: ignore[union-attr]
            if entries.chain_of(self._patient) != self.chain:
                raise ValueError("it enrols another patient than the one whose chain it is in")
        definition = self._definition_of(said.digest)
        if definition is None:
            self._decided = False
            self.report.undecided += 1
        else:
            if entries.named(definition) != said:
                self.find(seq, "protocol", f"entry {seq} names a protocol that its digest does not have")
                return
            if self._chart is not None and self._chart.digest_on(body.on) != said.digest:
                self.find(seq, "protocol", f"entry {seq} names another protocol than the patient is under")
                return
            found = answer(self._require, self._chart, proposal)
            self.report.decided += 1
            compare_decisions(self, seq, body, found.decision)
            if (found.decision.outcome, found.decision.target) == (body.outcome, body.target):
                self._chart = found.chart  # which is what folding the entry would make
                return
        self._chart = folded(self._chart, body, proposal)

    def _voids(self, seq: int, body: Body) -> None:
        found = payload(body)
        assert isinstance(found, Voided)
        if body.outcome != Outcome.REFUSED and self._hashes.get(found.seq, b"").hex() != found.hash:
            raise ValueError(f"it takes back entry {found.seq} under another hash")

    def _require(self, digest: str) -> Definition:
        definition = self._definition_of(digest)
        if definition is None:
            raise ValueError(f"no protocol of digest {digest[:12]} can be had")
        return definition

    def compare(self, row: Mapping[str, Any]) -> None:
        chart = self._chart
        if chart is None:
            return
        said: dict[str, Any] = {
            "id": self._patient,
            "id_key": entries.id_key(self._patient),
            "arm": chart.arm,
            "digest": chart.under[-1].digest,
            "enrolled_on": chart.enrolled_on.isoformat(),
        }
        if self._decided:
            said |= _texts_of(row_columns(self._require, chart))
        if self.in_use.refuses_fold(row["fold"]):
            self.find(None, "never-in-use", f"the row says fold {row['fold']}, which was never in use")
            return
        stale = row["fold"] < FOLD
        for name, value in said.items():
            if row[name] != value and not (stale and name in Columns._fields):
                self.find(None, "row", f"the row says {name} {row[name]!r}, its entries say {value!r}")
        if stale:
            self.report.stale += 1
        elif row["fold"] > FOLD:
            self.report.not_understood += 1
        else:
            self._compare_charts(row["chart"], chart)

    def _compare_charts(self, text: str, chart: Chart) -> None:
        """A chart that says the same in other words was written by another form of this fold: stale, not altered."""
        if text == stored.dumps(chart):
            return
        try:
            differing = stored.loads(text).differs_in(chart)
        except DamagedRow:
            self.find(None, "row", "the row's chart is no chart")
            return
        if not differing:
            self.report.stale += 1
            return
        self.find(None, "row", f"the row's chart is not what its entries say: {', '.join(differing)}")


def _texts_of(columns: Columns) -> dict[str, str | None]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in columns._asdict().items()}


def compare_decisions(check: ChainCheck, seq: int, body: Body, decision: Decision) -> None:
    """A decision that comes out otherwise is tampering where the same released engine took it, else a difference."""
    same = (
        decision.outcome == body.outcome
        and decision.target == body.target
        and decision.source == body.source
        and decision.delay == body.delay
        and decision.reasons == body.reasons
        and decision.deviations == body.deviations
    )
    if same:
        return
    then = _in_short(body.outcome, body.target, [reason.code for reason in body.reasons])
    now = _in_short(decision.outcome, decision.target, [reason.code for reason in decision.reasons])
    if now == then:
        now += ", with other particulars"
    if body.engine == ENGINE and released(ENGINE):
        check.find(seq, "decision", f"entry {seq} was {then}; the same engine says {now}")
        return
    check.report.differences.append(Difference(check.chain, seq, body.software, body.engine, then, now))


def _in_short(outcome: str, target: str | None, codes: Sequence[str]) -> str:
    where = f" to {target}" if target is not None else ""
    why = f" ({', '.join(codes)})" if codes else ""
    return f"{outcome}{where}{why}"


# ── the chains that are no patient's ───────────────────────────────────────────────────────────────────────────────


def _require_place(seq: int, body: Body, first: str, later: Sequence[str]) -> None:
    """Raise unless an entry of this kind stands here: the chain begins with one of ``first``."""
    if (body.kind != first) if seq == 1 else (body.kind not in later):
        raise ValueError(f"{body.kind} has no place there")


class TrialCheck(ChainCheck):
    """The trial's own chain: what was installed, under which numbers; refused enrolments are decided again."""

    def __init__(self, chain: str, report: Report, in_use: InUse, definition_of: DefinitionOf) -> None:
        super().__init__(chain, report, in_use)
        self._definition_of = definition_of
        self.installed: dict[str, dict[str, Any]] = {}
        self._in_use: SoftwareChanged | None = None

    def replay(self, seq: int, body: Body) -> None:
        _require_place(seq, body, TRIAL_OPENED, (CONTENT_INSTALLED, SOFTWARE_CHANGED, ENROLMENT))
        if body.kind == SOFTWARE_CHANGED:
            self._numbers(payload(body))
        elif body.kind == CONTENT_INSTALLED and body.protocol is not None:
            said = body.protocol
            self.installed[said.digest] = {
                "trial": said.trial,
                "version": said.version,
                "edition": said.edition,
                "installed_at": body.at,
            }
        elif body.kind == ENROLMENT and body.protocol is not None:
            if body.outcome != Outcome.REFUSED:
                raise ValueError("an enrolment that was carried out opens a chain of its own")
            definition = self._definition_of(body.protocol.digest)
            if definition is None:
                self.report.undecided += 1
                return
            self.report.decided += 1
            decision = answer(lambda _: definition, None, proposal_of(body)._replace(entry=1)).decision
            compare_decisions(self, seq, body, decision)

    def _numbers(self, said: Struct) -> None:
        """What is in use never falls: older software does not write behind newer."""
        assert isinstance(said, SoftwareChanged)
        if self._in_use is not None and self._in_use.is_above(said):
            raise ValueError("older numbers come into use behind newer ones")
        self._in_use = said


class PeopleCheck(ChainCheck):
    """The chain of people: who took part in which roles; the table of people is its fold."""

    def __init__(self, chain: str, report: Report, in_use: InUse) -> None:
        super().__init__(chain, report, in_use)
        self.people: dict[tuple[str, str], dict[str, Any]] = {}

    def replay(self, seq: int, body: Body) -> None:
        _require_place(seq, body, PERSON_ADDED, (PERSON_ADDED, PERSON_DEACTIVATED))
        if body.outcome == Outcome.REFUSED:
            return
        said = payload(body)
        assert isinstance(said, PersonChanged)
        key = entries.id_key(said.id)
        before = self.people.get((key, said.role))
        place = before["place"] if before is not None else 1 + sum(id == key for id, _ in self.people)
        self.people[key, said.role] = {
            "id": said.id,
            "login": said.login,
            "active": int(body.kind == PERSON_ADDED),
            "place": place,
            "from_day": said.since.isoformat() if said.since is not None else None,
            "until_day": said.until.isoformat() if said.until is not None else None,
        }


class RequestCheck:
    """The ids of what was carried out: each entry's stands in its row, and each row leads to its entry."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.waiting: dict[tuple[str, int], str] = {}  # entries not compared yet: where, and the id

    def take(self, body: Body) -> None:
        """An entry that was read."""
        if _owns_request(body):
            assert body.request is not None
            self.waiting[body.chain, body.seq] = body.request.id

    def compare(self, rows: Mapping[str, tuple[str, int]]) -> None:
        """Hold the waiting entries to the rows of their ids."""
        for (chain, seq), id in self.waiting.items():
            there = rows.get(id)
            if there is None:
                self._find(chain, seq, f"the request id of entry {seq} has no row")
            elif there != (chain, seq):
                self._find(chain, seq, f"the request id of entry {seq} leads to entry {there[1]} of {there[0]}")
        self.waiting.clear()

    def row(self, chain: str, seq: int, id: str, data: bytes | None) -> None:
        """A row, and the bytes of the entry that it names, if there is one."""
        if data is None:
            self._find(chain, seq, f"there is a request id of entry {seq}, which does not exist")
            return
        try:
            body = entries.decode(data)
        except (NotUnderstood, ValueError):
            return  # it is counted, or found, where it is read
        if not _owns_request(body):
            self._find(chain, seq, f"entry {seq} was recorded without a request id, and now has one")
        elif body.request is None or body.request.id != id:
            self._find(chain, seq, f"there is another request id of entry {seq} than its own")

    def _find(self, chain: str, seq: int, message: str) -> None:
        self._report.findings.append(Finding(chain, seq, "request", message))


def _owns_request(body: Body) -> bool:
    return body.request is not None and body.outcome != Outcome.REFUSED


def in_use_by(trial_chain: Iterable[bytes]) -> InUse:
    """What the entries of the trial's chain, as bytes, say was in use."""
    changes: list[SoftwareChanged | None] = []
    installed: set[str] = set()
    understood = True
    for data in trial_chain:
        try:
            body = entries.decode(data)
            if body.kind == SOFTWARE_CHANGED:
                said = payload(body)
                assert isinstance(said, SoftwareChanged)
                changes.append(said)
            elif body.kind == CONTENT_INSTALLED and body.protocol is not None:
                installed.add(body.protocol.digest)
        except (NotUnderstood, ValueError):
            understood = False
            envelope = entries.envelope_of(data)
            if envelope is not None and envelope.kind == SOFTWARE_CHANGED:
                changes.append(None)
    return InUse(changes, frozenset(installed) if understood and installed else None)


def is_patient(chain: str) -> bool:
    return chain.startswith(PATIENT_PREFIX)
