"""One command on one patient: lock, answer, seal, append, move on.

The same path serves an allowed step, a refusal, a fact, an override, a correction. ``Trial`` gives these their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from workflow.desk import damage, inputs, remarks, requests, rows
from workflow.desk.append import salted, seen_of
from workflow.desk.charts import chart_of, from_entries
from workflow.desk.protocols import Protocols
from workflow.desk.request import (
    Actor,
    Advance,
    Again,
    Correction,
    Enrolling,
    Moment,
    Recording,
    Remarking,
    Request,
)
from workflow.desk.results import refused_enrolment, result_of
from workflow.desk.roster import Roster, require_still, signed
from workflow.desk.site import Site
from workflow.desk.software import MayWrite
from workflow.engine import stored
from workflow.engine.answer import Answer, answer, definition_on, follows, forward, row_columns
from workflow.engine.chart import Chart, Step
from workflow.engine.course import Definition
from workflow.engine.decision import ENROLLED, Elsewhere, Enrolment, Instead, Proposal, Trigger, Void
from workflow.engine.facts import BY_KIND, Fact, When
from workflow.engine.facts.check import one_of
from workflow.engine.guards.always import actions_of
from workflow.engine.numbers import FOLD
from workflow.engine.resting import resting_on
from workflow.errors import (
    AlreadyExists,
    Conflict,
    InvalidInput,
    LostRace,
    UnknownEntry,
    UnknownTrigger,
)
from workflow.ledger.compose import Circumstances, of_patient
from workflow.ledger.entry import (
    PEOPLE_CHAIN,
    REDACTED,
    TRANSITION,
    TRIAL_CHAIN,
    Redacted,
    RequestRef,
    Sealed,
    Seen,
    Signature,
    Stored,
    chain_of,
    commitments,
    id_key,
    payload,
    seal,
)
from workflow.ledger.people import Roll
from workflow.ledger.told import codes_of, require_told
from workflow.protocol.table import ENTERED_IN_ERROR
from workflow.report.reasons import shown
from workflow.report.views import Rested, Result
from workflow.store import log
from workflow.store.log import PatientRow
from workflow.store.transaction import Transaction


class Subject(Struct):
    """A patient as the transaction has them: the row that was locked, moved on by each entry."""

    row: PatientRow
    chart: Chart


class Draft(Struct, frozen=True):
    """A decision put into an entry, and the row's new values; not yet stored.

    Of a remark there is no proposal to the engine, and nothing follows from it.
    """

    sealed: Sealed
    values: dict[str, Any]
    proposal: Proposal | None
    result: Result


class Writer:
    """Carries requests out, each in the transaction it is given."""

    def __init__(self, protocols: Protocols, roster: Roster, may_write: MayWrite, site: Site) -> None:
        self._protocols = protocols
        self._roster = roster
        self._may_write = may_write
        self._site = site

    # ── on one patient ───────────────────────────────────────────────────────────────────────────────────────────

    def carry_out(self, tx: Transaction, patient: str, request: Request, by: Actor, *, dry_run: bool) -> Result:
        """The five sentences: the row is locked, the question answered, the entry sealed and appended, the row moved.

        What follows by itself goes the same way, in the same transaction.
        """
        subject = self._locked(tx, patient, lock=not dry_run)
        row = subject.row
        now = self._site.moment(tx, row.trial_end)
        # Behind the lock: who waited for the same request must find it carried out.
        if (earlier := requests.carried_out(tx, self._protocols, row.id, request, by, now)) is not None:
            return earlier
        end = (row.chain, row.seq)
        earlier = requests.refused_before(tx, self._protocols, end, row.people_seq, row.id, request, by, now)
        if earlier is not None:
            return earlier
        before = subject.chart
        drafts = [self._draft(tx, subject, request, by, now)]
        while (after := self._follows(subject, drafts[-1])) is not None:
            texts, time = (
                ({}, None)
                if after.cause is not None
                else (self._words_behind(tx, row, request), _time_of(after.what, request))
            )
            drafts.append(self._drafted(subject, after, drafts[0].sealed.body.actor, now, None, texts, time))
        if not dry_run:
            for draft in drafts:
                self._move_on(tx, draft)
        first, *also = (replace(one.result, seq=None, hash=None) if dry_run else one.result for one in drafts)
        if isinstance(request.what, Correction) and first.allowed:
            first = replace(first, rested=self._rested(before, subject.chart, now))
        return replace(first, also=tuple(also), state=also[-1].state) if also else first

    def _rested(self, before: Chart, after: Chart, now: Moment) -> tuple[Rested, ...]:
        """What rested on what was taken back."""
        by_digest = self._protocols.by_digest
        return tuple(
            Rested(
                one.what.entry,
                one.what.on,
                one.what.trigger if isinstance(one.what, Step) else one.what.KIND,
                shown(one.reasons, definition_on(by_digest, after, one.what.on)),
            )
            for one in resting_on(by_digest, before, after, now.today)
        )

    def carry_out_many(
        self, tx: Transaction, patients: Sequence[str], request: Request, by: Actor
    ) -> dict[str, Result]:
        """The same for many patients, each decided for itself; by the keys of their ids."""
        locked = {id_key(row.id): row for row in log.lock_many(tx, patients)}
        missing = next((patient for patient in patients if id_key(patient) not in locked), None)
        if missing is not None:
            raise log.no_patient(tx, missing)
        for row in locked.values():
            self._may_write.require(tx, row.trial_end)
        now = self._site.moment(tx, next((row.trial_end for row in locked.values()), None))
        done: dict[str, Draft] = {}
        for key, row in locked.items():
            with damage.of(row.chain):
                done[key] = self._draft(tx, self._subject(tx, row), request, by, now)
        drafts = list(done.values())
        log.append_many(tx, [draft.sealed for draft in drafts])
        if tx.run_many(log.UPDATE_PATIENT, [draft.values for draft in drafts]) != len(drafts):
            raise LostRace
        return {key: draft.result for key, draft in done.items()}

    def _locked(self, tx: Transaction, patient: str, *, lock: bool) -> Subject:
        row = log.patient_row(tx, patient, lock=lock)
        if row is None:
            raise log.no_patient(tx, patient)
        if lock:
            self._may_write.require(tx, row.trial_end)
        elif row.fold > FOLD:  # which may be looked at
            return Subject(row, chart_of(tx, row))
        return self._subject(tx, row)

    def _subject(self, tx: Transaction, row: PatientRow) -> Subject:
        """The row with its chart; one that an earlier fold wrote is folded anew from the entries, and moves on so."""
        if not stored.is_stale(row.fold):
            return Subject(row, chart_of(tx, row))
        subject = Subject(row, from_entries(tx, row.chain))
        rows.keep(row, subject.chart, row_columns(self._protocols.by_digest, subject.chart))
        return subject

    def _draft(self, tx: Transaction, subject: Subject, request: Request, by: Actor, now: Moment) -> Draft:
        """The answer to ``request``, as the entry and the row that it makes."""
        row = subject.row
        if request.expect is not None and request.expect != row.seq:
            raise Conflict(
                f"patient {row.id} has moved on: the last entry is {row.seq}, not {request.expect}",
                hint=f"look at regimen next {row.id}",
            )
        self._site.require_not_behind(tx, now, row)
        roll = self._roster.at(tx, row.people_seq, row.people_head)
        if roll.seq != row.people_seq:
            raise LostRace
        if isinstance(request.what, Remarking):
            return self._remarked(tx, subject, request, request.what, by, now, roll)
        what, on = self._what(tx, subject, request, now)
        definition = definition_on(self._protocols.by_digest, subject.chart, on)
        signature = signed(by, roll, now, actions_of(what, request.mode), definition.roles)
        proposal = Proposal(what, on, now.today, signature.role, row.seq + 1, request.mode, request.stated)
        ref, time = request.ref(row.id, by), None if isinstance(what, Void) else request.time
        return self._drafted(subject, proposal, signature, now, ref, request.texts, time)

    def _what(
        self, tx: Transaction, subject: Subject, request: Request, now: Moment
    ) -> tuple[Trigger | Fact | Void, date]:
        """What is proposed, and of which day, now that the patient is known."""
        match request.what:
            case Correction() as correction:
                return self._correction(tx, subject, request, correction, now), now.today
            case Advance() | Recording() as meant:
                on = request.on or _own_day(meant, subject.chart) or now.today
                return self._meant(subject, request, meant, on, now, subject.row.seq + 1), on
        raise InvalidInput("a patient is enrolled once")

    def _meant(
        self, subject: Subject, request: Request, meant: Advance | Recording, on: date, now: Moment, entry: int
    ) -> Trigger | Fact:
        definition = definition_on(self._protocols.by_digest, subject.chart, on)
        if isinstance(meant, Recording):
            return meant.telling.make(definition, subject.chart, When(entry, on, request.time))
        trigger = meant.trigger
        if trigger is None:
            asked = Proposal(Trigger(""), on, now.today, None, entry, request.mode, request.stated)
            trigger = _step_forward(definition, subject, asked)
        return Trigger(trigger, _code(definition, subject.chart, trigger, meant.code))

    def _correction(
        self, tx: Transaction, subject: Subject, request: Request, correction: Correction, now: Moment
    ) -> Void:
        """The entry that is taken back, and what takes its place: meant of the patient as they are without it."""
        row, number, meant = subject.row, correction.entry, correction.instead
        found = _entry(tx, row, number)
        void = Void(number, found.hash.hex(), anew=correction.anew)
        if number == ENROLLED and meant is not None:
            raise InvalidInput(
                "nothing takes an enrolment's place in the same chain",
                hint=f"regimen enroll ID --instead-of {row.id} enrols the same person anew",
            )
        there = subject.chart.find(number)
        if meant is None or there is None:
            return void
        without = Subject(row, subject.chart.without(number))
        if not isinstance(meant, Again):
            _require_of_its_kind(number, there, meant)
        own = _own_day(meant, without.chart) if isinstance(meant, Recording) else None
        on, entry = request.on or own or there.on, row.seq + 2
        if not isinstance(meant, Again):
            return void._replace(instead=Instead(self._meant(without, request, meant, on, now, entry), on))
        if isinstance(there, Step):
            again = Advance(there.trigger, meant.code or there.code)
            return void._replace(instead=Instead(self._meant(without, request, again, on, now, entry), on))
        if meant.code is not None:
            raise InvalidInput(f"entry {number} is no step, and has no coded reason")
        fact = replace(there, entry=entry, on=on, time=request.time or there.time)
        definition = definition_on(self._protocols.by_digest, subject.chart, on)
        require_told(definition, fact, described="note" in self._words_behind(tx, row, request))
        return void._replace(instead=Instead(fact, on))

    def _words_behind(self, tx: Transaction, row: PatientRow, request: Request) -> Mapping[str, str]:
        """The texts of what takes a place. What is told again keeps its own; else they are those of the correction."""
        if not isinstance(request.what, Correction) or not isinstance(request.what.instead, Again):
            return request.texts
        kept = {name: text for name, (_, text) in _entry(tx, row, request.what.entry).texts.items()}
        return {**request.texts, **kept, **{name: request.texts[name] for name in ("note",) if name in request.texts}}

    def _drafted(
        self,
        subject: Subject,
        proposal: Proposal,
        signature: Signature,
        now: Moment,
        request: RequestRef | None,
        texts: Mapping[str, str],
        time: str | None = None,
    ) -> Draft:
        """The answer to ``proposal``, sealed; ``subject`` is moved on."""
        row = subject.row
        found = answer(self._protocols.by_digest, subject.chart, proposal)
        definition = definition_on(self._protocols.by_digest, subject.chart, proposal.on)
        if isinstance(proposal.what, Void) and proposal.what.anew is not None and found.decision.allowed:
            request = None  # which the enrolment in its place answers to
        kept = salted(texts)
        where = replace(_behind(row, signature, now), texts=commitments(kept), request=request, time=time)
        sealed = seal(of_patient(where, proposal, found.decision, definition), kept)
        before = rows.found_by(row)
        _move(subject, found, sealed)
        values = {**before, **rows.values_of(row)}
        result = result_of(sealed, row.id, row.state, found.decision, definition, now.zone)
        return Draft(sealed, values, proposal, result)

    def _remarked(
        self, tx: Transaction, subject: Subject, request: Request, what: Remarking, by: Actor, now: Moment, roll: Roll
    ) -> Draft:
        """What is said of entries, sealed; nothing of the patient's row changes but where its chain ends."""
        row = subject.row
        definition = definition_on(self._protocols.by_digest, subject.chart, now.today)
        said = remarks.said(tx, row, what, tuple(request.texts))
        signature = remarks.signed_for(said, by, roll, now, definition)
        kept = salted(request.texts)
        where = _behind(row, signature, now)
        where = replace(where, texts=commitments(kept), request=request.ref(row.id, by))
        body, decision = remarks.decided(where, what.kind, said, definition)
        sealed = seal(body, kept)
        before = rows.found_by(row)
        row.seq, row.head = body.seq, sealed.hash
        values = {**before, **rows.values_of(row)}
        return Draft(sealed, values, None, result_of(sealed, row.id, row.state, decision, definition, now.zone))

    def _follows(self, subject: Subject, draft: Draft) -> Proposal | None:
        if not draft.result.allowed or draft.proposal is None or isinstance(draft.proposal.what, Trigger):
            return None
        definition = self._protocols.by_digest(subject.row.digest)
        return follows(definition, subject.chart, draft.proposal)

    def _move_on(self, tx: Transaction, draft: Draft) -> None:
        log.move_on(tx, draft.sealed, draft.values)
        if draft.sealed.body.kind == REDACTED and draft.result.allowed:
            what = payload(draft.sealed.body)
            assert isinstance(what, Redacted)
            log.remove_text(tx, draft.sealed.body.chain, what.seq, what.field)

    # ── a new patient ────────────────────────────────────────────────────────────────────────────────────────────

    def enroll(self, tx: Transaction, patient: str, request: Request, by: Actor, *, dry_run: bool) -> Result:
        """Open a patient's chain; a refused enrolment is kept in the trial's own."""
        known = self._protocols.listed
        there = log.patient_row(tx, patient, lock=False)  # first: with the patient comes the request that enrolled them
        trial_seq, trial_head = end = log.head(tx, TRIAL_CHAIN)
        now = self._site.moment(tx, end)
        asked = replace(request, texts={})  # which stand with what is corrected, in the other chain
        if (earlier := requests.carried_out(tx, self._protocols, patient, asked, by, now)) is not None:
            return earlier
        assert isinstance(request.what, Enrolling)
        arm, version = request.what.arm, request.what.version
        on = request.on or now.today
        self._protocols.read(tx)
        if self._protocols.listed != known and log.head(tx, TRIAL_CHAIN) != end:
            raise LostRace(hint="look again and repeat")  # one was installed behind what is said to be seen
        definition = self._protocols.of_version(version) if version is not None else self._protocols.in_force(arm, on)
        inputs.new_patient(patient, definition.protocol.patient_id)
        definition.arm(arm)
        if not dry_run:
            self._may_write.require(tx, end)
        roll = self._roster.now(tx)
        what = Enrolment(patient, arm, definition.digest)
        signature = signed(by, roll, now, actions_of(what, request.mode), definition.roles)
        if there is not None:
            raise _not_again(there)
        if log.has_entries(tx, chain_of(patient)):  # somebody else was first, or their row is gone
            raise log.no_patient(tx, patient)
        last = (TRIAL_CHAIN, trial_seq)
        earlier = requests.refused_before(tx, self._protocols, last, roll.seq, patient, asked, by, now)
        if earlier is not None:
            return earlier
        proposal = Proposal(what, on, now.today, signature.role, ENROLLED)
        found = answer(self._protocols.by_digest, None, proposal)
        now.require_not_behind(log.last_of_house(tx))
        seen = {PEOPLE_CHAIN: seen_of(roll.seq, roll.head)}
        ref = request.ref(patient, by)
        columns = found.columns
        if found.chart is None or columns is None:
            if dry_run:
                return refused_enrolment(patient, found.decision, definition, proposal, now, signature)
            seq, head = log.next_place(tx, TRIAL_CHAIN)
            if log.has_entries(tx, chain_of(patient)):  # enrolled meanwhile, and not to be refused behind that
                raise LostRace(hint="look again and repeat")
            where = _where(TRIAL_CHAIN, seq, head.hex() if head is not None else None, signature, now, seen)
            sealed = seal(of_patient(replace(where, request=ref), proposal, found.decision, definition), {})
            log.append(tx, sealed)
            log.move_head(tx, TRIAL_CHAIN, seq - 1, sealed)
            require_still(tx, roll)
            return result_of(sealed, patient, None, found.decision, definition, now.zone)
        also: tuple[Result, ...] = ()
        if request.what.instead_of is not None:
            before = self._take_back_enrolment(tx, request.what.instead_of, patient, request, by, now, dry_run=dry_run)
            if not before.allowed:
                return before
            also = (before,)
            if before.seq is not None and before.hash is not None:
                proposal = replace(
                    proposal, what=what._replace(instead_of=Elsewhere(before.patient, before.seq, before.hash))
                )
        if trial_head is not None:
            seen[TRIAL_CHAIN] = seen_of(trial_seq, trial_head)
        where = _where(chain_of(patient), ENROLLED, None, signature, now, seen)
        sealed = seal(of_patient(replace(where, request=ref), proposal, found.decision, definition), {})
        result = replace(result_of(sealed, patient, columns.state, found.decision, definition, now.zone), also=also)
        if dry_run:
            return replace(result, seq=None, hash=None)
        log.share_head(tx, TRIAL_CHAIN, trial_seq)
        log.append(tx, sealed)
        tx.run(log.ADD_PATIENT, rows.first(patient, sealed, found.chart, columns))
        require_still(tx, roll)
        return result

    def _take_back_enrolment(
        self, tx: Transaction, patient: str, anew: str, request: Request, by: Actor, now: Moment, *, dry_run: bool
    ) -> Result:
        """Of ``patient``, who is enrolled ``anew`` under another id, in the same transaction."""
        correction = replace(request, what=Correction(ENROLLED, anew=anew))
        subject = self._locked(tx, patient, lock=not dry_run)
        row = subject.row
        end = (row.chain, row.seq)
        earlier = requests.refused_before(tx, self._protocols, end, row.people_seq, row.id, correction, by, now)
        if earlier is not None:
            return earlier
        draft = self._draft(tx, subject, correction, by, now)
        if dry_run:
            return replace(draft.result, seq=None, hash=None)
        self._move_on(tx, draft)
        return draft.result


