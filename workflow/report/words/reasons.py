"""A reason in words: what is wrong, and what would lift it.

The log keeps a reason as a code and its arguments, so a sentence here can be put better at any time. Every code has
its two sentences; a test holds that there is none without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from workflow.engine.decision import Reason, Strength
from workflow.report.words.grammar import article, days, noun

if TYPE_CHECKING:
    from workflow.engine.course import Definition

Said = dict[str, Any]  # a reason's arguments


class Words:
    """What a protocol calls things; without one, by their keys."""

    def __init__(self, definition: Definition | None) -> None:
        self._definition = definition

    def agent(self, key: str) -> str:
        return self._definition.agent_titles.get(key, key) if self._definition is not None else key

    def term(self, key: str) -> str:
        term = self._definition.terms.get(key) if self._definition is not None else None
        return term.title if term is not None else key

    def role(self, key: str) -> str:
        return key.replace("_", " ")

    def roles(self, keys: Sequence[str]) -> str:
        return " or ".join(self.role(key) for key in keys) or "nobody"

    def who_overrides(self) -> str | None:
        roles = self._definition.roles.get("override") if self._definition is not None else None
        return self.roles(roles) if roles else None


def entries(numbers: Sequence[int]) -> str:
    return f"entry {numbers[0]}" if len(numbers) == 1 else f"entries {', '.join(map(str, numbers))}"


def sentence(reason: Reason, definition: Definition | None = None) -> str:
    """What is wrong."""
    said = _SENTENCES.get(reason.code)
    return said[0](reason.args, Words(definition)) if said is not None else reason.code


def lifted_by(reason: Reason, definition: Definition | None = None) -> str:
    """What would lift it, but for an override."""
    said = _SENTENCES.get(reason.code)
    if said is None:
        return "nothing that this software knows"
    return said[1](reason.args, Words(definition))


def lifts(reason: Reason, definition: Definition | None = None) -> str:
    """What would lift it: an override too, where one could."""
    by = lifted_by(reason, definition)
    if reason.strength is Strength.SOFT:
        who = Words(definition).who_overrides()
        return f"{by}, or {article(who)} {who}'s override" if who is not None else by
    return by


Sentence = Callable[[Said, Words], str]


def _always(text: str) -> Sentence:
    return lambda a, w: text


def _event(a: Said, w: Words) -> str:
    return f"{w.term(a['term'])} grade {a['grade']}"


def _exits(a: Said, nothing: str) -> str:
    return f"the patient leaves treatment: {' or '.join(a['exits'])}" if a["exits"] else nothing


_ACTIONS = {
    "declare_unacceptable": "declare an event unacceptable",
    "stop_agent": "stop an agent for good",
    "override": "override",
    "step_happened": "say that a step happened all the same",
    "correct": "take an entry back",
    "redact": "remove a text",
    "enroll": "enrol a patient",
    "people": "change who takes part",
    "install": "install a protocol",
    "acknowledge": "acknowledge a deviation",
    "review": "sign a review off",
    "query": "ask a query, nor close one",
    "answer": "answer a query",
}


def _action(a: Said) -> str:
    return _ACTIONS.get(a["action"], f"ask for {a['action']}")


def _correct_first(a: Said, w: Words) -> str:
    return "correct first what is wrong: both cannot be"


def _stand(count: int) -> str:
    return f"{count} {noun(count, 'entry does', 'entries do')}"


def _later(a: Said, what: str) -> str:
    first = f"the first on {a['first']}"
    return f"{a['count']} {what} dated after {a['on']} {'is' if a['count'] == 1 else 'are'} recorded, {first}"


_SENTENCES: dict[str, tuple[Sentence, Sentence]] = {
    # ── who asks, and when ──
    "role.not_permitted": (
        lambda a, w: f"a person in the role of {w.role(a['role'])} may not {_action(a)}",
        lambda a, w: f"ask a person in the role of {w.roles(a['roles'])}",
    ),
    "override.reason": (_always("an override needs a reason"), _always("give the reason in words")),
    "happened.reason": (
        _always("what happened against the rules needs a reason"),
        _always("give the reason in words"),
    ),
    "happened.not_this": (
        _always("only steps and doses can be said to have happened against the rules"),
        _always("record it as it was; or correct what contradicts it"),
    ),
    "dates.future": (
        lambda a, w: f"{a['on']} is in the future; today is {a['today']}",
        lambda a, w: f"a date up to {a['today']}",
    ),
    "dates.before_study": (
        lambda a, w: f"{a['on']} is before the study began on {a['began']}",
        lambda a, w: f"a date from {a['began']} on",
    ),
    "dates.before_previous": (
        lambda a, w: f"{a['on']} is before the previous step on {a['since']} ({a['state']})",
        lambda a, w: f"a date from {a['since']} on",
    ),
    "dates.after_death": (
        lambda a, w: f"the patient died on {a['end']}",
        lambda a, w: f"a date up to {a['end']}",
    ),
    "dates.after_loss": (
        lambda a, w: f"the patient was lost to follow-up on {a['end']}",
        lambda a, w: f"a date up to {a['end']}",
    ),
    "dates.off_study": (
        lambda a, w: f"the patient left the study on {a['end']}",
        lambda a, w: f"a date up to {a['end']}",
    ),
    "order.death": (
        lambda a, w: _later(a, noun(a["count"], "fact")),
        _correct_first,
    ),
    "order.loss": (
        lambda a, w: _later(a, noun(a["count"], "fact")),
        _correct_first,
    ),
    "order.off_study": (
        lambda a, w: _later(a, noun(a["count"], "fact")),
        _correct_first,
    ),
    "order.end_of_treatment": (
        lambda a, w: _later(a, "dose or hold" if a["count"] == 1 else "doses or holds"),
        _correct_first,
    ),
    "sequence.final": (
        lambda a, w: f"{a['state']} is final: nothing leads on from it",
        _always("nothing"),
    ),
    "sequence.not_from_here": (
        lambda a, w: f"{a['trigger']} does not lead on from {a['state']}",
        lambda a, w: f"from here: {', '.join(a['here'])}",
    ),
    # ── taking part ──
    "consent.missing": (
        lambda a, w: f"no informed consent dated up to {a['on']} is recorded",
        _always("record the consent"),
    ),
    "consent.version": (
        lambda a, w: (
            f"the consent of {a['on']} is to protocol version {a['consented']}, the patient is under {a['version']}"
        ),
        lambda a, w: f"record a consent to version {a['version']}",
    ),
    "eligibility.missing": (
        lambda a, w: f"no eligibility dated up to {a['on']} is recorded",
        _always("record the eligibility"),
    ),
    "eligibility.not_met": (
        lambda a, w: f"not eligible: {', '.join(a['criteria'])}",
        _always("the patient leaves as a screen failure"),
    ),
    "eligibility.unknown": (
        lambda a, w: f"not yet answered: {', '.join(a['criteria'])}",
        _always("answer these criteria"),
    ),
    "eligibility.arm": (
        lambda a, w: f"eligible by {a['route']}, but arm {a['arm']} is entered by {' or '.join(a['routes'])}",
        _always("another arm"),
    ),
    "eligibility.not_met_since": (
        lambda a, w: f"found not to be eligible: {', '.join(a['criteria'])}",
        _always("answers that say otherwise"),
    ),
    # ── treatment ──
    "progression.progression": (
        lambda a, w: f"progression on {a['on']} ({a['response']})",
        _always("the patient leaves treatment: progression"),
    ),
    "progression.relapse": (
        lambda a, w: f"relapse on {a['on']} ({a['response']})",
        _always("the patient leaves treatment: relapse"),
    ),
    "progression.no_response": (
        lambda a, w: f"no response on {a['on']} ({a['response']})",
        _always("a later assessment that shows a response; or the patient leaves treatment"),
    ),
    "toxicity.unacceptable": (
        lambda a, w: f"{_event(a, w)} (entry {a['entry']}) was declared unacceptable",
        lambda a, w: _exits(a, "nothing: treatment has ended"),
    ),
    "toxicity.fatal": (
        lambda a, w: f"{_event(a, w)}, onset {a['on']} (entry {a['entry']}), was fatal",
        lambda a, w: f"record the death: {' or '.join(a['exits'])}" if a["exits"] else "record the death",
    ),
    "toxicity.open": (
        lambda a, w: f"{_event(a, w)}, onset {a['on']} (entry {a['entry']}), is not resolved",
        lambda a, w: f"record that it resolved or fell below grade {a['least']}",
    ),
    "toxicity.unattributed": (
        lambda a, w: (
            f"{_event(a, w)}, onset {a['on']} (entry {a['entry']}), is open, and nobody has said whether treatment"
            " caused it"
        ),
        _always("record what it is attributed to"),
    ),
    "counts.missing": (
        lambda a, w: f"no blood counts dated up to {a['last']} are recorded",
        lambda a, w: f"counts taken from {a['first']} to {a['last']}",
    ),
    "counts.old": (
        lambda a, w: f"the latest counts, of {a['on']}, are {days(a['age'])} old; they hold for {days(a['valid'])}",
        lambda a, w: f"counts taken from {a['first']} to {a['last']}",
    ),
    "counts.anc": (
        lambda a, w: f"ANC {a['value']} x10^9/L on {a['on']}, below {a['least']}",
        lambda a, w: f"newer counts with ANC at {a['least']} or above",
    ),
    "counts.platelets": (
        lambda a, w: f"platelets {a['value']} x10^9/L on {a['on']}, below {a['least']}",
        lambda a, w: f"newer counts with platelets at {a['least']} or above",
    ),
    "hold.open": (
        lambda a, w: f"on hold since {a['on']} ({a['code']})",
        _always("resume the patient"),
    ),
    # ── time ──
    "interval.early": (
        lambda a, w: (
            f"opens on {a['opens']}, day {a['day']} of the cycle that began on {a['began']}:"
            f" {days(a['early'])} too early"
        ),
        lambda a, w: f"wait until {a['opens']}",
    ),
    "visit.early": (
        lambda a, w: (
            f"opens on {a['opens']}, the visit due {a['due']}, counted from {a['anchor']}: {days(a['early'])} too early"
        ),
        lambda a, w: f"wait until {a['opens']}",
    ),
    "interval.late": (
        lambda a, w: f"was due by {a['last']}: {days(a['late'])} late, and no reason is given",
        _always("give the reason for the delay"),
    ),
    "period.over": (
        lambda a, w: f"{a['phase']} ended on {a['end']}: the cycle that ran then was its last",
        _always("complete the treatment"),
    ),
    "period.running": (
        lambda a, w: f"{a['phase']} lasts until {a['end']}",
        lambda a, w: f"go on with the next cycle, or wait until {a['end']}",
    ),
    "not_before.early": (
        lambda a, w: f"{a['what']} is on {a['day']}",
        lambda a, w: f"wait until {a['day']}",
    ),
    # ── doses ──
    "dose.not_in_arm": (
        lambda a, w: f"{w.agent(a['agent'])} is no agent of arm {a['arm']}",
        _always("another agent"),
    ),
    "dose.before_treatment": (
        lambda a, w: f"treatment had not begun on {a['on']}",
        _always("start the first cycle first, or a date after it began"),
    ),
    "dose.after_treatment": (
        lambda a, w: f"treatment ended on {a['ended']}",
        lambda a, w: f"a date up to {a['ended']}",
    ),
    "dose.discontinued": (
        lambda a, w: f"{w.agent(a['agent'])} was stopped for good on {a['since']}",
        _always("nothing: it is not given again"),
    ),
    "dose.held": (
        lambda a, w: f"{w.agent(a['agent'])} is held since {a['since']}",
        _always("record that the adverse event resolved or fell, or that it has another cause"),
    ),
    "dose.stop_proposed": (
        lambda a, w: (
            f"{w.agent(a['agent'])} is held since {a['since']}: by its label it would be stopped for good, if it is"
            " the cause"
        ),
        _always("the word of whoever may stop it: that it is stopped for good, or that it is not the cause"),
    ),
    # ── other facts ──
    "hold.already": (
        lambda a, w: f"on hold from {a['on']} ({a['code']}) already",
        _always("nothing: it is recorded"),
    ),
    "hold.no_treatment": (
        lambda a, w: f"treatment ended on {a['ended']}: there is nothing to hold",
        _always("nothing"),
    ),
    "resume.none": (lambda a, w: f"the patient was not on hold on {a['on']}", _always("nothing")),
    "resume.before": (
        lambda a, w: f"the hold began on {a['began']}, after that",
        lambda a, w: f"a date from {a['began']} on; or correct first the hold",
    ),
    "resume.already": (
        lambda a, w: f"that hold ended on {a['on']}",
        _always("correct first what is wrong"),
    ),
    "adverse_event.unknown": (
        lambda a, w: f"entry {a['entry']} is no adverse event that stands",
        _always("name the entry of one, or record a new event"),
    ),
    "adverse_event.before_onset": (
        lambda a, w: f"{a['on']} is before its onset on {a['onset']}",
        lambda a, w: f"a date from {a['onset']} on; or correct first the event",
    ),
    "adverse_event.ended": (
        lambda a, w: f"the event ended on {a['ended']}",
        _always("say that it is open again; or correct first what is wrong"),
    ),
    "adverse_event.goes_on": (
        lambda a, w: f"there is news of the event after {a['resolved']}",
        _correct_first,
    ),
    "adverse_event.fatal_resolved": (
        _always("a fatal event neither resolves nor improves"),
        _always("correct first what is wrong: the grade, or the end"),
    ),
    # ── corrections ──
    "correct.enrolment": (
        lambda a, w: f"an enrolment is taken back where nothing else stands, and {_stand(a['count'])}",
        _always("correct those first, the last one before the others"),
    ),
    "correct.entered_in_error": (
        _always("the patient was entered in error: the enrolment was taken back"),
        _always("nothing: whoever they are is enrolled under another id"),
    ),
    "correct.nothing": (
        lambda a, w: f"entry {a['entry']} records nothing that stands",
        _always("name the entry of a fact, or of the last step"),
    ),
    "correct.its_cause": (
        lambda a, w: f"entry {a['entry']} followed from entry {a['cause']} by itself",
        lambda a, w: f"correct entry {a['cause']}: this one goes with it",
    ),
    "correct.referred_to": (
        lambda a, w: f"later entries are about entry {a['entry']}",
        _always("correct those first, the last one before the others"),
    ),
    "correct.stands_on": (
        lambda a, w: f"later steps stand on entry {a['entry']}",
        _always("correct those first, the last one before the others"),
    ),
    # ── people ──
    "people.last_administrator": (
        lambda a, w: f"{a['id']} is the last administrator",
        _always("add another administrator first"),
    ),
    "people.auditor_alone": (
        lambda a, w: f"{a['id']} cannot be {a['role']} beside {', '.join(a['others'])}: an auditor does nothing else",
        _always("deactivate the other roles first"),
    ),
}

CODES = tuple(_SENTENCES)
