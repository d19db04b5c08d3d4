"""One command on one patient: lock the row, load the chart, decide, seal the entry, move the row on.

The same path serves an allowed step, a refusal, a fact and an override. ``Trial`` gives these their names.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from workflow import canonical
from workflow.engine import chart as charts
from workflow.engine import due, facts
from workflow.engine.answer import decide, decide_enrolment, forward
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.decision import Decision, Proposal
from workflow.engine.facts import shown
from workflow.errors import (
    AlreadyExists,
    Conflict,
    InvalidInput,
    LostRace,
    RequestIdReused,
    UnknownPatient,
    UnknownPerson,
    UnknownTrigger,
)
from workflow.ledger.entry import (
    ENROLMENT,
    FORMAT,
    TRANSITION,
    TRIAL_CHAIN,
    Entry,
    Sealed,
    Signature,
    chain_of,
    commitment,
    instant,
    reasons_as_data,
    seal,
)
from workflow.protocol.model import Purpose
from workflow.report.views import Result
from workflow.store import log, roster
from workflow.store.log import PatientRow
from workflow.store.transaction import Transaction
from workflow.version import VERSION

_LABEL = re.compile(r"[!-~]{1,64}")  # an assurance, a login, a service: never free text

Make = Callable[[Definition, Chart, date], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. ``assurance`` says how that is known: "os" (the kernel's user), "service" (an embedding service)...

    ``via`` names the login or the service. The role is not the caller's to say: it is looked up.
    """

    id: str
    assurance: str = "service"
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of a command: in UTC for the log, and as the date that it is at the site."""

    at: datetime
    today: date


@dataclass(frozen=True, slots=True)
class Request:
    """A command on one patient, before it is known where they stand.

    ``action`` None is the step forward, ``on`` None is today. ``make`` gives the payload once the patient is known.
    The same ``request_id`` again, with the same content, answers the first result.
    """

    action: str | None
    on: date | None
    make: Make | None = None
    told: Mapping[str, Any] | None = None  # what the payload is made of, as it was given
    code: str | None = None
    texts: Mapping[str, str] | None = None
    override: bool = False
    expect: int | None = None
    request_id: str | None = None


@dataclass(slots=True)
class Draft:
    """A decision put into an entry, and the row that goes with it; not yet stored."""

    sealed: Sealed
    values: dict[str, Any]
    result: Result


# ── on one patient ─────────────────────────────────────────────────────────────────────────────────────────────────


class Commands:
    """Carries commands out in a unit of work. ``definition_of`` answers the definition of an installed version."""

    def __init__(self, definition_of: Callable[[str], Definition]) -> None:
        self._definition_of = definition_of

    def carry_out(
        self, tx: Transaction, patient: str, request: Request, by: Actor, now: Moment, *, dry_run: bool
    ) -> Result:
        if request.request_id is not None and (earlier := log.by_request(tx, request.request_id)) is not None:
            return self._repeat(tx, earlier, patient, request, by)
        row = log.patient_row(tx, patient, by.id, lock=not dry_run)
        if row is None:
            raise UnknownPatient(f"there is no patient {shown(patient)}")
        draft = [self.decided(row, request, by, now)]
        follow = _following(self._definition_of(row.version), draft[0])
        if follow is not None:
            values = draft[0].values
            row.seq, row.head, row.chart = values["seq"], values["head"], values["chart"]
            draft.append(self.decided(row, follow, by, now))
        if not dry_run:
            for one in draft:
                _store(tx, one)
        first, *also = (replace(one.result, seq=None, hash=None) if dry_run else one.result for one in draft)
        return replace(first, also=tuple(also), state=also[-1].state) if also else first

    def carry_out_many(
        self, tx: Transaction, patients: Sequence[str], request: Request, by: Actor, now: Moment
    ) -> dict[str, Result]:
        rows = log.lock_many(tx, patients, by.id)
        missing = next((patient for patient in patients if patient not in rows), None)
        if missing is not None:
            raise UnknownPatient(f"there is no patient {shown(missing)}")
        done = [self.decided(rows[patient], request, by, now) for patient in patients]
        log.append_many(tx, [draft.sealed for draft in done])
        if tx.run_many(log.UPDATE_PATIENT, [draft.values for draft in done]) != len(done):
            raise LostRace
        return {draft.result.patient: draft.result for draft in done}

    def decided(self, row: PatientRow, request: Request, by: Actor, now: Moment) -> Draft:
        """The decision on ``ask`` for the patient of ``row``, as the entry and the row that it makes."""
        signature = signed(by, row.role, row.active)
        if request.expect is not None and request.expect != row.seq:
            raise Conflict(
                f"patient {row.id} has moved on: the last entry is {row.seq}, not {request.expect}",
                hint=f"look at regimen next {row.id}",
            )
        definition = self._definition_of(row.version)
        chart = charts.loads(row.chart)
        on = request.on or now.today
        data = request.make(definition, chart, on) if request.make is not None else {}
        canonical.check(data)
        texts = request.texts or {}
        action = request.action
        if action is None:
            asked = Proposal("", on, now.today, signature.role, data, None, "reason" in texts, request.override)
            action = _step_forward(definition, chart, asked, row.id)
        fact = action in charts.FACTS
        code = None if fact else _code(definition, chart, action, request.code)
        proposal = Proposal(action, on, now.today, signature.role, data, code, "reason" in texts, request.override)
        decision = decide(definition, chart, proposal)
        body = _body(action if fact else TRANSITION, proposal, decision, signature, now, definition)
        body["request"] = _request(row.id, request, by)
        body |= {"chain": chain_of(row.id), "seq": row.seq + 1, "prev": row.head.hex()}
        sealed = seal(body, _salted(texts))
        if decision.allowed:
            charts.apply(
                definition,
                chart,
                seq=row.seq + 1,
                action=action,
                on=on,
                target=decision.target,
                code=code,
                data=data,
            )
        values = {
            "b_id": row.id,
            "b_seq": row.seq,
            "seq": row.seq + 1,
            "head": sealed.hash,
            **cached(definition, chart),
        }
        return Draft(sealed, values, _result(row.id, decision, proposal, chart.state, now, sealed))

    # ── enrolment ────────────────────────────────────────────────────────────────────────────────────────────────

    def enroll(
        self,
        tx: Transaction,
        definition: Definition,
        patient: str,
        arm: str,
        request: Request,
        by: Actor,
        now: Moment,
        *,
        dry_run: bool,
    ) -> Result:
        if request.request_id is not None and (earlier := log.by_request(tx, request.request_id)) is not None:
            return self._repeat(tx, earlier, patient, request, by)
        signature = signature_of(tx, by)
        if log.patient_row(tx, patient, None, lock=False) is not None:
            raise AlreadyExists(f"patient {patient} is enrolled already", hint=f"regimen show {patient}")
        data = {"patient": patient, "arm": arm, "version": definition.version}
        proposal = Proposal(charts.ENROLMENT, request.on or now.today, now.today, signature.role, data)
        decision = decide_enrolment(definition, proposal, arm)
        body = _body(ENROLMENT, proposal, decision, signature, now, definition)
        body["request"] = _request(patient, request, by)
        if not decision.allowed:  # there is no patient to keep it with: the trial's own chain does
            sealed = None if dry_run else append_to(tx, TRIAL_CHAIN, body)
            return _result(patient, decision, proposal, None, now, sealed)
        sealed = seal(body | {"chain": chain_of(patient), "seq": 1, "prev": None}, {})
        chart = charts.enrolled(definition, arm, proposal.on)
        if not dry_run:
            log.append(tx, sealed)
            row = {
                "id": patient,
                "version": definition.version,
                "arm": arm,
                "seq": 1,
                "head": sealed.hash,
                "enrolled_on": proposal.on.isoformat(),
            }
            tx.run(log.ADD_PATIENT, row | cached(definition, chart))
        return _result(patient, decision, proposal, chart.state, now, None if dry_run else sealed)

    # ── the same request again ───────────────────────────────────────────────────────────────────────────────────

    def _repeat(self, tx: Transaction, earlier: Entry, patient: str, request: Request, by: Actor) -> Result:
        """The first result of a request that was carried out before; a conflict when it asked for something else."""
        first_asked = earlier.request or {}
        if first_asked.get("sha256") != fingerprint(patient, request, by) or not _same_texts(tx, earlier, request):
            raise RequestIdReused(
                f"request id {shown(request.request_id or '')} was used for another request",
                hint=f"it is entry {earlier.seq} of {earlier.chain}",
            )
        first = _of_entry(earlier, patient)
        following = log.one(tx, earlier.chain, earlier.seq + 1) if earlier.kind == charts.ADVERSE_EVENT else None
        if following is None or following.data.get("adverse_event") != (earlier.data["of"] or earlier.seq):
            return first
        after = _of_entry(following, patient)
        return replace(first, also=(after,), state=after.state)


def fingerprint(patient: str, request: Request, by: Actor) -> str:
    """What a request asks for, without its free text (an unsalted hash would let that be guessed)."""
    asked = [patient, by.id, request.action, request.on, request.code, request.override, request.expect, request.told]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()


def _request(patient: str, request: Request, by: Actor) -> dict[str, str] | None:
    return (
        {"id": request.request_id, "sha256": fingerprint(patient, request, by)}
        if request.request_id is not None
        else None
    )


def _same_texts(tx: Transaction, earlier: Entry, request: Request) -> bool:
    texts = request.texts or {}
    kept = log.salted(tx, earlier.chain, earlier.seq)
    return set(texts) == set(earlier.committed) and all(
        name not in kept or commitment(kept[name][0], text) == commitment(*kept[name]) for name, text in texts.items()
    )


def _store(tx: Transaction, draft: Draft) -> None:
    log.append(tx, draft.sealed)
    if tx.run(log.UPDATE_PATIENT, draft.values) != 1:
        raise LostRace


def _following(definition: Definition, draft: Draft) -> Request | None:
    """A toxicity declared unacceptable takes a patient who is on treatment off it, in the same transaction."""
    body = draft.sealed.body
    if not (draft.result.allowed and body["kind"] == charts.ADVERSE_EVENT and body["data"]["unacceptable"]):
        return None
    chart = charts.loads(draft.values["chart"])
    if not chart.on_treatment:
        return None
    data = {"adverse_event": body["data"]["of"] or body["seq"]}
    trigger = definition.triggers_for(Purpose.TOXICITY)[0]
    on = max(draft.result.occurred_on, chart.since)
    return Request(trigger, on, lambda *_: data)


def cached(definition: Definition, chart: Chart) -> dict[str, Any]:
    """The columns of a patient's row that the chart decides."""
    window = due.of_state(definition, chart)
    return {
        "state": chart.state,
        "chart": charts.dumps(chart),
        "opens_on": window.opens.isoformat() if window else None,
        "due_on": window.due.isoformat() if window else None,
    }


