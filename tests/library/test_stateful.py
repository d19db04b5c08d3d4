"""Whatever anybody asks for, in whatever order, on whatever date: the log stays sound, and the row is its fold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.library.desk import ADMIN, AUDITOR, COORDINATOR, INVESTIGATOR, Desk, day, rows
from tests.toy import TOY
from workflow import Actor, Entry, Result
from workflow.engine import stored
from workflow.engine.answer import row_columns
from workflow.engine.course import Definition
from workflow.engine.numbers import FOLD
from workflow.errors import AlreadyExists, InvalidInput, NotFound, UnknownPerson
from workflow.ledger.entry import decode
from workflow.ledger.fold import fold
from workflow.store import log
from workflow.store.schema import patient as patient_table

DEFINITION = Definition(TOY)
TABLE = DEFINITION.table("A")
FINAL = {place.name for place in TABLE.places if place.final}
BOTH = Actor("both")  # whose roles come and go

# Near each other, so that what is asked for often fits; some far out, some in the future.
DAYS = st.integers(-10, 420).map(day) | st.sampled_from([date(2019, 1, 1), date(2025, 6, 15), date(2025, 6, 16)])
WHO = st.sampled_from([INVESTIGATOR, INVESTIGATOR, INVESTIGATOR, COORDINATOR, BOTH, AUDITOR, ADMIN])
TEXT = st.none() | st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=9
)
TIME = st.none() | st.sampled_from(["00:00", "08:30", "23:59"])
TRIGGER = st.sampled_from([None, None, None, *TABLE.triggers])
TERM = st.sampled_from([term.key for term in TOY.terms])
AGENTS = st.lists(st.sampled_from(["alpha", "beta"]), unique=True, max_size=2)
ROLE = st.sampled_from(["coordinator", "investigator", "auditor", "administrator"])


class Library(RuleBasedStateMachine):
    patients = Bundle("patients")

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk("sqlite://")
        self.trial = self.desk.trial
        self.ids = 0
        self.asked = 0
        self.known: dict[str, str] = {}  # the state after the last command
        self.trial.add_person(BOTH.id, "coordinator", by=ADMIN)

    def teardown(self) -> None:
        self.everything_verifies()
        self.desk.close()

    # ── who is there ─────────────────────────────────────────────────────────────────────────────────────────────

    @rule(target=patients, by=WHO, on=DAYS)
    def enrol(self, by: Any, on: date) -> Any:
        self.ids += 1
        id = f"P{self.ids}"
        try:
            if self.trial.enroll(id, "A", by=by, on=on, version="1").allowed:
                self.known[id] = "screening"
        except UnknownPerson:
            assert by is BOTH
        return id

    @initialize(target=patients, ahead=st.integers(0, 9))
    def somebody_under_way(self, ahead: int) -> str:
        self.ids += 1
        id = f"P{self.ids}"
        names = ["screening", *(row.name for row in TABLE.places[1:-1])]
        self.desk.walk(id, names[min(ahead, len(names) - 1)])
        self.known[id] = self.desk.state(id)
        return id

    @rule(role=ROLE, given=st.booleans())
    def roles(self, role: str, given: bool) -> None:
        before = self.trial.people()
        try:
            if given:
                result = self.trial.add_person(BOTH.id, role, by=ADMIN)
            else:
                result = self.trial.deactivate_person(BOTH.id, role=role, by=ADMIN)
        except (AlreadyExists, UnknownPerson):
            assert given is any(one.role == role and one.active for one in before if one.id == BOTH.id)
            assert self.trial.people() == before
            return
        active = {person.role for person in self.trial.people() if person.id == BOTH.id and person.active}
        assert result.allowed is (given is (role in active))
        assert "auditor" not in active or len(active) == 1

    # ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(id=patients, trigger=TRIGGER, by=WHO, on=DAYS, reason=TEXT, override=st.booleans(), happened=st.booleans())
    def advance(self, id: str, trigger: str | None, on: date, **told: Any) -> None:
        codes = DEFINITION.codes.get(trigger or "", ())
        code = codes[on.day % len(codes)] if codes else None
        self.ask(id, lambda **more: self.trial.advance(id, trigger, on=on, code=code, **told, **more))

    @rule(id=patients, later=st.integers(0, 60))
    def override(self, id: str, later: int) -> None:
        if id in self.known:
            on = self.trial.show(id, on=date.max).standing.since + timedelta(days=later)
            asked: dict[str, Any] = {"by": INVESTIGATOR, "on": on, "override": True, "reason": "as discussed"}
            self.ask(id, lambda **more: self.trial.advance(id, **asked, **more))

    @rule(id=patients, later=st.integers(0, 60), trigger=TRIGGER)
    def step_that_happened(self, id: str, later: int, trigger: str | None) -> None:
        if id in self.known:
            on = self.trial.show(id, on=date.max).standing.since + timedelta(days=later)
            codes = DEFINITION.codes.get(trigger or "", ())
            asked: dict[str, Any] = {"by": INVESTIGATOR, "on": on, "happened": True, "reason": "so it was"}
            self.ask(id, lambda **more: self.trial.advance(id, trigger, code=next(iter(codes), None), **asked, **more))

    @rule(id=patients, by=WHO, back=st.integers(-1, 12))
    def correct(self, id: str, by: Any, back: int) -> None:
        """One of the last entries, whatever it is; or one that is not there."""
        if id in self.known:
            entry = max(1, self.trial.show(id).seq - back)
            self.ask(id, lambda **more: self.trial.correct(id, entry, by=by, reason="a slip", **more))

    @rule(id=patients, which=st.integers(0, 20))
    def correct_a_fact(self, id: str, which: int) -> None:
        if id in self.known:
            facts = [e.seq for e in self.desk.entries(id) if e.allowed and e.kind not in ("transition", "void")]
            entry = facts[which % len(facts)]
            self.ask(id, lambda **more: self.trial.correct(id, entry, by=COORDINATOR, reason="a slip", **more))

    @rule(id=patients, by=WHO)
    def step_when_due(self, id: str, by: Any) -> None:
        if id in self.known and (window := self.trial.show(id, on=date.max).window) is not None:
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
        reopened=st.booleans(),
        at=TIME,
        which=st.integers(0, 5),
    )
    def news(self, id: str, by: Any, on: date, which: int, resolved: bool, **told: Any) -> None:
        known = [e.seq for e in self.desk.entries(id) if e.kind == "adverse_event"] if id in self.known else []
        if known:
            of = known[which % len(known)]
            end = on if resolved else None
            self.ask(
                id, lambda **more: self.trial.update_adverse_event(id, of, by=by, on=on, resolved=end, **told, **more)
            )

    @rule(id=patients, by=WHO, on=DAYS, at=TIME, anc=st.integers(0, 30), platelets=st.integers(0, 300))
    def counts(self, id: str, anc: int, **told: Any) -> None:
        value = f"{anc / 10}"
        self.ask(id, lambda **more: self.trial.record_counts(id, anc=value, **told, **more))

    @rule(id=patients, by=WHO, on=DAYS, response=st.sampled_from(["CR", "CR", "NR", "PD", "REL"]))
    def response(self, id: str, by: Any, on: date, response: str) -> None:
        self.ask(id, lambda **more: self.trial.record_response(id, by=by, on=on, response=response, **more))

    @rule(
        id=patients,
        by=WHO,
        on=DAYS,
        agent=st.sampled_from(["alpha", "beta"]),
        override=st.booleans(),
        happened=st.booleans(),
        reason=TEXT,
    )
    def dose(self, id: str, by: Any, on: date, **told: Any) -> None:
        self.ask(id, lambda **more: self.trial.record_dose(id, by=by, on=on, **told, **more))

    @rule(id=patients, by=WHO, on=DAYS, code=st.sampled_from(TOY.hold_codes), note=TEXT)
    def hold(self, id: str, by: Any, on: date, **told: Any) -> None:
        self.ask(id, lambda **more: self.trial.hold(id, by=by, on=on, **told, **more))

    @rule(id=patients, by=WHO, on=DAYS)
    def resume(self, id: str, by: Any, on: date) -> None:
        """The one that is open; where several are, none that is not named."""
        self.ask(id, lambda **more: self.trial.resume(id, by=by, on=on, **more))

    @rule(id=patients, by=WHO, on=DAYS, which=st.integers(0, 5))
    def resume_one(self, id: str, by: Any, on: date, which: int) -> None:
        known = [e.seq for e in self.desk.entries(id) if e.kind == "hold"] if id in self.known else []
        if known:
            of = known[which % len(known)]
            self.ask(id, lambda **more: self.trial.resume(id, by=by, on=on, hold=of, **more))

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
        except (NotFound, InvalidInput):
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
        except (InvalidInput, NotFound):
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
        after_state, after_seq, after_chart = self.everybody()[id]
        steps = (result, *result.also)
        assert after_seq == seq + len(steps)
        assert after_state == result.state
        for step in steps:
            if not step.allowed:
                assert step.reasons
                assert step.deviations == ()
            elif step.action in DEFINITION.triggers:
                assert step.source is not None
                assert TABLE.by_trigger[step.source, step.action].target == step.state
                assert step.source not in FINAL
            elif step.action != "correct":
                assert not step.also or step.state != state
        if not any(step.allowed for step in steps):
            assert (after_state, after_chart) == (state, chart)
        self.known[id] = after_state

    def rows(self) -> list[dict[str, Any]]:
        """The patients' rows; the database is in memory, and its one connection ours."""
        with self.trial._transactions.reading() as tx:
            return rows(tx.connection, patient_table)

    def everybody(self) -> dict[str, tuple[str, int, str]]:
        return {row["id"]: (row["state"], row["seq"], row["chart"]) for row in self.rows()}

    @precondition(lambda self: self.asked % 5 == 4)
    @invariant()
    def everything_verifies(self) -> None:
        self.desk.check()

    @precondition(lambda self: self.asked % 5 == 2)
    @invariant()
    def every_row_is_the_fold_of_its_entries(self) -> None:
        found = {row["id"]: row for row in self.rows()}
        assert set(found) == set(self.known)
        for id, row in found.items():
            with self.trial._transactions.reading() as tx:
                chart = fold(decode(data) for data in log.bodies(tx, row["chain"]))
            columns = row_columns(lambda _: DEFINITION, chart)
            assert (row["fold"], row["chart"]) == (FOLD, stored.dumps(chart))
            assert (row["state"], row["opens_on"], row["due_on"]) == columns
            assert self.known[id] == row["state"]

    @precondition(lambda self: self.asked % 5 == 3)
    @invariant()
    def there_is_no_state_without_its_entry(self) -> None:
        for row in self.rows():
            entries = self.desk.entries(row["id"])
            assert [entry.seq for entry in entries] == list(range(1, row["seq"] + 1))
            assert row["head"].hex() == entries[-1].hash
            steps = standing_steps(entries)
            enrolment = "screening" if entries[0].voided_by is None else "entered_in_error"
            assert row["state"] == (steps[-1].target if steps else enrolment)
            assert [step.occurred_on for step in steps] == sorted(step.occurred_on for step in steps)


def standing_steps(entries: tuple[Entry, ...]) -> list[Entry]:
    """The steps that were taken, but for those that were taken back, or went with the fact that caused them."""
    gone = {entry.data["seq"] for entry in entries if entry.kind == "void" and entry.allowed}
    steps = [entry for entry in entries if entry.kind == "transition" and entry.allowed]
    return [step for step in steps if gone.isdisjoint({step.seq, step.cause})]


Library.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestLibrary = Library.TestCase
