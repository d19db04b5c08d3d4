"""Every point that the record leaves open: what is possible, what was taken, and why. Ids are stable between versions.

``A`` are readings of the treatment and its conduct, ``E`` of the eligibility criteria. What a reading governs names it.
"""

from __future__ import annotations

from workflow.protocol.model import Reading


def ids(*readings: Reading) -> tuple[str, ...]:
    return tuple(reading.id for reading in readings)
