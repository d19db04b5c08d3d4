"""One entry of the audit log: its body, its canonical bytes, its hash, its columns, and how it reads.

The bytes are stored as they were hashed. ``hash = SHA-256(0x00 || bytes)`` is the link of the chain (the next entry's
``prev``) and, by its prefix, the leaf hash of RFC 6962. Free text never stands in the bytes: they hold a salted
commitment, ``SHA-256(salt || UTF-8 text)``, and the text stands beside, so that it can be withdrawn without breaking a
hash. No prose either: a reason is a code and its arguments. What was not said is absent, never null.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any

from msgspec import DecodeError, Raw, Struct, ValidationError, field
from msgspec.json import Decoder

from workflow import canonical
from workflow.engine.course import Definition
from workflow.engine.decision import Mode, Outcome, Reason, Stated
from workflow.engine.facts import BY_KIND
from workflow.engine.facts.check import shown
from workflow.engine.facts.fact import named as named_form
from workflow.engine.numbers import ENGINE, FOLD, rank

FORMAT = 1  # of the envelope

Texts = Mapping[str, tuple[bytes, str]]  # field to (salt, text)
TEXTS = ("note", "reason")  # the fields that there are
SALT = 16  # bytes
TEXT_LIMIT = 4000  # characters
NO_TEXTS: Texts = {}

PATIENT_PREFIX = "patient/"
TRIAL_CHAIN = "trial"
PEOPLE_CHAIN = "people"
NOTHING = Raw(b"{}")


def id_key(id: str) -> str:
    """What an id is known by: ids are compared without case, and shown as first typed."""
    return id.casefold()


def chain_of(patient: str) -> str:
    return PATIENT_PREFIX + id_key(patient)


# ── kinds ──────────────────────────────────────────────────────────────────────────────────────────────────────────

ENROLMENT = "enrolment"
TRANSITION = "transition"
VOID = "void"
TRIAL_OPENED = "trial_opened"
CONTENT_INSTALLED = "content_installed"
SOFTWARE_CHANGED = "software_changed"
SETTING_CHANGED = "setting_changed"
PERSON_ADDED = "person_added"
PERSON_DEACTIVATED = "person_deactivated"

# What is said of entries, and changes nothing for the patient.
ACKNOWLEDGED = "acknowledged"
REVIEWED = "reviewed"
QUERY = "query"
REDACTED = "redacted"
REMARKS = (ACKNOWLEDGED, REVIEWED, QUERY, REDACTED)

# Names that later kinds will have; none is written yet.
RESERVED = (*("confirmed", "amended", "refolded", "note", "assigned", "away"),)


class Empty(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Nothing to say beside what the envelope says."""


