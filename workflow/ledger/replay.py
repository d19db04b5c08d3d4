"""Verification of chains: what each entry's bytes, columns, link and decision must be. No store, no SQL.

A log is told part by part - whole chains, each with the row that caches its end - and judged against the people's and
the trial's chain (``ledger.ground``). Every entry is composed once more of what it asked and what the engine answers:
where the bytes are the same, every member of it is accounted for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any

from msgspec import MsgspecError, Struct
from msgspec.json import decode as decode_json
from msgspec.structs import replace

from workflow import canonical
from workflow.engine import stored
from workflow.engine.answer import Columns, answer, follows, row_columns
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.decision import Decision, Enrolment, Outcome, Proposal, Reason, Trigger, Void
from workflow.engine.facts.check import shown
from workflow.engine.numbers import ENGINE, FOLD, rank, released
from workflow.errors import DamagedRow
from workflow.ledger import anew, compose
from workflow.ledger import entry as entries
from workflow.ledger import zone as zones
from workflow.ledger.clock import is_behind
from workflow.ledger.compose import Circumstances
from workflow.ledger.entry import (
    COLUMNS,
    CONTENT_INSTALLED,
    ENROLMENT,
    PATIENT_PREFIX,
    PEOPLE_CHAIN,
    PERSON_ADDED,
    PERSON_DEACTIVATED,
    REDACTED,
    REMARKS,
    SALT,
    SETTING_CHANGED,
    SOFTWARE_CHANGED,
    TRIAL_CHAIN,
    TRIAL_OPENED,
    VOID,
    ZONE,
    Body,
    NotUnderstood,
    PersonChanged,
    ProtocolRef,
    Redacted,
    Seen,
    SettingChanged,
    SoftwareChanged,
    Stored,
    Texts,
    Voided,
    commitment,
    payload,
)
from workflow.ledger.fold import folded, proposal_of
from workflow.ledger.ground import Ground, Line
from workflow.ledger.people import BY_LOGIN, People, assurance_of, changed, forbids, person_of
from workflow.ledger.remarks import Remark, Remarks, named_by
from workflow.ledger.remarks import forbids as forbids_remark
from workflow.ledger.report import Difference, Gone, Report
from workflow.ledger.told import require_askable
from workflow.protocol.words import ADMINISTRATOR, AUDITOR

OPENING = 3  # the entry of the trial's chain in which the first zone is set, where it is set with the trial
DefinitionOf = Callable[[str], Definition | None]  # by digest
Row = Mapping[str, Any]  # that caches the end of a chain, by column


def is_patient(chain: object) -> bool:
    """Whether a chain is a patient's, by its name; whatever else stands there is none."""
    return isinstance(chain, str) and chain.startswith(PATIENT_PREFIX)


def judge(
    stored: Iterable[Stored],
    rows: Mapping[str, Row] | None,
    ground: Ground,
    definition_of: DefinitionOf,
    also: Callable[[Body], None] | None = None,
) -> Report:
    """Judge whole chains, told in the order of chain and number.

    ``rows`` are those of these chains and of no other; None where the log has none. ``also`` is shown every entry that
    is one.
    """
    report = Report()
    rest = dict(rows) if rows is not None else None
    check: ChainCheck | None = None
    for one in stored:
        if check is None or check.chain != one.chain:
            if check is not None:
                check.end(rest)
            check = _check_of(one.chain, report, ground, definition_of)
        body = check.take(one)
        if body is not None and also is not None:
            also(body)
    if check is not None:
        check.end(rest)
    for name in rest or ():
        report.find(name, None, "entries", f"{name} has a row, but no entries")
    return report


def _check_of(name: str, report: Report, ground: Ground, definition_of: DefinitionOf) -> ChainCheck:
    if is_patient(name):
        return PatientCheck(name, report, ground, definition_of)
    if name == TRIAL_CHAIN:
        return TrialCheck(name, report, ground, definition_of)
    if name == PEOPLE_CHAIN:
        return PeopleCheck(name, report, ground, definition_of)
    return ChainCheck(name, report, ground)


# ── a chain ────────────────────────────────────────────────────────────────────────────────────────────────────────


