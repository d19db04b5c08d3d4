"""The entry point: runs a command, and turns whatever comes of it into an exit code and at most one line on stderr.

A traceback is a bug; with ``REGIMEN_TRACEBACK=1`` one is shown where something unexpected happened. Nothing is imported
up here that takes time: Ctrl-C is answered in one line from the first moment on.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from click import ClickException, Group

    from workflow.errors import Exit, WorkflowError

PROGRAM = "regimen"
COMPLETE = "_REGIMEN_COMPLETE"  # set by the shell's completion, which click writes


def main() -> NoReturn:
    """The ``regimen`` command.

    It leaves without taking the interpreter down piece by piece, which would take a third of its time. ``run`` has
    closed what was open; nothing of ours waits for the end.
    """
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # what could not be written was complained of, or nobody is there to hear
            if stream is not None:
                stream.flush()
    os._exit(code)


def run(args: Sequence[str]) -> int:
    """Carry out ``regimen ARGS``; the exit code."""
    gc.set_threshold(100_000, 50, 50)  # imports make many objects that stay: looking for garbage meanwhile is time lost
    try:
        return _run(args)
    except KeyboardInterrupt:
        return _interrupted(args)


def _run(args: Sequence[str]) -> int:
    import click

    from workflow.cli.root import regimen
    from workflow.cli.screen import streams
    from workflow.errors import Exit, InvalidInput, WorkflowError

    streams.prepare()
    try:
        if any(0xD800 <= ord(c) <= 0xDFFF for arg in args for c in arg):
            raise InvalidInput("the command line is not valid UTF-8")
        if COMPLETE in os.environ:
            return _complete(regimen, os.environ[COMPLETE])
        with regimen.make_context(PROGRAM, list(args)) as context:
            code: Exit | None = regimen.invoke(context)
        streams.flush()
        return Exit.DONE if code is None else code
    except click.exceptions.NoArgsIsHelpError as error:
        streams.talk(error.format_message(), escape=False)
        return Exit.USAGE
    except click.exceptions.Exit as done:
        streams.flush()
        return done.exit_code
    except click.ClickException as error:
        return _usage(error, args)
    except WorkflowError as error:
        return _foreseen(error, args)
    except BrokenPipeError:  # of help, which click writes
        streams.nobody_reads()
        return Exit.DONE
    except Exception as error:  # noqa: BLE001 - whatever it is, one line says so
        return _unexpected(error, args)


def _complete(regimen: Group, instruction: str) -> int:
    from click.shell_completion import shell_complete

    return shell_complete(regimen, {}, PROGRAM, COMPLETE, instruction)


# ── what went wrong, in one line ───────────────────────────────────────────────────────────────────────────────────


def _foreseen(error: WorkflowError, args: Sequence[str]) -> int:
    return _report(args, error.slug, error.message, error.hint, error.exit, retry=error.retry)


def _usage(error: ClickException, args: Sequence[str]) -> int:
    from workflow.errors import Exit

    context = getattr(error, "ctx", None)
    hint = f"see {context.command_path} --help" if context is not None else None
    message = error.format_message().strip().rstrip(".")
    return _report(args, "usage", message[:1].lower() + message[1:], hint, Exit.USAGE)


def _interrupted(args: Sequence[str]) -> int:
    from workflow.errors import Exit

    hint = "a command is recorded whole or not at all: regimen audit log --last 1 tells"
    return _report(args, "interrupted", "interrupted", hint, Exit.INTERRUPTED, retry=True)


def _unexpected(error: Exception, args: Sequence[str]) -> int:
    from workflow.errors import Exit

    if os.environ.get("REGIMEN_TRACEBACK"):
        import traceback

        traceback.print_exc()
    if isinstance(error, OSError) and error.filename is None:
        return _report(args, "unexpected", f"the output cannot be written: {error.strerror}", None, Exit.UNEXPECTED)
    said = f"unexpected: {type(error).__name__}: {error}"
    hint = "a fault of this software; REGIMEN_TRACEBACK=1 shows where"
    return _report(args, "unexpected", said, hint, Exit.UNEXPECTED)


def _report(args: Sequence[str], slug: str, message: str, hint: str | None, code: Exit, *, retry: bool = False) -> int:
    """One line on stderr; where JSON was asked for, the error as an object on stdout too.

    Where the command had been carried out by then, that is what is said, and it is done.
    """
    from workflow.cli.screen import streams
    from workflow.errors import Exit

    if streams.say_what_was_recorded(message):
        return Exit.DONE
    streams.complain(f"{message} ({hint})" if hint else message)
    if "--json" in args:
        from workflow.cli.screen import json

        message, hint = streams.without_password(message), streams.without_password(hint) if hint else None
        said = {"slug": slug, "message": message, "hint": hint, "exit": int(code), "retry": retry}
        json.show({"error": said})
        streams.flush()
    return code