def _entry(tx: Transaction, row: PatientRow, number: int) -> Stored:
    found = log.one(tx, row.chain, number)
    if found is None:
        raise UnknownEntry(f"{row.id} has no entry {number}", hint=f"regimen audit log --patient {row.id} lists them")
    return found


def _require_of_its_kind(entry: int, there: Step | Fact, meant: Advance | Recording) -> None:
    """A value takes the place of one of its kind: a digit that is typed wrong takes back nothing else."""
    kind = there.KIND if isinstance(there, Fact) else TRANSITION
    told = meant.telling.kind if isinstance(meant, Recording) else TRANSITION
    if kind != told:
        what = there.trigger if isinstance(there, Step) else kind
        raise InvalidInput(
            f"entry {entry} is {what.replace('_', ' ')}, and not {told.replace('_', ' ')}",
            hint="take it back by itself where that is meant: regimen correct",
        )


def _not_again(row: PatientRow) -> AlreadyExists:
    if row.state == ENTERED_IN_ERROR.name:
        return AlreadyExists(
            f"patient {row.id} was entered in error", hint="such an id is never used again: take another"
        )
    return AlreadyExists(f"patient {row.id} is enrolled already", hint=f"regimen show {row.id}")


def _where(
    chain: str, seq: int, prev: str | None, signature: Signature, now: Moment, seen: dict[str, Seen]
) -> Circumstances:
    return Circumstances(chain, seq, prev, now.at, now.today, signature, seen)


