"""A trial: one method per thing that a person does, each one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar, Unpack

import sqlalchemy as sa
from msgspec import Struct

from workflow.desk import damage, inputs, people, site, software
from workflow.desk.append import append_to
from workflow.desk.damage import Tell, raised
from workflow.desk.door import watched
from workflow.desk.protocols import require_sound
from workflow.desk.reading import Reading
from workflow.desk.request import Actor, Advance, Again, Enrolling, Moment, Recording, Remarking, Request
from workflow.desk.roster import require_still, signed
from workflow.desk.site import Site, local_now
from workflow.desk.write import Writer
from workflow.engine.course import Definition
from workflow.engine.facts import (
    Telling,
    adverse_event,
    consent,
    counts,
    dose,
    eligibility,
    hold,
    resume,
)
from workflow.engine.facts import response as facts_response
from workflow.engine.facts.check import one_of, shown
from workflow.errors import (
    AlreadyExists,
    DamagedRow,
    InvalidInput,
    LostRace,
    RefusedError,
    UnknownPatient,
    WorkflowError,
)
from workflow.ledger.entry import (
    ACKNOWLEDGED,
    QUERY,
    REDACTED,
    REVIEWED,
    TRIAL_CHAIN,
    TRIAL_OPENED,
    Signature,
    chain_of,
    id_key,
    ours,
)
from workflow.ledger.people import Person
from workflow.ledger.remarks import ANSWERED, ASKED, ASSESSMENTS, CLOSED, OUTCOMES
from workflow.ledger.review import LATE
from workflow.protocol import content
from workflow.protocol.model import Protocol
from workflow.protocol.words import ADMINISTRATOR, AUDITOR
from workflow.report.views import (
    PatientView,
    PersonResult,
    Result,
)
from workflow.store import log
from workflow.store.engine import create_engine, prepare
from workflow.store.transaction import Transaction, Transactions
from workflow.store.upgrade import require_current, upgrade

if TYPE_CHECKING:
    from workflow.desk.reviewing import Review
    from workflow.ledger.report import Report
    from workflow.report.remarks import Deviation, QueryView

_INSTALL = "install"  # the program's own action: an administrator's, whatever the protocols say
TRIES = 5  # of a command whose race was lost
T = TypeVar("T")


class Options(TypedDict, total=False):
    """What every command on a patient takes beside its own arguments.

    ``at`` is the time of day (HH:MM), where it is told. ``note`` is free text (kept apart from the entry, which holds
    a commitment to it). ``override``, with a ``reason``, passes soft guards; ``happened``, with a ``reason``, says that
    a step or dose did happen whatever the guards say. With ``expect`` the command is a conflict unless the patient's
    last entry has that number. The same ``request_id`` again answers the first result. With ``connection`` the command
    joins the caller's transaction, which commits it. A ``dry_run`` decides and writes nothing. What is told with
    ``corrects``, and a ``reason``, takes the place of what that entry recorded; its day is then that one's by default.
    """

    corrects: int | None
    at: str | None
    note: str | None
    reason: str | None
    override: bool
    happened: bool
    expect: int | None
    request_id: str | None
    connection: sa.Connection | None
    dry_run: bool


class Remarks(TypedDict, total=False):
    """What may be told with a remark about entries; the names are those of ``Options``."""

    note: str | None
    reason: str | None
    expect: int | None
    request_id: str | None
    connection: sa.Connection | None
    dry_run: bool


@watched
class Trial(Reading):
    """A trial in a database.

    ``clock`` gives the present moment, with an offset from UTC. Which day that is at the site - what "today" means in a
    decision - is said by the trial's zone, wherever the clock is. Where it is behind the log nothing is written, unless
    with ``trust_clock``: it is right, and another's was ahead.
    """

    def __init__(
        self, engine: sa.Engine, *, clock: Callable[[], datetime] = local_now, trust_clock: bool = False
    ) -> None:
        super().__init__(Transactions(prepare(engine)), Site(clock, trusted=trust_clock))
        self._owns_engine = False
        self._may_write = software.MayWrite()
        self._writer = Writer(self._protocols, self._roster, self._may_write, self._site)
        with self._transactions.reading() as tx:
            require_current(tx.connection)
            self._protocols.read(tx)

    @classmethod
    def open(cls, url: str, *, clock: Callable[[], datetime] = local_now, trust_clock: bool = False) -> Self:
        """The trial in the database at ``url`` (a SQLite file's path, or a database URL). Raises ``DatabaseError``."""
        trial = cls(create_engine(url), clock=clock, trust_clock=trust_clock)
        trial._owns_engine = True
        return trial

    @classmethod
    def init(
        cls,
        url: str | sa.Engine,
        *,
        by: Actor,
        protocols: Iterable[Protocol | bytes] | None = None,
        zone: str | None = None,
        clock: Callable[[], datetime] = local_now,
        beside: bool = False,
    ) -> Self:
        """Set a new database up: the schema, the protocols, and ``by`` as its first administrator.

        ``protocols`` are those to install, as values or in their written form; the shipped ones unless others are
        given. ``zone`` is the time zone of the trial's site, by its name ("America/Chicago"); by default this
        machine's own. A database that holds other tables is refused, unless ours are to stand ``beside`` those of the
        service.
        """
        inputs.person(by.id)
        given = _written(protocols)
        require_sound(given)
        zone = site.checked(zone) if zone is not None else site.of_this_machine()
        engine = create_engine(url, create=True) if isinstance(url, str) else prepare(url)
        upgrade(engine, beside=beside)
        trial = cls(engine, clock=clock)
        trial._owns_engine = isinstance(url, str)
        with trial._transactions.writing() as tx:
            if log.has_head(tx, TRIAL_CHAIN):
                raise AlreadyExists("there is a trial in this database already", hint="regimen show tells who is in it")
            now = trial._site.moment_in(zone)
            signature = people.open_chain(tx, by, now)
            log.add_head(tx, TRIAL_CHAIN)
            append_to(tx, TRIAL_CHAIN, TRIAL_OPENED, signature, now)
            software.note_change(tx, signature, now)
            site.set_zone(tx, zone, signature, now)
            for data in given:
                trial._protocols.install(tx, data, signature, now)
        return trial

    def close(self) -> None:
        """Give the kept connections back; dispose of the engine unless it is the caller's own."""
        self._transactions.close()
        if self._owns_engine:
            self._transactions.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def engine(self) -> sa.Engine:
        return self._transactions.engine

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """One transaction for several commands: pass the connection to each; all of them are kept, or none.

        A refusal is kept too, unless an exception - that of ``or_raise()`` among them - ends the transaction.
        """
        theirs: BaseException | None = None
        try:
            with self._transactions.writing() as tx:
                tx.start()  # for what the caller does on the driver's own connection
                try:
                    yield tx.connection
                except BaseException as error:
                    theirs = error
                    raise
        except WorkflowError as ours:
            if theirs is None or theirs is ours:
                raise
        if theirs is not None:  # an error of the caller's own statements stays what it was
            raise theirs

    # ── patients ─────────────────────────────────────────────────────────────────────────────────────────────────

    def enroll(
        self,
        patient: str,
        arm: str,
        *,
        by: Actor,
        on: date | None = None,
        version: str | None = None,
        instead_of: str | None = None,
        reason: str | None = None,
        request_id: str | None = None,
        connection: sa.Connection | None = None,
        dry_run: bool = False,
    ) -> Result:
        """Open a patient's chain: they enter screening in ``arm``.

        They are under ``version``; by default under the one that was in force for the arm on that day. ``instead_of``,
        with a ``reason``, is another patient, as whom the same person was enrolled wrongly and of whom nothing else
        stands: that enrolment is taken back (it stands in ``Result.also``), and each names the other.
        """
        inputs.day(on)
        inputs.new_patient(patient, "*")  # whether it is one of the protocol's is asked once that is chosen
        inputs.enrolled_anew(patient, instead_of, reason)
        what, texts = Enrolling(arm, version, instead_of), inputs.texts(reason=reason)
        request = Request(what, on, texts=texts, id=inputs.request_id(request_id))

        def work(tx: Transaction) -> Result:
            return self._writer.enroll(tx, patient, request, by, dry_run=dry_run)

        return self._write(work, connection, dry_run=dry_run)

    def advance(
        self,
        patient: str,
        trigger: str | None = None,
        *,
        by: Actor,
        on: date | None = None,
        code: str | None = None,
        **more: Unpack[Options],
    ) -> Result:
        """Fire ``trigger``, or take the step forward. ``on`` is the day it happened (default: today).

        ``code`` is an exit's coded reason; a ``reason`` in words is for a delay, an override, a step that did happen.
        """
        return self._ask(patient, Advance(trigger, code), by, on, **more)

    def advance_many(
        self,
        patients: Sequence[str],
        trigger: str | None = None,
        *,
        by: Actor,
        on: date | None = None,
        connection: sa.Connection | None = None,
    ) -> tuple[Result, ...]:
        """The same step for many patients in one transaction: each decided for itself, allowed or refused.

        An unknown patient is an error and nothing is written. The results are in the order of ``patients``.
        """
        for patient in patients:
            inputs.patient(patient)
        request = Request(Advance(trigger), inputs.day(on))

        def work(tx: Transaction) -> tuple[Result, ...]:
            done = self._writer.carry_out_many(tx, patients, request, by)
            return tuple(done[id_key(patient)] for patient in patients)

        return self._write(work, connection)

    def correct(
        self,
        patient: str,
        entry: int,
        *,
        by: Actor,
        on: date | None = None,
        code: str | None = None,
        **more: Unpack[Options],
    ) -> Result:
        """Take back the fact, or the last step, that ``entry`` recorded: the log keeps both.

        A step that followed from it by itself goes with it. What was decided since stays decided.

        With ``on``, ``at`` or ``code`` the same is told anew, of that day, that time, with that coded reason: both
        happen, or neither. With other values it is told anew by the method that records such, with ``corrects``.
        """
        again = None if (on, code, more.get("at")) == (None, None, None) else Again(code)
        more["corrects"] = entry
        return self._ask(patient, again, by, on, **more)

    def redact(
        self,
        patient: str,
        entry: int,
        *,
        by: Actor,
        reason: str,
        field: str | None = None,
        request_id: str | None = None,
        connection: sa.Connection | None = None,
        dry_run: bool = False,
    ) -> Result:
        """Remove a free text of ``entry`` for good, such as one that names a person; an administrator's to do.

        ``field`` is "reason" or "note", where the entry has both. The entry stays, and says that there was a text.
        """
        more: Remarks = {"reason": reason, "request_id": request_id, "connection": connection, "dry_run": dry_run}
        return self._remark(patient, Remarking(REDACTED, (entry,), field or ""), by, **more)

    def record(
        self, patient: str, telling: Telling, *, by: Actor, on: date | None = None, **more: Unpack[Options]
    ) -> Result:
        """Record a fact of any kind. Every module of ``workflow.engine.facts`` makes tellings of its kind.

        ``on`` is the day it happened (default: today).
        """
        return self._ask(patient, Recording(telling), by, on, **more)

    def _ask(
        self,
        patient: str,
        what: Advance | Recording | Again | None,
        by: Actor,
        on: date | None,
        *,
        corrects: int | None = None,
        at: str | None = None,
        note: str | None = None,
        reason: str | None = None,
        override: bool = False,
        happened: bool = False,
        expect: int | None = None,
        request_id: str | None = None,
        connection: sa.Connection | None = None,
        dry_run: bool = False,
    ) -> Result:
        inputs.patient(patient)
        request = Request(
            inputs.asked(what, corrects, reason),
            inputs.day(on),
            inputs.time(at),
            inputs.mode(override=override, happened=happened),
            inputs.texts(reason=reason, note=note),
            expect,
            inputs.request_id(request_id),
        )

        def work(tx: Transaction) -> Result:
            try:  # and no ``damage.of``: this is every command's way
                return self._writer.carry_out(tx, patient, request, by, dry_run=dry_run)
            except DamagedRow as error:
                raise damage.placed(error, chain_of(patient)) from None

        return self._write(work, connection, dry_run=dry_run)

    # ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────

    def record_consent(
        self, patient: str, *, by: Actor, on: date | None = None, version: str | None = None, **more: Unpack[Options]
    ) -> Result:
        """Written informed consent on ``on`` to a protocol version (default: the one the patient is under)."""
        return self.record(patient, consent.telling(version), by=by, on=on, **more)

    def record_eligibility(
        self,
        patient: str,
        *,
        by: Actor,
        route: str,
        answers: Mapping[str, bool | None] | None = None,
        others_in_order: bool = False,
        on: date | None = None,
        **more: Unpack[Options],
    ) -> Result:
        """The answers to the eligibility criteria: the route met, and of each criterion whether its statement holds.

        A criterion that is not named is unknown (which blocks as a failed one does) unless ``others_in_order``.
        """
        telling = eligibility.telling(route, answers or {}, others=others_in_order)
        return self.record(patient, telling, by=by, on=on, **more)

    def record_adverse_event(
        self,
        patient: str,
        *,
        by: Actor,
        term: str,
        grade: int,
        on: date | None = None,
        attributed: Sequence[str] | None = None,
        serious: bool = False,
        unacceptable: bool = False,
        resolved: date | None = None,
        stops: Sequence[str] = (),
        **more: Unpack[Options],
    ) -> Result:
        """An adverse event with onset on ``on``: a CTCAE v5 term, grade 1 to 5, the agents it is attributed to
        (none of them: an empty sequence; not judged yet: None).

        ``unacceptable`` and ``stops`` (agents stopped for good) are an investigator's to declare; declared
        unacceptable it takes a patient who is on treatment off it (the second entry stands in ``Result.also``).
        """
        telling = adverse_event.telling(
            term=term,
            grade=grade,
            attributed=_strings(attributed),
            serious=serious,
            unacceptable=unacceptable,
            resolved=inputs.day(resolved),
            stops=_strings(stops) or (),
            described=more.get("note") is not None,
        )
        return self.record(patient, telling, by=by, on=on, **more)

    def update_adverse_event(
        self,
        patient: str,
        entry: int,
        *,
        by: Actor,
        on: date | None = None,
        grade: int | None = None,
        resolved: date | None = None,
        unacceptable: bool = False,
        attributed: Sequence[str] | None = None,
        stops: Sequence[str] = (),
        reopened: bool = False,
        **more: Unpack[Options],
    ) -> Result:
        """News of the adverse event that ``entry`` recorded; what is not given stays as it was.

        ``on`` is the day of the news. By default it is today for a grade and for an agent that is stopped, the day that
        it ``resolved`` for an end, the event's first day for a judgement. News after its end need ``reopened``.
        """
        telling = adverse_event.telling_news(
            entry,
            grade=grade,
            attributed=_strings(attributed),
            unacceptable=unacceptable,
            resolved=inputs.day(resolved),
            stops=_strings(stops) or (),
            reopened=reopened,
        )
        return self.record(patient, telling, by=by, on=on, **more)

    def record_counts(
        self,
        patient: str,
        *,
        by: Actor,
        anc: str | int | Decimal,
        platelets: str | int | Decimal,
        on: date | None = None,
        **more: Unpack[Options],
    ) -> Result:
        """Blood counts taken on ``on``: ANC and platelets, both x10^9/L."""
        return self.record(patient, counts.telling(anc, platelets), by=by, on=on, **more)

    def record_response(
        self,
        patient: str,
        *,
        by: Actor,
        response: str,
        mrd: str | None = None,
        on: date | None = None,
        **more: Unpack[Options],
    ) -> Result:
        """A response assessment of ``on``: one of the protocol's categories; ``mrd`` is "negative" or "positive"."""
        return self.record(patient, facts_response.telling(response, mrd), by=by, on=on, **more)

    def record_dose(
        self,
        patient: str,
        *,
        by: Actor,
        agent: str,
        amount: str | None = None,
        unit: str | None = None,
        on: date | None = None,
        **more: Unpack[Options],
    ) -> Result:
        """A dose given on ``on``. Follow-up is counted from the last one.

        Where the guards say no and it was given all the same, ``happened`` with a ``reason`` keeps it as a deviation.
        """
        return self.record(patient, dose.telling(agent, amount, unit), by=by, on=on, **more)

    def hold(self, patient: str, *, by: Actor, code: str, on: date | None = None, **more: Unpack[Options]) -> Result:
        """Hold treatment: no step forward until it is resumed. ``code`` is one of the protocol's ``hold_codes``."""
        return self.record(patient, hold.telling(code), by=by, on=on, **more)

    def resume(
        self,
        patient: str,
        *,
        by: Actor,
        on: date | None = None,
        hold: int | None = None,
        **more: Unpack[Options],
    ) -> Result:
        """End a hold: that of entry ``hold``, or the one that is open on that day."""
        return self.record(patient, resume.telling(hold), by=by, on=on, **more)

    # ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────

    def verify(
        self, *, patient: str | None = None, workers: int = 1, progress: Callable[[int], None] | None = None
    ) -> Report:
        """Check the whole log: chains, bytes against columns, fold against row, every past decision decided again.

        With ``patient`` it is their chain alone, with the people's and the trial's, on which it rests. ``progress`` is
        told about how many entries were read. With ``workers`` that many processes share the work; they are forks, and
        so not for a process that runs threads.
        """
        from workflow.store.audit import verify

        if patient is not None:
            inputs.patient(patient)
            with self._transactions.reading() as tx:
                missing = log.no_patient(tx, patient)  # their row may hold whatever it will
                if isinstance(missing, UnknownPatient):
                    raise missing
        return verify(self._transactions, patient=patient, workers=workers, progress=progress)

    def review(
        self,
        *,
        patient: str | None = None,
        since: date | None = None,
        late: int = LATE,
        whole: bool = False,
        damaged: Tell = raised,
    ) -> Review:
        """What an auditor is to look at, patient by patient: iterate over it, once.

        Of each it is what came behind the entry up to which they were signed off (``sign_review``), and what that puts
        in question; with ``whole`` everything.

        Every step and dose that stands is decided again by all that stands now; beside those that would have come out
        otherwise it lists what was recorded more than ``late`` days after its day, overrides, deviations, corrections,
        and refusals that were asked again with another date. With ``since`` it is what was recorded on that day or
        later, and what that puts in question. Raises ``DamagedRow`` for a chain that is none; where ``damaged`` is told
        of it, the others are reviewed.
        """
        from workflow.desk.reviewing import Review

        if late < 0:
            raise InvalidInput(f"nothing is recorded more than {late} days late")
        self._require_patient(patient)
        with self._transactions.reading() as tx:
            self._protocols.read(tx)
        find = self._protocols.by_digest
        more: dict[str, Any] = {"since": since, "late": late, "whole": whole, "damaged": damaged}
        return Review(self._transactions, find, patient=patient, **more)

    def sign_review(
        self, patient: str, seq: int, hash: str, outcome: str, *, by: Actor, **more: Unpack[Remarks]
    ) -> Result:
        """Sign a patient's entries off as reviewed, up to ``seq``, whose hash is ``hash``; an auditor's to do.

        ``outcome`` is one of ``workflow.ledger.remarks.OUTCOMES``; any but ``in_order`` needs a ``note``. The next
        review begins behind it. Raises ``Conflict`` where that entry is another than the one that was reviewed.
        """
        return self._remark(
            patient, Remarking(REVIEWED, (seq,), one_of(outcome, OUTCOMES, "outcome"), hash), by, **more
        )

    # ── deviations and queries ───────────────────────────────────────────────────────────────────────────────────

    def deviations(
        self,
        *,
        patient: str | None = None,
        since: date | None = None,
        outstanding: bool = False,
        damaged: Tell = raised,
    ) -> Iterator[Deviation]:
        """What happened against the rules, in the order it was recorded; of the day ``since`` or later.

        With ``outstanding`` those that stand and that nobody has acknowledged.
        """
        from workflow.desk.listing import Listing

        self._require_patient(patient)
        listing = Listing(self._transactions, self._definition_of, damaged)
        return (one for one in listing.deviations(patient, since) if one.outstanding or not outstanding)

    def acknowledge(
        self, patient: str, entries: Sequence[int], assessment: str, *, by: Actor, **more: Unpack[Remarks]
    ) -> Result:
        """Acknowledge deviations, and judge what they mean: one of ``workflow.ledger.remarks.ASSESSMENTS``.

        It is for whom the protocol lets ``acknowledge``, else for whoever may override. A deviation that is corrected
        is another entry then, and is to be acknowledged for itself.
        """
        word = one_of(assessment, ASSESSMENTS, "assessment")
        return self._remark(patient, Remarking(ACKNOWLEDGED, tuple(entries), word), by, **more)

    def queries(self, *, patient: str | None = None, open: bool = False, damaged: Tell = raised) -> Iterator[QueryView]:
        """What monitors have asked about entries, in the order it was asked; with ``open`` what is not closed yet."""
        from workflow.desk.listing import Listing

        self._require_patient(patient)
        listing = Listing(self._transactions, self._definition_of, damaged)
        return (one for one in listing.queries(patient) if one.open or not open)

    def ask_query(self, patient: str, entry: int, text: str, *, by: Actor, **more: Unpack[Remarks]) -> Result:
        """Ask about an entry of a patient's; an auditor's to do. What comes of it is said by that entry's number."""
        more["note"] = text
        return self._remark(patient, Remarking(QUERY, (entry,), ASKED), by, **more)

    def answer_query(self, patient: str, query: int, text: str, *, by: Actor, **more: Unpack[Remarks]) -> Result:
        """Answer the query that entry ``query`` asks; for whoever may do anything to the patient."""
        more["note"] = text
        return self._remark(patient, Remarking(QUERY, (query,), ANSWERED), by, **more)

    def close_query(
        self, patient: str, query: int, *, by: Actor, text: str | None = None, **more: Unpack[Remarks]
    ) -> Result:
        """Close the query that entry ``query`` asks, answered or not; an auditor's to do."""
        more["note"] = text
        return self._remark(patient, Remarking(QUERY, (query,), CLOSED), by, **more)

    def _require_patient(self, patient: str | None) -> None:
        if patient is not None:
            with self._transactions.reading() as tx:
                if not log.ids_of(tx, [chain_of(inputs.patient(patient))]):
                    raise log.no_patient(tx, patient)

    def _remark(
        self,
        patient: str,
        what: Remarking,
        by: Actor,
        *,
        note: str | None = None,
        reason: str | None = None,
        expect: int | None = None,
        request_id: str | None = None,
        connection: sa.Connection | None = None,
        dry_run: bool = False,
    ) -> Result:
        inputs.patient(patient)
        texts = inputs.texts(reason=reason, note=note)
        request = Request(what, texts=texts, expect=expect, id=inputs.request_id(request_id))

        def work(tx: Transaction) -> Result:
            with damage.of(chain_of(patient)):
                return self._writer.carry_out(tx, patient, request, by, dry_run=dry_run)

        return self._write(work, connection, dry_run=dry_run)

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────

    def add_person(
        self,
        id: str,
        role: str,
        *,
        by: Actor,
        login: str | None = None,
        since: date | None = None,
        until: date | None = None,
        dry_run: bool = False,
    ) -> PersonResult:
        """Give a person a role (an administrator's to do), or bring back one who was deactivated in it.

        The role is theirs from ``since`` to ``until``, both included; by default always.
        """
        one_of(role, self.roles(), "role")
        if since is not None and until is not None and until < since:
            raise InvalidInput(f"until {until} is before {since}")
        who = Person(inputs.person(id), role, inputs.login(login), True, inputs.day(since), inputs.day(until))

        def work(tx: Transaction) -> PersonResult:
            if not dry_run:
                self._may_write.require(tx)
            return people.add(tx, self._roster, who, by, self._site.moment(tx), dry_run=dry_run)

        return self._write(work, None, dry_run=dry_run)

    def deactivate_person(self, id: str, *, by: Actor, role: str | None = None, dry_run: bool = False) -> PersonResult:
        """End a person's part in ``role``, or in all of them (an administrator's to do). Entries keep their name."""
        inputs.person(id)

        def work(tx: Transaction) -> PersonResult:
            if not dry_run:
                self._may_write.require(tx)
            return people.deactivate(tx, self._roster, id, role, by, self._site.moment(tx), dry_run=dry_run)

        return self._write(work, None, dry_run=dry_run)

    def roles(self) -> tuple[str, ...]:
        """The roles that a person can have: those of the installed protocols, and the program's own two."""
        there = self._protocols.catch_up()
        there.require_readable()
        declared = [role.key for version in there.versions for role in there.of_version(version).protocol.roles]
        return tuple(dict.fromkeys((*declared, AUDITOR, ADMINISTRATOR)))

    # ── protocols ────────────────────────────────────────────────────────────────────────────────────────────────

    def installed(self) -> tuple[str, ...]:
        """The installed protocol versions, in the order of installation."""
        return self._protocols.catch_up().versions

    def definition(self, version: str | None = None) -> Definition:
        """The compiled definition of the newest edition of an installed version (default: the one installed last).

        Raises ``UnknownProtocol`` when it is not installed, ``ProtocolChanged`` when its content in the database is not
        what was installed.
        """
        there = self._protocols.catch_up()
        return there.of_version(version) if version is not None else there.newest()

    def definition_of(self, patient: PatientView) -> Definition:
        """The definition that a view of a patient was made by."""
        return self._protocols.by_digest(patient.digest)

    def exported(self, version: str) -> bytes:
        """The canonical bytes of the newest edition of an installed version, as they were installed."""
        return content.write(self.definition(version).protocol)

    def install(self, protocol: Protocol | bytes, *, by: Actor) -> str:
        """Install a protocol, from its value or its written form; answers its version.

        An administrator's to do: raises ``RefusedError`` for anybody else, ``InvalidProtocol`` for what cannot be run.
        """
        (data,) = _written([protocol])

        def work(tx: Transaction) -> str:
            self._may_write.require(tx)
            with self._administrator(tx, by) as (signature, now):
                return self._protocols.install(tx, data, signature, now).version

        return self._write(work, None)

    def upgrade(
        self,
        *,
        by: Actor,
        protocols: Iterable[Protocol] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Upgraded:
        """Bring the database up to date with this software, behind the schema: an administrator's to do.

        The trial's chain says which formats and numbers are in use from here on; the shipped protocols of this trial
        that are missing are installed; rows that an earlier fold wrote are folded anew, one transaction each.
        """
        shipped = _shipped() if protocols is None else tuple(protocols)
        if not all(isinstance(one, Protocol) for one in shipped):
            raise InvalidInput("protocols to install are Protocols")

        def work(tx: Transaction) -> list[Protocol]:
            self._protocols.read(tx)
            missing = self._protocols.missing(shipped)
            if missing or software.in_use(tx) != ours():
                with self._administrator(tx, by) as (signature, now):
                    software.note_change(tx, signature, now)
                    for protocol in missing:
                        self._protocols.install(tx, content.write(protocol), signature, now)
            return missing

        missing = self._write(work, None)
        folded = software.refold(self._transactions, self._protocols, progress)
        return Upgraded(tuple(protocol.version for protocol in missing), folded)

    @contextmanager
    def _administrator(
        self, tx: Transaction, by: Actor, to: str = "install a protocol, nor upgrade"
    ) -> Iterator[tuple[Signature, Moment]]:
        """The actor as an administrator, now, for what they put on the trial's chain.

        Raises ``LostRace`` behind it where the people have moved on: they are to be those that it says to have seen.
        """
        now, roll = self._site.moment(tx), self._roster.now(tx)
        signature = signed(by, roll, now, [_INSTALL], {_INSTALL: (ADMINISTRATOR,)})
        if signature.role != ADMINISTRATOR:
            raise RefusedError(f"a person in the role of {signature.role} may not {to}", hint="ask an administrator")
        yield signature, now
        require_still(tx, roll)

    # ── the site ─────────────────────────────────────────────────────────────────────────────────────────────────

    def set_zone(self, zone: str, *, by: Actor, reason: str, dry_run: bool = False) -> str | None:
        """Set the time zone of the trial's site, from now on; an administrator's to do. Answers the one before.

        What is recorded keeps the day that it was then. Raises ``AlreadyExists`` where it is that zone already.
        """
        zone, texts = site.checked(zone), inputs.texts(reason=reason)

        def work(tx: Transaction) -> str | None:
            if not dry_run:
                log.lock_head(tx, TRIAL_CHAIN)  # of two who set it, the second is told
                self._may_write.require(tx)
            before = self._site.zone(tx)
            with self._administrator(tx, by, "set the trial's zone") as (signature, now):
                site.require_another(zone, before)
                if not dry_run:
                    site.set_zone(tx, zone, signature, now, texts)
            return before

        return self._write(work, None, dry_run=dry_run)

    # ── the common path ──────────────────────────────────────────────────────────────────────────────────────────

    def _write(self, work: Callable[[Transaction], T], connection: sa.Connection | None, *, dry_run: bool = False) -> T:
        """``work`` in one transaction. A lost race is decided anew; in the caller's transaction, by the caller."""
        opened = self._transactions.reading if dry_run else self._transactions.writing
        for tries_left in reversed(range(TRIES)):
            try:
                with opened(connection) as tx, self._protocols.within(tx):
                    return work(tx)
            except LostRace:
                if connection is not None or not tries_left:
                    raise
        raise AssertionError("the last try returns or raises")


class Upgraded(Struct, frozen=True):
    """What an upgrade did: protocol versions installed, patients' rows folded anew."""

    installed: tuple[str, ...]
    folded: int


def _shipped() -> tuple[Protocol, ...]:
    from workflow import trials

    return trials.shipped()


def _written(protocols: Iterable[Protocol | bytes] | None) -> list[bytes]:
    given = _shipped() if protocols is None else tuple(protocols)
    if not all(isinstance(one, Protocol | bytes) for one in given):
        raise InvalidInput("protocols are Protocols, or the bytes of them")
    return [one if isinstance(one, bytes) else content.write(one) for one in given]


def _strings(words: Sequence[str] | None) -> tuple[str, ...] | None:
    if isinstance(words, str):
        raise InvalidInput(f"a list of words is asked for, not {shown(words)}")
    return tuple(words) if words is not None else None