class ChainCheck:
    """One chain, entry by entry in the order of ``seq``; subclasses replay what the chain is about."""

    def __init__(self, chain: str, report: Report, ground: Ground) -> None:
        self.chain = chain
        self.report = report
        self.ground = ground
        self.last = 0
        self.head: bytes | None = None
        self.at = ""  # of the last entry
        self._latest = ""  # so far; where a clock was found to be wrong, of the entry that it was found by
        self.intact = True  # so far: what rests on broken entries is not judged
        self.understood = True  # so far
        self.engine = (0, False)
        self.seen: dict[str, Seen] = {}
        self._noted: set[tuple[str, str]] = set()
        self._texts: dict[tuple[int, str], bool] = {}  # of which entry, and whether it is there

    def find(self, seq: int | None, code: str, message: str) -> None:
        self.intact = False
        self.report.find(self.chain, seq, code, message)

    def note(self, seq: int, code: str, what: str) -> None:
        """A finding on which what follows does not rest; the same of one chain is said once."""
        if (code, what) not in self._noted:
            self._noted.add((code, what))
            self.report.find(self.chain, seq, code, f"entry {seq} {what}")

    def take(self, one: Stored) -> Body | None:
        """Check the next entry as it is stored; its body, if it is an entry that this software understands."""
        seq, data, digest = one.seq, one.data, one.hash
        self.report.entries += 1
        if type(seq) is not int or type(data) is not bytes or type(digest) is not bytes:
            self.find(None, "column", f"an entry of {self.chain} has values of other types than entries have: {seq!r}")
            return None
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
            self._understood(seq, body, one)
        self.last, self.head = seq, digest
        return body

    def _not_understood(self, seq: int, data: bytes) -> None:
        envelope = entries.envelope_of(data)
        wrong = self.ground.in_use.refuses(envelope) if envelope is not None else None
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

    def _understood(self, seq: int, body: Body, one: Stored) -> None:
        if one.columns is not None:
            expected = entries.columns_of(body)
            if expected != one.columns:
                self._name_columns(seq, one.columns, expected)
        elif (body.chain, body.seq) != (self.chain, seq):
            self.find(seq, "column", f"entry {seq} says it is entry {body.seq} of {shown(body.chain)}")
        self._link(seq, body.prev)
        if one.texts or body.texts:
            self._check_texts(seq, body.texts, one.texts)
        if body.kind == REDACTED and body.outcome != Outcome.REFUSED:
            self._redacts(seq, body)
        self._rests_on(seq, body)
        self.at = body.at
        self._engine(seq, body)
        if not self.understood or rank_or_none(body.engine) > rank(ENGINE):
            self.understood = False
            self.report.not_understood += 1
        elif self.intact:
            try:
                self.replay(seq, body, one.data)
                return
            except Exception as error:  # noqa: BLE001 - whatever a forged body breaks is a finding, not a crash
                said = f"{type(error).__name__} {error}"[:200]
                self.find(seq, "replay", f"entry {seq} cannot follow what was before it: {said}")
        self._check_form(seq, body, one.data)

    def _check_form(self, seq: int, body: Body, data: bytes) -> None:
        """The bytes of an entry that is not replayed: only whether they are written as entries are."""
        try:
            if not entries.is_as_written(body, data):
                self.find(seq, "bytes", f"the bytes of entry {seq} are not canonical")
        except ValueError as error:
            self.find(seq, "bytes", f"the bytes of entry {seq} are no {body.kind}: {str(error)[:120]}")

    def _rests_on(self, seq: int, body: Body) -> None:
        """What the entry saw, who acted, and the numbers it was written under, by the chains that say so."""
        wrongs = self.wrong_with(body)
        if body.at >= self._latest:
            self._latest = body.at
        elif is_behind(body.at, self._latest):  # as few are
            self._latest = body.at
            if "clock" not in {code for code, _ in wrongs}:
                wrongs = (*wrongs, ("clock", f"was recorded at {body.at}, before an entry that it follows"))
        for code, what in wrongs:
            self.note(seq, code, what)
        for name, seen in body.seen.items():
            self._check_seen(seq, name, seen)
        wrong = self.ground.in_use.refuses(body)
        if wrong is not None:
            if "clock" not in {code for code, _ in wrongs}:  # of which it may be no more than another sign
                self.find(seq, "never-in-use", f"entry {seq}: {wrong}")
        elif body.protocol is not None and body.kind != CONTENT_INSTALLED:
            trial = body.seen.get(TRIAL_CHAIN)
            why = self.ground.in_use.refuses_protocol(body, trial.seq if trial is not None else None)
            if why is not None:
                self.note(seq, "never-in-use", why)

    def wrong_with(self, body: Body) -> Sequence[tuple[str, str]]:
        return self.ground.wrong_with(body, None)

    def _engine(self, seq: int, body: Body) -> None:
        engine = rank_or_none(body.engine)
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
            self._texts[seq, name] = name in texts
            if name not in texts:
                continue  # until the end of the chain: it may have been redacted
            if not _commits(texts[name], committed):
                self.find(seq, "text", f"the {name} of entry {seq} was altered")
            elif (wrong := entries.wrong_with_text(texts[name][1])) is not None:
                self.find(seq, "text", f"the {name} of entry {seq} {wrong}: nobody can have typed it")
        for name in texts:
            if name not in commitments:
                self.find(seq, "text", f"entry {seq} was recorded without a {name}, and now has one")

    def _redacts(self, seq: int, body: Body) -> None:
        """The text that it removed is gone, and was one."""
        try:
            what = payload(body)
        except ValueError:  # which is found where it is replayed
            return
        assert isinstance(what, Redacted)
        there = self._texts.pop((what.seq, what.field), None)
        if there is None:
            self.find(seq, "text", f"entry {seq} removes a {shown(what.field)} that entry {what.seq} does not have")
        elif there:
            self.find(what.seq, "text", f"the {what.field} of entry {what.seq} was redacted, and is still there")
        else:
            self.report.redacted.append(Gone(self.chain, what.seq, what.field, seq))

    def _check_seen(self, seq: int, name: str, seen: Seen) -> None:
        """What was read of another chain is never behind what an earlier entry had read of it."""
        before = self.seen.get(name)
        if before is not None and seen.seq < before.seq:
            self.find(seq, "seen", f"entry {seq} saw entry {seen.seq} of {name}, after {before.seq} had been seen")
        elif before is not None and seen.seq == before.seq and seen.hash != before.hash:
            self.find(seq, "seen", f"entry {seq} saw another entry {seen.seq} of {name} than the one before it")
        else:
            self.seen[name] = seen

    def replay(self, seq: int, body: Body, data: bytes) -> None:
        """Follow what the entry says happened."""
        raise ValueError("there is no chain of this name")

    def composed(self, seq: int, body: Body, again: Body, data: bytes) -> None:
        """The entry is, byte for byte, what software of ours writes; ``again`` is it, composed once more."""
        if canonical.encode(again) == data and entries.has_form(body, data):
            return
        if canonical.encode(body) == canonical.encode(again):
            self.find(seq, "bytes", f"the bytes of entry {seq} are not canonical")
        else:
            names = [name for name in body.__struct_fields__ if getattr(body, name) != getattr(again, name)]
            self.find(seq, "bytes", f"entry {seq} says what nothing accounts for: {', '.join(names)}")

    def end(self, rows: dict[str, Row] | None) -> None:
        """The chain has no further entry: compare its end with the row that caches it, which is taken from ``rows``."""
        self.report.chains += 1
        for (seq, name), there in self._texts.items():
            if not there and self.understood:  # else what is not understood may say why
                self.find(seq, "text", f"the {name} of entry {seq} is missing")
        self.close()
        if rows is None:
            return
        row = rows.pop(self.chain, None)
        if row is None:
            self.find(None, "row", f"{self.chain} has entries, but no row")
            return
        try:
            self._compare_ends(row)
            if self.intact and self.understood:
                self.compare(row)
        except Exception as error:  # noqa: BLE001 - whatever stands in a row is a finding, not a crash
            said = f"{type(error).__name__} {error}"[:200]
            self.find(None, "row", f"the row of {self.chain} is none: {said}")

    def _compare_ends(self, row: Row) -> None:
        if row["seq"] != self.last:
            what = "entries at its end are missing" if row["seq"] > self.last else "entries were added at its end"
            self.find(None, "head", f"the last entry is {self.last}, its row says {row['seq']}: {what}")
        elif row["head"] != self.head:
            self.find(self.last, "head", f"the hash of entry {self.last} is not the one its row names")

    def close(self) -> None:
        """The chain has no further entry."""

    def compare(self, row: Row) -> None:
        """Compare what was replayed with the row."""


