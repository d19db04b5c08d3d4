"""The table of the static checks."""

from __future__ import annotations

from workflow.protocol.lint import CHECKS


def table() -> str:
    rows = (f"| {code} | `{check.slug}` | {check.meaning} |\n" for code, check in sorted(CHECKS.items()))
    return "| number | name | what is wrong |\n|---|---|---|\n" + "".join(rows)
