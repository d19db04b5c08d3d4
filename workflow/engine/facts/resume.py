"""Treatment is resumed: the holds that it names end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workflow.engine.course import Definition
from workflow.engine.decision import Reason, Strength
from workflow.engine.facts.fact import Fact, Telling, When
from workflow.engine.facts.hold import Hold
from workflow.errors import InvalidInput

if TYPE_CHECKING:
    from workflow.engine.as_of import AsOf
    from workflow.engine.guards.situation import Situation


class Resume(Fact, frozen=True, array_like=True, forbid_unknown_fields=True):
    """From its day on the hold that entry ``of`` put no longer holds. ``of`` is None where there was none to end."""

    KIND = "resume"
    TITLE = "resumption"

    of: int | None = None

    def forbids(self, now: Situation) -> Iterator[Reason]:
        hold = next((hold for hold in now.chart.of(Hold) if hold.entry == self.of), None)
        if hold is None:
            yield Reason("resume.none", {"on": f"{self.on}"}, Strength.NEVER)
            return
        if self.on < hold.on:
            yield Reason("resume.before", {"began": f"{hold.on}"}, Strength.NEVER, (hold.entry,))
        for other in now.chart.of(Resume):
            if other.of == self.of:
                yield Reason("resume.already", {"on": f"{other.on}"}, Strength.NEVER, (other.entry, hold.entry))

    def words(self, definition: Definition) -> str:
        return f"of the hold in entry {self.of}"

    def refers_to(self) -> tuple[int, ...]:
        return (self.of,) if self.of is not None else ()


def resume(when: When, then: AsOf, of: int | None) -> Resume:
    """Of the hold that entry ``of`` put; by default of the one that holds on that day.

    Where none holds on that day, but one does later, that one is meant: its date is then the reason to refuse.
    """
    if of is not None:
        return Resume(*when, of)
    open_then = [span.entry for span in then.holds if span.open]
    if len(open_then) > 1:
        raise InvalidInput(
            f"{len(open_then)} holds are open on {when.on}: entries {', '.join(map(str, open_then))}",
            hint="say which one ends: --hold ENTRY",
        )
    if not open_then:
        ended = {resumed.of for resumed in then.chart.of(Resume)}
        open_then = [hold.entry for hold in then.chart.of(Hold) if hold.entry not in ended]
    return Resume(*when, open_then[0] if open_then else None)


def telling(of: int | None = None) -> Telling:
    return Telling(
        Resume.KIND,
        {"of": of},
        lambda definition, chart, when: resume(when, chart.as_of(definition, when.on), of),
    )