class Elsewhere(Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of another patient's chain, and its hash."""

    patient: str
    seq: int
    hash: str


class Enrolled(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """``patient`` is the id as it was first typed; ``instead_of`` took an enrolment of the same person back."""

    patient: str
    arm: str
    instead_of: Elsewhere | None = None


class Instead(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What takes the place of an entry, as the entry behind says it: its kind, day, time, step, content."""

    kind: str
    on: date
    time: str | None = None
    trigger: str | None = None
    code: str | None = None
    data: Raw = NOTHING


class Voided(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The entry of this chain that no longer stands, and its hash; ``instead`` stands in the entry behind this one.

    Where it is the enrolment, ``anew`` is the patient as whom the same person is enrolled instead.
    """

    seq: int
    hash: str
    instead: Instead | None = None
    anew: str | None = None


class Redacted(Struct, frozen=True, forbid_unknown_fields=True):
    """The text ``field`` of entry ``seq`` of this chain, of this hash, is gone for good."""

    seq: int
    hash: str
    field: str


class Seal(Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of this chain, as a person saw it who vouches for that."""

    seq: int
    hash: str


class Acknowledged(Struct, frozen=True, forbid_unknown_fields=True):
    """Deviations, and what somebody judges them to mean."""

    entries: tuple[Seal, ...]
    assessment: str


class Reviewed(Struct, frozen=True, forbid_unknown_fields=True):
    """The entries up to this one were reviewed, with this outcome."""

    seq: int
    hash: str
    outcome: str


class Query(Struct, frozen=True, forbid_unknown_fields=True):
    """A monitor's question: where it is asked, the entry that it is about; else the entry in which it was asked."""

    seq: int
    hash: str
    step: str


class PersonChanged(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A person in one role. ``since`` and ``until`` are the days of delegation, both included."""

    id: str
    role: str
    login: str | None = None
    since: date | None = None
    until: date | None = None


class SoftwareChanged(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The formats and numbers that are in use from here on: ``kinds`` gives the version of each kind's payload."""

    engine: str
    fold: int
    format: int
    kinds: dict[str, int]

    def is_above(self, other: SoftwareChanged) -> bool:
        """Whether any of these numbers is higher than the other's. Raises ``ValueError`` for an engine that is none."""
        return (
            rank(self.engine) > rank(other.engine)
            or self.fold > other.fold
            or self.format > other.format
            or any(version > other.kinds.get(kind, 0) for kind, version in self.kinds.items())
        )


ZONE = "zone"  # the only setting that there is


class SettingChanged(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a setting of the trial is from here on; ``zone`` is the site's, by its name in the IANA database."""

    name: str
    value: str


OTHERS: dict[str, tuple[int, type[Struct]]] = {  # kind to the version of its payload, and the payload
    ENROLMENT: (1, Enrolled),
    TRANSITION: (1, Empty),
    VOID: (1, Voided),
    REDACTED: (1, Redacted),
    ACKNOWLEDGED: (1, Acknowledged),
    REVIEWED: (1, Reviewed),
    QUERY: (1, Query),
    TRIAL_OPENED: (1, Empty),
    CONTENT_INSTALLED: (1, Empty),
    SOFTWARE_CHANGED: (1, SoftwareChanged),
    SETTING_CHANGED: (1, SettingChanged),
    PERSON_ADDED: (1, PersonChanged),
    PERSON_DEACTIVATED: (1, PersonChanged),
}
KINDS: dict[str, int] = {
    **{kind: version for kind, (version, _) in OTHERS.items()},
    **{kind: fact.KV for kind, fact in BY_KIND.items()},
}


def ours() -> SoftwareChanged:
    """The numbers that this software writes under."""
    return SoftwareChanged(ENGINE, FOLD, FORMAT, KINDS)


# ── the body ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Signature(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who acted, as the entry keeps it, whatever becomes of the person's record.

    ``assurance`` says how their identity was established, ``via`` through what (a login, a service).
    """

    id: str
    role: str
    assurance: str
    via: str | None = None


class Seen(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The last entry of another chain as it was read when this one was decided."""

    seq: int
    hash: str


class ProtocolRef(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    trial: str
    version: str
    edition: int
    digest: str


@lru_cache(maxsize=64)
def named(definition: Definition) -> ProtocolRef:
    """How an entry names the protocol that decided it."""
    protocol = definition.protocol
    return ProtocolRef(protocol.trial, protocol.version, protocol.edition, definition.digest)


class RequestRef(Struct, frozen=True, forbid_unknown_fields=True):
    """A caller's own id for what was asked, and the digest of what was asked."""

    id: str
    sha256: str


class Imported(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where an imported entry comes from. Reserved: nothing imports yet."""

    source: str
    line: int
    row: str
    decided_by: str


class Body(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What an entry says. ``docs/reference/entry.md`` gives the meaning of each field."""

    v: int
    kv: int
    kind: str
    chain: str
    seq: int
    prev: str | None = None
    at: str
    on: date
    time: str | None = None
    today: date
    actor: Signature
    engine: str
    software: str
    outcome: str
    mode: str | None = None  # absent: it was asked
    stated: str | None = None
    trigger: str | None = None
    code: str | None = None
    source: str | None = field(name="from", default=None)
    target: str | None = field(name="to", default=None)
    data: Raw = NOTHING
    reasons: tuple[Reason, ...] = ()
    deviations: tuple[str, ...] = ()
    delay: int = 0
    cause: int | None = None
    protocol: ProtocolRef | None = None
    request: RequestRef | None = None
    seen: dict[str, Seen] = {}
    texts: dict[str, str] = {}
    imported: Imported | None = None


class Envelope(Struct):
    """What any version of an entry says of itself: enough to know whether the rest can be understood."""

    v: int
    kv: int
    kind: str
    engine: str
    at: str = ""


_OUTCOMES = frozenset(Outcome)
_body = Decoder(Body)
_envelope = Decoder(Envelope)


class NotUnderstood(Exception):
    """An entry of a format, kind or engine that this software does not know."""


def decode(data: bytes) -> Body:
    """The body that ``data`` holds.

    Raises ``NotUnderstood`` where it is of a format or kind that this software does not know, ``ValueError`` where it
    is no entry at all.
    """
    try:
        body = _body.decode(data)
    except (DecodeError, UnicodeError, RecursionError) as error:
        envelope = envelope_of(data)
        if envelope is not None and not understood(envelope):
            raise NotUnderstood(_unknown(envelope)) from None
        raise ValueError(str(error)) from None
    if not understood(body):
        raise NotUnderstood(_unknown(body))
    if body.v < 1 or body.kv < 1:
        raise ValueError(f"no entry is of format {body.v}, version {body.kv} of its kind")
    if body.outcome not in _OUTCOMES:
        raise ValueError(f"there is no outcome {shown(body.outcome)}")
    return body


def envelope_of(data: bytes) -> Envelope | None:
    try:
        return _envelope.decode(data)
    except (DecodeError, UnicodeError, RecursionError):
        return None


def understood(said: Body | Envelope) -> bool:
    """Whether this software knows the format and the kind: its own versions, and every earlier one."""
    known = KINDS.get(said.kind)
    return said.v <= FORMAT and known is not None and said.kv <= known


def _unknown(said: Body | Envelope) -> str:
    if said.v > FORMAT:
        return f"format {said.v}"
    return f"kind {said.kind}" if said.kind not in KINDS else f"version {said.kv} of {said.kind}"


def payload(body: Body) -> Struct:
    """The typed content of an entry; of a fact, its fields by name. Raises ``ValueError`` for a malformed one."""
    try:
        return _decoder(body.kind).decode(body.data)
    except ValidationError as error:
        raise ValueError(str(error)) from None


@cache
def _decoder(kind: str) -> Decoder[Struct]:
    return Decoder(named_form(BY_KIND[kind]) if kind in BY_KIND else OTHERS[kind][1])


def content(data: bytes) -> Raw:
    """The canonical bytes of a payload as a body holds them: where there is nothing to say, it is absent."""
    return Raw(data) if data != b"{}" else NOTHING


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_REQUEST = re.compile(r"[!-~]{1,100}")
_LABEL = re.compile(r"[!-~]{1,64}")  # an assurance, a login, a service, a software's version: never free text
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")  # but for lines and tabs; and half characters
_PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_LONG = re.compile(rb"[\[:,]-?[0-9]{16}")  # a number that may be beyond the subset


def is_person_id(said: object) -> bool:
    """Whether a person's id has the form of one."""
    return isinstance(said, str) and _PERSON.fullmatch(said) is not None


def is_request_id(said: object) -> bool:
    """Whether a caller's own id of a request has the form of one."""
    return isinstance(said, str) and _REQUEST.fullmatch(said) is not None


@lru_cache(maxsize=1024)
def is_label(said: object) -> bool:
    """Whether a name for how somebody is known has the form of one."""
    return isinstance(said, str) and _LABEL.fullmatch(said) is not None


def wrong_with_text(text: str) -> str | None:
    """Why a free text cannot be kept, if so; what is typed is kept without the white space around it."""
    if not text:
        return "is empty"
    if len(text) > TEXT_LIMIT:
        return f"has {len(text)} characters; {TEXT_LIMIT} are the most"
    if _CONTROL.search(text) is not None:
        return f"holds control characters: {shown(text)}"
    return None if text == text.strip() else f"has white space around it: {shown(text)}"


def _is_moment(at: str) -> bool:
    if not _MOMENT.fullmatch(at):
        return False
    try:
        datetime.fromisoformat(at)
    except ValueError:
        return False
    return True


def _may_go_beyond(body: Body, data: bytes) -> bool:
    """Whether a number may lie outside the subset; looked for where numbers are, for most of an entry is hashes."""
    if body.reasons or body.imported is not None:
        return _LONG.search(data) is not None
    edition = body.protocol.edition if body.protocol is not None else 0
    if not (_inside(body.seq) and _inside(body.delay) and _inside(body.cause or 0) and _inside(edition)):
        return True
    for seen in body.seen.values():
        if not _inside(seen.seq):
            return True
    return body.data is not NOTHING and _LONG.search(bytes(body.data)) is not None


def _inside(number: int) -> bool:
    return -canonical.LIMIT < number < canonical.LIMIT


def has_form(body: Body, data: bytes) -> bool:
    """Whether what a body says beside the question and its answer has the form that it is written in.

    ``data`` are its bytes, which hold no number beyond the canonical subset either.
    """
    if not _is_moment(body.at) or (body.time is not None and not _TIME.fullmatch(body.time)):
        return False
    if not is_label(body.software):
        return False
    if body.request is not None and not (
        _REQUEST.fullmatch(body.request.id) and _DIGEST.fullmatch(body.request.sha256)
    ):
        return False
    for name, committed in body.texts.items():
        if name not in TEXTS or not _DIGEST.fullmatch(committed):
            return False
    if body.stated != (Stated.GIVEN if "reason" in body.texts else None):  # NOT_IN_SOURCE is of imports, still to come
        return False
    return not _may_go_beyond(body, data) or canonical.is_canonical(data)


def is_as_written(body: Body, data: bytes) -> bool:
    """Whether ``data`` are the bytes that ``body`` is written as: canonical, nothing said that equals its default.

    Raises ``ValueError`` where its content is none of its kind.
    """
    if canonical.encode(body) != data or body.mode == Mode.ASK or not has_form(body, data):
        return False
    return body.data is NOTHING or canonical.encode(payload(body)) == bytes(body.data) != b"{}"


def action_in(body: Body) -> str:
    """What a person would say was asked for."""
    called = {ENROLMENT: "enroll", VOID: "correct", ACKNOWLEDGED: "acknowledge", REVIEWED: "review"}
    called[REDACTED] = "redact"
    return body.trigger or called.get(body.kind, body.kind)


# ── sealing ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Sealed(Struct, frozen=True):
    """An entry ready to be stored: the body, its bytes, their hash, and the texts that it commits to."""

    body: Body
    data: bytes
    hash: bytes
    texts: Texts


class Stored(Struct, frozen=True):
    """An entry as it lies in a log; ``texts`` are those of its texts that are still there, with their salts.

    ``columns`` are those of ``COLUMNS``, where they were read and the log has them.
    """

    chain: str
    seq: int
    data: bytes
    hash: bytes
    texts: Texts = NO_TEXTS
    columns: tuple[Any, ...] | None = None


def seal(body: Body, texts: Texts) -> Sealed:
    """Write the body's canonical bytes and hash them; ``body.texts`` are the commitments to ``texts``."""
    data = canonical.encode(body)
    return Sealed(body, data, hash_of(data), texts)


def commitments(texts: Texts) -> dict[str, str]:
    return {name: commitment(salt, text) for name, (salt, text) in texts.items()}


def hash_of(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def commitment(salt: bytes, text: str) -> str:
    return hashlib.sha256(salt + text.encode()).hexdigest()


def instant(moment: datetime) -> str:
    """A moment as entries write it: UTC, microseconds, fixed width."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


# ── the columns ────────────────────────────────────────────────────────────────────────────────────────────────────

# The columns that repeat what the bytes say, for SQL to search by. Said here alone: the insert and the check use it.
COLUMNS = (
    "chain",
    "seq",
    "kind",
    "trigger",
    "outcome",
    "from_state",
    "to_state",
    "occurred_on",
    "recorded_at",
    "actor",
    "role",
    "code",
)


def columns_of(body: Body) -> tuple[str | int | None, ...]:
    """What the columns of an entry must say, by its body, in the order of ``COLUMNS``."""
    return (
        body.chain,
        body.seq,
        body.kind,
        body.trigger,
        body.outcome,
        body.source,
        body.target,
        body.on.isoformat(),
        body.at,
        body.actor.id,
        body.actor.role,
        body.code,
    )
