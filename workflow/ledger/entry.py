"""One entry of the audit log: its canonical bytes, its hash, and how it reads.

The bytes are stored as they were hashed. ``hash = SHA-256(0x00 || bytes)`` is the link of the chain (the next entry's
``prev``) and, by its prefix, the leaf hash of RFC 6962. Free text never stands in the bytes: they hold a salted
commitment, ``SHA-256(salt || UTF-8 text)``, and the text stands beside, so that it can be withdrawn without breaking a
hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from workflow import canonical
from workflow.engine.decision import Reason

FORMAT = 1

Texts = Mapping[str, tuple[bytes, str]]  # field to (salt, text)

PATIENT_PREFIX = "patient/"
TRIAL_CHAIN = "trial"
PEOPLE_CHAIN = "people"

ENROLMENT = "enrolment"
TRANSITION = "transition"
TRIAL_OPENED = "trial_opened"
PROTOCOL_INSTALLED = "protocol_installed"
PERSON_ADDED = "person_added"
PERSON_DEACTIVATED = "person_deactivated"


def chain_of(patient: str) -> str:
    return PATIENT_PREFIX + patient


@dataclass(frozen=True, slots=True)
class Signature:
    """Who acted, as the entry keeps it: in text, whatever becomes of the person's record.

    ``assurance`` says how their identity was established, ``via`` through what (a login, a service).
    """

    id: str
    role: str
    assurance: str
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry ready to be stored: the body, its bytes, their hash, and the texts that it commits to."""

    body: dict[str, Any]
    data: bytes
    hash: bytes
    texts: Texts


def seal(body: dict[str, Any], texts: Texts) -> Sealed:
    """Commit to ``texts``, write the body's canonical bytes and hash them."""
    body["texts"] = {name: commitment(salt, text) for name, (salt, text) in texts.items()}
    data = canonical.dumps(body)
    return Sealed(body, data, hash_of(data), texts)


def hash_of(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def commitment(salt: bytes, text: str) -> str:
    return hashlib.sha256(salt + text.encode()).hexdigest()


def instant(moment: datetime) -> str:
    """A moment as entries write it: UTC, microseconds, fixed width."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def reasons_as_data(reasons: tuple[Reason, ...]) -> list[dict[str, Any]]:
    return [
        {
            "code": reason.code,
            "message": reason.message,
            "lifted_by": reason.lifted_by,
            "evidence": list(reason.evidence),
            "hard": reason.hard,
        }
        for reason in reasons
    ]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as a reader sees it. ``texts`` are the free texts still there, ``committed`` names all of them."""

    chain: str
    seq: int
    kind: str
    trigger: str | None
    outcome: str
    source: str | None
    target: str | None
    occurred_on: date
    recorded_at: datetime
    actor: Signature
    code: str | None
    data: dict[str, Any]
    reasons: tuple[Reason, ...]
    delay: int
    protocol: dict[str, str] | None
    software: str
    request: dict[str, str] | None  # its id, and the digest of what it asked for
    hash: str
    prev: str | None
    texts: dict[str, str]
    committed: tuple[str, ...]

    @property
    def patient(self) -> str | None:
        return self.chain.removeprefix(PATIENT_PREFIX) if self.chain.startswith(PATIENT_PREFIX) else None

    @property
    def allowed(self) -> bool:
        return self.outcome != "refused"


def read(data: bytes, digest: bytes, texts: Mapping[str, str]) -> Entry:
    """The entry that ``data`` holds."""
    body = json.loads(data)
    return Entry(
        chain=body["chain"],
        seq=body["seq"],
        kind=body["kind"],
        trigger=body["trigger"],
        outcome=body["outcome"],
        source=body["from"],
        target=body["to"],
        occurred_on=date.fromisoformat(body["on"]),
        recorded_at=datetime.fromisoformat(body["at"]),
        actor=Signature(**body["actor"]),
        code=body["code"],
        data=body["data"],
        reasons=tuple(Reason(**{**raw, "evidence": tuple(raw["evidence"])}) for raw in body["reasons"]),
        delay=body["delay"],
        protocol=body["protocol"],
        software=body["software"],
        request=body["request"],
        hash=digest.hex(),
        prev=body["prev"],
        texts=dict(texts),
        committed=tuple(body["texts"]),
    )
