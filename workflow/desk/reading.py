"""What a trial answers without writing anything: a patient, what may happen next, who is due, the log, the people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date

import sqlalchemy as sa

from workflow.desk import damage, filters, inputs
from workflow.desk.charts import chart_of
from workflow.desk.damage import Tell, raised, sound
from workflow.desk.door import watched
from workflow.desk.protocols import Protocols
from workflow.desk.request import Actor, Moment
from workflow.desk.roster import Roster, acting
from workflow.desk.site import Site
from workflow.engine.answer import definition_on
from workflow.engine.chart import Chart
from workflow.engine.course import Definition
from workflow.engine.decision import Outcome
from workflow.engine.facts.check import shown
from workflow.engine.numbers import FOLD
from workflow.errors import DamagedRow, InvalidInput, NotFound, WorkflowError
from workflow.ledger.entry import NotUnderstood, Stored, Voided, chain_of, decode, payload
from workflow.ledger.people import Person
from workflow.report.views import DueItem, DuePage, Entry, Outlook, PatientSummary, PatientView
from workflow.store import log, roster
from workflow.store.log import DueRow, Filter, Mark
from workflow.store.transaction import Row, Transaction, Transactions

PAGE = 2000  # entries of the log in memory at once


@watched
class Reading:
    """The half of ``Trial`` that looks. Each answer is one transaction, or the caller's."""

    def __init__(self, transactions: Transactions, site: Site) -> None:
        self._transactions = transactions
        self._site = site
        self._protocols = Protocols(transactions)
        self._roster = Roster()

    # ── patients ─────────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, patient: str, *, on: date | None = None, connection: sa.Connection | None = None) -> PatientView:
        """The patient as they stood on ``on`` (default: today), by what stands now."""
        with self._transactions.reading(connection) as tx:
            return self._view(tx, patient, on)[0]

    def _view(self, tx: Transaction, patient: str, on: date | None) -> tuple[PatientView, Chart, Definition, Moment]:
        inputs.patient(patient)
        inputs.day(on)
        with damage.of(chain_of(patient)), self._protocols.within(tx):
            row = log.patient_row(tx, patient, lock=False)
            if row is None:
                raise log.no_patient(tx, patient)
            now = self._site.moment(tx, row.trial_end)
            day = on or now.today
            chart = chart_of(tx, row)
            definition = definition_on(self._protocols.by_digest, chart, day)
            from workflow.report.patient import view_of

            view = view_of(row.id, row.seq, chart, definition, day, now.today, now.zone, stale=row.fold != FOLD)
        return view, chart, definition, now

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
        from workflow.report.patient import outlook_of

        with self._transactions.reading(connection) as tx:
            view, chart, definition, now = self._view(tx, patient, on)
            roles = self._roles_that_move(tx, definition, by, now) if by is not None else ()
        with damage.of(chain_of(patient)):
            return outlook_of(view, chart, definition, roles)

    def _roles_that_move(self, tx: Transaction, definition: Definition, by: Actor, now: Moment) -> tuple[str, ...]:
        """The roles of ``by`` that may ask for anything at all."""
        theirs = acting(by, self._roster.now(tx), now)
        return tuple(one.role for one in theirs if any(one.role in roles for roles in definition.roles.values()))

    def due(
        self,
        *,
        until: date | None = None,
        on: date | None = None,
        arm: str | None = None,
        after: str | None = None,
        limit: int = 50,
        damaged: Tell = raised,
    ) -> DuePage:
        """Who is due, by date: whatever falls due up to ``until`` (default: ``on``, today), oldest first.

        Each with what holds it back on ``on``. ``after`` is the mark of the page before. Raises ``DamagedRow`` for a
        row that is none; where ``damaged`` is told of it, the others are listed.
        """
        if limit < 1:
            raise InvalidInput(f"a page holds at least one patient, not {limit}")
        behind = inputs.mark(after)
        with self._transactions.reading() as tx:
            now = self._site.moment(tx)
            day = on or now.today
            rows = log.due_rows(tx, until or day, arm, behind, limit + 1)
        from workflow.report.worklist import item_of

        if not rows:
            filters.require_arm(arm, self._definitions())

        def made(row: DueRow) -> DueItem:
            log.DUE_FORM.require(row, row.chain)
            return item_of(row, self._protocols.by_digest(row.digest), day)

        items = tuple(sound(rows[:limit], made, lambda row: (row.chain, None), damaged))
        mark = log.due_mark(rows[:limit]) if len(rows) > limit else None
        return DuePage(items, mark, day, now.today, now.zone)

    def patients(
        self, *, arm: str | None = None, state: str | Sequence[str] | None = None, damaged: Tell = raised
    ) -> tuple[PatientSummary, ...]:
        """Everybody, in the order of their ids; ``state`` is a state or its parent ("follow_up"), or several.

        Raises ``DamagedRow`` for a row that is none; where ``damaged`` is told of it, the others are listed.
        """
        states = filters.words_of("state", state)
        filters.require_states(states, self._definitions())
        with self._transactions.reading() as tx:
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

        everybody = sound(rows, made, lambda row: (row[0], None), damaged)
        under = tuple(f"{one}." for one in states)
        return tuple(row for row in everybody if not states or f"{row.state}.".startswith(under))

    def patient_ids(self, beginning: str = "", *, limit: int) -> tuple[str, ...]:
        """The first ``limit`` ids of patients that begin so, in order."""
        with self._transactions.reading() as tx:
            return log.ids(tx, beginning, limit)

    # ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────

    def log(
        self, wanted: Filter | None = None, *, limit: int | None = None, last: bool = False, damaged: Tell = raised
    ) -> tuple[Entry, ...]:
        """Entries in the order they were recorded; with ``last`` the newest ``limit``.

        Raises ``DamagedRow`` for one that is none; where ``damaged`` is told of it, the others are listed.
        """
        with self._transactions.reading():
            pages = self.log_pages(wanted, limit=limit, last=last, damaged=damaged)
            return tuple(entry for page in pages for entry in page)

    def log_pages(
        self, wanted: Filter | None = None, *, limit: int | None = None, last: bool = False, damaged: Tell = raised
    ) -> Iterator[tuple[Entry, ...]]:
        """The same, a page at a time: never more than one in memory, and no transaction open between two."""
        with self._transactions.reading() as tx:
            wanted = filters.checked(wanted or Filter(), tx, self._definitions())
        if wanted.patient is not None:
            inputs.patient(wanted.patient)
        if limit is not None and limit < 0:
            raise InvalidInput(f"a list holds no {limit} entries")
        return self._log_pages(wanted, limit, last=last, damaged=damaged)

    def _log_pages(
        self, wanted: Filter, limit: int | None, *, last: bool, damaged: Tell
    ) -> Iterator[tuple[Entry, ...]]:
        after: Mark | None = None
        if last and limit is not None:
            with self._transactions.reading() as tx:
                after = log.before_last(tx, wanted, limit)
        while limit is None or limit > 0:
            size = PAGE if limit is None else min(limit, PAGE)
            with self._transactions.reading() as tx:
                found = log.page(tx, wanted, after, size)
                page = self._entries(tx, found, damaged)
                if after is None and not found:
                    _require_chain(tx, wanted)
            if page:
                yield page
            if len(found) < size:
                return
            after = log.mark_of(found)
            limit = limit - size if limit is not None else None

    def _entries(self, tx: Transaction, found: Sequence[Stored | DamagedRow], damaged: Tell) -> tuple[Entry, ...]:
        from workflow.report.entries import digest_of, entry_of  # with its words, which only reading the log needs

        chains = {one.chain for one in found if isinstance(one, Stored)}
        ids, voids = log.ids_of(tx, chains), _voids(log.voids(tx, chains))

        def made(one: Stored | DamagedRow) -> Entry:
            if isinstance(one, DamagedRow):
                raise one
            return entry_of(one, self._definition_of(digest_of(one)), ids.get(one.chain), voids.get(one.chain))

        return tuple(sound(found, made, lambda one: (one.chain, one.seq), damaged))

    def _definitions(self) -> Iterator[Definition]:
        """Those of every installed protocol, in every edition, that can be had."""
        return (
            found for one in self._protocols.catch_up().listed if (found := self._definition_of(one.digest)) is not None
        )

    def _definition_of(self, digest: str | None) -> Definition | None:
        """The protocol that an entry names, for its words; none where it cannot be had."""
        if digest is None:
            return None
        try:
            return self._protocols.by_digest(digest)
        except WorkflowError:
            return None

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────

    def people(self, *, on: date | None = None, damaged: Tell = raised) -> tuple[Person, ...]:
        """Everybody, in each of their roles; with ``on`` those who may act on that day, each in the roles of that day.

        It goes by what stands now: who was deactivated since is not among them, though they may have acted on that day.
        Raises ``DamagedRow`` for a row that is none; where ``damaged`` is told of it, the others are listed.
        """
        with self._transactions.reading() as tx:
            roll = roster.roll(tx)
        for one in roll.damaged:
            damaged(one)
        return tuple(one for theirs in roll.people.values() for one in theirs if on is None or one.acts_on(on))

    def people_of(self, login: str) -> tuple[Person, ...]:
        """The active people that an operating-system user acts as, in each of their roles."""
        return tuple(one for one in self.people() if one.login == login and one.active)


def _voids(bodies: Iterable[bytes]) -> dict[str, dict[int, int]]:
    """By chain: each entry that was taken back, and the one that took it back."""
    found: dict[str, dict[int, int]] = {}
    for data in bodies:
        with suppress(NotUnderstood, ValueError):  # of which verification tells
            body = decode(data)
            said = payload(body)
            if isinstance(said, Voided) and body.outcome != Outcome.REFUSED:
                found.setdefault(body.chain, {})[said.seq] = body.seq
    return found


def _require_chain(tx: Transaction, wanted: Filter) -> None:
    """Raise where there is no such chain; asked of the row when the chain is empty, for a chain may outlive its row."""
    if wanted.patient is not None and not log.ids_of(tx, [chain_of(wanted.patient)]):
        raise log.no_patient(tx, wanted.patient)
    if wanted.chain is not None and not (log.has_head(tx, wanted.chain) or log.ids_of(tx, [wanted.chain])):
        raise NotFound(f"there is no chain {shown(wanted.chain)}", hint="people, trial, or patient/ID")