def _step_forward(definition: Definition, chart: Chart, asked: Proposal, patient: str) -> str:
    found = forward(definition, chart, asked)
    if found is None:
        raise UnknownTrigger(
            f"no step leads forward from {chart.state}", hint=f"regimen next {patient} shows what may happen"
        )
    return found.transition.trigger


def _code(definition: Definition, chart: Chart, trigger: str, code: str | None) -> str | None:
    """The coded reason of an exit: one of those the protocol lists, the only one by default."""
    if trigger not in definition.triggers:
        facts.one_of(trigger, definition.triggers, "trigger", UnknownTrigger)
    row = definition.table(chart.arm).by_trigger.get((chart.state, trigger))
    if row is None:
        return code if code is None else facts.one_of(code, definition.codes.get(trigger, ()), "reason code")
    if code is None:
        if len(row.codes) > 1:
            raise InvalidInput(f"{trigger} needs a coded reason", hint=f"--code with one of: {', '.join(row.codes)}")
        return row.codes[0] if row.codes else None
    if not row.codes:
        raise InvalidInput(f"{trigger} takes no coded reason")
    return facts.one_of(code, row.codes, f"reason code of {trigger}")


# ── who acts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def signature_of(tx: Transaction, by: Actor) -> Signature:
    found = roster.one(tx, by.id)
    return signed(by, found.role if found else None, int(found.active) if found else None)


