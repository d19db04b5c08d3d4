"""The review of the log: patient by patient, a span of chains at a time, so that a long log needs no more memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date
from typing import Any

from msgspec.structs import astuple

from workflow.desk.damage import Tell, sound
from workflow.engine.course import Definition
from workflow.ledger.entry import REVIEWED, Body, NotUnderstood, Stored, chain_of, decode
from workflow.ledger.remarks import signed_off
from workflow.ledger.review import History, Tally, review, tallied
from workflow.report.review import PatientReview, Pattern, Telling, items_of, patterns
from workflow.store import log
from workflow.store.audit import Span, histories, spans
from workflow.store.transaction import Transaction, Transactions

DefinitionOf = Callable[[str], Definition]


class Review:
    """Read once, patient by patient; behind the last of them it says what was whose.

    All who have entries to review are told of, those in whose entries there is nothing to look at, too.
    """

    def __init__(
        self,
        transactions: Transactions,
        definition_of: DefinitionOf,
        *,
        patient: str | None,
        since: date | None,
        late: int,
        whole: bool,
        damaged: Tell,
    ) -> None:
        self._transactions = transactions
        self._definition_of = definition_of
        self._patient = patient
        self._since = since
        self._late = late
        self._whole = whole
        self._damaged = damaged
        self._people: dict[str, Tally] = {}
        self.entries = 0  # that were reviewed, so far

    @property
    def people(self) -> tuple[Pattern, ...]:
        """What was whose, so far."""
        return patterns({person: astuple(tally) for person, tally in self._people.items()})

    def __iter__(self) -> Iterator[PatientReview]:
        only = [Span(only=(chain_of(self._patient),))] if self._patient is not None else None
        for span in only or spans(self._transactions):
            with self._transactions.reading() as tx:
                found = self._of_span(tx, span)
            yield from found

    def _of_span(self, tx: Transaction, span: Span) -> list[PatientReview]:
        with closing(histories(tx, span)) as told:
            found = sound(told, self._reviewed, lambda one: (one[0], None), self._damaged)
            mine = [(chain, one) for chain, one in found if one is not None]
        ids = log.ids_of(tx, [chain for chain, _ in mine])
        return [one(ids.get(chain, chain)) for chain, one in mine]

    def _reviewed(self, told: tuple[str, Sequence[Stored]]) -> tuple[str, Callable[[str], PatientReview] | None]:
        """What there is to say of a chain, but for whose it is; None where nothing of it is to be reviewed."""
        chain, stored = told
        bodies: list[Body] = []
        unknown: int | None = None
        for one in stored:
            try:
                bodies.append(decode(one.data))
            except NotUnderstood:
                unknown = one.seq
                break
        history = History(bodies)
        found = review(history, self._definition_of, late=self._late)

        signed = 0 if self._whole else signed_off(bodies)

        def fresh(body: Body) -> bool:
            new = body.seq > signed and body.kind != REVIEWED
            return new and (self._since is None or body.today >= self._since)

        entries = sum(map(fresh, bodies))
        if not entries and unknown is None:
            return chain, None
        items = tuple(items_of(found, history, Telling(history, stored, self._definition_of), fresh))
        self.entries += entries
        for person, tally in tallied(history, found, fresh).items():
            theirs: Any = self._people.setdefault(person, Tally())
            for name in tally.__struct_fields__:
                setattr(theirs, name, getattr(theirs, name) + getattr(tally, name))
        seq, digest = (bodies[-1].seq, stored[len(bodies) - 1].hash.hex()) if bodies else (0, "")
        return chain, lambda id: PatientReview(id, seq, digest, signed or None, items, unknown)
