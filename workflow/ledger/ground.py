"""What every entry is held to: the people's chain and the trial's, as they were at each of their entries.

Nothing here is judged: both chains are checked like any other. An entry of theirs that cannot be read leaves open what
it would have said.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from workflow.engine.facts.check import shown
from workflow.engine.numbers import rank
from workflow.ledger import entry as entries
from workflow.ledger import zone as zones
from workflow.ledger.clock import EVER, earlier, later
from workflow.ledger.entry import (
    CONTENT_INSTALLED,
    ENROLMENT,
    PEOPLE_CHAIN,
    SETTING_CHANGED,
    SOFTWARE_CHANGED,
    TRIAL_CHAIN,
    ZONE,
    Body,
    Enrolled,
    NotUnderstood,
    PersonChanged,
    ProtocolRef,
    Seen,
    SettingChanged,
    SoftwareChanged,
    payload,
)
from workflow.ledger.people import (
    People,
    Person,
    assurance_of,
    changed,
    is_like_by_login,
    may_act_as,
    shared_logins,
)

Window = tuple[str, str]  # of moments as entries write them, which sort as text
Wrong = tuple[str, str]  # the code of a finding, and what it says


# ── a chain that others have seen ──────────────────────────────────────────────────────────────────────────────────


class Line:
    """A chain that others have seen: the hash of each entry, and when it was recorded."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.last = 0
        self.hashes: dict[int, str] = {}
        self._at: dict[int, str] = {}
        self._windows: dict[int, Window] = {}

    def add(self, seq: int, digest: bytes, at: str) -> None:
        self.last = max(self.last, seq)
        self.hashes[seq] = digest.hex()
        self._at[seq] = at
        self._windows = {}

    def window(self, seq: int) -> Window:
        """When an entry can have been recorded that had seen this one and not the next.

        A clock that was wrong once, and then set right, is one finding of its own and widens what rests on it.
        """
        if not self._windows:
            self._windows = dict(self._all_windows())
        return self._windows.get(seq, EVER)

    def _all_windows(self) -> Iterator[tuple[int, Window]]:
        order = sorted(self._at)
        firsts: list[str] = []  # the earliest that this one, or any after it, was recorded
        for seq in reversed(order):
            firsts.append(min(self._at[seq], firsts[-1]) if firsts else self._at[seq])
        firsts.reverse()
        latest = ""
        for place, seq in enumerate(order):
            latest = max(latest, self._at[seq])
            after = order[place + 1] if place + 1 < len(order) else None
            closes = later(max(latest, self._at[after])) if after is not None else EVER[1]
            yield seq, (earlier(firsts[place]), closes)


# ── what was in use ────────────────────────────────────────────────────────────────────────────────────────────────


class Reign(NamedTuple):
    """Numbers, and the moments between which they were in use; None are those of software that we do not know."""

    numbers: SoftwareChanged | None
    window: Window


class Installed:
    """A protocol: the entry of the trial's chain that installed it, and when; from when on it can have been named.

    ``under`` are the numbers that were in use then; None are those of software that we do not know.
    """

    __slots__ = ("at", "begins", "seq", "under", "what")

    def __init__(self, seq: int, at: str, what: ProtocolRef, under: SoftwareChanged | None) -> None:
        self.seq, self.at, self.what, self.under = seq, at, what, under
        self.begins = earlier(at)

    def replaces(self, other: Installed) -> bool:
        """Whether it is a newer edition of the same version."""
        return self.what.version == other.what.version and self.what.edition > other.what.edition


