"""An agent's own small machine: planned until first given, then active; held and released; discontinued for good."""

from __future__ import annotations

from enum import StrEnum


class AgentState(StrEnum):
    PLANNED = "planned"
    ACTIVE = "active"
    HELD = "held"
    DISCONTINUED = "discontinued"


class AgentEvent(StrEnum):
    GIVE = "give"
    HOLD = "hold"
    RELEASE = "release"  # back to active: it had been given before
    RELEASE_UNUSED = "release_unused"  # back to planned: it had not
    DISCONTINUE = "discontinue"


# One row per transition: event, from, to. A dose given while held is a recorded deviation and leaves the hold in place.
AGENT_TABLE: tuple[tuple[AgentEvent, AgentState, AgentState], ...] = (
    (AgentEvent.GIVE, AgentState.PLANNED, AgentState.ACTIVE),
    (AgentEvent.GIVE, AgentState.ACTIVE, AgentState.ACTIVE),
    (AgentEvent.GIVE, AgentState.HELD, AgentState.HELD),
    (AgentEvent.HOLD, AgentState.PLANNED, AgentState.HELD),
    (AgentEvent.HOLD, AgentState.ACTIVE, AgentState.HELD),
    (AgentEvent.HOLD, AgentState.HELD, AgentState.HELD),
    (AgentEvent.RELEASE, AgentState.HELD, AgentState.ACTIVE),
    (AgentEvent.RELEASE_UNUSED, AgentState.HELD, AgentState.PLANNED),
    (AgentEvent.DISCONTINUE, AgentState.PLANNED, AgentState.DISCONTINUED),
    (AgentEvent.DISCONTINUE, AgentState.ACTIVE, AgentState.DISCONTINUED),
    (AgentEvent.DISCONTINUE, AgentState.HELD, AgentState.DISCONTINUED),
)
