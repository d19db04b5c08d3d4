"""The protocols of a database: what is installed is what runs. Their bytes are hashed before they are compiled.

The Python that comes with the software only feeds ``init`` and ``install``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import date, datetime
from typing import Self

from workflow.desk.append import append_to
from workflow.desk.request import Moment
from workflow.engine.course import Definition
from workflow.engine.facts import KINDS
from workflow.engine.facts.check import shown
from workflow.errors import (
    WHAT_TO_DO,
    AlreadyExists,
    DamagedRow,
    InvalidInput,
    InvalidProtocol,
    ProtocolChanged,
    UnknownArm,
    UnknownProtocol,
)
from workflow.ledger.entry import (
    CONTENT_INSTALLED,
    TRIAL_CHAIN,
    NotUnderstood,
    ProtocolRef,
    Signature,
    decode,
)
from workflow.protocol import content
from workflow.protocol.model import Protocol
from workflow.store import contents, log
from workflow.store.contents import Content
from workflow.store.engine import in_memory
from workflow.store.transaction import Row, Transaction, Transactions


def require_sound(given: Iterable[bytes]) -> None:
    """Raise unless a new database can be set up with these: each can be run, all are of one trial, none is there twice.

    Raises ``InvalidProtocol``, or ``InvalidInput`` where there is none.
    """
    found = [content.read(data) for data in given]
    if not found:
        raise InvalidInput("a trial needs a protocol", hint="name at least one")
    for protocol in found:
        if protocol.trial != found[0].trial:
            raise InvalidProtocol(
                f"one protocol is of {shown(found[0].trial)}, another of {shown(protocol.trial)}",
                hint="another trial needs a database of its own",
            )
        _require_sound(protocol)
    named = [(protocol.version, protocol.edition) for protocol in found]
    for version, edition in named:
        if named.count((version, edition)) > 1:
            raise InvalidProtocol(f"version {shown(version)}, edition {edition}, is given twice")


def _require_sound(protocol: Protocol) -> None:
    from workflow.protocol import lint  # which only installing needs

    lint.require_sound(protocol, KINDS)


class Protocols:
    """The installed protocols, compiled on first use and kept."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._listed: tuple[Content, ...] = ()
        self._listed_at: Row | None = None  # the trial's last entry when they were
        self._damaged: tuple[DamagedRow, ...] = ()
        self._definitions: dict[str, Definition] = {}
        self._command = threading.local()

    @contextmanager
    def within(self, tx: Transaction) -> Iterator[None]:
        """For a command's work: what has to be read is read in its own transaction.

        A second connection may not be to be had before the first is given back, and then nobody would get on.
        """
        self._command.tx = tx
        try:
            yield
        finally:
            self._command.tx = None

    def _reading(self) -> AbstractContextManager[Transaction]:
        tx: Transaction | None = getattr(self._command, "tx", None)
        return nullcontext(tx) if tx is not None else self._transactions.reading()

    def read(self, tx: Transaction) -> None:
        self._listed_at = None  # what this transaction has written may not be kept
        self._listed, self._damaged = contents.listed(tx)

    def catch_up(self) -> Self:
        """Read them again where the trial's chain has moved on: another process may have installed one.

        Of a database in memory there is no other; and all who are in it share one connection, and its transaction.
        """
        if in_memory(self._transactions.engine):
            return self
        with self._reading() as tx:
            end = log.head_as_it_is(tx, TRIAL_CHAIN)
            if end is None or end != self._listed_at:
                self.read(tx)
                self._listed_at = end
        return self

    def require_readable(self) -> None:
        """Raise where something is installed of which nobody can say what."""
        if self._damaged:
            raise self._damaged[0]

    def _known(self, digest: str) -> Content | None:
        return next((one for one in self._listed if one.digest == digest), None)

    @property
    def trial(self) -> str | None:
        """The trial that the database is about."""
        return self._listed[0].trial if self._listed else None

    @property
    def versions(self) -> tuple[str, ...]:
        """The installed versions, in the order of installation."""
        return tuple(dict.fromkeys(one.version for one in self._listed))

    @property
    def listed(self) -> tuple[Content, ...]:
        return self._listed

    def installed_by(self, tx: Transaction, end: datetime) -> frozenset[str]:
        """The digests of those that the trial's chain says were installed before ``end``."""
        found = set()
        for data in log.bodies_of(log.first_rows(tx, TRIAL_CHAIN, end), TRIAL_CHAIN):
            with suppress(NotUnderstood, ValueError):  # of which verification tells
                body = decode(data)
                if body.kind == CONTENT_INSTALLED and body.protocol is not None:
                    found.add(body.protocol.digest)
        return frozenset(found)

    # ── definitions ──────────────────────────────────────────────────────────────────────────────────────────────

    def by_digest(self, digest: str) -> Definition:
        found = self._definitions.get(digest)
        if found is None:
            with self._reading() as tx:
                found = self._definitions[digest] = self._compiled(tx, digest)
        return found

    def _compiled(self, tx: Transaction, digest: str) -> Definition:
        if self._known(digest) is None:  # somebody else may have installed it meanwhile
            self.read(tx)
        known, data = self._known(digest), contents.bytes_of(tx, digest)
        if known is None or data is None:
            raise DamagedRow(f"no protocol of digest {shown(digest[:12])} is installed", chain=TRIAL_CHAIN)
        what = f"protocol version {known.version}, edition {known.edition}"
        if content.digest(data) != digest:
            raise ProtocolChanged(
                f"the content of {what} is not what was installed: its digest is not {digest[:12]}",
                hint=WHAT_TO_DO,
            )
        try:
            return Definition(content.decode(data), digest=digest)
        except (InvalidProtocol, RecursionError) as error:
            said = error.message if isinstance(error, InvalidProtocol) else "nested too deeply"
            raise InvalidProtocol(
                f"this software cannot read {what}: {said}",
                hint="use the software that installed it",
            ) from None

    def of_version(self, version: str) -> Definition:
        """The newest edition of an installed version."""
        found = self._edition(version)
        if found is None:
            self.require_readable()
            there = ", ".join(self.versions) or "none"
            raise UnknownProtocol(f"no protocol version {shown(version)} is installed; there are: {there}")
        return self.by_digest(found.digest)

    def _edition(self, version: str) -> Content | None:
        return max((one for one in self._listed if one.version == version), key=lambda one: one.edition, default=None)

    def in_force(self, arm: str, day: date) -> Definition:
        """The protocol that a patient who enters ``arm`` on ``day`` is enrolled under.

        Of those that have the arm, the one whose time began last; one whose beginning nobody knows is taken by name.
        """
        self.require_readable()
        found: list[tuple[date, int, Definition]] = []
        arms: dict[str, None] = {}
        for place, version in enumerate(self.versions):
            definition = self.of_version(version)
            arms |= dict.fromkeys(one.key for one in definition.protocol.arms)
            began = definition.protocol.starts(arm) if definition.protocol.arm(arm) is not None else None
            if began is not None:
                found.append((began, place, definition))
        if arm not in arms:
            raise UnknownArm(f"there is no arm {shown(arm)}", hint=f"the arms are {', '.join(arms)}")
        begun = [one for one in found if one[0] <= day]
        if not begun:
            first = min((one[0] for one in found), default=None)
            since = f"; the first begins on {first}" if first is not None else ""
            raise UnknownProtocol(
                f"no protocol version is known to have been in force for arm {arm} on {day}{since}",
                hint=f"name one with --protocol: {', '.join(self.versions)}",
            )
        return max(begun, key=lambda one: one[:2])[2]

    def newest(self) -> Definition:
        """The version that was installed last."""
        self.require_readable()
        if not self.versions:
            raise UnknownProtocol("no protocol is installed")
        return self.of_version(self.versions[-1])

    # ── installing ───────────────────────────────────────────────────────────────────────────────────────────────

    def missing(self, protocols: Iterable[Protocol]) -> list[Protocol]:
        """Those of this database's trial that it does not have: by their names, for what is installed is what runs."""
        there = {(one.version, one.edition) for one in self._listed}
        ours = [one for one in protocols if one.trial == (self.trial or one.trial)]
        return [one for one in ours if (one.version, one.edition) not in there]

    def install(self, tx: Transaction, data: bytes, signature: Signature, now: Moment) -> Content:
        """Install a protocol from its canonical bytes: one entry of the trial's chain, one row.

        Raises ``InvalidProtocol`` where it cannot be read, is of another trial, or static analysis finds something;
        ``AlreadyExists`` where that version and edition is there.
        """
        protocol = content.read(data)
        self.read(tx)
        self.require_readable()
        if self.trial not in (None, protocol.trial):
            raise InvalidProtocol(
                f"this is a protocol of {shown(protocol.trial)}, and the database is about {self.trial}",
                hint="another trial needs a database of its own: regimen init --protocol FILE",
            )
        what = Content(content.digest(data), protocol.trial, protocol.version, protocol.edition)
        for there in self._listed:
            if there.digest == what.digest:
                raise AlreadyExists(f"version {what.version}, edition {what.edition}, is installed already")
            if there[1:] == what[1:]:
                raise AlreadyExists(
                    f"version {what.version}, edition {what.edition}, is installed with other content:"
                    f" digest {there.digest[:12]}, not {what.digest[:12]}",
                    hint="a corrected encoding is a new edition",
                )
        _require_sound(protocol)
        append_to(tx, TRIAL_CHAIN, CONTENT_INSTALLED, signature, now, protocol=ProtocolRef(*what[1:], what.digest))
        contents.add(tx, what, data, now.at)
        self.read(tx)
        return what
