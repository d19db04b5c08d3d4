"""The options that many commands share, each set one decorator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click
from click.core import ParameterSource

from workflow.cli import words
from workflow.cli.call import AS, DATABASE_URL, DEFAULT_DATABASE, Call

if TYPE_CHECKING:
    from workflow.engine.course import Definition

F = TypeVar("F", bound=Callable[..., Any])


class Decorator(Protocol):
    """A set of options, put on a command's function."""

    def __call__(self, function: F, /) -> F: ...


MOST = 1_000_000  # entries or patients in one listing
NUMBER = click.IntRange(1, 2**53)  # of an entry
COUNT = click.IntRange(1, MOST)


# ── dates and words ────────────────────────────────────────────────────────────────────────────────────────────────


class Day(click.ParamType[date]):
    """A calendar date, as ISO 8601 writes it."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        text = str(value)
        shown = ascii(text[:40])
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None:
            self.fail(f"{shown} is not a date: dates are written YYYY-MM-DD, such as 2026-01-31", param, ctx)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self.fail(f"{shown} is not in the calendar", param, ctx)
        if not 1900 <= day.year <= 2199:
            self.fail(f"{shown} is no date of a trial", param, ctx)
        return day

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "YYYY-MM-DD"


DAY = Day()


class Kind(click.ParamType[str]):
    """A kind of entry of the log."""

    name = "kind"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from workflow.ledger.entry import KINDS

        if value not in KINDS:
            self.fail(f"no kind of entry {ascii(value)[:40]}; there are: {', '.join(KINDS)}", param, ctx)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from workflow.ledger.entry import KINDS

        return _offered(kind for kind in KINDS if kind.startswith(incomplete))


KIND = Kind()


class Word(click.ParamType[str]):
    """A word of the trial. ``of`` answers those that a definition has: what the shell offers, and no more than that.

    Whether a word is right is for the definition that the command is decided by; ``asked`` are those that are asked
    what there is.
    """

    name = "text"

    def __init__(
        self,
        of: Callable[[Definition], Iterable[str]],
        asked: Callable[[Call], Iterable[Definition]] = words.installed,
    ) -> None:
        self.of = of
        self.asked = asked

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        there = (word for definition in self.asked(ctx.ensure_object(Call)) for word in self.of(definition))
        return _offered(word for word in dict.fromkeys(there) if word.startswith(incomplete))


class Words(click.ParamType[str]):
    """A free text. Where it looks as if it named somebody, whoever sits there is asked, and a script is told."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from workflow.cli import private
        from workflow.cli.screen import asking, streams

        text = str(value)
        what = " and ".join(private.found_in(text))
        if what and ctx is not None and not ctx.resilient_parsing:
            named = (param.name if param is not None else None) or "text"
            said = f"the {named} looks as if it held {what}: names and birth dates are never stored"
            if not asking.possible(ctx.ensure_object(Call)):
                streams.talk(f"regimen: {said}; regimen audit redact removes a text")
            elif not asking.agreed(f"{said}. Record it all the same?"):
                self.fail(f"the {named} was not recorded, nor anything else", param, ctx)
        return text


WORDS = Words()


class Patient(click.ParamType[str]):
    """The id of a patient who is enrolled."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        return _offered(words.patients(ctx.ensure_object(Call), incomplete))


def _offered(texts: Iterable[str]) -> list[Any]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(text) for text in texts]


PATIENT = Patient()


def on(help: str = "The day it happened.") -> Decorator:
    return click.option("--on", type=DAY, help=f"{help}  [default: today]")


def clocks(as_of: str, *, also_on: bool = True, default: bool = True) -> Decorator:
    """The two clocks: the day that is asked about, and the day by which it was known.

    ``also_on``: ``--on`` is another spelling. ``default``: without it is asked about today, or the day of the other.
    """
    names = ("--as-of", "--on") if also_on else ("--as-of",)
    more = "  [default: today, or the day of --known-by]" if default else ""

    def decorate(function: F, /) -> F:
        function = click.option(
            "--known-by", type=DAY, help="By what had been recorded when this day ended at the site, and nothing since."
        )(function)
        return click.option(*names, "on", type=DAY, help=as_of + more)(function)

    return decorate


# ── sets of options ────────────────────────────────────────────────────────────────────────────────────────────────


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Puts what was typed into the call; an option after the subcommand has precedence over one before it."""

    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        call = ctx.ensure_object(Call)
        if value is not None and ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE:
            setattr(call, name, value)

    return callback


