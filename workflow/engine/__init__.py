"""Deciding: the chart folded from entries, the guards, the machine, the decision. Pure: no clock, no SQL, no I/O."""