class InUse:
    """What the trial's chain says was in use when: numbers, and protocols. What was never in use is nobody's."""

    def __init__(self) -> None:
        self._changes: list[tuple[str, SoftwareChanged | None]] = []
        self._worked_out: list[Reign] | None = None
        self.installed: dict[str, Installed] = {}  # by digest
        self.open = False  # an entry could not be read: it may have installed anything
        self._answers: dict[tuple[int, int, str, str], tuple[list[Window], str]] = {}

    def change(self, at: str, numbers: SoftwareChanged | None) -> None:
        self._changes.append((at, numbers))
        self._answers = {}
        self._worked_out = None

    @property
    def _reigns(self) -> list[Reign]:
        """One for each change."""
        if self._worked_out is None:
            begins = [earlier(at) for at, _ in self._changes]
            ends = [*(later(at) for at, _ in self._changes[1:]), EVER[1]][: len(begins)]
            self._worked_out = [
                Reign(numbers, (begin, end))
                for (_, numbers), begin, end in zip(self._changes, begins, ends, strict=True)
            ]
        return self._worked_out

    def install(self, seq: int, at: str, what: ProtocolRef) -> None:
        under = self._changes[-1][1] if self._changes else None
        self.installed.setdefault(what.digest, Installed(seq, at, what, under))

    def newer_than(self, numbers: SoftwareChanged) -> bool:
        """Whether software of higher numbers was ever here."""
        return any(one is None or one.is_above(numbers) for _, one in self._changes)

    def refuses(self, said: Body | entries.Envelope) -> str | None:
        """Why an entry of these numbers cannot have been written when it says it was, if so."""
        key = (said.v, said.kv, said.kind, said.engine)
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = self._windows(said)
        windows, never = found
        at = said.at
        for first, last in windows:
            if first <= at <= last:
                return None
        if windows and at:
            return f"{_named(said)} was not in use at {at}"
        return None if windows else never

    def _windows(self, said: Body | entries.Envelope) -> tuple[list[Window], str]:
        """The moments at which such an entry can have been written; and what to say where there are none."""
        if not self._reigns:
            return [EVER], ""
        wrong = ""
        found = []
        for reign in self._reigns:
            why = _why_not(reign.numbers, said)
            wrong = why or wrong
            if not why:
                found.append(reign.window)
        return found, f"{wrong} was never in use"

    def refuses_protocol(self, said: Body, seen_trial: int | None) -> str | None:
        """Why an entry cannot name its protocol, if so."""
        digest = said.protocol.digest if said.protocol is not None else ""
        there = self.installed.get(digest)
        if there is None:
            return None if self.open or not self.installed else "names a protocol that was never installed"
        if said.at < there.begins or (seen_trial is not None and seen_trial < there.seq):
            return "names a protocol that was installed later"
        if seen_trial is not None and any(one.replaces(there) for one in self._installed_by(seen_trial)):
            return "names an edition of the protocol in whose place it had seen a newer one"  # that everybody gets
        return None

    def _installed_by(self, seq: int) -> Iterator[Installed]:
        return (one for one in self.installed.values() if one.seq <= seq)

    def refuses_fold(self, fold: int, at: str) -> str | None:
        """Why a row whose last entry was recorded at ``at`` cannot have been written by this fold, if so."""
        folds = [reign for reign in self._reigns if reign.numbers is None or reign.numbers.fold == fold]
        if not self._reigns or any(at <= reign.window[1] for reign in folds):
            return None
        return f"fold {fold}, which was never in use" if not folds else f"fold {fold}, and its last entry is newer"


def _why_not(numbers: SoftwareChanged | None, said: Body | entries.Envelope) -> str:
    """Which of an entry's numbers do not fit."""
    if numbers is None:
        return ""
    if said.v != numbers.format:
        return f"format {said.v}"
    if said.kv != numbers.kinds.get(said.kind):
        return f"kind {shown(said.kind)}, version {said.kv},"
    return f"engine {shown(said.engine)}" if said.engine != numbers.engine else ""


def _named(said: Body | entries.Envelope) -> str:
    return f"format {said.v}, kind {shown(said.kind)} version {said.kv}, engine {shown(said.engine)}"


class Days:
    """Which day it was at the site, by the zones that the trial's chain sets; without one any day that it was on earth.

    An entry names no zone. The one that was in force is told by the times, give or take the skew.
    """

    def __init__(self) -> None:
        self._reigns: list[tuple[Window, ZoneInfo | None]] = [(EVER, None)]  # the newest first

    def change(self, at: str, zone: ZoneInfo | None, *, opens: bool) -> None:
        """From ``at`` on the day is that of ``zone``; of one that ``opens`` the trial, from the beginning."""
        if opens:
            self._reigns = [(EVER, zone)]
            return
        (begins, _), before = self._reigns[0]
        self._reigns[:1] = [((earlier(at), EVER[1]), zone), ((begins, later(at)), before)]

    def wrong_with(self, day: date, at: str) -> str | None:
        """Why it was not this day at the site at that moment, if so."""
        said: list[str] = []
        for (first, last), zone in self._reigns:
            if first <= at <= last:
                there = _day_at(zone, day, at)
                if there is None:
                    return None
                said.append(there)
        return f"was recorded at {at}, which is {' and '.join(said)}" if said else None


