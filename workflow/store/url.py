"""A database's URL: what was typed, as a URL; and as it may be shown, which is never with a password in it."""

from __future__ import annotations

import re

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from workflow.errors import InvalidInput

# What a path never looks like, and a mistyped URL or a list of settings does: x:/..., user:word@host, password=word.
_NO_PATH = re.compile(r"^[A-Za-z][\w+.-]+:/|:.*@|\bpass\w*\s*=", re.IGNORECASE | re.DOTALL)
_ONE_AT = re.compile(r"[\w+]+://([^/?@]*@)?[^@]*", re.DOTALL)  # else it is out of a password

_HOW = "a SQLite file, or postgresql://USER@HOST/NAME; in a password @ is written %40, / %2F, a space %20"

# Settings of a connection whose values are nobody's secret.
_SHOWN = {
    *("host", "hostaddr", "port", "user", "dbname", "service", "application_name", "client_encoding"),
    *("connect_timeout", "target_session_attrs", "sslmode", "channel_binding", "gssencmode", "timeout", "mode", "uri"),
}


def parse_url(url: str | URL) -> URL:
    """The database's URL; a bare path is a SQLite file. What is not understood is not repeated: it may be secret."""
    if not isinstance(url, str | URL):
        raise InvalidInput("not a database URL", hint=_HOW)
    if isinstance(url, str) and "://" not in url:
        return _sqlite(URL.create("sqlite", database=url), url)
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise InvalidInput("not a database URL", hint=_HOW) from None
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        if isinstance(url, str) and not _ONE_AT.fullmatch(url):
            raise InvalidInput("not a database URL", hint=_HOW)
        return _postgresql(parsed)
    if backend != "sqlite":
        raise InvalidInput(f"no database of that kind: {backend}", hint=_HOW)
    if parsed.host or parsed.username or parsed.password:
        raise InvalidInput("a SQLite URL names a file and no host", hint="sqlite:///FILE")
    return _sqlite(parsed, url.partition("://")[2].lstrip("/") if isinstance(url, str) else parsed.database or "")


def _sqlite(parsed: URL, path: str) -> URL:
    if "\0" in path or _NO_PATH.search(path):
        raise InvalidInput("neither a database URL nor the path of a file", hint=_HOW)
    return parsed


def _postgresql(parsed: URL) -> URL:
    """With the password where it belongs."""
    password = parsed.query.get("password")
    if isinstance(password, str):
        parsed = parsed.difference_update_query(["password"]).set(password=password)
    return parsed.set(drivername="postgresql+psycopg")


_TYPED = re.compile(r"([\w+]+)://([^:/@?]*):[^?]*@([^@?:]*)", re.DOTALL)


def shown(url: str | URL) -> str:
    """The database as it may be shown: a file by its path, a URL without what is or may be a password in it."""
    try:
        parsed = parse_url(url)
    except InvalidInput:
        found = _TYPED.fullmatch(url) if isinstance(url, str) else None
        return f"{found[1]}://{found[2]}:***@{found[3]}" if found else "..."
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return parsed.database
    kept = parsed.difference_update_query(set(parsed.query) - _SHOWN)
    return kept.set(drivername=kept.get_backend_name()).render_as_string(hide_password=True)
