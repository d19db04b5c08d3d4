"""What holds treatment, by code, and what a deviation is called.

The kinds are ours: the record names none. Each takes the reasons for which the program would have refused what is said
to have happened all the same.
"""

from __future__ import annotations

from workflow.protocol.model import DeviationKind

HOLD_CODES = ("toxicity", "infection", "counts", "logistics", "patient_request", "other")

DEVIATIONS = (
    DeviationKind("wrong_agent", "An agent that the arm does not give", ("dose.not_in_arm",)),
    DeviationKind("before_the_start", "Given before treatment began", ("dose.before_treatment",)),
    DeviationKind("after_the_end", "Given after treatment ended", ("dose.after_treatment",)),
    DeviationKind("after_stopped", "Given after the agent was stopped for good", ("dose.discontinued",)),
    DeviationKind("while_held", "Given, or gone on with, during a hold", ("dose.held", "dose.stop_proposed", "hold")),
    DeviationKind("after_progression", "Treated on after progression, relapse or no response", ("progression",)),
    DeviationKind("after_toxicity", "Treated on with an unacceptable or unresolved toxicity", ("toxicity",)),
    DeviationKind("without_consent", "Without consent to the protocol version", ("consent",)),
    DeviationKind("not_eligible", "Not eligible, or not known to be", ("eligibility",)),
    DeviationKind("wrong_day", "On a day outside its window", ("interval", "visit", "not_before", "period")),
    DeviationKind("counts_not_recovered", "Blood counts not recovered, or not known to be", ("counts",)),
)
