"""Whatever anybody asks for, in whatever order, on whatever date: the log stays sound, and the row is its fold.

What was told, and what came of it, is kept beside it in plain lists (``history``): what stands, which texts are there,
who was entered in error, what was known on a day that is past, is held to what these say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule
from msgspec.structs import replace

from tests.library.copies import without_clock
from tests.library.desk import ADMIN, AUDITOR, COORDINATOR, INVESTIGATOR, Desk, day, rows
from tests.library.held import ZONE, as_walked, require_no_gap, require_remarks, require_same
from tests.library.history import IN_ERROR, History, Told, ids_in_error
from tests.toy import TOY
from workflow import Actor, Entry, Filter, Result
from workflow.engine import stored
from workflow.engine.answer import row_columns
from workflow.engine.course import Definition
from workflow.engine.numbers import FOLD
from workflow.errors import AlreadyExists, Conflict, InvalidInput, NotFound, UnknownPatient, UnknownPerson
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
FIELD = st.sampled_from([None, "reason", "note"])
MOSTLY = st.sampled_from(
    [None, None, None, None, None, INVESTIGATOR, COORDINATOR, BOTH, AUDITOR, ADMIN]
)  # None: who may
FACTS = ("event", "toxicity", "news", "counts", "hold", "resume", "against_the_rules", "response")
HOW = ("any", "consequence", "consequence", "fact", "fact", "step", "enrolment", "again", "again", "instead", "instead")
REMARKS = ("redact", "redact", "acknowledge", "acknowledge", "sign_review", "ask", "answer", "close")
KINDS = {  # of what is asked for in another word
    "correct": "void",
    "enroll": "enrolment",
    "acknowledge": "acknowledged",
    "review": "reviewed",
    "redact": "redacted",
}
MOVE = {INVESTIGATOR, COORDINATOR}  # who may enrol, and answer


TELL = st.fixed_dictionaries(
    {
        "what": st.sampled_from(FACTS),
        "near": st.integers(0, 30),
        "which": st.integers(0, 9),
        "at": TIME,
        "note": st.none() | st.just("as she said"),
    }
)
CORRECT = st.fixed_dictionaries(
    {
        "how": st.sampled_from(HOW),
        "by": MOSTLY,
        "which": st.integers(0, 40),
        "moved": st.integers(-3, 3),
        "on": st.none() | st.none() | DAYS,
        "at": TIME,
        "code": st.none() | st.none() | st.sampled_from(["patient", "physician", "withdrawn"]),
    }
)
REMARK = st.fixed_dictionaries(
    {
        "what": st.sampled_from(REMARKS),
        "by": MOSTLY,
        "which": st.integers(0, 40),
        "both": st.booleans(),
        "field": FIELD,
        "text": TEXT,
    }
)

WORK = st.one_of(
    TELL.map(lambda told: ("tell", told)),
    CORRECT.map(lambda told: ("correct", told)),
    REMARK.map(lambda told: ("remark_on", told)),
)


class Library(RuleBasedStateMachine):
    patients = Bundle("patients")

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk("sqlite://")
        self.trial = self.desk.trial
        self.ids = 0
        self.asked = self.verified = self.compared = self.looked_back = 0
        self.known: dict[str, str] = {}  # the state after the last command
        self.trial.add_person(BOTH.id, "coordinator", by=ADMIN)
        self.told: dict[str, History] = {}
        self.turned_away = 0  # enrolments that were refused
        self.today = date(2025, 6, 15)
        self.evenings: dict[date, dict[str, Any]] = {}  # what was answered when a day ended

    def teardown(self) -> None:
        self.everything_verifies()
        self.what_is_told_is_there_and_stands_as_told()
        for evening in [*self.evenings][:: 1 + len(self.evenings) // 4]:
            self.known_by(evening)
        self.desk.close()

    # ── days go by ───────────────────────────────────────────────────────────────────────────────────────────────

    @rule(days=st.integers(1, 40), second=st.sampled_from([0, 12 * 3600, 86399]))
    def later(self, days: int, second: int) -> None:
        """At the first moment of another day, at noon, or in its last second."""
        self.go_on(days, second)

    def go_on(self, days: int, second: int) -> None:
        self.evenings[self.today] = self.answers()
        self.today += timedelta(days=days)
        self.desk.clock.now = datetime.combine(self.today, time(), ZONE) + timedelta(seconds=second)
        assert self.trial.today() == self.today

    # ── who is there ─────────────────────────────────────────────────────────────────────────────────────────────

    @rule(target=patients, by=WHO, on=DAYS)
    def enrol(self, by: Any, on: date) -> Any:
        self.ids += 1
        id = f"P{self.ids}"
        try:
            result = self.trial.enroll(id, "A", by=by, on=on, version="1")
        except UnknownPerson:
            assert by is BOTH
            return multiple()
        self.enrolled(id, result, by, on)
        return id if result.allowed else multiple()

    @rule(id=patients, by=st.sampled_from(sorted(MOVE, key=lambda one: one.id)), on=DAYS)
    def enrol_again(self, id: str, by: Any, on: date) -> None:
        """An id that is there is never used again, whatever became of it."""
        if id in self.known:
            before = self.everybody()
            with pytest.raises(AlreadyExists):
                self.trial.enroll(id, "A", by=by, on=on, version="1")
            assert self.everybody() == before

    @rule(target=patients, by=MOSTLY, on=DAYS, wrong=patients, apt=st.booleans())
    def enrol_instead(self, by: Any, on: date, wrong: str, apt: bool) -> Any:
        """Somebody of whom nothing else stands, where ``apt`` and there is such; else anybody."""
        alone = [id for id, history in self.told.items() if [one.seq for one in history.standing()] == [1]]
        wrong, by = alone[-1] if apt and alone else wrong, by or COORDINATOR
        self.ids += 1
        self.asked += 1
        id = f"P{self.ids}"
        before = self.everybody()
        asked: dict[str, Any] = {"by": by, "on": on, "version": "1", "instead_of": wrong, "reason": "the wrong person"}
        try:
            dry = self.trial.enroll(id, "A", **asked, dry_run=True)
        except NotFound:
            assert by is BOTH or wrong not in self.known
            assert self.everybody() == before
            return multiple()
        assert self.everybody() == before
        result = self.trial.enroll(id, "A", **asked, request_id=f"r-{self.asked}")
        assert (dry.patient, dry.outcome, dry.reasons) == (result.patient, result.outcome, result.reasons)
        again = self.trial.enroll(id, "A", **asked, request_id=f"r-{self.asked}")
        assert (again.repeated, again.seq, again.patient, again.outcome) == (
            True,
            result.seq,
            result.patient,
            result.outcome,
        )
        void = {"words": {"reason": "the wrong person"}, "takes": 1}
        if result.patient == wrong:
            assert not result.allowed
            assert wrong not in alone
            self.keep(wrong, result, self.today, by, **void)
            return multiple()
        self.enrolled(id, result, by, on)
        if result.allowed:
            assert wrong in alone
            (taken_back,) = result.also
            self.keep(wrong, taken_back, self.today, by, anew=id, **void)
            self.known[wrong] = IN_ERROR
        return id if result.allowed else multiple()

    def enrolled(self, id: str, result: Result, by: Actor, on: date) -> None:
        if not result.allowed:
            self.turned_away += 1
            return
        self.known[id] = "screening"
        self.told[id] = History()
        self.keep(id, result, on, by)

    @initialize(target=patients, ahead=st.integers(0, 9), work=st.lists(WORK, min_size=10, max_size=24))
    def somebody_under_way(self, ahead: int, work: list[tuple[str, dict[str, Any]]]) -> str:
        self.ids += 1
        id = f"P{self.ids}"
        names = ["screening", *(row.name for row in TABLE.places[1:-1])]
        self.desk.walk(id, names[min(ahead, len(names) - 1)])
        self.known[id] = self.desk.state(id)
        self.told[id] = History([as_walked(one) for one in self.desk.entries(id)])
        self.work(id, work)
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

    @rule(id=patients, work=st.lists(WORK, min_size=1, max_size=6))
    def work(self, id: str, work: list[tuple[str, dict[str, Any]]]) -> None:
        """Some of what is done at a desk, in a row: facts, corrections, remarks."""
        if id in self.known:
            for method, told in work:
                getattr(self, method)(id, **told)

    @rule(id=patients, trigger=TRIGGER, by=WHO, on=DAYS, reason=TEXT, override=st.booleans(), happened=st.booleans())
    def advance(self, id: str, trigger: str | None, on: date, **told: Any) -> None:
        codes = DEFINITION.codes.get(trigger or "", ())
        code = codes[on.day % len(codes)] if codes else None
        self.ask(self.trial.advance, id, trigger, on=on, code=code, **told)

    @rule(id=patients, later=st.integers(0, 60))
    def override(self, id: str, later: int) -> None:
        if id in self.known:
            on = self.trial.show(id, on=date.max).standing.since + timedelta(days=later)
            asked: dict[str, Any] = {"by": INVESTIGATOR, "on": on, "override": True, "reason": "as discussed"}
            self.ask(self.trial.advance, id, **asked)

    @rule(id=patients, later=st.integers(0, 60), trigger=TRIGGER)
    def step_that_happened(self, id: str, later: int, trigger: str | None) -> None:
        if id in self.known:
            on = self.trial.show(id, on=date.max).standing.since + timedelta(days=later)
            codes = DEFINITION.codes.get(trigger or "", ())
            asked: dict[str, Any] = {"by": INVESTIGATOR, "on": on, "happened": True, "reason": "so it was"}
            self.ask(self.trial.advance, id, trigger, code=next(iter(codes), None), **asked)

    def correct(
        self, id: str, how: str, by: Any, which: int, moved: int, on: date | None, at: str | None, code: str | None
    ) -> None:
        """Any entry, or one that is not there; most often what nothing stands in the way of, or a day near by."""
        if id not in self.known:
            return
        history, by = self.told[id], by or INVESTIGATOR
        free = [one for one in history.standing()[1:] if history.in_the_way(one.seq) is None] or history.entries
        one = free[-1 - which % len(free)]
        more: dict[str, Any] = {"by": by, "reason": "a slip"}
        if how == "any":
            self.ask(self.trial.correct, id, 1 + which % (len(history.entries) + 1), **more)
        elif how == "fact":
            self.ask(self.trial.correct, id, one.seq, **more)
        elif how == "consequence":
            self.tell(id, "toxicity", which % 8, 0)
            caused = [step.cause for step in history.steps() if step.cause is not None]
            if caused:
                self.ask(self.trial.correct, id, caused[-1], **more)
        elif how == "step":
            steps = history.steps()
            self.ask(self.trial.correct, id, steps[-1].cause or steps[-1].seq if steps else 2, **more)
        elif how == "enrolment":
            self.ask(self.trial.correct, id, 1, **more)
        elif how == "again":
            near = on or one.on + timedelta(days=moved)
            self.ask(self.trial.correct, id, one.seq, on=near, at=at, code=code, **more)
        else:
            self.instead(id, one.seq, which, on=on, note="by telephone", **more)

    def instead(self, id: str, corrects: int, which: int, **more: Any) -> None:
        """Something else in an entry's place, of its kind or of another."""
        more["corrects"] = corrects
        if which % 4 == 0:
            self.ask(self.trial.record_counts, id, anc="1.2", platelets="80", **more)
        elif which % 4 == 1:
            grave = more["by"] is INVESTIGATOR
            self.ask(self.trial.record_adverse_event, id, term="nausea", grade=4, unacceptable=grave, **more)
        elif which % 4 == 2:
            self.ask(self.trial.record_dose, id, agent="alpha", happened=True, **more)
        else:
            self.ask(self.trial.advance, id, "withdraw", **more)

    # ── remarks ──────────────────────────────────────────────────────────────────────────────────────────────────

    def remark_on(
        self, id: str, what: str, by: Any, which: int, both: bool, field: str | None, text: str | None
    ) -> None:
        if id not in self.known:
            return
        trial, history = self.trial, self.told[id]
        if what == "redact":
            worded = [one.seq for one in history.entries if one.texts]
            there = worded if worded and both else [one.seq for one in history.entries]
            seq = [*there, len(history.entries) + 1][-1 - which % (len(there) + 1)]
            one = history.one(seq)
            words = one.words if one is not None else {}
            name = field or (next(iter(words)) if len(words) == 1 else "")
            fits, by = words.get(name) is not None, by or ADMIN
            self.remark(fits, by is ADMIN, trial.redact, id, seq, by=by, field=field, reason="a name")
        elif what == "acknowledge":
            if not history.deviations:
                self.tell(id, "against_the_rules", which % 8, which)
            deviations, by = history.deviations, by or INVESTIGATOR
            last = [len(history.entries)]
            entries = deviations if both and deviations else [[*deviations, *last][which % (len(deviations) + 1)]]
            fits, more = set(entries) <= set(deviations), {"by": by, "reason": "seen", "note": text}
            self.remark(fits, by is INVESTIGATOR, trial.acknowledge, id, entries, "major" if both else "none", **more)
        elif what == "sign_review":
            seq, by = len(history.entries) + 1 - which % 5, by or AUDITOR
            one = history.one(seq)
            outcome, hash = "in_order" if both else "minor", one.hash if one is not None else "0" * 64
            fits = one is not None and seq > history.reviewed and (both or text is not None)
            self.remark(fits, by is AUDITOR, trial.sign_review, id, seq, hash, outcome, by=by, note=text)
        elif what == "ask":
            seq, by = 1 + which % (len(history.entries) + 1), by or AUDITOR
            self.remark(history.one(seq) is not None, by is AUDITOR, trial.ask_query, id, seq, "is that so?", by=by)
        else:
            asked = [one.seq for one in history.done("query", "asked")]
            there = [*asked, len(history.entries)] if which % 4 == 0 or not asked else asked
            seq = there[-1 - which % len(there)]
            fits = history.open_query(seq)
            if what == "close":
                by = by or AUDITOR
                self.remark(fits, by is AUDITOR, trial.close_query, id, seq, by=by, text=text)
            else:
                by = by or COORDINATOR
                self.remark(fits, by in MOVE, trial.answer_query, id, seq, "it is", by=by)

    def remark(self, fits: bool, may: bool, command: Callable[..., Result], id: str, *args: Any, **told: Any) -> None:
        """It can be said, or cannot; and is refused to whoever may not say it."""
        result = self.ask(command, id, *args, **told)
        if told["by"] is not BOTH:
            assert (result is not None) is fits
            assert result is None or result.allowed is may
        assert result is None or fits

    # ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────

    def tell(self, id: str, what: str, near: int, which: int, **more: Any) -> None:
        """What may be told most often: by an investigator, of a day behind the last step's."""
        if id not in self.known:
            return
        trial, history = self.trial, self.told[id]
        since = max([one.on for one in history.steps()], default=history.entries[0].on)
        more |= {"by": INVESTIGATOR, "on": min(since + timedelta(days=near), self.today)}
        if what in ("event", "toxicity"):
            event = {"term": "nausea", "grade": 1 + which % 4, "attributed": ["beta"]}
            self.ask(trial.record_adverse_event, id, unacceptable=what == "toxicity", **event, **more)
        elif what == "news" and (events := [one for one in history.standing() if one.kind == "adverse_event"]):
            event = {"grade": 1 + which % 4, "unacceptable": which == 9}
            self.ask(trial.update_adverse_event, id, events[-1].seq, **event, **more)
        elif what == "resume" and (holds := history.open_holds(more["on"])):
            self.ask(trial.resume, id, hold=holds[which % len(holds)] if which % 2 else None, **more)
        elif what == "against_the_rules":
            why = {"happened": True, "reason": "given on the ward"}
            self.ask(trial.record_dose, id, agent=("alpha", "beta")[which % 2], **why, **more)
        elif what == "response":
            self.ask(trial.record_response, id, response=("CR", "NR")[which % 2], **more)
        elif what == "hold":
            self.ask(trial.hold, id, code="infection", **more)
        else:
            self.ask(trial.record_counts, id, anc="2.0", platelets="90", **more)

    @rule(id=patients, by=WHO)
    def step_when_due(self, id: str, by: Any) -> None:
        if id in self.known and (window := self.trial.show(id, on=date.max).window) is not None:
            self.ask(self.trial.advance, id, by=by, on=window.due)

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
        self.ask(self.trial.record_adverse_event, id, by=by, on=on, resolved=end, **told)

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
            self.ask(self.trial.update_adverse_event, id, of, by=by, on=on, resolved=end, **told)

    @rule(id=patients, by=WHO, on=DAYS, at=TIME, anc=st.integers(0, 30), platelets=st.integers(0, 300))
    def counts(self, id: str, anc: int, **told: Any) -> None:
        value = f"{anc / 10}"
        self.ask(self.trial.record_counts, id, anc=value, **told)

    @rule(id=patients, by=WHO, on=DAYS, response=st.sampled_from(["CR", "CR", "NR", "PD", "REL"]))
    def response(self, id: str, by: Any, on: date, response: str) -> None:
        self.ask(self.trial.record_response, id, by=by, on=on, response=response)

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
        self.ask(self.trial.record_dose, id, by=by, on=on, **told)

    @rule(id=patients, by=WHO, on=DAYS, code=st.sampled_from(TOY.hold_codes), note=TEXT)
    def hold(self, id: str, by: Any, on: date, **told: Any) -> None:
        self.ask(self.trial.hold, id, by=by, on=on, **told)

    @rule(id=patients, by=WHO, on=DAYS)
    def resume(self, id: str, by: Any, on: date) -> None:
        """The one that is open; where several are, none that is not named."""
        self.ask(self.trial.resume, id, by=by, on=on)

    @rule(id=patients, by=WHO, on=DAYS, which=st.integers(0, 5))
    def resume_one(self, id: str, by: Any, on: date, which: int) -> None:
        known = [e.seq for e in self.desk.entries(id) if e.kind == "hold"] if id in self.known else []
        if known:
            of = known[which % len(known)]
            self.ask(self.trial.resume, id, by=by, on=on, hold=of)

    @rule(id=patients, by=WHO, on=DAYS, version=st.sampled_from([None, "0", "1"]))
    def consent(self, id: str, by: Any, on: date, version: str | None) -> None:
        self.ask(self.trial.record_consent, id, by=by, on=on, version=version)

    @rule(
        id=patients,
        by=WHO,
        on=DAYS,
        answers=st.dictionaries(st.sampled_from(["IN01", "IN02", "EX01"]), st.none() | st.booleans()),
    )
    def eligibility(self, id: str, by: Any, on: date, answers: dict[str, bool | None]) -> None:
        self.ask(self.trial.record_eligibility, id, by=by, on=on, route="IN01", answers=answers, others_in_order=True)

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
            self.keep(result.patient, result, on, by)

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────

    def ask(self, command: Callable[..., Result], id: str, *args: Any, **told: Any) -> Result | None:
        """Dry, then in earnest, then again; and what each leaves behind. None where it cannot be asked at all."""
        if id not in self.known:
            return None
        if self.asked % 8 == 7:
            self.go_on(1, 86399)
        before = self.everybody()
        self.asked += 1
        request = f"r-{self.asked}"
        try:
            dry = command(id, *args, **told, dry_run=True)
        except (InvalidInput, NotFound, Conflict):
            assert self.everybody() == before
            return None
        assert self.everybody() == before
        result = command(id, *args, **told, request_id=request)
        assert (dry.outcome, dry.state, dry.reasons, dry.delay) == (
            result.outcome,
            result.state,
            result.reasons,
            result.delay,
        )
        again = command(id, *args, **told, request_id=request)
        assert (again.repeated, again.seq, again.outcome, again.state) == (
            True,
            result.seq,
            result.outcome,
            result.state,
        )
        self.hold_to(result, before[id])
        after = self.everybody()
        assert {other: after[other] for other in after if other != id} == {
            other: before[other] for other in before if other != id
        }
        self.put_down(command.__name__, id, result, args, told)
        return result

    # ── what the model is told ───────────────────────────────────────────────────────────────────────────────────

    def put_down(self, name: str, id: str, result: Result, args: Sequence[Any], told: Mapping[str, Any]) -> None:
        """What was asked, and came of it, as the model has it."""
        history, by, on = self.told[id], told["by"], told.get("on") or self.today
        words = {one: told[one] for one in ("reason", "note") if told.get(one) is not None}
        takes = args[0] if name == "correct" else told.get("corrects")
        if name in ("acknowledge", "sign_review", "redact", "ask_query", "answer_query", "close_query"):
            self.keep(id, result, self.today, by, **self.as_remark(name, history, args, told, words))
            return
        about = self.about(name, history, args, told, result)
        if takes is None:
            self.keep(id, result, on, by, words=words, about=about)
            self.what_followed(id, result, by)
            return
        wrong, why = history.one(takes), history.in_the_way(takes)
        instead = name != "correct" or any(told.get(one) is not None for one in ("on", "at", "code"))
        self.hold_correction_to(result, why, wrong, by, instead=instead)
        self.keep(id, result, self.today, by, words=words, takes=takes)
        if not result.allowed:
            return
        assert wrong is not None
        assert bool(result.also) is instead
        if instead:
            first, *caused = result.also
            if name == "correct":  # the same again, in its own words
                about, noted = wrong.about, {name: words[name] for name in ("note",) if name in words}
                words = {**words, **wrong.texts, **noted}
            self.keep(id, first, told.get("on") or wrong.on, by, words=words, about=about)
            self.what_followed(id, replace(first, also=tuple(caused)), by)

    def what_followed(self, id: str, result: Result, by: Actor) -> None:
        """By itself, from what ``result`` is of."""
        for step in result.also:
            self.keep(id, step, step.occurred_on, by, cause=result.seq)

    def keep(
        self, id: str, result: Result, on: date, by: Actor, words: Mapping[str, str | None] = {}, **more: Any
    ) -> None:
        step = result.action in DEFINITION.triggers
        told = Told(
            seq=result.seq or 0,
            kind="transition" if step else KINDS.get(result.action, result.action),
            outcome=str(result.outcome),
            on=on,
            told=self.today,
            by=by.id,
            hash=result.hash or "",
            trigger=result.action if step else None,
            target=result.state if step and result.allowed else None,
            words=dict(words),
            **more,
        )
        history = self.told[id]
        history.entries.append(told)
        assert told.seq == len(history.entries)
        if told.kind == "redacted" and told.done:
            history.entries[told.about[0] - 1].words[told.word] = None

    def as_remark(
        self, name: str, history: History, args: Sequence[Any], told: Mapping[str, Any], words: dict[str, Any]
    ) -> dict[str, Any]:
        if name == "acknowledge":
            return {"about": tuple(args[0]), "word": args[1], "words": words}
        about = (args[0],)
        if name == "sign_review":
            return {"about": about, "word": args[2], "words": words}
        if name == "redact":
            (word,) = [told["field"]] if told["field"] is not None else history.entries[args[0] - 1].words
            return {"about": about, "word": word, "words": words}
        word = {"ask_query": "asked", "answer_query": "answered", "close_query": "closed"}[name]
        text = told.get("text") if name == "close_query" else args[1]
        return {"about": about, "word": word, "words": {"note": text} if text is not None else {}}

    def about(
        self, name: str, history: History, args: Sequence[Any], told: Mapping[str, Any], result: Result
    ) -> tuple[int, ...]:
        """The entry that news is of, that a resumption ends."""
        if name == "update_adverse_event":
            return (args[0],)
        if name != "resume":
            return ()
        if told.get("hold") is not None:
            return (told["hold"],)
        if not result.allowed:
            return ()
        (entry,) = self.trial.log(Filter(patient=result.patient), last=True, limit=1)
        meant, there = entry.data["of"], history.open_holds(told["on"])
        assert meant in there  # which of several, where treatment ended before they did, is the library's to say
        return (meant,)

    def hold_correction_to(
        self, result: Result, why: str | None, wrong: Told | None, by: Actor, *, instead: bool
    ) -> None:
        """Only structure stands in the way, and it always does."""
        codes = [reason.code for reason in result.reasons]
        if result.allowed:
            assert why is None
        elif why is not None:
            assert f"correct.{why}" in codes or codes[-1] == "correct.entered_in_error"
        else:  # else it was not theirs to take back, or what was to stand in its place was refused
            reopened = wrong is not None and wrong.kind == "adverse_event_news"
            assert instead or reopened or by is not INVESTIGATOR, codes

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

    # ── held to the model ────────────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.asked > self.compared + 4)
    @invariant()
    def what_is_told_is_there_and_stands_as_told(self) -> None:
        self.compared = self.asked
        for id, history in self.told.items():
            entries = self.desk.entries(id)
            require_same(entries, history)
            require_no_gap(entries)
            for on in {history.entries[len(entries) // 2].on, self.today, self.today - timedelta(days=400)}:
                self.hold_as_of(id, history, on)
            require_remarks(self.trial, id, history)
        in_error = ids_in_error(self.told)
        assert in_error.keys() == {id for id, state in self.known.items() if state == IN_ERROR}
        for wrong, id in in_error.items():
            (void,) = (
                one for one in self.desk.entries(wrong) if one.kind == "void" and one.data["seq"] == 1 and one.allowed
            )
            assert void.data["anew"] == id
            if id is not None:
                there = self.desk.entries(id)[0].data["instead_of"]
                assert there == {"patient": wrong, "seq": void.seq, "hash": void.hash}
        refused = self.trial.log(Filter(chain="trial", outcome="refused", kind="enrolment"))
        assert len(refused) == self.turned_away

    def hold_as_of(self, id: str, history: History, on: date, **then: Any) -> None:
        entries = self.trial.log(Filter(patient=id), on=on, **then)
        assert [one.seq for one in entries] == [one.seq for one in history.standing(on)]
        if on >= history.entries[0].on:
            assert self.trial.show(id, on=on, **then).state == history.state(on)

    @precondition(lambda self: self.evenings and self.asked > self.looked_back + 7)
    @invariant()
    def what_was_known_on_an_evening_is_answered(self) -> None:
        self.looked_back = self.asked
        evenings = list(self.evenings)
        self.known_by(evenings[self.asked % len(evenings)])
        self.known_by(self.today)

    def known_by(self, evening: date) -> None:
        """As the model has it of that day; and what was answered then, but for the texts that were removed since."""
        there = {id: known for id, history in self.told.items() if (known := history.known_by(evening)).entries}
        assert {one.id: one.state for one in self.trial.patients(known_by=evening)} == {
            id: known.state() for id, known in there.items()
        }
        for id in self.told:
            if id not in there:
                with pytest.raises(UnknownPatient):
                    self.trial.show(id, known_by=evening)
                continue
            known = there[id]
            assert self.trial.show(id, known_by=evening).seq == len(known.entries)
            entries = self.trial.log(Filter(patient=id), known_by=evening)
            require_same(entries, known)
            self.hold_as_of(id, known, known.entries[len(entries) // 2].on, known_by=evening)
        if evening in self.evenings:
            assert self.answers(known_by=evening) == self.evenings[evening]

    def answers(self, **then: Any) -> dict[str, Any]:
        found: dict[str, Any] = {"people": self.trial.people(**then), "patients": self.trial.patients(**then)}
        for id in [one.id for one in found["patients"]]:
            found[id] = without_clock(self.trial.show(id, **then)), without_clock(self.trial.next(id, **then))
        entries = self.trial.log(**then)
        found["log"] = [replace(one, texts={}) for one in entries]
        return found

    # ── what must be so ──────────────────────────────────────────────────────────────────────────────────────────

    def rows(self) -> list[dict[str, Any]]:
        """The patients' rows; the database is in memory, and its one connection ours."""
        with self.trial._transactions.reading() as tx:
            return rows(tx.connection, patient_table)

    def everybody(self) -> dict[str, tuple[str, int, str]]:
        return {row["id"]: (row["state"], row["seq"], row["chart"]) for row in self.rows()}

    @precondition(lambda self: self.asked > self.verified + 4)
    @invariant()
    def everything_verifies(self) -> None:
        self.verified = self.asked
        report = self.desk.verify()
        assert report.sound
        assert (report.findings, report.differences, report.stale) == ([], [], 0)
        gone = [(f"patient/{id.lower()}", *one) for id, history in self.told.items() for one in history.redacted()]
        assert sorted((one.chain, one.seq, one.field, one.by) for one in report.redacted) == sorted(gone)

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


Library.TestCase.settings = settings(max_examples=settings().max_examples // 3, stateful_step_count=30, deadline=None)
TestLibrary = Library.TestCase
