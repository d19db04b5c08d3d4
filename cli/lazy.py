"""A group whose commands are imported when they are used: help and completion of the whole need none of them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class Lazy(NamedTuple):
    """Where a command is ("package.module:name"), and what it says of itself in the list of commands."""

    home: str
    help: str


class Command(click.Command):
    """An option that takes one value is given once: of several the last would win, and nobody would hear of it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _require_once(self, ctx, args)
        return super().parse_args(ctx, args)


def _require_once(command: click.Command, ctx: click.Context, args: list[str]) -> None:
    if ctx.resilient_parsing:
        return
    _, _, order = command.make_parser(ctx).parse_args(list(args))
    seen = set()
    for given in order:
        if isinstance(given, click.Option) and not (given.multiple or given.count or given.is_flag):
            if given.name in seen:
                raise click.UsageError(f"{given.opts[0]} is given twice", ctx)
            seen.add(given.name)


class LazyGroup(click.Group):
    """``sections`` are the headings of the list of commands, each with its commands."""

    def __init__(self, *args: Any, sections: Mapping[str, Mapping[str, Lazy]], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.sections = sections
        self.known = {name: lazy for commands in sections.values() for name, lazy in commands.items()}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _require_once(self, ctx, args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.known)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        lazy = self.known.get(name)
        if lazy is None:
            return None
        module, _, attribute = lazy.home.partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=self.known, ctx=ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, commands in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl([(name, lazy.help) for name, lazy in commands.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=lazy.help) for name, lazy in self.known.items() if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)
