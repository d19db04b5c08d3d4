"""The protocol compiled: one shared `transitions` machine per arm and one for agents, built once from checked tables.

This is the only module that imports `transitions`. The machines are flat and unqueued and keep no models, so that any
number of threads may share them: each firing brings a model of its own, a slot that holds the state. Guards are
evaluated in ``answer``, which keeps their reasons; the machine's condition consults that answer, so that the library
too refuses a transition that was not allowed, and a transition that is not in the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache

from transitions import Machine, MachineError

from workflow.engine.agents import AGENT_TABLE, AgentEvent, AgentState
from workflow.errors import InvalidProtocol, UnknownArm
from workflow.protocol import content
from workflow.protocol.model import Arm, Protocol, Purpose, ResponseMeaning, Term, ToxicityRule
from workflow.protocol.table import Table, table

OTHER_DEVIATION = "other"  # of a reason that the protocol puts in no kind


class _Model:
    """What a machine moves: one state, for the length of one firing."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        self.state = state


def _permitted(allowed: bool) -> bool:
    return allowed


class StateMachine:
    """A shared flat `transitions` machine over rows of (trigger, source, target).

    ``ask`` puts a firing to the library; ``fire`` does so once, and then answers as it answered: without models a
    firing is a function of its arguments.
    """

    def __init__(self, states: Iterable[str], rows: Iterable[tuple[str, str, str]], initial: str) -> None:
        self._machine = Machine(
            model=None,
            states=list(states),
            initial=initial,
            transitions=[
                {"trigger": trigger, "source": source, "dest": target, "conditions": _permitted}
                for trigger, source, target in rows
            ],
            auto_transitions=False,
        )
        self._events = self._machine.events
        self.fire = lru_cache(maxsize=None)(self.ask)

    def ask(self, state: str, trigger: str, allowed: bool) -> str | None:
        """The state after ``trigger``, or None when it was not ``allowed`` or the table has no such transition."""
        event = self._events.get(trigger)
        if event is None:
            return None
        model = _Model(state)
        try:
            return model.state if event.trigger(model, allowed) else None
        except MachineError:
            return None


_AGENTS = StateMachine(
    [state.value for state in AgentState],
    [(event.value, before.value, after.value) for event, before, after in AGENT_TABLE],
    AgentState.PLANNED.value,
)


def agent_after(state: str, event: AgentEvent) -> str:
    """The agent's state after ``event``; unchanged where the table has no such transition: discontinued is for good."""
    return _AGENTS.fire(state, event.value, True) or state


