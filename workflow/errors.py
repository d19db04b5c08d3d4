"""Every error a caller can meet: one small family, told apart by what the caller may do about it.

Each class has a ``slug`` (documented under that heading in ``docs/errors.md``), the exit code the command line ends
with, and ``retry``: whether the same call may succeed later. The first line of the docstring is the default message.
A refusal by a guard is a result, not an error; it becomes one only through ``Result.or_raise()``.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """The exit codes of the ``regimen`` command."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    REFUSED = 3
    NOT_FOUND = 4
    CONFLICT = 5
    DATABASE = 6
    VERIFICATION = 7
    INTERRUPTED = 130  # Ctrl-C: 128 and the signal's number, as shells count


RUNBOOK = "docs/how-to/when-it-does-not-verify.md says what to do"
WHAT_TO_DO = f"regimen audit verify tells more; {RUNBOOK}"


class WorkflowError(Exception):
    """Something went wrong."""

    slug: ClassVar[str] = "workflow-error"
    exit: ClassVar[Exit] = Exit.UNEXPECTED
    retry: ClassVar[bool] = False

    def __init__(self, message: str | None = None, *, hint: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").splitlines()[0])
        self.hint = hint

    @property
    def message(self) -> str:
        return str(self.args[0])


# ── the input ──────────────────────────────────────────────────────────────────────────────────────────────────────


class InvalidInput(WorkflowError):
    """A value is not of the form it must have."""

    slug = "invalid-input"
    exit = Exit.USAGE


class InvalidProtocol(WorkflowError):
    """The protocol contradicts itself and cannot be run."""

    slug = "invalid-protocol"
    exit = Exit.USAGE


# ── the answer is no ───────────────────────────────────────────────────────────────────────────────────────────────


class RefusedError(WorkflowError):
    """The protocol does not allow this now."""

    slug = "refused"
    exit = Exit.REFUSED


# ── nothing by that name ───────────────────────────────────────────────────────────────────────────────────────────


class NotFound(WorkflowError):
    """There is nothing by that name."""

    slug = "not-found"
    exit = Exit.NOT_FOUND


class UnknownPatient(NotFound):
    """There is no patient by that id."""

    slug = "unknown-patient"


class UnknownPerson(NotFound):
    """There is no active person by that name."""

    slug = "unknown-person"


class UnknownTrigger(NotFound):
    """The protocol has no trigger by that name."""

    slug = "unknown-trigger"


class UnknownEntry(NotFound):
    """The patient has no entry of that number."""

    slug = "unknown-entry"


class UnknownArm(NotFound):
    """The protocol has no arm by that name."""

    slug = "unknown-arm"


class UnknownProtocol(NotFound):
    """No such protocol version is installed."""

    slug = "unknown-protocol"


# ── somebody else was first ────────────────────────────────────────────────────────────────────────────────────────


class Conflict(WorkflowError):
    """Another command got there first."""

    slug = "conflict"
    exit = Exit.CONFLICT
    retry = True


class LostRace(Conflict):
    """Another command wrote first."""

    slug = "lost-race"


class AlreadyExists(Conflict):
    """That name is already taken."""

    slug = "already-exists"
    retry = False


class RequestIdReused(Conflict):
    """This request id was already used for another request."""

    slug = "request-id-reused"
    retry = False


# ── the database ───────────────────────────────────────────────────────────────────────────────────────────────────


class DatabaseError(WorkflowError):
    """The database cannot be used."""

    slug = "database-error"
    exit = Exit.DATABASE


class DatabaseMissing(DatabaseError):
    """There is no database there."""

    slug = "database-missing"


class DatabaseBusy(DatabaseError):
    """The database is locked by another command."""

    slug = "database-busy"
    retry = True


class ConnectionLost(DatabaseError):
    """The database's server does not answer, or ended the connection."""

    slug = "connection-lost"
    retry = True


class DatabaseReadOnly(DatabaseError):
    """The database cannot be written to."""

    slug = "database-read-only"


class NotOurDatabase(DatabaseError):
    """This is not a regimen database."""

    slug = "not-our-database"


class SchemaOlder(DatabaseError):
    """The database has an older schema than this software."""

    slug = "schema-older"


class SchemaNewer(DatabaseError):
    """The database has a newer schema than this software."""

    slug = "schema-newer"


class DamagedRow(DatabaseError):
    """A row does not hold what the software wrote there."""

    slug = "damaged-row"

    def __init__(
        self, message: str | None = None, *, hint: str | None = None, chain: str | None = None, seq: int | None = None
    ) -> None:
        """``chain`` and ``seq`` name the entry, where it is known; without ``seq`` what stands beside the entries."""
        place = f"{chain}, entry {seq}" if seq is not None else chain
        said = message or (self.__doc__ or "")
        super().__init__(f"{place}: {said}" if place is not None else said, hint=hint or WHAT_TO_DO)
        self.chain = chain
        self.seq = seq


class NewerSoftwareNeeded(DatabaseError):
    """Newer software has written to this database; this one may only read it."""

    slug = "newer-software-needed"


class ProtocolChanged(DatabaseError):
    """The protocol's content in the database is not what was installed."""

    slug = "protocol-changed"


class UnknownZone(DatabaseError):
    """This machine does not know the trial's time zone."""

    slug = "unknown-zone"


class ClockBehind(DatabaseError):
    """This machine's clock is behind the log."""

    slug = "clock-behind"


class VerificationFailed(WorkflowError):
    """The audit log does not verify."""

    slug = "verification-failed"
    exit = Exit.VERIFICATION