def rank_or_none(engine: str) -> tuple[int, bool]:
    """The order of an engine's number; before every other where it is none, which is found elsewhere."""
    try:
        return rank(engine)
    except ValueError:
        return (-1, False)


def _commits(there: tuple[Any, Any], committed: str) -> bool:
    salt, text = there
    if not (isinstance(salt, bytes) and isinstance(text, str)):
        return False
    return len(salt) == SALT and commitment(salt, text) == committed


# ── a patient ──────────────────────────────────────────────────────────────────────────────────────────────────────


class PatientCheck(ChainCheck):
    """A patient's chain: every decision taken again, every allowed entry folded, the row compared with the fold."""

    def __init__(self, chain: str, report: Report, ground: Ground, definition_of: DefinitionOf) -> None:
        super().__init__(chain, report, ground)
        self._definition_of = definition_of
        self._chart: Chart | None = None
        self._decided = True  # so far: the protocol of every entry could be had
        self._patient = ""
        self._state: str | None = None  # in which the chain opens
        self._hashes: list[bytes] = []
        self._remarks = Remarks()
        self._follows: tuple[Proposal, Body] | None = None  # what the next entry has to be, and what it follows from

    def replay(self, seq: int, body: Body, data: bytes) -> None:
        if self.head is not None:
            self._hashes.append(self.head)
        if body.kind in REMARKS:
            self._remark(seq, body, data)
            return
        proposal = proposal_of(body)
        said = body.protocol
        if said is None:
            raise ValueError("it names no protocol")
        if body.kind == VOID and body.outcome != Outcome.REFUSED:
            self._voids(payload(body))
        if seq == 1:
            self._opens(body, proposal)
        if isinstance(proposal.what, Enrolment | Void):
            self.report.claims += anew.claimed(body, entries.hash_of(data))
        self._check_what_follows(seq, body, proposal)
        definition = self._definition_of(said.digest)
        if definition is None:
            self._decided = False
            self.report.undecided += 1
            self._check_form(seq, body, data)
            self._chart = folded(self._chart, body, proposal)
        elif self._is_under(seq, body, definition):
            self._decide(seq, body, proposal, definition, data)
        self._remarks.add(body)
        if seq == 1:
            self._state = body.target

    def _remark(self, seq: int, body: Body, data: bytes) -> None:
        """What is said of entries is held to them: they are there, and there was something to say."""
        said, chart = payload(body), self._chart
        if body.protocol is None or chart is None:
            raise ValueError("it names no protocol, or is said of nobody")
        self._check_what_follows(seq, body, None)
        assert isinstance(said, Remark)
        for there, digest in named_by(said):
            if not 0 < there < seq or self._hashes[there - 1].hex() != digest:
                raise ValueError(f"it names entry {there} under another hash")
        wrong = self._remarks.wrong_with(said, tuple(body.texts))
        if wrong is not None:
            raise ValueError(wrong)
        definition = self._definition_of(body.protocol.digest)
        if definition is None:
            self.report.undecided += 1
            self._check_form(seq, body, data)
        elif self._is_under(seq, body, definition):
            self.report.decided += 1
            reasons = forbids_remark(said, body.actor.role, definition)
            compare_decisions(self, seq, body, _decided(reasons))
            where = replace(_where(self.chain, seq, body), time=None)
            again = compose.of_house(where, body.kind, said, reasons=reasons, protocol=entries.named(definition))
            self.composed(seq, body, _as_decided(again, body), data)
        self._remarks.add(body)

    def _opens(self, body: Body, proposal: Proposal) -> None:
        if body.kind != ENROLMENT:
            raise ValueError("the first entry is no enrolment")
        if body.outcome == Outcome.REFUSED:
            raise ValueError("an enrolment that was refused opens no chain")
        self._patient = proposal.what.patient  # type: ignore[union-attr]
        if entries.chain_of(self._patient) != self.chain:
            raise ValueError("it enrols another patient than the one whose chain it is in")
        refused, trial = self.ground.refused.get(self.chain, 0), body.seen.get(TRIAL_CHAIN)
        if trial is not None and refused > trial.seq:  # an enrolment holds that chain where it saw it end
            said = f"entry {refused} refuses to enrol {self._patient}, who was enrolled already"
            self.report.find(TRIAL_CHAIN, refused, "replay", said)

    def _is_under(self, seq: int, body: Body, definition: Definition) -> bool:
        """Whether the entry names the protocol that the patient was under, by its own names."""
        said = body.protocol
        assert said is not None
        if entries.named(definition) != said:
            self.find(seq, "protocol", f"entry {seq} names a protocol that its digest does not have")
        elif self._chart is not None and self._chart.digest_on(body.on) != said.digest:
            self.find(seq, "protocol", f"entry {seq} names another protocol than the patient is under")
        else:
            return True
        return False

    def _decide(self, seq: int, body: Body, proposal: Proposal, definition: Definition, data: bytes) -> None:
        require_askable(definition, self._chart, proposal, body)
        found = answer(self._require, self._chart, proposal)
        self.report.decided += 1
        again = compose.of_patient(_where(self.chain, seq, body), proposal, found.decision, definition)
        if canonical.encode(again) == data:
            if not entries.has_form(body, data):
                self.find(seq, "bytes", f"the bytes of entry {seq} are not canonical")
            self._chart = found.chart  # which is what folding the entry would make
        else:
            compare_decisions(self, seq, body, found.decision)
            self.composed(seq, body, _as_decided(again, body), data)
            self._chart = folded(self._chart, body, proposal)
        if body.outcome != Outcome.REFUSED and body.engine == ENGINE and self._chart is not None:
            due = follows(definition, self._chart, proposal)
            self._follows = (due, body) if due is not None else None

    def _check_what_follows(self, seq: int, body: Body, proposal: Proposal | None) -> None:
        """What follows by itself stands behind its cause, and nothing else says that it does."""
        if self._follows is None:
            if body.cause is not None and body.engine == ENGINE and self._decided:
                self.find(seq, "replay", f"entry {seq} says it follows by itself, and nothing did")
            return
        (due, cause), self._follows = self._follows, None
        if (proposal, body.actor, body.at, body.seen) != (due, cause.actor, cause.at, cause.seen):
            self.find(seq, "replay", f"entry {seq} stands where {_called(due)} follows")
        elif body.request is not None or (due.cause is not None and (body.texts or body.time is not None)):
            self.find(seq, "replay", f"entry {seq} follows by itself, and says that somebody asked for it")

    def close(self) -> None:
        if self._follows is not None and self.intact and self.understood:
            self.find(
                self.last, "replay", f"{_called(self._follows[0])} follows from entry {self.last}, and is missing"
            )

    def _voids(self, found: Struct) -> None:
        assert isinstance(found, Voided)
        there = self._hashes[found.seq - 1] if 0 < found.seq <= len(self._hashes) else b""
        if there.hex() != found.hash:
            raise ValueError(f"it takes back entry {found.seq} under another hash")

    def _require(self, digest: str) -> Definition:
        definition = self._definition_of(digest)
        if definition is None:
            raise ValueError(f"no protocol of digest {digest[:12]} can be had")
        return definition

    def compare(self, row: Row) -> None:
        chart = self._chart
        if chart is None:
            return
        fold = row["fold"]
        why = self.ground.in_use.refuses_fold(fold, self.at)
        if why is not None:
            self.find(None, "never-in-use", f"the row says {why}")
            return
        said: dict[str, Any] = {
            "id": self._patient,
            "id_key": entries.id_key(self._patient),
            "arm": chart.arm,
            "digest": chart.under[-1].digest,
            "enrolled_on": chart.enrolled_on.isoformat(),
            "state": chart.steps[-1].target if chart.steps else self._state,
        }
        if fold > FOLD:
            self.report.not_understood += 1
            said = {"id": said["id"], "id_key": said["id_key"]}
        elif fold == FOLD and self._decided:
            said |= _texts_of(row_columns(self._require, chart))
        for name, value in said.items():
            if row[name] != value:
                self.find(None, "row", f"the row says {name} {row[name]!r}, its entries say {value!r}")
        if fold < FOLD:
            self.report.stale += 1
        elif fold == FOLD:
            self._compare_charts(row["chart"], chart)

    def _compare_charts(self, text: str, chart: Chart) -> None:
        if text == stored.dumps(chart):
            return
        try:
            differing = stored.loads(text).differs_in(chart)
        except DamagedRow:
            self.find(None, "row", "the row's chart is no chart")
            return
        what = ", ".join(differing) or "the same, in other words than this fold writes"
        self.find(None, "row", f"the row's chart is not what its entries say: {what}")


