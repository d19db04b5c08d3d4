"""The language a protocol is written in: its words, its days and dates, its canonical form, its static analysis.

Pure: no clock, no SQL, no I/O.
"""
