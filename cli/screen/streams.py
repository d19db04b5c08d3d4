"""The two streams: data to stdout, talk to stderr. Whatever goes to stderr is escaped here.

When nobody reads stdout any more, a command still ends as it would have: quietly, and with its own exit code. What it
has recorded by then is said on stderr, since who sees a command fail repeats it.
"""

from __future__ import annotations

import os
import re
import sys

ERROR_LIMIT = 600
# A net below what shows no URL: whatever stands in one between its user and its host, or is called a password.
_PASSWORD = re.compile(r"(://[^:/@\s]*):.*@|(\bpass\w*\s*=\s*|\bsslpassword\s*=\s*)[^\s&]+", re.IGNORECASE | re.DOTALL)


_recorded: list[str] = []  # what this command has committed and not said yet


def recorded(said: str) -> None:
    """To be called between a commit and the first word about it; with nothing to say of a refusal, which stderr has."""
    _recorded[:] = [said]


def prepare() -> None:
    """A character that the terminal's encoding lacks is shown as an escape, and is no error."""
    _recorded.clear()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def safe(text: str) -> str:
    """``text`` with everything that is not printable written out as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def without_password(text: str) -> str:
    """``text`` without the passwords of the URLs in it."""
    return _PASSWORD.sub(lambda found: f"{found[1]}:***@" if found[1] else f"{found[2]}***", text)


def terminal() -> bool:
    """Whether stdout is a terminal that can show more than plain text."""
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def terminal_width() -> int:
    """How wide the terminal is."""
    from shutil import get_terminal_size

    return get_terminal_size().columns


def watched() -> bool:
    """Whether somebody sees stderr as it comes."""
    return sys.stderr is not None and sys.stderr.isatty()


def write(text: str) -> None:
    """To stdout."""
    if sys.stdout is None:
        say_what_was_recorded("nobody reads the answer")
        return
    try:
        sys.stdout.write(text)
    except OSError as error:
        _not_written(error)


def write_bytes(data: bytes) -> None:
    """To stdout as they are."""
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        write(data.decode())
        return
    try:
        binary.write(data)
    except OSError as error:
        _not_written(error)


def flush() -> None:
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        _not_written(error)


def _not_written(error: OSError) -> None:
    nobody_reads()  # what could not be written now cannot be at the end either
    said = say_what_was_recorded(f"the answer cannot be written: {error.strerror}")
    if not said and not _recorded and not isinstance(error, BrokenPipeError):
        raise error


def say_what_was_recorded(trouble: str) -> bool:
    """On stderr, once; whether there was anything to say."""
    if not any(_recorded):
        return False
    complain(f"{trouble}, but {_recorded.pop()}: do not repeat the command")
    return True


def nobody_reads() -> None:
    """Whatever is written from now on goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def talk(text: str, *, escape: bool = True) -> None:
    """A line to stderr."""
    if sys.stderr is not None:
        sys.stderr.write((safe(text) if escape else text) + "\n")


def ask(question: str) -> None:
    """A question to stderr, the answer to which is typed behind it."""
    if sys.stderr is not None:
        sys.stderr.write(safe(question))
        sys.stderr.flush()


def complain(message: str) -> None:
    """What went wrong, in one line."""
    line = safe(without_password(" ".join(message.split())))
    talk("regimen: " + (line if len(line) <= ERROR_LIMIT else f"{line[: ERROR_LIMIT - 1]}…"))
