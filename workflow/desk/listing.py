"""Lists of what is said of entries: deviations, queries; a page of the log at a time, none of it read as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import TypeVar

from workflow.desk.damage import Tell, sound
from workflow.engine.course import Definition
from workflow.engine.decision import Outcome
from workflow.errors import DamagedRow
from workflow.ledger.entry import ACKNOWLEDGED, QUERY, VOID, Stored, action_in, chain_of, decode
from workflow.protocol.words import AUDITOR
from workflow.report.entries import digest_of, entry_of
from workflow.report.remarks import NOTHING_SAID, Deviation, QueryView, deviation_of, queries_in, said_in
from workflow.store import log, roster
from workflow.store.log import Filter, Mark
from workflow.store.transaction import Transaction, Transactions

PAGE = 500  # entries of a list in memory at once
T = TypeVar("T")
Found = Sequence[Stored | DamagedRow]


class Listing:
    def __init__(
        self, transactions: Transactions, definition_of: Callable[[str | None], Definition | None], damaged: Tell
    ) -> None:
        self._transactions = transactions
        self._definition_of = definition_of
        self._damaged = damaged

    # ── deviations ───────────────────────────────────────────────────────────────────────────────────────────────

    def deviations(self, patient: str | None, since: date | None) -> Iterator[Deviation]:
        """What happened against the rules, of the day ``since`` or later."""
        wanted = Filter(patient=patient, outcome=Outcome.DEVIATED.value, occurred_from=since or date.min)
        return self._paged(wanted, self._deviations_of)

    def _deviations_of(self, tx: Transaction, found: Found) -> list[Deviation]:
        chains = {one.chain for one in found if isinstance(one, Stored)}
        ids = log.ids_of(tx, chains)
        told = groupby(log.said_of(tx, chains, (ACKNOWLEDGED, VOID)), lambda one: one.chain)
        said = {chain: said_in(list(some)) for chain, some in told}

        def made(one: Stored | DamagedRow) -> Deviation:
            if isinstance(one, DamagedRow):
                raise one
            entry = entry_of(one, self._definition_of(digest_of(one)), ids.get(one.chain))
            body = decode(one.data)
            return deviation_of(entry, action_in(body), body.today, said.get(one.chain, NOTHING_SAID))

        return list(sound(found, made, lambda one: (one.chain, one.seq), self._damaged))

    # ── queries ──────────────────────────────────────────────────────────────────────────────────────────────────

    def queries(self, patient: str | None) -> Iterator[QueryView]:
        """Every query, chain by chain in the order in which each was first asked about.

        Only auditors ask: theirs are the entries that are looked through, and not the whole log.
        """
        with self._transactions.reading() as tx:
            if patient is not None:
                return iter(self._queries_of(tx, [chain_of(patient)]))
            people = roster.roll(tx).people.values()
        auditors = [one.id for theirs in people for one in theirs if one.role == AUDITOR]
        seen: set[str] = set()

        def made(tx: Transaction, found: Found) -> list[QueryView]:
            chains = dict.fromkeys(one.chain for one in found if isinstance(one, Stored) and one.chain not in seen)
            seen.update(chains)
            return [query for chain in chains for query in self._queries_of(tx, [chain])]

        return self._paged(Filter(kind=QUERY, actor=auditors), made) if auditors else iter(())

    def _queries_of(self, tx: Transaction, chains: Sequence[str]) -> list[QueryView]:
        ids = log.ids_of(tx, chains)

        def made(chain: str) -> list[QueryView]:
            return list(queries_in(ids.get(chain, chain), log.said_of(tx, [chain], (QUERY,))))

        return [one for some in sound(chains, made, lambda chain: (chain, None), self._damaged) for one in some]

    # ── a page at a time ─────────────────────────────────────────────────────────────────────────────────────────

    def _paged(self, wanted: Filter, make: Callable[[Transaction, Found], list[T]]) -> Iterator[T]:
        """What ``make`` makes of each page, in a transaction of its own; none is open between two."""
        after: Mark | None = None
        while True:
            with self._transactions.reading() as tx:
                found = log.page(tx, wanted, after, PAGE)
                page = make(tx, found)
            yield from page
            if len(found) < PAGE:
                return
            after = log.mark_of(found)