class Definition:
    """A protocol ready to run: its tables, machines and look-ups, each made on first use and kept."""

    def __init__(self, protocol: Protocol, *, digest: str | None = None) -> None:
        self.protocol = protocol
        self.version = protocol.version
        if digest is not None:
            self.digest = digest
        self._tables: dict[str, Table] = {}
        self._machines: dict[str, StateMachine] = {}
        self._agents: dict[str, tuple[str, ...]] = {}
        self._rules: dict[str, dict[str, tuple[ToxicityRule, ...]]] = {}
        self._rules_about: dict[tuple[str, str], tuple[ToxicityRule, ...]] = {}

    @cached_property
    def digest(self) -> str:
        return content.digest(self.protocol)

    def arm(self, key: str) -> Arm:
        arm = self.protocol.arm(key)
        if arm is None:
            known = ", ".join(arm.key for arm in self.protocol.arms)
            raise UnknownArm(
                f"{self.protocol.trial} version {self.version} has no arm {key!r}", hint=f"its arms are {known}"
            )
        return arm

    def table(self, arm: str) -> Table:
        found = self._tables.get(arm)
        if found is None:
            found = self._tables[arm] = _checked(table(self.arm(arm)))
        return found

    def machine(self, arm: str) -> StateMachine:
        found = self._machines.get(arm)
        if found is None:
            flat = self.table(arm)
            rows = ((row.trigger, row.source, row.target) for row in flat.transitions)
            found = self._machines[arm] = StateMachine((place.name for place in flat.places), rows, flat.initial)
        return found

    def deviation_of(self, reason: str) -> str:
        """The coded kind of deviation that a reason makes of what happened all the same."""
        kinds = self._deviations
        return kinds.get(reason) or kinds.get(reason.partition(".")[0]) or OTHER_DEVIATION

    @cached_property
    def _deviations(self) -> dict[str, str]:
        return {reason: kind.key for kind in self.protocol.deviations for reason in kind.reasons}

    @cached_property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """Action to the roles that may ask for it."""
        return {permission.action: permission.roles for permission in self.protocol.permissions}

    @cached_property
    def triggers(self) -> tuple[str, ...]:
        """Every trigger of any arm."""
        return tuple(dict.fromkeys(t for arm in self.protocol.arms for t in self.table(arm.key).triggers))

    @cached_property
    def codes(self) -> dict[str, tuple[str, ...]]:
        """Trigger to the coded reasons that any arm lists for it."""
        found: dict[str, tuple[str, ...]] = {}
        for arm in self.protocol.arms:
            for path in arm.exits:
                found[path.trigger] = tuple(dict.fromkeys((*found.get(path.trigger, ()), *path.codes)))
        return found

    def triggers_for(self, purpose: Purpose) -> tuple[str, ...]:
        """The exits of any arm that serve a purpose."""
        return self._by_purpose.get(purpose, ())

    @cached_property
    def _by_purpose(self) -> dict[Purpose, tuple[str, ...]]:
        found: dict[Purpose, tuple[str, ...]] = {}
        for arm in self.protocol.arms:
            for path in arm.exits:
                found[path.purpose] = tuple(dict.fromkeys((*found.get(path.purpose, ()), path.trigger)))
        return found

    @cached_property
    def meanings(self) -> dict[str, ResponseMeaning]:
        return {response.key: response.meaning for response in self.protocol.responses}

    @cached_property
    def terms(self) -> dict[str, Term]:
        return {term.key: term for term in self.protocol.terms}

    @cached_property
    def term_names(self) -> dict[str, str]:
        """Whatever an adverse event term may be called, in lower case, to its key."""
        return {
            name.lower(): term.key for term in self.protocol.terms for name in (term.key, term.title, *term.synonyms)
        }

    @cached_property
    def agent_names(self) -> dict[str, str]:
        """Whatever an agent may be called, in lower case, to its key."""
        return {
            name.lower(): agent.key
            for agent in self.protocol.agents
            for name in (agent.key, agent.title, *agent.abbreviations)
        }

    @cached_property
    def agent_titles(self) -> dict[str, str]:
        return {agent.key: agent.title for agent in self.protocol.agents}

    def agents_of(self, arm: str) -> tuple[str, ...]:
        """The agents an arm gives, in the protocol's order."""
        if arm not in self._agents:
            self._agents[arm] = self._list_agents(self.arm(arm))
        return self._agents[arm]

    def rules_of(self, arm: str) -> dict[str, tuple[ToxicityRule, ...]]:
        """The rules about each agent that the arm gives, for the agents that have any."""
        if arm not in self._rules:
            found: dict[str, tuple[ToxicityRule, ...]] = {}
            for rule in self.protocol.toxicity_rules:
                if rule.agent in self.agents_of(arm):
                    found[rule.agent] = (*found.get(rule.agent, ()), rule)
            self._rules[arm] = found
        return self._rules[arm]

    def is_about(self, rule: ToxicityRule, term: str) -> bool:
        """Whether a rule is about events of this term, at some grade and of some cause."""
        return term in rule.terms if rule.terms else not self.terms[term].haematological

    def rules_about(self, arm: str, term: str) -> tuple[ToxicityRule, ...]:
        """The rules of the arm's agents that are about events of this term."""
        found = self._rules_about.get((arm, term))
        if found is None:
            rules = (rule for theirs in self.rules_of(arm).values() for rule in theirs)
            found = self._rules_about[arm, term] = tuple(rule for rule in rules if self.is_about(rule, term))
        return found

    def _list_agents(self, found: Arm) -> tuple[str, ...]:
        used = {a.agent for phase in found.phases for a in phase.administrations}
        used |= {a.agent for phase in found.phases for cycle in phase.cycles for a in cycle.administrations}
        return tuple(agent.key for agent in self.protocol.agents if agent.key in used)


def _checked(flat: Table) -> Table:
    """The library accepts misspelt states and lets the first of two equal transitions win: refuse both here."""
    names = {place.name for place in flat.places}
    seen: set[tuple[str, str]] = set()
    for row in flat.transitions:
        for name in (row.source, row.target):
            if name not in names:
                raise InvalidProtocol(f"arm {flat.arm.key}: {row.trigger} names a state that does not exist: {name}")
        if (row.source, row.trigger) in seen:
            raise InvalidProtocol(f"arm {flat.arm.key}: two transitions for {row.trigger} from {row.source}")
        seen.add((row.source, row.trigger))
    return flat
