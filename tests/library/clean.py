"""Small studies, at random and from a seed, made by nothing but the library: whatever people may ask for in one.

Most of what is asked makes sense, so that patients come far; the rest is refused, or is nothing that can be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from msgspec.structs import replace

from tests.toy import TOY
from tests.toy2 import TOY2
from workflow import Actor, Filter, Trial, trials
from workflow.engine.facts import contact
from workflow.engine.facts.contact import DISEASE, SOURCES
from workflow.errors import AlreadyExists, Conflict, InvalidInput, NotFound
from workflow.ledger.remarks import ASSESSMENTS, OUTCOMES
from workflow.protocol.model import Protocol
from workflow.report.views import Result

NOT_ASKED = (AlreadyExists, Conflict, InvalidInput, NotFound)  # which leave no entry
BEGINS = datetime(2024, 1, 8, 8, tzinfo=UTC)
TEXTS = ("as discussed", "two\nlines", "na\u00efve \u2265 3", "\u597d \U0001f600", "x" * 4000)
ZONES = ("America/Chicago", "Pacific/Kiritimati", "Etc/GMT+12", "America/St_Johns", "Asia/Beirut", "UTC")
TIMES = (None, None, "00:00", "08:30", "23:59")


def versions_of(protocol: Protocol) -> tuple[Protocol, ...]:
    """One that is there from the beginning, a corrected encoding of it, and an amendment that comes later."""
    later = replace(protocol, version="2", summary="Amended.")
    return protocol, replace(protocol, edition=2, summary="Corrected."), later


STUDIES: tuple[Callable[[], Sequence[Protocol]], ...] = (
    lambda: versions_of(TOY),
    lambda: versions_of(TOY2),
    lambda: sorted(trials.shipped(), key=lambda protocol: protocol.version),
)


class Study:
    """One database. ``make`` asks so many things in it; time never stands still and never goes back.

    With ``skew`` every command comes from another machine, whose clock is behind by up to that.
    """

    def __init__(self, url: str, seed: int, skew: timedelta = timedelta(0)) -> None:
        self.skew = skew
        self.random = Random(f"clean {seed}")  # noqa: S311 - nothing is guarded by it
        self.now = BEGINS
        first, *self.later = STUDIES[seed % len(STUDIES)]()
        self.admin = Actor("alex")
        self.url = url
        self.trial = Trial.init(url, by=self.admin, protocols=[first], zone=self.pick(ZONES), clock=self.clock)
        self.roles = [*self.trial.roles()]
        self.people = [self.admin]
        for number, role in enumerate(self.roles):
            self.people.append(Actor(f"p{number}", via=self.pick((None, "ward", "login-7"))))
            self.trial.add_person(f"p{number}", role, by=self.admin)
        self.coordinator, self.investigator = self.people[1:3]
        self.patients: list[str] = []
        self.requests: list[tuple[str, Callable[..., Any]]] = []
        self.asked = 0

    # ── chance ───────────────────────────────────────────────────────────────────────────────────────────────────

    def clock(self) -> datetime:
        self.now += timedelta(microseconds=self.random.randint(0, 2_000_000))
        return self.now - self.skew * self.random.random() if self.skew else self.now

    def pick(self, among: Sequence[Any]) -> Any:
        return self.random.choice(among)

    def often(self, chance: float) -> bool:
        return self.random.random() < chance

    def day(self) -> date:
        """Mostly of these days; now and then long ago, or still to come."""
        if self.often(0.05):
            return self.pick((date(2019, 1, 1), date(2011, 1, 1), self.now.date() + timedelta(days=1)))
        return self.now.date() - timedelta(days=self.pick((0, 0, 0, 0, 1, 2, 7, 30)))

    def who(self) -> Actor:
        return self.pick(self.people[1:4] * 6 + self.people)

    def some(self, among: Sequence[str]) -> list[str]:
        return self.random.sample(among, self.random.randint(0, min(2, len(among))))

    def options(self, *, modes: bool = False) -> dict[str, Any]:
        told: dict[str, Any] = {"by": self.who(), "at": self.pick(TIMES)}
        if self.often(0.3):
            told["note"] = self.pick(TEXTS)
        if self.often(0.4):
            told["reason"] = self.pick(TEXTS)
        if modes and self.often(0.5):
            told[self.pick(("override", "happened"))] = True
            if self.often(0.8):
                told |= {"by": self.investigator, "reason": self.pick(TEXTS)}
        return told

    # ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────

    def make(self, commands: int) -> Trial:
        for _ in range(commands):
            self.now += timedelta(days=self.pick((0, 0, 0, 1, 3, 7)))
            with suppress(*NOT_ASKED):
                self.pick(self.kinds())()
        return self.trial

    def kinds(self) -> Sequence[Callable[[], object]]:
        if not self.patients:
            return (self.enrol,)
        rare = (
            self.said,
            self.said,
            self.enrol,
            self.many,
            self.person,
            self.install,
            self.upgraded,
            self.again,
            self.within,
            self.moves,
        )
        return (*(self.onward,) * 9, *(self.fact,) * 9, *(self.step,) * 3, self.correct, self.said, self.said, *rare)

    def ask(self, command: Callable[..., Result], *given: Any, **told: Any) -> None:
        """Under a request id as often as not, and now and then dry beforehand."""
        if self.often(0.1):
            command(*given, **told, dry_run=True)
        if self.often(0.5):
            self.asked += 1
            told["request_id"] = f"r-{self.asked}"
            self.requests.append((told["request_id"], lambda **more: command(*given, **told, **more)))
        command(*given, **told)

    def enrol(self) -> None:
        id = f"P-{len(self.patients) + 1:04}"
        arm = self.pick([arm.key for arm in self.trial.definition().protocol.arms])
        version = self.pick((None, *self.trial.installed() * 3))
        result = self.trial.enroll(id, arm, by=self.who(), on=self.day(), version=version)
        if result.allowed:
            self.patients.append(id)

    def onward(self) -> None:
        """What the protocol has next: the step if it is open, else something that may open it."""
        id, today = self.pick(self.patients), self.now.date()
        outlook = self.trial.next(id)
        forward = [choice for choice in outlook.choices if choice.trigger == outlook.forward]
        if not forward:
            return self.fact()
        missing = {reason.code.partition(".")[0] for reason in forward[0].reasons}
        told = {"by": self.investigator, "on": today}
        if "consent" in missing:
            self.trial.record_consent(id, **told)
        if "eligibility" in missing:
            routes = self.trial.definition(outlook.patient.version).arm(outlook.patient.arm).routes
            self.trial.record_eligibility(id, route=routes[0], others_in_order=True, **told)
        if "counts" in missing:
            self.trial.record_counts(id, anc="2.5", platelets=130, **told)
        window = outlook.patient.window
        if window is not None and self.often(0.8):
            self.now += timedelta(days=max(0, (window.due - today).days))
        self.ask(self.trial.advance, id, by=self.investigator, on=self.now.date(), reason="it is time")
        return None

    def step(self) -> None:
        id = self.pick(self.patients)
        choices = self.trial.next(id).choices
        choice = self.pick(choices) if choices else None
        code = self.pick((None, *choice.codes)) if choice is not None else None
        trigger = choice.trigger if choice is not None and self.often(0.9) else None
        self.ask(self.trial.advance, id, trigger, code=code, on=self.day(), **self.options(modes=True))

    def fact(self) -> None:
        id = self.pick(self.patients)
        protocol = self.trial.definition(self.trial.show(id).version).protocol
        agents = [agent.key for agent in protocol.agents]
        trial, told = self.trial, {"on": self.day(), **self.options()}
        known = [entry for entry in trial.log() if entry.patient == id]
        events = [entry.seq for entry in known if entry.kind == "adverse_event"]
        holds = [entry.seq for entry in known if entry.kind == "hold"]
        judged: dict[str, Any] = {
            "attributed": self.pick((None, self.some(agents))),
            "unacceptable": self.often(0.1),
            "stops": self.some(agents) if self.often(0.1) else (),
            "resolved": told["on"] + timedelta(days=self.random.randint(0, 9)) if self.often(0.3) else None,
        }
        match self.pick(
            ("consent", "eligibility", "counts", "response", "dose", "hold", "resume", "contact", "ae", "ae")
        ):
            case "consent":
                self.ask(trial.record_consent, id, version=self.pick((None, protocol.version, "0")), **told)
            case "eligibility":
                routes = [one.id for one in protocol.criteria if one.kind.value == "route"]
                answers = {self.pick(protocol.criteria).id: self.pick((True, False, None)) for _ in range(2)}
                more = {"route": self.pick(routes), "answers": answers, "others_in_order": self.often(0.8)}
                self.ask(trial.record_eligibility, id, **more, **told)
            case "counts":
                values = {"anc": f"{self.random.randint(0, 40) / 10}", "platelets": self.random.randint(0, 300)}
                self.ask(trial.record_counts, id, **values, **told)
            case "response":
                mrd = self.pick((None, "negative", "positive"))
                self.ask(trial.record_response, id, response=self.pick(protocol.responses).key, mrd=mrd, **told)
            case "dose":
                amount = self.pick(({}, {"amount": "0.3", "unit": "mg/m2"}))
                mode = self.options(modes=True)
                self.ask(trial.record_dose, id, agent=self.pick(agents), on=told["on"], **amount, **mode)
            case "hold":
                self.ask(trial.hold, id, code=self.pick(protocol.hold_codes), **told)
            case "resume":
                self.ask(trial.resume, id, hold=self.pick((None, *holds)), **told)
            case "contact":
                self.ask(trial.record, id, contact.telling(self.pick(DISEASE), self.pick(SOURCES)), **told)
            case "ae" if events and self.often(0.6):
                more = {"grade": self.pick((None, 1, 2, 3, 4)), "reopened": self.often(0.2)}
                self.ask(trial.update_adverse_event, id, self.pick(events), **more, **judged, **told)
            case "ae":
                more = {"term": self.pick(protocol.terms).key, "grade": self.random.randint(1, 5)}
                self.ask(trial.record_adverse_event, id, serious=self.often(0.3), **more, **judged, **told)

    def correct(self) -> None:
        id = self.pick(self.patients)
        last = self.trial.show(id).seq
        entry, anew = max(1, last - self.random.randint(0, 4)), {"on": self.day()} if self.often(0.3) else {}
        self.ask(self.trial.correct, id, entry, by=self.who(), reason=self.pick(TEXTS), **anew)

    def said(self) -> None:
        """Something of entries: by whoever it may be, of whichever they are."""
        id, trial, auditor = self.pick(self.patients), self.trial, self.people[3]
        by, entry = self.pick((auditor, auditor, self.who())), self.random.randint(1, trial.show(id).seq)
        note: dict[str, Any] = {"note": self.pick(TEXTS)} if self.often(0.7) else {}
        match self.pick(("acknowledge", "review", "ask", "answer", "close", "redact")):
            case "redact":
                texts = [one.seq for one in trial.log(Filter(patient=id)) if one.texts] or [entry]
                by, field = self.pick((self.admin, by)), self.pick((None, None, "note", "reason"))
                self.ask(trial.redact, id, self.pick(texts), field=field, reason=self.pick(TEXTS), by=by)
            case "acknowledge":
                waiting = [one.entry for one in trial.deviations(patient=id)] or [entry]
                by = self.pick((self.investigator, by))
                self.ask(trial.acknowledge, id, waiting, self.pick(ASSESSMENTS), by=by, **note)
            case "review":
                for one in trial.review(patient=id):
                    self.ask(trial.sign_review, id, one.seq, one.hash, self.pick(OUTCOMES), by=by, **note)
            case "ask":
                self.ask(trial.ask_query, id, entry, self.pick(TEXTS), by=by)
            case step:
                queries = [one.query for one in trial.queries(patient=id, open=True)] or [entry]
                if step == "answer":
                    self.ask(trial.answer_query, id, self.pick(queries), self.pick(TEXTS), by=self.who())
                else:
                    self.ask(trial.close_query, id, self.pick(queries), by=by)

    def many(self) -> None:
        some = self.random.sample(self.patients, self.random.randint(1, len(self.patients)))
        self.trial.advance_many(some, by=self.who(), on=self.day())

    def person(self) -> None:
        """Somebody comes, goes, or has a role for a time; asked for by whoever it may be."""
        who = f"p{self.random.randint(2, 6)}"
        by = self.pick((self.admin, self.admin, self.who()))
        if self.often(0.6):
            days = self.pick(({}, {"since": self.now.date()}, {"until": self.now.date() + timedelta(days=20)}))
            login = self.pick((None, "ward"))
            self.trial.add_person(who, self.pick(self.roles), by=by, login=login, **days)
            self.people.append(Actor(who))
        else:
            self.trial.deactivate_person(who, by=by, role=self.pick((None, self.pick(self.roles))))

    def install(self) -> None:
        if self.later:
            protocol = self.later.pop(0)
            if self.often(0.5):
                self.trial.install(protocol, by=self.admin)
            else:
                self.trial.upgrade(by=self.admin, protocols=[protocol])

    def moves(self) -> None:
        """The site, to another zone."""
        self.trial.set_zone(self.pick(ZONES), by=self.admin, reason=self.pick(TEXTS))

    def upgraded(self) -> None:
        """An upgrade that finds nothing to do."""
        self.trial.upgrade(by=self.admin, protocols=())

    def again(self) -> None:
        """A request that was sent before, to somebody else's surprise a second time."""
        if self.requests:
            _, command = self.pick(self.requests)
            command()

    def within(self) -> None:
        """A service's own transaction, which goes through or does not."""
        id, codes = self.pick(self.patients), self.trial.definition().protocol.hold_codes
        with suppress(ZeroDivisionError), self.trial.transaction() as connection:
            self.trial.record_counts(id, by=self.investigator, anc=1, platelets=99, connection=connection)
            self.trial.hold(id, by=self.investigator, code=self.pick(codes), connection=connection)
            if self.often(0.5):
                raise ZeroDivisionError
