"""Whatever anybody asks for, in whatever order, on whatever date: the log stays sound, and the row is its fold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.engine.case import DEFINITION
from tests.library.desk import ADMIN, AUDITOR, COORDINATOR, INVESTIGATOR, Desk, day
from workflow import Result
from workflow.desk.write import cached
from workflow.engine import chart as charts
from workflow.engine.facts import HOLD_CODES
from workflow.errors import InvalidInput, UnknownTrigger

TABLE = DEFINITION.table("A")
FINAL = {place.name for place in TABLE.places if place.final}

# Near each other, so that what is asked for often fits; some far out, some in the future.
DAYS = st.integers(-10, 420).map(day) | st.sampled_from([date(2019, 1, 1), date(2025, 6, 15), date(2025, 6, 16)])
WHO = st.sampled_from([INVESTIGATOR, INVESTIGATOR, INVESTIGATOR, COORDINATOR, AUDITOR, ADMIN])
TEXT = st.none() | st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=9
)
TRIGGER = st.sampled_from([None, None, None, *TABLE.triggers])
ANSWERS = st.dictionaries(st.sampled_from(["IN01", "IN02", "EX01"]), st.none() | st.booleans())
TERM = st.sampled_from([term.key for term in DEFINITION.protocol.terms])
AGENTS = st.lists(st.sampled_from(["alpha", "beta"]), unique=True, max_size=2)


class Library(RuleBasedStateMachine):
    patients = Bundle("patients")

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk("sqlite://")
        self.trial = self.desk.trial
        self.ids = 0
        self.asked = 0
        self.known: dict[str, str] = {}  # the state after the last command
        self.steps: dict[str, list[date]] = {}

    def teardown(self) -> None:
        self.everything_verifies()
        self.desk.close()

    # ── who is there ─────────────────────────────────────────────────────────────────────────────────────────────

    @rule(target=patients, by=WHO, on=DAYS)
    def enrol(self, by: Any, on: date) -> Any:
        self.ids += 1
        id = f"P{self.ids}"
        if self.trial.enroll(id, "A", by=by, on=on).allowed:
            self.known[id], self.steps[id] = "screening", []
        return id

    @initialize(target=patients, ahead=st.integers(0, 9))
    def somebody_under_way(self, ahead: int) -> str:
        self.ids += 1
        id = f"P{self.ids}"
        names = ["screening", *(row.name for row in TABLE.places[1:-1])]
        self.desk.walk(id, names[min(ahead, len(names) - 1)])
        self.known[id], self.steps[id] = self.desk.state(id), []
        return id

    # ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(id=patients, trigger=TRIGGER, by=WHO, on=DAYS, reason=TEXT, override=st.booleans())
    def advance(self, id: str, trigger: str | None, by: Any, on: date, reason: str | None, override: bool) -> None:
        codes = DEFINITION.codes.get(trigger or "", ())
        code = codes[on.day % len(codes)] if codes else None
        self.ask(
            id,
            lambda **more: self.trial.advance(
                id, trigger, by=by, on=on, code=code, reason=reason, override=override, **more
            ),
        )

    @rule(id=patients, later=st.integers(0, 60))
    def override(self, id: str, later: int) -> None:
        if id in self.known:
            on = self.trial.show(id).chart.since + timedelta(days=later)
            asked: dict[str, Any] = {"by": INVESTIGATOR, "on": on, "override": True, "reason": "as discussed"}
            self.ask(id, lambda **more: self.trial.advance(id, **asked, **more))

    @rule(id=patients, by=WHO)
    def step_when_due(self, id: str, by: Any) -> None:
        if id in self.known and (window := self.trial.show(id).window) is not None:
            self.ask(id, lambda **more: self.trial.advance(id, by=by, on=window.due, **more))

    @rule(
        id=patients,
        by=WHO,
        on=DAYS,
        term=TERM,
        grade=st.integers(1, 5),
        attributed=st.none() | AGENTS,
        stops=AGENTS,
        unacceptable=st.booleans(),
        resolved=st.none() | st.integers(0, 30),
        note=TEXT,
    )
    def event(self, id: str, by: Any, on: date, resolved: int | None, **told: Any) -> None:
        end = on + timedelta(days=resolved) if resolved is not None else None
        self.ask(id, lambda **more: self.trial.record_adverse_event(id, by=by, on=on, resolved=end, **told, **more))

    @rule(
        id=patients,
        by=WHO,
        on=DAYS,
        grade=st.none() | st.integers(1, 5),
        attributed=st.none() | AGENTS,
        unacceptable=st.booleans(),
        resolved=st.booleans(),
        which=st.integers(0, 5),
    )
    def news(self, id: str, by: Any, on: date, which: int, resolved: bool, **told: Any) -> None:
        known = self.trial.show(id).chart.toxicities if id in self.known else []
        if known:
            of = known[which % len(known)].entry
            end = on if resolved else None
            self.ask(
                id, lambda **more: self.trial.update_adverse_event(id, of, by=by, on=on, resolved=end, **told, **more)
            )

    @rule(id=patients, by=WHO, on=DAYS, anc=st.integers(0, 30), platelets=st.integers(0, 300))
    def counts(self, id: str, by: Any, on: date, anc: int, platelets: int) -> None:
        value = f"{anc / 10}"
        self.ask(id, lambda **more: self.trial.record_counts(id, by=by, on=on, anc=value, platelets=platelets, **more))

    @rule(id=patients, by=WHO, on=DAYS, response=st.sampled_from(["CR", "CR", "NR", "PD", "REL"]))
    def response(self, id: str, by: Any, on: date, response: str) -> None:
        self.ask(id, lambda **more: self.trial.record_response(id, by=by, on=on, response=response, **more))

    @rule(id=patients, by=WHO, on=DAYS, agent=st.sampled_from(["alpha", "beta"]), override=st.booleans(), reason=TEXT)
    def dose(self, id: str, by: Any, on: date, **told: Any) -> None:
        self.ask(id, lambda **more: self.trial.record_dose(id, by=by, on=on, **told, **more))

    @rule(id=patients, by=WHO, on=DAYS, code=st.sampled_from(HOLD_CODES), note=TEXT)
    def hold(self, id: str, by: Any, on: date, **told: Any) -> None:
        self.ask(id, lambda **more: self.trial.hold(id, by=by, on=on, **told, **more))

    @rule(id=patients, by=WHO, on=DAYS)
    def resume(self, id: str, by: Any, on: date) -> None:
        self.ask(id, lambda **more: self.trial.resume(id, by=by, on=on, **more))

    @rule(id=patients, by=WHO, on=DAYS, version=st.sampled_from([None, "0", "1"]))
    def consent(self, id: str, by: Any, on: date, version: str | None) -> None:
        self.ask(id, lambda **more: self.trial.record_consent(id, by=by, on=on, version=version, **more))

    @rule(
        id=patients,
        by=WHO,
        on=DAYS,
        answers=st.dictionaries(st.sampled_from(["IN01", "IN02", "EX01"]), st.none() | st.booleans()),
    )
    def eligibility(self, id: str, by: Any, on: date, answers: dict[str, bool | None]) -> None:
        self.ask(
            id,
            lambda **more: self.trial.record_eligibility(
                id, by=by, on=on, route="IN01", answers=answers, others_in_order=True, **more
            ),
        )

    @rule(by=WHO, on=DAYS, trigger=TRIGGER)
    def advance_many(self, by: Any, on: date, trigger: str | None) -> None:
        before = self.everybody()
        try:
            results = self.trial.advance_many(sorted(self.known), trigger, by=by, on=on)
        except (UnknownTrigger, InvalidInput):
            assert self.everybody() == before
            return
        for result in results:
            self.hold_to(result, before[result.patient])

    # ── what must be so ──────────────────────────────────────────────────────────────────────────────────────────

    def ask(self, id: str, command: Callable[..., Result]) -> None:
        """Dry, then in earnest, then again; and what each leaves behind."""
        if id not in self.known:
            return
        before = self.everybody()
        self.asked += 1
        request = f"r-{self.asked}"
        try:
            dry = command(dry_run=True)
        except (InvalidInput, UnknownTrigger):
            assert self.everybody() == before
            return
        assert self.everybody() == before
        result = command(request_id=request)
        assert (dry.outcome, dry.state, dry.reasons, dry.delay) == (
            result.outcome,
            result.state,
            result.reasons,
            result.delay,
        )
        again = command(request_id=request)
        assert (again.repeated, again.seq, again.outcome, again.state) == (
            True,
            result.seq,
            result.outcome,
            result.state,
        )
        self.hold_to(result, before[id])
        for other in self.known:
            if other != id:
                assert self.everybody()[other] == before[other]

    def hold_to(self, result: Result, before: tuple[str, int, str]) -> None:
        id = result.patient
        state, seq, chart = before
        after = self.trial.show(id)
        steps = (result, *result.also)
        assert after.seq == seq + len(steps)
        assert (after.state, result.source) == (result.state, state)
        for step in steps:
            if not step.allowed:
                assert step.reasons
                assert step.state == step.source
            elif step.action not in charts.FACTS:
                assert step.source is not None
                assert TABLE.by_trigger[step.source, step.action].target == step.state
                assert step.source not in FINAL
                self.steps[id].append(step.occurred_on)
        if not any(step.allowed for step in steps):
            assert charts.dumps(after.chart) == chart
        assert self.steps[id] == sorted(self.steps[id])
        self.known[id] = after.state

    def everybody(self) -> dict[str, tuple[str, int, str]]:
        return {
            id: (view.state, view.seq, charts.dumps(view.chart)) for id in self.known for view in [self.trial.show(id)]
        }

    @precondition(lambda self: self.asked % 5 == 4)
    @invariant()
    def everything_verifies(self) -> None:
        self.desk.check()

    @precondition(lambda self: self.asked % 5 == 2)
    @invariant()
    def every_row_is_the_fold_of_its_entries(self) -> None:
        rows = {row.id: row for row in self.trial.patients()}
        assert set(rows) == set(self.known)
        for id in self.known:
            first, *rest = self.desk.entries(id)
            assert [first.seq, *(entry.seq for entry in rest)] == list(range(1, len(rest) + 2))
            chart = charts.enrolled(DEFINITION, "A", first.occurred_on)
            for entry in rest:
                if entry.allowed:
                    charts.apply(
                        DEFINITION,
                        chart,
                        seq=entry.seq,
                        action=entry.trigger or entry.kind,
                        on=entry.occurred_on,
                        target=entry.target,
                        code=entry.code,
                        data=entry.data,
                    )
            assert self.trial.show(id).chart == chart
            assert rows[id].state == cached(DEFINITION, chart)["state"] == chart.state


Library.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
TestLibrary = Library.TestCase
