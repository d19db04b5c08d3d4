"""Where each item of the record stands in the protocol, and what the protocol has that the record does not say.

``rows`` looks every item of ``record`` up in the protocol; ``gaps`` says what is missing, in either direction.
``document`` writes both as ``docs/record.md``.
"""

from __future__ import annotations

from collections.abc import Iterator

from workflow.protocol.model import Protocol
from workflow.trials.nct01371630.coverage.row import Row
from workflow.trials.nct01371630.coverage.study import criterion_rows, fact_rows, undescribed
from workflow.trials.nct01371630.coverage.treatment import block_rows, intervention_rows, unclaimed
from workflow.trials.nct01371630.record.treatment import ARM_I, ARM_II, ARM_III, Block

__all__ = ["Row", "gaps", "rows", "sections"]


def sections(protocol: Protocol) -> Iterator[tuple[str, tuple[Row, ...]]]:
    """Every item of the record, under its heading."""

    def arm(blocks: tuple[Block, ...]) -> tuple[Row, ...]:
        return tuple(row for block in blocks for row in block_rows(protocol, block))

    yield "The study", tuple(fact_rows(protocol))
    yield "Arm I", arm(ARM_I)
    yield "Arm II", arm(ARM_II)
    yield "Arm III", arm(ARM_III)
    yield "Interventions", tuple(intervention_rows(protocol))
    yield "Eligibility", tuple(criterion_rows(protocol))


def rows(protocol: Protocol) -> Iterator[Row]:
    """Every item of the record."""
    for _, section in sections(protocol):
        yield from section


def gaps(protocol: Protocol) -> tuple[str, ...]:
    """What the record says and the protocol does not, or the other way round."""
    return (
        *(f"{row.place}: {row.says}: not found as printed" for row in rows(protocol) if not row.found),
        *(f"Arm {arm}, {state}: {key} is not in the record" for arm, state, key in unclaimed(protocol)),
        *(f"criterion {id} is not in the record" for id in undescribed(protocol)),
    )
