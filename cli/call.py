"""One call of the command: which database, who acts, and how the answer is to be shown."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from workflow.errors import DamagedRow, InvalidInput, UnknownPerson

if TYPE_CHECKING:
    from workflow.desk.request import Actor
    from workflow.desk.trial import Trial
    from workflow.ledger.people import Person

DATABASE_URL = "REGIMEN_DATABASE_URL"
AS = "REGIMEN_AS"
TRUST_CLOCK = "REGIMEN_TRUST_CLOCK"
DEFAULT_DATABASE = "regimen.db"


@dataclass
class Call:
    """What the shared options say. ``how`` holds those of commands that write, by the names that ``Trial`` has.

    ``roles`` are those of the person who acts, once it is known who that is.
    """

    url: str | None = None
    person: str | None = None
    role: str | None = None
    json: bool = False
    csv: bool = False
    how: dict[str, Any] = field(default_factory=dict)
    roles: tuple[str, ...] = ()

    @property
    def database(self) -> str:
        return self.url or os.environ.get(DATABASE_URL) or DEFAULT_DATABASE

    def shown_database(self) -> str:
        """The database, as it may be shown: a file by its path, a URL without its password."""
        from workflow.store.url import shown

        return shown(self.database)

    @property
    def wanted(self) -> str | None:
        """The person named, if one was."""
        return self.person or os.environ.get(AS) or None

    @property
    def corrects(self) -> int | None:
        """The entry that what is told is to take the place of."""
        entry: int | None = self.how.get("corrects")
        return entry

    @property
    def dry(self) -> bool:
        return bool(self.how.get("dry_run"))

    @contextmanager
    def trial(self) -> Iterator[Trial]:
        from workflow.desk.trial import Trial

        with Trial.open(self.database, trust_clock=trusts_clock()) as trial:
            yield trial

    def actor(self, trial: Trial, role: str | None = None, *, known_by: date | None = None) -> Actor:
        """The person that the operating system's user acts as; where there are several, the one named.

        For what only one ``role`` may do, the only one of them in that role need not be named. With ``known_by`` it is
        who they were known to be by then.
        """
        from workflow.desk.request import Actor

        user = login()
        mine = trial.people_of(user, known_by=known_by)
        chosen = self._chosen(trial, mine, user, role)
        everybody = trial.people(known_by=known_by)
        self.roles = tuple(person.role for person in everybody if person.id == chosen and person.active)
        return Actor(chosen, "os" if len(_ids(mine)) == 1 else "os-shared", user, self.role)

    def _chosen(self, trial: Trial, mine: Sequence[Person], user: str, role: str | None) -> str:
        from workflow.ledger.entry import id_key

        ids = _ids(mine)
        if not ids:
            raise UnknownPerson(
                f"no active person is tied to the login {user}",
                hint=f"an administrator adds one: regimen people add NAME --role ROLE --login {user}; ROLE is one of"
                f" {', '.join(trial.roles())}",
            )
        if self.wanted is None:
            fit = _ids([person for person in mine if person.role == role])
            if len(fit) == 1:
                return fit[0]
            if len(ids) > 1:
                raise InvalidInput(
                    f"the login {user} acts for several people: {', '.join(ids)}", hint=f"choose one with --as or {AS}"
                )
            return ids[0]
        chosen = next((id for id in ids if id_key(id) == id_key(self.wanted)), None)
        if chosen is None:
            from workflow.engine.facts.check import shown

            raise UnknownPerson(
                f"the login {user} does not act as {shown(self.wanted)}", hint=f"it acts as {' or '.join(ids)}"
            )
        return chosen

    def actor_if_any(self, trial: Trial, known_by: date | None = None) -> Actor | None:
        """Who would act: nobody in particular where the login stands for none or for several and none was named."""
        with suppress(DamagedRow):  # where nobody can say who takes part, one may look all the same
            if self.wanted is not None or len(_ids(trial.people_of(login(), known_by=known_by))) == 1:
                return self.actor(trial, known_by=known_by)
        return None

    def typed(self, *words: str, on: date | None = None, role: str | None = None) -> str:
        """A command to type, with the options that this call was given and that the next one needs as well.

        ``role`` is the one that it takes, where that is another than this call's.
        """
        from shlex import quote

        more = [] if on is None else ["--on", on.isoformat()]
        if self.person is not None:
            more += ["--as", quote(self.person)]
        if (role or self.role) is not None:
            more += ["--role", quote(role or self.role or "")]
        if self.url is not None:
            more += ["--database-url", quote(self.shown_database())]
        return " ".join(("regimen", *words, *more))


def _ids(people: Sequence[Person]) -> tuple[str, ...]:
    """Each person once, in whatever roles they are there."""
    return tuple(dict.fromkeys(person.id for person in people))


pass_call = click.make_pass_decorator(Call, ensure=True)


def trusts_clock() -> bool:
    """Whether somebody has looked, and found that it is this machine's clock that is right."""
    return os.environ.get(TRUST_CLOCK) == "1"


def login() -> str:
    """The user that the kernel says is running this; the environment has no say."""
    try:
        import pwd
    except ImportError:  # not a POSIX system
        return os.getlogin()
    uid = os.geteuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid{uid}"
