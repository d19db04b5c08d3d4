"""What a trial answers without writing anything: a patient, what may happen next, who is due, the log, the people."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from heapq import nsmallest
from itertools import islice

import sqlalchemy as sa
from msgspec.structs import replace

from workflow.desk import damage, filters, inputs
from workflow.desk.charts import chart_in, chart_of, from_rows
from workflow.desk.damage import Tell, raised, sound
from workflow.desk.door import watched
from workflow.desk.protocols import Protocols
from workflow.desk.request import Actor, Moment
from workflow.desk.roster import Roster, acting
from workflow.desk.roster import known_by as people_known_by
from workflow.desk.site import Site
from workflow.engine.answer import definition_on
from workflow.engine.as_of import AsOf
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.facts.check import shown
from workflow.engine.numbers import FOLD
from workflow.errors import DamagedRow, InvalidInput, NotFound, UnknownPatient, WorkflowError
from workflow.ledger.entry import PATIENT_PREFIX, NotUnderstood, Stored, chain_of, decode
from workflow.ledger.people import Person
from workflow.ledger.standing import Known, stands, taken_back
from workflow.protocol.schedule import Interval
from workflow.report.views import DueItem, DuePage, Entry, Outlook, PatientSummary, PatientView
from workflow.store import log, roster
from workflow.store.log import DueRow, Filter, Kept, Mark
from workflow.store.transaction import Row, Transaction, Transactions

PAGE = 2000  # entries of the log in memory at once


@watched
class Reading:
    """The half of ``Trial`` that looks. Each answer is one transaction, or the caller's.

    There are two clocks. ``on`` is the day that is asked about, by what stands now. With ``known_by`` everything is
    answered as a copy of the database answers that was made when that day ended, asked on that day: by what had been
    recorded by then, of patients, people and trial. It is refused (``InvalidInput``) for a day that is still to come,
    or was over before the trial began.
    """

    def __init__(self, transactions: Transactions, site: Site) -> None:
        self._transactions = transactions
        self._site = site
        self._protocols = Protocols(transactions)
        self._roster = Roster()

    def _known(self, tx: Transaction, known_by: date | None) -> Known | None:
        return self._site.known(tx, day) if (day := inputs.day(known_by)) is not None else None

    def _now(self, tx: Transaction, known: Known | None) -> Moment:
        """The present moment, or the last one of the day that is asked of."""
        return self._site.then(known) if known is not None else self._site.moment(tx)

    # ── patients ─────────────────────────────────────────────────────────────────────────────────────────────────

    def show(
        self,
        patient: str,
        *,
        on: date | None = None,
        known_by: date | None = None,
        connection: sa.Connection | None = None,
    ) -> PatientView:
        """The patient as they stood on ``on`` (default: today, or ``known_by``)."""
        with self._transactions.reading(connection) as tx:
            return self._view(tx, patient, on, self._known(tx, known_by))[0]

    def _view(
        self, tx: Transaction, patient: str, on: date | None, known: Known | None
    ) -> tuple[PatientView, Chart, Definition, Moment]:
        from workflow.report.patient import view_of

        inputs.patient(patient)
        inputs.day(on)
        chain = chain_of(patient)
        with damage.of(chain), self._protocols.within(tx):
            if known is None:
                row = log.patient_row(tx, patient, lock=False)
                if row is None:
                    raise log.no_patient(tx, patient)
                id, seq, stale = row.id, row.seq, row.fold != FOLD
                now, chart = self._site.moment(tx, row.trial_end), chart_of(tx, row)
            else:
                rows = known_rows(tx, patient, known)
                now, stale = self._site.then(known), False
                ((chart, id, seq),) = sound(
                    [rows], lambda rows: from_rows(rows, chain), lambda _: (chain, None), raised
                )
            day = on or now.today
            definition = definition_on(self._protocols.by_digest, chart, day)
            known_by = known.day if known is not None else None

            def made(id: str) -> PatientView:
                return view_of(id, seq, chart, definition, day, now.today, now.zone, stale=stale, known_by=known_by)

            (view,) = sound([id], made, lambda _: (chain, None), raised)
        return view, chart, definition, now

    def next(
        self,
        patient: str,
        *,
        on: date | None = None,
        known_by: date | None = None,
        by: Actor | None = None,
        connection: sa.Connection | None = None,
    ) -> Outlook:
        """Every trigger that leads on from where the patient stands, open or held back, with all the reasons.

        Decided as if ``by`` asked on ``on`` (default: today, or ``known_by``), without a reason given and without an
        override. Without ``by``, or for a person who may move nobody, each is decided as for somebody who may ask for
        it.
        """
        from workflow.report.patient import outlook_of

        with self._transactions.reading(connection) as tx:
            known = self._known(tx, known_by)
            view, chart, definition, now = self._view(tx, patient, on, known)
            roles = self._roles_that_move(tx, definition, by, now, known) if by is not None else ()
        with damage.of(chain_of(patient)):
            return outlook_of(view, chart, definition, roles)

    def _roles_that_move(
        self, tx: Transaction, definition: Definition, by: Actor, now: Moment, known: Known | None
    ) -> tuple[str, ...]:
        """The roles of ``by`` in which a protocol lets them ask for anything at all."""
        roll = people_known_by(tx, known.end) if known is not None else self._roster.now(tx)
        if roll.damaged:
            raise roll.damaged[0]
        theirs = acting(by, roll, now)
        asked_for_by = {role for roles in definition.roles.values() for role in roles}
        return tuple(one.role for one in theirs if one.role in asked_for_by)

    def due(
        self,
        *,
        until: date | None = None,
        on: date | None = None,
        known_by: date | None = None,
        arm: str | None = None,
        after: str | None = None,
        limit: int = 50,
        damaged: Tell = raised,
    ) -> DuePage:
        """Who is due, by date: whatever falls due up to ``until`` (default: ``on``), oldest first.

        Each with what holds it back on ``on`` (default: today, or ``known_by``). On a day that is past it is who was
        due then, which every chart is asked for. ``after`` is the mark of the page before. Raises ``DamagedRow`` for a
        row that is none; where ``damaged`` is told of it, the others are listed.
        """
        from workflow.report.worklist import item_of

        if limit < 1:
            raise InvalidInput(f"a page holds at least one patient, not {limit}")
        behind = inputs.mark(after)
        with self._transactions.reading() as tx:
            known = self._known(tx, known_by)
            now = self._now(tx, known)
            day = on or now.today
            if known is not None or day < now.today:
                return self._due_then(tx, known, now, day, until or day, arm, behind, limit, damaged)
            rows = log.due_rows(tx, until or day, arm, behind, limit + 1)

        if not rows:
            filters.require_arm(arm, self._definitions())

        def made(row: DueRow) -> DueItem:
            log.DUE_FORM.require(row, row.chain)
            return item_of(row, self._protocols.by_digest(row.digest), day)

        items = tuple(sound(rows[:limit], made, lambda row: (row.chain, None), damaged))
        mark = log.due_mark(rows[:limit]) if len(rows) > limit else None
        return DuePage(items, mark, day, now.today, now.zone)

    def _due_then(
        self,
        tx: Transaction,
        known: Known | None,
        now: Moment,
        day: date,
        until: date,
        arm: str | None,
        behind: tuple[date, str] | None,
        limit: int,
        damaged: Tell,
    ) -> DuePage:
        """The same by the charts: the rows say where everybody stands now."""
        from workflow.report.worklist import item_then

        if arm is not None:
            filters.require_arm(arm, self._definitions(tx, known))
        begin = (behind[0], log.count_up_to(tx, behind[1])) if behind is not None else (date.min, 0)
        found = (
            (window.due, place, id, then, window)
            for place, id, then in self._everybody_then(tx, known, now, day, damaged)
            if (window := then.window) is not None
            and (arm is None or then.chart.arm == arm)
            and window.due <= until
            and (window.due, place) > begin
        )
        page = nsmallest(limit + 1, found, key=lambda one: one[:2])

        def made(one: tuple[date, int, str, AsOf, Interval]) -> DueItem:
            return item_then(*one[2:], day)

        items = tuple(sound(page[:limit], made, lambda one: (chain_of(one[2]), None), damaged))
        mark = f"{page[limit - 1][0]}/{page[limit - 1][2]}" if len(page) > limit else None
        return DuePage(items, mark, day, now.today, now.zone, known.day if known is not None else None)

    def patients(
        self,
        *,
        on: date | None = None,
        known_by: date | None = None,
        arm: str | None = None,
        state: str | Sequence[str] | None = None,
        damaged: Tell = raised,
    ) -> tuple[PatientSummary, ...]:
        """Everybody, in the order of their ids; ``state`` is a state or its parent ("follow_up"), or several.

        As they stand; with ``on``, or ``known_by``, as they stood on that day, which every chart is asked for. Raises
        ``DamagedRow`` for a row that is none; where ``damaged`` is told of it, the others are listed.
        """
        states = filters.words_of("state", state)
        under = tuple(f"{one}." for one in states)
        with self._transactions.reading() as tx:
            known = self._known(tx, known_by)
            filters.require_states(states, self._definitions(tx, known))
            # who asks about no day is shown everybody, also where nobody can say what today is
            now = self._now(tx, known) if known is not None or inputs.day(on) is not None else None
            if now is None or (known is None and on is not None and on >= now.today):
                everybody = self._patients_now(tx, arm, damaged)
            else:
                everybody = self._patients_then(tx, known, now, on or now.today, arm, damaged)
            return tuple(row for row in everybody if not states or f"{row.state}.".startswith(under))

    def _patients_now(self, tx: Transaction, arm: str | None, damaged: Tell) -> Iterator[PatientSummary]:
        rows = log.summaries(tx, arm)
        self._protocols.read(tx)
        if not rows:
            filters.require_arm(arm, self._definitions())
        versions = {one.digest: one.version for one in self._protocols.listed}

        def made(row: Row) -> PatientSummary:
            log.SUMMARY_FORM.require(row, row[0])
            _, id, digest, arm, here, enrolled_on, due_on, by_fold = row
            version, definition = versions.get(digest), self._definition_of(digest)
            if definition is not None and here not in definition.table(arm).by_name:
                raise DamagedRow(f"its row is damaged: there is no state {shown(here)}")
            if version is None:  # theirs is damaged, or the protocol's: they are shown all the same
                damaged(DamagedRow(f"there is no protocol {shown(digest[:12])}, which they are under", chain=row[0]))
            return PatientSummary(id, version or "?", arm, here, enrolled_on, due_on, by_fold != FOLD)

        return sound(rows, made, lambda row: (row[0], None), damaged)

    def _patients_then(
        self, tx: Transaction, known: Known | None, now: Moment, day: date, arm: str | None, damaged: Tell
    ) -> Iterator[PatientSummary]:
        if arm is not None:
            filters.require_arm(arm, self._definitions(tx, known))
        for _, id, then in self._everybody_then(tx, known, now, day, damaged):
            if arm is None or then.chart.arm == arm:
                window, chart, version = then.window, then.chart, then.definition.version
                due = window.due if window is not None else None
                yield PatientSummary(id, version, chart.arm, then.state, chart.enrolled_on, due)

    def _everybody_then(
        self, tx: Transaction, known: Known | None, now: Moment, day: date, damaged: Tell
    ) -> Iterator[tuple[int, str, AsOf]]:
        """Everybody who was enrolled by ``day``, as they stood then: their place in the order of ids, and their id.

        A chart comes from the row; from the entries where these have gone on since, or another fold wrote the row.
        """
        end = known.end if known is not None else None
        when = day if day < now.today else date.max  # as the rows have it of the present

        def read() -> Iterator[tuple[int, Kept, list[Row] | None]]:
            for place, row in enumerate(log.kept(tx, end), 1):
                wrong = log.KEPT_FORM.wrong(row[:-1]) is not None
                if row.until != 1:
                    there = wrong or (row.until is None and row.fold == FOLD)
                    yield place, row, None if there else log.first_rows(tx, row.chain, end)

        def made(one: tuple[int, Kept, list[Row] | None]) -> tuple[int, str, AsOf] | None:
            place, row, rows = one
            log.KEPT_FORM.require(row[:-1], row.chain)
            chart = from_rows(rows, row.chain)[0] if rows is not None else chart_in(row)
            if chart.enrolled_on > when:
                return None
            then = chart.as_of(definition_on(self._protocols.by_digest, chart, when), when)
            _ = then.window  # where it cannot be said, the chart is not one
            return place, row.id, then

        return (one for one in sound(read(), made, lambda one: (one[1].chain, None), damaged) if one is not None)

    def patient_ids(self, beginning: str = "", *, limit: int) -> tuple[str, ...]:
        """The first ``limit`` ids of patients that begin so, in order."""
        with self._transactions.reading() as tx:
            return log.ids(tx, beginning, limit)

    # ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────

    def log(
        self,
        wanted: Filter | None = None,
        *,
        on: date | None = None,
        known_by: date | None = None,
        limit: int | None = None,
        last: bool = False,
        damaged: Tell = raised,
    ) -> tuple[Entry, ...]:
        """Entries in the order they were recorded; with ``last`` the newest ``limit``.

        With ``on`` what happened up to that day and stands: nothing that was refused or taken back, and no correction.
        With ``known_by`` what had been recorded by then, of which nothing reads as taken back that was so only later.
        Raises ``DamagedRow`` for one that is none; where ``damaged`` is told of it, the others are listed.
        """
        with self._transactions.reading():
            pages = self.log_pages(wanted, on=on, known_by=known_by, limit=limit, last=last, damaged=damaged)
            return tuple(entry for page in pages for entry in page)

    def log_pages(
        self,
        wanted: Filter | None = None,
        *,
        on: date | None = None,
        known_by: date | None = None,
        limit: int | None = None,
        last: bool = False,
        damaged: Tell = raised,
    ) -> Iterator[tuple[Entry, ...]]:
        """The same, a page at a time: never more than one in memory, and no transaction open between two.

        With ``on`` and ``last`` these last ones are in memory.
        """
        with self._transactions.reading() as tx:
            known = self._known(tx, known_by)
            wanted = filters.checked(wanted or Filter(), tx, self._definitions(tx, known), known)
            if wanted.patient is not None:
                inputs.patient(wanted.patient)
            theirs = wanted.patient or (wanted.chain or "").partition(PATIENT_PREFIX)[2]
            if known is not None and theirs:
                known_rows(tx, theirs, known)
        if limit is not None and limit < 0:
            raise InvalidInput(f"a list holds no {limit} entries")
        if inputs.day(on) is None:
            return self._log_pages(wanted, known, limit, last=last, damaged=damaged)
        to = min(on, wanted.occurred_to) if on is not None and wanted.occurred_to is not None else on
        every = self._log_pages(replace(wanted, occurred_to=to), known, None, last=False, damaged=damaged)
        return in_pages(
            (one for page in every for one in page if stands(one.kind, one.outcome, one.voided_by)), limit, last=last
        )

    def _log_pages(
        self, wanted: Filter, known: Known | None, limit: int | None, *, last: bool, damaged: Tell
    ) -> Iterator[tuple[Entry, ...]]:
        end = known.end if known is not None else None
        after: Mark | None = None
        if last and limit is not None:
            with self._transactions.reading() as tx:
                after = log.before_last(tx, wanted, limit, end)
        while limit is None or limit > 0:
            size = PAGE if limit is None else min(limit, PAGE)
            with self._transactions.reading() as tx:
                found = log.page(tx, wanted, after, size, end)
                page = self._entries(tx, found, end, damaged)
                if after is None and not found:
                    _require_chain(tx, wanted)
            if page:
                yield page
            if len(found) < size:
                return
            after = log.mark_of(found)
            limit = limit - size if limit is not None else None

    def _entries(
        self, tx: Transaction, found: Sequence[Stored | DamagedRow], end: datetime | None, damaged: Tell
    ) -> tuple[Entry, ...]:
        from workflow.report.entries import digest_of, entry_of  # with its words, which only reading the log needs

        chains = {one.chain for one in found if isinstance(one, Stored)}
        ids, voids = log.ids_of(tx, chains), taken_back(log.voids(tx, chains, end))

        def made(one: Stored | DamagedRow) -> Entry:
            if isinstance(one, DamagedRow):
                raise one
            return entry_of(one, self._definition_of(digest_of(one)), ids.get(one.chain), voids.get(one.chain))

        return tuple(sound(found, made, lambda one: (one.chain, one.seq), damaged))

    def _definitions(self, tx: Transaction | None = None, known: Known | None = None) -> Iterator[Definition]:
        """Those of every installed protocol, in every edition, that can be had; or of those installed by then."""
        there = None if known is None or tx is None else self._protocols.installed_by(tx, known.end)
        listed = (one.digest for one in self._protocols.catch_up().listed if there is None or one.digest in there)
        return (found for digest in listed if (found := self._definition_of(digest)) is not None)

    def _definition_of(self, digest: str | None) -> Definition | None:
        """The protocol that an entry names, for its words; none where it cannot be had."""
        if digest is None:
            return None
        try:
            return self._protocols.by_digest(digest)
        except WorkflowError:
            return None

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────

    def people(
        self, *, on: date | None = None, known_by: date | None = None, damaged: Tell = raised
    ) -> tuple[Person, ...]:
        """Everybody, in each of their roles; with ``on`` those who may act on that day, each in the roles of that day.

        It goes by what stands now: who was deactivated since is not among them, though they may have acted on that day;
        with ``known_by`` by what stood at the end of that one. Raises ``DamagedRow`` for a row that is none; where
        ``damaged`` is told of it, the others are listed.
        """
        with self._transactions.reading() as tx:
            known = self._known(tx, known_by)
            roll = people_known_by(tx, known.end) if known is not None else roster.roll(tx)
        for one in roll.damaged:
            damaged(one)
        return tuple(one for theirs in roll.people.values() for one in theirs if on is None or one.acts_on(on))

    def people_of(self, login: str, *, known_by: date | None = None) -> tuple[Person, ...]:
        """The active people that an operating-system user acts as, in each of their roles."""
        return tuple(one for one in self.people(known_by=known_by) if one.login == login and one.active)

    # ── the site ─────────────────────────────────────────────────────────────────────────────────────────────────

    def zone(self, *, known_by: date | None = None) -> str | None:
        """The time zone of the trial's site; with ``known_by`` the one in which that day ended.

        None in a database of an earlier version, until one is set.
        """
        with self._transactions.reading() as tx:
            known = self._known(tx, known_by)
            return known.zone if known is not None else self._site.zone(tx)

    def today(self) -> date:
        """The day that it is at the site."""
        with self._transactions.reading() as tx:
            return self._site.moment(tx).today


def known_rows(tx: Transaction, patient: str, known: Known) -> list[Row]:
    """The entries of a patient that were known by then. Raises ``UnknownPatient`` where they were known only later."""
    rows = log.first_rows(tx, chain_of(patient), known.end)
    if rows:
        return rows
    first = log.one(tx, chain_of(patient), 1)
    if first is None:
        raise log.no_patient(tx, patient)
    try:
        since = decode(first.data).today
    except (NotUnderstood, ValueError):
        raise DamagedRow("it is not what was written", chain=first.chain, seq=1) from None
    raise UnknownPatient(
        f"at the end of {known.day} nobody knew of a patient {shown(patient)}: they were enrolled in the system on"
        f" {since}",
        hint="name that day, or a later one",
    )


def in_pages(entries: Iterable[Entry], limit: int | None, *, last: bool) -> Iterator[tuple[Entry, ...]]:
    """The first ``limit`` of them, or the last, in pages."""
    kept = iter(deque(entries, limit)) if last and limit is not None else islice(entries, limit)
    while page := tuple(islice(kept, PAGE)):
        yield page


def _require_chain(tx: Transaction, wanted: Filter) -> None:
    """Raise where there is no such chain; asked of the row when the chain is empty, for a chain may outlive its row."""
    if wanted.patient is not None and not log.ids_of(tx, [chain_of(wanted.patient)]):
        raise log.no_patient(tx, wanted.patient)
    if wanted.chain is not None and not (log.has_head(tx, wanted.chain) or log.ids_of(tx, [wanted.chain])):
        raise NotFound(f"there is no chain {shown(wanted.chain)}", hint="people, trial, or patient/ID")
