"""What stands beside the chains, held to them: people, protocol contents, the ids of requests. No store, no SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple

from workflow.engine.course import Definition
from workflow.engine.decision import Outcome
from workflow.engine.facts import KINDS
from workflow.engine.numbers import ENGINE
from workflow.errors import InvalidProtocol
from workflow.ledger import entry as entries
from workflow.ledger.entry import PEOPLE_CHAIN, TRIAL_CHAIN, Body, NotUnderstood, SoftwareChanged, ours
from workflow.ledger.ground import Ground
from workflow.ledger.report import Report
from workflow.protocol import content as protocols


class Definitions:
    """The definitions of what is installed, compiled from its bytes where they hash to their digest."""

    def __init__(self) -> None:
        self._found: dict[str, Definition | None] = {}

    def add(self, digest: str, data: bytes) -> None:
        if digest not in self._found and _hashes_to(data, digest):
            self._found[digest] = _compiled(data, digest)

    def has(self, digest: str) -> bool:
        return digest in self._found

    def __call__(self, digest: str) -> Definition | None:
        return self._found.get(digest)


def _hashes_to(data: object, digest: str) -> bool:
    return isinstance(data, bytes) and sha256(data).hexdigest() == digest


def _compiled(data: bytes, digest: str) -> Definition | None:
    if len(data) > protocols.LIMIT:
        return None
    try:
        definition = Definition(protocols.decode(data), digest=digest)
        for arm in definition.protocol.arms:
            definition.machine(arm.key)
    except Exception:  # noqa: BLE001 - no protocol that can be run, whoever put it there: see compare_contents
        return None
    return definition


class ContentRow(NamedTuple):
    digest: str
    trial: str
    version: str
    edition: int
    content: bytes
    installed_at: str


def compare_contents(ground: Ground, rows: Iterable[ContentRow], definition_of: Definitions, report: Report) -> None:
    """Installed protocols are those that the trial's chain says, with their content, and can be run."""
    rest = dict(ground.in_use.installed)  # where newer software wrote to the chain, what is beside it is not judged
    for row in rows:
        what = f"protocol version {row.version}, edition {row.edition}"
        there = rest.pop(row.digest, None)
        if there is None:
            if not ground.in_use.open:
                _find(report, f"{what} is there, and the log does not say it was installed")
        else:
            said = {"trial": there.what.trial, "version": there.what.version, "edition": there.what.edition}
            said["installed_at"] = there.at
            wrong = ", ".join(name for name, value in said.items() if getattr(row, name) != value)
            if wrong:
                _find(report, f"{what}: {wrong} is not what the log says")
        if not _hashes_to(row.content, row.digest):
            _find(report, f"the content of {what} does not hash to its digest")
            continue
        definition = definition_of(row.digest)
        if definition is not None and there is not None and entries.named(definition) != there.what:
            _find(report, f"the content of {what} is that of another version")
        under = there.under if there is not None else None if ground.in_use.newer_than(ours()) else ours()
        why = _unsound(row.content, under or ours())
        if why is None and definition is None:
            why = "cannot be run"
        if why is None:
            continue
        if under is None or under.is_above(ours()):
            report.not_understood += 1  # by newer software, which may know better
        else:
            _find(report, f"the content of {what} is none that can have been installed: {why}")
    for gone in rest.values():
        what = f"protocol version {gone.what.version}, edition {gone.what.edition}"
        _find(report, f"{what} was installed, and is missing")


def _unsound(data: bytes, under: SoftwareChanged) -> str | None:
    """Why software of these numbers would not have installed it, if so: by the functions that installing goes by.

    What static analysis said of a protocol is known of our engine's number alone, and by the facts that there were.
    """
    from workflow.protocol.lint import require_sound  # which nothing else that reads a log needs

    try:
        protocol = protocols.read(data)
        if under.engine == ENGINE:
            require_sound(protocol, [kind for kind in KINDS if kind in under.kinds])
    except InvalidProtocol as error:
        return error.message
    except Exception as error:  # noqa: BLE001 - whatever stands there is a finding, not a crash
        return f"{type(error).__name__} {error}"[:200]
    return None


def _find(report: Report, message: str) -> None:
    report.find(TRIAL_CHAIN, None, "version", message)


class PersonRow(NamedTuple):
    id_key: str
    role: str
    id: str
    login: str | None
    active: int
    place: int
    from_day: str | None
    until_day: str | None


def compare_people(ground: Ground, rows: Iterable[PersonRow], report: Report) -> None:
    """The table of people is the fold of their chain."""

    def find(message: str) -> None:
        report.find(PEOPLE_CHAIN, None, "person", message)

    rest = {(row.id_key, row.role): row for row in _folded(ground)}
    for there in rows:
        said = rest.pop((there.id_key, there.role), None)
        if not ground.people_understood:
            continue
        if said is None:
            find(f"{there.id} is among the people as {there.role}, and the log does not say they were added")
        elif said != there:
            pairs = zip(PersonRow._fields, there, said, strict=True)
            wrong = ", ".join(f"{name} {one!r}, not {other!r}" for name, one, other in pairs if one != other)
            find(f"{there.id} has, as {there.role}, {wrong}")
    for gone in rest.values():
        find(f"{gone.id} was added as {gone.role}, and is missing")


def _folded(ground: Ground) -> Iterable[PersonRow]:
    for key, theirs in ground.everybody.items():
        for place, one in enumerate(theirs, 1):
            days = (day.isoformat() if day is not None else None for day in (one.since, one.until))
            yield PersonRow(key, one.role, one.id, one.login, int(one.active), place, *days)


class RequestCheck:
    """The ids of what was carried out: each entry's stands in its row, and each row leads to its entry."""

    def __init__(self) -> None:
        self.waiting: dict[tuple[str, int], str] = {}  # entries not compared yet: where, and the id

    def take(self, body: Body) -> None:
        """An entry that was read."""
        if _owns_request(body):
            assert body.request is not None
            self.waiting[body.chain, body.seq] = body.request.id

    def compare(self, rows: Mapping[str, tuple[str, int]], report: Report) -> None:
        """Hold the entries that were read to the rows of their ids."""
        for (chain, seq), id in self.waiting.items():
            there = rows.get(id)
            if there is None:
                report.find(chain, seq, "request", f"the request id of entry {seq} has no row")
            elif there != (chain, seq):
                said = f"the request id of entry {seq} leads to entry {there[1]} of {there[0]}"
                report.find(chain, seq, "request", said)


def check_request(chain: str, seq: int, id: str, data: object, report: Report) -> None:
    """A row of an id, and the bytes of the entry that it names, if there is one."""
    wrong = None
    if data is not None and not isinstance(data, bytes):
        return  # which is found where the entry is read
    if data is None:
        wrong = f"there is a request id of entry {seq}, which does not exist"
    else:
        try:
            body = entries.decode(data)
        except (NotUnderstood, ValueError):
            return  # it is counted, or found, where it is read
        if not _owns_request(body):
            wrong = f"entry {seq} was recorded without a request id, and now has one"
        elif body.request is None or body.request.id != id:
            wrong = f"there is another request id of entry {seq} than its own"
    if wrong is not None:
        report.find(chain, seq, "request", wrong)


def _owns_request(body: Body) -> bool:
    return body.request is not None and body.outcome != Outcome.REFUSED