def signed(by: Actor, role: str | None, active: int | None) -> Signature:
    if role is None:
        raise UnknownPerson(f"there is no person {shown(by.id)}", hint="regimen people list shows who there is")
    if not active:
        raise UnknownPerson(f"{by.id} is no longer active", hint="regimen people list shows who is")
    for said in (by.assurance, by.via or "-"):
        if not _LABEL.fullmatch(said):
            raise InvalidInput(
                f"not a name for how {by.id} is known: {shown(said)}", hint="1 to 64 printable characters"
            )
    return Signature(by.id, role, by.assurance, by.via)


# ── entries ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _body(
    kind: str,
    proposal: Proposal,
    decision: Decision,
    signature: Signature,
    now: Moment,
    definition: Definition,
) -> dict[str, Any]:
    """All of an entry's body but its place in a chain."""
    fact = kind in charts.FACTS
    return blank(kind, signature, now) | {
        "trigger": None if fact else proposal.action,
        "outcome": decision.outcome.value,
        "from": decision.source,
        "to": decision.target,
        "on": proposal.on.isoformat(),
        "code": proposal.code,
        "data": proposal.data,
        "override": proposal.override,
        "reasons": reasons_as_data(decision.reasons),
        "delay": decision.delay,
        "protocol": {
            "trial": definition.protocol.trial,
            "version": definition.version,
            "digest": definition.digest,
        },
    }