def _called(proposal: Proposal) -> str:
    what = proposal.what
    return what.name if isinstance(what, Trigger) else getattr(what, "KIND", "something else")


def _texts_of(columns: Columns) -> dict[str, str | None]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in columns._asdict().items()}


def _where(chain: str, seq: int, body: Body) -> Circumstances:
    """Where an entry stands, and what it says that nobody can work out."""
    return Circumstances(
        chain,
        seq,
        body.prev,
        body.at,
        body.today,
        body.actor,
        body.seen,
        body.texts,
        body.request,
        body.time,
        body.engine,
        body.software,
        (body.v, body.kv),
    )


def _as_decided(again: Body, body: Body) -> Body:
    """The entry composed once more, but for the decision itself, which is compared apart."""
    return replace(
        again,
        outcome=body.outcome,
        source=body.source,
        target=body.target,
        reasons=body.reasons,
        deviations=body.deviations,
        delay=body.delay,
    )


def _decided(reasons: tuple[Reason, ...]) -> Decision:
    """What is no question to the engine is refused with reasons, or done."""
    return Decision(Outcome.REFUSED if reasons else Outcome.ALLOWED, None, None, reasons)


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


class TrialCheck(ChainCheck):
    """The trial's own chain: what was installed, under which numbers; refused enrolments are decided again."""

    def __init__(self, chain: str, report: Report, ground: Ground, definition_of: DefinitionOf) -> None:
        super().__init__(chain, report, ground)
        self._definition_of = definition_of
        self._installed: list[ProtocolRef] = []
        self._numbers: SoftwareChanged | None = None
        self._zone: str | None = None

    def replay(self, seq: int, body: Body, data: bytes) -> None:
        places = {1: (TRIAL_OPENED,), 2: (SOFTWARE_CHANGED,)}
        if body.kind not in places.get(seq, (CONTENT_INSTALLED, SOFTWARE_CHANGED, SETTING_CHANGED, ENROLMENT)):
            raise ValueError(f"{body.kind} has no place there")
        if body.kind == ENROLMENT:
            self._refused(seq, body, data)
            return
        if body.actor.role != ADMINISTRATOR:
            raise ValueError(f"{body.actor.role} may not do that")
        said: Struct | None = None
        installs: ProtocolRef | None = None
        where = _bare(self.chain, seq, body)
        if body.kind == SOFTWARE_CHANGED:
            said = self._change(payload(body))
        elif body.kind == SETTING_CHANGED:
            said = self._set(seq, payload(body))
            where = replace(where, texts=body.texts)
        elif body.kind == CONTENT_INSTALLED:
            installs = self._install(body.protocol)
        again = compose.of_house(where, body.kind, said, protocol=installs)
        self.composed(seq, body, again, data)
        if body.kind == SETTING_CHANGED and body.texts.keys() != (set() if seq == OPENING else {"reason"}):
            self.find(seq, "replay", f"entry {seq} changes a setting without a reason, or with other words than that")

    def _set(self, seq: int, said: Struct) -> SettingChanged:
        assert isinstance(said, SettingChanged)
        if said.name != ZONE:
            raise ValueError(f"there is no setting {shown(said.name)}")
        if said.value == self._zone:
            raise ValueError(f"the zone is {shown(said.value)} already")
        self._zone = said.value
        if zones.find(said.value) is None:
            self.note(seq, "zone", f"sets a time zone that this machine does not know: {shown(said.value)}")
        return said

    def close(self) -> None:
        if self.intact and self.understood and self.last < 2:
            self.find(self.last, "replay", "nothing says which numbers came into use when the trial was opened")

    def _change(self, said: Struct) -> SoftwareChanged:
        """What is in use never falls: older software does not write behind newer. Nor is it said again."""
        assert isinstance(said, SoftwareChanged)
        number, final = rank(said.engine)
        if number < 1 or said.engine != f"{number}{'' if final else '-dev'}":
            raise ValueError(f"engine {shown(said.engine)} is no number that an engine has")
        if min(said.fold, said.format, *said.kinds.values()) < 1:
            raise ValueError("formats, folds and versions are counted from 1")
        if said == self._numbers:
            raise ValueError("the same numbers are in use already")
        if self._numbers is not None and self._numbers.is_above(said):
            raise ValueError("older numbers come into use behind newer ones")
        self._numbers = said
        return said

    def _install(self, said: ProtocolRef | None) -> ProtocolRef:
        if said is None:
            raise ValueError("it names no protocol")
        for there in self._installed:
            if there.trial != said.trial:
                raise ValueError("it is of another trial than what is installed")
            if there.digest == said.digest or (there.version, there.edition) == (said.version, said.edition):
                raise ValueError("it is installed already")
        self._installed.append(said)
        return said

    def _refused(self, seq: int, body: Body, data: bytes) -> None:
        said = body.protocol
        if said is None:
            raise ValueError("it names no protocol")
        if body.outcome != Outcome.REFUSED:
            raise ValueError("an enrolment that was carried out opens a chain of its own")
        if said not in self._installed:
            raise ValueError("it names a protocol that was not installed")
        definition = self._definition_of(said.digest)
        if definition is None:
            self.report.undecided += 1
            self._check_form(seq, body, data)
            return
        self.report.decided += 1
        proposal = replace(proposal_of(body), entry=1)
        require_askable(definition, None, proposal, body)
        decision = answer(lambda _: definition, None, proposal).decision
        compare_decisions(self, seq, body, decision)
        again = compose.of_patient(_where(self.chain, seq, body), proposal, decision, definition)
        self.composed(seq, body, _as_decided(again, body), data)


