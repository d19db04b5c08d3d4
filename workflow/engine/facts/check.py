"""How what a person typed becomes a value: each malformed one is an ``InvalidInput`` that names it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from workflow.engine.course import Definition
from workflow.errors import InvalidInput, WorkflowError

_DECIMAL = re.compile(r"\d{1,9}(\.\d{1,6})?", re.ASCII)


def shown(text: str, limit: int = 40) -> str:
    """Any text as one short printable line."""
    quoted = ascii(text)
    return quoted if len(quoted) <= limit else f"{quoted[: limit - 2]}…'"


def one_of(value: str, allowed: Sequence[str], what: str, error: type[WorkflowError] = InvalidInput) -> str:
    """``value`` if it is one of ``allowed``; else an ``error`` that lists them."""
    if value in allowed:
        return value
    from difflib import get_close_matches

    close = get_close_matches(value[:100], allowed, n=1)
    hint = f"did you mean {close[0]}?" if close else None
    raise error(f"no {what} {shown(value)}; there are: {', '.join(allowed)}", hint=hint)


def decimal(value: str | int | Decimal, what: str) -> Decimal:
    text = str(value)
    if isinstance(value, bool) or not _DECIMAL.fullmatch(text):
        raise InvalidInput(f"{what} must be a number such as 1.5, not {shown(text)}")
    return Decimal(text)


def agent_key(definition: Definition, agent: str) -> str:
    """The agent by its key, title or abbreviation."""
    found = definition.agent_names.get(agent.strip().lower())
    return found if found is not None else one_of(agent, [a.key for a in definition.protocol.agents], "agent")


def term_key(definition: Definition, term: str) -> str:
    """The adverse event term by its key, title or a synonym. A term that is not known is never guessed."""
    names = definition.term_names
    found = names.get(term.strip().lower())
    if found is not None:
        return found
    from difflib import get_close_matches

    close = [names[name] for name in get_close_matches(term.lower()[:100], names, n=3)]
    hint = f"did you mean {' or '.join(dict.fromkeys(close))}? " if close else ""
    raise InvalidInput(
        f"no adverse event term {shown(term)}",
        hint=hint + "regimen protocol show --terms lists them; `other` with a note serves for the rest",
    )