def _salted(texts: Mapping[str, str]) -> dict[str, tuple[bytes, str]]:
    return {name: (os.urandom(16), text) for name, text in texts.items()}


def blank(kind: str, signature: Signature, now: Moment) -> dict[str, Any]:
    """An allowed entry of ``kind`` on the day it was asked for, about nothing yet."""
    return {
        "v": FORMAT,
        "kind": kind,
        "trigger": None,
        "outcome": "allowed",
        "from": None,
        "to": None,
        "on": now.today.isoformat(),
        "today": now.today.isoformat(),
        "at": instant(now.at),
        "actor": {
            "id": signature.id,
            "role": signature.role,
            "assurance": signature.assurance,
            "via": signature.via,
        },
        "code": None,
        "data": {},
        "override": False,
        "reasons": [],
        "delay": 0,
        "protocol": None,
        "software": VERSION,
        "request": None,
    }


def append_to(tx: Transaction, chain: str, body: dict[str, Any]) -> Sealed:
    """Append to one of the chains that are no patient's."""
    seq, head = log.lock_head(tx, chain)
    place = {"chain": chain, "seq": seq + 1, "prev": head.hex() if head is not None else None}
    sealed = seal(body | place, {})
    log.append(tx, sealed)
    log.move_head(tx, chain, seq, sealed)
    return sealed


def _result(
    patient: str, decision: Decision, proposal: Proposal, state: str | None, now: Moment, sealed: Sealed | None
) -> Result:
    return Result(
        patient=patient,
        action=proposal.action,
        outcome=decision.outcome.value,
        occurred_on=proposal.on,
        source=decision.source,
        state=state,
        reasons=decision.reasons,
        delay=decision.delay,
        seq=sealed.body["seq"] if sealed else None,
        hash=sealed.hash.hex() if sealed else None,
        recorded_at=now.at,
    )


def _of_entry(entry: Entry, patient: str) -> Result:
    return Result(
        patient=patient,
        action=entry.trigger or entry.kind,
        outcome=entry.outcome,
        occurred_on=entry.occurred_on,
        source=entry.source,
        state=entry.target or entry.source,
        reasons=entry.reasons,
        delay=entry.delay,
        seq=entry.seq,
        hash=entry.hash,
        recorded_at=entry.recorded_at,
        repeated=True,
    )