def _day_at(zone: ZoneInfo | None, day: date, at: str) -> str | None:
    """What it was instead of that day."""
    if zone is None:
        return None if _is_day_of(day, at) else f"nowhere {day}"
    try:
        there = zones.day_in(zone, datetime.fromisoformat(at))
    except (ValueError, OverflowError):
        return f"no moment in {zone.key}"
    return None if there == day else f"{there} in {zone.key}, and not {day}"


class Known(NamedTuple):
    """What holds of every entry that saw the same, and in which the same person acted alike."""

    wrong: tuple[Wrong, ...]
    window: Window  # in which it was recorded
    who: Person | None  # whose days of delegation hold the entry's day


# ── both chains ────────────────────────────────────────────────────────────────────────────────────────────────────


class Ground:
    """The people's and the trial's chain, told entry by entry."""

    def __init__(self) -> None:
        self.people = Line(PEOPLE_CHAIN)
        self.trial = Line(TRIAL_CHAIN)
        self.in_use = InUse()
        self.days = Days()
        self.everybody: People = {}
        self.refused: dict[str, int] = {}  # by the chain of who was not enrolled: where the trial's says so last
        self._history: dict[str, list[tuple[int, tuple[Person, ...]]]] = {}  # by id_key, newest last
        self._shared: list[tuple[int, frozenset[str]]] = []  # the logins of several people, from which entry on
        self._unread: int | None = None  # the first entry of the people's chain that says we do not know what
        self._known: dict[object, Known] = {}

    def learn(self, name: str, seq: int, data: bytes, digest: bytes) -> None:
        """The next entry of one of the two chains."""
        line = self.people if name == PEOPLE_CHAIN else self.trial
        body = _read(data)
        envelope = body if body is not None else entries.envelope_of(data)
        line.add(seq, digest, envelope.at if envelope is not None else "")
        self._known = {}
        if name == TRIAL_CHAIN:
            self._learn_trial(body, envelope)
        elif not self._learn_people(seq, body) and self._unread is None:
            self._unread = seq

    def _learn_trial(self, body: Body | None, envelope: Body | entries.Envelope | None) -> None:
        if body is None:
            self.in_use.open = True
            if envelope is not None and envelope.kind == SOFTWARE_CHANGED:
                self.in_use.change(envelope.at, None)
            elif envelope is not None and envelope.kind == SETTING_CHANGED:
                self.days.change(envelope.at, None, opens=False)
        elif body.kind == CONTENT_INSTALLED and body.protocol is not None:
            self.in_use.install(body.seq, body.at, body.protocol)
        elif body.kind == SOFTWARE_CHANGED:
            try:
                said = payload(body)
                assert isinstance(said, SoftwareChanged)
                rank(said.engine)
            except ValueError:  # which is found where the entry is read
                return
            self.in_use.change(body.at, said)
        elif body.kind == ENROLMENT:
            try:
                asked = payload(body)
            except ValueError:
                return
            assert isinstance(asked, Enrolled)
            self.refused[entries.chain_of(asked.patient)] = body.seq
        elif body.kind == SETTING_CHANGED:
            try:
                setting = payload(body)
            except ValueError:
                return
            assert isinstance(setting, SettingChanged)
            if setting.name == ZONE:  # what opens the trial stands before anything is installed
                self.days.change(body.at, zones.find(setting.value), opens=not self.in_use.installed)

    def _learn_people(self, seq: int, body: Body | None) -> bool:
        """Whether it is known what the entry says."""
        if body is None:
            return False
        if body.outcome != "allowed":
            return True
        try:
            said = payload(body)
            if not isinstance(said, PersonChanged):
                return False
            self.everybody = changed(self.everybody, body.kind, said)
        except ValueError:
            return False
        key = entries.id_key(said.id)
        self._history.setdefault(key, []).append((seq, self.everybody[key]))
        if not self._shared or shared_logins(self.everybody) != self._shared[-1][1]:
            self._shared.append((seq, shared_logins(self.everybody)))
        return True

    @property
    def people_understood(self) -> bool:
        """Whether every entry of the people's chain could be read."""
        return self._unread is None

    def theirs(self, id: str, seq: int) -> tuple[Person, ...]:
        """A person in each of their roles, at an entry of the people's chain."""
        for at, found in reversed(self._history.get(entries.id_key(id), ())):
            if at <= seq:
                return found
        return ()

    def shared(self, seq: int) -> frozenset[str]:
        """The logins that acted as several people, at an entry of their chain."""
        return next((found for at, found in reversed(self._shared) if at <= seq), frozenset())

    # ── what an entry rests on ───────────────────────────────────────────────────────────────────────────────────

    def wrong_with(self, body: Body, line: Line | None, before: int = 0) -> tuple[Wrong, ...]:
        """What does not fit an entry: what it saw, who acted, when.

        ``line`` is the entry's own chain where that is the people's, ``before`` then the entry before it.
        """
        opens, house = body.kind == ENROLMENT, body.chain == TRIAL_CHAIN
        key = (opens, house, before if line is not None else None, body.actor, *body.seen.items())
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._wrong_with(body, line, before)
        wrong, (first, last), who = known
        at, today = body.at, body.today
        if who is not None and not who.acts_on(today):
            wrong = (*wrong, ("actor", f"{who.id} was not to act as {who.role} on {today}"))
        if not (first <= at <= last):
            return (*wrong, ("clock", f"was recorded at {at}, outside the time of what it saw"))
        said = self.days.wrong_with(today, at)
        return wrong if said is None else (*wrong, ("clock", said))

    def _wrong_with(self, body: Body, line: Line | None, before: int) -> Known:
        wrong: list[Wrong] = []
        window = EVER
        actor = body.actor
        forms = (actor.assurance, actor.via)
        if not all(entries.is_label(one) for one in forms if one is not None) or is_like_by_login(actor.assurance):
            wrong.append(("actor", f"names how {shown(actor.id)} is known in no form that it has"))
        for one in self._should_see(body, line):
            seen = body.seen.get(one.name)
            if seen is None:
                wrong.append(("seen", f"does not say what it saw of the {one.name}'s chain"))
            elif (said := _wrong_sight(one, seen)) is not None:
                wrong.append(("seen", said))
            else:
                begins, ends = one.window(seen.seq)
                window = (max(window[0], begins), min(window[1], ends))
        more = body.seen.keys() - {one.name for one in self._should_see(body, line)}
        wrong += [("seen", f"says what it saw of {shown(name)}, which nothing of its kind does") for name in more]
        people = body.seen.get(PEOPLE_CHAIN)
        at = before if line is not None else people.seq if people is not None else self.people.last
        who: Person | None = None
        if (line is None and not wrong) or (line is not None and before):
            found = self._actor(body, at)
            if isinstance(found, str):
                wrong.append(("actor", found))
            else:
                who = found
        return Known(tuple(wrong), window, who)

    def _should_see(self, body: Body, line: Line | None) -> tuple[Line, ...]:
        if line is not None:
            return ()
        opens = body.kind == ENROLMENT and body.chain != TRIAL_CHAIN
        return (self.people, self.trial) if opens else (self.people,)

    def _actor(self, body: Body, seq: int) -> Person | str | None:
        """Who acted, in the role they acted in, as the people's chain has them at entry ``seq``.

        Or why it does not say of them what the entry says; None where it cannot be read.
        """
        actor = body.actor
        if self._unread is not None and self._unread <= seq:
            return None
        theirs = self.theirs(actor.id, seq)
        if not theirs or theirs[0].id != actor.id:
            return f"{shown(actor.id)} was not among the people at entry {seq} of theirs"
        found = next((one for one in theirs if one.role == actor.role), None)
        if found is None:
            return f"{actor.id} was no {shown(actor.role)} at entry {seq} of the people's chain"
        if not may_act_as(theirs, actor.assurance, actor.via):
            via = f"the login {shown(actor.via)}" if actor.via is not None else "no login"
            return f"{via} did not act as {actor.id} at entry {seq} of the people's chain"
        held = assurance_of(actor.assurance, actor.via, self.shared(seq))
        if actor.assurance != held:
            via = shown(str(actor.via))
            return f"says {actor.assurance} of the login {via}, which is {held} by entry {seq} of the people's chain"
        return found


def _read(data: bytes) -> Body | None:
    try:
        return entries.decode(data)
    except (NotUnderstood, ValueError):
        return None


def _wrong_sight(line: Line, seen: Seen) -> str | None:
    there = line.hashes.get(seen.seq)
    if there is None:
        return f"saw entry {seen.seq} of the {line.name}'s chain, which does not exist"
    return None if there == seen.hash else f"saw another entry {seen.seq} of the {line.name}'s chain than there is"


def _is_day_of(day: date, at: str) -> bool:
    """Whether it was this day anywhere on earth."""
    if at[:10] == day.isoformat():
        return True
    try:
        return abs(date.fromisoformat(at[:10]) - day) <= timedelta(days=1)
    except ValueError:
        return False