def _behind(row: PatientRow, signature: Signature, now: Moment) -> Circumstances:
    """Where a patient's next entry stands."""
    seen = {PEOPLE_CHAIN: seen_of(row.people_seq, row.people_head)}
    return _where(row.chain, row.seq + 1, bytes(row.head).hex(), signature, now, seen)


def _own_day(meant: Advance | Recording, chart: Chart) -> date | None:
    """The day that what is told has by itself, where it is not today."""
    return meant.telling.day(chart) if isinstance(meant, Recording) else None


def _time_of(what: Trigger | Fact | Void | Enrolment, request: Request) -> str | None:
    return what.time if isinstance(what, Fact) else request.time


def _move(subject: Subject, found: Answer, sealed: Sealed) -> None:
    """Move the row and the chart of ``subject`` on by an entry."""
    row = subject.row
    row.seq, row.head = sealed.body.seq, sealed.hash
    columns = found.columns
    if columns is not None and found.chart is not None:
        subject.chart = found.chart
        rows.keep(row, subject.chart, columns)


# ── what a person meant ────────────────────────────────────────────────────────────────────────────────────────────


def _step_forward(definition: Definition, subject: Subject, asked: Proposal) -> str:
    found = forward(definition, subject.chart, asked)
    if found is None:
        raise UnknownTrigger(
            f"no step leads forward from {subject.row.state}",
            hint=f"regimen next {subject.row.id} shows what may happen",
        )
    return found.transition.trigger


_COMMANDS = {  # that record a fact, where they do not bear its name
    "adverse_event": "record ae",
    "adverse_event_news": "record ae --update ENTRY",
    "hold": "hold",
    "resume": "resume",
}


def _code(definition: Definition, chart: Chart, trigger: str, code: str | None) -> str | None:
    """The coded reason of an exit: one of those the protocol lists, the only one by default."""
    if trigger in BY_KIND and trigger not in definition.triggers:
        command = _COMMANDS.get(trigger, f"record {trigger}")
        raise UnknownTrigger(f"{trigger} is a fact and no step", hint=f"regimen {command} records it")
    one_of(trigger, definition.triggers, "trigger", UnknownTrigger)
    may_be = codes_of(definition, chart, trigger)
    codes = tuple(one for one in may_be if one is not None)
    if code is None and None not in may_be:
        if len(codes) > 1:
            raise InvalidInput(f"{trigger} needs a coded reason", hint=f"--code with one of: {', '.join(codes)}")
        return codes[0]
    if code is None:
        return None
    if not codes:
        raise InvalidInput(f"{trigger} takes no coded reason")
    return one_of(code, codes, "reason code" if None in may_be else f"reason code of {trigger}")
