"""The protocols that come with the software. A version is built when it is first asked for, and then kept.

Data only: no clock, no SQL, no I/O.
"""

from __future__ import annotations

from collections.abc import Callable

from workflow.errors import UnknownProtocol
from workflow.protocol.model import Protocol
from workflow.trials import nct01371630

_SHIPPED: dict[str, Callable[[], Protocol]] = {
    "2017-03": nct01371630.version_2017_03,
    "2025-12-18": nct01371630.version_2025_12_18,
}

VERSIONS = tuple(_SHIPPED)  # the oldest first
DEFAULT = "2025-12-18"


def find(version: str = DEFAULT) -> Protocol:
    """The protocol of this version. Raises ``UnknownProtocol`` where none is shipped."""
    build = _SHIPPED.get(version)
    if build is None:
        raise UnknownProtocol(
            f"no protocol version {version!r} comes with this software",
            hint=f"there are {', '.join(VERSIONS)}",
        )
    return build()


def shipped() -> tuple[Protocol, ...]:
    """Every version, the oldest first."""
    return tuple(build() for build in _SHIPPED.values())
