"""A trial: one method per thing that a person does, each one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self, TypedDict, TypeVar, Unpack

import sqlalchemy as sa

from workflow.desk import inputs, people
from workflow.desk.protocols import Installed
from workflow.desk.write import Actor, Commands, Make, Moment, Request, append_to, blank, cached, signature_of
from workflow.engine import chart as charts
from workflow.engine import facts
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.facts import shown
from workflow.errors import AlreadyExists, InvalidInput, LostRace, RefusedError, UnknownPatient, WorkflowError
from workflow.ledger.entry import TRIAL_CHAIN, TRIAL_OPENED, Entry
from workflow.protocol.model import Protocol, Role
from workflow.report.patient import outlook_of, view_of
from workflow.report.views import DuePage, Outlook, PatientSummary, PatientView, PersonResult, Result
from workflow.report.worklist import item_of
from workflow.store import log, roster
from workflow.store.engine import create_engine, prepare
from workflow.store.log import Filter
from workflow.store.roster import Person
from workflow.store.transaction import Transaction, Transactions
from workflow.store.upgrade import require_current, upgrade

if TYPE_CHECKING:
    from workflow.ledger.replay import Report

TRIES = 5  # of a command whose race was lost
T = TypeVar("T")


class Options(TypedDict, total=False):
    """What every command on a patient takes beside its own arguments.

    ``note`` is free text (kept apart from the entry, which holds a commitment to it). ``override``, with a ``reason``,
    passes soft guards and is an investigator's. With ``expect`` the command is a conflict unless the patient's last
    entry has that number. The same ``request_id`` again answers the first result. With ``connection`` the command
    joins the caller's transaction, which commits it. A ``dry_run`` decides and writes nothing.
    """

    note: str | None
    reason: str | None
    override: bool
    expect: int | None
    request_id: str | None
    connection: sa.Connection | None
    dry_run: bool


def local_now() -> datetime:
    return datetime.now().astimezone()


class Trial:
    """A trial in a database.

    ``clock`` gives the present moment at the site, with its offset: its date is what "today" means in a decision.
    ``protocols`` are the versions that this software can run; the shipped ones unless others are given.
    """

    def __init__(
        self,
        engine: sa.Engine,
        *,
        protocols: Iterable[Protocol] | None = None,
        clock: Callable[[], datetime] = local_now,
    ) -> None:
        self._transactions = Transactions(prepare(engine))
        self._owns_engine = False
        self._clock = clock
        self._installed = Installed(self._transactions, protocols)
        self._commands = Commands(self.definition)
        with self._transactions.reading() as tx:
            require_current(tx.connection)
            self._installed.read(tx)

    @classmethod
    def open(
        cls, url: str, *, protocols: Iterable[Protocol] | None = None, clock: Callable[[], datetime] = local_now
    ) -> Self:
        """The trial in the database at ``url`` (a SQLite file's path, or a database URL). Raises ``DatabaseError``."""
        trial = cls(create_engine(url), protocols=protocols, clock=clock)
        trial._owns_engine = True
        return trial

    @classmethod
    def init(
        cls,
        url: str | sa.Engine,
        *,
        by: Actor,
        protocols: Iterable[Protocol] | None = None,
        clock: Callable[[], datetime] = local_now,
        beside: bool = False,
    ) -> Self:
        """Set a new database up: the schema, the protocol versions, and ``by`` as its first administrator.

        A database that holds other tables is refused, unless ours are to stand ``beside`` those of the service.
        """
        inputs.person(by.id)
        engine = create_engine(url, create=True) if isinstance(url, str) else prepare(url)
        upgrade(engine, beside=beside)
        trial = cls(engine, protocols=protocols, clock=clock)
        trial._owns_engine = isinstance(url, str)
        with trial._transactions.writing() as tx:
            if log.has_head(tx, TRIAL_CHAIN):
                raise AlreadyExists("there is a trial in this database already", hint="regimen show tells who is in it")
            now = trial._moment()
            signature = people.open_chain(tx, by, now)
            log.add_head(tx, TRIAL_CHAIN)
            append_to(tx, TRIAL_CHAIN, blank(TRIAL_OPENED, signature, now))
            trial._installed.install_missing(tx, signature, now)
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
        request_id: str | None = None,
        connection: sa.Connection | None = None,
        dry_run: bool = False,
    ) -> Result:
        """Open a patient's chain: they enter screening in ``arm`` under ``version`` (default: the newest installed)."""
        definition = self.definition(version)
        inputs.new_patient(patient, definition.protocol.patient_id)
        definition.arm(arm)
        inputs.day(on)
        inputs.request_id(request_id)
        request = Request(charts.ENROLMENT, on, told={"arm": arm, "version": version}, request_id=request_id)

        def work(tx: Transaction) -> Result:
            return self._commands.enroll(tx, definition, patient, arm, request, by, self._moment(), dry_run=dry_run)

        return self._write(work, connection, dry_run=dry_run)

    def advance(
        self,
        patient: str,
        trigger: str | None = None,
        *,
        by: Actor,
        on: date | None = None,
        code: str | None = None,
        reason: str | None = None,
        override: bool = False,
        expect: int | None = None,
        request_id: str | None = None,
        connection: sa.Connection | None = None,
        dry_run: bool = False,
    ) -> Result:
        """Fire ``trigger``, or take the step forward. ``on`` is the day it happened (default: today).

        ``code`` is an exit's coded reason, ``reason`` one in words (for a delay, an override). With ``override`` an
        investigator passes the soft guards. With ``expect`` the command is a conflict unless the patient's last entry
        has that number. The same ``request_id`` again answers the first result.
        """
        request = Request(
            trigger,
            on,
            code=code,
            texts=inputs.texts(reason=reason),
            override=override,
            expect=expect,
            request_id=request_id,
        )
        return self._ask(patient, request, by, connection, dry_run=dry_run)

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

        An unknown patient is an error and nothing is draft. The results are in the order of ``patients``.
        """
        wanted = sorted({inputs.patient(patient) for patient in patients})
        inputs.day(on)

        def work(tx: Transaction) -> tuple[Result, ...]:
            done = self._commands.carry_out_many(tx, wanted, Request(trigger, on), by, self._moment())
            return tuple(done[patient] for patient in patients)

        return self._write(work, connection)

    def _ask(
        self, patient: str, request: Request, by: Actor, connection: sa.Connection | None, *, dry_run: bool
    ) -> Result:
        inputs.patient(patient)
        inputs.day(request.on)
        inputs.request_id(request.request_id)

        def work(tx: Transaction) -> Result:
            return self._commands.carry_out(tx, patient, request, by, self._moment(), dry_run=dry_run)

        return self._write(work, connection, dry_run=dry_run)

    # ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────

    def record_consent(
        self, patient: str, *, by: Actor, on: date | None = None, version: str | None = None, **more: Unpack[Options]
    ) -> Result:
        """Draft informed consent on ``on`` to a protocol version (default: the one the patient is under)."""
        return self._record(
            patient,
            charts.CONSENT,
            by,
            on,
            {"version": version},
            lambda definition, *_: facts.consent(definition, version),
            **more,
        )

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
        return self._record(
            patient,
            charts.ELIGIBILITY,
            by,
            on,
            {"route": route, "answers": dict(answers or {}), "others": others_in_order},
            lambda definition, *_: facts.eligibility(definition, route, answers or {}, others=others_in_order),
            **more,
        )

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

        told: dict[str, Any] = {
            "term": term,
            "grade": grade,
            "attributed": None if attributed is None else tuple(attributed),
            "serious": serious,
            "unacceptable": unacceptable,
            "resolved": resolved,
            "stops": tuple(stops),
        }

        def make(definition: Definition, chart: Chart, day: date) -> dict[str, Any]:
            described = more.get("note") is not None
            return facts.adverse_event(definition, on=day, described=described, **told)

        return self._record(patient, charts.ADVERSE_EVENT, by, on, told, make, **more)

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
        **more: Unpack[Options],
    ) -> Result:
        """News of the open adverse event that ``entry`` recorded; what is not given stays as it was."""

        told = {
            "of": entry,
            "grade": grade,
            "resolved": resolved,
            "unacceptable": unacceptable,
            "attributed": None if attributed is None else tuple(attributed),
            "stops": tuple(stops),
        }

        def make(definition: Definition, chart: Chart, day: date) -> dict[str, Any]:
            known = chart.toxicity(entry)
            if known is None:
                raise InvalidInput(
                    f"entry {entry} is no open adverse event of {shown(patient)}",
                    hint="the open ones: " + (", ".join(str(t.entry) for t in chart.toxicities) or "none"),
                )
            return facts.adverse_event(
                definition,
                term=known.term,
                grade=known.grade if grade is None else grade,
                attributed=known.attributed if attributed is None else attributed,
                serious=None,
                unacceptable=unacceptable,
                resolved=resolved,
                on=day,
                stops=stops,
                of=known.entry,
            )

        return self._record(patient, charts.ADVERSE_EVENT, by, on, told, make, **more)

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
        told = {"anc": anc, "platelets": platelets}
        return self._record(patient, charts.COUNTS, by, on, told, lambda *_: facts.counts(anc, platelets), **more)

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
        return self._record(
            patient,
            charts.RESPONSE,
            by,
            on,
            {"response": response, "mrd": mrd},
            lambda definition, *_: facts.response(definition, response, mrd),
            **more,
        )

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
        """A dose given on ``on``. Follow-up is counted from the last one."""
        return self._record(
            patient,
            charts.DOSE,
            by,
            on,
            {"agent": agent, "amount": amount, "unit": unit},
            lambda definition, *_: facts.dose(definition, agent, amount, unit),
            **more,
        )

    def hold(self, patient: str, *, by: Actor, code: str, on: date | None = None, **more: Unpack[Options]) -> Result:
        """Hold treatment: no step forward until it is resumed. ``code`` is one of ``facts.HOLD_CODES``."""
        return self._record(patient, charts.HOLD, by, on, {"code": code}, lambda *_: facts.hold(code), **more)

    def resume(self, patient: str, *, by: Actor, on: date | None = None, **more: Unpack[Options]) -> Result:
        """End the hold."""
        return self._record(patient, charts.RESUME, by, on, {}, lambda *_: {}, **more)

    def _record(
        self,
        patient: str,
        kind: str,
        by: Actor,
        on: date | None,
        told: Mapping[str, Any],
        make: Make,
        *,
        note: str | None = None,
        reason: str | None = None,
        override: bool = False,
        expect: int | None = None,
        request_id: str | None = None,
        connection: sa.Connection | None = None,
        dry_run: bool = False,
    ) -> Result:
        texts = inputs.texts(reason=reason, note=note)
        request = Request(kind, on, make, told, None, texts, override, expect, request_id)
        return self._ask(patient, request, by, connection, dry_run=dry_run)

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, patient: str, *, connection: sa.Connection | None = None) -> PatientView:
        """The patient as they stand."""
        inputs.patient(patient)
        with self._transactions.reading(connection) as tx:
            row = log.patient_row(tx, patient, None, lock=False)
        if row is None:
            raise UnknownPatient(f"there is no patient {shown(patient)}")
        return view_of(row, self.definition(row.version))

    def next(
        self,
        patient: str,
        *,
        on: date | None = None,
        by: Actor | None = None,
        connection: sa.Connection | None = None,
    ) -> Outlook:
        """Every trigger that leads on from where the patient stands, open or held back, with all the reasons.

        Decided as if ``by`` asked on ``on`` (default: today), without a reason given and without an override. Without
        ``by``, or for a person who may move nobody, each is decided as for somebody who may ask for it.
        """
        view = self.show(patient, connection=connection)
        definition = self.definition(view.version)
        today = self._moment().today
        return outlook_of(view, definition, on or today, today, self._role_that_moves(definition, by, connection))

    def _role_that_moves(
        self, definition: Definition, by: Actor | None, connection: sa.Connection | None
    ) -> str | None:
        if by is None:
            return None
        with self._transactions.reading(connection) as tx:
            role = signature_of(tx, by).role
        return role if any(role in roles for roles in definition.roles.values()) else None

    def due(
        self,
        *,
        until: date | None = None,
        on: date | None = None,
        arm: str | None = None,
        after: str | None = None,
        limit: int = 50,
    ) -> DuePage:
        """Who is due, by date: whatever falls due up to ``until`` (default: ``on``, today), oldest first.

        Each with what holds it back on ``on``. ``after`` is the mark of the page before.
        """
        today = self._moment().today
        day = on or today
        mark = inputs.mark(after)
        with self._transactions.reading() as tx:
            rows = log.due_rows(tx, until or day, arm, mark, limit + 1)
        items = tuple(item_of(row, self.definition(row.version), day) for row in rows[:limit])
        last = items[-1] if len(rows) > limit else None
        return DuePage(items, f"{last.due_on}/{last.patient}" if last else None)

    def patients(self, *, arm: str | None = None, state: str | None = None) -> tuple[PatientSummary, ...]:
        """Everybody, in the order of their ids; ``state`` is a state or its parent ("follow_up")."""
        with self._transactions.reading() as tx:
            everybody = (PatientSummary(*row) for row in log.summaries(tx, arm))
            return tuple(row for row in everybody if state is None or f"{row.state}.".startswith(f"{state}."))

    def patient_ids(self, beginning: str = "", *, limit: int) -> tuple[str, ...]:
        """The first ``limit`` ids of patients that begin so, in order."""
        with self._transactions.reading() as tx:
            return log.ids(tx, beginning, limit)

    # ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────

    def log(self, wanted: Filter | None = None, *, limit: int | None = None, last: bool = False) -> tuple[Entry, ...]:
        """Entries in the order they were recorded; with ``last`` the newest ``limit``."""
        if wanted is not None and wanted.patient is not None:
            inputs.patient(wanted.patient)
        with self._transactions.reading() as tx:
            return tuple(log.entries(tx, wanted or Filter(), limit=limit, last=last))

    def verify(self, *, workers: int = 1, progress: Callable[[int], None] | None = None) -> Report:
        """Check the whole log: chains, bytes against columns, fold against row, every past decision decided again.

        ``progress`` is told about how many entries were read. With ``workers`` that many processes share the work;
        they are forks, and so not for a process that runs threads.
        """
        from workflow.store.audit import Definitions, verify
        from workflow.store.workers import can_fork, verify_in_parallel

        definition_of = Definitions(self._installed.protocol)
        with self._transactions.reading() as tx:
            if workers > 1 and can_fork(tx):
                return verify_in_parallel(tx, definition_of, cached, workers, progress=progress)
            return verify(tx, definition_of, cached, progress=progress)

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────

    def people(self) -> tuple[Person, ...]:
        with self._transactions.reading() as tx:
            return roster.listed(tx)

    def people_of(self, login: str) -> tuple[Person, ...]:
        """The active people that an operating-system user acts as."""
        with self._transactions.reading() as tx:
            return roster.listed(tx, login=login)

    def add_person(
        self, id: str, role: str, *, by: Actor, login: str | None = None, dry_run: bool = False
    ) -> PersonResult:
        """Add a person in one role (an administrator's to do), or bring back one who was deactivated."""
        facts.one_of(role, [known.value for known in Role], "role")
        who = Person(inputs.person(id), role, inputs.login(login), True)
        return self._write(lambda tx: people.add(tx, who, by, self._moment(), dry_run=dry_run), None, dry_run=dry_run)

    def deactivate_person(self, id: str, *, by: Actor, dry_run: bool = False) -> PersonResult:
        """End a person's part in the trial (an administrator's to do). Their entries keep their name."""
        inputs.person(id)
        return self._write(
            lambda tx: people.deactivate(tx, id, by, self._moment(), dry_run=dry_run), None, dry_run=dry_run
        )

    # ── protocol versions ────────────────────────────────────────────────────────────────────────────────────────

    def installed(self) -> tuple[str, ...]:
        """The installed protocol versions, in the order of installation."""
        return self._installed.versions

    def definition(self, version: str | None = None) -> Definition:
        """The compiled definition of an installed version (default: the one that patients are enrolled under now).

        Raises ``UnknownProtocol`` when it is not installed or this software does not have it, ``ProtocolChanged`` when
        this software's content under that version is not what was installed.
        """
        return self._installed.definition(version if version is not None else self._installed.newest())

    def install(self, *, by: Actor) -> tuple[str, ...]:
        """Install the versions that this software ships and the database does not have; answers which those were.

        An administrator's to do: raises ``RefusedError`` for anybody else.
        """

        def work(tx: Transaction) -> tuple[str, ...]:
            signature = signature_of(tx, by)
            if signature.role != Role.ADMINISTRATOR:
                raise RefusedError(
                    f"a person in the role of {signature.role} may not install a protocol", hint="ask an administrator"
                )
            return self._installed.install_missing(tx, signature, self._moment())

        return self._write(work, None)

    # ── the common path ──────────────────────────────────────────────────────────────────────────────────────────

    def _write(self, work: Callable[[Transaction], T], connection: sa.Connection | None, *, dry_run: bool = False) -> T:
        """``work`` in one transaction. A lost race is decided anew; in the caller's transaction, by the caller."""
        opened = self._transactions.reading if dry_run else self._transactions.writing
        for _ in range(TRIES - 1):
            try:
                with opened(connection) as tx:
                    return work(tx)
            except LostRace:
                if connection is not None:
                    raise
        with opened(connection) as tx:
            return work(tx)

    def _moment(self) -> Moment:
        now = self._clock()
        if now.tzinfo is None:
            raise InvalidInput("the clock gives a moment without an offset from UTC")
        return Moment(now.astimezone(UTC), now.date())
