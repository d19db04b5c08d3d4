"""Copies of one database, on SQLite a file and on PostgreSQL a template, to be spoilt one by one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.conftest import PostgreSQL


class Copies:
    """``make`` sets the original up at a URL, and lets go of it."""

    def __init__(self, folder: Path, server: PostgreSQL, make: Callable[[str], None]) -> None:
        self._file, self._server = folder / "original.db", server
        self._original = server.create()
        for url in (f"sqlite:///{self._file}", self._original):
            make(url)

    def new(self, dialect: str) -> str:
        if dialect == "postgresql":
            return self._server.create(self._original)
        copy = self._file.with_name("copy.db")
        shutil.copy(self._file, copy)
        return f"sqlite:///{copy}"

    def drop(self, url: str) -> None:
        if url.startswith("postgresql"):
            self._server.drop(url)