class PeopleCheck(ChainCheck):
    """The chain of people: every change of who takes part is decided again."""

    def __init__(self, chain: str, report: Report, ground: Ground, definition_of: DefinitionOf) -> None:
        super().__init__(chain, report, ground)
        self._definition_of = definition_of
        self._people: People = {}

    def wrong_with(self, body: Body) -> Sequence[tuple[str, str]]:
        line: Line = self.ground.people
        return self.ground.wrong_with(body, line, self.last)

    def replay(self, seq: int, body: Body, data: bytes) -> None:
        if body.kind not in (PERSON_ADDED, PERSON_DEACTIVATED):
            raise ValueError(f"{body.kind} has no place there")
        said = payload(body)
        assert isinstance(said, PersonChanged)
        if seq == 1:
            self._begins(body, said)
        self._require_form(said)
        who = person_of(body.kind, said)
        reasons = forbids(self._people, body.kind, who, body.actor.role, body.today)
        now = changed(self._people, body.kind, said)
        compare_decisions(self, seq, body, _decided(reasons))
        again = compose.of_house(_bare(self.chain, seq, body), body.kind, said, reasons=reasons)
        self.composed(seq, body, _as_decided(again, body), data)
        if body.outcome != Outcome.REFUSED:
            self._people = now

    def _require_form(self, said: PersonChanged) -> None:
        """Ids, logins and days have the form that they are asked for in, and the role is one that there is."""
        if not entries.is_person_id(said.id) or not (said.login is None or entries.is_label(said.login)):
            raise ValueError(f"{shown(said.id)} or their login is in no form that it has")
        if said.since is not None and said.until is not None and said.until < said.since:
            raise ValueError(f"it ends on {said.until}, before it begins on {said.since}")
        in_use = self.ground.in_use
        definitions = [self._definition_of(digest) for digest in in_use.installed]
        if said.role in (ADMINISTRATOR, AUDITOR) or in_use.open or None in definitions:
            return
        if not any(role.key == said.role for one in definitions if one is not None for role in one.protocol.roles):
            raise ValueError(f"there is no role {shown(said.role)}")

    def _begins(self, body: Body, said: PersonChanged) -> None:
        """The first administrator adds themselves."""
        login = body.actor.via if body.actor.assurance in BY_LOGIN else None
        first = PersonChanged(body.actor.id, ADMINISTRATOR, login)
        alone = assurance_of(body.actor.assurance, login, frozenset())
        if (
            body.kind != PERSON_ADDED
            or said != first
            or body.actor.role != ADMINISTRATOR
            or alone != body.actor.assurance
        ):
            raise ValueError("the first person is no administrator who added themselves")


def _bare(chain: str, seq: int, body: Body) -> Circumstances:
    """The same for an entry that has no texts, no request and no time."""
    return replace(_where(chain, seq, body), texts=compose.NO_TEXTS, request=None, time=None)
