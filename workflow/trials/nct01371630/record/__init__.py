"""The ClinicalTrials.gov record of 2025-12-18, item by item, in our words, as it prints them.

This is a second, independent statement of what the record says: written from the record, not from the protocol, and
read by nothing but ``coverage``, which holds the protocol against it.
"""
