"""The diagram of an arm, as Mermaid text, from its transition table.

It reads as a statechart. A box is entered at the state that its dot leads to. A labelled arrow from a box may be
followed from every state in it: an exit declared once for all treatment is one arrow, not one for each cycle. A step
that only some states in a box can take ends at the ring inside it; the plain arrow from the box says where that leads.
Where such steps lead from one box to several places, its arrows name them, after a ring.

A trigger that leads a state to itself stands in the state. A long run of cycles between the first and the last of a
phase, all of which lead on alike, is drawn as one. Guards are not drawn: they say whether an arrow may be followed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import groupby, pairwise

from workflow.protocol.table import Place, Table

SHORT = 4  # a run of up to this many cycles is drawn in full
END = "[*]"


class _Way(Enum):
    """How something is left: from all of it, or by its end."""

    ALL = "all"
    BY_END = "by end"


@dataclass(slots=True)
class _Node:
    """One drawn state: a state of the machine, or several drawn as one."""

    name: str
    title: str
    places: list[Place]

    @property
    def nodes(self) -> list[_Node]:
        return [self]


@dataclass(slots=True)
class _Box:
    """A branch of the states' names: what is in it, and the arrows drawn in it."""

    name: str
    title: str
    inside: list[_Box | _Node] = field(default_factory=list)
    arrows: dict[tuple[str, str, _Way], list[str]] = field(default_factory=dict)

    @property
    def nodes(self) -> list[_Node]:
        return [node for item in self.inside for node in item.nodes]

    def arrow(self, source: str, target: str, way: _Way, trigger: str) -> None:
        self.arrows.setdefault((source, target, way), []).append(trigger)


def mermaid(table: Table, *, cycles: bool = True) -> str:
    """The arm as a Mermaid ``stateDiagram-v2``; without ``cycles``, each phase is drawn as one state."""
    whole = _boxes(list(_nodes(table, cycles)))
    drawn = {place.name: node.name for node in whole.nodes for place in node.places}
    sources: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in table.transitions:
        if drawn[row.source] != drawn[row.target]:
            sources[row.trigger, drawn[row.target]].add(drawn[row.source])
    for (trigger, target), all_from in sources.items():
        _draw(whole, trigger, all_from, target)
    return "\n".join(("stateDiagram-v2", *_lines(whole, "    "))) + "\n"


# ── states ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _nodes(table: Table, cycles: bool) -> Iterator[_Node]:
    """Everything drawn as a state, in the order of the path."""
    for phase, group in groupby(table.places, key=lambda place: place.phase.title if place.phase else None):
        places = list(group)
        if phase is None:
            yield from (_Node(place.name, _repeating(table, place), [place]) for place in places)
        elif cycles and len(places) > 1:
            yield from _cycles(table, places)
        else:
            yield _Node(_parent(places[0].name), f"{phase}<br/>{_numbers(places)}", places)


def _repeating(table: Table, place: Place) -> str:
    """The state's title, with the triggers that lead it to itself."""
    own = (row.trigger for row in table.outgoing[place.name] if row.target == place.name)
    return "<br/>".join((place.title, *(f"↻ {trigger}" for trigger in own)))


def _cycles(table: Table, phase: list[Place]) -> Iterator[_Node]:
    """The cycles of a phase, long runs of like ones in between drawn as one."""
    names = [place.name for place in table.places]
    following = dict(pairwise(names))
    entered = {row.target for row in table.transitions if following.get(row.source) != row.target}

    def alike(place: Place) -> object:
        if place.name in (phase[0].name, phase[-1].name) or place.name in entered:
            return place.name
        ahead = following[place.name]
        return {(row.trigger, "" if row.target == ahead else row.target) for row in table.outgoing[place.name]}

    for _, group in groupby(phase, key=alike):
        run = list(group)
        if len(run) > SHORT:
            yield _Node(f"{run[0].name}_and_on", _numbers(run).capitalize(), run)
        else:
            yield from (_Node(place.name, _numbers([place]).capitalize(), [place]) for place in run)


def _numbers(places: list[Place]) -> str:
    numbers = [place.cycle.number for place in places if place.cycle]
    return f"cycle {numbers[0]}" if len(numbers) == 1 else f"cycles {numbers[0]} to {numbers[-1]}"


def _boxes(nodes: list[_Node]) -> _Box:
    """The nodes in the boxes that their dotted names make, all in one without a name."""
    boxes = {"": _Box("", "")}

    def box(name: str, place: Place) -> _Box:
        if name not in boxes:
            boxes[name] = _Box(name, _title(name, place))
            box(_parent(name), place).inside.append(boxes[name])
        return boxes[name]

    for node in nodes:
        box(_parent(node.name), node.places[0]).inside.append(node)
    return boxes[""]


def _title(name: str, place: Place) -> str:
    """A box's title: the phase's, or its name in words."""
    if place.phase and _parent(place.name) == name:
        return place.phase.title
    return name.rpartition(".")[2].replace("_", " ").capitalize()


# ── arrows ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _draw(box: _Box, trigger: str, sources: set[str], target: str) -> None:
    """The arrows in ``box`` for one trigger that leads from ``sources`` to ``target``, which is somewhere in it."""
    names = {id(item): {node.name for node in item.nodes} for item in box.inside}
    ahead = next(item for item in box.inside if target in names[id(item)])
    entry = ahead.name if ahead.nodes[0].name == target else target
    for item in box.inside:
        if item is ahead and isinstance(item, _Box):
            _draw(item, trigger, sources, target)
        elif way := _leave(item, trigger, sources):
            box.arrow(item.name, entry, way, trigger)


def _leave(item: _Box | _Node, trigger: str, sources: set[str]) -> _Way | None:
    """How the trigger leads out of ``item``; where not all in it have the trigger, the arrows to its end are drawn."""
    inside = {node.name for node in item.nodes if not node.places[0].final}
    if not inside & sources:
        return None
    if isinstance(item, _Node) or inside <= sources:
        return _Way.ALL
    for part in item.inside:
        if way := _leave(part, trigger, sources):
            item.arrow(part.name, END, way, trigger)
    return _Way.BY_END


# ── text ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(box: _Box, indent: str) -> Iterator[str]:
    for item in box.inside:
        state = f'{indent}state "{_text(item.title)}" as {_id(item.name)}'
        if isinstance(item, _Box):
            yield f"{state} {{"
            if all(isinstance(part, _Node) for part in item.inside):
                yield f"{indent}    direction LR"
            yield from _lines(item, indent + "    ")
            yield f"{indent}}}"
        else:
            yield state
    yield f"{indent}{END} --> {_id(box.inside[0].name)}"
    ends = Counter(source for source, _, way in box.arrows if way is _Way.BY_END)
    for (source, target, way), triggers in box.arrows.items():
        if way is _Way.ALL:
            label = ": " + "<br/>".join(triggers)
        else:
            label = ": " + "<br/>".join(f"◎ {trigger}" for trigger in triggers) if ends[source] > 1 else ""
        yield f"{indent}{_id(source)} --> {_id(target)}{label}"
    for item in box.inside:
        if isinstance(item, _Node) and item.places[0].final:
            yield f"{indent}{_id(item.name)} --> {END}"


def _id(name: str) -> str:
    """A name as Mermaid takes it for an id: letters, digits and underscores."""
    return name if name == END else re.sub(r"\W", "_", name.replace(".", "__"))


def _text(title: str) -> str:
    return title.replace('"', "'")


def _parent(name: str) -> str:
    return name.rpartition(".")[0]
