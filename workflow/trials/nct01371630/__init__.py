"""NCT01371630: inotuzumab ozogamicin with low-intensity chemotherapy and blinatumomab in acute lymphoblastic leukaemia.

One module for each protocol version (``v2025_12_18``, ``v2017_03``), put together from parts by subject:

- treatment: ``arm_i``, ``arm_ii``, ``arm_iii``, ``maintenance``, with ``agents`` (and doses) and ``given``
- what surrounds it: ``path``, ``exits``, ``conditions`` (the guards)
- ``eligibility``, ``people``, ``terms`` and ``safety``; ``study`` puts what all versions share together
- ``sources``, and the ``readings`` of what the record leaves open

``record`` lists the record itself, item by item, and ``coverage`` says where each item stands in the protocol.

Importing this package builds nothing; a version is built when it is first asked for.
"""

from __future__ import annotations

from workflow.protocol.model import Protocol


def version_2025_12_18() -> Protocol:
    """The ClinicalTrials.gov record of 2025-12-18."""
    from workflow.trials.nct01371630 import v2025_12_18

    return v2025_12_18.PROTOCOL


def version_2017_03() -> Protocol:
    """The amendment of March 2017, as published."""
    from workflow.trials.nct01371630 import v2017_03

    return v2017_03.PROTOCOL