def _how(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if param.name is not None:
        ctx.ensure_object(Call).how[param.name] = value


def database(function: F) -> F:
    """Which database."""
    return click.option(
        "--database-url",
        metavar="URL",
        expose_value=False,
        callback=_keep("url"),
        help=f"The database: a SQLite file or a database URL.  [env var: {DATABASE_URL}; default: {DEFAULT_DATABASE}]",
    )(function)


def as_person(function: F) -> F:
    """Who acts, where the login stands for several people."""
    return click.option(
        "--as",
        "as_",
        metavar="PERSON",
        expose_value=False,
        callback=_keep("person"),
        help=f"Who acts, where your login stands for several people.  [env var: {AS}]",
    )(function)


def acting(function: F) -> F:
    """Who acts, and in which role where they have several."""
    in_role = click.option(
        "--role",
        metavar="ROLE",
        type=Word(words.roles),
        expose_value=False,
        callback=_keep("role"),
        help="In which role, for whoever has several.  [default: the first of theirs that may do it]",
    )
    return as_person(in_role(function))


def at(function: F) -> F:
    """The time of day."""
    return click.option(
        "--at",
        metavar="HH:MM",
        expose_value=False,
        callback=_how,
        help="The time of day, where it matters which of two things of one day came first.",
    )(function)


def corrects(*, reason: bool = True) -> Decorator:
    """In the place of what an entry recorded. ``reason``: the command has none of its own."""

    def decorate(function: F, /) -> F:
        if reason:
            function = click.option(
                "--reason",
                type=WORDS,
                metavar="TEXT",
                expose_value=False,
                callback=_how,
                help="Why it is corrected, in words.",
            )(function)
        return click.option(
            "--corrects",
            type=NUMBER,
            metavar="ENTRY",
            expose_value=False,
            callback=_how,
            help="Take back what this entry recorded, and put this in its place (on its day, unless --on).",
        )(function)

    return decorate


def happened(function: F) -> F:
    """Passing guards: the question overridden, or what is told kept all the same."""
    reason = click.option("--reason", type=WORDS, help="Why, in words: for a delay, an override, a deviation.")
    override = click.option(
        "--override", is_flag=True, help="Pass the soft guards, with a --reason, where your role may."
    )
    all_the_same = click.option(
        "--happened",
        is_flag=True,
        help="It did happen, whatever the guards say: kept as a deviation, with a --reason.",
    )
    return reason(override(all_the_same(function)))


def shows(function: F) -> F:
    """The answer as JSON."""
    return click.option("--json", is_flag=True, expose_value=False, callback=_form("json"), help="Answer in JSON.")(
        function
    )


def csv(function: F) -> F:
    """The answer as comma-separated values."""
    return click.option(
        "--csv", is_flag=True, expose_value=False, callback=_form("csv"), help="Answer in comma-separated values."
    )(function)


def _form(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Keeps in which form the answer is to be: in one."""
    keep = _keep(name)

    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        keep(ctx, param, value)
        call = ctx.ensure_object(Call)
        if call.json and call.csv:
            raise click.UsageError("--json and --csv exclude each other", ctx)

    return callback


def reads(function: F) -> F:
    """A command that looks something up in the database."""
    return shows(database(function))


def writes(*, request: bool = True, expect: bool = True, role: bool = True) -> Decorator:
    """A command that writes. ``request``: it can be told from its repetition; ``expect``: it is on a patient.

    ``role``: it takes the role to act in; an administrator's commands need none.
    """

    def decorate(function: F, /) -> F:
        function = (acting if role else as_person)(reads(function))
        if expect:
            function = click.option(
                "--expect",
                type=NUMBER,
                metavar="SEQ",
                expose_value=False,
                callback=_how,
                help="Do it only if the patient's last entry has this number.",
            )(function)
        if request:
            function = click.option(
                "--request-id",
                metavar="ID",
                expose_value=False,
                callback=_how,
                help="The same id again answers the first result, and does nothing twice.",
            )(function)
        return click.option(
            "--dry-run", is_flag=True, expose_value=False, callback=_how, help="Decide, and write nothing."
        )(function)

    return decorate
