"""Which protocol versions a database has, and whether this software's content under each is what was installed."""

from __future__ import annotations

from collections.abc import Iterable

from workflow import trials
from workflow.desk.write import Moment, append_to, blank
from workflow.engine.course import Definition
from workflow.engine.facts import shown
from workflow.errors import ProtocolChanged, UnknownProtocol
from workflow.ledger.entry import PROTOCOL_INSTALLED, TRIAL_CHAIN, Signature, instant
from workflow.protocol import content
from workflow.protocol.model import Protocol
from workflow.store import contents
from workflow.store.transaction import Transaction, Transactions


class Installed:
    """The installed versions, compiled on first use. ``given`` replaces the protocols that come with the software."""

    def __init__(self, transactions: Transactions, given: Iterable[Protocol] | None) -> None:
        self._transactions = transactions
        self._given = None if given is None else {protocol.version: protocol for protocol in given}
        self._digests: dict[str, str] = {}
        self._definitions: dict[str, Definition] = {}

    def read(self, tx: Transaction) -> None:
        self._digests = contents.digests(tx)

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(self._digests)

    @property
    def known(self) -> tuple[str, ...]:
        """The versions that this software has, the newest last."""
        return tuple(self._given) if self._given is not None else trials.VERSIONS

    def newest(self) -> str:
        """The version that patients are enrolled under: of those installed, the last that this software has."""
        return next((version for version in reversed(self.known) if version in self._digests), "")

    def protocol(self, version: str) -> Protocol | None:
        """This software's content of a version."""
        if self._given is not None:
            return self._given.get(version)
        return trials.find(version) if version in trials.VERSIONS else None

    def definition(self, version: str) -> Definition:
        found = self._definitions.get(version)
        if found is None:
            found = self._definitions[version] = self._compiled(version)
        return found

    def _compiled(self, version: str) -> Definition:
        if version not in self._digests:  # somebody else may have installed it meanwhile
            with self._transactions.reading() as tx:
                self.read(tx)
        digest = self._digests.get(version)
        if digest is None:
            there = ", ".join(self._digests) or "none"
            raise UnknownProtocol(f"no protocol version {shown(version)} is installed; there are: {there}")
        protocol = self.protocol(version)
        if protocol is None:
            raise UnknownProtocol(f"this software does not have protocol version {version}", hint="use a newer one")
        definition = Definition(protocol)
        if definition.digest != digest:
            raise ProtocolChanged(
                f"protocol version {version} has digest {definition.digest[:12]}, installed was {digest[:12]}",
                hint="changed content needs a version of its own",
            )
        return definition

    def install_missing(self, tx: Transaction, signature: Signature, now: Moment) -> tuple[str, ...]:
        """Install what this software has and the database does not, each an entry of the trial's chain."""
        self.read(tx)
        missing = [version for version in self.known if version not in self._digests]
        for version in missing:
            protocol = self.protocol(version)
            if protocol is None:
                continue
            digest = content.digest(protocol)
            body = blank(PROTOCOL_INSTALLED, signature, now)
            body["protocol"] = {"trial": protocol.trial, "version": version, "digest": digest}
            append_to(tx, TRIAL_CHAIN, body)
            row = {
                "version": version,
                "trial": protocol.trial,
                "digest": digest,
                "content": content.content(protocol),
                "installed_at": instant(now.at),
            }
            contents.add(tx, row)
        self.read(tx)
        return tuple(missing)
